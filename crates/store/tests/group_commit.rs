//! SQLite's group commit: units share a commit, never a fate.

mod common;

use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;

use common::*;
use yimen_store::*;
use yimen_testkit::TestDb;

fn db(migrations: &[Migration]) -> TestDb {
    TestDb::open(Engine::Sqlite, migrations, Options::default())
}

/// Holds the writer inside a unit until `release` is called, so that what is queued
/// meanwhile becomes one group.
struct Gate {
    entered: Arc<Barrier>,
    leave: Arc<Barrier>,
    holder: std::thread::JoinHandle<Result<()>>,
}

impl Gate {
    fn close(store: &Store) -> Gate {
        let (entered, leave) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let (store, inside, out) = (store.clone(), Arc::clone(&entered), Arc::clone(&leave));
        let holder = std::thread::spawn(move || {
            store.write_blocking("gate", move |_| -> Result<()> {
                inside.wait();
                out.wait();
                Ok(())
            })
        });
        let gate = Gate { entered, leave, holder };
        gate.entered.wait();
        gate
    }

    fn release(self) {
        self.leave.wait();
        self.holder.join().unwrap().unwrap();
    }
}

/// Queues the units one after the other behind a gate, lets go, and collects the answers.
fn as_one_group<T, F>(store: &Store, units: Vec<F>) -> Vec<Result<T>>
where
    T: Send + 'static,
    F: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let gate = Gate::close(store);
        let tasks: Vec<_> = units
            .into_iter()
            .map(|unit| {
                let store = store.clone();
                tokio::spawn(async move { store.write("unit", unit).await })
            })
            .collect();
        // Each task runs up to its await: all are queued.
        tokio::task::yield_now().await;
        gate.release();
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.unwrap());
        }
        answers
    })
}

#[test]
fn one_failing_closure_among_fifty_undoes_only_itself() {
    let db = db(SCHEMA);
    let runs = Arc::new(Mutex::new(vec![0; 50]));
    let units: Vec<_> = (0..50)
        .map(|id: usize| {
            let runs = Arc::clone(&runs);
            move |tx: &mut Tx<'_>| -> Result<i64> {
                runs.lock().unwrap()[id] += 1;
                open(tx, id as i64, &format!("n{id}"), 1)?;
                match id {
                    17 => Err(StoreError::Other("no".into())),
                    23 => panic!("twenty-three"),
                    31 => tx.put(&SET, params![31, -1]).map(|()| 0),
                    _ => tx.one(&COUNT, params![]),
                }
            }
        })
        .collect();
    let answers = as_one_group(&db.store, units);
    for (id, answer) in answers.iter().enumerate() {
        // The count sees the units before it in the group, without the failed ones.
        let failed_before = [17, 23, 31].iter().filter(|&&failed| failed < id).count();
        match id {
            17 => assert_eq!(*answer, Err(StoreError::Other("no".into()))),
            23 => assert_eq!(*answer, Err(StoreError::Panicked("unit", "twenty-three".into()))),
            31 => assert!(matches!(answer, Err(StoreError::Constraint(_))), "{answer:?}"),
            _ => assert_eq!(*answer, Ok((id + 1 - failed_before) as i64)),
        }
    }
    assert_eq!(count(&db.store), 47);
    // Nobody had a savepoint until the first failed: up to there the group ran again.
    let expected: Vec<i32> = (0..50).map(|id| if id <= 17 { 2 } else { 1 }).collect();
    assert_eq!(*runs.lock().unwrap(), expected);
}

#[test]
fn after_a_failure_groups_are_careful_and_nobody_runs_twice() {
    let db = db(SCHEMA);
    let runs = Arc::new(Mutex::new(0));
    let round = |first: i64| {
        let unit = |id: i64| {
            let runs = Arc::clone(&runs);
            move |tx: &mut Tx<'_>| -> Result<()> {
                *runs.lock().unwrap() += 1;
                open(tx, id, &format!("n{id}"), 1)?;
                if id % 10 == 4 { Err(StoreError::Conflict) } else { Ok(()) }
            }
        };
        let answers = as_one_group(&db.store, (first..first + 10).map(unit).collect());
        assert_eq!(answers.iter().filter(|answer| answer.is_err()).count(), 1);
        std::mem::take(&mut *runs.lock().unwrap())
    };
    assert_eq!([round(0), round(10), round(20)], [15, 10, 10]);
    assert_eq!(count(&db.store), 27);
}

#[test]
fn a_unit_that_fails_before_it_writes_disturbs_nobody() {
    let db = db(SCHEMA);
    let runs = Arc::new(Mutex::new(0));
    let unit = |id: i64| {
        let runs = Arc::clone(&runs);
        move |tx: &mut Tx<'_>| -> Result<()> {
            *runs.lock().unwrap() += 1;
            if id == 4 {
                return Err(StoreError::Conflict);
            }
            open(tx, id, &format!("n{id}"), 1)
        }
    };
    let answers = as_one_group(&db.store, (0..10).map(unit).collect());
    assert_eq!(answers[4], Err(StoreError::Conflict));
    assert_eq!((count(&db.store), *runs.lock().unwrap()), (9, 10));
}

#[test]
fn a_unit_that_cannot_be_committed_fails_alone() {
    const DEFERRED: &[Migration] = &[Migration {
        number: 1,
        name: "deferred",
        text: "create table account (id integer primary key not null, name text not null, balance integer not null,
                   rate real, photo blob, parent integer references account (id) deferrable initially deferred) strict;",
    }];
    sql! { CHILD = "insert into account (id, name, balance, parent) values ($1, 'c', 1, $2)"; }
    let db = db(DEFERRED);
    let units: Vec<_> = (1..=10)
        .map(|id: i64| move |tx: &mut Tx<'_>| tx.put(&CHILD, params![id, (id == 4).then_some(999)]))
        .collect();
    let answers = as_one_group(&db.store, units);
    for (id, answer) in (1..).zip(&answers) {
        match id {
            4 => assert!(matches!(answer, Err(StoreError::Constraint(_))), "{answer:?}"),
            _ => assert_eq!(*answer, Ok(()), "{id}"),
        }
    }
    assert_eq!(count(&db.store), 9);
    let all = db.store.metrics();
    let unit = all.iter().find(|(name, _)| *name == "unit").unwrap().1;
    assert_eq!((unit.count, unit.errors), (10, 1));
    assert_eq!(unit.retries, 10, "each ran once more by itself");
    // Alone from the start, it fails at once and the writer goes on.
    let alone = db.store.write_blocking("alone", |tx| tx.put(&CHILD, params![50, 998]));
    assert!(matches!(alone, Err(StoreError::Constraint(_))), "{alone:?}");
    db.store.write_blocking("after", |tx| tx.put(&CHILD, params![51, 1])).unwrap();
    assert_eq!(count(&db.store), 10);
}

#[test]
fn a_full_quota_is_told_and_nothing_is_half_written() {
    let options = Options { max_pages: Some(60), ..Options::default() };
    let db = TestDb::open(Engine::Sqlite, SCHEMA, options);
    let page = "x".repeat(3000);
    let grow = |first: i64, rows: i64| {
        let page = page.clone();
        move |tx: &mut Tx<'_>| -> Result<()> {
            (first..first + rows).try_for_each(|id| open(tx, id, &format!("{id}{page}"), 1))
        }
    };
    // A small unit before and one after the one that is too large.
    let answers = as_one_group(&db.store, vec![grow(0, 2), grow(100, 500), grow(10, 2)]);
    assert_eq!(answers, [Ok(()), Err(StoreError::Full), Ok(())]);
    assert_eq!(count(&db.store), 4);
    let mut filled = 4;
    while db.store.write_blocking("fill", grow(1000 + filled, 1)).is_ok() {
        filled += 1;
    }
    assert_eq!(db.store.write_blocking("fill", grow(5000, 1)), Err(StoreError::Full));
    assert_eq!(count(&db.store), filled);
    // What makes room works when full.
    db.store.write_blocking("room", |tx| tx.put_one(&DELETE, params![0])).unwrap();
    assert_eq!(count(&db.store), filled - 1);
}

#[test]
fn another_process_holding_the_lock_makes_the_store_busy_not_broken() {
    let options = Options { busy_timeout: Duration::from_millis(50), ..Options::default() };
    let db = TestDb::open(Engine::Sqlite, SCHEMA, options);
    let other = rusqlite::Connection::open(db.url.strip_prefix("sqlite:").unwrap()).unwrap();
    other
        .execute_batch("begin immediate; insert into account (id, name, balance) values (1, 'other', 1)")
        .unwrap();
    assert_eq!(db.store.write_blocking("mine", |tx| open(tx, 2, "mine", 1)), Err(StoreError::Busy));
    assert_eq!(count(&db.store), 0);
    other.execute_batch("commit").unwrap();
    db.store.write_blocking("mine", |tx| open(tx, 2, "mine", 1)).unwrap();
    assert_eq!(count(&db.store), 2);
}

#[test]
fn thirty_two_writers_lose_nothing() {
    let db = db(SCHEMA);
    db.store.write_blocking("open", |tx| open(tx, 1, "shared", 0)).unwrap();
    std::thread::scope(|scope| {
        for writer in 0..32_i64 {
            let store = db.store.clone();
            scope.spawn(move || {
                for round in 0..25 {
                    let id = 1000 + writer * 100 + round;
                    store
                        .write_blocking("add", move |tx| -> Result<()> {
                            let now: i64 = tx.one(&ADD, params![1, 1])?;
                            tx.put_one(&ENTER, params![id, 1, now, tx.name()])
                        })
                        .unwrap();
                }
            });
        }
    });
    assert_eq!(balance(&db.store, 1), 800);
    let entries = db
        .store
        .read_blocking(|q| -> Result<Vec<(i64, i64, i64, String)>> { q.all(&ENTRIES, params![]) })
        .unwrap();
    assert_eq!(entries.len(), 800);
}
