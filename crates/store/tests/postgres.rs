//! What only PostgreSQL does: other nodes, lost connections, serialisation failures, horizons.

mod common;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use common::*;
use yimen_store::*;
use yimen_testkit::postgres::{Cluster, Stop};
use yimen_testkit::{TestDb, until};

fn db() -> TestDb {
    TestDb::open(Engine::Postgres, SCHEMA, Options { connections: 4, ..Options::default() })
}

#[test]
fn a_serialisation_failure_runs_the_unit_again() {
    let db = db();
    db.store.write_blocking("open", |tx| open(tx, 1, "shared", 0)).unwrap();
    let (gate, runs) = (Arc::new(Barrier::new(2)), Arc::new(AtomicU32::new(0)));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            let (store, gate, runs) = (db.store.clone(), Arc::clone(&gate), Arc::clone(&runs));
            scope.spawn(move || {
                store
                    .write_blocking("add", move |tx| -> Result<()> {
                        let before: i64 = tx.one(&BALANCE, params![1])?;
                        // Both have read before either writes; a second run goes straight through.
                        if runs.fetch_add(1, Ordering::SeqCst) < 2 {
                            gate.wait();
                        }
                        tx.put_one(&SET, params![1, before + 1])
                    })
                    .unwrap();
            });
        }
    });
    assert_eq!(balance(&db.store, 1), 2, "no update was lost");
    assert_eq!(runs.load(Ordering::SeqCst), 3);
    let metrics = db.store.metrics();
    assert_eq!(metrics.iter().find(|(name, _)| *name == "add").unwrap().1.retries, 1);
}

#[test]
fn a_deadlock_is_resolved_by_running_again() {
    let db = db();
    db.store
        .write_blocking("open", |tx| (1..=2).try_for_each(|id| open(tx, id, &format!("n{id}"), 0)))
        .unwrap();
    let (gate, first) = (Arc::new(Barrier::new(2)), Arc::new(AtomicU32::new(0)));
    std::thread::scope(|scope| {
        for order in [[1, 2], [2, 1]] {
            let (store, gate, first) = (db.store.clone(), Arc::clone(&gate), Arc::clone(&first));
            scope.spawn(move || {
                store
                    .write_blocking("cross", move |tx| -> Result<()> {
                        tx.one::<i64>(&ADD, params![order[0], 1])?;
                        if first.fetch_add(1, Ordering::SeqCst) < 2 {
                            gate.wait();
                        }
                        tx.one::<i64>(&ADD, params![order[1], 1]).map(drop)
                    })
                    .unwrap();
            });
        }
    });
    assert_eq!((balance(&db.store, 1), balance(&db.store, 2)), (2, 2));
}

#[test]
fn a_unit_that_never_gets_through_gives_up_as_busy() {
    let db = db();
    db.store.write_blocking("open", |tx| open(tx, 1, "shared", 0)).unwrap();
    let (other, runs) = (db.store.clone(), Arc::new(AtomicU32::new(0)));
    let counted = Arc::clone(&runs);
    let started = Instant::now();
    let outcome = db.store.write_blocking("unlucky", move |tx| -> Result<()> {
        let before: i64 = tx.one(&BALANCE, params![1])?;
        // Somebody else is always faster.
        let run = counted.fetch_add(1, Ordering::SeqCst);
        let lucky = |tx: &mut Tx<'_>| tx.one::<i64>(&ADD, params![1, 10]).map(drop);
        std::thread::scope(|scope| scope.spawn(|| other.write_blocking("lucky", lucky)).join().unwrap())?;
        tx.put_one(&SET, params![1, before + i64::from(run)])
    });
    assert_eq!(outcome, Err(StoreError::Busy));
    assert_eq!(runs.load(Ordering::SeqCst), 11);
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(balance(&db.store, 1), 110);
}

#[test]
fn the_closures_own_error_does_not_hide_a_serialisation_failure() {
    let db = db();
    db.store.write_blocking("open", |tx| open(tx, 1, "shared", 0)).unwrap();
    let (other, runs) = (db.store.clone(), Arc::new(AtomicU32::new(0)));
    let counted = Arc::clone(&runs);
    let outcome = db.store.write_blocking("translate", move |tx| -> Result<()> {
        let before: i64 = tx.one(&BALANCE, params![1])?;
        if counted.fetch_add(1, Ordering::SeqCst) == 0 {
            let lucky = |tx: &mut Tx<'_>| tx.one::<i64>(&ADD, params![1, 10]).map(drop);
            std::thread::scope(|scope| scope.spawn(|| other.write_blocking("lucky", lucky)).join().unwrap())?;
        }
        tx.exec(&SET, params![1, before + 1]).map_err(|_| StoreError::Other("translated".into()))?;
        Ok(())
    });
    assert_eq!(outcome, Ok(()));
    assert_eq!((runs.load(Ordering::SeqCst), balance(&db.store, 1)), (2, 11));
}

#[test]
fn puts_are_not_waited_for_one_by_one() {
    let db = db();
    db.store
        .write_blocking("puts", |tx| -> Result<()> {
            open(tx, 0, "first", 1)?;
            // Locked by nobody: the time of 300 round trips would show, of 300 sends it does not.
            (1..300).try_for_each(|id| open(tx, id, &format!("n{id}"), 1))?;
            // The failure of a put is told by the next statement that waits …
            tx.put(&SET, params![1, -1])?;
            tx.put(&SET, params![2, 5])?;
            let told = tx.one::<i64>(&COUNT, params![]);
            assert!(matches!(told, Err(StoreError::Constraint(_))), "{told:?}");
            Ok(())
        })
        .unwrap_err();
    assert_eq!(count(&db.store), 0);
    // … or by the commit.
    let told = db.store.write_blocking("puts", |tx| -> Result<()> {
        open(tx, 1, "a", 1)?;
        tx.put(&SET, params![1, -1])
    });
    assert!(matches!(told, Err(StoreError::Constraint(_))), "{told:?}");
    let told = db.store.write_blocking("puts", |tx| tx.put(&SET, params![1, -1]));
    assert_eq!(told, Ok(()), "no row, no failure");
    assert_eq!(count(&db.store), 0);
}

#[test]
fn the_horizon_holds_back_what_an_earlier_transaction_may_still_precede() {
    let db = db();
    let append = |store: &Store, body: &'static str| {
        store.write_blocking("append", move |tx| tx.one::<i64>(&APPEND, params![body])).unwrap()
    };
    type Entry = (i64, i64, String);
    let finals = |after: (i64, i64)| {
        db.store
            .read_blocking(move |q| -> Result<Vec<Entry>> {
                let horizon = q.horizon()?;
                q.all(&FINAL, params![after.0, after.1, horizon])
            })
            .unwrap()
    };
    append(&db.store, "before");
    let gate = Arc::new(Barrier::new(2));
    let (store, inner) = (db.store.clone(), Arc::clone(&gate));
    let slow = std::thread::spawn(move || {
        store.write_blocking("slow", move |tx| -> Result<i64> {
            let seq = tx.one(&APPEND, params!["slow"])?;
            inner.wait();
            inner.wait();
            Ok(seq)
        })
    });
    gate.wait();
    // Begun later, committed earlier, with a higher number.
    let quick = append(&db.store, "quick");
    let all = db.store.read_blocking(|q| q.all::<Entry>(&JOURNAL, params![])).unwrap();
    assert_eq!(all.iter().map(|e| e.2.as_str()).collect::<Vec<_>>(), ["before", "quick"], "it is visible");
    let seen = until(|| finals((0, 0)), |seen| !seen.is_empty());
    assert_eq!(seen.iter().map(|e| e.2.as_str()).collect::<Vec<_>>(), ["before"], "but not yet final");
    let cursor = (seen[0].1, seen[0].0);
    gate.wait();
    let late = slow.join().unwrap().unwrap();
    assert!(late < quick, "{late} {quick}");
    let rest = until(|| finals(cursor), |rest| rest.len() == 2);
    assert_eq!(
        rest.iter().map(|e| e.2.as_str()).collect::<Vec<_>>(),
        ["slow", "quick"],
        "nothing is skipped"
    );
}

#[test]
fn a_schema_that_changes_under_a_running_node_is_no_failure() {
    let db = db();
    db.store.write_blocking("open", |tx| open(tx, 1, "a", 5)).unwrap();
    let store = Store::open(&db.url, Options { connections: 1, ..Options::default() }).unwrap();
    sql! { EVERYTHING = "select * from follower"; }
    assert_eq!(store.read_blocking(|q| q.all::<(String, i64, i64)>(&EVERYTHING, params![])), Ok(vec![]));
    let mut next = SCHEMA.to_vec();
    next.push(Migration { number: 2, name: "wider", text: "alter table follower add column note text;" });
    assert_eq!(db.store.migrate_with(&next).unwrap().len(), 1);
    // The prepared statement no longer fits; it is prepared anew, and the unit runs again.
    type Wider = (String, i64, i64, Option<String>);
    assert_eq!(store.read_blocking(|q| q.all::<Wider>(&EVERYTHING, params![])), Ok(vec![]));
}

#[test]
fn a_server_that_dies_and_comes_back_costs_only_the_units_in_between() {
    let cluster = Cluster::own("restart");
    let store =
        Store::open(&cluster.url("postgres"), Options { connections: 2, ..Options::default() }).unwrap();
    store.migrate_with(SCHEMA).unwrap();
    store.write_blocking("open", |tx| open(tx, 1, "a", 0)).unwrap();
    assert_eq!(count(&store), 1);

    // Idle connections died with the server: the next unit connects anew and nobody notices.
    cluster.stop(Stop::Immediate);
    cluster.start();
    store.write_blocking("add", |tx| tx.one::<i64>(&ADD, params![1, 1]).map(drop)).unwrap();
    assert_eq!(balance(&store, 1), 1);

    // Away: a typed error, at once, and no panic.
    cluster.stop(Stop::Immediate);
    let away = store.write_blocking("add", |tx| tx.one::<i64>(&ADD, params![1, 1]).map(drop));
    assert!(matches!(away, Err(StoreError::Unavailable(_))), "{away:?}");
    let away = store.read_blocking(|q| q.one::<i64>(&COUNT, params![]));
    assert!(matches!(away, Err(StoreError::Unavailable(_))), "{away:?}");
    cluster.start();
    assert_eq!(balance(&store, 1), 1);

    // The next unit meets a connection that died with the server, whichever thread takes it.
    cluster.stop(Stop::Immediate);
    cluster.start();
    // Killed in the middle of a unit, before its commit: it runs again on a new connection.
    let (gate, runs) = (Arc::new(Barrier::new(2)), Arc::new(AtomicU32::new(0)));
    let (other, inner, counted) = (store.clone(), Arc::clone(&gate), Arc::clone(&runs));
    let middle = std::thread::spawn(move || {
        other.write_blocking("middle", move |tx| -> Result<i64> {
            let sum = tx.one(&ADD, params![1, 1])?;
            if counted.fetch_add(1, Ordering::SeqCst) == 0 {
                inner.wait();
                inner.wait();
            }
            open(tx, 2, "b", 0)?;
            Ok(sum)
        })
    });
    gate.wait();
    cluster.stop(Stop::Immediate);
    cluster.start();
    gate.wait();
    assert_eq!(middle.join().unwrap(), Ok(2));
    assert_eq!(runs.load(Ordering::SeqCst), 2);
    assert_eq!((count(&store), balance(&store, 1)), (2, 2));
}

#[test]
fn a_server_killed_again_and_again_under_load_loses_no_answered_write() {
    let cluster = Cluster::own("load");
    let store =
        Store::open(&cluster.url("postgres"), Options { connections: 4, ..Options::default() }).unwrap();
    store.migrate_with(SCHEMA).unwrap();
    store.write_blocking("open", |tx| open(tx, 1, "shared", 0)).unwrap();
    let stop = Arc::new(AtomicU32::new(0));
    let writers: Vec<_> = (0..4_i64)
        .map(|writer| {
            let (store, stop) = (store.clone(), Arc::clone(&stop));
            std::thread::spawn(move || {
                let (mut done, mut unknown) = (Vec::new(), 0);
                for round in 0.. {
                    if stop.load(Ordering::SeqCst) == 1 {
                        break;
                    }
                    let id = 1000 + writer * 1_000_000 + round;
                    let wrote =
                        store.write_blocking("enter", move |tx| tx.put_one(&ENTER, params![id, 1, id, "x"]));
                    match wrote {
                        Ok(()) => done.push(id),
                        Err(StoreError::Unavailable(_)) => {
                            unknown += 1;
                            std::thread::sleep(Duration::from_millis(5));
                        }
                        Err(other) => panic!("{other:?}"),
                    }
                }
                (done, unknown)
            })
        })
        .collect();
    for _ in 0..3 {
        std::thread::sleep(Duration::from_millis(150));
        cluster.stop(Stop::Immediate);
        cluster.start();
    }
    std::thread::sleep(Duration::from_millis(150));
    stop.store(1, Ordering::SeqCst);
    let (mut done, mut unknown) = (Vec::new(), 0);
    for writer in writers {
        let (ids, failures) = writer.join().unwrap();
        done.extend(ids);
        unknown += failures;
    }
    let there: std::collections::BTreeSet<i64> = store
        .read_blocking(|q| q.all::<(i64, i64, i64, String)>(&ENTRIES, params![]))
        .unwrap()
        .into_iter()
        .map(|entry| entry.0)
        .collect();
    assert!(done.len() > 50 && unknown > 0, "{} {unknown}", done.len());
    let lost: Vec<_> = done.iter().filter(|id| !there.contains(id)).collect();
    assert_eq!(lost, Vec::<&i64>::new());
}

/// A running number, say: everybody reads it and writes it, on two nodes, and each would lose again and again.
#[test]
fn whoever_takes_a_turn_first_writes_the_row_that_everybody_writes_without_losing_once() {
    let db = TestDb::open(Engine::Postgres, SCHEMA, Options { connections: 8, ..Options::default() });
    let other = Store::open(&db.url, Options { connections: 8, ..Options::default() }).unwrap();
    db.store.write_blocking("open", |tx| open(tx, 1, "shared", 0)).unwrap();
    let (runs, through) = (AtomicU32::new(0), AtomicU32::new(0));
    let (runs, through) = (Arc::new(runs), Arc::new(through));
    std::thread::scope(|scope| {
        for worker in 0..32 {
            let store = if worker % 2 == 0 { db.store.clone() } else { other.clone() };
            let (runs, through) = (Arc::clone(&runs), Arc::clone(&through));
            scope.spawn(move || {
                for _ in 0..10 {
                    let (runs, through) = (Arc::clone(&runs), Arc::clone(&through));
                    let drawn = store.write_blocking("draw", move |tx| -> Result<()> {
                        // What a unit reads before it knows what it will write.
                        let _: i64 = tx.one(&COUNT, params![])?;
                        runs.fetch_add(1, Ordering::SeqCst);
                        tx.turn("shared")?;
                        tx.turn("another")?;
                        through.fetch_add(1, Ordering::SeqCst);
                        let before: i64 = tx.one(&BALANCE, params![1])?;
                        std::thread::sleep(Duration::from_millis(1));
                        tx.put_one(&SET, params![1, before + 1])
                    });
                    drawn.unwrap();
                }
            });
        }
    });
    assert_eq!(balance(&db.store, 1), 320);
    // Once for each of the two turns, once to the end; nobody wrote in vain.
    assert_eq!((runs.load(Ordering::SeqCst), through.load(Ordering::SeqCst)), (960, 320));
    // A turn ends with its unit: nobody holds one now.
    sql! { HELD = "select count(*) from pg_locks where locktype = 'advisory' and database =
    (select oid from pg_database where datname = current_database())"; }
    assert_eq!(db.store.read_blocking(|q| q.one::<i64>(&HELD, params![])), Ok(0));
}

#[test]
fn a_row_that_everybody_writes_lets_everybody_through() {
    let db = TestDb::open(Engine::Postgres, SCHEMA, Options { connections: 8, ..Options::default() });
    let other = Store::open(&db.url, Options { connections: 8, ..Options::default() }).unwrap();
    db.store.write_blocking("open", |tx| open(tx, 1, "shared", 0)).unwrap();
    std::thread::scope(|scope| {
        for worker in 0..32 {
            let store = if worker % 2 == 0 { db.store.clone() } else { other.clone() };
            scope.spawn(move || {
                for _ in 0..10 {
                    let drawn = store.write_blocking("draw", |tx| -> Result<()> {
                        let before: i64 = tx.one(&BALANCE, params![1])?;
                        std::thread::sleep(Duration::from_millis(1));
                        tx.put_one(&SET, params![1, before + 1])
                    });
                    drawn.unwrap();
                }
            });
        }
    });
    assert_eq!(balance(&db.store, 1), 320);
}
