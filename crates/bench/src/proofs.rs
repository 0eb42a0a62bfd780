//! Proofs of single acts from the log of a full city.

use std::time::{Duration, Instant};

use yimen_ledger::{Ledger, LedgerError};
use yimen_platform::journal;

use crate::world::Failure;

/// From one entry to the next: a prime, so that they lie all over the log.
const STRIDE: i64 = 104_729;

/// Proves so many of the journal's entries, one after the other: how long each took.
pub async fn prove(ledger: &Ledger, entries: i64, many: usize) -> Result<Vec<Duration>, Failure> {
    let mut times = Vec::with_capacity(many);
    for turn in 0..many {
        let seq = 1 + (turn as i64 * STRIDE) % entries;
        let own = ledger.clone();
        let started = Instant::now();
        let proof = ledger.platform.store.read(move |q| match journal::between(q, seq, seq)?.first() {
            Some(entry) => own.receipt(q, entry),
            None => Ok::<_, LedgerError>(None),
        });
        let proof = proof.await.map_err(|error| error.to_string())?;
        proof.ok_or_else(|| format!("journal entry {seq} of {entries} has no proof"))?;
        times.push(started.elapsed());
    }
    Ok(times)
}
