//! SQLite: one writer with group commit, a pool of readers.

mod conn;
mod durable;
mod threads;

use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, ToSql};

use crate::Options;
use crate::error::{Result, StoreError};
use crate::value::Value;

pub(crate) use conn::SqliteConn;
pub(crate) use durable::Durable;
pub use durable::SyncFile;
pub(crate) use threads::SqliteStore;

/// Opens the one connection that writes, creating the file if it is missing.
pub(crate) fn open_writer(path: &Path, options: &Options) -> Result<Connection> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .map_err(|error| StoreError::Unavailable(format!("{}: {error}", folder.display())))?;
    }
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags).map_err(failure)?;
    db.busy_timeout(options.busy_timeout).map_err(failure)?;
    let mode: String = db.query_row("pragma journal_mode = wal", [], |row| row.get(0)).map_err(failure)?;
    if mode != "wal" {
        return Err(StoreError::Unavailable(format!(
            "{} 所在的磁盘不支持预写日志（WAL），请换一个本地磁盘",
            path.display()
        )));
    }
    // FULL: a committed reply survives a power cut; group commit pays for it.
    db.execute_batch(
        "pragma synchronous = full; pragma foreign_keys = on; pragma temp_store = memory;
         pragma cache_size = -65536; pragma trusted_schema = off;
         pragma wal_autocheckpoint = 4000;",
    )
    .map_err(failure)?;
    plan_once(&db)?;
    if let Some(pages) = options.max_pages {
        db.query_row(&format!("pragma max_page_count = {pages}"), [], |_| Ok(())).map_err(failure)?;
    }
    Ok(db)
}

/// Opens a connection that cannot write.
pub(crate) fn open_reader(path: &Path, options: &Options) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags).map_err(failure)?;
    db.busy_timeout(options.busy_timeout).map_err(failure)?;
    // Readers look at the file through the page cache of the system, however large it is: every commit of the writer
    // empties their own caches, and reading each page again by a call of its own was a tenth of what a list cost.
    db.execute_batch(
        "pragma query_only = on; pragma temp_store = memory; pragma cache_size = -16384;
         pragma mmap_size = 1099511627776; pragma trusted_schema = off;",
    )
    .map_err(failure)?;
    plan_once(&db)?;
    Ok(db)
}

/// Each statement keeps the plan it was prepared with. Otherwise SQLite notes for many (any `limit $1`, most joins and
/// sorted lists) that another value could have deserved another plan, and parses and plans them anew at every execution:
/// a third of what a page's reads cost.
fn plan_once(db: &Connection) -> Result<()> {
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(|_| ()).map_err(failure)
}

/// Copies the database into a file that is not there yet, and waits until the disk has it.
pub(crate) fn copy_into(path: &Path, file: &Path, options: &Options) -> Result<()> {
    let unwritable = |error: std::io::Error| StoreError::Unavailable(format!("{}: {error}", file.display()));
    let name = file.to_str().ok_or_else(|| StoreError::other("文件名不是 UTF-8，请换一个名字"))?;
    let db = open_writer(path, options)?;
    db.execute("vacuum into ?1", [name]).map_err(failure)?;
    let rights = std::fs::metadata(path).map_err(unwritable)?.permissions();
    std::fs::set_permissions(file, rights).map_err(unwritable)?;
    std::fs::File::open(file).and_then(|copy| copy.sync_all()).map_err(unwritable)
}

/// The path of `sqlite:PATH`.
pub(crate) fn path(rest: &str) -> Result<PathBuf> {
    if rest.is_empty() || rest.contains(":memory:") {
        return Err(StoreError::other("sqlite: 后面要写数据库文件，例如 sqlite:data/yimen.db"));
    }
    Ok(PathBuf::from(rest.strip_prefix("//").unwrap_or(rest)))
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Int(number) => ValueRef::Integer(*number),
            Value::Real(number) => ValueRef::Real(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Date(bytes) => ValueRef::Text(bytes),
            Value::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// One cell of a row.
pub(crate) fn cell<'r>(row: &'r rusqlite::Row<'r>, index: usize) -> Result<Value<'r>> {
    match row.get_ref(index) {
        Ok(ValueRef::Null) => Ok(Value::Null),
        Ok(ValueRef::Integer(number)) => Ok(Value::Int(number)),
        Ok(ValueRef::Real(number)) => Ok(Value::Real(number)),
        Ok(ValueRef::Text(bytes)) => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Value::Text(text)),
            Err(_) => Err(StoreError::Corrupt(format!("column {} is not UTF-8", index + 1))),
        },
        Ok(ValueRef::Blob(bytes)) => Ok(Value::Blob(bytes)),
        Err(_) => Err(StoreError::Other(format!("no column {}", index + 1))),
    }
}

/// SQLite's error in our words.
pub(crate) fn failure(error: rusqlite::Error) -> StoreError {
    use rusqlite::ErrorCode as Code;
    let rusqlite::Error::SqliteFailure(code, message) = error else {
        return StoreError::Other(error.to_string());
    };
    let text = message.unwrap_or_else(|| code.to_string());
    match code.code {
        Code::ConstraintViolation => match text.strip_prefix("UNIQUE constraint failed: ") {
            Some(columns) => StoreError::Unique(columns.to_owned()),
            None => StoreError::Constraint(text),
        },
        Code::DiskFull => StoreError::Full,
        Code::DatabaseBusy | Code::DatabaseLocked => StoreError::Busy,
        Code::SystemIoFailure | Code::CannotOpen | Code::ReadOnly | Code::PermissionDenied => {
            StoreError::Unavailable(format!("{text} ({})", code.extended_code))
        }
        Code::DatabaseCorrupt | Code::NotADatabase => StoreError::Corrupt(text),
        _ => StoreError::Other(text),
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn another_value_is_no_reason_to_plan_again() {
        let folder = std::env::temp_dir().join(format!("yimen-plans-{}", std::process::id()));
        let path = folder.join("plans.db");
        let writer = open_writer(&path, &Options::default()).unwrap();
        writer
            .execute_batch("create table t (a integer, b integer); create index t_a on t (a) where b > 0")
            .unwrap();
        let reader = open_reader(&path, &Options::default()).unwrap();
        for db in [&writer, &reader] {
            let mut statement = db.prepare("select a from t where b > ?1 order by a limit ?2").unwrap();
            for most in 1..5 {
                statement.raw_bind_parameter(1, most - 1).unwrap();
                statement.raw_bind_parameter(2, most).unwrap();
                assert!(statement.raw_query().next().unwrap().is_none());
                statement.clear_bindings();
            }
            assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
