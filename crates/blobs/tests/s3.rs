//! The blob store over a real S3 server, spoken to over HTTP with signed requests.
#![cfg(feature = "s3")]

use std::path::{Path, PathBuf};

use futures::TryStreamExt;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use tokio::net::TcpListener;
use yimen_blobs::{BlobError, Blobs};

struct Server {
    folder: PathBuf,
    endpoint: String,
    serving: tokio::task::JoinHandle<()>,
}

impl Server {
    async fn start(name: &str) -> Server {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("s3-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(folder.join("root/city")).unwrap();
        std::fs::write(folder.join("keys"), "access_key_id = yimen\nsecret_access_key=secret\n").unwrap();
        std::fs::write(folder.join("wrong"), "access_key_id=yimen\nsecret_access_key=guessed\n").unwrap();
        let mut service = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder.join("root")).unwrap());
        service.set_auth(SimpleAuth::from_single("yimen", "secret"));
        let service = service.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let service = service.clone();
                tokio::spawn(async move {
                    let http = Builder::new(TokioExecutor::new());
                    let _ = http.serve_connection(TokioIo::new(socket), service).await;
                });
            }
        });
        Server { folder, endpoint, serving }
    }

    fn open(&self, path: &str, keys: &str) -> Blobs {
        let keys = self.folder.join(keys);
        let url =
            format!("s3://{path}?endpoint={}&region=local&credentials={}", self.endpoint, keys.display());
        Blobs::open(&url).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_put_can_be_got_listed_and_deleted() {
    let server = Server::start("roundtrip").await;
    let blobs = server.open("city/blobs/hall", "keys");
    let large: Vec<u8> = (0..3_000_000u32).map(|n| (n % 251) as u8).collect();
    let first = blobs.put(&b"abc"[..]).await.unwrap();
    let second = blobs.put_stream(&large[..], 3_000_000).await.unwrap();
    assert_eq!(blobs.put(&b"abc"[..]).await.unwrap(), first);
    assert_eq!(blobs.get(&first.digest).await.unwrap(), &b"abc"[..]);
    assert_eq!(blobs.get(&second.digest).await.unwrap(), large);
    // Another prefix of the same bucket is another store.
    assert!(!server.open("city/other", "keys").exists(&first.digest).await.unwrap());
    let mut listed: Vec<_> = blobs.list().try_collect().await.unwrap();
    listed.sort_by_key(|entry| entry.stored);
    assert_eq!(
        listed.iter().map(|e| (e.digest.as_str(), e.stored)).collect::<Vec<_>>(),
        [(first.digest.as_str(), 3), (second.digest.as_str(), 3_000_000)]
    );
    assert!(listed[0].written > 1_700_000_000_000);
    blobs.delete(&first.digest).await.unwrap();
    blobs.delete(&first.digest).await.unwrap();
    assert_eq!(blobs.get(&first.digest).await, Err(BlobError::NotFound));
    assert_eq!(blobs.get(&second.digest).await.unwrap(), large);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_object_is_noticed() {
    let server = Server::start("damage").await;
    let blobs = server.open("city", "keys");
    let stored = blobs.put(&b"deed"[..]).await.unwrap();
    let file = server.folder.join("root/city").join(&stored.digest[..2]).join(&stored.digest);
    std::fs::write(file, b"deeb").unwrap();
    assert_eq!(blobs.get(&stored.digest).await, Err(BlobError::Corrupt(stored.digest)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_keys_and_silence_are_told() {
    let server = Server::start("refused").await;
    let refused = server.open("city", "wrong").put(&b"abc"[..]).await;
    assert!(matches!(refused, Err(BlobError::Unavailable(_))), "{refused:?}");
    let blobs = server.open("city", "keys");
    let stored = blobs.put(&b"abc"[..]).await.unwrap();
    server.serving.abort();
    let started = std::time::Instant::now();
    // Kept connections may still answer; new ones are refused.
    let fresh = server.open("city", "keys").get(&stored.digest).await;
    assert!(matches!(fresh, Err(BlobError::Unavailable(_))), "{fresh:?}");
    assert!(started.elapsed() < std::time::Duration::from_secs(20));
}

#[test]
fn wrong_urls_say_what_is_wrong() {
    for (url, part) in [
        ("s3://", "没有写存储桶的名字"),
        ("s3://b?colour=red", "没有 colour 这个参数"),
        ("s3://key:secret@b", "密钥不要写在地址里"),
        ("s3://b?credentials=/no/such/file", "不能读取密钥文件 /no/such/file"),
    ] {
        let error = Blobs::open(url).expect_err(url).to_string();
        assert!(error.contains(part), "{url}: {error}");
    }
}
