//! A transparency log as public specifications write it down: RFC 6962 trees, and signed notes, checkpoints,
//! cosignatures, tiles and proofs of C2SP. Pure: no database, no clock, no network.

pub mod checkpoint;
pub mod edge;
pub mod hash;
pub mod key;
pub mod note;
pub mod proof;
pub mod tile;
pub mod tree;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

pub(crate) fn base64_encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

pub(crate) fn base64_decode(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// A decimal without sign, leading zeroes or anything else: each number has one spelling.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let shortest = text == "0" || !text.starts_with('0');
    if plain && shortest { text.parse().ok() } else { None }
}
