//! Following the journal: entries become leaves, and what has grown is signed.

use yimen_platform::journal::Entry;
use yimen_platform::{Ctx, follower};
use yimen_store::{Read, StoreError, Tx};

use crate::entry::{Disclosure, SALT};
use crate::error::LedgerError;
use crate::tlog::checkpoint::Checkpoint;
use crate::tlog::edge::Edge;
use crate::tlog::hash::Hash;
use crate::tlog::note::Note;
use crate::tlog::tile::{WIDTH, bundle_entry};
use crate::{Ledger, store};

pub const FOLLOWER: &str = "ledger";
/// Entries in one transaction.
const BATCH: i64 = 4_096;

impl Ledger {
    /// Takes in what the journal has, then signs. Answers how many leaves were added.
    pub async fn follow(&self, ctx: &Ctx) -> Result<usize, LedgerError> {
        let mut all = 0;
        loop {
            let added = follower::batch(&self.platform.store, FOLLOWER, ctx, BATCH, |tx, ctx, entries| {
                append(tx, ctx, entries)
            });
            match added.await? {
                0 => break,
                some => all += some,
            }
        }
        self.sign(ctx).await?;
        Ok(all)
    }

    /// Signs the tree as it is, unless the newest checkpoint says all of it.
    async fn sign(&self, ctx: &Ctx) -> Result<(), LedgerError> {
        let (keys, now) = (self.keys.clone(), ctx.now);
        let signed = self.platform.store.write("ledger.sign", move |tx| {
            let size = store::size(tx)?;
            if size == 0 || store::latest(tx)?.is_some_and(|signed| signed.size.unsigned_abs() == size) {
                return Ok(());
            }
            let root = edge(tx, size)?.root();
            let text = Checkpoint { origin: keys.origin().into(), size, root }.text();
            let mut note = Note::new(text);
            let unix = now.0.unsigned_abs() / 1000;
            note.signatures = keys.signers().iter().map(|signer| signer.sign(&note.text, unix)).collect();
            store::add_checkpoint(tx, size, now, &note.to_string())
        });
        Ok(signed.await?)
    }
}

/// The right edge of the stored tree.
pub(crate) fn edge(q: &mut Read<'_>, size: u64) -> Result<Edge, StoreError> {
    Edge::load(size, |tile| store::hashes(q, &tile))
}

fn append(tx: &mut Tx<'_>, ctx: &Ctx, entries: &[Entry]) -> Result<(), StoreError> {
    let mut size = store::size(tx)?;
    let mut edge = edge(tx, size)?;
    let mut bundle = match size % WIDTH {
        0 => Vec::new(),
        _ => store::bundle(tx, size / WIDTH)?.ok_or(StoreError::NotFound)?,
    };
    let mut full = Vec::new();
    for entry in entries {
        let salt: [u8; SALT] = ctx.random_bytes();
        let leaf = Disclosure::of(entry, &salt).leaf();
        let leaf = leaf
            .ok_or_else(|| StoreError::Other(format!("the verb of entry {} has a line break", entry.seq)))?;
        bundle_entry(&mut bundle, &leaf).map_err(|e| StoreError::Other(e.to_string()))?;
        store::add_leaf(tx, size, entry, &salt)?;
        edge.push(Hash::leaf(&leaf), |tile| full.push(tile));
        size += 1;
        if size.is_multiple_of(WIDTH) {
            store::put_bundle(tx, size / WIDTH - 1, &std::mem::take(&mut bundle))?;
        }
    }
    if !bundle.is_empty() {
        store::put_bundle(tx, size / WIDTH, &bundle)?;
    }
    for tile in &full {
        store::put_tile(tx, tile.level, tile.index, &tile.hashes)?;
    }
    for (tile, hashes) in edge.unfinished() {
        store::put_tile(tx, tile.level, tile.index, hashes)?;
    }
    Ok(())
}
