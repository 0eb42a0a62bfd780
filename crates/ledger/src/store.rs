//! Every statement of the ledger.

use yimen_platform::journal::Entry;
use yimen_standards::time::Instant;
use yimen_store::{Read, StoreError, Tx, params, row, sql};

use crate::tlog::hash::Hash;
use crate::tlog::tile::Tile;

sql! {
    SIZE = "select leaf from ledger_leaf order by leaf desc limit 1";

    ADD_LEAF = "insert into ledger_leaf (leaf, seq, salt) values ($1, $2, $3)";

    LEAF_OF = "select leaf, salt from ledger_leaf where seq = $1";

    LEAVES = "select leaf, seq, salt from ledger_leaf where leaf >= $1 order by leaf limit $2";

    TILE = "select hashes from ledger_tile where level = $1 and tile = $2";

    PUT_TILE = "insert into ledger_tile (level, tile, hashes) values ($1, $2, $3)
        on conflict (level, tile) do update set hashes = excluded.hashes";

    BUNDLE = "select entries from ledger_bundle where bundle = $1";

    PUT_BUNDLE = "insert into ledger_bundle (bundle, entries) values ($1, $2)
        on conflict (bundle) do update set entries = excluded.entries";

    LATEST = "select size, at, note from ledger_checkpoint order by size desc limit 1";

    CHECKPOINTS = "select size, at, note from ledger_checkpoint where size > $1 order by size limit $2";

    ADD_CHECKPOINT = "insert into ledger_checkpoint (size, day, at, note) values ($1, $2, $3, $4)
        on conflict (size) do nothing";

    /// Signed roots that a later one of the same day has replaced.
    DROP_REPLACED = "delete from ledger_checkpoint where day = $1 and size < $2";

    DROP_COSIGNATURES = "delete from ledger_cosignature where size < $1
        and size not in (select size from ledger_checkpoint)";

    COSIGNATURES = "select witness, line, at from ledger_cosignature where size = $1 order by witness";

    PUT_COSIGNATURE = "insert into ledger_cosignature (size, witness, line, at) values ($1, $2, $3, $4)
        on conflict (size, witness) do update set line = excluded.line, at = excluded.at";

    LAST_COSIGNED = "select size from ledger_cosignature where witness = $1 order by size desc limit 1";

    WITNESSED = "select size, root from ledger_witnessed where origin = $1";

    FIRST_WITNESSED = "insert into ledger_witnessed (origin, size, root, at) values ($1, $2, $3, $4)
        on conflict (origin) do nothing";

    NEXT_WITNESSED = "update ledger_witnessed set size = $2, root = $3, at = $4 where origin = $1 and size = $5";
}

row! {
    pub struct LeafRow {
        pub leaf: i64,
        pub seq: i64,
        pub salt: Vec<u8>,
    }
}

row! {
    pub struct Signed {
        pub size: i64,
        pub at: Instant,
        pub note: String,
    }
}

row! {
    pub struct Cosignature {
        pub witness: String,
        pub line: String,
        pub at: Instant,
    }
}

pub fn size(q: &mut Read<'_>) -> Result<u64, StoreError> {
    let last: Option<(i64,)> = q.opt(&SIZE, params![])?;
    Ok(last.map_or(0, |(leaf,)| leaf.unsigned_abs() + 1))
}

pub fn add_leaf(tx: &mut Tx<'_>, leaf: u64, entry: &Entry, salt: &[u8]) -> Result<(), StoreError> {
    tx.put(&ADD_LEAF, params![leaf as i64, entry.seq, salt])
}

/// The leaf that an entry of the journal became, with its salt.
pub fn leaf_of(q: &mut Read<'_>, seq: i64) -> Result<Option<(u64, Vec<u8>)>, StoreError> {
    let found: Option<(i64, Vec<u8>)> = q.opt(&LEAF_OF, params![seq])?;
    Ok(found.map(|(leaf, salt)| (leaf.unsigned_abs(), salt)))
}

pub fn leaves(q: &mut Read<'_>, from: u64, limit: i64) -> Result<Vec<LeafRow>, StoreError> {
    q.all(&LEAVES, params![from as i64, limit])
}

/// As many hashes of a tile as it is wide; none if there are fewer.
pub fn tile(q: &mut Read<'_>, tile: &Tile) -> Result<Option<Vec<u8>>, StoreError> {
    let found: Option<(Vec<u8>,)> = q.opt(&TILE, params![i64::from(tile.level), tile.index as i64])?;
    let len = usize::from(tile.width) * Hash::LEN;
    Ok(found.and_then(|(hashes,)| Some(hashes.get(..len)?.to_vec())))
}

pub fn hashes(q: &mut Read<'_>, wanted: &Tile) -> Result<Vec<Hash>, StoreError> {
    let bytes = tile(q, wanted)?.ok_or(StoreError::NotFound)?;
    Ok(bytes.chunks_exact(Hash::LEN).filter_map(Hash::from_slice).collect())
}

pub fn put_tile(tx: &mut Tx<'_>, level: u8, index: u64, hashes: &[Hash]) -> Result<(), StoreError> {
    let bytes: Vec<u8> = hashes.iter().flat_map(|h| h.0).collect();
    tx.put(&PUT_TILE, params![i64::from(level), index as i64, &bytes])
}

/// The bundle as far as it is filled.
pub fn bundle(q: &mut Read<'_>, index: u64) -> Result<Option<Vec<u8>>, StoreError> {
    let found: Option<(Vec<u8>,)> = q.opt(&BUNDLE, params![index as i64])?;
    Ok(found.map(|(entries,)| entries))
}

pub fn put_bundle(tx: &mut Tx<'_>, index: u64, entries: &[u8]) -> Result<(), StoreError> {
    tx.put(&PUT_BUNDLE, params![index as i64, entries])
}

pub fn latest(q: &mut Read<'_>) -> Result<Option<Signed>, StoreError> {
    q.opt(&LATEST, params![])
}

pub fn checkpoints(q: &mut Read<'_>, after: i64, limit: i64) -> Result<Vec<Signed>, StoreError> {
    q.all(&CHECKPOINTS, params![after, limit])
}

/// Keeps a signed root, and lets go of the earlier ones of the day.
pub fn add_checkpoint(tx: &mut Tx<'_>, size: u64, at: Instant, note: &str) -> Result<(), StoreError> {
    let (size, day) = (size as i64, at.day());
    tx.put(&ADD_CHECKPOINT, params![size, day, at, note])?;
    tx.put(&DROP_REPLACED, params![day, size])?;
    tx.put(&DROP_COSIGNATURES, params![size])
}

pub fn cosignatures(q: &mut Read<'_>, size: i64) -> Result<Vec<Cosignature>, StoreError> {
    q.all(&COSIGNATURES, params![size])
}

pub fn put_cosignature(
    tx: &mut Tx<'_>,
    size: u64,
    witness: &str,
    line: &str,
    at: Instant,
) -> Result<(), StoreError> {
    tx.put(&PUT_COSIGNATURE, params![size as i64, witness, line, at])
}

/// Up to which size a witness has cosigned.
pub fn last_cosigned(q: &mut Read<'_>, witness: &str) -> Result<u64, StoreError> {
    let found: Option<(i64,)> = q.opt(&LAST_COSIGNED, params![witness])?;
    Ok(found.map_or(0, |(size,)| size.unsigned_abs()))
}

/// What we last cosigned of another log.
pub fn witnessed(q: &mut Read<'_>, origin: &str) -> Result<Option<(u64, Hash)>, StoreError> {
    let found: Option<(i64, String)> = q.opt(&WITNESSED, params![origin])?;
    found
        .map(|(size, root)| {
            let root = Hash::from_base64(&root);
            Ok((size.unsigned_abs(), root.ok_or_else(|| StoreError::Other("a root that is none".into()))?))
        })
        .transpose()
}

/// Steps from what was cosigned before (`old`, nothing is 0) to `size`; a conflict when another request was faster.
pub fn witness(
    tx: &mut Tx<'_>,
    origin: &str,
    old: u64,
    (size, root): (u64, Hash),
    at: Instant,
) -> Result<(), StoreError> {
    let (root, size, old) = (root.base64(), size as i64, old as i64);
    if tx.exec(&FIRST_WITNESSED, params![origin, size, &root, at])? == 1 && old == 0 {
        return Ok(());
    }
    tx.put_one(&NEXT_WITNESSED, params![origin, size, &root, at, old])
}
