//! `Read` and `Tx`: what a unit of work sees of the connection it runs on.

use std::ops::{ControlFlow, Deref, DerefMut};

use crate::Engine;
use crate::error::{Result, StoreError};
use crate::pg::PgConn;
use crate::row::{FromRow, Row, decode};
use crate::sql::Sql;
use crate::sqlite::SqliteConn;
use crate::tape::Tape;
use crate::value::Value;

/// Reading inside one snapshot of the database.
pub struct Read<'c> {
    conn: Conn<'c>,
    /// The first failed statement. PostgreSQL refuses everything after one; so do we on
    /// SQLite, so that a closure behaves the same on both.
    spoiled: Option<StoreError>,
    /// How many were sent so far: a page whose statements grow with its rows is found by this.
    statements: u64,
}

pub(crate) enum Conn<'c> {
    Sqlite(SqliteConn<'c>),
    Postgres(Box<PgConn>),
}

static HORIZON: Sql =
    Sql::new("yimen_store::HORIZON", "select pg_snapshot_xmin(pg_current_snapshot())::text::bigint");

impl Read<'_> {
    /// The engine, for the rare seam that has to know.
    pub fn engine(&self) -> Engine {
        match self.conn {
            Conn::Sqlite(_) => Engine::Sqlite,
            Conn::Postgres(_) => Engine::Postgres,
        }
    }

    /// The one row of the answer; `NotFound` without one, an error with two.
    pub fn one<T: FromRow>(&mut self, sql: &'static Sql, params: &[Value<'_>]) -> Result<T> {
        self.opt(sql, params)?.ok_or(StoreError::NotFound)
    }

    /// The row of the answer if there is one; an error with two.
    pub fn opt<T: FromRow>(&mut self, sql: &'static Sql, params: &[Value<'_>]) -> Result<Option<T>> {
        let mut found = None;
        self.each(sql, params, |row| {
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
        self.each(sql, params, |row| -> Result<()> {
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
        self.rows(sql, params, &mut |row| match visit(row) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                stopped = Some(error);
                ControlFlow::Break(())
            }
        })?;
        stopped.map_or(Ok(()), Err)
    }

    /// Journal rows with a `txid` below this are final: no earlier one can still commit.
    pub fn horizon(&mut self) -> Result<i64> {
        match self.conn {
            Conn::Sqlite(_) => Ok(i64::MAX),
            Conn::Postgres(_) => self.one(&HORIZON, &[]),
        }
    }

    fn rows(
        &mut self,
        sql: &'static Sql,
        params: &[Value<'_>],
        visit: &mut dyn FnMut(&Row<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        self.sound(sql, params)?;
        let outcome = match &mut self.conn {
            Conn::Sqlite(conn) => conn.query(sql, params, visit),
            Conn::Postgres(conn) => conn.query(sql, params, visit),
        };
        self.note(outcome)
    }

    /// Refuses to go on after a failed statement, and values only one engine would take.
    fn sound(&mut self, sql: &'static Sql, params: &[Value<'_>]) -> Result<()> {
        if let Some(error) = &self.spoiled {
            return Err(error.clone());
        }
        self.statements += 1;
        let bad = params.iter().position(|value| match value {
            Value::Text(text) => text.as_bytes().contains(&0),
            Value::Real(number) => !number.is_finite(),
            _ => false,
        });
        match bad {
            None => Ok(()),
            Some(index) => self.note(Err(StoreError::Constraint(format!(
                "{}: ${} has a NUL character or is not a finite number",
                sql.name,
                index + 1
            )))),
        }
    }

    /// Remembers the failure of a statement: the unit can no longer be committed.
    fn note<T>(&mut self, outcome: Result<T>) -> Result<T> {
        if let Err(error) = &outcome {
            self.spoiled = Some(error.clone());
        }
        outcome
    }
}

/// Reading and writing inside one transaction.
///
/// After a failed statement (or a `Conflict`) every further one fails the same way, and the
/// unit is undone even if the closure returns `Ok`. To try an insert, use
/// `on conflict do nothing` and look at the count.
pub struct Tx<'c> {
    read: Read<'c>,
    name: &'static str,
    tape: Option<Tape>,
}

impl<'c> Tx<'c> {
    pub(crate) fn new(conn: Conn<'c>, tape: Option<Tape>) -> Tx<'c> {
        Tx { read: Read { conn, spoiled: None, statements: 0 }, name: "", tape }
    }

    pub(crate) fn begin(&mut self, name: &'static str) {
        self.name = name;
        self.read.spoiled = None;
        self.read.statements = 0;
        if let Some(tape) = &self.tape {
            tape.begin(name);
        }
    }

    pub(crate) fn statements(&self) -> u64 {
        self.read.statements
    }

    pub(crate) fn spoiled(&self) -> Option<StoreError> {
        self.read.spoiled.clone()
    }

    /// Takes the turn of everybody who writes what `name` stands for: a unit that goes on after this is the only one that has
    /// it, on every node, until it has ended. Ask before writing a row that all writers write (a running number); on SQLite
    /// there is one writer anyway.
    pub fn turn(&mut self, name: &str) -> Result<()> {
        let outcome = match &mut self.read.conn {
            Conn::Sqlite(_) => Ok(()),
            Conn::Postgres(conn) => conn.turn(turn_number(name)),
        };
        self.read.note(outcome)
    }

    /// Waits for every `put`.
    pub(crate) fn settle(&mut self) -> Result<()> {
        match &mut self.read.conn {
            Conn::Postgres(conn) => conn.settle(),
            Conn::Sqlite(_) => Ok(()),
        }
    }

    pub(crate) fn postgres(&mut self) -> Option<&mut PgConn> {
        match &mut self.read.conn {
            Conn::Postgres(conn) => Some(conn),
            Conn::Sqlite(_) => None,
        }
    }

    /// The name of the transaction, for a row's `updated_by`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Executes and says how many rows were touched.
    pub fn exec(&mut self, sql: &'static Sql, params: &[Value<'_>]) -> Result<u64> {
        self.read.sound(sql, params)?;
        self.record(sql, params);
        let outcome = match &mut self.read.conn {
            Conn::Sqlite(conn) => conn.exec(sql, params),
            Conn::Postgres(conn) => conn.exec(sql, params),
        };
        self.read.note(outcome)
    }

    /// Executes without waiting for the answer (PostgreSQL); a failure surfaces at the next
    /// statement that waits, or at the commit.
    pub fn put(&mut self, sql: &'static Sql, params: &[Value<'_>]) -> Result<()> {
        self.send(sql, params, false)
    }

    /// Like `put`, and must touch exactly one row: else `Conflict`, and nothing is committed.
    pub fn put_one(&mut self, sql: &'static Sql, params: &[Value<'_>]) -> Result<()> {
        self.send(sql, params, true)
    }

    fn record(&self, sql: &'static Sql, params: &[Value<'_>]) {
        if let Some(tape) = &self.tape {
            tape.write(sql, params);
        }
    }

    fn send(&mut self, sql: &'static Sql, params: &[Value<'_>], one: bool) -> Result<()> {
        self.read.sound(sql, params)?;
        self.record(sql, params);
        let outcome = match &mut self.read.conn {
            Conn::Sqlite(conn) => match conn.exec(sql, params) {
                Ok(count) if one && count != 1 => Err(StoreError::Conflict),
                other => other.map(|_| ()),
            },
            Conn::Postgres(conn) => conn.put(sql, params, one),
        };
        self.read.note(outcome)
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

/// FNV-1a: the same number on every node and in every version.
fn turn_number(name: &str) -> i64 {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    hash.cast_signed()
}
