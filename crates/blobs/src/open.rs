//! From a URL to an object store.

use std::sync::Arc;

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::path::Path;

use crate::error::{BlobError, Result};

pub(crate) fn open(url: &str) -> Result<(Arc<dyn ObjectStore>, Path)> {
    if let Some(rest) = url.strip_prefix("file:") {
        return folder(rest.strip_prefix("//").unwrap_or(rest));
    }
    #[cfg(feature = "s3")]
    if url.starts_with("s3://") {
        return crate::s3::open(url);
    }
    Err(BlobError::Config(
        "the blob URL must begin with file: or s3://, for example file:data/blobs".to_owned(),
    ))
}

fn folder(path: &str) -> Result<(Arc<dyn ObjectStore>, Path)> {
    if path.is_empty() {
        return Err(BlobError::Config("file: needs a folder, for example file:data/blobs".to_owned()));
    }
    std::fs::create_dir_all(path).map_err(|error| BlobError::Unavailable(format!("{path}: {error}")))?;
    // Staged in a file of its own, synced, renamed, and the folder synced: whole or absent.
    let store = LocalFileSystem::new_with_prefix(path).map_err(BlobError::from_store)?.with_fsync(true);
    Ok((Arc::new(store), Path::default()))
}
