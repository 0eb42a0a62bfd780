//! Backups: one file with everything, taken while the server runs, restored into an empty place on either engine.
//!
//! The file is a plain tar archive, so that ordinary tools can look into it:
//!
//! | member | what it is |
//! | --- | --- |
//! | `database.jsonl.zst` | every row, as one snapshot saw them, in the portable dump of the store |
//! | `blobs/ab/abcd…` | each material a row of that snapshot names, sealed as it lies in the blob store |
//! | `keys/master.key` | only with `--with-key` |
//! | `keys/ledger.key.sealed` | what the public log signs with, sealed by the master key; absent before the first start |
//! | `SHA256SUMS` | digests of the members above, for `sha256sum -c` |
//! | `manifest.json` | what, when, by which version; rows, blobs, digests; the key's fingerprint |
//! | `manifest.mac` | the manifest's authentication code under the key |
//!
//! The database comes first and the blobs are read after its snapshot: they are never deleted, so all are there.
//! Materials are sealed and cannot be compressed; the database is compressed on its own. Nothing is held in memory but
//! one or a few materials and some hundred bytes for each.

mod archive;
pub mod manifest;
mod restore;
mod take;
mod write;

use std::path::PathBuf;

pub use archive::Archive;
pub use manifest::Manifest;
pub use restore::{LedgerKey, Restored, restore};
pub use take::{BLOB_COLUMNS, Source, take};
use yimen_blobs::BlobError;
use yimen_platform::SealError;
use yimen_store::StoreError;

use crate::open::OpenError;

/// Told about progress, a line at a time.
pub type Tell<'t> = &'t mut (dyn FnMut(String) + Send);

#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{0} 已经存在。备份不覆盖任何文件，请换一个文件名。")]
    Exists(PathBuf),
    #[error("另一个备份正在写 {0}。请等它结束，或换一个文件名。")]
    Busy(PathBuf),
    #[error("磁盘已满，写不下 {0}。没有留下不完整的备份，请换一个有空间的位置。")]
    Full(PathBuf),
    #[error("不能读写 {0}：{1}。请核对路径，并检查文件和目录的权限。")]
    Io(PathBuf, std::io::Error),
    #[error("数据库为空，没有可备份的内容：{0}。请检查 --data 与 --store。")]
    Nothing(String),
    #[error("{0} 不是一门的备份文件。")]
    NotBackup(PathBuf),
    #[error("{0} 不完整：备份没有写完，或文件被截断。请使用另一份备份。")]
    Incomplete(PathBuf),
    #[error("备份已损坏或被改动：{0}。没有恢复任何内容，请使用另一份备份。")]
    Damaged(String),
    #[error("这份备份的格式是第 {0} 版，本程序只能读第 {1} 版。请用更新的程序恢复。")]
    Format(u32, u32),
    #[error(
        "备份不含密钥，{0} 也不存在。数据用原服务器的密钥加密，没有它无法读取：请先把原服务器的 keys/master.key 复制到这里，再恢复。"
    )]
    KeyMissing(PathBuf),
    #[error(
        "{file} 的密钥（指纹 {has}）不是这份备份的密钥（指纹 {wants}）。请换成原服务器的密钥，或恢复到另一个空的数据目录。"
    )]
    KeyOther { file: PathBuf, has: String, wants: String },
    #[error(
        "数据库用指纹 {wants} 的密钥加密，数据目录里的密钥指纹是 {has}。请把正确的密钥放回数据目录再备份。"
    )]
    WrongKey { has: String, wants: String },
    #[error(
        "{0} 里已经有数据。只能恢复到空的数据库：请用 --data 指定新的目录，或用 --store 指定新的数据库。"
    )]
    NotEmpty(String),
    #[error(
        "{0} 是另一个公开账本的密钥，不是这份备份里的。用它签名，原来的凭证都会对不上：请把它移到别处，或恢复到另一个空的数据目录。"
    )]
    LedgerKeyOther(PathBuf),
    #[error("恢复后的数据与备份清单不一致：{0}。请不要使用这个数据库，换一份备份重新恢复。")]
    Differs(String),
    #[error("数据库：{0}")]
    Store(#[from] StoreError),
    #[error("材料库：{0}")]
    Blob(#[from] BlobError),
    #[error("密钥不可用：{0}。")]
    Key(#[from] SealError),
    #[error(transparent)]
    Open(#[from] OpenError),
}

pub type Result<T, E = BackupError> = std::result::Result<T, E>;

/// An I/O error of a file, in our words.
fn io(path: &std::path::Path) -> impl Fn(std::io::Error) -> BackupError + '_ {
    move |error| match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            BackupError::Full(path.to_owned())
        }
        _ => BackupError::Io(path.to_owned(), error),
    }
}
