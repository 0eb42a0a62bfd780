//! The key over all keys. It never enters the database, and it wraps data keys. Data is sealed under it only before there
//! is a data key.

use rand::Rng;

use super::cipher::{Algorithm, Cipher, DataCipher, NONCE};
use super::mac;

/// Whoever holds the master key: the key file, or a hardware module or key service that never gives it away. A module needs
/// no more than the first three.
pub trait MasterKey: Send + Sync {
    /// A key for one purpose, always the same: HMAC-SHA256 over the purpose.
    fn derive(&self, purpose: &str) -> [u8; 32];

    /// Wraps a data key; `label` names it and is bound in.
    fn wrap(&self, label: &str, key: &[u8; 32]) -> Vec<u8>;

    /// The data key, unless it was wrapped by another master key or under another label.
    fn unwrap(&self, label: &str, wrapped: &[u8]) -> Option<[u8; 32]>;

    /// The cipher of a data key, where it encrypts data by itself, too.
    fn cipher(&self, _algorithm: Algorithm, _key: &[u8; 32]) -> Option<Box<dyn DataCipher>> {
        None
    }
}

/// The master key as bytes, from the key file.
pub(super) struct HeldKey {
    key: [u8; 32],
    wrapping: Cipher,
}

impl HeldKey {
    pub fn new(key: [u8; 32]) -> HeldKey {
        let wrapping = Cipher::new(Algorithm::Aes256Gcm, &mac(&key, b"yimen wrap"));
        HeldKey { key, wrapping }
    }
}

impl MasterKey for HeldKey {
    fn derive(&self, purpose: &str) -> [u8; 32] {
        mac(&self.key, purpose.as_bytes())
    }

    fn wrap(&self, label: &str, key: &[u8; 32]) -> Vec<u8> {
        let mut nonce = [0; NONCE];
        rand::rng().fill_bytes(&mut nonce);
        // 32 bytes are far below the cipher's limit.
        let sealed = self.wrapping.seal(nonce, label, key).expect("a key is a short message");
        [&nonce[..], &sealed].concat()
    }

    fn unwrap(&self, label: &str, wrapped: &[u8]) -> Option<[u8; 32]> {
        let (nonce, sealed) = wrapped.split_first_chunk::<NONCE>()?;
        self.wrapping.open(*nonce, label, sealed)?.try_into().ok()
    }
}
