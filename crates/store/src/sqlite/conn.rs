//! A SQLite connection with its prepared statements.

use std::ops::ControlFlow;

use rusqlite::{CachedStatement, Connection, Statement};

use super::failure;
use crate::error::{Result, StoreError};
use crate::row::{Cells, Row};
use crate::sql::Sql;
use crate::value::Value;

pub(crate) struct SqliteConn<'c> {
    pub(crate) db: &'c Connection,
    prepared: Prepared<'c>,
}

enum Prepared<'c> {
    /// By the slot of their `Sql`, without hashing: of a connection that stays on its thread.
    Kept(Vec<Option<Statement<'c>>>),
    /// The few of one unit, lent by the connection, which goes from thread to thread.
    Lent(Vec<(usize, CachedStatement<'c>)>),
}

impl<'c> Prepared<'c> {
    fn get(&mut self, db: &'c Connection, sql: &'static Sql) -> rusqlite::Result<&mut Statement<'c>> {
        let slot = sql.slot();
        match self {
            Prepared::Kept(all) => {
                if slot >= all.len() {
                    all.resize_with(slot + 1, || None);
                }
                let entry = &mut all[slot];
                Ok(match entry {
                    Some(statement) => statement,
                    None => entry.insert(db.prepare(sql.sqlite())?),
                })
            }
            Prepared::Lent(few) => {
                let at = match few.iter().position(|(one, _)| *one == slot) {
                    Some(at) => at,
                    None => {
                        few.push((slot, db.prepare_cached(sql.sqlite())?));
                        few.len() - 1
                    }
                };
                Ok(&mut few[at].1)
            }
        }
    }
}

impl<'c> SqliteConn<'c> {
    /// For a thread that keeps the connection.
    pub(crate) fn new(db: &'c Connection) -> SqliteConn<'c> {
        SqliteConn { db, prepared: Prepared::Kept(Vec::new()) }
    }

    /// For one unit on a connection that others use after it.
    pub(crate) fn lent(db: &'c Connection) -> SqliteConn<'c> {
        SqliteConn { db, prepared: Prepared::Lent(Vec::new()) }
    }

    fn bound(&mut self, sql: &'static Sql, params: &[Value<'_>]) -> Result<&mut Statement<'c>> {
        let statement = self.prepared.get(self.db, sql).map_err(|e| named(sql, e))?;
        if statement.parameter_count() != params.len() {
            return Err(StoreError::Other(format!(
                "{} takes {} parameters, {} were given",
                sql.name,
                statement.parameter_count(),
                params.len()
            )));
        }
        for (index, value) in params.iter().enumerate() {
            statement.raw_bind_parameter(index + 1, value).map_err(|e| named(sql, e))?;
        }
        Ok(statement)
    }

    pub(crate) fn exec(&mut self, sql: &'static Sql, params: &[Value<'_>]) -> Result<u64> {
        let count = self.bound(sql, params)?.raw_execute().map_err(|e| named(sql, e))?;
        Ok(count as u64)
    }

    pub(crate) fn query(
        &mut self,
        sql: &'static Sql,
        params: &[Value<'_>],
        visit: &mut dyn FnMut(&Row<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        let statement = self.bound(sql, params)?;
        let columns = statement.column_count();
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(|e| named(sql, e))? {
            let row = Row { cells: Cells::Sqlite(row, columns), statement: sql.name };
            if visit(&row).is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// Adds the statement's name to errors that carry only text.
fn named(sql: &Sql, error: rusqlite::Error) -> StoreError {
    match failure(error) {
        StoreError::Other(text) => StoreError::Other(format!("{}: {text}", sql.name)),
        other => other,
    }
}
