//! The only crate that knows SQLite and PostgreSQL.
#![doc = include_str!("../README.md")]

mod check;
mod dump;
mod error;
mod metrics;
mod migrate;
mod pg;
mod queue;
mod row;
mod sql;
mod sqlite;
mod tape;
mod unit;
mod value;
mod work;

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

pub use check::{Described, Problem, check, compare, describe};
pub use dump::{Record, TableCount, read_dump};
pub use error::{Result, StoreError};
#[doc(hidden)]
pub use inventory;
pub use metrics::Metric;
pub use migrate::{Applied, MIGRATIONS, Migration};
pub use row::{FromRow, Row};
#[doc(hidden)]
pub use sql::Registered;
pub use sql::{Sql, statements};
pub use sqlite::SyncFile;
pub use tape::{Owned, Tape, Taped};
pub use unit::{Read, Tx};
pub use value::{FromValue, Value, unexpected};

use metrics::Metrics;
use pg::PgStore;
use queue::{Queue, Refused};
use sqlite::{Durable, SqliteStore};
use work::{Unit, Work};

/// Which database is behind the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// How a store is opened. `Options::default()` suits a server.
#[derive(Clone)]
pub struct Options {
    /// Connections for reads where they are asked for, and as many threads for those that find none of them idle (SQLite):
    /// as many as there are processors. With more, pages that are nearly done wait for a processor while others begin.
    pub readers: usize,
    /// Threads that own a connection (PostgreSQL).
    pub connections: usize,
    /// Most units of work in one commit (SQLite).
    pub group_max: usize,
    /// Most units waiting in a queue; more are refused with `Busy`.
    pub queue_max: usize,
    /// How long to wait for a lock held by another process (SQLite).
    pub busy_timeout: Duration,
    /// A limit on the size of the file in pages of 4 KiB (SQLite): a quota.
    pub max_pages: Option<u32>,
    /// Records every write (SQLite, whose one writer sees them in order); for benchmarks.
    pub tape: Option<Tape>,
    /// What makes the disk keep a commit (SQLite), if not the system's own call; for tests.
    pub sync: Option<SyncFile>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            readers: std::thread::available_parallelism().map_or(2, |cores| cores.get().max(2)),
            connections: 16,
            group_max: 256,
            queue_max: 10_000,
            busy_timeout: Duration::from_secs(5),
            max_pages: None,
            tape: None,
            sync: None,
        }
    }
}

/// The database. Clones share it; the last one dropped closes it.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    backend: Backend,
    options: Options,
    metrics: Arc<Metrics>,
}

enum Backend {
    Sqlite(SqliteStore),
    Postgres(PgStore),
}

const READ: &str = "read";

/// What a task has read from one store and must not yet tell anybody.
struct Held {
    by: usize,
    seen: Cell<u64>,
}

tokio::task_local! {
    static HELD: Held;
}

impl Store {
    /// Opens `sqlite:PATH` or `postgres://…`. Blocks; runs no migration.
    pub fn open(url: &str, options: Options) -> Result<Store> {
        let metrics = Arc::new(Metrics::default());
        let backend = if let Some(rest) = url.strip_prefix("sqlite:") {
            Backend::Sqlite(SqliteStore::open(&sqlite::path(rest)?, &options, &metrics)?)
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Backend::Postgres(PgStore::open(url, &options, &metrics)?)
        } else {
            return Err(StoreError::other(
                "数据库地址要以 sqlite: 或 postgres:// 开头，例如 sqlite:data/yimen.db",
            ));
        };
        Ok(Store { inner: Arc::new(Inner { backend, options, metrics }) })
    }

    pub fn engine(&self) -> Engine {
        match self.inner.backend {
            Backend::Sqlite(_) => Engine::Sqlite,
            Backend::Postgres(_) => Engine::Postgres,
        }
    }

    /// Runs the closure in one read-only snapshot. It may run again on PostgreSQL.
    pub async fn read<T, E, F>(&self, closure: F) -> Result<T, E>
    where
        F: Fn(&mut Read<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (reply, answer) = tokio::sync::oneshot::channel();
        let held = self.held();
        self.submit(
            Work::new(READ, true, move |tx: &mut Tx<'_>| closure(tx), reply).unsettled(held.is_some()),
        );
        let answer = answer.await.unwrap_or_else(|_| Err(StoreError::closed().into()));
        if let Some(durable) = held {
            let _ = HELD.try_with(|held| held.seen.set(durable.seen()));
        }
        answer
    }

    /// Runs the future; what it reads is answered at once, and what it gives is held back until the disk has all it may
    /// have seen. For what asks several times before it tells anybody: a page. What it starts on tasks of their own does
    /// not belong to it.
    pub async fn settled_after<T>(&self, future: impl Future<Output = T>) -> Result<T> {
        let Backend::Sqlite(store) = &self.inner.backend else { return Ok(future.await) };
        let held = Held { by: Arc::as_ptr(&store.durable) as usize, seen: Cell::new(0) };
        let (given, seen) =
            HELD.scope(held, async { (future.await, HELD.with(|held| held.seen.get())) }).await;
        store.durable.settled(seen).await?;
        Ok(given)
    }

    /// Whether what the running task reads is held back by `settled_after`, and until what.
    fn held(&self) -> Option<&Durable> {
        let Backend::Sqlite(store) = &self.inner.backend else { return None };
        let by = HELD.try_with(|held| held.by).ok()?;
        (by == Arc::as_ptr(&store.durable) as usize).then_some(&*store.durable)
    }

    /// Runs the closure in a transaction named `name`. It may run again after a
    /// serialisation failure or a failed group commit; only its last run has effect.
    /// Once queued it is carried out even if the caller stops waiting.
    pub async fn write<T, E, F>(&self, name: &'static str, closure: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (reply, answer) = tokio::sync::oneshot::channel();
        self.submit(Work::new(name, false, closure, reply));
        answer.await.unwrap_or_else(|_| Err(StoreError::closed().into()))
    }

    /// `read` for callers without a runtime.
    pub fn read_blocking<T, E, F>(&self, closure: F) -> Result<T, E>
    where
        F: Fn(&mut Read<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        alone()?;
        let (reply, answer) = std::sync::mpsc::sync_channel(1);
        self.submit(Work::new(READ, true, move |tx: &mut Tx<'_>| closure(tx), reply));
        answer.recv().unwrap_or_else(|_| Err(StoreError::closed().into()))
    }

    /// `write` for callers without a runtime.
    pub fn write_blocking<T, E, F>(&self, name: &'static str, closure: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        alone()?;
        let (reply, answer) = std::sync::mpsc::sync_channel(1);
        self.submit(Work::new(name, false, closure, reply));
        answer.recv().unwrap_or_else(|_| Err(StoreError::closed().into()))
    }

    /// Applies the migrations that are missing, in order. Blocks.
    pub fn migrate(&self) -> Result<Vec<Applied>> {
        self.migrate_with(MIGRATIONS)
    }

    /// `migrate` with a list of one's own, for tests of the store itself.
    pub fn migrate_with(&self, migrations: &[Migration]) -> Result<Vec<Applied>> {
        match &self.inner.backend {
            Backend::Sqlite(store) => {
                let db = sqlite::open_writer(&store.path, &self.inner.options)?;
                migrate::sqlite(&db, migrations)
            }
            Backend::Postgres(store) => migrate::postgres(&store.config, migrations),
        }
    }

    /// The number of the last applied migration, 0 for an empty database. Blocks.
    pub fn schema_version(&self) -> Result<u32> {
        match &self.inner.backend {
            Backend::Sqlite(store) => {
                migrate::sqlite_version(&sqlite::open_reader(&store.path, &self.inner.options)?)
            }
            Backend::Postgres(store) => migrate::postgres_version(&store.config),
        }
    }

    /// Writes what is in the database into a new file, as one snapshot sees it (SQLite; a PostgreSQL server has means of its
    /// own). Blocks.
    pub fn copy_into(&self, file: &std::path::Path) -> Result<()> {
        match &self.inner.backend {
            Backend::Sqlite(store) => sqlite::copy_into(&store.path, file, &self.inner.options),
            Backend::Postgres(_) => Err(StoreError::other("only a SQLite database is copied into a file")),
        }
    }

    /// Counters per transaction name since the store was opened.
    pub fn metrics(&self) -> Vec<(&'static str, Metric)> {
        self.inner.metrics.snapshot()
    }

    fn submit(&self, unit: impl Unit + 'static) {
        let mut unit: Box<dyn Unit> = Box::new(unit);
        let queue: &Queue<Box<dyn Unit>> = match &self.inner.backend {
            Backend::Sqlite(store) if unit.reads() => {
                unit = match store.readers.run(unit, &store.durable) {
                    Some(unit) => unit,
                    None => return,
                };
                &store.reads
            }
            Backend::Sqlite(store) => &store.writes,
            Backend::Postgres(store) => &store.jobs,
        };
        match queue.push(unit) {
            Ok(()) => {}
            Err(Refused::Full(job)) => job.finish(Err(StoreError::Busy)),
            Err(Refused::Closed(job)) => job.finish(Err(StoreError::closed())),
        }
    }
}

fn alone() -> Result<()> {
    match work::inside_a_unit() {
        true => Err(StoreError::other(
            "a unit of work cannot wait for another: do both in one, or one after the other",
        )),
        false => Ok(()),
    }
}
