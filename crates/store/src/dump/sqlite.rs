//! Copying, dumping and loading a SQLite file.

use std::fs::File;
use std::io::BufRead;
use std::path::Path;

use rusqlite::{Connection, OpenFlags, params_from_iter};

use super::lines::Reader;
use super::{
    BOOKKEEPING_TABLE, Loaded, Record, Shift, TXID, TableCount, Visit, quoted, quoted_list, select_all,
};
use crate::error::{Result, StoreError};
use crate::migrate;
use crate::sqlite::{failure, open_reader, open_writer};
use crate::value::Value;
use crate::{Migration, Options};

pub(super) fn copy(from: &Path, to: &Path, options: &Options) -> Result<Vec<TableCount>> {
    if to.exists() {
        return Err(StoreError::Other(format!("{} 已经存在，请换一个名字", to.display())));
    }
    let mut partial = to.as_os_str().to_owned();
    partial.push(".partial");
    let partial = Path::new(&partial);
    let outcome = vacuum_into(from, partial, options).and_then(|counts| {
        let synced = File::open(partial)
            .and_then(|file| file.sync_all())
            .and_then(|()| std::fs::rename(partial, to))
            .and_then(|()| match to.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                Some(folder) => File::open(folder)?.sync_all(),
                None => File::open(".")?.sync_all(),
            });
        synced.map(|()| counts).map_err(|error| StoreError::Unavailable(format!("{}: {error}", to.display())))
    });
    if outcome.is_err() {
        // Half a copy is worse than none.
        let _ = std::fs::remove_file(partial);
    }
    outcome
}

fn vacuum_into(from: &Path, to: &Path, options: &Options) -> Result<Vec<TableCount>> {
    // Left behind by a copy that was killed.
    let _ = std::fs::remove_file(to);
    // A reader of its own: it sees one state of the database and stops nobody from writing.
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(from, flags).map_err(failure)?;
    db.busy_timeout(options.busy_timeout).map_err(failure)?;
    let target = to.to_str().ok_or_else(|| StoreError::other("备份的路径不是 UTF-8，请换一个路径"))?;
    db.execute("vacuum into ?1", [target]).map_err(failure)?;
    drop(db);
    let copy = Connection::open_with_flags(to, flags).map_err(failure)?;
    let mut counts = Vec::new();
    for table in tables(&copy)? {
        let text = format!("select count(*) from {}", quoted(&table));
        let rows: i64 = copy.query_row(&text, [], |row| row.get(0)).map_err(failure)?;
        counts.push(TableCount { table, rows: rows.unsigned_abs() });
    }
    Ok(counts)
}

pub(super) fn dump(path: &Path, options: &Options, visit: Visit<'_>) -> Result<()> {
    let db = open_reader(path, options)?;
    // Closing the connection ends the transaction.
    db.execute_batch("begin").map_err(failure)?;
    let migrations = migrate::sqlite_recorded(&db)?;
    let mut described = Vec::new();
    let mut last_txid = 0;
    for table in tables(&db)? {
        let (columns, order) = columns(&db, &table)?;
        if columns.iter().any(|column| column == TXID) {
            let text = format!("select coalesce(max({TXID}), 0) from {}", quoted(&table));
            let last: i64 = db.query_row(&text, [], |row| row.get(0)).map_err(failure)?;
            last_txid = last_txid.max(last);
        }
        described.push((table, columns, order));
    }
    visit(Record::Start { migrations: &migrations, last_txid })?;
    for (table, columns, order) in &described {
        visit(Record::Table { name: table, columns })?;
        let mut statement = db.prepare(&select_all(table, columns, order)).map_err(failure)?;
        let mut found = statement.query([]).map_err(failure)?;
        let mut rows = 0;
        while let Some(row) = found.next().map_err(failure)? {
            let values: Vec<Value<'_>> =
                (0..columns.len()).map(|index| crate::sqlite::cell(row, index)).collect::<Result<_>>()?;
            visit(Record::Row(&values))?;
            rows += 1;
        }
        visit(Record::End { rows })?;
    }
    Ok(())
}

/// Ordinary tables; search indexes and their shadows are made from these.
fn tables(db: &Connection) -> Result<Vec<String>> {
    let mut statement = db
        .prepare(
            "select name from pragma_table_list
             where schema = 'main' and type = 'table' and name not like 'sqlite\\_%' escape '\\' and name <> ?1
             order by name",
        )
        .map_err(failure)?;
    let names = statement.query_map([BOOKKEEPING_TABLE], |row| row.get(0)).map_err(failure)?;
    names.collect::<rusqlite::Result<_>>().map_err(failure)
}

/// The stored columns, and what to order by: the primary key, or everything.
fn columns(db: &Connection, table: &str) -> Result<(Vec<String>, String)> {
    let mut statement =
        db.prepare("select name, pk from pragma_table_info(?1) order by cid").map_err(failure)?;
    let found = statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?))).map_err(failure)?;
    let found: Vec<(String, i64)> = found.collect::<rusqlite::Result<_>>().map_err(failure)?;
    let mut key: Vec<(i64, String)> =
        found.iter().filter(|(_, pk)| *pk > 0).map(|(name, pk)| (*pk, name.clone())).collect();
    key.sort();
    let columns: Vec<String> = found.into_iter().map(|(name, _)| name).collect();
    let key: Vec<String> = key.into_iter().map(|(_, name)| name).collect();
    let order = quoted_list(if key.is_empty() { &columns } else { &key });
    Ok((columns, order))
}

pub(super) fn load<R: BufRead>(
    path: &Path,
    options: &Options,
    migrations: &[Migration],
    reader: &mut Reader<R>,
) -> Result<()> {
    let db = open_writer(path, options)?;
    // Dropping the connection on an error undoes everything.
    db.execute_batch("begin immediate; pragma defer_foreign_keys = on").map_err(failure)?;
    db.execute_batch(migrate::BOOKKEEPING).map_err(failure)?;
    for migration in migrations {
        migrate::sqlite_apply(&db, migration)?;
    }
    // What the migrations themselves filled in is in the dump, too.
    for table in tables(&db)? {
        db.execute_batch(&format!("delete from {}", quoted(&table))).map_err(failure)?;
    }
    let mut insert = None;
    while let Some(record) = reader.next()? {
        match record {
            Loaded::Table { name, columns } => {
                let marks: Vec<String> = (1..=columns.len()).map(|n| format!("?{n}")).collect();
                let text = format!(
                    "insert into {} ({}) values ({})",
                    quoted(&name),
                    quoted_list(&columns),
                    marks.join(", ")
                );
                let statement = db.prepare(&text).map_err(|error| at(&name, error))?;
                insert = Some((name, Shift::new(&columns, reader.last_txid), statement));
            }
            Loaded::Row(mut cells) => {
                let Some((name, shift, statement)) = &mut insert else { continue };
                shift.apply(&mut cells);
                let values = params_from_iter(cells.iter().map(super::Cell::value));
                statement.execute(values).map_err(|error| at(name, error))?;
            }
            Loaded::End => insert = None,
        }
    }
    drop(insert);
    db.execute_batch("commit").map_err(failure)
}

fn at(table: &str, error: rusqlite::Error) -> StoreError {
    match failure(error) {
        StoreError::Other(text) => StoreError::Other(format!("table {table}: {text}")),
        other => other,
    }
}
