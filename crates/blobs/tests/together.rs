//! Small blobs that are put at the same time become durable together, in a log that outlives a power cut.
use std::path::{Path, PathBuf};

use futures::TryStreamExt;
use futures::future::try_join_all;
use yimen_blobs::{BlobError, Blobs};

fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("together-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    path
}

fn open(path: &Path) -> Blobs {
    Blobs::open(&format!("file:{}", path.display())).unwrap()
}

fn logs(path: &Path) -> Vec<PathBuf> {
    let all = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    all.filter(|path| path.extension().is_some_and(|end| end == "log")).collect()
}

fn piece(n: usize) -> Vec<u8> {
    format!("piece {n} ").repeat(n % 50 + 1).into_bytes()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_are_all_there_and_the_log_goes_with_the_process() {
    let path = folder("many");
    let blobs = open(&path);
    // Half of them twice.
    let put = (0..300).map(|n| blobs.put(piece(n % 200)));
    let stored = try_join_all(put).await.unwrap();
    for (n, found) in stored.iter().enumerate() {
        assert_eq!(blobs.get(&found.digest).await.unwrap(), piece(n % 200));
    }
    assert_eq!(blobs.list().try_collect::<Vec<_>>().await.unwrap().len(), 200);
    assert_eq!(logs(&path).len(), 1, "held until the disk has the files");
    drop(blobs);
    assert_eq!(logs(&path).len(), 0);
    assert_eq!(open(&path).list().try_collect::<Vec<_>>().await.unwrap().len(), 200);
    std::fs::remove_dir_all(path).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_power_cut_took_of_the_files_the_next_start_writes_again() {
    let (path, after) = (folder("cut"), folder("cut-after"));
    let blobs = open(&path);
    let stored = try_join_all((0..40).map(|n| blobs.put(piece(n)))).await.unwrap();
    // What a disk may hold after the cut: the log whole and a torn record behind it; of the files one is whole, one empty,
    // one never got its name.
    std::fs::create_dir_all(&after).unwrap();
    let mut log = std::fs::read(&logs(&path)[0]).unwrap();
    log.extend_from_within(..30);
    std::fs::write(after.join("incoming.000000000007.log"), log).unwrap();
    for (n, content) in [(0, piece(0)), (1, Vec::new())] {
        let digest = &stored[n].digest;
        std::fs::create_dir_all(after.join(&digest[..2])).unwrap();
        std::fs::write(after.join(&digest[..2]).join(digest), content).unwrap();
    }
    let again = open(&after);
    for (n, found) in stored.iter().enumerate() {
        assert_eq!(again.get(&found.digest).await.unwrap(), piece(n));
    }
    assert_eq!(logs(&after).len(), 0);
    drop((blobs, again));
    std::fs::remove_dir_all(path).unwrap();
    std::fs::remove_dir_all(after).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_deleted_is_in_no_log_either() {
    let path = folder("deleted");
    let blobs = open(&path);
    let stored = try_join_all((0..20).map(|n| blobs.put(piece(n)))).await.unwrap();
    blobs.delete(&stored[3].digest).await.unwrap();
    assert_eq!(logs(&path).len(), 0);
    assert_eq!(blobs.get(&stored[3].digest).await, Err(BlobError::NotFound));
    assert_eq!(blobs.put(piece(3)).await.unwrap(), stored[3]);
    drop(blobs);
    std::fs::remove_dir_all(path).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_comes_second_syncs_each_file_by_itself() {
    let path = folder("second");
    let (first, second) = (open(&path), open(&path));
    let one = second.put(piece(1)).await.unwrap();
    assert_eq!(logs(&path).len(), 0);
    assert_eq!(first.put(piece(1)).await.unwrap(), one, "there already: nothing is logged");
    assert_eq!(logs(&path).len(), 0);
    let two = first.put(piece(2)).await.unwrap();
    assert_eq!(logs(&path).len(), 1);
    assert_eq!(second.get(&two.digest).await.unwrap(), piece(2));
    drop((first, second));
    std::fs::remove_dir_all(path).unwrap();
}
