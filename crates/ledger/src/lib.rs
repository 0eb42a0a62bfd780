//! The transparency log over the journal: every command leaves a leaf in a Merkle tree whose roots are signed. What is
//! changed afterwards shows: without the key at the next verification, with it against witnesses and kept receipts.
//!
//! Invariants: every journal entry becomes exactly one leaf, in the journal's order (a follower of the journal); a leaf
//! says when and what kind of act, and binds the rest by a salted hash; what was signed never changes.
//! Others call: [`Ledger::follow`] in the background, [`Ledger::receipt`] for a document, [`check`] for a receipt.

mod append;
pub mod code;
pub mod entry;
mod error;
pub mod export;
mod keys;
pub mod pages;
mod receipt;
pub mod store;
pub mod tlog;
mod verify;
pub mod witness;

use std::sync::Arc;

pub use append::FOLLOWER;
pub use error::LedgerError;
pub use keys::Keys;
pub use receipt::{Checked, check, is_signed};
pub use verify::{Verified, verify};
use witness::KnownWitness;
use yimen_platform::Platform;

/// The log of this city.
#[derive(Clone)]
pub struct Ledger {
    pub platform: Platform,
    pub keys: Arc<Keys>,
    /// Who is asked to cosign.
    pub witnesses: Arc<Vec<KnownWitness>>,
}

impl Ledger {
    /// The keys by which receipts of this log are checked: its own and those of its witnesses.
    pub fn verifiers(&self) -> Vec<tlog::key::Verifier> {
        let mut keys = self.keys.verifiers();
        keys.extend(self.witnesses.iter().map(|w| w.key.clone()));
        keys
    }
}
