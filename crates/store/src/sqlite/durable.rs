//! Commits become durable while the writer goes on.
//!
//! The writer commits a group without waiting for the disk and hands its answers over; a thread of its own syncs the
//! write-ahead log and only then sends them. Groups are numbered, and a reader's answer waits for the last group it may
//! have seen: nobody is ever told, and no page ever shows, what a power cut could take back.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

use super::threads::Ran;
use crate::error::{Result, StoreError};
use crate::metrics::Metrics;

/// Makes the disk keep what was written to a file. Another than the system's is for tests.
pub type SyncFile = Arc<dyn Fn(&File) -> io::Result<()> + Send + Sync>;

/// Groups that may wait while another is being synced. The writer then waits, too: what comes in meanwhile makes a
/// larger group, and larger groups write each page less often.
const AHEAD: usize = 1;

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
    reads: Vec<(u64, Ran)>,
    closed: bool,
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
    pub(crate) fn hand_over(&self, group: u64, answers: Vec<Ran>) {
        let mut waiting = self.lock();
        while waiting.groups.len() >= AHEAD {
            waiting = self.wait(waiting);
        }
        waiting.groups.push_back((group, answers));
        drop(waiting);
        self.changed.notify_all();
    }

    /// Answers a reader as soon as the disk has all it may have seen.
    pub(crate) fn answer_read(&self, read: Ran, outcome: Result<()>) {
        let seen = self.visible.load(Ordering::SeqCst);
        if outcome.is_ok() && self.lost.get().is_none() && self.synced.load(Ordering::SeqCst) < seen {
            let mut waiting = self.lock();
            if self.synced.load(Ordering::SeqCst) < seen {
                waiting.reads.push((seen, read));
                return;
            }
        }
        let outcome = outcome.and_then(|()| self.lost().map_or(Ok(()), Err));
        read.answer(&self.metrics, outcome);
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
            let outcome = self.lost().map_or_else(|| log.sync(), Err);
            if let Err(error) = &outcome {
                if self.lost.set(error.clone()).is_ok() {
                    tracing::error!(%error, "the disk did not keep a commit; nothing is answered until a new start");
                }
            }
            let last = groups.back().map_or(0, |(group, _)| *group);
            waiting = self.lock();
            self.synced.store(last, Ordering::SeqCst);
            let reads: Vec<_> = waiting.reads.extract_if(.., |(seen, _)| *seen <= last).collect();
            drop(waiting);
            let answers = groups.into_iter().flat_map(|(_, answers)| answers);
            for answer in answers.chain(reads.into_iter().map(|(_, read)| read)) {
                answer.answer(&self.metrics, outcome.clone());
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
