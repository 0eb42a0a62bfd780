//! Codes, tokens and secrets: drawn from the system's randomness, kept as keyed digests.

use rand::Rng as _;
use yimen_platform::Sealer;

use crate::jose;

/// 32 random bytes, never from a demo's seeded numbers, which everybody could draw again.
pub fn draw() -> String {
    let mut bytes = [0_u8; 32];
    rand::rng().fill_bytes(&mut bytes);
    jose::encode(&bytes)
}

/// Sixteen characters that name a client.
pub fn draw_name() -> String {
    let mut bytes = [0_u8; 12];
    rand::rng().fill_bytes(&mut bytes);
    jose::encode(&bytes)
}

/// What the database has of a code or token.
pub fn index(sealer: &Sealer, kind: &str, secret: &str) -> String {
    sealer.blind_index(kind, secret)
}
