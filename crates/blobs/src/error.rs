//! What can go wrong with blobs.

use thiserror::Error;

/// A failure of the blob store.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BlobError {
    #[error("材料库里没有这件材料，请核对 --blobs，并从备份恢复")]
    NotFound,
    /// No space left. Nothing was stored.
    #[error("材料库的磁盘已满，请腾出空间后再试")]
    Full,
    #[error("超过 {max} 字节")]
    TooLarge { max: u64 },
    /// The stored bytes are not those that were stored.
    #[error("材料 {0} 已损坏，请从备份恢复")]
    Corrupt(String),
    #[error("不是材料的摘要：应是 64 位小写十六进制数字")]
    BadDigest,
    /// Sealing or unsealing failed.
    #[error("{0}")]
    Seal(String),
    /// The bytes to be stored could not be read.
    #[error("上传中断：{0}")]
    Source(String),
    /// The store does not answer or refuses.
    #[error("材料库不可用：{0}。请检查 --blobs 指向的目录或对象存储")]
    Unavailable(String),
    /// The URL of the store is wrong; the text says how.
    #[error("{0}。请改正 --blobs")]
    Config(String),
}

pub type Result<T, E = BlobError> = std::result::Result<T, E>;

impl BlobError {
    pub(crate) fn from_store(error: object_store::Error) -> BlobError {
        if let object_store::Error::NotFound { .. } = error {
            return BlobError::NotFound;
        }
        // The reason sits somewhere down the chain of sources.
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
        while let Some(inner) = cause {
            if let Some(io) = inner.downcast_ref::<std::io::Error>()
                && matches!(io.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
            {
                return BlobError::Full;
            }
            cause = inner.source();
        }
        let text = error.to_string();
        // S3 servers say it with a status (507) or a code of their own (XMinioStorageFull).
        if text.contains("507 Insufficient Storage") || text.contains("StorageFull") {
            return BlobError::Full;
        }
        BlobError::Unavailable(text)
    }
}
