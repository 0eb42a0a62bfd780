//! Row ids and unguessable numbers, made by the node: no sequence to contend on.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use yimen_standards::time::Instant;

/// 2020-01-01T00:00:00Z; 42 bits of milliseconds from here last until 2159.
const EPOCH_MS: i64 = 1_577_836_800_000;
const NODE_BITS: u32 = 8;
const SEQ_BITS: u32 = 13;

/// Time-ordered 63-bit ids, 8,192 a millisecond on each of 256 nodes, and the node's randomness.
pub struct Ids {
    node: i64,
    /// Milliseconds and sequence in one word, so that two threads never draw the same pair.
    last: AtomicI64,
    rng: Mutex<StdRng>,
}

impl Ids {
    pub fn new(node: u8) -> Self {
        Self::with_rng(node, rand::make_rng())
    }

    /// The same ids and numbers every time, for the demo city and for tests.
    pub fn seeded(node: u8, seed: u64) -> Self {
        Self::with_rng(node, StdRng::seed_from_u64(seed))
    }

    fn with_rng(node: u8, rng: StdRng) -> Self {
        Self { node: i64::from(node), last: AtomicI64::new(0), rng: Mutex::new(rng) }
    }

    /// A new id. Never lower than an earlier one of this node, even when the clock steps back.
    pub fn next(&self, now: Instant) -> i64 {
        let floor = (now.0 - EPOCH_MS).max(0) << SEQ_BITS;
        let step = |last: i64| Some(if floor > last { floor } else { last + 1 });
        let previous = match self.last.fetch_update(Ordering::SeqCst, Ordering::SeqCst, step) {
            Ok(previous) | Err(previous) => previous,
        };
        let drawn = if floor > previous { floor } else { previous + 1 };
        let (ms, seq) = (drawn >> SEQ_BITS, drawn & ((1 << SEQ_BITS) - 1));
        (ms << (NODE_BITS + SEQ_BITS)) | (self.node << SEQ_BITS) | seq
    }

    pub fn random_u64(&self) -> u64 {
        self.fill::<8>().iter().fold(0, |n, b| n << 8 | u64::from(*b))
    }

    pub fn fill<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        // A poisoned generator is still a generator: its state is always valid.
        let mut rng = self.rng.lock().unwrap_or_else(|e| e.into_inner());
        rng.fill_bytes(&mut bytes);
        bytes
    }

    /// A token nobody can guess: 32 bytes, as hex.
    pub fn token(&self) -> String {
        hex::encode(self.fill::<32>())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_rise_and_never_repeat_even_when_the_clock_steps_back() {
        let ids = Ids::seeded(7, 1);
        let mut seen = HashSet::new();
        let mut last = 0;
        for i in 0..50_000_i64 {
            let id = ids.next(Instant(1_760_000_000_000 - i % 3));
            assert!(id > last, "ids must rise");
            assert!(seen.insert(id));
            last = id;
        }
    }
}
