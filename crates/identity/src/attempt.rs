//! Lockout: five failures close a login for a quarter of an hour, fifty from one address that address.
//!
//! An attempt is counted before the password is looked at and taken back when it was right, so that a hundred guesses at
//! once are no more than five.

use yimen_platform::Ctx;
use yimen_standards::time::Instant;
use yimen_store::{Read, StoreError, Tx};

use crate::store::{self, Attempt};

pub(crate) const FAILURES: i64 = 5;
/// Of an address, which a whole office may share: within a quarter of an hour after the first.
const FAILURES_OF_ADDRESS: i64 = 50;
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

/// Counts an attempt at a login (or at a password or code of who is signed in).
pub(crate) fn begin(tx: &mut Tx<'_>, ctx: &Ctx, index: &str, account: i64) -> Result<Allowed, StoreError> {
    let (allowed, next) = decide(store::attempt(tx, index)?, ctx.now);
    if let Some(next) = next {
        store::set_attempt(tx, index, (account, ""), next)?;
    }
    Ok(allowed)
}

/// Counts an attempt from an address; taken back when it was right.
pub(crate) fn begin_from(tx: &mut Tx<'_>, ctx: &Ctx, address: &str) -> Result<Allowed, StoreError> {
    let (allowed, next) = decide_address(store::attempt(tx, &key(address))?, ctx.now);
    if let Some(next) = next {
        store::set_attempt(tx, &key(address), (0, address), next)?;
    }
    Ok(allowed)
}

pub(crate) fn take_back(tx: &mut Tx<'_>, address: &str) -> Result<(), StoreError> {
    let before = store::attempt(tx, &key(address))?;
    let failures = (before.failures - 1).max(0);
    let locked_until = if failures < FAILURES_OF_ADDRESS { Instant(0) } else { before.locked_until };
    store::set_attempt(tx, &key(address), (0, address), Attempt { failures, locked_until, ..before })
}

fn key(address: &str) -> String {
    format!("address:{address}")
}

/// What of an address counts: of IPv6 the network, within which a machine changes its own as it likes.
pub(crate) fn network(address: std::net::IpAddr) -> String {
    match address.to_canonical() {
        std::net::IpAddr::V4(four) => four.to_string(),
        std::net::IpAddr::V6(six) => {
            let [a, b, c, d, ..] = six.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
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
    let first_at = if stale { now } else { before.first_at };
    (
        Allowed::Yes { left: FAILURES - failures },
        Some(Attempt { failures, first_at, last_at: now, locked_until }),
    )
}

/// The same for an address. Its count begins anew a quarter of an hour after the first: many people share one, and some of
/// them always mistype.
fn decide_address(before: Attempt, now: Instant) -> (Allowed, Option<Attempt>) {
    if before.locked_until > now {
        return (Allowed::No { until: before.locked_until }, None);
    }
    let stale = before.locked_until.0 > 0 || before.first_at.plus_millis(LOCKED_MS) <= now;
    let (failures, first_at) = if stale { (1, now) } else { (before.failures + 1, before.first_at) };
    let closes = failures >= FAILURES_OF_ADDRESS;
    let locked_until = if closes { now.plus_millis(LOCKED_MS) } else { Instant(0) };
    let left = FAILURES_OF_ADDRESS - failures;
    (Allowed::Yes { left }, Some(Attempt { failures, first_at, last_at: now, locked_until }))
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

    #[test]
    fn fifty_failures_within_a_quarter_of_an_hour_close_an_address() {
        let start = Instant(1_780_000_000_000);
        // One in twenty seconds, all day long: an office where people mistype.
        let mut kept = Attempt::default();
        for n in 0..4000 {
            let (allowed, next) = decide_address(kept, start.plus_millis(n * 20_000));
            assert!(matches!(allowed, Allowed::Yes { left } if left > 0), "{n}");
            kept = next.unwrap();
        }
        let mut kept = Attempt::default();
        for n in 0..50 {
            let (allowed, next) = decide_address(kept, start.plus_millis(n));
            assert_eq!(allowed, Allowed::Yes { left: 49 - n });
            kept = next.unwrap();
        }
        let until = start.plus_millis(49 + LOCKED_MS);
        assert_eq!(decide_address(kept, start.plus_millis(60)).0, Allowed::No { until });
        assert_eq!(decide_address(kept, until).0, Allowed::Yes { left: 49 });
    }

    #[test]
    fn an_address_counts_by_its_network() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("192.0.2.7"), "192.0.2.7");
        assert_eq!(of("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(of("2001:db8:1:2:9:9:9:9"), of("2001:db8:1:2::1"));
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
