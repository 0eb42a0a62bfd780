//! Making the whole log again from the journal, and comparing: leaves, bundles, tiles, and every signed root.

use yimen_platform::journal;
use yimen_store::{Read, StoreError};

use crate::entry::Disclosure;
use crate::error::LedgerError;
use crate::store::{self, Signed};
use crate::tlog::checkpoint::Checkpoint;
use crate::tlog::edge::{Edge, Full};
use crate::tlog::hash::Hash;
use crate::tlog::key::Verifier;
use crate::tlog::note::Note;
use crate::tlog::tile::{Tile, WIDTH, bundle_entries};

/// Leaves read at a time: one bundle, so that each is compared once.
const STEP: i64 = WIDTH as i64;

/// What was found to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    pub leaves: u64,
    pub checkpoints: usize,
    /// Leaves behind the newest signed root.
    pub unsigned: u64,
    /// Entries of the journal that the log has not taken in yet.
    pub waiting: u64,
    pub root: Hash,
}

/// Goes through the whole log. `progress` is told how far it is, from time to time.
pub fn verify(
    q: &mut Read<'_>,
    keys: &[Verifier],
    mut progress: impl FnMut(u64),
) -> Result<Verified, LedgerError> {
    let mut edge = Edge::default();
    let mut signed = Checkpoints { keys, next: None, seen: 0, last: 0 };
    signed.forward(q)?;
    let mut full = Vec::new();
    loop {
        let from = edge.size();
        let rows = store::leaves(q, from, STEP)?;
        if rows.is_empty() {
            break;
        }
        let bundle = store::bundle(q, from / WIDTH)?.unwrap_or_default();
        let entries = bundle_entries(&bundle).unwrap_or_default();
        let (first, last) = (rows.iter().map(|r| r.seq).min(), rows.iter().map(|r| r.seq).max());
        let entries_of = journal::between(q, first.unwrap_or_default(), last.unwrap_or_default())?;
        for row in &rows {
            let leaf = edge.size();
            if row.leaf.unsigned_abs() != leaf {
                return Err(LedgerError::Broken(format!("账本缺少第 {leaf} 条")));
            }
            let entry = entries_of.binary_search_by_key(&row.seq, |entry| entry.seq).ok();
            let entry = entry.and_then(|at| entries_of.get(at));
            let entry = entry
                .ok_or_else(|| LedgerError::Broken(format!("第 {leaf} 条：日志 {} 已被删除", row.seq)))?;
            let bytes = Disclosure::of(entry, &row.salt).leaf().unwrap_or_default();
            if entries.get((leaf % WIDTH) as usize) != Some(&bytes.as_slice()) {
                return Err(LedgerError::Broken(format!(
                    "第 {leaf} 条：日志 {} 与账本不符，内容被改动过",
                    row.seq
                )));
            }
            edge.push(Hash::leaf(&bytes), |tile| full.push(tile));
            signed.compare(q, &edge)?;
        }
        full.drain(..).try_for_each(|tile| same_tile(q, &tile))?;
        progress(edge.size());
    }
    for (tile, hashes) in edge.unfinished() {
        same(q, tile, hashes)?;
    }
    if let Some((next, _)) = &signed.next {
        return Err(LedgerError::Broken(format!(
            "签过名的检查点有 {} 条，账本只有 {} 条",
            next.size,
            edge.size()
        )));
    }
    let leaves = edge.size();
    let waiting = journal::count(q)?.saturating_sub(leaves);
    let unsigned = leaves - signed.last;
    Ok(Verified { leaves, checkpoints: signed.seen, unsigned, waiting, root: edge.root() })
}

fn same_tile(q: &mut Read<'_>, full: &Full) -> Result<(), LedgerError> {
    same(q, Tile { level: full.level, index: full.index, width: WIDTH as u16 }, &full.hashes)
}

fn same(q: &mut Read<'_>, tile: Tile, hashes: &[Hash]) -> Result<(), LedgerError> {
    let kept = match store::hashes(q, &tile) {
        Err(StoreError::NotFound) => Vec::new(),
        other => other?,
    };
    match kept == hashes {
        true => Ok(()),
        false => Err(LedgerError::Broken(format!("第 {} 层第 {} 块哈希被改动过", tile.level, tile.index))),
    }
}

/// The signed roots in order of size, each looked at when the tree is as large.
struct Checkpoints<'k> {
    keys: &'k [Verifier],
    next: Option<(Signed, Checkpoint)>,
    seen: usize,
    last: u64,
}

impl Checkpoints<'_> {
    fn forward(&mut self, q: &mut Read<'_>) -> Result<(), LedgerError> {
        let next = store::checkpoints(q, self.last as i64, 1)?.pop();
        let Some(signed) = next else {
            self.next = None;
            return Ok(());
        };
        let note = Note::parse(&signed.note)?;
        let told = |e| LedgerError::Broken(format!("{} 条时的检查点：{e}", signed.size));
        note.verify(self.keys).map_err(|e| told(e.to_string()))?;
        let checkpoint = Checkpoint::parse(&note.text).ok_or_else(|| told("不能读取".into()))?;
        if checkpoint.size != signed.size.unsigned_abs() {
            return Err(told("条数与签名的不符".into()));
        }
        self.next = Some((signed, checkpoint));
        Ok(())
    }

    fn compare(&mut self, q: &mut Read<'_>, edge: &Edge) -> Result<(), LedgerError> {
        let Some((_, checkpoint)) = self.next.as_ref().filter(|(_, c)| c.size == edge.size()) else {
            return Ok(());
        };
        if checkpoint.root != edge.root() {
            return Err(LedgerError::Broken(format!("{} 条时签名的根与账本不符", checkpoint.size)));
        }
        (self.seen, self.last) = (self.seen + 1, checkpoint.size);
        self.forward(q)
    }
}
