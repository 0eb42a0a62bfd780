//! Proofs that travel on their own (C2SP tlog-proof): where an entry is, how it leads to a root, and who signed that.

use super::checkpoint::Checkpoint;
use super::hash::Hash;
use super::key::{Algorithm, Verifier};
use super::note::{Note, NoteError};
use super::tree::verify_inclusion;
use super::{base64_decode, base64_encode, decimal};

const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// A path is no longer than a tree is high.
const MAX_PATH: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// What a reader needs to make the entry again; proves nothing by itself.
    pub extra: Vec<u8>,
    pub index: u64,
    pub path: Vec<Hash>,
    pub note: Note,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ProofError {
    #[error("不是公开账本的凭证，或者内容不完整")]
    Malformed,
    #[error(transparent)]
    Note(#[from] NoteError),
    #[error("凭证出自另一个账本：{0}。请换用那个账本的公钥")]
    OtherLog(String),
    #[error("签过名的账本里没有这一条")]
    NotIncluded,
}

impl Proof {
    pub fn parse(text: &str) -> Result<Self, ProofError> {
        let (head, note) = text.split_once("\n\n").ok_or(ProofError::Malformed)?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(HEADER) {
            return Err(ProofError::Malformed);
        }
        let extra = match lines.peek().and_then(|line| line.strip_prefix("extra ")) {
            Some(extra) => {
                lines.next();
                base64_decode(extra).ok_or(ProofError::Malformed)?
            }
            None => Vec::new(),
        };
        let index = lines.next().and_then(|line| line.strip_prefix("index ")).and_then(decimal);
        let path: Option<Vec<Hash>> = lines.map(Hash::from_base64).collect();
        let (index, path) = index.zip(path).ok_or(ProofError::Malformed)?;
        if path.len() > MAX_PATH {
            return Err(ProofError::Malformed);
        }
        Ok(Self { extra, index, path, note: Note::parse(note)? })
    }

    /// The checkpoint, once a known key of the log `origin` has signed it and the entry is found to be in it. Also says
    /// which of `keys` signed.
    pub fn verify<'k>(
        &self,
        origin: &str,
        entry: &[u8],
        keys: &'k [Verifier],
    ) -> Result<(Checkpoint, Vec<&'k Verifier>), ProofError> {
        let signed = self.note.verify(keys)?;
        let checkpoint = Checkpoint::parse(&self.note.text).ok_or(ProofError::Malformed)?;
        if checkpoint.origin != origin {
            return Err(ProofError::OtherLog(checkpoint.origin));
        }
        // Witnesses alone do not speak for the log.
        if !signed.iter().any(|key| key.name() == origin && key.algorithm() != Algorithm::Cosignature) {
            return Err(NoteError::Unsigned.into());
        }
        let leaf = Hash::leaf(entry);
        match verify_inclusion(&leaf, self.index, checkpoint.size, &self.path, &checkpoint.root) {
            true => Ok((checkpoint, signed)),
            false => Err(ProofError::NotIncluded),
        }
    }
}

impl std::fmt::Display for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{HEADER}")?;
        if !self.extra.is_empty() {
            writeln!(f, "extra {}", base64_encode(&self.extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.path.iter().try_for_each(|hash| writeln!(f, "{}", hash.base64()))?;
        write!(f, "\n{}", self.note)
    }
}
