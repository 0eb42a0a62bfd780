//! Sealing anew what an earlier data key sealed, a batch at a time, while everybody goes on working.
//!
//! Each domain walks its own tables by key and writes a value back only where it is still the one that was read.

use yimen_store::{Sql, StoreError, Tx, params};

use crate::{SealError, Sealer};

#[derive(Debug, thiserror::Error)]
pub enum ResealError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{table} 里的一个值解不开：{source}")]
    Seal { table: &'static str, source: SealError },
}

/// One table of a domain.
pub struct SealedTable {
    pub name: &'static str,
    /// Its sealed columns: none may be forgotten, or its values would be lost with their key.
    pub columns: &'static [&'static str],
    /// Walks on from a key.
    pub batch: fn(&mut Tx<'_>, &Pass<'_>, i64) -> Result<Batch, ResealError>,
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
    /// Of these, changed by somebody else in between: the next walk comes by again.
    pub missed: u64,
}

impl Batch {
    /// Counts a value, and gives what is to be written instead.
    pub fn value(
        &mut self,
        pass: &Pass<'_>,
        table: &'static str,
        label: &str,
        sealed: &[u8],
    ) -> Result<Option<Vec<u8>>, ResealError> {
        // What was never given is not sealed.
        if sealed.is_empty() {
            return Ok(None);
        }
        self.seen += 1;
        let broken = |source| ResealError::Seal { table, source };
        if pass.look_only {
            let by = Sealer::sealed_by(sealed).map_err(broken)?;
            self.old += u64::from(by != pass.sealer.current());
            return Ok(None);
        }
        let anew = pass.sealer.reseal(label, sealed).map_err(broken)?;
        self.old += u64::from(anew.is_some());
        Ok(anew)
    }

    /// Notes how many rows an update of one row reached.
    pub fn wrote(&mut self, rows: u64) {
        self.missed += u64::from(rows != 1);
    }
}

/// A batch of a table with one sealed column. `walk` gives key and value of the rows after `$1`, at most `$2`, in their
/// order; `put` writes `$2` to row `$1` where `$3` still is.
pub fn one_column(
    tx: &mut Tx<'_>,
    pass: &Pass<'_>,
    after: i64,
    (table, label): (&'static str, &str),
    (walk, put): (&'static Sql, &'static Sql),
) -> Result<Batch, ResealError> {
    let rows: Vec<(i64, Vec<u8>)> = tx.all(walk, params![after, pass.rows])?;
    let mut batch = Batch { next: rows.last().map(|(key, _)| *key), ..Batch::default() };
    for (key, sealed) in rows {
        if let Some(anew) = batch.value(pass, table, label, &sealed)? {
            let wrote = tx.exec(put, params![key, anew.as_slice(), sealed.as_slice()])?;
            batch.wrote(wrote);
        }
    }
    Ok(batch)
}
