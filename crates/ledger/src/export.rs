//! Signing what leaves the journal as a file, so that whoever is given it later can tell that it is whole and unchanged.
//!
//! The file ends in a signed note over the digest of everything before it.

use sha2::{Digest, Sha256};
use yimen_standards::time::Instant;

use crate::Keys;
use crate::error::LedgerError;
use crate::tlog::key::Verifier;
use crate::tlog::note::{Note, NoteError};

const HEAD: &str = "yimen-journal-export/v1";

/// What a good export says of itself.
#[derive(Debug, PartialEq, Eq)]
pub struct Exported {
    pub rows: u64,
    pub at: Instant,
    pub signed_by: String,
}

/// The end of a file: `sha256` in hexadecimal of all bytes before.
pub fn sign(keys: &Keys, sha256: &str, rows: u64, at: Instant) -> String {
    let mut note = Note::new(format!("{HEAD}\nsha256 {sha256}\nrows {rows}\nat {}\n", at.0));
    let unix = at.0.unsigned_abs() / 1000;
    note.signatures = keys.signers().iter().map(|signer| signer.sign(&note.text, unix)).collect();
    note.to_string()
}

/// Checks a file against the keys of its log.
pub fn check(file: &[u8], keys: &[Verifier]) -> Result<Exported, LedgerError> {
    let broken = |why: &str| LedgerError::Export(why.to_owned());
    let mark = format!("\n{HEAD}\n");
    let at = file.windows(mark.len()).rposition(|part| part == mark.as_bytes());
    let at = at.ok_or_else(|| broken("文件末尾没有签名，可能没有下载完整"))?;
    let (content, rest) = file.split_at(at + 1);
    let note = std::str::from_utf8(rest).map_err(|_| broken("签名部分不是文字"))?;
    let note = Note::parse(note).map_err(|_| broken("签名部分的格式不对，可能没有下载完整"))?;
    let signers = note.verify(keys).map_err(|error| match error {
        NoteError::WrongSignature => broken("签名与内容不符，文件被改动过"),
        _ => broken("没有一个已知的密钥为它签过名，请核对公钥"),
    })?;
    let signed_by = signers.first().map_or("", |key| key.name()).to_owned();
    let mut lines = note.text.lines().skip(1);
    let mut field = |name: &str| {
        let line = lines.next().and_then(|line| line.strip_prefix(name));
        line.map(|value| value.trim_start().to_owned()).ok_or_else(|| broken("签名部分缺少一项"))
    };
    let (sha256, rows, at) = (field("sha256 ")?, field("rows ")?, field("at ")?);
    if hex::encode(Sha256::digest(content)) != sha256 {
        return Err(broken("内容与签名不符，文件被改动过"));
    }
    let number = |text: &str| text.parse::<u64>().map_err(|_| broken("签名部分的数字不对"));
    let at = i64::try_from(number(&at)?).map_err(|_| broken("签名部分的数字不对"))?;
    Ok(Exported { rows: number(&rows)?, at: Instant(at), signed_by })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_is_good_only_whole_and_under_its_keys() {
        let keys = Keys::generate("city.example/tlog", || [3; 32]).unwrap();
        let other = Keys::generate("city.example/tlog", || [4; 32]).unwrap();
        // A line that looks like the end is none.
        let content = format!("a,b\n{HEAD}\nc,d\n");
        let digest = hex::encode(Sha256::digest(&content));
        let file = content + &sign(&keys, &digest, 2, Instant(1_795_000_000_000));
        let good = check(file.as_bytes(), &keys.verifiers()).unwrap();
        assert_eq!(
            (good.rows, good.at.0, good.signed_by.as_str()),
            (2, 1_795_000_000_000, "city.example/tlog")
        );
        assert!(check(file.as_bytes(), &other.verifiers()).is_err());
        // Two keys sign; one of them is enough.
        let (text, first) = (file.rfind("\nat 17").unwrap() + 1, file.rfind("\n— ").unwrap() + 1);
        for at in 0..file.len() {
            let mut changed = file.clone().into_bytes();
            changed[at] ^= 1;
            for (other, from, what) in
                [(&file.as_bytes()[..at], first, "cut"), (&changed[..], text, "changed")]
            {
                if let Ok(told) = check(other, &keys.verifiers()) {
                    assert_eq!(told, good, "{what} at {at}");
                    assert!(at >= from, "{what} at {at}, in what is signed");
                }
            }
        }
    }
}
