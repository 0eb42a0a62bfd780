//! Signed notes (C2SP signed-note): a text, and lines that sign it.

use super::key::Verifier;
use super::{base64_decode, base64_encode};

/// Larger notes are refused unread.
const MAX_BYTES: usize = 64 * 1024;
/// More lines than that nobody signs with good intent.
const MAX_SIGNATURES: usize = 64;
const DASH: &str = "— ";

/// A text and its signatures, none of which has been looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// With the newline it ends in.
    pub text: String,
    pub signatures: Vec<SignatureLine>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureLine {
    pub name: String,
    pub key_id: [u8; 4],
    pub signature: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    #[error("检查点超过 {MAX_BYTES} 字节")]
    TooLarge,
    #[error("检查点的格式不对：应是正文、空行和签名")]
    Malformed,
    #[error("检查点有一行签名无法识别")]
    BadSignatureLine,
    #[error("没有一个已知的密钥为它签过名，请核对公钥")]
    Unsigned,
    #[error("签名与内容不符，内容被改动过")]
    WrongSignature,
}

impl SignatureLine {
    pub fn parse(line: &str) -> Result<Self, NoteError> {
        let (name, signature) = line
            .strip_prefix(DASH)
            .and_then(|rest| rest.split_once(' '))
            .ok_or(NoteError::BadSignatureLine)?;
        let bytes = base64_decode(signature).ok_or(NoteError::BadSignatureLine)?;
        let (key_id, signature) = bytes.split_first_chunk::<4>().ok_or(NoteError::BadSignatureLine)?;
        if !is_key_name(name) || signature.is_empty() {
            return Err(NoteError::BadSignatureLine);
        }
        Ok(Self { name: name.into(), key_id: *key_id, signature: signature.into() })
    }
}

impl std::fmt::Display for SignatureLine {
    /// Without the newline.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = [&self.key_id[..], &self.signature].concat();
        write!(f, "{DASH}{} {}", self.name, base64_encode(&bytes))
    }
}

/// Not empty, without white space and `+`.
pub fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+')
}

impl Note {
    /// A text that nobody has signed yet; it ends in a newline.
    pub fn new(text: String) -> Self {
        debug_assert!(text.ends_with('\n'), "the text of a note ends in a newline");
        Self { text, signatures: Vec::new() }
    }

    pub fn parse(text: &str) -> Result<Self, NoteError> {
        if text.len() > MAX_BYTES {
            return Err(NoteError::TooLarge);
        }
        if text.contains(|c: char| c < ' ' && c != '\n') {
            return Err(NoteError::Malformed);
        }
        let split = text.rfind("\n\n").ok_or(NoteError::Malformed)?;
        let (body, lines) = (&text[..=split], &text[split + 2..]);
        let lines = lines.strip_suffix('\n').ok_or(NoteError::Malformed)?;
        let signatures: Vec<_> = lines.split('\n').map(SignatureLine::parse).collect::<Result<_, _>>()?;
        if signatures.len() > MAX_SIGNATURES {
            return Err(NoteError::TooLarge);
        }
        Ok(Self { text: body.into(), signatures })
    }

    /// Which of `keys` signed it. Signatures of others are passed over; a wrong one of a known key spoils the note.
    pub fn verify<'k>(&self, keys: &'k [Verifier]) -> Result<Vec<&'k Verifier>, NoteError> {
        let mut signed: Vec<&Verifier> = Vec::new();
        for line in &self.signatures {
            let Some(key) = keys.iter().find(|k| k.name() == line.name && k.key_id() == line.key_id) else {
                continue;
            };
            if !key.verify(&self.text, &line.signature) {
                return Err(NoteError::WrongSignature);
            }
            if !signed.iter().any(|k| k.key_id() == key.key_id() && k.name() == key.name()) {
                signed.push(key);
            }
        }
        if signed.is_empty() { Err(NoteError::Unsigned) } else { Ok(signed) }
    }
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}
