//! Hashing of RFC 6962, section 2.1: leaves and nodes can never be taken for each other.

use sha2::{Digest, Sha256};

/// A SHA-256 hash: of a leaf, of a node, or of a whole tree.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    pub const LEN: usize = 32;

    /// The root of the tree without leaves.
    pub fn empty() -> Self {
        Self(Sha256::digest([]).into())
    }

    pub fn leaf(entry: &[u8]) -> Self {
        let mut hasher = Sha256::new_with_prefix([0x00]);
        hasher.update(entry);
        Self(hasher.finalize().into())
    }

    pub fn node(left: &Hash, right: &Hash) -> Self {
        let mut bytes = [0x01; 1 + 2 * Self::LEN];
        bytes[1..33].copy_from_slice(&left.0);
        bytes[33..].copy_from_slice(&right.0);
        Self(Sha256::digest(bytes).into())
    }

    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        Some(Self(bytes.try_into().ok()?))
    }

    pub fn base64(&self) -> String {
        super::base64_encode(&self.0)
    }

    pub fn from_base64(text: &str) -> Option<Self> {
        Self::from_slice(&super::base64_decode(text)?)
    }
}

impl std::fmt::Debug for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(&self.0[..8]))
    }
}
