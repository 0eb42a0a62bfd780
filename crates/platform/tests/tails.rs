//! Keeping in memory what follows from the journal: everything visible is told, and nothing is missed.

use std::collections::BTreeSet;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};

use yimen_platform::{Actor, Ctx, Ids, Tail, journal};
use yimen_standards::time::Instant;
use yimen_store::{Store, StoreError, Tx};
use yimen_testkit::{TestDb, on_each_engine, until};

fn note(tx: &mut Tx<'_>, case: i64) -> Result<(), StoreError> {
    let ids = Arc::new(Ids::seeded(0, 1));
    let ctx = Ctx::new(Actor::System("test"), Instant(1_790_000_000_000), ids, "r");
    journal::append(tx, &ctx, journal::Note { verb: "test.noted", case, task: 0, body: () })
}

fn end(store: &Store) -> Tail {
    store.read_blocking(|q| Tail::end(q)).unwrap()
}

fn since(store: &Store, tail: Tail, most: usize) -> Option<(BTreeSet<i64>, Tail)> {
    store.read_blocking(move |q| tail.since(q, most)).unwrap()
}

#[test]
fn what_was_written_is_told_at_once_and_later_no_more() {
    on_each_engine(|db: TestDb| {
        let store = db.store.clone();
        let beginning = end(&store);
        for case in [1, 2, 2] {
            store.write_blocking("test", move |tx| note(tx, case)).unwrap();
        }
        let (told, tail) = since(&store, beginning, 10).unwrap();
        assert_eq!(told, BTreeSet::from([1, 2]));
        store.write_blocking("test", |tx| note(tx, 0).and_then(|()| note(tx, 3))).unwrap();
        // What others might still be writing beside is told again; it ends when they have.
        let (told, tail) = since(&store, tail, 10).unwrap();
        assert!(told.contains(&3) && !told.contains(&0), "{told:?}");
        let quiet = until(
            || since(&store, tail, 10).unwrap().1,
            |tail| since(&store, *tail, 10).unwrap().0.is_empty(),
        );
        assert!(since(&store, quiet, 10).unwrap().0.is_empty());
    });
}

#[test]
fn too_much_at_once_is_not_told_one_by_one() {
    on_each_engine(|db: TestDb| {
        let store = db.store.clone();
        let beginning = end(&store);
        store.write_blocking("test", |tx| (1..=6).try_for_each(|case| note(tx, case))).unwrap();
        assert_eq!(since(&store, beginning, 5), None);
        assert_eq!(since(&store, beginning, 6).unwrap().0.len(), 6);
    });
}

/// On PostgreSQL the first transaction draws its number first and commits last.
#[test]
fn an_entry_that_commits_late_is_told_when_it_does() {
    let db = TestDb::postgres();
    let store = db.store.clone();
    let (started, wait_started) = mpsc::channel();
    let (release, wait_release) = mpsc::channel::<()>();
    let wait_release = Mutex::new(wait_release);
    let slow = store.clone();
    let late = std::thread::spawn(move || {
        let write = slow.write_blocking("test.slow", move |tx| {
            note(tx, 1)?;
            // A read makes sure the insert has been executed, so that its number is the lower one.
            journal::of_case(tx, 1, 0, 10)?;
            started.send(()).unwrap();
            wait_release.lock().unwrap().recv().unwrap();
            Ok::<_, StoreError>(())
        });
        write.unwrap();
    });
    wait_started.recv().unwrap();
    let beginning = end(&store);
    store.write_blocking("test.fast", |tx| note(tx, 2)).unwrap();
    let (told, tail) = since(&store, beginning, 10).unwrap();
    assert_eq!(told, BTreeSet::from([2]), "visible at once, though an earlier one is still open");
    release.send(()).unwrap();
    late.join().unwrap();
    let (told, _) = since(&store, tail, 10).unwrap();
    assert!(told.contains(&1), "{told:?}");
}
