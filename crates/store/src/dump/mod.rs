//! Backups: a copy of the SQLite file, or a logical dump either engine can load.

mod lines;
mod postgres;
mod sqlite;

use std::io::{BufRead, Write};
use std::path::Path;

use crate::error::{Result, StoreError};
use crate::migrate::{self, Recorded};
use crate::value::Value;
use crate::{Backend, MIGRATIONS, Migration, Store};
use lines::{Reader, Writer};

/// How many rows a table has in a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableCount {
    pub table: String,
    pub rows: u64,
}

/// A piece of a dump. `Start` comes first; each `Table` is followed by its rows and its `End`.
#[derive(Debug)]
pub enum Record<'a> {
    Start {
        /// The migrations applied to the database.
        migrations: &'a [(u32, String, String)],
        /// The largest value in any column named `txid`; see [`Store::load_from`].
        last_txid: i64,
    },
    Table {
        name: &'a str,
        columns: &'a [String],
    },
    Row(&'a [Value<'a>]),
    End {
        rows: u64,
    },
}

/// Where the records of a dump go.
type Visit<'v> = &'v mut (dyn FnMut(Record<'_>) -> Result<()> + Send);

/// A record on its way into a database.
#[derive(Debug)]
enum Loaded {
    Table { name: String, columns: Vec<String> },
    Row(Vec<Cell>),
    End,
}

/// A value with an owner.
#[derive(Debug, Clone, PartialEq)]
enum Cell {
    Null,
    Int(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

impl Cell {
    fn value(&self) -> Value<'_> {
        match self {
            Cell::Null => Value::Null,
            Cell::Int(number) => Value::Int(*number),
            Cell::Real(number) => Value::Real(*number),
            Cell::Text(text) => Value::Text(text),
            Cell::Blob(bytes) => Value::Blob(bytes),
        }
    }
}

/// Transaction numbers mean something only to the server that gave them.
const TXID: &str = "txid";
/// The store's own table: the head of the dump has it.
const BOOKKEEPING_TABLE: &str = "store_migration";

impl Store {
    /// Copies a SQLite database to a new file while reading and writing go on. Blocks.
    /// The copy is whole and synced, or absent.
    pub fn backup_to(&self, path: &Path) -> Result<Vec<TableCount>> {
        match &self.inner.backend {
            Backend::Sqlite(store) => sqlite::copy(&store.path, path, &self.inner.options),
            Backend::Postgres(_) => {
                Err(StoreError::other("PostgreSQL 数据库没有可以复制的文件，请用 yimen backup 或 pg_dump"))
            }
        }
    }

    /// Hands over every row of every table, as one snapshot sees them. Blocks.
    pub fn dump<F>(&self, mut visit: F) -> Result<()>
    where
        F: FnMut(Record<'_>) -> Result<()> + Send,
    {
        match &self.inner.backend {
            Backend::Sqlite(store) => sqlite::dump(&store.path, &self.inner.options, &mut visit),
            Backend::Postgres(store) => postgres::dump(&store.config, &mut visit),
        }
    }

    /// Writes a dump as lines of JSON that `load_from` reads on either engine. Blocks.
    pub fn dump_to(&self, out: impl Write + Send) -> Result<Vec<TableCount>> {
        self.dump_seen(out, |_| Ok(()))
    }

    /// `dump_to`, showing every record to `see` on its way. Blocks.
    pub fn dump_seen<F>(&self, out: impl Write + Send, mut see: F) -> Result<Vec<TableCount>>
    where
        F: FnMut(&Record<'_>) -> Result<()> + Send,
    {
        let mut writer = Writer::new(out);
        self.dump(|record| {
            see(&record)?;
            writer.record(record)
        })?;
        writer.finish()
    }

    /// Loads a dump into an empty database, applying the migrations it was made with, in one
    /// transaction: all of it or nothing. Blocks. Newer migrations are left to `migrate`.
    ///
    /// Values of columns named `txid` are shifted below zero, keeping their order: they are
    /// smaller than any the new server gives, so cursors over the journal go on where they were.
    pub fn load_from(&self, input: impl BufRead + Send) -> Result<Vec<TableCount>> {
        self.load_with(MIGRATIONS, input)
    }

    /// `load_from` with a list of migrations of one's own.
    pub fn load_with(&self, migrations: &[Migration], input: impl BufRead + Send) -> Result<Vec<TableCount>> {
        let mut reader = Reader::new(input)?;
        let migrations = applied(migrations, &reader.migrations)?;
        if self.schema_version()? != 0 {
            return Err(StoreError::Schema(
                "只能恢复到空的数据库，这个数据库里已经有内容，请换一个新的数据库".to_owned(),
            ));
        }
        match &self.inner.backend {
            Backend::Sqlite(store) => {
                sqlite::load(&store.path, &self.inner.options, migrations, &mut reader)?;
            }
            Backend::Postgres(store) => postgres::load(&store.config, migrations, &mut reader)?,
        }
        Ok(reader.counts)
    }
}

/// Reads a dump to its end without loading it: is it whole, and how many rows has each table.
pub fn read_dump(input: impl BufRead) -> Result<Vec<TableCount>> {
    let mut reader = Reader::new(input)?;
    while reader.next()?.is_some() {}
    Ok(reader.counts)
}

/// The migrations of this program that the dump was made with.
fn applied<'m>(migrations: &'m [Migration], recorded: &[Recorded]) -> Result<&'m [Migration]> {
    let rest = migrate::pending(migrations, recorded)?;
    Ok(&migrations[..migrations.len() - rest.len()])
}

/// A name of the catalogue, quoted.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn quoted_list(names: &[String]) -> String {
    names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
}

/// `select` of all columns in order of `order`, so that two dumps of the same rows agree.
fn select_all(table: &str, columns: &[String], order: &str) -> String {
    format!("select {} from {} order by {order}", quoted_list(columns), quoted(table))
}

/// Moves the values of `txid` columns below zero.
struct Shift {
    columns: Vec<usize>,
    by: i64,
}

impl Shift {
    fn new(columns: &[String], last_txid: i64) -> Shift {
        let columns = columns.iter().enumerate().filter(|(_, name)| *name == TXID).map(|(i, _)| i).collect();
        Shift { columns, by: last_txid.saturating_add(1) }
    }

    fn apply(&self, row: &mut [Cell]) {
        for &column in &self.columns {
            if let Some(Cell::Int(txid)) = row.get_mut(column) {
                *txid = txid.saturating_sub(self.by);
            }
        }
    }
}
