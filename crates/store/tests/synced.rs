//! On SQLite the writer does not wait for the disk, and nobody is told before the disk has it.

mod common;

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use common::*;
use yimen_store::*;
use yimen_testkit::TestDb;

/// A disk that keeps nothing until it is let.
#[derive(Default)]
struct Disk {
    open: Mutex<bool>,
    changed: Condvar,
    asked: AtomicU32,
    broken: AtomicBool,
}

impl Disk {
    fn stuck() -> Arc<Disk> {
        Arc::default()
    }

    fn let_go(&self) {
        *self.open.lock().unwrap() = true;
        self.changed.notify_all();
    }

    fn until_asked(&self) {
        while self.asked.load(Ordering::SeqCst) == 0 {
            std::thread::yield_now();
        }
    }

    fn options(self: &Arc<Disk>) -> Options {
        let disk = Arc::clone(self);
        let sync = move |file: &std::fs::File| {
            disk.asked.fetch_add(1, Ordering::SeqCst);
            let mut open = disk.open.lock().unwrap();
            while !*open {
                open = disk.changed.wait(open).unwrap();
            }
            match disk.broken.load(Ordering::SeqCst) {
                true => Err(std::io::Error::other("the disk is gone")),
                false => file.sync_data(),
            }
        };
        Options { sync: Some(Arc::new(sync)), ..Options::default() }
    }
}

fn open(disk: &Arc<Disk>) -> TestDb {
    TestDb::open(Engine::Sqlite, SCHEMA, disk.options())
}

fn insert(id: i64) -> impl Fn(&mut Tx<'_>) -> Result<u64> + Send + 'static {
    move |tx| tx.exec(&INSERT, params![id, id.to_string().as_str(), 0_i64, None::<f64>, None::<&[u8]>])
}

fn count(q: &mut Read<'_>) -> Result<i64> {
    q.one(&COUNT, params![])
}

/// What the future gives if it is let run for a while, which is far longer than an answer takes.
async fn soon<T>(future: &mut tokio::task::JoinHandle<T>) -> Option<T> {
    tokio::time::timeout(Duration::from_millis(200), future).await.ok().map(|joined| joined.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_the_writer_nor_a_reader_is_told_before_the_disk_has_it() {
    let disk = Disk::stuck();
    let db = open(&disk);
    assert_eq!(db.store.read(count).await.unwrap(), 0, "nothing was written: nobody waits");
    let (one, two, three) = (db.store.clone(), db.store.clone(), db.store.clone());
    let mut written = tokio::spawn(async move { one.write("first", insert(1)).await });
    disk.until_asked();
    let mut seen = tokio::spawn(async move { two.read(count).await });
    let mut after = tokio::spawn(async move { three.write("second", insert(2)).await });
    assert!(soon(&mut written).await.is_none());
    assert!(soon(&mut seen).await.is_none());
    assert!(soon(&mut after).await.is_none());
    disk.let_go();
    assert_eq!(written.await.unwrap(), Ok(1));
    assert!([1, 2].contains(&seen.await.unwrap().unwrap()));
    assert_eq!(after.await.unwrap(), Ok(1));
    assert_eq!(db.store.read(count).await, Ok(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_reads_on_and_is_held_back_as_a_whole() {
    let disk = Disk::stuck();
    let db = open(&disk);
    let (one, two) = (db.store.clone(), db.store.clone());
    let written = tokio::spawn(async move { one.write("first", insert(1)).await });
    disk.until_asked();
    let read = Arc::new(AtomicU32::new(0));
    let reads = Arc::clone(&read);
    let mut page = tokio::spawn(async move {
        let page = async {
            for _ in 0..3 {
                assert_eq!(two.read(count).await, Ok(1));
                reads.fetch_add(1, Ordering::SeqCst);
            }
            "page"
        };
        two.settled_after(page).await
    });
    while read.load(Ordering::SeqCst) < 3 {
        tokio::task::yield_now().await;
    }
    assert!(soon(&mut page).await.is_none());
    disk.let_go();
    assert_eq!(page.await.unwrap(), Ok("page"));
    assert_eq!(written.await.unwrap(), Ok(1));
    // Where nothing is under way nobody waits, and of another store's disk nobody knows.
    let other = open(&Disk::stuck());
    assert_eq!(db.store.settled_after(other.store.read(count)).await, Ok(Ok(0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_is_not_shown_if_the_disk_did_not_keep_what_it_shows() {
    let disk = Disk::stuck();
    let db = open(&disk);
    disk.broken.store(true, Ordering::SeqCst);
    let (one, two) = (db.store.clone(), db.store.clone());
    let written = tokio::spawn(async move { one.write("first", insert(1)).await });
    disk.until_asked();
    let (told, seen) = tokio::sync::oneshot::channel();
    let page = tokio::spawn(async move {
        let page = async {
            let rows = two.read(count).await;
            told.send(()).unwrap();
            rows
        };
        two.settled_after(page).await
    });
    seen.await.unwrap();
    disk.let_go();
    assert!(matches!(page.await.unwrap(), Err(StoreError::Unavailable(_))));
    assert!(written.await.unwrap().is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_writer_computes_while_the_disk_works_and_one_sync_serves_many() {
    let disk = Disk::stuck();
    let db = open(&disk);
    let ran = Arc::new(AtomicU32::new(0));
    let mut writes = Vec::new();
    for id in 1..=40 {
        let (store, ran) = (db.store.clone(), Arc::clone(&ran));
        writes.push(tokio::spawn(async move {
            let unit = insert(id);
            store
                .write("unit", move |tx| {
                    ran.fetch_add(1, Ordering::SeqCst);
                    unit(tx)
                })
                .await
        }));
        if id == 1 {
            disk.until_asked();
        }
    }
    // The second group runs although the first is not on the disk yet.
    while ran.load(Ordering::SeqCst) < 2 {
        tokio::task::yield_now().await;
    }
    disk.let_go();
    for write in writes {
        assert_eq!(write.await.unwrap(), Ok(1));
    }
    assert!(disk.asked.load(Ordering::SeqCst) < 40);
    assert_eq!(db.store.read(count).await, Ok(40));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_sync_that_failed_nothing_is_called_kept() {
    let disk = Disk::stuck();
    let db = open(&disk);
    let unavailable = |answer: Result<()>| matches!(answer, Err(StoreError::Unavailable(_)));
    disk.broken.store(true, Ordering::SeqCst);
    disk.let_go();
    assert!(unavailable(db.store.write("first", insert(1)).await.map(|_| ())));
    // Even when the disk answers again: what it did with the pages it failed to write nobody knows.
    disk.broken.store(false, Ordering::SeqCst);
    assert!(unavailable(db.store.write("second", insert(2)).await.map(|_| ())));
    assert!(unavailable(db.store.read(count).await.map(|_| ())));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_waits_until_the_disk_has_what_was_queued() {
    let disk = Disk::stuck();
    let db = open(&disk);
    let store = db.store.clone();
    let write = tokio::spawn(async move { store.write("last", insert(1)).await });
    disk.until_asked();
    let (closing, other) = (std::thread::spawn(move || drop(db)), Arc::clone(&disk));
    let free = std::thread::spawn(move || other.let_go());
    assert_eq!(write.await.unwrap(), Ok(1));
    closing.join().unwrap();
    free.join().unwrap();
}
