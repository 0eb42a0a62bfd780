//! How often a code may be asked for: to one phone once a minute and ten times a day, from one address sixty times an hour.
//!
//! Counted by what was typed, known or not, so that a refusal says nothing of who has an account.

use yimen_platform::Ctx;
use yimen_standards::time::Instant;
use yimen_store::{StoreError, Tx};

use crate::store::code::{self as rows, Quota};

const MINUTE_MS: i64 = 60_000;
pub(crate) const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// At most `most` within `window_ms` after the first, and none within `gap_ms` after the last.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    gap_ms: i64,
    window_ms: i64,
    most: i64,
}

pub(crate) const PHONE: Rule = Rule { gap_ms: MINUTE_MS, window_ms: DAY_MS, most: 10 };
/// A hall or a company has one address for many people.
pub(crate) const ADDRESS: Rule = Rule { gap_ms: 0, window_ms: 60 * MINUTE_MS, most: 60 };

/// Counts one; `Some` says from when on it may be asked again.
pub(crate) fn take(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    subject: &str,
    rule: Rule,
) -> Result<Option<Instant>, StoreError> {
    match decide(rows::quota(tx, subject)?, ctx.now, rule) {
        Ok(next) => {
            rows::set_quota(tx, subject, next)?;
            Ok(None)
        }
        Err(until) => Ok(Some(until)),
    }
}

fn decide(before: Quota, now: Instant, rule: Rule) -> Result<Quota, Instant> {
    let over = before.since.plus_millis(rule.window_ms);
    if before.asked == 0 || now >= over.max(before.last_at.plus_millis(rule.gap_ms)) {
        return Ok(Quota { since: now, asked: 1, last_at: now });
    }
    let gap = before.last_at.plus_millis(rule.gap_ms);
    let until = if before.asked >= rule.most { over.max(gap) } else { gap };
    if now < until { Err(until) } else { Ok(Quota { asked: before.asked + 1, last_at: now, ..before }) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whenever somebody asks: no two within a minute, no eleven within a day that begins with one of them.
        #[test]
        fn no_phone_gets_more_than_one_a_minute_and_ten_a_day(waits in prop::collection::vec(1_i64..3_000_000, 1..200)) {
            let (mut now, mut kept, mut sent) = (Instant(1_780_000_000_000), Quota::default(), Vec::new());
            for wait in waits {
                now = now.plus_millis(wait);
                match decide(kept, now, PHONE) {
                    Ok(next) => {
                        kept = next;
                        sent.push(now.0);
                    }
                    Err(until) => {
                        prop_assert!(until > now);
                        prop_assert!(decide(kept, until, PHONE).is_ok(), "who comes when told is let in");
                    }
                }
            }
            prop_assert!(sent.windows(2).all(|two| two[1] - two[0] >= MINUTE_MS));
            let since = kept.since.0;
            prop_assert!(sent.iter().filter(|at| (since..since + DAY_MS).contains(*at)).count() <= 10);
        }
    }
}
