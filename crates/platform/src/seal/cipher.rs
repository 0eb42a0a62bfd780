//! The two ciphers that data keys may be for: AES-256-GCM, and SM4-GCM (GB/T 32907) where commercial cryptography is required.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::aes::cipher::consts::U12;
use aes_gcm::{Aes256Gcm, AesGcm, Key, Nonce};

pub(super) const NONCE: usize = 12;

type Sm4Gcm = AesGcm<sm4::Sm4, U12>;

/// What a data key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Algorithm {
    #[serde(rename = "aes-256-gcm")]
    Aes256Gcm,
    #[serde(rename = "sm4-gcm")]
    Sm4Gcm,
}

impl Algorithm {
    pub fn code(self) -> &'static str {
        match self {
            Algorithm::Aes256Gcm => "aes-256-gcm",
            Algorithm::Sm4Gcm => "sm4-gcm",
        }
    }

    pub fn parse(code: &str) -> Option<Algorithm> {
        [Algorithm::Aes256Gcm, Algorithm::Sm4Gcm].into_iter().find(|algorithm| algorithm.code() == code)
    }
}

/// A cipher of somebody else's, of a card that encrypts data by itself. The label is bound in, as associated data.
pub trait DataCipher: Send + Sync {
    fn seal(&self, nonce: [u8; 12], label: &str, plain: &[u8]) -> Option<Vec<u8>>;
    fn open(&self, nonce: [u8; 12], label: &str, sealed: &[u8]) -> Option<Vec<u8>>;
}

// Expanded round keys are large, and most of a ring's keys are only ever read with.
pub(super) enum Cipher {
    Aes(Box<Aes256Gcm>),
    Sm4(Box<Sm4Gcm>),
    Theirs(Box<dyn DataCipher>),
}

impl Cipher {
    /// SM4 takes the first half of the key.
    pub fn new(algorithm: Algorithm, key: &[u8; 32]) -> Cipher {
        match algorithm {
            Algorithm::Aes256Gcm => {
                let key: &Key<Aes256Gcm> = key.into();
                Cipher::Aes(Box::new(Aes256Gcm::new(key)))
            }
            Algorithm::Sm4Gcm => {
                let (half, _) = key.split_at(16);
                // A block cipher of 128 bits takes a key of 16 bytes.
                Cipher::Sm4(Box::new(Sm4Gcm::new_from_slice(half).expect("16 bytes are an SM4 key")))
            }
        }
    }

    /// Nothing only for messages over 64 GiB.
    pub fn seal(&self, nonce: [u8; NONCE], label: &str, plain: &[u8]) -> Option<Vec<u8>> {
        let payload = Payload { msg: plain, aad: label.as_bytes() };
        match self {
            Cipher::Aes(cipher) => cipher.encrypt(&Nonce::from(nonce), payload).ok(),
            Cipher::Sm4(cipher) => cipher.encrypt(&Nonce::from(nonce), payload).ok(),
            Cipher::Theirs(cipher) => cipher.seal(nonce, label, plain),
        }
    }

    /// Nothing if it was changed, or belongs to another label or key.
    pub fn open(&self, nonce: [u8; NONCE], label: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let payload = Payload { msg: sealed, aad: label.as_bytes() };
        match self {
            Cipher::Aes(cipher) => cipher.decrypt(&Nonce::from(nonce), payload).ok(),
            Cipher::Sm4(cipher) => cipher.decrypt(&Nonce::from(nonce), payload).ok(),
            Cipher::Theirs(cipher) => cipher.open(nonce, label, sealed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// GB/T 32907-2016, appendix A.1: the block cipher is SM4 and no other of its size.
    #[test]
    fn sm4_gives_what_the_standard_prints() {
        use aes_gcm::aes::cipher::{Block, BlockCipherEncrypt};
        let key = hex::decode("0123456789abcdeffedcba9876543210").unwrap();
        let cipher = sm4::Sm4::new_from_slice(&key).unwrap();
        let mut block = Block::<sm4::Sm4>::try_from(&key[..]).unwrap();
        cipher.encrypt_block(&mut block);
        assert_eq!(hex::encode(block), "681edf34d206965e86b3e94f536e4246");
    }

    /// RFC 8998, appendix A.1: SM4-GCM with associated data.
    #[test]
    fn sm4_gcm_gives_what_the_rfc_prints() {
        let half = hex::decode("0123456789abcdeffedcba9876543210").unwrap();
        let mut key = [0; 32];
        key[..16].copy_from_slice(&half);
        let nonce: [u8; NONCE] = hex::decode("00001234567800000000abcd").unwrap().try_into().unwrap();
        let aad = hex::decode("feedfacedeadbeeffeedfacedeadbeefabaddad2").unwrap();
        let plain = [[0xaa; 8], [0xbb; 8], [0xcc; 8], [0xdd; 8], [0xee; 8], [0xff; 8], [0xee; 8], [0xaa; 8]];
        let Cipher::Sm4(cipher) = Cipher::new(Algorithm::Sm4Gcm, &key) else { panic!("another cipher") };
        let sealed =
            cipher.encrypt(&Nonce::from(nonce), Payload { msg: &plain.concat(), aad: &aad }).unwrap();
        let expected = "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735\
                        d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d\
                        83de3541e4c2b58177e065a9bf7b62ec";
        assert_eq!(hex::encode(sealed), expected);
    }
}
