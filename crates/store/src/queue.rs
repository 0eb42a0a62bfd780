//! The queue in front of the threads that own a connection.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A bounded queue that many threads may fill and empty.
pub(crate) struct Queue<J> {
    state: Mutex<State<J>>,
    filled: Condvar,
    max: usize,
}

struct State<J> {
    jobs: VecDeque<J>,
    closed: bool,
}

/// Why a job was not taken; the job comes back.
pub(crate) enum Refused<J> {
    Full(J),
    Closed(J),
}

impl<J> Queue<J> {
    pub(crate) fn new(max: usize) -> Queue<J> {
        Queue {
            state: Mutex::new(State { jobs: VecDeque::new(), closed: false }),
            filled: Condvar::new(),
            max,
        }
    }

    // No code that can panic runs under the lock, so a poisoned one is still consistent.
    fn lock(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push(&self, job: J) -> Result<(), Refused<J>> {
        let mut state = self.lock();
        if state.closed {
            return Err(Refused::Closed(job));
        }
        if state.jobs.len() >= self.max {
            return Err(Refused::Full(job));
        }
        state.jobs.push_back(job);
        drop(state);
        self.filled.notify_one();
        Ok(())
    }

    /// The next job; waits for one. `None` when closed and empty.
    pub(crate) fn take(&self) -> Option<J> {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            if state.closed {
                return None;
            }
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Up to `max` jobs: those there now; while they are fewer than `hoped`, also those that
    /// arrive within `wait`. Waits for the first. Empty when closed and empty.
    pub(crate) fn take_many(&self, max: usize, hoped: usize, wait: Duration) -> Vec<J> {
        let Some(first) = self.take() else { return Vec::new() };
        let mut jobs = vec![first];
        let mut until = None;
        let mut state = self.lock();
        loop {
            let room = max.saturating_sub(jobs.len()).min(state.jobs.len());
            jobs.extend(state.jobs.drain(..room));
            if jobs.len() >= hoped.min(max) || wait.is_zero() || state.closed {
                return jobs;
            }
            let now = Instant::now();
            let left = until.get_or_insert(now + wait).saturating_duration_since(now);
            if left.is_zero() {
                return jobs;
            }
            state = self.filled.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// No more jobs are taken in; those already in are still handed out.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_all();
    }
}
