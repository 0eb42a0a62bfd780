//! Whose data a request has looked at: noted where a row is loaded, kept by whoever watches the request.

use std::sync::{Arc, Mutex, PoisonError};

/// One person's data, seen by whoever the request is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Look {
    pub party: i64,
    /// Zero where it was no case's.
    pub case: i64,
    /// As what they saw it, by its code in the policy.
    pub role: &'static str,
}

/// What one request has looked at until now. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Looks(Arc<Mutex<Vec<Look>>>);

tokio::task_local! {
    static WATCHED: Looks;
}

impl Looks {
    /// Those of the running request; `None` where nobody watches.
    pub(crate) fn of_this_request() -> Option<Looks> {
        WATCHED.try_with(Clone::clone).ok()
    }

    /// Runs a request and gives what it has looked at beside its answer.
    pub async fn during<T>(request: impl Future<Output = T>) -> (T, Vec<Look>) {
        let looks = Looks::default();
        let answer = WATCHED.scope(looks.clone(), request).await;
        let seen = std::mem::take(&mut *looks.lock());
        (answer, seen)
    }

    pub(crate) fn note(&self, look: Look) {
        let mut seen = self.lock();
        if !seen.contains(&look) {
            seen.push(look);
        }
    }

    // No code that can panic runs under the lock, so a poisoned one is still consistent.
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Look>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
