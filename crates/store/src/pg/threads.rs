//! The threads in front of PostgreSQL and how often a unit of work runs.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio_postgres::Config;

use super::{Cause, PgConn, config, connect};
use crate::Options;
use crate::error::{Result, StoreError};
use crate::metrics::{Metrics, Sample};
use crate::queue::Queue;
use crate::unit::{Conn, Tx};
use crate::work::Unit;

/// How often a unit runs again after a serialisation failure.
const RETRIES: u32 = 10;

pub(crate) struct PgStore {
    pub(crate) config: Arc<Config>,
    pub(crate) jobs: Arc<Queue<Box<dyn Unit>>>,
    threads: Vec<JoinHandle<()>>,
}

impl PgStore {
    pub(crate) fn open(url: &str, options: &Options, metrics: &Arc<Metrics>) -> Result<PgStore> {
        let config = Arc::new(config(url)?);
        // Connect once now: a wrong URL should fail at the start, not at the first request.
        once(&config, |_| async { Ok(()) })?;
        let jobs = Arc::new(Queue::new(options.queue_max));
        let mut store = PgStore { config, jobs, threads: Vec::new() };
        for index in 0..options.connections.max(1) {
            let conn = PgConn::new(Arc::clone(&store.config))?;
            let (jobs, metrics) = (Arc::clone(&store.jobs), Arc::clone(metrics));
            let handle = std::thread::Builder::new()
                .name(format!("store-pg-{index}"))
                .spawn(move || serve(conn, &jobs, &metrics))
                .map_err(|error| StoreError::Unavailable(format!("no thread: {error}")))?;
            store.threads.push(handle);
        }
        Ok(store)
    }
}

impl Drop for PgStore {
    fn drop(&mut self) {
        self.jobs.close();
        for handle in self.threads.drain(..) {
            // A closure may hold the last clone of the store: a thread cannot join itself.
            if handle.thread().id() != std::thread::current().id() {
                let _ = handle.join();
            }
        }
    }
}

/// Runs something on a connection of its own and closes it. Blocks; works inside a runtime, too.
pub(crate) fn once<T, F, R>(config: &Config, work: F) -> Result<T>
where
    T: Send,
    F: FnOnce(tokio_postgres::Client) -> R + Send,
    R: Future<Output = Result<T>>,
{
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|error| StoreError::Unavailable(format!("no runtime: {error}")))?;
            runtime.block_on(async { work(connect(config).await?).await })
        });
        thread.join().unwrap_or_else(|_| Err(StoreError::other("the connection's thread panicked")))
    })
}

fn serve(conn: PgConn, jobs: &Queue<Box<dyn Unit>>, metrics: &Metrics) {
    let mut tx = Tx::new(Conn::Postgres(Box::new(conn)), None);
    while let Some(mut job) = jobs.take() {
        if job.reads() && job.abandoned() {
            continue;
        }
        let started = Instant::now();
        let (kept, outcome, retries) = attempts(&mut tx, job.as_mut());
        metrics.record(&Sample {
            name: job.name(),
            failed: !kept || outcome.is_err(),
            retries: u64::from(retries),
            waited: started.saturating_duration_since(job.queued()),
            took: started.elapsed(),
            statements: tx.statements(),
        });
        let reads = job.reads();
        job.finish(outcome);
        if reads && let Some(conn) = tx.postgres() {
            // The answer is on its way; the snapshot is given back behind its back.
            conn.rollback();
        }
    }
}

/// Runs the unit until it is committed, fails for good, or was tried often enough.
fn attempts(tx: &mut Tx<'_>, job: &mut dyn Unit) -> (bool, Result<()>, u32) {
    let outcome = try_again(tx, job);
    if let Some(conn) = tx.postgres() {
        conn.step_aside();
    }
    outcome
}

fn try_again(tx: &mut Tx<'_>, job: &mut dyn Unit) -> (bool, Result<()>, u32) {
    let begin = if job.reads() { "begin read only" } else { "begin" };
    let (mut retries, mut lost) = (0, false);
    loop {
        let (kept, outcome) = attempt(tx, job, begin);
        if job.reads()
            && let Some(conn) = tx.postgres().filter(|conn| conn.wants_again())
        {
            conn.rollback();
        }
        let again = tx.postgres().and_then(PgConn::take_again);
        let fresh = tx.postgres().is_none_or(|conn| conn.is_fresh());
        let wanted = match again {
            Some(Cause::Serialization | Cause::StalePlan | Cause::Turn) => retries < RETRIES,
            // Before COMMIT was sent nothing can have been written: once more on a new connection. That an idle
            // connection had died long before is no loss of this unit's, and the next one is fresh.
            Some(Cause::Lost) => !fresh || !std::mem::replace(&mut lost, true),
            _ => false,
        };
        if !wanted {
            return (kept, outcome, retries);
        }
        if matches!(again, Some(Cause::Serialization)) {
            std::thread::sleep(backoff(retries));
        }
        retries += 1;
        if retries > 1
            && let Some(conn) = tx.postgres()
        {
            conn.queue_up();
        }
    }
}

fn attempt(tx: &mut Tx<'_>, job: &mut dyn Unit, begin: &'static str) -> (bool, Result<()>) {
    if let Err(error) = tx.postgres().map_or(Ok(()), |conn| conn.begin(begin)) {
        return (false, Err(error));
    }
    let kept = job.run(tx);
    let reads = job.reads();
    let Some(conn) = tx.postgres() else { return (kept, Ok(())) };
    if kept && !reads {
        let outcome = conn.commit();
        if outcome.is_err() {
            conn.rollback();
        }
        return (kept, outcome);
    }
    if !reads {
        conn.rollback();
    }
    (kept, Ok(()))
}

/// 0, 1, 2, 4 … 128 ms: the winner has committed long since.
fn backoff(retries: u32) -> Duration {
    match retries {
        0 => Duration::ZERO,
        n => Duration::from_millis(1 << (n - 1).min(7)),
    }
}
