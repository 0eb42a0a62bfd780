//! Followers on both engines: every entry once, in order, also when transactions commit out of order.

use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use yimen_platform::{Actor, Ctx, Ids, follower, journal};
use yimen_standards::time::Instant;
use yimen_store::{Store, StoreError, Tx};
use yimen_testkit::{TestDb, on_each_engine};

fn ctx() -> Ctx {
    Ctx::new(Actor::System("test"), Instant(1_790_000_000_000), Arc::new(Ids::seeded(0, 1)), "r")
}

fn note(tx: &mut Tx<'_>, case: i64) -> Result<(), StoreError> {
    journal::append(tx, &ctx(), journal::Note { verb: "test.noted", case, task: 0, body: () })
}

/// Applies what there is and answers the cases seen so far.
fn step(store: &Store, seen: &Arc<Mutex<Vec<i64>>>) -> usize {
    let sink = seen.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let pass: Arc<Mutex<Vec<i64>>> = Arc::default();
    let fresh = pass.clone();
    let applied = runtime.block_on(follower::step(store, "test.follower", &ctx(), move |_, _, entry| {
        fresh.lock().unwrap().push(entry.case_id);
        Ok(())
    }));
    let applied = applied.unwrap();
    sink.lock().unwrap().extend(pass.lock().unwrap().drain(..));
    applied
}

/// The horizon is that of the whole server, where other tests run too: what is committed shows after a while.
fn follow_until(store: &Store, seen: &Arc<Mutex<Vec<i64>>>, count: usize) {
    for _ in 0..600 {
        step(store, seen);
        if seen.lock().unwrap().len() >= count {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("the follower never caught up: {:?}", seen.lock().unwrap());
}

#[test]
fn every_entry_comes_once_and_in_order_however_often_the_follower_steps() {
    on_each_engine(|db: TestDb| {
        let store = db.store.clone();
        let seen = Arc::new(Mutex::new(Vec::new()));
        for case in 1..=3 {
            store.write_blocking("test", move |tx| note(tx, case)).unwrap();
        }
        follow_until(&store, &seen, 3);
        assert_eq!(step(&store, &seen), 0);
        store.write_blocking("test", |tx| note(tx, 4).and_then(|()| note(tx, 5))).unwrap();
        follow_until(&store, &seen, 5);
        assert_eq!(*seen.lock().unwrap(), vec![1, 2, 3, 4, 5]);
    });
}

#[test]
fn a_failing_entry_moves_no_cursor_and_comes_again() {
    on_each_engine(|db: TestDb| {
        let store = db.store.clone();
        store.write_blocking("test", |tx| note(tx, 7)).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let offer = || {
            let fail = |_: &mut Tx<'_>, _: &Ctx, _: &journal::Entry| Err(StoreError::Other("no".into()));
            runtime.block_on(follower::step(&store, "test.follower", &ctx(), fail)).is_err()
        };
        let failed = yimen_testkit::until(offer, |failed| *failed);
        assert!(failed, "the entry was never offered");
        let seen = Arc::new(Mutex::new(Vec::new()));
        follow_until(&store, &seen, 1);
        assert_eq!(*seen.lock().unwrap(), vec![7]);
    });
}

#[test]
fn a_rewound_follower_sees_everything_again() {
    on_each_engine(|db: TestDb| {
        let store = db.store.clone();
        let seen = Arc::new(Mutex::new(Vec::new()));
        store.write_blocking("test", |tx| note(tx, 1)).unwrap();
        follow_until(&store, &seen, 1);
        store.write_blocking("test", |tx| follower::rewind(tx, &ctx(), "test.follower")).unwrap();
        follow_until(&store, &seen, 2);
        assert_eq!(*seen.lock().unwrap(), vec![1, 1]);
    });
}

/// On PostgreSQL the first transaction draws its number first and commits last. A follower that went by the order of
/// commits, or by seq alone, would skip it.
#[test]
fn an_entry_that_commits_late_is_not_skipped() {
    let db = TestDb::postgres();
    let store = db.store.clone();
    let (started, wait_started) = mpsc::channel();
    let (release, wait_release) = mpsc::channel::<()>();
    let wait_release = Mutex::new(wait_release);
    let slow = store.clone();
    let late = std::thread::spawn(move || {
        slow.write_blocking("test.slow", move |tx| {
            note(tx, 1)?;
            // A read makes sure the insert has been executed, so that its number is the lower one.
            journal::of_case(tx, 1, 0, 10)?;
            started.send(()).unwrap();
            wait_release.lock().unwrap().recv().unwrap();
            Ok::<_, StoreError>(())
        })
        .unwrap();
    });
    wait_started.recv().unwrap();
    store.write_blocking("test.fast", |tx| note(tx, 2)).unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    step(&store, &seen);
    assert_eq!(*seen.lock().unwrap(), Vec::<i64>::new(), "the later entry must wait for the earlier one");
    release.send(()).unwrap();
    late.join().unwrap();
    follow_until(&store, &seen, 2);
    assert_eq!(*seen.lock().unwrap(), vec![1, 2]);
}
