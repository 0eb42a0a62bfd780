//! Commits become durable while the writer goes on.
//!
//! The writer commits a group without waiting for the disk and hands its answers over; a thread of its own syncs the
//! write-ahead log and only then sends them. Groups are numbered, and a reader's answer, or what is made of several
//! (`Store::settled_after`), waits for the last group it may have seen: nobody is ever told, and no page ever shows, what a
//! power cut could take back.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::oneshot;

use super::threads::Ran;
use crate::error::{Result, StoreError};
use crate::metrics::Metrics;

/// Makes the disk keep what was written to a file. Another than the system's is for tests.
pub type SyncFile = Arc<dyn Fn(&File) -> io::Result<()> + Send + Sync>;

/// Groups that may wait while another is being synced. The writer then waits, too: what comes in meanwhile makes a
/// larger group, and larger groups write each page less often.
const AHEAD: usize = 2;

/// Group numbers, and the answers that wait for them.
pub(crate) struct Durable {
    /// The last group that may be visible to readers.
    visible: AtomicU64,
    /// The last group that the disk has.
    synced: AtomicU64,
    lost: OnceLock<StoreError>,
    waiting: Mutex<Waiting>,
    changed: Condvar,
    metrics: Arc<Metrics>,
}

#[derive(Default)]
struct Waiting {
    groups: VecDeque<(u64, Vec<Ran>)>,
    seen: Vec<(u64, Waiter)>,
    closed: bool,
}

/// Who waits for what was seen.
enum Waiter {
    Read(Ran),
    Others(oneshot::Sender<Result<()>>),
}

impl Durable {
    pub(crate) fn new(metrics: Arc<Metrics>) -> Durable {
        Durable {
            visible: AtomicU64::new(0),
            synced: AtomicU64::new(0),
            lost: OnceLock::new(),
            waiting: Mutex::default(),
            changed: Condvar::new(),
            metrics,
        }
    }

    // No code that can panic runs under the lock, so a poisoned one is still consistent.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, waiting: MutexGuard<'a, Waiting>) -> MutexGuard<'a, Waiting> {
        self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner)
    }

    /// Why nothing can be kept any more. What a disk did with pages it once failed to write nobody can know, so there is
    /// no going on from there but by a new start.
    pub(crate) fn lost(&self) -> Option<StoreError> {
        self.lost.get().cloned()
    }

    /// Before a commit: the number of its group, which must then be handed over, committed or not.
    pub(crate) fn announce(&self) -> u64 {
        self.visible.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// After a commit: its answers, or none if it failed.
    pub(super) fn hand_over(&self, group: u64, answers: Vec<Ran>) {
        let mut waiting = self.lock();
        while waiting.groups.len() >= AHEAD {
            waiting = self.wait(waiting);
        }
        waiting.groups.push_back((group, answers));
        drop(waiting);
        self.changed.notify_all();
    }

    /// The last group that whoever has read until now may have seen.
    pub(crate) fn seen(&self) -> u64 {
        self.visible.load(Ordering::SeqCst)
    }

    /// Lets somebody wait until the disk has the groups up to one; gives them back if it has.
    fn wait_for(&self, seen: u64, waiter: Waiter) -> Option<Waiter> {
        if self.synced.load(Ordering::SeqCst) >= seen || self.lost.get().is_some() {
            return Some(waiter);
        }
        let mut waiting = self.lock();
        if self.synced.load(Ordering::SeqCst) >= seen {
            return Some(waiter);
        }
        waiting.seen.push((seen, waiter));
        None
    }

    fn tell(&self, waiter: Waiter, outcome: Result<()>) {
        match waiter {
            Waiter::Read(read) => read.answer(&self.metrics, outcome),
            // They may have gone meanwhile.
            Waiter::Others(others) => drop(others.send(outcome)),
        }
    }

    fn kept(&self) -> Result<()> {
        self.lost().map_or(Ok(()), Err)
    }

    /// Answers a reader: at once if its caller waits for the disk by itself, else as soon as the disk has all it may have
    /// seen.
    pub(super) fn answer_read(&self, read: Ran, outcome: Result<()>) {
        if outcome.is_err() || read.unsettled() {
            return read.answer(&self.metrics, outcome.and_then(|()| self.kept()));
        }
        if let Some(read) = self.wait_for(self.seen(), Waiter::Read(read)) {
            self.tell(read, self.kept());
        }
    }

    /// Waits until the disk has the groups up to one.
    pub(crate) async fn settled(&self, seen: u64) -> Result<()> {
        let (told, answer) = oneshot::channel();
        match self.wait_for(seen, Waiter::Others(told)) {
            Some(_) => self.kept(),
            None => answer.await.unwrap_or_else(|_| Err(StoreError::closed())),
        }
    }

    /// No more groups come.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// What the thread beside the writer does until the last group is in.
    pub(crate) fn serve(&self, database: &Path, sync: Option<&SyncFile>) {
        let mut log = Log { path: log_of(database), file: None, sync };
        let mut waiting = self.lock();
        loop {
            if waiting.groups.is_empty() {
                if waiting.closed {
                    return;
                }
                waiting = self.wait(waiting);
                continue;
            }
            let groups = std::mem::take(&mut waiting.groups);
            drop(waiting);
            self.changed.notify_all();
            let outcome = self.kept().and_then(|()| log.sync());
            if let Err(error) = &outcome
                && self.lost.set(error.clone()).is_ok()
            {
                tracing::error!(%error, "the disk did not keep a commit; nothing is answered until a new start");
            }
            let last = groups.back().map_or(0, |(group, _)| *group);
            waiting = self.lock();
            self.synced.store(last, Ordering::SeqCst);
            let seen: Vec<_> = waiting.seen.extract_if(.., |(seen, _)| *seen <= last).collect();
            drop(waiting);
            for answer in groups.into_iter().flat_map(|(_, answers)| answers) {
                answer.answer(&self.metrics, outcome.clone());
            }
            for (_, waiter) in seen {
                self.tell(waiter, outcome.clone());
            }
            waiting = self.lock();
        }
    }
}

/// The write-ahead log, as a file of its own to sync: SQLite keeps no lock on it that closing it would lose.
struct Log<'a> {
    path: PathBuf,
    file: Option<File>,
    sync: Option<&'a SyncFile>,
}

impl Log<'_> {
    fn sync(&mut self) -> Result<()> {
        let file = match self.file.take() {
            Some(file) => Ok(file),
            None => File::open(&self.path),
        };
        file.and_then(|file| {
            let file = self.file.insert(file);
            self.sync.map_or_else(|| file.sync_data(), |sync| sync(file))
        })
        .map_err(|error| StoreError::Unavailable(format!("{}: {error}", self.path.display())))
    }
}

fn log_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}
