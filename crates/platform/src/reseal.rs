//! Sealing anew what an earlier data key sealed, a batch at a time, while everybody goes on working.
//!
//! Each domain walks its own tables by key. A batch is one transaction: who changes a row meanwhile comes before it or after,
//! and `put` writes only where the value is the one that was read.

use yimen_store::{Sql, StoreError, Tx, params};

use crate::Sealer;

/// One table of a domain.
pub struct SealedTable {
    pub name: &'static str,
    /// Its sealed columns: none may be forgotten, or its values would be lost with their key.
    pub columns: &'static [&'static str],
    /// Walks on from a key.
    pub batch: fn(&mut Tx<'_>, &Pass<'_>, i64) -> Result<Batch, StoreError>,
}

/// What a walk does with what it comes by.
pub struct Pass<'a> {
    pub sealer: &'a Sealer,
    /// Only counts.
    pub look_only: bool,
    /// Rows of one batch.
    pub rows: i64,
}

/// What a batch came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Where the next one begins; None at the end.
    pub next: Option<i64>,
    pub seen: u64,
    /// Sealed by another key than the one in use: sealed anew, or only counted.
    pub old: u64,
    /// The rows of what nobody can open: told and passed over, so that one of them does not keep all others under an old key.
    pub broken: Vec<i64>,
}

impl Batch {
    /// Counts a value of a row, and gives what is to be written instead.
    pub fn value(&mut self, pass: &Pass<'_>, row: i64, label: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        // What was never given is not sealed.
        if sealed.is_empty() {
            return None;
        }
        self.seen += 1;
        let anew = match pass.look_only {
            true => Sealer::sealed_by(sealed).map(|by| (by != pass.sealer.current()).then(Vec::new)),
            false => pass.sealer.reseal(label, sealed),
        };
        let Ok(anew) = anew else {
            self.broken.push(row);
            return None;
        };
        self.old += u64::from(anew.is_some());
        anew.filter(|_| !pass.look_only)
    }
}

/// A batch of a table with one sealed column. `walk` gives key and value of the rows after `$1`, at most `$2`, in their
/// order; `put` writes `$2` to row `$1` where `$3` still is.
pub fn one_column(
    tx: &mut Tx<'_>,
    pass: &Pass<'_>,
    after: i64,
    label: &str,
    (walk, put): (&'static Sql, &'static Sql),
) -> Result<Batch, StoreError> {
    let rows: Vec<(i64, Vec<u8>)> = tx.all(walk, params![after, pass.rows])?;
    let mut batch = Batch { next: rows.last().map(|(key, _)| *key), ..Batch::default() };
    for (key, sealed) in rows {
        if let Some(anew) = batch.value(pass, key, label, &sealed) {
            tx.exec(put, params![key, anew.as_slice(), sealed.as_slice()])?;
        }
    }
    Ok(batch)
}
