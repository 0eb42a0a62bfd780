//! Sealing of personal data at rest (AES-256-GCM) and blind indexes to find it by (HMAC-SHA256).
//!
//! The key never enters the database. Sealed bytes begin with a format byte, so a later cipher or key can be told apart.

use std::path::Path;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use hmac::{Hmac, Mac};
use rand::Rng;
use sha2::{Digest, Sha256};

const FORMAT: u8 = 1;
const NONCE: usize = 12;

#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error(
        "密文不能解开：内容被改动过，或者是用另一把密钥加密的。请核对数据目录里的 keys/master.key 是不是原来的那一把；是的，请从备份恢复"
    )]
    Broken,
    #[error(
        "密钥文件 {0} 的内容不对：应是 64 位十六进制数字。请从保管处或带密钥的备份取回原来的密钥文件，不要自己编写"
    )]
    BadKey(String),
    #[error("不能读写密钥文件 {path}：{source}。请检查文件是否存在，以及文件和目录的权限")]
    Io { path: String, source: std::io::Error },
}

pub struct Sealer {
    cipher: Aes256Gcm,
    index_key: [u8; 32],
    fingerprint: String,
}

impl Sealer {
    pub fn new(master: [u8; 32]) -> Self {
        let seal_key = derive(&master, b"yimen seal");
        let key: &Key<Aes256Gcm> = &seal_key.into();
        Self {
            cipher: Aes256Gcm::new(key),
            index_key: derive(&master, b"yimen blind index"),
            fingerprint: hex::encode(&Sha256::digest(derive(&master, b"yimen fingerprint"))[..8]),
        }
    }

    /// Reads the key file, or makes one on first start.
    pub fn from_file(path: &Path) -> Result<Self, SealError> {
        if !path.exists() {
            let mut master = [0; 32];
            rand::rng().fill_bytes(&mut master);
            Self::write_key(path, &hex::encode(master))?;
        }
        Self::from_existing(path)
    }

    /// Reads the key file; that it is missing is an error.
    pub fn from_existing(path: &Path) -> Result<Self, SealError> {
        Self::from_text(&std::fs::read_to_string(path).map_err(io(path))?, path)
    }

    /// The key of the text of a key file; `path` is for messages.
    pub fn from_text(text: &str, path: &Path) -> Result<Self, SealError> {
        let bytes = hex::decode(text.trim()).ok();
        let master = bytes.and_then(|b| <[u8; 32]>::try_from(b).ok());
        Ok(Self::new(master.ok_or_else(|| SealError::BadKey(path.display().to_string()))?))
    }

    /// Writes a new key file that only its owner can read; one that is there is never written over.
    pub fn write_key(path: &Path, text: &str) -> Result<(), SealError> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(io(path))?;
        }
        write_private(path, text.as_bytes()).map_err(io(path))
    }

    /// Tells two keys apart without revealing either; a backup carries it.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Seals `plain`; `label` (table and column) is bound in, so sealed data cannot be moved to another place.
    pub fn seal(&self, label: &str, plain: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE];
        rand::rng().fill_bytes(&mut nonce);
        let payload = Payload { msg: plain, aad: label.as_bytes() };
        // AES-GCM refuses only messages over 64 GiB; ours are bounded by the request size.
        let sealed = self.cipher.encrypt(&Nonce::from(nonce), payload);
        // See above: no message of ours is as long.
        let sealed = sealed.expect("message within the cipher's limit");
        let mut out = Vec::with_capacity(1 + NONCE + sealed.len());
        out.push(FORMAT);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        out
    }

    pub fn open(&self, label: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let rest = match sealed.split_first() {
            Some((&FORMAT, rest)) if rest.len() >= NONCE => rest,
            _ => return Err(SealError::Broken),
        };
        let (nonce, msg) = rest.split_at(NONCE);
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| SealError::Broken)?;
        let aad = label.as_bytes();
        let opened = self.cipher.decrypt(&Nonce::from(nonce), Payload { msg, aad });
        opened.map_err(|_| SealError::Broken)
    }

    pub fn seal_text(&self, label: &str, plain: &str) -> Vec<u8> {
        self.seal(label, plain.as_bytes())
    }

    pub fn open_text(&self, label: &str, sealed: &[u8]) -> Result<String, SealError> {
        String::from_utf8(self.open(label, sealed)?).map_err(|_| SealError::Broken)
    }

    /// Equal values give equal indexes; nothing else can be learnt without the key.
    pub fn blind_index(&self, label: &str, value: &str) -> String {
        let mut text = String::with_capacity(label.len() + value.len() + 1);
        text.push_str(label);
        text.push('\0');
        text.push_str(value);
        hex::encode(&mac(&self.index_key, text.as_bytes())[..16])
    }

    /// Signs short server-side messages (form nonces, gateway calls).
    pub fn mac(&self, label: &str, message: &str) -> String {
        self.blind_index(label, message)
    }
}

/// Materials lie sealed in the blob store, each bound to its digest.
impl yimen_blobs::Seal for Sealer {
    fn seal(&self, digest: &str, plain: &[u8]) -> Result<Vec<u8>, String> {
        Ok(Sealer::seal(self, digest, plain))
    }

    fn open(&self, digest: &str, sealed: &[u8]) -> Result<Vec<u8>, String> {
        Sealer::open(self, digest, sealed).map_err(|e| e.to_string())
    }
}

fn derive(master: &[u8; 32], purpose: &[u8]) -> [u8; 32] {
    mac(master, purpose)
}

fn mac(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    use hmac::KeyInit as _;
    // HMAC takes a key of any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

fn io(path: &Path) -> impl Fn(std::io::Error) -> SealError + '_ {
    |source| SealError::Io { path: path.display().to_string(), source }
}

fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_only_unchanged_in_its_own_place() {
        let sealer = Sealer::new([7; 32]);
        let sealed = sealer.seal_text("parties.number", "00000019900101001X");
        assert_eq!(sealer.open_text("parties.number", &sealed).unwrap(), "00000019900101001X");
        assert!(sealer.open_text("parties.phone", &sealed).is_err());
        assert!(Sealer::new([8; 32]).open("parties.number", &sealed).is_err());
        for i in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[i] ^= 1;
            assert!(sealer.open("parties.number", &changed).is_err(), "byte {i}");
        }
        assert!(sealer.open("parties.number", b"").is_err());
    }

    #[test]
    fn equal_numbers_share_an_index_and_others_do_not() {
        let sealer = Sealer::new([7; 32]);
        let index = |v| sealer.blind_index("number", v);
        assert_eq!(index("a"), index("a"));
        assert_ne!(index("a"), index("b"));
        assert_ne!(index("a"), sealer.blind_index("phone", "a"));
    }
}
