//! PostgreSQL: threads that each own a connection, repeatable read, pipelined writes.

mod conn;
mod threads;
mod value;

use std::time::Duration;

use tokio_postgres::config::SslMode;
use tokio_postgres::error::{DbError, SqlState};
use tokio_postgres::{Client, Config, NoTls};

use crate::error::{Result, StoreError};

pub(crate) use conn::{PgConn, prepare};
pub(crate) use threads::{PgStore, once};
pub(crate) use value::cell;

/// The oldest server that has what we use (`pg_current_xact_id`, 64-bit).
const OLDEST: i32 = 130_000;

/// Reads `postgres://user@host/db?…`.
pub(crate) fn config(url: &str) -> Result<Config> {
    let mut config: Config =
        url.parse().map_err(|error| StoreError::Other(format!("数据库地址写法不对：{error}")))?;
    if config.get_ssl_mode() == SslMode::Require {
        return Err(StoreError::other(
            "不支持 sslmode=require：请经本机套接字、内网或 TLS 隧道（stunnel、pgbouncer）连接 PostgreSQL，并用 sslmode=disable",
        ));
    }
    if config.get_application_name().is_none() {
        config.application_name("yimen");
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(Duration::from_secs(5));
    }
    Ok(config)
}

/// Connects and sets up the session. Must run inside the runtime that will drive it.
pub(crate) async fn connect(config: &Config) -> Result<Client> {
    let (client, driver) = config.connect(NoTls).await.map_err(|error| failure(&error).error)?;
    tokio::spawn(async move {
        if let Err(error) = driver.await {
            tracing::debug!(%error, "a connection to PostgreSQL ended");
        }
    });
    let rows = client
        .query("select current_setting('server_version_num')::int4", &[])
        .await
        .map_err(|error| failure(&error).error)?;
    let version: i32 = rows.first().map_or(0, |row| row.get(0));
    if version < OLDEST {
        return Err(StoreError::Other(format!("需要 PostgreSQL 13 以上，现在连接的是 {version}")));
    }
    client.batch_execute(SESSION).await.map_err(|error| failure(&error).error)?;
    Ok(client)
}

/// The log of a server that lost its power must still hold what we answered "done" to, so
/// synchronous_commit is left as the operator set it, but never `off`.
const SESSION: &str = "
    set default_transaction_isolation = 'repeatable read';
    set timezone = 'UTC';
    set client_min_messages = error;
    set jit = off;
    set idle_in_transaction_session_timeout = '5min';
    select set_config('synchronous_commit', 'on', false)
     where current_setting('synchronous_commit') = 'off'";

/// What a failed statement means for its unit of work.
pub(crate) struct Failure {
    pub(crate) error: StoreError,
    pub(crate) cause: Cause,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Run the unit again: another transaction came first.
    Serialization,
    /// Run the unit again when its turn has come.
    Turn,
    /// Run the unit again with statements prepared anew: the schema changed under us.
    StalePlan,
    /// The connection is gone.
    Lost,
    /// An earlier statement failed; its error is the one to tell.
    Aborted,
    Other,
}

/// PostgreSQL's error in our words.
pub(crate) fn failure(error: &tokio_postgres::Error) -> Failure {
    if let Some(db) = error.as_db_error() {
        return server(db);
    }
    let text = with_sources(error);
    if error.is_closed() || from_io(error) || text.starts_with("timeout") {
        Failure { error: StoreError::Unavailable(text), cause: Cause::Lost }
    } else {
        Failure { error: StoreError::Other(text), cause: Cause::Other }
    }
}

fn from_io(error: &tokio_postgres::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if inner.is::<std::io::Error>() {
            return true;
        }
        source = inner.source();
    }
    false
}

fn server(db: &DbError) -> Failure {
    let code = db.code();
    let text = || format!("{} ({})", db.message(), code.code());
    let (error, cause) = match code {
        &SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED => {
            (StoreError::Busy, Cause::Serialization)
        }
        &SqlState::FEATURE_NOT_SUPPORTED if db.message().contains("cached plan") => {
            (StoreError::Busy, Cause::StalePlan)
        }
        &SqlState::IN_FAILED_SQL_TRANSACTION => (StoreError::Other(text()), Cause::Aborted),
        &SqlState::UNIQUE_VIOLATION => (StoreError::Unique(unique_columns(db)), Cause::Other),
        &SqlState::DISK_FULL => (StoreError::Full, Cause::Other),
        &SqlState::LOCK_NOT_AVAILABLE | &SqlState::QUERY_CANCELED => (StoreError::Busy, Cause::Other),
        &SqlState::DATA_CORRUPTED | &SqlState::INDEX_CORRUPTED => (StoreError::Corrupt(text()), Cause::Other),
        code => match &code.code()[..2] {
            "23" => (StoreError::Constraint(constraint(db)), Cause::Other),
            "08" | "57" => (StoreError::Unavailable(text()), Cause::Lost),
            "53" | "58" | "28" | "3D" => (StoreError::Unavailable(text()), Cause::Other),
            _ if code == &SqlState::READ_ONLY_SQL_TRANSACTION => {
                (StoreError::Unavailable(text()), Cause::Other)
            }
            _ => (StoreError::Other(text()), Cause::Other),
        },
    };
    Failure { error, cause }
}

/// `table.a, table.b`, the words SQLite uses. The detail also carries values: they stay out.
fn unique_columns(db: &DbError) -> String {
    let table = db.table().unwrap_or("?");
    let columns = db
        .detail()
        .and_then(|detail| detail.strip_prefix("Key (")?.split_once(")=("))
        .map(|(columns, _)| columns);
    match columns {
        Some(columns) => columns
            .split(", ")
            .map(|c| format!("{table}.{}", c.trim_matches('"')))
            .collect::<Vec<_>>()
            .join(", "),
        None => db.constraint().unwrap_or(table).to_owned(),
    }
}

fn constraint(db: &DbError) -> String {
    let what = match *db.code() {
        SqlState::NOT_NULL_VIOLATION => "NOT NULL",
        SqlState::FOREIGN_KEY_VIOLATION => "FOREIGN KEY",
        SqlState::CHECK_VIOLATION => "CHECK",
        _ => "constraint",
    };
    let table = db.table().unwrap_or("?");
    match db.column().or_else(|| db.constraint()) {
        Some(name) => format!("{what} failed: {table}.{name}"),
        None => format!("{what} failed: {table}"),
    }
}

fn with_sources(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        let more = inner.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        source = inner.source();
    }
    text
}
