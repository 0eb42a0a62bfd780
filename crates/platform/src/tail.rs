//! Keeping something in memory that follows from the journal: which cases were touched since one looked last.
//!
//! A follower waits until nothing can appear behind its cursor, so it may lag. Who keeps things in memory must not: an
//! answer has to show what the snapshot shows. So everything visible is told, and what is not final yet is told again.

use std::collections::BTreeSet;

use yimen_store::{Read, StoreError, params, sql};

sql! {
    LAST = "select /* scan: the last row of an index */ txid, seq from platform_journal order by txid desc, seq desc limit 1";

    REST = "select txid, seq, case_id from platform_journal where txid = $1 and seq > $2 order by seq limit $3";

    LATER = "select txid, seq, case_id from platform_journal where txid > $1 order by txid, seq limit $2";
}

/// Up to where the journal is known: everything at or before it, and nothing that could still appear behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tail {
    txid: i64,
    seq: i64,
}

impl Tail {
    /// The end of the journal as this snapshot sees it.
    pub fn end(q: &mut Read<'_>) -> Result<Tail, StoreError> {
        let horizon = q.horizon()?;
        let last = q.opt::<(i64, i64)>(&LAST, params![])?;
        Ok(final_before(horizon, last))
    }

    /// The cases touched since, and the new end. `None` if there are more than `most` entries: then it is cheaper to
    /// begin anew. Snapshots must be taken one after the other, or a case would fall back to what it was.
    pub fn since(self, q: &mut Read<'_>, most: usize) -> Result<Option<(BTreeSet<i64>, Tail)>, StoreError> {
        let horizon = q.horizon()?;
        let room = i64::try_from(most).unwrap_or(i64::MAX - 1) + 1;
        let mut entries: Vec<(i64, i64, i64)> = q.all(&REST, params![self.txid, self.seq, room])?;
        let room = room - entries.len() as i64;
        if room > 0 {
            entries.extend(q.all::<(i64, i64, i64)>(&LATER, params![self.txid, room])?);
        }
        if entries.len() > most {
            return Ok(None);
        }
        let last = entries.last().map_or((self.txid, self.seq), |(txid, seq, _)| (*txid, *seq));
        let cases = entries.into_iter().map(|(_, _, case)| case).filter(|case| *case != 0).collect();
        Ok(Some((cases, final_before(horizon, Some(last)))))
    }
}

/// With a horizon (PostgreSQL) everything below it is final and seen; without one the last entry is.
fn final_before(horizon: i64, last: Option<(i64, i64)>) -> Tail {
    match (horizon, last) {
        (i64::MAX, Some((txid, seq))) => Tail { txid, seq },
        (i64::MAX, None) => Tail { txid: i64::MIN, seq: i64::MIN },
        (horizon, _) => Tail { txid: horizon - 1, seq: i64::MAX },
    }
}
