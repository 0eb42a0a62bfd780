//! Who else has a task open: two who read the same unclaimed task are told of each other before either writes an opinion.
//!
//! Kept in memory, by each server for itself: it is a courtesy. What keeps two from deciding one task is the claim.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use yimen_standards::time::Instant;

/// How long somebody who opened a task counts as reading it.
const READING_MS: i64 = 10 * 60 * 1000;
/// Tasks remembered before those that nobody reads any more are cleared away.
const REMEMBERED: usize = 2_000;

/// Account, name, when they last opened it.
type Reader = (i64, String, Instant);

#[derive(Default)]
pub(super) struct Presence(Mutex<HashMap<i64, Vec<Reader>>>);

impl Presence {
    /// Notes that somebody opens a task, and answers who else did lately, the latest first.
    pub fn open(&self, task: i64, (account, name): (i64, &str), now: Instant) -> Vec<(String, Instant)> {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let reads = |reader: &Reader| now.0 - reader.2.0 < READING_MS;
        if tasks.len() >= REMEMBERED && !tasks.contains_key(&task) {
            tasks.retain(|_, readers| readers.iter().any(reads));
        }
        let readers = tasks.entry(task).or_default();
        readers.retain(|reader| reads(reader) && reader.0 != account);
        let mut others: Vec<(String, Instant)> =
            readers.iter().map(|(_, name, at)| (name.clone(), *at)).collect();
        others.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
        readers.push((account, name.to_string(), now));
        others
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_who_opened_it_lately_are_named_and_nobody_else() {
        let presence = Presence::default();
        let at = |minute: i64| Instant(minute * 60_000);
        let names =
            |found: Vec<(String, Instant)>| found.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert!(presence.open(7, (1, "王敏"), at(0)).is_empty());
        assert!(presence.open(7, (1, "王敏"), at(1)).is_empty(), "not oneself");
        assert!(presence.open(8, (2, "李强"), at(2)).is_empty(), "not those who read another");
        assert_eq!(names(presence.open(7, (2, "李强"), at(3))), ["王敏"]);
        assert_eq!(names(presence.open(7, (3, "陈立"), at(4))), ["李强", "王敏"]);
        assert_eq!(names(presence.open(7, (1, "王敏"), at(13))), ["陈立"], "ten minutes, then forgotten");
    }
}
