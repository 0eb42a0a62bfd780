//! `Read` and `Tx`: what a unit of work sees of the connection it runs on.

use std::ops::{Deref, DerefMut};

use crate::Engine;
use crate::error::{Result, StoreError};
use crate::row::{FromRow, Row, decode};
use crate::sql::Sql;
use crate::sqlite::SqliteConn;
use crate::value::Value;

/// Reading inside one snapshot of the database.
pub struct Read<'c> {
    pub(crate) conn: Conn<'c>,
    /// The first failed statement. PostgreSQL refuses everything after one; so do we on
    /// SQLite, so that a closure behaves the same on both.
    spoiled: Option<StoreError>,
}

pub(crate) enum Conn<'c> {
    Sqlite(SqliteConn<'c>),
}

impl<'c> Read<'c> {
    /// The engine, for the rare seam that has to know.
    pub fn engine(&self) -> Engine {
        match self.conn {
            Conn::Sqlite(_) => Engine::Sqlite,
        }
    }

    /// The one row of the answer; `NotFound` without one, an error with two.
    pub fn one<T: FromRow>(&mut self, sql: &'static Sql, params: &[Value<'_>]) -> Result<T> {
        self.opt(sql, params)?.ok_or(StoreError::NotFound)
    }

    /// The row of the answer if there is one; an error with two.
    pub fn opt<T: FromRow>(&mut self, sql: &'static Sql, params: &[Value<'_>]) -> Result<Option<T>> {
        let mut found = None;
        self.rows(sql, params, &mut |row| {
            if found.is_some() {
                return Err(StoreError::Other(format!("{} returns more than one row", sql.name)));
            }
            found = Some(decode(row)?);
            Ok(())
        })?;
        Ok(found)
    }

    /// All rows of the answer.
    pub fn all<T: FromRow>(&mut self, sql: &'static Sql, params: &[Value<'_>]) -> Result<Vec<T>> {
        let mut found = Vec::new();
        self.rows(sql, params, &mut |row| {
            found.push(decode(row)?);
            Ok(())
        })?;
        Ok(found)
    }

    /// Every row of the answer in turn, without collecting them; stops at the first error.
    pub fn each<E, F>(&mut self, sql: &'static Sql, params: &[Value<'_>], mut visit: F) -> Result<(), E>
    where
        E: From<StoreError>,
        F: FnMut(&Row<'_>) -> Result<(), E>,
    {
        let mut stopped = None;
        let outcome = self.rows(sql, params, &mut |row| {
            visit(row).map_err(|error| {
                stopped = Some(error);
                StoreError::Other(STOPPED.to_owned())
            })
        });
        match (stopped, outcome) {
            (Some(error), _) => Err(error),
            (None, outcome) => outcome.map_err(E::from),
        }
    }

    /// Journal rows with a `txid` below this are final: no earlier one can still commit.
    pub fn horizon(&mut self) -> Result<i64> {
        match self.conn {
            Conn::Sqlite(_) => Ok(i64::MAX),
        }
    }

    fn rows(
        &mut self,
        sql: &'static Sql,
        params: &[Value<'_>],
        visit: &mut dyn FnMut(&Row<'_>) -> Result<()>,
    ) -> Result<()> {
        self.sound()?;
        let outcome = match &mut self.conn {
            Conn::Sqlite(conn) => conn.query(sql, params, visit),
        };
        self.note(outcome)
    }

    /// Refuses to go on after a failed statement.
    fn sound(&self) -> Result<()> {
        match &self.spoiled {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }

    /// Remembers a failure of the database: the unit can no longer be committed.
    /// What our own decoding says (`Other`) leaves the connection usable.
    fn note<T>(&mut self, outcome: Result<T>) -> Result<T> {
        if let Err(error) = &outcome
            && !matches!(error, StoreError::Other(_) | StoreError::NotFound)
        {
            self.spoiled = Some(error.clone());
        }
        outcome
    }
}

/// Marks the internal error that ends `each`; the caller gets his own instead.
const STOPPED: &str = "stopped by the visitor";

/// Reading and writing inside one transaction.
pub struct Tx<'c> {
    read: Read<'c>,
    name: &'static str,
}

impl<'c> Tx<'c> {
    pub(crate) fn new(conn: Conn<'c>) -> Tx<'c> {
        Tx { read: Read { conn, spoiled: None }, name: "" }
    }

    pub(crate) fn begin(&mut self, name: &'static str) {
        self.name = name;
        self.read.spoiled = None;
    }

    pub(crate) fn spoiled(&self) -> Option<StoreError> {
        self.read.spoiled.clone()
    }

    /// The name of the transaction, for a row's `updated_by`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Executes and says how many rows were touched.
    pub fn exec(&mut self, sql: &'static Sql, params: &[Value<'_>]) -> Result<u64> {
        self.read.sound()?;
        let outcome = match &mut self.read.conn {
            Conn::Sqlite(conn) => conn.exec(sql, params),
        };
        self.read.note(outcome)
    }

    /// Executes without waiting for the answer (PostgreSQL); a failure surfaces at the next
    /// read or at the commit.
    pub fn put(&mut self, sql: &'static Sql, params: &[Value<'_>]) -> Result<()> {
        self.exec(sql, params).map(|_| ())
    }

    /// Like `put`, and must touch exactly one row: else `Conflict`, and nothing is committed.
    pub fn put_one(&mut self, sql: &'static Sql, params: &[Value<'_>]) -> Result<()> {
        match self.exec(sql, params)? {
            1 => Ok(()),
            _ => self.read.note(Err(StoreError::Conflict)),
        }
    }
}

impl<'c> Deref for Tx<'c> {
    type Target = Read<'c>;
    fn deref(&self) -> &Read<'c> {
        &self.read
    }
}

impl<'c> DerefMut for Tx<'c> {
    fn deref_mut(&mut self) -> &mut Read<'c> {
        &mut self.read
    }
}
