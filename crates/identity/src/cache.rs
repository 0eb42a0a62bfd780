//! Sessions of the last second, so that a busy person does not read the same row for every request.
//!
//! What this node ends is gone at once; what another node ends lives on here for at most [`FRESH`].

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::cookie::TokenDigest;
use crate::session::Session;

pub(crate) const FRESH: Duration = Duration::from_millis(1000);
/// More sessions than this within a second are read from the database.
const MOST: usize = 20_000;

#[derive(Default)]
pub(crate) struct Cache {
    kept: Mutex<HashMap<TokenDigest, Kept>>,
    /// Goes up when something ends; what was read before must not be kept after.
    ended: AtomicU64,
}

struct Kept {
    session: Arc<Session>,
    read_at: Instant,
}

/// When a read began, and what had ended until then.
pub(crate) struct Reading {
    at: Instant,
    ended: u64,
}

impl Cache {
    fn lock(&self) -> MutexGuard<'_, HashMap<TokenDigest, Kept>> {
        // Nothing inside can be half done: a poisoned map is still a map.
        self.kept.lock().unwrap_or_else(|e| e.into_inner())
    }

    pub fn get(&self, digest: &TokenDigest) -> Option<Arc<Session>> {
        let kept = self.lock();
        let found = kept.get(digest)?;
        (found.read_at.elapsed() < FRESH).then(|| found.session.clone())
    }

    /// To be called before the database is asked.
    pub fn reading(&self) -> Reading {
        Reading { at: Instant::now(), ended: self.ended.load(Ordering::SeqCst) }
    }

    pub fn put(&self, digest: TokenDigest, session: Arc<Session>, reading: &Reading) {
        let mut kept = self.lock();
        if self.ended.load(Ordering::SeqCst) != reading.ended {
            return;
        }
        if kept.len() >= MOST {
            kept.retain(|_, one| one.read_at.elapsed() < FRESH);
        }
        if kept.len() < MOST {
            kept.insert(digest, Kept { session, read_at: reading.at });
        }
    }

    /// Forgets what the test says true to, and whatever is being read just now.
    pub fn end(&self, test: impl Fn(&Session) -> bool) {
        let mut kept = self.lock();
        self.ended.fetch_add(1, Ordering::SeqCst);
        kept.retain(|_, one| !test(&one.session));
    }

    pub fn end_token(&self, digest: &TokenDigest) {
        let mut kept = self.lock();
        self.ended.fetch_add(1, Ordering::SeqCst);
        kept.remove(digest);
    }
}
