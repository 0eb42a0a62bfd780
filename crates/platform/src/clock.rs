//! The only place that reads the system's time; everything else is handed an `Instant`.

use std::sync::atomic::{AtomicI64, Ordering};

use yimen_standards::time::Instant;

pub trait Clock: Send + Sync {
    fn now(&self) -> Instant;
}

pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)] // the one place
    fn now(&self) -> Instant {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Instant(since.as_millis() as i64)
    }
}

/// A clock moved by hand: tests, the demo city.
pub struct ManualClock(AtomicI64);

impl ManualClock {
    pub fn at(now: Instant) -> Self {
        Self(AtomicI64::new(now.0))
    }

    pub fn set(&self, now: Instant) {
        self.0.store(now.0, Ordering::SeqCst);
    }

    pub fn advance_ms(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        Instant(self.0.load(Ordering::SeqCst))
    }
}
