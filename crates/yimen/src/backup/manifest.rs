//! What a backup says about itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use yimen_platform::{DataKey, Sealer};

/// The version of the archive's layout that this program writes and reads.
pub const FORMAT: u32 = 1;

pub const DATABASE: &str = "database.jsonl.zst";
pub const KEY: &str = "keys/master.key";
/// Sealed: without the master key the file tells nothing.
pub const LEDGER_KEY: &str = "keys/ledger.key.sealed";
/// What the sealed key is bound to.
pub const LEDGER_KEY_LABEL: &str = "backup ledger key";
pub const SUMS: &str = "SHA256SUMS";
pub const MANIFEST: &str = "manifest.json";
pub const MAC: &str = "manifest.mac";

/// `manifest.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub yimen_backup: u32,
    pub product_version: String,
    pub schema_version: u32,
    /// The engine it was taken from; it may be restored into the other.
    pub engine: String,
    pub taken_at: String,
    pub key_fingerprint: String,
    pub with_key: bool,
    /// Wrapped by the master key: blobs are checked with them before there is a database to read them from.
    #[serde(default)]
    pub data_keys: Vec<DataKey>,
    /// Rows of each table.
    pub tables: BTreeMap<String, u64>,
    /// Of all rows but for transaction numbers; see `RowDigest`.
    pub rows_sha256: String,
    pub blobs: BlobTotals,
    /// The members that no other list names: database and `SHA256SUMS`, which names the rest.
    pub members: BTreeMap<String, Sum>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobTotals {
    pub count: u64,
    /// At rest, sealed.
    pub bytes: u64,
    /// Named by a row, but absent or damaged in the blob store when the backup was taken.
    pub missing: Vec<String>,
}

/// A member's size and digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    pub bytes: u64,
    pub sha256: String,
}

impl Manifest {
    pub fn rows(&self) -> u64 {
        self.tables.values().sum()
    }
}

/// Only who has the key can make it: a backup that somebody else put together is told from ours.
pub fn mac(sealer: &Sealer, manifest: &[u8]) -> String {
    sealer.mac("backup manifest", &hex::encode(Sha256::digest(manifest)))
}

/// `blobs/ab/abcd…`, as in a blob folder.
pub fn blob_name(digest: &str) -> String {
    format!("blobs/{}/{digest}", &digest[..2])
}

/// The digest in the name of a member, if it is a blob's.
pub fn blob_digest(name: &str) -> Option<&str> {
    let (folder, digest) = name.strip_prefix("blobs/")?.split_once('/')?;
    let hex = |c: u8| matches!(c, b'0'..=b'9' | b'a'..=b'f');
    (digest.len() == 64 && digest.bytes().all(hex) && digest.starts_with(folder) && folder.len() == 2)
        .then_some(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_blobs_own_name_is_one() {
        let digest = "ab".repeat(32);
        assert_eq!(blob_digest(&blob_name(&digest)), Some(digest.as_str()));
        for wrong in [
            format!("blobs/cd/{digest}"),
            format!("blobs/ab/../{digest}"),
            format!("/blobs/ab/{digest}"),
            format!("blobs/ab/{}", digest.to_uppercase()),
            "blobs/ab/abc".to_owned(),
            KEY.to_owned(),
        ] {
            assert_eq!(blob_digest(&wrong), None, "{wrong}");
        }
    }
}
