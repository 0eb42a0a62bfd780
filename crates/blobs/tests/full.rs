//! A full disk is told, and nothing half-written is left for anybody to find.

use std::os::unix::fs::MetadataExt;
use std::process::Command;

use futures::TryStreamExt;
use yimen_blobs::{BlobError, Blobs};

const CHILD: &str = "YIMEN_BLOBS_TEST_FOLDER";

#[test]
fn a_full_disk_is_told_and_nothing_is_half_written() {
    if let Some(folder) = std::env::var_os(CHILD) {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        return runtime.block_on(fill_the_disk(&folder.into_string().unwrap()));
    }
    let folder = std::env::temp_dir().join(format!("yimen-blobs-full-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    // A disk of our own, seen by nobody else and gone with the process.
    let output = Command::new("unshare")
        .args(if root { &["--mount"][..] } else { &["--map-root-user", "--mount"][..] })
        .args(["sh", "-c", r#"mount -t tmpfs -o size=2m yimen "$0" && exec "$@""#])
        .arg(&folder)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "a_full_disk_is_told_and_nothing_is_half_written", "--nocapture"])
        .env(CHILD, &folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    std::fs::remove_dir(folder).unwrap();
}

async fn fill_the_disk(folder: &str) {
    let blobs = Blobs::open(&format!("file:{folder}")).unwrap();
    let piece = |n: u8| vec![n; 300_000];
    let mut stored = Vec::new();
    let full = loop {
        match blobs.put(piece(stored.len() as u8)).await {
            Ok(found) => stored.push(found),
            Err(error) => break error,
        }
    };
    assert_eq!(full, BlobError::Full);
    assert!(stored.len() >= 4, "{}", stored.len());
    assert_eq!(blobs.list().try_collect::<Vec<_>>().await.unwrap().len(), stored.len());
    for (n, found) in stored.iter().enumerate() {
        assert_eq!(blobs.get(&found.digest).await.unwrap(), piece(n as u8));
    }
    // With room again it goes on.
    blobs.delete(&stored[0].digest).await.unwrap();
    blobs.put(piece(200)).await.unwrap();
}
