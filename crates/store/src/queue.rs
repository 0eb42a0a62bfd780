//! The queue in front of the threads that own a connection.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

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

    /// Up to `max` of the jobs that are there; waits for the first. Empty when closed and empty.
    pub(crate) fn take_many(&self, max: usize) -> Vec<J> {
        let Some(first) = self.take() else { return Vec::new() };
        let mut jobs = vec![first];
        let mut state = self.lock();
        let room = max.saturating_sub(1).min(state.jobs.len());
        jobs.extend(state.jobs.drain(..room));
        jobs
    }

    /// No more jobs are taken in; those already in are still handed out.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_all();
    }
}
