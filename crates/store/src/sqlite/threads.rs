//! The writer thread with its group commit, and the reader threads.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use rusqlite::{Connection, Statement};

use super::durable::Durable;
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
    pub(crate) readers: Readers,
    pub(crate) durable: Arc<Durable>,
    /// In the order in which they end.
    threads: Vec<JoinHandle<()>>,
}

impl SqliteStore {
    pub(crate) fn open(path: &Path, options: &Options, metrics: &Arc<Metrics>) -> Result<SqliteStore> {
        let writes: Jobs = Arc::new(Queue::new(options.queue_max));
        let reads: Jobs = Arc::new(Queue::new(options.queue_max));
        let durable = Arc::new(Durable::new(Arc::clone(metrics)));
        let mut store = SqliteStore {
            path: path.to_owned(),
            writes: Arc::clone(&writes),
            reads: Arc::clone(&reads),
            readers: Readers::default(),
            durable: Arc::clone(&durable),
            threads: Vec::new(),
        };
        // The writer's connection first: it creates the file and the log that the readers need.
        let db = open_writer(path, options)?;
        // Its commits are synced by a thread of their own, and answered after that.
        db.execute_batch("pragma synchronous = normal").map_err(failure)?;
        store.readers = Readers::open(path, options)?;
        for index in 0..options.readers.max(1) {
            let db = open_reader(path, options)?;
            let (jobs, durable) = (Arc::clone(&reads), Arc::clone(&durable));
            store.spawn(format!("store-reader-{index}"), move || serve_reads(&db, &jobs, &durable))?;
        }
        let group_max = options.group_max.max(1);
        let (own, shared, tape) = (Arc::clone(metrics), Arc::clone(&durable), options.tape.clone());
        store.spawn("store-writer".to_owned(), move || {
            let served =
                Writer::new(&db, own, &shared, tape).map(|mut writer| writer.serve(&writes, group_max));
            shared.close();
            served
        })?;
        let (own, sync) = (path.to_owned(), options.sync.clone());
        store.spawn("store-syncer".to_owned(), move || {
            durable.serve(&own, sync.as_ref());
            Ok(())
        })?;
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
        self.readers.idle().clear();
        // The last clone of the store may be in a closure, and then one of the threads is here: it cannot wait for itself,
        // nor for those that wait for it. They end by themselves.
        let here = std::thread::current().id();
        if self.threads.iter().any(|handle| handle.thread().id() == here) {
            return self.writes.close();
        }
        let rest = self.threads.split_off(self.threads.len().saturating_sub(2));
        for handle in self.threads.drain(..) {
            let _ = handle.join();
        }
        self.writes.close();
        for handle in rest {
            let _ = handle.join();
        }
    }
}

/// A job that has run.
pub(super) struct Ran {
    job: Box<dyn Unit>,
    started: Instant,
    kept: bool,
    statements: u64,
    retries: u64,
}

impl Ran {
    /// Its caller waits for the disk by itself.
    pub(super) fn unsettled(&self) -> bool {
        self.job.unsettled()
    }

    pub(super) fn answer(self, metrics: &Metrics, outcome: Result<()>) {
        metrics.record(&Sample {
            name: self.job.name(),
            failed: !self.kept || outcome.is_err(),
            retries: self.retries,
            waited: self.started.saturating_duration_since(self.job.queued()),
            took: self.started.elapsed(),
            statements: self.statements,
        });
        self.job.finish(outcome);
    }
}

struct Writer<'c> {
    tx: Tx<'c>,
    db: &'c Connection,
    metrics: Arc<Metrics>,
    durable: &'c Durable,
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
    fn new(
        db: &'c Connection,
        metrics: Arc<Metrics>,
        durable: &'c Durable,
        tape: Option<Tape>,
    ) -> Result<Writer<'c>> {
        let control = Control::new(db).map_err(failure)?;
        let tx = Tx::new(Conn::Sqlite(SqliteConn::new(db)), tape);
        Ok(Writer { tx, db, metrics, durable, control, careful: 0 })
    }

    fn serve(&mut self, jobs: &Jobs, max: usize) {
        loop {
            // What came while the last group was computed: under load that is many, and nobody waits for more.
            let group = jobs.take_many(max);
            if group.is_empty() {
                return;
            }
            self.group(group, 0);
        }
    }

    /// Runs the jobs in one transaction and hands them over to be answered when the disk has it.
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
        let number = self.durable.announce();
        let outcome = match self.durable.lost() {
            None => self.transaction(&mut rest, &mut ran, undo, retries),
            Some(error) => Err(Lost::Failed(error)),
        };
        if outcome.is_err() && !self.db.is_autocommit() {
            let _ = step(&mut self.control.rollback);
        }
        let error = match outcome {
            Ok(()) => return self.durable.hand_over(number, ran),
            Err(lost) => {
                self.durable.hand_over(number, Vec::new());
                lost
            }
        };
        let error = match error {
            Lost::Unguarded => {
                self.careful = CAREFUL;
                let all = ran.into_iter().map(|done| done.job).chain(rest).collect();
                return self.group(all, retries + 1);
            }
            Lost::Failed(error) => error,
        };
        if undo != Undo::Whole && !ran.is_empty() {
            tracing::warn!(%error, "a group commit failed; its units run again one by one");
            for job in ran.into_iter().map(|done| done.job).chain(rest) {
                self.group(vec![job], retries + 1);
            }
            return;
        }
        let unrun = rest.map(|job| Ran { job, started: Instant::now(), kept: false, statements: 0, retries });
        for failed in ran.into_iter().chain(unrun) {
            failed.answer(&self.metrics, Err(error.clone()));
        }
    }

    fn transaction(
        &mut self,
        jobs: &mut impl Iterator<Item = Box<dyn Unit>>,
        ran: &mut Vec<Ran>,
        undo: Undo,
        retries: u64,
    ) -> Result<(), Lost> {
        step(&mut self.control.begin)?;
        for mut job in jobs {
            let started = Instant::now();
            let outcome = self.one(job.as_mut(), undo);
            let (kept, statements) = (matches!(outcome, Ok(true)), self.tx.statements());
            ran.push(Ran { job, started, kept, statements, retries });
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
}

/// Connections for reads that run on the thread that asks: handing them to another and waking up for the answer costs more
/// than most of them. There are as many as processors; whoever finds none waits for the threads.
#[derive(Default)]
pub(crate) struct Readers(Mutex<Vec<Connection>>);

impl Readers {
    fn open(path: &Path, options: &Options) -> Result<Readers> {
        let open = |_| {
            let db = open_reader(path, options)?;
            db.set_prepared_statement_cache_capacity(STATEMENTS);
            Ok(db)
        };
        (0..options.readers.max(1)).map(open).collect::<Result<_>>().map(|idle| Readers(Mutex::new(idle)))
    }

    // No code that can panic runs under the lock, so a poisoned one is still consistent.
    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a unit here, or gives it back.
    pub(crate) fn run(&self, job: Box<dyn Unit>, durable: &Durable) -> Option<Box<dyn Unit>> {
        let Some(db) = self.idle().pop() else { return Some(job) };
        let started = Instant::now();
        let (ran, outcome) = read_here(&db, job, started);
        self.idle().push(db);
        durable.answer_read(ran, outcome);
        None
    }
}

/// More than there are.
const STATEMENTS: usize = 4096;

fn read_here(db: &Connection, mut job: Box<dyn Unit>, started: Instant) -> (Ran, Result<()>) {
    let mut tx = Tx::new(Conn::Sqlite(SqliteConn::lent(db)), None);
    let frame = |sql| db.prepare_cached(sql).map_err(failure).and_then(|mut it| step(&mut it));
    let outcome = frame("begin");
    let kept = outcome.is_ok() && job.run(&mut tx);
    let statements = tx.statements();
    drop(tx);
    if !db.is_autocommit() {
        let _ = frame("commit");
    }
    (Ran { job, started, kept, statements, retries: 0 }, outcome)
}

fn serve_reads(db: &Connection, jobs: &Jobs, durable: &Durable) -> Result<()> {
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
        durable.answer_read(Ran { job, started, kept, statements: tx.statements(), retries: 0 }, outcome);
    }
    Ok(())
}
