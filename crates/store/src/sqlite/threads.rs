//! The writer thread with its group commit, and the reader threads.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::{Connection, Statement};

use super::{SqliteConn, failure, open_reader, open_writer};
use crate::Options;
use crate::error::{Result, StoreError};
use crate::metrics::{Metrics, Sample};
use crate::queue::Queue;
use crate::tape::Tape;
use crate::unit::{Conn, Tx};
use crate::work::Unit;

type Jobs = Arc<Queue<Box<dyn Unit>>>;

pub(crate) struct SqliteStore {
    pub(crate) path: PathBuf,
    pub(crate) writes: Jobs,
    pub(crate) reads: Jobs,
    threads: Vec<JoinHandle<()>>,
}

impl SqliteStore {
    pub(crate) fn open(path: &Path, options: &Options, metrics: &Arc<Metrics>) -> Result<SqliteStore> {
        let writes: Jobs = Arc::new(Queue::new(options.queue_max));
        let reads: Jobs = Arc::new(Queue::new(options.queue_max));
        let mut store = SqliteStore {
            path: path.to_owned(),
            writes: Arc::clone(&writes),
            reads: Arc::clone(&reads),
            threads: Vec::new(),
        };
        // The writer first: it creates the file and the log that the readers need.
        let db = open_writer(path, options)?;
        let (group_max, group_wait) = (options.group_max.max(1), options.group_wait);
        let (own, tape) = (Arc::clone(metrics), options.tape.clone());
        store.spawn("store-writer".to_owned(), move || {
            Writer::new(&db, own, tape).map(|mut writer| writer.serve(&writes, group_max, group_wait))
        })?;
        for index in 0..options.readers.max(1) {
            let db = open_reader(path, options)?;
            let (jobs, own) = (Arc::clone(&reads), Arc::clone(metrics));
            store.spawn(format!("store-reader-{index}"), move || serve_reads(&db, &jobs, &own))?;
        }
        Ok(store)
    }

    fn spawn(&mut self, name: String, body: impl FnOnce() -> Result<()> + Send + 'static) -> Result<()> {
        let handle = std::thread::Builder::new()
            .name(name.clone())
            .spawn(move || {
                if let Err(error) = body() {
                    tracing::error!(thread = name, %error, "a store thread could not start");
                }
            })
            .map_err(|error| StoreError::Unavailable(format!("no thread: {error}")))?;
        self.threads.push(handle);
        Ok(())
    }
}

impl Drop for SqliteStore {
    /// Everything queued is still done; then the connections close. The writer's last: only it
    /// can fold the log into the file.
    fn drop(&mut self) {
        self.reads.close();
        self.join(1);
        self.writes.close();
        self.join(0);
    }
}

impl SqliteStore {
    fn join(&mut self, from: usize) {
        for handle in self.threads.drain(from.min(self.threads.len())..) {
            // A closure may hold the last clone of the store: a thread cannot join itself.
            if handle.thread().id() != std::thread::current().id() {
                let _ = handle.join();
            }
        }
    }
}

/// A job that has run inside the open group.
struct Ran {
    job: Box<dyn Unit>,
    started: Instant,
    kept: bool,
    statements: u64,
}

struct Writer<'c> {
    tx: Tx<'c>,
    db: &'c Connection,
    metrics: Arc<Metrics>,
    control: Control<'c>,
    /// Groups left that give each unit a savepoint.
    careful: u32,
}

/// After a unit had to be undone, so many groups go carefully: whoever fails may well try again.
const CAREFUL: u32 = 64;

/// How a unit that fails is undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Undo {
    /// It is alone: the transaction is undone.
    Whole,
    /// By a savepoint, which costs every unit a copy of each page it changes.
    Savepoint,
    /// Not by itself: the group begins again, with savepoints.
    Group,
}

/// Why a group's transaction was lost.
enum Lost {
    /// A unit failed after it had written, and had no savepoint.
    Unguarded,
    Failed(StoreError),
}

impl From<StoreError> for Lost {
    fn from(error: StoreError) -> Lost {
        Lost::Failed(error)
    }
}

/// The statements that frame a group.
struct Control<'c> {
    begin: Statement<'c>,
    commit: Statement<'c>,
    rollback: Statement<'c>,
    save: Statement<'c>,
    release: Statement<'c>,
    undo: Statement<'c>,
}

impl<'c> Control<'c> {
    fn new(db: &'c Connection) -> rusqlite::Result<Control<'c>> {
        Ok(Control {
            begin: db.prepare("begin immediate")?,
            commit: db.prepare("commit")?,
            rollback: db.prepare("rollback")?,
            save: db.prepare("savepoint unit")?,
            release: db.prepare("release unit")?,
            undo: db.prepare("rollback to unit")?,
        })
    }
}

fn step(statement: &mut Statement<'_>) -> Result<()> {
    statement.raw_execute().map(|_| ()).map_err(failure)
}

impl<'c> Writer<'c> {
    fn new(db: &'c Connection, metrics: Arc<Metrics>, tape: Option<Tape>) -> Result<Writer<'c>> {
        let control = Control::new(db).map_err(failure)?;
        Ok(Writer { tx: Tx::new(Conn::Sqlite(SqliteConn::new(db)), tape), db, metrics, control, careful: 0 })
    }

    fn serve(&mut self, jobs: &Jobs, max: usize, wait: Duration) {
        // As many as last time are likely to come again; a lone writer never waits.
        let mut hoped = 1;
        loop {
            let group = jobs.take_many(max, hoped, wait);
            if group.is_empty() {
                return;
            }
            hoped = group.len();
            self.group(group, 0);
        }
    }

    /// Runs the jobs in one transaction and answers them all after its commit.
    ///
    /// Nearly every unit goes well, so none has a savepoint at first: if one fails after it has written, everything is
    /// undone and the group runs again with savepoints. If the transaction itself is lost, each job runs again in one of
    /// its own, so that only the one that cannot be committed fails.
    fn group(&mut self, jobs: Vec<Box<dyn Unit>>, retries: u64) {
        let undo = match (jobs.len(), self.careful) {
            (1, _) => Undo::Whole,
            (_, 0) => Undo::Group,
            _ => Undo::Savepoint,
        };
        self.careful = self.careful.saturating_sub(1);
        let mut ran = Vec::with_capacity(jobs.len());
        let mut rest = jobs.into_iter();
        let outcome = self.transaction(&mut rest, &mut ran, undo);
        if outcome.is_err() && !self.db.is_autocommit() {
            let _ = step(&mut self.control.rollback);
        }
        let error = match outcome {
            Ok(()) => return ran.into_iter().for_each(|done| self.answer(done, Ok(()), retries)),
            Err(Lost::Unguarded) => {
                self.careful = CAREFUL;
                let all = ran.into_iter().map(|done| done.job).chain(rest).collect();
                return self.group(all, retries + 1);
            }
            Err(Lost::Failed(error)) => error,
        };
        if undo != Undo::Whole && !ran.is_empty() {
            tracing::warn!(%error, "a group commit failed; its units run again one by one");
            for job in ran.into_iter().map(|done| done.job).chain(rest) {
                self.group(vec![job], retries + 1);
            }
            return;
        }
        let unrun = rest.map(|job| Ran { job, started: Instant::now(), kept: false, statements: 0 });
        for failed in ran.into_iter().chain(unrun) {
            self.answer(failed, Err(error.clone()), retries);
        }
    }

    fn transaction(
        &mut self,
        jobs: &mut impl Iterator<Item = Box<dyn Unit>>,
        ran: &mut Vec<Ran>,
        undo: Undo,
    ) -> Result<(), Lost> {
        step(&mut self.control.begin)?;
        for mut job in jobs {
            let started = Instant::now();
            let outcome = self.one(job.as_mut(), undo);
            let (kept, statements) = (matches!(outcome, Ok(true)), self.tx.statements());
            ran.push(Ran { job, started, kept, statements });
            outcome?;
        }
        // A lone job that failed has already undone the transaction.
        if !self.db.is_autocommit() {
            step(&mut self.control.commit)?;
        }
        Ok(())
    }

    /// Runs one job; `Ok(false)` when it undid itself, `Err` when the transaction is lost.
    fn one(&mut self, job: &mut dyn Unit, undo: Undo) -> Result<bool, Lost> {
        if undo == Undo::Savepoint {
            step(&mut self.control.save)?;
        }
        let before = self.db.total_changes();
        let kept = job.run(&mut self.tx);
        // Some failures (disk full, I/O) make SQLite roll the whole transaction back.
        if self.db.is_autocommit() {
            let failed_alone = undo == Undo::Whole && !kept;
            let error = self.tx.spoiled().unwrap_or(StoreError::Busy);
            return if failed_alone { Ok(false) } else { Err(error.into()) };
        }
        match (undo, kept) {
            (Undo::Whole | Undo::Group, true) => {}
            (Undo::Whole, false) => step(&mut self.control.rollback)?,
            // What has changed no row has nothing to undo.
            (Undo::Group, false) if self.db.total_changes() == before => {}
            (Undo::Group, false) => return Err(Lost::Unguarded),
            (Undo::Savepoint, true) => step(&mut self.control.release)?,
            (Undo::Savepoint, false) => {
                step(&mut self.control.undo)?;
                step(&mut self.control.release)?;
            }
        }
        Ok(kept)
    }

    fn answer(&self, ran: Ran, outcome: Result<()>, retries: u64) {
        self.metrics.record(&Sample {
            name: ran.job.name(),
            failed: !ran.kept || outcome.is_err(),
            retries,
            waited: ran.started.saturating_duration_since(ran.job.queued()),
            took: ran.started.elapsed(),
            statements: ran.statements,
        });
        ran.job.finish(outcome);
    }
}

fn serve_reads(db: &Connection, jobs: &Jobs, metrics: &Metrics) -> Result<()> {
    let mut tx = Tx::new(Conn::Sqlite(SqliteConn::new(db)), None);
    let mut begin = db.prepare("begin").map_err(failure)?;
    let mut commit = db.prepare("commit").map_err(failure)?;
    while let Some(mut job) = jobs.take() {
        if job.abandoned() {
            continue;
        }
        let started = Instant::now();
        let outcome = step(&mut begin);
        let mut kept = false;
        if outcome.is_ok() {
            kept = job.run(&mut tx);
            if !db.is_autocommit() {
                let _ = step(&mut commit);
            }
        }
        metrics.record(&Sample {
            name: job.name(),
            failed: !kept,
            retries: 0,
            waited: started.saturating_duration_since(job.queued()),
            took: started.elapsed(),
            statements: tx.statements(),
        });
        job.finish(outcome);
    }
    Ok(())
}
