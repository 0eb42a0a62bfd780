//! From a URL to an object store.

use std::sync::Arc;

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::path::Path;

use crate::batch::Batch;
use crate::error::{BlobError, Result};

/// The store, where in it the blobs are, and for a folder how small ones become durable together.
pub(crate) type Opened = (Arc<dyn ObjectStore>, Path, Option<Batch>);

pub(crate) fn open(url: &str) -> Result<Opened> {
    if let Some(rest) = url.strip_prefix("file:") {
        return folder(rest.strip_prefix("//").unwrap_or(rest));
    }
    #[cfg(feature = "s3")]
    if url.starts_with("s3://") {
        return crate::s3::open(url).map(|(store, prefix)| (store, prefix, None));
    }
    Err(BlobError::Config("材料库地址要以 file: 或 s3:// 开头，例如 file:data/blobs".to_owned()))
}

fn folder(path: &str) -> Result<Opened> {
    if path.is_empty() {
        return Err(BlobError::Config("file: 后面要写目录，例如 file:data/blobs".to_owned()));
    }
    std::fs::create_dir_all(path).map_err(|error| BlobError::Unavailable(format!("{path}: {error}")))?;
    // Staged in a file of its own, synced, renamed, and the folder synced: whole or absent.
    let store = LocalFileSystem::new_with_prefix(path).map_err(BlobError::from_store)?.with_fsync(true);
    Ok((Arc::new(store), Path::default(), Batch::open(path.as_ref())?))
}
