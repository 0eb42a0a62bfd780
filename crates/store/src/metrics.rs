//! Counters per transaction name.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What the transactions of one name cost so far. Times in microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Metric {
    pub count: u64,
    /// Those that were undone, for whatever reason.
    pub errors: u64,
    /// Runs beyond the first.
    pub retries: u64,
    pub total_micros: u64,
    pub max_micros: u64,
    /// Time spent waiting for a connection.
    pub wait_micros: u64,
    pub max_wait_micros: u64,
    /// Statements sent: of all together, and of the one that sent the most.
    pub statements: u64,
    pub max_statements: u64,
}

#[derive(Default)]
pub(crate) struct Metrics {
    by_name: Mutex<BTreeMap<&'static str, Metric>>,
}

/// One finished unit of work.
pub(crate) struct Sample {
    pub(crate) name: &'static str,
    pub(crate) failed: bool,
    pub(crate) retries: u64,
    pub(crate) waited: Duration,
    pub(crate) took: Duration,
    pub(crate) statements: u64,
}

impl Metrics {
    pub(crate) fn record(&self, sample: &Sample) {
        let micros = |d: Duration| u64::try_from(d.as_micros()).unwrap_or(u64::MAX);
        let (took, waited) = (micros(sample.took), micros(sample.waited));
        let mut all = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        let metric = all.entry(sample.name).or_default();
        metric.count += 1;
        metric.errors += u64::from(sample.failed);
        metric.retries += sample.retries;
        metric.total_micros += took;
        metric.max_micros = metric.max_micros.max(took);
        metric.wait_micros += waited;
        metric.max_wait_micros = metric.max_wait_micros.max(waited);
        metric.statements += sample.statements;
        metric.max_statements = metric.max_statements.max(sample.statements);
    }

    pub(crate) fn snapshot(&self) -> Vec<(&'static str, Metric)> {
        let all = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().map(|(name, metric)| (*name, *metric)).collect()
    }
}
