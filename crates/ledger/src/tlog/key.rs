//! Keys of notes: Ed25519 for the log, timestamped Ed25519 for witnesses, SM2 beside it for who must use it.

use ed25519_dalek::Signer as _;
use sha2::{Digest, Sha256};
use sm2::dsa::signature::Verifier as _;

use super::note::{SignatureLine, is_key_name};
use super::{base64_decode, base64_encode};

/// What SM2 signatures are bound to (GM/T 0009): the value every program takes that was told no other.
pub const SM2_DISTID: &str = "1234567812345678";

/// How a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// Type 0x01 of C2SP signed-note.
    Ed25519,
    /// Type 0x04 of C2SP tlog-cosignature: Ed25519 over the time and the checkpoint.
    Cosignature,
    /// SM2 with SM3 over the text, as r and s of 32 bytes. C2SP has assigned no type: 0xff and a name of its own.
    Sm2,
}

impl Algorithm {
    const ALL: [Self; 3] = [Self::Ed25519, Self::Cosignature, Self::Sm2];

    /// The bytes that stand for it before the public key.
    const fn id(self) -> &'static [u8] {
        match self {
            Self::Ed25519 => &[0x01],
            Self::Cosignature => &[0x04],
            Self::Sm2 => b"\xffsm2-sm3",
        }
    }
}

enum Secret {
    Ed25519(Box<ed25519_dalek::SigningKey>),
    Sm2(Box<sm2::dsa::SigningKey>),
}

/// A key that signs notes under a name.
pub struct Signer {
    secret: Secret,
    verifier: Verifier,
}

#[derive(Clone)]
enum Public {
    Ed25519(ed25519_dalek::VerifyingKey),
    Sm2(Box<sm2::dsa::VerifyingKey>),
}

/// A key that others sign notes with.
#[derive(Clone)]
pub struct Verifier {
    name: String,
    key_id: [u8; 4],
    algorithm: Algorithm,
    public: Public,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("密钥的名称不能为空，也不能有空格和“+”")]
    BadName,
    #[error("格式不对：公钥应写作“名称+编号+公钥”，私钥以“PRIVATE+KEY+”开头")]
    Malformed,
    #[error("编号与名称、公钥对不上，可能抄错或被改动过")]
    WrongId,
}

impl Verifier {
    fn new(name: &str, algorithm: Algorithm, public: Public) -> Result<Self, KeyError> {
        if !is_key_name(name) {
            return Err(KeyError::BadName);
        }
        let mut verifier = Self { name: name.into(), key_id: [0; 4], algorithm, public };
        let mut hasher = Sha256::new();
        hasher.update(name);
        hasher.update(b"\n");
        hasher.update(verifier.encoded());
        verifier.key_id.copy_from_slice(&hasher.finalize()[..4]);
        Ok(verifier)
    }

    /// Reads `name+id+key`.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::Malformed);
        };
        let bytes = base64_decode(key).ok_or(KeyError::Malformed)?;
        let (algorithm, public) = Self::decode(&bytes).ok_or(KeyError::Malformed)?;
        let verifier = Self::new(name, algorithm, public)?;
        if hex::encode(verifier.key_id) != id { Err(KeyError::WrongId) } else { Ok(verifier) }
    }

    fn decode(bytes: &[u8]) -> Option<(Algorithm, Public)> {
        let found = Algorithm::ALL.iter().find_map(|a| Some((*a, bytes.strip_prefix(a.id())?)));
        let (algorithm, key) = found?;
        let public = match algorithm {
            Algorithm::Sm2 => {
                Public::Sm2(Box::new(sm2::dsa::VerifyingKey::from_sec1_bytes(SM2_DISTID, key).ok()?))
            }
            _ => Public::Ed25519(ed25519_dalek::VerifyingKey::from_bytes(key.try_into().ok()?).ok()?),
        };
        Some((algorithm, public))
    }

    /// The algorithm and the public key.
    fn encoded(&self) -> Vec<u8> {
        let mut bytes = self.algorithm.id().to_vec();
        match &self.public {
            Public::Ed25519(key) => bytes.extend_from_slice(key.as_bytes()),
            Public::Sm2(key) => bytes.extend_from_slice(&key.to_sec1_bytes()),
        }
        bytes
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn key_id(&self) -> [u8; 4] {
        self.key_id
    }

    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(super) fn verify(&self, text: &str, signature: &[u8]) -> bool {
        match (&self.public, self.algorithm) {
            (Public::Ed25519(key), Algorithm::Cosignature) => {
                let Some((time, signature)) = signature.split_first_chunk::<8>() else { return false };
                ed25519_ok(key, cosigned(u64::from_be_bytes(*time), text).as_bytes(), signature)
            }
            (Public::Ed25519(key), _) => ed25519_ok(key, text.as_bytes(), signature),
            (Public::Sm2(key), _) => {
                let signature = sm2::dsa::Signature::from_slice(signature);
                signature.is_ok_and(|signature| key.verify(text.as_bytes(), &signature).is_ok())
            }
        }
    }
}

fn ed25519_ok(key: &ed25519_dalek::VerifyingKey, message: &[u8], signature: &[u8]) -> bool {
    let signature = ed25519_dalek::Signature::from_slice(signature);
    signature.is_ok_and(|signature| key.verify_strict(message, &signature).is_ok())
}

/// What a witness signs.
fn cosigned(unix: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {unix}\n{text}")
}

/// When a witness signed, in seconds; its signature begins with it.
pub fn cosigned_at(signature: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(*signature.first_chunk::<8>()?))
}

impl std::fmt::Display for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}+{}+{}", self.name, hex::encode(self.key_id), base64_encode(&self.encoded()))
    }
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl Signer {
    /// A key out of 32 secret bytes. Fails for a bad name, and for the few byte strings that are no SM2 key.
    pub fn new(name: &str, algorithm: Algorithm, seed: &[u8; 32]) -> Result<Self, KeyError> {
        let (secret, public) = match algorithm {
            Algorithm::Sm2 => {
                let key =
                    sm2::dsa::SigningKey::from_slice(SM2_DISTID, seed).map_err(|_| KeyError::Malformed)?;
                let public = Public::Sm2(Box::new(key.verifying_key().clone()));
                (Secret::Sm2(Box::new(key)), public)
            }
            _ => {
                let key = ed25519_dalek::SigningKey::from_bytes(seed);
                let public = Public::Ed25519(key.verifying_key());
                (Secret::Ed25519(Box::new(key)), public)
            }
        };
        Ok(Self { secret, verifier: Verifier::new(name, algorithm, public)? })
    }

    /// Reads `PRIVATE+KEY+name+id+key`.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let rest = text.trim().strip_prefix("PRIVATE+KEY+").ok_or(KeyError::Malformed)?;
        let mut parts = rest.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::Malformed);
        };
        let bytes = base64_decode(key).ok_or(KeyError::Malformed)?;
        let found = Algorithm::ALL.iter().find_map(|a| Some((*a, bytes.strip_prefix(a.id())?)));
        let (algorithm, seed) = found.ok_or(KeyError::Malformed)?;
        let signer = Self::new(name, algorithm, seed.try_into().map_err(|_| KeyError::Malformed)?)?;
        if hex::encode(signer.verifier.key_id) != id { Err(KeyError::WrongId) } else { Ok(signer) }
    }

    /// The line of a key file. Secret.
    pub fn to_secret_text(&self) -> String {
        let seed: [u8; 32] = match &self.secret {
            Secret::Ed25519(key) => key.to_bytes(),
            Secret::Sm2(key) => key.to_bytes().into(),
        };
        let bytes = [self.verifier.algorithm.id(), &seed].concat();
        let id = hex::encode(self.verifier.key_id);
        format!("PRIVATE+KEY+{}+{id}+{}", self.verifier.name, base64_encode(&bytes))
    }

    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// Signs the text of a note; `unix` is the time, in seconds, that a witness puts to it.
    pub fn sign(&self, text: &str, unix: u64) -> SignatureLine {
        let signature = match (&self.secret, self.verifier.algorithm) {
            (Secret::Ed25519(key), Algorithm::Cosignature) => {
                let signature = key.sign(cosigned(unix, text).as_bytes());
                [&unix.to_be_bytes()[..], &signature.to_bytes()].concat()
            }
            (Secret::Ed25519(key), _) => key.sign(text.as_bytes()).to_bytes().to_vec(),
            (Secret::Sm2(key), _) => {
                let signature: sm2::dsa::Signature =
                    sm2::dsa::signature::Signer::sign(&**key, text.as_bytes());
                signature.to_bytes().to_vec()
            }
        };
        let Verifier { name, key_id, .. } = &self.verifier;
        SignatureLine { name: name.clone(), key_id: *key_id, signature }
    }
}
