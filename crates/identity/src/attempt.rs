//! Lockout: five failures close a login for a quarter of an hour.
//!
//! An attempt is counted before the password is looked at and taken back when it was right, so that a hundred guesses at
//! once are no more than five.

use yimen_platform::Ctx;
use yimen_standards::time::Instant;
use yimen_store::{Read, StoreError, Tx};

use crate::store::{self, Attempt};

pub(crate) const FAILURES: i64 = 5;
pub(crate) const LOCKED_MS: i64 = 15 * 60_000;

/// What became of asking for an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Allowed {
    /// `left`: how many more failures close the login, if this one fails, too.
    Yes {
        left: i64,
    },
    No {
        until: Instant,
    },
}

pub(crate) fn begin(tx: &mut Tx<'_>, ctx: &Ctx, index: &str) -> Result<Allowed, StoreError> {
    let (allowed, next) = decide(store::attempt(tx, index)?, ctx.now);
    if let Some(next) = next {
        store::set_attempt(tx, index, next)?;
    }
    Ok(allowed)
}

/// How many more failures close what was begun before.
pub(crate) fn left(q: &mut Read<'_>, index: &str) -> Result<i64, StoreError> {
    Ok((FAILURES - store::attempt(q, index)?.failures).max(0))
}

/// The rule: what is allowed now, and what to remember.
fn decide(before: Attempt, now: Instant) -> (Allowed, Option<Attempt>) {
    if before.locked_until > now {
        return (Allowed::No { until: before.locked_until }, None);
    }
    // Old failures are forgotten, and a lock that ended begins anew.
    let stale = before.locked_until.0 > 0 || before.last_at.plus_millis(LOCKED_MS) <= now;
    let failures = if stale { 1 } else { before.failures + 1 };
    let locked_until = if failures >= FAILURES { now.plus_millis(LOCKED_MS) } else { Instant(0) };
    (Allowed::Yes { left: FAILURES - failures }, Some(Attempt { failures, last_at: now, locked_until }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_fifth_failure_closes_for_a_quarter_of_an_hour() {
        let mut kept = Attempt::default();
        let start = Instant(1_780_000_000_000);
        for n in 0..5 {
            let (allowed, next) = decide(kept, start.plus_millis(n));
            assert_eq!(allowed, Allowed::Yes { left: 4 - n });
            kept = next.unwrap();
        }
        let until = start.plus_millis(4 + LOCKED_MS);
        assert_eq!(decide(kept, start.plus_millis(5)).0, Allowed::No { until });
        assert_eq!(decide(kept, until.plus_millis(-1)).0, Allowed::No { until });
        assert_eq!(decide(kept, until).0, Allowed::Yes { left: 4 });
    }

    proptest! {
        /// Whatever the times of guessing, no quarter of an hour sees more than five guesses after the first of a series,
        /// twice that where two series meet.
        #[test]
        fn guesses_are_few_in_any_quarter_of_an_hour(gaps in prop::collection::vec(0..400_000_i64, 1..200)) {
            let mut now = Instant(1_780_000_000_000);
            let (mut kept, mut guessed) = (Attempt::default(), Vec::new());
            for gap in gaps {
                now = now.plus_millis(gap);
                let (allowed, next) = decide(kept, now);
                if let Allowed::Yes { left } = allowed {
                    prop_assert!((0..FAILURES).contains(&left));
                    guessed.push(now);
                }
                kept = next.unwrap_or(kept);
            }
            for first in &guessed {
                let last = first.plus_millis(LOCKED_MS);
                let seen = guessed.iter().filter(|at| **at >= *first && **at < last).count();
                prop_assert!(seen <= 5, "{seen} guesses");
            }
        }
    }
}
