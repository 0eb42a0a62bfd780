//! What was answered "done" survives a killed process and a full disk.
//!
//! Each test runs a second copy of this test program as the process that suffers.

mod common;

use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use common::*;
use yimen_store::*;

const CHILD: &str = "YIMEN_STORE_TEST_FOLDER";

fn folder(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("yimen-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

/// The folder this process was told to suffer in, if it is the second copy.
fn told() -> Option<PathBuf> {
    std::env::var_os(CHILD).map(PathBuf::from)
}

fn open_in(folder: &std::path::Path) -> Store {
    let store =
        Store::open(&format!("sqlite:{}", folder.join("a.db").display()), Options::default()).unwrap();
    store.migrate_with(SCHEMA).unwrap();
    store
}

#[test]
fn committed_answers_survive_kill_nine() {
    if let Some(folder) = told() {
        let store = open_in(&folder);
        std::thread::scope(|scope| {
            for writer in 0..8_i64 {
                let store = store.clone();
                scope.spawn(move || {
                    for round in 0.. {
                        let id = writer * 1_000_000 + round;
                        store
                            .write_blocking("pair", move |tx| -> Result<()> {
                                open(tx, id, &format!("n{id}"), 1)?;
                                tx.put_one(&ENTER, params![id, id, 1, "x"])
                            })
                            .unwrap();
                        // Told to the parent only after the answer.
                        println!("done {id}");
                    }
                });
            }
        });
        return;
    }
    let folder = folder("kill");
    for round in 0..3 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "committed_answers_survive_kill_nine", "--nocapture"])
            .env(CHILD, &folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut done: Vec<i64> = Vec::new();
        let mut note =
            |line: String| done.extend(line.strip_prefix("done ").and_then(|id| id.parse::<i64>().ok()));
        for _ in 0..200 + 100 * round {
            note(lines.next().expect("the child goes on until it is killed").unwrap());
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // What it had written to the pipe before it died counts, too.
        for line in lines {
            note(line.unwrap());
        }
        let store = open_in(&folder);
        for &id in &done {
            assert_eq!(balance(&store, id), 1, "{id} was answered and is gone");
        }
        // Both rows of a unit or neither.
        sql! { HALVES = "select count(*) from account a left join entry e on e.id = a.id where e.id is null"; }
        assert_eq!(store.read_blocking(|q| q.one::<i64>(&HALVES, params![])), Ok(0));
        assert!(done.len() > 100, "{}", done.len());
        drop(store);
        std::fs::remove_dir_all(&folder).unwrap();
        std::fs::create_dir_all(&folder).unwrap();
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_full_disk_is_told_and_nothing_is_half_written() {
    if let Some(folder) = told() {
        fill_the_disk(&folder);
        return;
    }
    let folder = folder("full");
    let root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    let exe = std::env::current_exe().unwrap();
    // A disk of our own, seen by nobody else and gone with the process.
    let script = r#"mount -t tmpfs -o size=3m yimen "$0" && exec "$@""#;
    let output = Command::new("unshare")
        .args(if root { &["--mount"][..] } else { &["--map-root-user", "--mount"][..] })
        .args(["sh", "-c", script])
        .arg(&folder)
        .arg(exe)
        .args(["--exact", "a_full_disk_is_told_and_nothing_is_half_written", "--nocapture"])
        .env(CHILD, &folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    std::fs::remove_dir(folder).unwrap();
}

fn fill_the_disk(folder: &std::path::Path) {
    let ballast = folder.join("ballast");
    std::fs::write(&ballast, vec![0; 512 * 1024]).unwrap();
    let store = open_in(folder);
    let name = "x".repeat(2000);
    let add = |id: i64| {
        let name = name.clone();
        store.write_blocking("add", move |tx| -> Result<()> {
            open(tx, id, &format!("{id}{name}"), 1)?;
            tx.put_one(&ENTER, params![id, id, 1, "x"])
        })
    };
    let mut done = 0;
    let full = loop {
        match add(done) {
            Ok(()) => done += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(full, StoreError::Full, "after {done}");
    assert!(done > 50, "{done}");
    // Reading goes on; what was answered is there, what was not is not.
    assert_eq!(count(&store), done);
    assert_eq!(add(done), Err(StoreError::Full));
    assert_eq!(count(&store), done);
    // With a little room again, writing goes on, too.
    std::fs::remove_file(ballast).unwrap();
    assert_eq!(add(done), Ok(()));
    assert_eq!(count(&store), done + 1);
    drop(store);
    assert_eq!(count(&open_in(folder)), done + 1);
}

#[test]
fn a_damaged_file_is_told() {
    let folder = folder("damaged");
    let store = open_in(&folder);
    let fill = |tx: &mut Tx<'_>| -> Result<()> {
        (0..2000).try_for_each(|id| open(tx, id, &format!("{id}{}", "x".repeat(500)), 1))
    };
    store.write_blocking("fill", fill).unwrap();
    drop(store);
    let file = folder.join("a.db");
    assert!(!folder.join("a.db-wal").exists(), "a closed store is one file");
    let mut bytes = std::fs::read(&file).unwrap();
    let len = bytes.len();
    bytes[len / 4..len / 4 * 3].fill(0xa5);
    std::fs::write(&file, bytes).unwrap();
    let store = Store::open(&format!("sqlite:{}", file.display()), Options::default()).unwrap();
    let read = store.read_blocking(|q| q.all::<Account>(&ACCOUNTS, params![]).map(drop));
    assert!(matches!(read, Err(StoreError::Corrupt(_))), "{read:?}");
    let write = store.write_blocking("write", |tx| -> Result<()> {
        (0..2000).try_for_each(|id| tx.put(&SET, params![id, 2]))
    });
    assert!(matches!(write, Err(StoreError::Corrupt(_))), "{write:?}");
    std::fs::remove_dir_all(folder).unwrap();
}
