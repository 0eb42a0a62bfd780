//! The engine alone: the statements that real lives wrote, replayed by prepared statements in the same batches, with the
//! same durability, and nothing around them.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, Value as SqlValue};
use yimen_store::{Owned, Taped};

use crate::world::Failure;

/// As many units of work as lives run at once: the largest batch the store could have made.
const BATCH: usize = crate::lives::AT_ONCE;

/// Replays on a fresh SQLite file that holds what the lives found when they began.
pub fn sqlite(file: &Path, tape: &[Taped]) -> Result<Duration, Failure> {
    let db = rusqlite::Connection::open(file)?;
    db.pragma_update(None, "journal_mode", "wal")?;
    db.pragma_update(None, "synchronous", "full")?;
    db.pragma_update(None, "foreign_keys", true)?;
    let mut statements = HashMap::new();
    for (sql, _) in tape.iter().flat_map(|unit| &unit.writes) {
        if !statements.contains_key(sql.name) {
            statements.insert(sql.name, db.prepare(&numbered(sql.text))?);
        }
    }
    let started = Instant::now();
    for batch in tape.chunks(BATCH) {
        db.execute_batch("begin immediate")?;
        for (sql, values) in batch.iter().flat_map(|unit| &unit.writes) {
            let statement = statements.get_mut(sql.name).ok_or("a statement that was not prepared")?;
            for (i, value) in values.iter().enumerate() {
                statement.raw_bind_parameter(i + 1, Bound(value))?;
            }
            statement.raw_execute()?;
        }
        db.execute_batch("commit")?;
    }
    Ok(started.elapsed())
}

/// `$n` as SQLite numbers it.
fn numbered(text: &str) -> String {
    text.replace('$', "?")
}

struct Bound<'a>(&'a Owned);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Owned::Null => ToSqlOutput::Owned(SqlValue::Null),
            Owned::Int(n) => ToSqlOutput::Owned(SqlValue::Integer(*n)),
            Owned::Real(x) => ToSqlOutput::Owned(SqlValue::Real(*x)),
            Owned::Text(text) => text.as_str().into(),
            Owned::Blob(bytes) => bytes.as_slice().into(),
        })
    }
}
