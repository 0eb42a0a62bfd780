//! What can go wrong with the log, told once.

use yimen_store::StoreError;

use crate::tlog::key::KeyError;
use crate::tlog::note::NoteError;
use crate::tlog::proof::ProofError;

#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("不能读写公开账本的密钥文件 {path}：{source}。请检查文件和目录的权限")]
    KeyFile { path: String, source: std::io::Error },
    #[error(
        "公开账本的密钥文件 {path} 第 {line} 行不能使用：{source}。请从备份或原服务器取回原来的 keys/ledger.key"
    )]
    Key { path: String, line: usize, source: KeyError },
    #[error(
        "公开账本的密钥文件 {0} 不能使用：里面要有一把（且只有一把）Ed25519 密钥，各把密钥的名称要相同。请从备份或原服务器取回原来的 keys/ledger.key"
    )]
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
    #[error("{0}")]
    Export(String),
    #[error("见证方 {witness}：{problem}")]
    Witness { witness: String, problem: String },
}
