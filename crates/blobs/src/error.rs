//! What can go wrong with blobs.

use thiserror::Error;

/// A failure of the blob store.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BlobError {
    #[error("no such blob")]
    NotFound,
    /// No space left. Nothing was stored.
    #[error("no space left for blobs")]
    Full,
    #[error("larger than {max} bytes")]
    TooLarge { max: u64 },
    /// The stored bytes are not those that were stored.
    #[error("blob {0} is damaged")]
    Corrupt(String),
    #[error("not a digest: 64 lower-case hexadecimal digits")]
    BadDigest,
    /// Sealing or unsealing failed.
    #[error("seal: {0}")]
    Seal(String),
    /// The bytes to be stored could not be read.
    #[error("the upload broke off: {0}")]
    Source(String),
    /// The store does not answer or refuses.
    #[error("the blob store is unavailable: {0}")]
    Unavailable(String),
    /// The URL of the store is wrong; the text says how.
    #[error("{0}")]
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
