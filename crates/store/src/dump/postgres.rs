//! Dumping and loading a PostgreSQL database.

use std::fmt::Write as _;
use std::io::BufRead;

use bytes::Bytes;
use futures::{SinkExt, TryStreamExt};
use tokio_postgres::{Client, Config, CopyInSink};

use super::lines::Reader;
use super::{BOOKKEEPING_TABLE, Cell, Loaded, Record, Shift, TXID, Visit, quoted, quoted_list, select_all};
use crate::Migration;
use crate::error::{Result, StoreError};
use crate::migrate;
use crate::pg::{self, cell, once};
use crate::value::Value;

/// Rows go over in pieces of about this many bytes.
const PIECE: usize = 64 * 1024;

fn failed(error: tokio_postgres::Error) -> StoreError {
    pg::failure(&error).error
}

pub(super) fn dump(config: &Config, visit: Visit<'_>) -> Result<()> {
    once(config, |client| async move {
        client.batch_execute("begin isolation level repeatable read read only").await.map_err(failed)?;
        let migrations = migrate::postgres_recorded(&client).await?;
        let mut described = Vec::new();
        let mut last_txid = 0;
        for table in tables(&client).await? {
            let (columns, order) = columns(&client, &table).await?;
            if columns.iter().any(|column| column == TXID) {
                let text = format!("select coalesce(max({TXID}), 0) from {}", quoted(&table));
                let row = client.query_one(&text, &[]).await.map_err(failed)?;
                last_txid = last_txid.max(row.get(0));
            }
            described.push((table, columns, order));
        }
        visit(Record::Start { migrations: &migrations, last_txid })?;
        for (table, columns, order) in &described {
            visit(Record::Table { name: table, columns })?;
            let text = select_all(table, columns, order);
            let found = client.query_raw(&text, std::iter::empty::<Value<'_>>()).await.map_err(failed)?;
            let mut found = std::pin::pin!(found);
            let mut rows = 0;
            while let Some(row) = found.try_next().await.map_err(failed)? {
                let values: Vec<Value<'_>> = (0..columns.len())
                    .map(|index| cell(&row, index))
                    .collect::<Result<_>>()
                    .map_err(|error| StoreError::Other(format!("table {table}: {error}")))?;
                visit(Record::Row(&values))?;
                rows += 1;
            }
            visit(Record::End { rows })?;
        }
        Ok(())
    })
}

async fn tables(client: &Client) -> Result<Vec<String>> {
    let text = "select table_name::text from information_schema.tables
        where table_schema = current_schema() and table_type = 'BASE TABLE' and table_name <> $1
        order by table_name collate \"C\"";
    let rows = client.query(text, &[&BOOKKEEPING_TABLE]).await.map_err(failed)?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// The stored columns, and what to order by: the primary key, or everything. Texts by their bytes,
/// as SQLite has them, whatever language the database was made for.
async fn columns(client: &Client, table: &str) -> Result<(Vec<String>, String)> {
    let text = "select a.attname::text, a.attcollation <> 0, array_position(i.indkey::int2[], a.attnum)::bigint
        from pg_attribute a
        left join pg_index i on i.indrelid = a.attrelid and i.indisprimary
        where a.attrelid = to_regclass(quote_ident($1)) and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
        order by a.attnum";
    let found = client.query(text, &[&table]).await.map_err(failed)?;
    let columns = found.iter().map(|row| row.get(0)).collect();
    let by_bytes = |row: &tokio_postgres::Row| match row.get(1) {
        true => format!("{} collate \"C\"", quoted(row.get(0))),
        false => quoted(row.get(0)),
    };
    let mut key: Vec<(i64, String)> =
        found.iter().filter_map(|row| Some((row.get::<_, Option<i64>>(2)?, by_bytes(row)))).collect();
    key.sort();
    let order: Vec<String> = match key.is_empty() {
        true => found.iter().map(by_bytes).collect(),
        false => key.into_iter().map(|(_, name)| name).collect(),
    };
    Ok((columns, order.join(", ")))
}

pub(super) fn load<R: BufRead + Send>(
    config: &Config,
    migrations: &[Migration],
    reader: &mut Reader<R>,
) -> Result<()> {
    once(config, |client| async move {
        // Dropping the connection on an error undoes everything.
        client.batch_execute("begin").await.map_err(failed)?;
        client.batch_execute(migrate::BOOKKEEPING).await.map_err(failed)?;
        for migration in migrations {
            migrate::postgres_apply(&client, migration).await?;
        }
        let foreign = foreign_keys(&client).await?;
        for (table, name) in &foreign {
            let text = format!("alter table {table} alter constraint {name} deferrable initially deferred");
            client.batch_execute(&text).await.map_err(failed)?;
        }
        // What the migrations themselves filled in is in the dump, too.
        for table in tables(&client).await? {
            client.batch_execute(&format!("delete from {}", quoted(&table))).await.map_err(failed)?;
        }
        copy_all(&client, reader).await?;
        client.batch_execute("set constraints all immediate").await.map_err(failed)?;
        for (table, name) in &foreign {
            let text = format!("alter table {table} alter constraint {name} not deferrable");
            client.batch_execute(&text).await.map_err(failed)?;
        }
        advance_sequences(&client).await?;
        client.batch_execute("commit").await.map_err(failed)
    })
}

/// Foreign keys that are checked at once: they would forbid loading children before parents.
async fn foreign_keys(client: &Client) -> Result<Vec<(String, String)>> {
    let text = "select conrelid::regclass::text, quote_ident(conname) from pg_constraint
        where contype = 'f' and not condeferrable and connamespace = current_schema()::regnamespace";
    let rows = client.query(text, &[]).await.map_err(failed)?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Numbers drawn from now on lie above those that were loaded.
async fn advance_sequences(client: &Client) -> Result<()> {
    let text = "select table_name::text, column_name::text from information_schema.columns
        where table_schema = current_schema() and is_identity = 'YES'";
    for row in client.query(text, &[]).await.map_err(failed)? {
        let (table, column): (String, String) = (row.get(0), row.get(1));
        let (table, name) = (quoted(&table), quoted(&column));
        let text = format!(
            "select setval(pg_get_serial_sequence($1, $2), max({name})) from {table} having max({name}) is not null"
        );
        client.query(&text, &[&table, &column]).await.map_err(failed)?;
    }
    Ok(())
}

async fn copy_all<R: BufRead>(client: &Client, reader: &mut Reader<R>) -> Result<()> {
    let mut open: Option<(Shift, std::pin::Pin<Box<CopyInSink<Bytes>>>)> = None;
    let mut piece = String::with_capacity(PIECE * 2);
    while let Some(record) = reader.next()? {
        match record {
            Loaded::Table { name, columns } => {
                let text = format!("copy {} ({}) from stdin", quoted(&name), quoted_list(&columns));
                let sink = client.copy_in(&text).await.map_err(failed)?;
                open = Some((Shift::new(&columns, reader.last_txid), Box::pin(sink)));
            }
            Loaded::Row(mut cells) => {
                let Some((shift, sink)) = &mut open else { continue };
                shift.apply(&mut cells);
                write_row(&mut piece, &cells);
                if piece.len() >= PIECE {
                    sink.send(Bytes::copy_from_slice(piece.as_bytes())).await.map_err(failed)?;
                    piece.clear();
                }
            }
            Loaded::End => {
                if let Some((_, mut sink)) = open.take() {
                    sink.send(Bytes::copy_from_slice(piece.as_bytes())).await.map_err(failed)?;
                    piece.clear();
                    sink.as_mut().finish().await.map_err(failed)?;
                }
            }
        }
    }
    Ok(())
}

/// One line of COPY's text format.
fn write_row(out: &mut String, cells: &[Cell]) {
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            out.push('\t');
        }
        match cell {
            Cell::Null => out.push_str("\\N"),
            Cell::Int(number) => drop(write!(out, "{number}")),
            Cell::Real(number) => drop(write!(out, "{number}")),
            Cell::Text(text) => {
                for c in text.chars() {
                    match c {
                        '\\' => out.push_str("\\\\"),
                        '\n' => out.push_str("\\n"),
                        '\r' => out.push_str("\\r"),
                        '\t' => out.push_str("\\t"),
                        other => out.push(other),
                    }
                }
            }
            Cell::Blob(bytes) => {
                out.push_str("\\\\x");
                for byte in bytes {
                    let _ = write!(out, "{byte:02x}");
                }
            }
        }
    }
    out.push('\n');
}
