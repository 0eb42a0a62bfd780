//! The engine alone: the statements that real lives wrote, replayed by prepared statements in the same batches, with the
//! same durability, and nothing around them.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use futures::future::try_join_all;
use rusqlite::types::{ToSqlOutput, Value as SqlValue};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use yimen_store::{Options, Owned, Taped};

use crate::engine::connect;
use crate::world::Failure;

/// As many units of work as lives run at once: the largest batch the store could have made.
const BATCH: usize = crate::lives::AT_ONCE;

/// Replays on a fresh SQLite file that holds what the lives found when they began.
pub fn sqlite(file: &Path, tape: &[Taped]) -> Result<Duration, Failure> {
    let db = rusqlite::Connection::open(file)?;
    // As the store opens it.
    db.execute_batch(
        "pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on;
         pragma temp_store = memory; pragma cache_size = -65536; pragma wal_autocheckpoint = 4000;",
    )?;
    let mut statements = HashMap::new();
    for (sql, _) in tape.iter().flat_map(|unit| &unit.writes) {
        if !statements.contains_key(sql.name) {
            statements.insert(sql.name, db.prepare(&sql.text.replace('$', "?"))?);
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

/// Replays on a fresh PostgreSQL database: as many connections as the store has, a transaction a unit, everything in it
/// sent without waiting. The units of one case stay in order on one connection.
pub async fn postgres(url: &str, tape: &[Taped]) -> Result<Duration, Failure> {
    let connections = Options::default().connections;
    let mut lanes: Vec<Vec<&Taped>> = vec![Vec::new(); connections];
    let mut lane_of: HashMap<i64, usize> = HashMap::new();
    for unit in tape.iter().filter(|unit| !unit.writes.is_empty()) {
        let next = lane_of.len() % connections;
        let lane = *lane_of.entry(case_of(unit)?).or_insert(next);
        lanes[lane].push(unit);
    }
    let mut ready = Vec::new();
    for lane in lanes {
        let client = connect(url).await?;
        let mut statements = HashMap::new();
        for (sql, _) in lane.iter().flat_map(|unit| &unit.writes) {
            if !statements.contains_key(sql.name) {
                statements.insert(sql.name, client.prepare(sql.text).await?);
            }
        }
        ready.push((client, statements, lane));
    }
    let started = Instant::now();
    try_join_all(ready.iter().map(|(client, statements, lane)| replay(client, statements, lane))).await?;
    Ok(started.elapsed())
}

async fn replay(
    client: &tokio_postgres::Client,
    statements: &HashMap<&str, tokio_postgres::Statement>,
    lane: &[&Taped],
) -> Result<(), Failure> {
    for unit in lane {
        let writes = unit.writes.iter().map(|(sql, values)| {
            let values = values.iter().map(Bound).collect::<Vec<_>>();
            async move { client.execute_raw(&statements[sql.name], values).await.map(|_| ()) }
        });
        let begin = client.batch_execute("begin isolation level repeatable read");
        // Joined futures are polled in order, and each sends at its first poll: one round trip for the unit.
        let (begun, written, committed) =
            futures::join!(begin, try_join_all(writes), client.batch_execute("commit"));
        begun?;
        written?;
        committed?;
    }
    Ok(())
}

/// The case a unit belongs to, from its journal entry.
fn case_of(unit: &Taped) -> Result<i64, Failure> {
    let entry = unit.writes.iter().find(|(sql, _)| sql.name.ends_with("journal::APPEND"));
    match entry.and_then(|(_, values)| values.get(7)) {
        Some(Owned::Int(case)) => Ok(*case),
        _ => Err(format!("{} has no journal entry", unit.name).into()),
    }
}

#[derive(Debug)]
struct Bound<'a>(&'a Owned);

impl rusqlite::ToSql for Bound<'_> {
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

impl ToSql for Bound<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut bytes::BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self.0 {
            Owned::Null => Ok(IsNull::Yes),
            Owned::Int(n) if *ty == Type::INT4 => i32::try_from(*n)?.to_sql(ty, out),
            Owned::Int(n) => n.to_sql(ty, out),
            Owned::Real(x) => x.to_sql(ty, out),
            Owned::Text(text) => text.to_sql(ty, out),
            Owned::Blob(blob) => blob.to_sql(ty, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
