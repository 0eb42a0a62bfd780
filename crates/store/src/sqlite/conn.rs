//! A SQLite connection with its prepared statements.

use std::ops::ControlFlow;

use rusqlite::{Connection, Statement};

use super::failure;
use crate::error::{Result, StoreError};
use crate::row::{Cells, Row};
use crate::sql::Sql;
use crate::value::Value;

pub(crate) struct SqliteConn<'c> {
    pub(crate) db: &'c Connection,
    /// Prepared statements by the slot of their `Sql`: no hashing on the way.
    cache: Vec<Option<Statement<'c>>>,
}

impl<'c> SqliteConn<'c> {
    pub(crate) fn new(db: &'c Connection) -> SqliteConn<'c> {
        SqliteConn { db, cache: Vec::new() }
    }

    fn bound(&mut self, sql: &'static Sql, params: &[Value<'_>]) -> Result<&mut Statement<'c>> {
        let slot = sql.slot();
        if slot >= self.cache.len() {
            self.cache.resize_with(slot + 1, || None);
        }
        let entry = &mut self.cache[slot];
        let statement = match entry {
            Some(statement) => statement,
            None => entry.insert(self.db.prepare(sql.sqlite()).map_err(|e| named(sql, e))?),
        };
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
