//! The blob store in a local folder.
use std::sync::Arc;

use futures::TryStreamExt;
use yimen_blobs::{BlobError, Blobs, Seal};

fn folder(name: &str) -> std::path::PathBuf {
    let path =
        std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    path
}

fn open(path: &std::path::Path) -> Blobs {
    Blobs::open(&format!("file:{}", path.display())).unwrap()
}

#[tokio::test]
async fn what_is_put_can_be_got_listed_and_deleted() {
    let path = folder("roundtrip");
    let blobs = open(&path);
    let first = blobs.put(&b"abc"[..]).await.unwrap();
    assert_eq!(first.digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(first.size, 3);
    assert_eq!(blobs.put(&b"abc"[..]).await.unwrap(), first);
    assert_eq!(blobs.get(&first.digest).await.unwrap(), &b"abc"[..]);
    let empty = blobs.put(Vec::new()).await.unwrap();
    assert_eq!(blobs.get(&empty.digest).await.unwrap().len(), 0);
    std::fs::write(path.join("README"), "not a blob").unwrap();
    let listed: Vec<_> = blobs.list().try_collect().await.unwrap();
    assert_eq!(listed.len(), 2);
    blobs.delete(&first.digest).await.unwrap();
    blobs.delete(&first.digest).await.unwrap();
    assert_eq!(blobs.get(&first.digest).await, Err(BlobError::NotFound));
    assert!(!blobs.exists(&first.digest).await.unwrap());
    // Another process opens the same folder.
    assert_eq!(open(&path).get(&empty.digest).await.unwrap().len(), 0);
    std::fs::remove_dir_all(path).unwrap();
}

#[tokio::test]
async fn a_stream_longer_than_allowed_stores_nothing() {
    let path = folder("stream");
    let blobs = open(&path);
    let body = vec![7u8; 70_000];
    assert_eq!(blobs.put_stream(&body[..], 69_999).await, Err(BlobError::TooLarge { max: 69_999 }));
    assert_eq!(blobs.list().try_collect::<Vec<_>>().await.unwrap(), []);
    let stored = blobs.put_stream(&body[..], 70_000).await.unwrap();
    assert_eq!(blobs.get(&stored.digest).await.unwrap(), body);
    std::fs::remove_dir_all(path).unwrap();
}

#[tokio::test]
async fn a_digest_cannot_name_another_file() {
    let path = folder("digest");
    let blobs = open(&path);
    let sideways = format!("../{}", "a".repeat(61));
    for wrong in ["", "abc", "../../etc/passwd", &sideways, &"A".repeat(64), &"é".repeat(32)] {
        assert_eq!(blobs.get(wrong).await, Err(BlobError::BadDigest), "{wrong}");
        assert_eq!(blobs.delete(wrong).await, Err(BlobError::BadDigest), "{wrong}");
    }
    std::fs::remove_dir_all(path).unwrap();
}

#[tokio::test]
async fn damage_is_noticed() {
    let path = folder("damage");
    let blobs = open(&path);
    let stored = blobs.put(&b"deed"[..]).await.unwrap();
    let file = path.join(&stored.digest[..2]).join(&stored.digest);
    std::fs::write(&file, b"deeb").unwrap();
    assert_eq!(blobs.get(&stored.digest).await, Err(BlobError::Corrupt(stored.digest)));
    std::fs::remove_dir_all(path).unwrap();
}

/// Enough to see that sealing happens; the real one is the platform's.
struct Xor(u8);

impl Seal for Xor {
    fn seal(&self, digest: &str, plain: &[u8]) -> Result<Vec<u8>, String> {
        Ok(digest.bytes().chain(plain.iter().map(|byte| byte ^ self.0)).collect())
    }
    fn open(&self, digest: &str, sealed: &[u8]) -> Result<Vec<u8>, String> {
        let body = sealed.strip_prefix(digest.as_bytes()).ok_or("not sealed for this digest")?;
        Ok(body.iter().map(|byte| byte ^ self.0).collect())
    }
    /// Its own are those of an even number.
    fn is_current(&self, _: &[u8]) -> bool {
        self.0.is_multiple_of(2)
    }
}

#[tokio::test]
async fn sealed_blobs_are_named_by_their_plain_bytes_and_unreadable_at_rest() {
    let path = folder("sealed");
    let plain = open(&path).put(&b"other"[..]).await.unwrap();
    let blobs = open(&path).sealed(Arc::new(Xor(0x5a)));
    let stored = blobs.put(&b"abc"[..]).await.unwrap();
    assert_eq!(stored.digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(stored.size, 3);
    assert_eq!(blobs.get(&stored.digest).await.unwrap(), &b"abc"[..]);
    assert_eq!(open(&path).get(&stored.digest).await, Err(BlobError::Corrupt(stored.digest.clone())));
    let wrong_key = open(&path).sealed(Arc::new(Xor(1)));
    assert_eq!(wrong_key.get(&stored.digest).await, Err(BlobError::Corrupt(stored.digest)));
    assert!(matches!(blobs.get(&plain.digest).await, Err(BlobError::Seal(_))));
    std::fs::remove_dir_all(path).unwrap();
}

#[tokio::test]
async fn what_lies_at_rest_moves_to_another_store_unopened_but_checked() {
    let path = folder("at-rest");
    let seal = Arc::new(Xor(0x5a));
    let (from, to) = (path.join("from"), path.join("to"));
    let (from, target) = (open(&from).sealed(seal.clone()), open(&to).sealed(seal));
    let digest = from.put(&b"abc"[..]).await.unwrap().digest;
    let stored = from.get_at_rest(&digest).await.unwrap();
    assert_ne!(stored, &b"abc"[..]);
    assert!(target.put_at_rest(&digest, stored.clone()).await.unwrap());
    assert!(!target.put_at_rest(&digest, stored.clone()).await.unwrap());
    assert_eq!(target.get(&digest).await.unwrap(), &b"abc"[..]);
    // Damage is mended; what is damaged itself, or belongs to another digest, is refused.
    std::fs::write(to.join(&digest[..2]).join(&digest), b"half").unwrap();
    assert!(target.get_at_rest(&digest).await.is_err());
    assert!(target.put_at_rest(&digest, stored.clone()).await.unwrap());
    assert_eq!(target.get_at_rest(&digest).await.unwrap(), stored);
    let other = "0".repeat(64);
    assert!(target.put_at_rest(&other, stored.clone()).await.is_err());
    let mut changed = stored.to_vec();
    *changed.last_mut().unwrap() ^= 1;
    assert_eq!(target.put_at_rest(&digest, changed.into()).await, Err(BlobError::Corrupt(digest)));
    assert_eq!(target.get_at_rest(&other).await, Err(BlobError::NotFound));
    std::fs::remove_dir_all(path).unwrap();
}

#[tokio::test]
async fn wrong_urls_say_what_is_wrong() {
    for url in ["", "data/blobs", "http://x", "file:"] {
        assert!(matches!(Blobs::open(url), Err(BlobError::Config(_))), "{url}");
    }
}
