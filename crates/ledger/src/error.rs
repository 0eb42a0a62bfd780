//! What can go wrong with the log, told once.

use yimen_store::StoreError;

use crate::tlog::key::KeyError;
use crate::tlog::note::NoteError;
use crate::tlog::proof::ProofError;

#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the key file {path}: {source}")]
    KeyFile { path: String, source: std::io::Error },
    #[error("the key file {path}, line {line}: {source}")]
    Key { path: String, line: usize, source: KeyError },
    #[error("the key file {0} needs one Ed25519 key, and every key in it has the same name")]
    Keys(String),
    #[error(
        "缺少公开账本的签名密钥 {0}，而账本已经签过名。请把原来的 keys/ledger.key（备份、原服务器或其他节点上）放到这里。确实找不回来的，用 yimen ledger keys --new 生成新的密钥：以前的凭证在本站就核验不了。"
    )]
    KeyMissing(String),
    #[error(transparent)]
    Proof(#[from] ProofError),
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The log does not say what the journal says, or does not hang together.
    #[error("{0}")]
    Broken(String),
    #[error("the witness {witness}: {problem}")]
    Witness { witness: String, problem: String },
}
