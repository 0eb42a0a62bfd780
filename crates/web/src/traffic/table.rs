//! Remembers who has sent how much: a table of fixed size, in parts, each behind a lock that is held for a few comparisons.
//!
//! For each key one number is kept, the time at which the key has nothing to its debit any more (the generic cell rate
//! algorithm): a request moves it on by what one request costs, and is refused while it is further ahead than the burst.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Mutex, PoisonError};

use super::Rate;

const PARTS: usize = 64;
/// Of a part; a key can lie in the places of one set only.
const SETS: usize = 512;
const PLACES: usize = 4;
const NANOS: u64 = 1_000_000_000;

/// The key, mixed with a secret of this process so that nobody can aim at a place; and the time it is even at.
type Place = [u64; 2];

pub(super) struct Table {
    parts: Vec<Mutex<Vec<Place>>>,
    mixed: RandomState,
}

impl Table {
    /// Two mebibytes.
    pub fn new() -> Table {
        let part = || Mutex::new(vec![[0; 2]; SETS * PLACES]);
        Table { parts: (0..PARTS).map(|_| part()).collect(), mixed: RandomState::new() }
    }

    /// Takes one request of a key, or says how many nanoseconds from now the next is taken. What is refused costs nothing.
    pub fn take(&self, key: impl Hash, rate: Rate, now: u64) -> Result<(), u64> {
        if rate.per_second == 0 {
            return Ok(());
        }
        let cost = NANOS / u64::from(rate.per_second);
        let ahead = cost.saturating_mul(u64::from(rate.burst.saturating_sub(1)));
        // 0 is nobody's.
        let key = self.mixed.hash_one(key) | 1;
        let (part, set) = ((key >> 1) as usize % PARTS, (key >> 32) as usize % SETS);
        // A thread that panicked here has left numbers, which are as good as any.
        let mut places = self.parts[part].lock().unwrap_or_else(PoisonError::into_inner);
        let places = &mut places[set * PLACES..(set + 1) * PLACES];
        let place = match places.iter().position(|[owner, _]| *owner == key) {
            Some(place) => place,
            // The one who is even, or the nearest to it: whoever is far ahead keeps the place.
            None => {
                let (place, _) =
                    places.iter().enumerate().min_by_key(|(_, [_, even])| *even).unwrap_or((0, &[0; 2]));
                places[place] = [key, 0];
                place
            }
        };
        let even = places[place][1].max(now);
        match (even - now).checked_sub(ahead) {
            None | Some(0) => {
                places[place][1] = even + cost;
                Ok(())
            }
            Some(wait) => Err(wait),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RATE: Rate = Rate { per_second: 10, burst: 5 };

    #[test]
    fn the_burst_is_taken_at_once_and_after_it_as_many_as_the_rate_says() {
        let table = Table::new();
        for _ in 0..5 {
            assert_eq!(table.take("a", RATE, NANOS), Ok(()));
        }
        assert_eq!(table.take("a", RATE, NANOS), Err(NANOS / 10));
        assert_eq!(table.take("b", RATE, NANOS), Ok(()), "each by itself");
        // Exactly when it was told.
        assert_eq!(table.take("a", RATE, NANOS + NANOS / 10 - 1), Err(1));
        assert_eq!(table.take("a", RATE, NANOS + NANOS / 10), Ok(()));
        assert!(table.take("a", RATE, NANOS + NANOS / 10).is_err());
        for _ in 0..5 {
            assert_eq!(table.take("a", RATE, 9 * NANOS), Ok(()));
        }
        assert!(table.take("a", RATE, 9 * NANOS).is_err());
        assert_eq!(table.take("a", Rate::NONE, 9 * NANOS), Ok(()));
    }

    #[test]
    fn whoever_is_far_ahead_is_not_forgotten_for_a_crowd_that_is_even() {
        let table = Table::new();
        while table.take("greedy", RATE, NANOS).is_ok() {}
        for n in 0..400_000_u32 {
            assert_eq!(table.take(n, RATE, NANOS), Ok(()));
        }
        assert!(table.take("greedy", RATE, NANOS).is_err());
    }

    proptest! {
        /// In no span of time more than the burst and what the rate gives, and who waits as told is taken.
        #[test]
        fn never_more_than_the_rate(gaps in prop::collection::vec(0..400_000_000_u64, 1..200)) {
            let (table, mut now, mut taken) = (Table::new(), NANOS, Vec::new());
            for gap in gaps {
                now += gap;
                match table.take("a", RATE, now) {
                    Ok(()) => taken.push(now),
                    Err(wait) => {
                        now += wait;
                        prop_assert_eq!(table.take("a", RATE, now), Ok(()));
                        taken.push(now);
                    }
                }
            }
            for (n, from) in taken.iter().enumerate() {
                for (m, to) in taken.iter().enumerate().skip(n) {
                    let most = 5 + (to - from) * 10 / NANOS;
                    prop_assert!((m - n + 1) as u64 <= most, "{} within {}", m - n + 1, to - from);
                }
            }
        }
    }
}
