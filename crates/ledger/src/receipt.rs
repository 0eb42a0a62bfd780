//! A receipt: the proof that one act stands in the log, for whoever it concerns; checked without us.

use yimen_store::Read;

use crate::Ledger;
use crate::entry::Disclosure;
use crate::error::LedgerError;
use crate::store;
use crate::tlog::checkpoint::Checkpoint;
use crate::tlog::key::Verifier;
use crate::tlog::note::{Note, SignatureLine};
use crate::tlog::proof::Proof;
use crate::tlog::tile::{TileError, Tiles};
use crate::tlog::tree;
use yimen_platform::journal::Entry;

/// What a good receipt says.
#[derive(Debug, Clone)]
pub struct Checked {
    pub act: Disclosure,
    pub index: u64,
    pub checkpoint: Checkpoint,
    /// Names of the keys that signed: the log's and those of known witnesses.
    pub signed_by: Vec<String>,
}

impl Checked {
    /// Who signed, each once: the log signs with two keys under one name.
    pub fn signers(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for name in &self.signed_by {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }
}

impl Ledger {
    /// The proof of an entry under the newest checkpoint; none while the log has not taken it in and signed it.
    pub fn receipt(&self, q: &mut Read<'_>, entry: &Entry) -> Result<Option<Proof>, LedgerError> {
        let Some((index, salt)) = store::leaf_of(q, entry.seq)? else { return Ok(None) };
        let Some((note, size)) = newest(q)? else { return Ok(None) };
        if index >= size {
            return Ok(None);
        }
        let path = {
            let mut tiles = Tiles::new(size, |tile| store::hashes(q, &tile));
            tree::inclusion(&mut tiles, index, size).map_err(broken)?
        };
        // A struct of texts and numbers always serialises.
        let extra = serde_json::to_vec(&Disclosure::of(entry, &salt)).expect("plain values");
        Ok(Some(Proof { extra, index, path, note }))
    }
}

pub(crate) fn broken(error: TileError<yimen_store::StoreError>) -> LedgerError {
    match error {
        TileError::Fetch(error) => error.into(),
        other => LedgerError::Broken(other.to_string()),
    }
}

/// Whether the log has ever been signed: from then on its key is who it is.
pub fn is_signed(q: &mut Read<'_>) -> Result<bool, LedgerError> {
    Ok(store::latest(q)?.is_some())
}

/// The newest checkpoint with everything signed under it, and its size.
pub(crate) fn newest(q: &mut Read<'_>) -> Result<Option<(Note, u64)>, LedgerError> {
    let Some(signed) = store::latest(q)? else { return Ok(None) };
    let mut note = Note::parse(&signed.note)?;
    for cosignature in store::cosignatures(q, signed.size)? {
        note.signatures.push(SignatureLine::parse(&cosignature.line)?);
    }
    Ok(Some((note, signed.size.unsigned_abs())))
}

/// Checks the text of a receipt against the keys of its log and of witnesses. Needs nothing else.
pub fn check(text: &str, origin: &str, keys: &[Verifier]) -> Result<Checked, LedgerError> {
    let proof = Proof::parse(text)?;
    let act: Disclosure = serde_json::from_slice(&proof.extra)
        .map_err(|_| LedgerError::Broken("凭证没有写明证明的是哪一项操作".into()))?;
    let leaf = act.leaf().ok_or_else(|| LedgerError::Broken("凭证已损坏".into()))?;
    let (checkpoint, signed) = proof.verify(origin, &leaf, keys)?;
    let signed_by = signed.iter().map(|key| key.name().to_string()).collect();
    Ok(Checked { act, index: proof.index, checkpoint, signed_by })
}
