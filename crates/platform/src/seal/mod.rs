//! Sealing of personal data at rest and blind indexes to find it by (HMAC-SHA256).
//!
//! Data is sealed with data keys. They lie in the database, wrapped by the master key, which never enters it. Sealed bytes
//! name their data key, so a new one may come into use at any time: what was sealed before stays readable. The key of the
//! indexes lies beside them, so that another master key changes nothing but how keys are wrapped.

mod cipher;
mod master;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use hmac::{Hmac, Mac};
use rand::Rng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use yimen_standards::time::Instant;

pub use cipher::{Algorithm, DataCipher};
use cipher::{Cipher, NONCE};
use master::HeldKey;
pub use master::MasterKey;

/// Sealed with the key derived from the master key: before the first data key there is, and in tests without a database.
const BY_MASTER: u8 = 1;
/// Sealed with a data key, whose number follows.
const BY_DATA_KEY: u8 = 2;

/// The number of the key that blind indexes and signatures of short messages are made with; no data is sealed with it.
pub(crate) const INDEX_KEY: u32 = 0;

/// From when a new data key seals: by then every process has read it, as each looks for new ones more often.
pub const KEY_NOTICE_MS: i64 = 30_000;

#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error(
        "密文不能解开：内容被改动过，或者是用另一把密钥加密的。请核对数据目录里的 keys/master.key 是不是原来的那一把；是的，请从备份恢复"
    )]
    Broken,
    #[error(
        "密文用第 {0} 把数据密钥加密，本程序还没有读到这一把。请过几秒再试；一直如此的，请先校准各服务器的时间，再检查数据库里的密钥是否完整"
    )]
    NoSuchKey(u32),
    #[error(
        "第 {0} 把数据密钥不能解开：数据库里的密钥被改动过，或者 keys/master.key 不是原来的那一把。请核对密钥文件；是原来的，请从备份恢复"
    )]
    Unwrap(u32),
    #[error(
        "密钥文件 {0} 的内容不对：应是 64 位十六进制数字。请从保管处或带密钥的备份取回原来的密钥文件，不要自己编写"
    )]
    BadKey(String),
    #[error("不能读写密钥文件 {path}：{source}。请检查文件是否存在，以及文件和目录的权限")]
    Io { path: String, source: std::io::Error },
}

/// A data key as the database and backups keep it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataKey {
    pub number: u32,
    /// None for the key of the indexes.
    pub algorithm: Option<Algorithm>,
    /// By the master key.
    #[serde(with = "hex::serde")]
    pub wrapped: Vec<u8>,
    pub made_at: i64,
    /// It seals from then on.
    pub used_from: i64,
}

impl DataKey {
    fn label(number: u32) -> String {
        format!("data key {number}")
    }

    /// How the database names what the key is for.
    pub fn code(&self) -> &'static str {
        self.algorithm.map_or("hmac-sha256", Algorithm::code)
    }

    pub(crate) fn algorithm_of(code: &str) -> Option<Option<Algorithm>> {
        if code == "hmac-sha256" { Some(None) } else { Algorithm::parse(code).map(Some) }
    }
}

struct Ring {
    ciphers: BTreeMap<u32, Cipher>,
    known: Vec<DataKey>,
    /// What seals; 0: the master's own.
    current: u32,
    /// Of blind indexes: the master's own until the one in the database is learnt.
    index: [u8; 32],
}

/// What a key turned out to hold.
enum Unwrapped {
    Index([u8; 32]),
    Cipher(Cipher),
}

/// The master key as it is now: it may be changed while a process runs.
struct Master {
    key: Arc<dyn MasterKey>,
    fingerprint: String,
}

impl Master {
    fn new(key: Arc<dyn MasterKey>) -> Master {
        let fingerprint = hex::encode(&Sha256::digest(key.derive("yimen fingerprint"))[..8]);
        Master { key, fingerprint }
    }
}

pub struct Sealer {
    master: RwLock<Master>,
    /// Of format `BY_MASTER`.
    own: Cipher,
    ring: RwLock<Ring>,
}

impl Sealer {
    pub fn new(master: [u8; 32]) -> Self {
        Self::with_master(Arc::new(HeldKey::new(master)))
    }

    /// With a master key that somebody else holds.
    pub fn with_master(master: Arc<dyn MasterKey>) -> Self {
        Self {
            own: cipher_of(&*master, Algorithm::Aes256Gcm, &master.derive("yimen seal")),
            ring: RwLock::new(Ring {
                ciphers: BTreeMap::new(),
                known: Vec::new(),
                current: 0,
                index: master.derive("yimen blind index"),
            }),
            master: RwLock::new(Master::new(master)),
        }
    }

    fn master(&self) -> Arc<dyn MasterKey> {
        self.master.read().unwrap_or_else(PoisonError::into_inner).key.clone()
    }

    /// Goes on under another master key, by which the database has wrapped every key anew.
    pub fn go_on_under(&self, other: &Sealer) {
        let new = Master { key: other.master(), fingerprint: other.fingerprint() };
        *self.master.write().unwrap_or_else(PoisonError::into_inner) = new;
    }

    // No code that can panic runs under the lock, so a poisoned one is still consistent.
    fn ring(&self) -> RwLockReadGuard<'_, Ring> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn ring_mut(&self) -> RwLockWriteGuard<'_, Ring> {
        self.ring.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes up data keys it does not know yet, and seals with the newest whose time has come. Answers the number of that
    /// one where it has changed.
    pub fn learn(&self, keys: &[DataKey], now: Instant) -> Result<Option<u32>, SealError> {
        let fresh: Vec<(&DataKey, Unwrapped)> = {
            let ring = self.ring();
            let is_known = |key: &&DataKey| ring.known.iter().any(|known| known.number == key.number);
            let unwrapped = keys.iter().filter(|key| !is_known(key)).map(|key| {
                let bytes = self.unwrap(key)?;
                let held = match key.algorithm {
                    Some(algorithm) => Unwrapped::Cipher(cipher_of(&*self.master(), algorithm, &bytes)),
                    None => Unwrapped::Index(bytes),
                };
                Ok((key, held))
            });
            unwrapped.collect::<Result<_, SealError>>()?
        };
        let mut ring = self.ring_mut();
        for (key, held) in fresh {
            match held {
                Unwrapped::Cipher(cipher) => _ = ring.ciphers.insert(key.number, cipher),
                Unwrapped::Index(bytes) => ring.index = bytes,
            }
            ring.known.push(key.clone());
        }
        let due = ring.known.iter().filter(|key| key.algorithm.is_some() && key.used_from <= now.0);
        let newest = due.map(|key| key.number).max().unwrap_or(0);
        let changed = ring.current != newest;
        ring.current = newest;
        Ok(changed.then_some(newest))
    }

    /// A new random data key, wrapped. It is in use once it is kept and learnt.
    pub fn data_key(&self, number: u32, algorithm: Algorithm, made: Instant, used_from: i64) -> DataKey {
        let mut key = [0; 32];
        rand::rng().fill_bytes(&mut key);
        let wrapped = self.master().wrap(&DataKey::label(number), &key);
        DataKey { number, algorithm: Some(algorithm), wrapped, made_at: made.0, used_from }
    }

    /// The key of the indexes as it is in use, wrapped.
    pub(crate) fn index_key(&self, made: Instant) -> DataKey {
        let wrapped = self.master().wrap(&DataKey::label(INDEX_KEY), &self.ring().index);
        DataKey { number: INDEX_KEY, algorithm: None, wrapped, made_at: made.0, used_from: 0 }
    }

    fn unwrap(&self, key: &DataKey) -> Result<[u8; 32], SealError> {
        let bytes = self.master().unwrap(&DataKey::label(key.number), &key.wrapped);
        bytes.ok_or(SealError::Unwrap(key.number))
    }

    /// The same key, wrapped by another master key.
    pub(crate) fn wrapped_anew(&self, key: &DataKey, by: &Sealer) -> Result<DataKey, SealError> {
        let wrapped = by.master().wrap(&DataKey::label(key.number), &self.unwrap(key)?);
        Ok(DataKey { wrapped, ..key.clone() })
    }

    /// The data keys it has learnt.
    pub fn data_keys(&self) -> Vec<DataKey> {
        self.ring().known.clone()
    }

    /// The number of the data key that seals.
    pub fn current(&self) -> u32 {
        self.ring().current
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
        write_private(path, text.as_bytes()).map_err(io(path))?;
        // What is sealed under a key is lost with it: its name must be on the disk, too, before anything is.
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(io(path))
    }

    /// Tells two keys apart without revealing either; a backup carries it.
    pub fn fingerprint(&self) -> String {
        self.master.read().unwrap_or_else(PoisonError::into_inner).fingerprint.clone()
    }

    /// Seals `plain`; `label` (table and column) is bound in, so sealed data cannot be moved to another place.
    pub fn seal(&self, label: &str, plain: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE];
        rand::rng().fill_bytes(&mut nonce);
        let ring = self.ring();
        let (cipher, mut out) = match ring.ciphers.get(&ring.current) {
            Some(cipher) => (cipher, [&[BY_DATA_KEY][..], &ring.current.to_be_bytes()].concat()),
            None => (&self.own, vec![BY_MASTER]),
        };
        // The ciphers refuse only messages over 64 GiB; ours are bounded by the request size.
        let sealed = cipher.seal(nonce, label, plain).expect("message within the cipher's limit");
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        out
    }

    pub fn open(&self, label: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let ring = self.ring();
        let (cipher, rest) = match sealed.split_first() {
            Some((&BY_MASTER, rest)) => (&self.own, rest),
            Some((&BY_DATA_KEY, rest)) => {
                let (number, rest) = rest.split_first_chunk().ok_or(SealError::Broken)?;
                let number = u32::from_be_bytes(*number);
                (ring.ciphers.get(&number).ok_or(SealError::NoSuchKey(number))?, rest)
            }
            _ => return Err(SealError::Broken),
        };
        let (nonce, message) = rest.split_first_chunk::<NONCE>().ok_or(SealError::Broken)?;
        cipher.open(*nonce, label, message).ok_or(SealError::Broken)
    }

    /// The number of the data key that sealed it; 0: none, but the master key itself.
    pub fn sealed_by(sealed: &[u8]) -> Result<u32, SealError> {
        match sealed.split_first() {
            Some((&BY_MASTER, _)) => Ok(0),
            Some((&BY_DATA_KEY, rest)) => {
                let (number, _) = rest.split_first_chunk().ok_or(SealError::Broken)?;
                Ok(u32::from_be_bytes(*number))
            }
            _ => Err(SealError::Broken),
        }
    }

    /// The same sealed anew, unless the data key in use sealed it.
    pub fn reseal(&self, label: &str, sealed: &[u8]) -> Result<Option<Vec<u8>>, SealError> {
        match Self::sealed_by(sealed)? == self.current() {
            true => Ok(None),
            false => Ok(Some(self.seal(label, &self.open(label, sealed)?))),
        }
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
        hex::encode(&mac(&self.ring().index, text.as_bytes())[..16])
    }

    /// Signs short server-side messages (form nonces, gateway calls).
    pub fn mac(&self, label: &str, message: &str) -> String {
        self.blind_index(label, message)
    }
}

fn cipher_of(master: &dyn MasterKey, algorithm: Algorithm, key: &[u8; 32]) -> Cipher {
    master.cipher(algorithm, key).map_or_else(|| Cipher::new(algorithm, key), Cipher::Theirs)
}

/// Materials lie sealed in the blob store, each bound to its digest.
impl yimen_blobs::Seal for Sealer {
    fn seal(&self, digest: &str, plain: &[u8]) -> Result<Vec<u8>, String> {
        Ok(Sealer::seal(self, digest, plain))
    }

    fn open(&self, digest: &str, sealed: &[u8]) -> Result<Vec<u8>, String> {
        Sealer::open(self, digest, sealed).map_err(|e| e.to_string())
    }

    fn is_current(&self, start: &[u8]) -> bool {
        Sealer::sealed_by(start).is_ok_and(|number| number == self.current())
    }
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

    #[test]
    fn a_new_data_key_seals_from_its_time_on_and_the_old_ones_still_open() {
        let sealer = Sealer::new([7; 32]);
        let by_master = sealer.seal_text("x", "before");
        let mut keys = vec![sealer.data_key(1, Algorithm::Aes256Gcm, Instant(0), 0)];
        assert_eq!(sealer.learn(&keys, Instant(0)).unwrap(), Some(1));
        let first = sealer.seal_text("x", "first");
        assert_eq!(first[..5], [BY_DATA_KEY, 0, 0, 0, 1]);
        // Another process has read the second key before anybody seals with it.
        keys.push(sealer.data_key(2, Algorithm::Sm4Gcm, Instant(0), KEY_NOTICE_MS));
        assert_eq!(sealer.learn(&keys, Instant(KEY_NOTICE_MS - 1)).unwrap(), None);
        let other = Sealer::new([7; 32]);
        other.learn(&keys, Instant(0)).unwrap();
        assert_eq!(sealer.learn(&keys, Instant(KEY_NOTICE_MS)).unwrap(), Some(2));
        let second = sealer.seal_text("x", "second");
        assert_eq!(second[..5], [BY_DATA_KEY, 0, 0, 0, 2]);
        for (sealed, plain) in [(&by_master, "before"), (&first, "first"), (&second, "second")] {
            assert_eq!(sealer.open_text("x", sealed).unwrap(), plain);
            assert_eq!(other.open_text("x", sealed).unwrap(), plain);
            assert!(other.open("y", sealed).is_err());
            for i in 0..sealed.len() {
                let mut changed = sealed.clone();
                changed[i] ^= 1;
                assert!(sealer.open("x", &changed).is_err(), "byte {i}");
            }
        }
        // Who has not read it says which one is missing.
        assert!(matches!(Sealer::new([7; 32]).open("x", &second), Err(SealError::NoSuchKey(2))));
        // Indexes and fingerprint stay: people are found under every data key.
        assert_eq!(sealer.blind_index("number", "a"), Sealer::new([7; 32]).blind_index("number", "a"));
    }

    #[test]
    fn a_data_key_opens_only_under_its_master_and_its_number() {
        let sealer = Sealer::new([7; 32]);
        let key = sealer.data_key(1, Algorithm::Aes256Gcm, Instant(0), 0);
        let stolen = Sealer::new([8; 32]).learn(std::slice::from_ref(&key), Instant(0));
        assert!(matches!(stolen, Err(SealError::Unwrap(1))));
        let renamed = DataKey { number: 2, ..key };
        assert!(matches!(sealer.learn(&[renamed], Instant(0)), Err(SealError::Unwrap(2))));
    }

    /// A module that turns every bit around, to be told from the ciphers here.
    struct Card;

    impl MasterKey for Card {
        fn derive(&self, _: &str) -> [u8; 32] {
            [7; 32]
        }
        fn wrap(&self, _: &str, key: &[u8; 32]) -> Vec<u8> {
            key.to_vec()
        }
        fn unwrap(&self, _: &str, wrapped: &[u8]) -> Option<[u8; 32]> {
            wrapped.try_into().ok()
        }
        fn cipher(&self, _: Algorithm, _: &[u8; 32]) -> Option<Box<dyn DataCipher>> {
            Some(Box::new(Card))
        }
    }

    impl DataCipher for Card {
        fn seal(&self, _: [u8; 12], _: &str, plain: &[u8]) -> Option<Vec<u8>> {
            Some(plain.iter().map(|byte| !byte).collect())
        }
        fn open(&self, _: [u8; 12], _: &str, sealed: &[u8]) -> Option<Vec<u8>> {
            Some(sealed.iter().map(|byte| !byte).collect())
        }
    }

    #[test]
    fn a_module_that_encrypts_by_itself_does_it_under_every_key() {
        let sealer = Sealer::with_master(Arc::new(Card));
        let by_master = sealer.seal_text("x", "a");
        sealer.learn(&[sealer.data_key(1, Algorithm::Sm4Gcm, Instant(0), 0)], Instant(0)).unwrap();
        let by_key = sealer.seal_text("x", "a");
        for sealed in [&by_master, &by_key] {
            assert_eq!(sealed.last(), Some(&!b'a'));
            assert_eq!(sealer.open_text("x", sealed).unwrap(), "a");
        }
        assert_eq!((Sealer::sealed_by(&by_master).unwrap(), Sealer::sealed_by(&by_key).unwrap()), (0, 1));
    }
}
