//! Content-addressed blobs in a local folder or an S3 bucket.
#![doc = include_str!("../README.md")]

mod batch;
mod error;
mod open;
#[cfg(feature = "s3")]
mod s3;

use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{BoxStream, StreamExt};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt};

use batch::Batch;
pub use error::{BlobError, Result};

/// Up to this size a blob is hashed and sealed where it is: handing it to another thread would take longer.
const SMALL: usize = 64 * 1024;

/// Encrypts whole objects at rest. `digest` is that of the plain bytes: bind it in as
/// associated data, so that one object cannot be passed off as another.
pub trait Seal: Send + Sync {
    fn seal(&self, digest: &str, plain: &[u8]) -> Result<Vec<u8>, String>;
    fn open(&self, digest: &str, sealed: &[u8]) -> Result<Vec<u8>, String>;
    /// Whether an object that begins so is sealed as a new one would be; see [`Blobs::reseal`].
    fn is_current(&self, start: &[u8]) -> bool;
}

/// As many bytes of an object tell how it is sealed.
const START: u64 = 16;

/// Where a blob is and how long it is: what a row stores.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BlobRef {
    /// SHA-256 of the plain bytes, 64 lower-case hexadecimal digits.
    pub digest: String,
    pub size: u64,
}

/// An object as the store lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobEntry {
    pub digest: String,
    /// Bytes at rest; larger than the blob when it is sealed.
    pub stored: u64,
    /// When it was written, milliseconds since the epoch.
    pub written: i64,
}

/// The blob store. Clones share it.
#[derive(Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    batch: Option<Arc<Batch>>,
    /// Of a local store.
    folder: Option<Arc<std::path::Path>>,
    seal: Option<Arc<dyn Seal>>,
}

impl std::fmt::Debug for Blobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Blobs({}/{})", self.store, self.prefix)
    }
}

impl Blobs {
    /// Opens `file:data/blobs` or `s3://bucket/prefix?endpoint=…`.
    pub fn open(url: &str) -> Result<Blobs> {
        let (store, prefix, batch) = open::open(url)?;
        let folder = url.strip_prefix("file:").map(|rest| rest.strip_prefix("//").unwrap_or(rest));
        let folder = folder.map(|folder| std::path::Path::new(folder).into());
        Ok(Blobs { store, prefix, batch: batch.map(Arc::new), folder, seal: None })
    }

    /// The same store with every object sealed at rest.
    pub fn sealed(mut self, seal: Arc<dyn Seal>) -> Blobs {
        self.seal = Some(seal);
        self
    }

    /// Stores the bytes; when it returns they survive a power cut. Storing the same bytes
    /// twice stores them once.
    pub async fn put(&self, bytes: impl Into<Bytes>) -> Result<BlobRef> {
        let bytes: Bytes = bytes.into();
        let size = bytes.len() as u64;
        let seal = self.seal.clone();
        let (digest, payload) = aside(bytes.len(), move || {
            let digest = hex(&Sha256::digest(&bytes));
            let payload = match seal {
                Some(seal) => seal.seal(&digest, &bytes).map_err(BlobError::Seal)?.into(),
                None => bytes,
            };
            Ok((digest, payload))
        })
        .await?;
        let path = self.path(&digest)?;
        match &self.batch {
            Some(batch) if payload.len() <= batch::SMALL => batch.keep(path.as_ref(), payload).await?,
            _ if self.exists(&digest).await? => {}
            _ => self.write(&path, payload).await?,
        }
        Ok(BlobRef { digest, size })
    }

    /// Stores what the reader yields, at most `max` bytes: one more is `TooLarge`, and nothing
    /// is stored. The blob passes through memory, because its name is only known at its end.
    pub async fn put_stream(&self, reader: impl AsyncRead + Unpin, max: u64) -> Result<BlobRef> {
        let mut bytes = Vec::new();
        reader
            .take(max.saturating_add(1))
            .read_to_end(&mut bytes)
            .await
            .map_err(|error| BlobError::Source(error.to_string()))?;
        if bytes.len() as u64 > max {
            return Err(BlobError::TooLarge { max });
        }
        self.put(bytes).await
    }

    /// The bytes, checked against the digest.
    pub async fn get(&self, digest: &str) -> Result<Bytes> {
        let path = self.path(digest)?;
        let found = self.store.get(&path).await.map_err(BlobError::from_store)?;
        let stored = found.bytes().await.map_err(BlobError::from_store)?;
        Ok(self.opened(digest, stored).await?.0)
    }

    /// The bytes as they lie in the store, sealed if it seals, after checking that they open to the digest. For backups.
    pub async fn get_at_rest(&self, digest: &str) -> Result<Bytes> {
        let path = self.path(digest)?;
        let found = self.store.get(&path).await.map_err(BlobError::from_store)?;
        let stored = found.bytes().await.map_err(BlobError::from_store)?;
        Ok(self.opened(digest, stored).await?.1)
    }

    /// Stores what `get_at_rest` gave, if it opens to the digest. What lies there already stays,
    /// unless it is damaged. Returns whether something was written.
    pub async fn put_at_rest(&self, digest: &str, stored: Bytes) -> Result<bool> {
        let path = self.path(digest)?;
        let (_, stored) = self.opened(digest, stored).await?;
        match self.get(digest).await {
            Ok(_) => return Ok(false),
            Err(BlobError::NotFound | BlobError::Corrupt(_) | BlobError::Seal(_)) => {}
            Err(error) => return Err(error),
        }
        self.write(&path, stored).await?;
        Ok(true)
    }

    /// A log that should have been settled long ago: what lies in it comes back as it was at the next start.
    pub fn unsettled_log(&self) -> Result<Option<std::path::PathBuf>> {
        self.folder.as_deref().map_or(Ok(None), batch::unsettled)
    }

    /// Whether the blob is sealed otherwise than a new one would be.
    pub async fn is_sealed_of_old(&self, digest: &str) -> Result<bool> {
        let Some(seal) = &self.seal else { return Ok(false) };
        let start = self.store.get_range(&self.path(digest)?, 0..START).await;
        Ok(!seal.is_current(&start.map_err(BlobError::from_store)?))
    }

    /// Seals the blob anew, unless it is sealed as a new one would be. Whoever reads it meanwhile has the one or the other,
    /// whole. Returns whether something was written.
    pub async fn reseal(&self, digest: &str) -> Result<bool> {
        let Some(seal) = self.seal.clone() else { return Ok(false) };
        if !self.is_sealed_of_old(digest).await? {
            return Ok(false);
        }
        let bytes = self.get(digest).await?;
        let name = digest.to_owned();
        let sealed = aside(bytes.len(), move || seal.seal(&name, &bytes).map_err(BlobError::Seal)).await?;
        if let Some(batch) = &self.batch {
            // A log that still holds it as it was would bring that back after a power cut.
            batch.settle().await?;
        }
        self.write(&self.path(digest)?, sealed.into()).await?;
        Ok(true)
    }

    /// The plain bytes and those at rest; an error if the digest is another.
    async fn opened(&self, digest: &str, stored: Bytes) -> Result<(Bytes, Bytes)> {
        let (seal, digest) = (self.seal.clone(), digest.to_owned());
        aside(stored.len(), move || {
            let bytes: Bytes = match seal {
                // A seal that does not open means damage, or the wrong key.
                Some(seal) => seal.open(&digest, &stored).map_err(BlobError::Seal)?.into(),
                None => stored.clone(),
            };
            match hex(&Sha256::digest(&bytes)) == digest {
                true => Ok((bytes, stored)),
                false => Err(BlobError::Corrupt(digest)),
            }
        })
        .await
    }

    async fn write(&self, path: &Path, bytes: Bytes) -> Result<()> {
        let stored = self.store.put(path, PutPayload::from_bytes(bytes)).await;
        stored.map(drop).map_err(|error| match BlobError::from_store(error) {
            BlobError::NotFound => BlobError::Unavailable("there is no such bucket".to_owned()),
            other => other,
        })
    }

    pub async fn exists(&self, digest: &str) -> Result<bool> {
        match self.store.head(&self.path(digest)?).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(BlobError::from_store(error)),
        }
    }

    /// Deletes the blob; one that is not there is no error.
    pub async fn delete(&self, digest: &str) -> Result<()> {
        if let Some(batch) = &self.batch {
            // A log that still holds it would bring it back after a power cut.
            batch.settle().await?;
        }
        match self.store.delete(&self.path(digest)?).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(BlobError::from_store(error)),
        }
    }

    /// Every blob, in no particular order. Foreign files are passed over.
    pub fn list(&self) -> BoxStream<'static, Result<BlobEntry>> {
        let listed = self.store.list(Some(&self.prefix));
        listed
            .filter_map(|found| async {
                match found {
                    Ok(meta) => {
                        let digest = meta.location.filename().filter(|name| is_digest(name))?.to_owned();
                        let written = meta.last_modified.timestamp_millis();
                        Some(Ok(BlobEntry { digest, stored: meta.size, written }))
                    }
                    Err(error) => Some(Err(BlobError::from_store(error))),
                }
            })
            .boxed()
    }

    /// `prefix/ab/abcd…`: 256 folders keep directories short.
    fn path(&self, digest: &str) -> Result<Path> {
        if !is_digest(digest) {
            return Err(BlobError::BadDigest);
        }
        Ok(self.prefix.clone().join(&digest[..2]).join(digest))
    }
}

/// Hashing and sealing megabytes would hold up everybody else on this thread.
async fn aside<T: Send + 'static>(
    size: usize,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    if size <= SMALL {
        return work();
    }
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(error) => Err(BlobError::Unavailable(error.to_string())),
    }
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
