//! Random histories of units, played on both engines: the same answers, the same rows.

mod common;

use common::*;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use yimen_store::*;
use yimen_testkit::TestDb;

/// One statement of a unit.
#[derive(Debug, Clone)]
enum Step {
    Open(i64, i64),
    Try(i64, i64),
    Upsert(i64, i64),
    Set(i64, i64),
    SetOne(i64, i64),
    SetIf(i64, i64, i64),
    Add(i64, i64),
    Delete(i64),
    Enter(i64, i64, i64),
    Read(i64),
    Count,
}

#[derive(Debug, Clone)]
struct Unit {
    steps: Vec<Step>,
    /// Ends with an error of its own.
    fails: bool,
}

fn step() -> impl Strategy<Value = Step> {
    let (id, amount) = (1..6_i64, -2..6_i64);
    prop_oneof![
        (id.clone(), amount.clone()).prop_map(|(id, n)| Step::Open(id, n)),
        (id.clone(), amount.clone()).prop_map(|(id, n)| Step::Try(id, n)),
        (id.clone(), amount.clone()).prop_map(|(id, n)| Step::Upsert(id, n)),
        (id.clone(), amount.clone()).prop_map(|(id, n)| Step::Set(id, n)),
        (id.clone(), amount.clone()).prop_map(|(id, n)| Step::SetOne(id, n)),
        (id.clone(), amount.clone(), amount.clone()).prop_map(|(id, old, new)| Step::SetIf(id, old, new)),
        (id.clone(), amount.clone()).prop_map(|(id, n)| Step::Add(id, n)),
        id.clone().prop_map(Step::Delete),
        (id.clone(), id.clone(), amount).prop_map(|(id, account, n)| Step::Enter(id, account, n)),
        id.prop_map(Step::Read),
        Just(Step::Count),
    ]
}

fn history() -> impl Strategy<Value = Vec<Unit>> {
    let unit = (prop::collection::vec(step(), 1..6), prop::bool::weighted(0.1));
    prop::collection::vec(unit.prop_map(|(steps, fails)| Unit { steps, fails }), 1..25)
}

fn play(tx: &mut Tx<'_>, unit: &Unit) -> Result<Vec<i64>> {
    let mut seen = Vec::new();
    for step in &unit.steps {
        match *step {
            Step::Open(id, n) => open(tx, id, &format!("n{}", id % 4), n)?,
            Step::Try(id, n) => seen.push(tx.exec(&TRY_INSERT, params![id, &format!("n{id}"), n])? as i64),
            Step::Upsert(id, n) => tx.put(&UPSERT, params![id, &format!("n{id}"), n])?,
            Step::Set(id, n) => tx.put(&SET, params![id, n])?,
            Step::SetOne(id, n) => tx.put_one(&SET, params![id, n])?,
            Step::SetIf(id, old, new) => tx.put_one(&SET_IF, params![id, old, new])?,
            Step::Add(id, n) => seen.push(tx.opt(&ADD, params![id, n])?.unwrap_or(-99)),
            Step::Delete(id) => seen.push(tx.exec(&DELETE, params![id])? as i64),
            Step::Enter(id, account, n) => tx.put(&ENTER, params![id, account, n, tx.name()])?,
            Step::Read(id) => seen.push(tx.one(&BALANCE, params![id])?),
            Step::Count => seen.push(tx.one(&COUNT, params![])?),
        }
    }
    if unit.fails { Err(StoreError::Other("changed my mind".into())) } else { Ok(seen) }
}

/// Constraint texts name the constraint, which only one engine knows; the kind must agree.
fn plain(answer: Result<Vec<i64>>) -> Result<Vec<i64>> {
    answer.map_err(|error| match error {
        StoreError::Constraint(text) => {
            let kind = ["NOT NULL", "FOREIGN KEY", "CHECK"].into_iter().find(|kind| text.contains(kind));
            StoreError::Constraint(kind.unwrap_or(&text).to_owned())
        }
        other => other,
    })
}

type Rows = (Vec<Account>, Vec<(i64, i64, i64, String)>);

fn run(store: &Store, history: &[Unit]) -> (Vec<Result<Vec<i64>>>, Rows) {
    sql! { WIPE_ENTRIES = "delete from entry"; WIPE_ACCOUNTS = "delete from account"; }
    store
        .write_blocking("wipe", |tx| -> Result<()> {
            tx.put(&WIPE_ENTRIES, params![])?;
            tx.put(&WIPE_ACCOUNTS, params![])
        })
        .unwrap();
    let answers = history
        .iter()
        .map(|unit| {
            let unit = unit.clone();
            plain(store.write_blocking("history", move |tx| play(tx, &unit)))
        })
        .collect();
    let rows = store
        .read_blocking(|q| -> Result<Rows> {
            Ok((q.all(&ACCOUNTS, params![])?, q.all(&ENTRIES, params![])?))
        })
        .unwrap();
    (answers, rows)
}

#[test]
fn both_engines_tell_the_same_story() {
    let open = |engine| TestDb::open(engine, SCHEMA, Options { connections: 1, ..Options::default() });
    let (sqlite, postgres) = (open(Engine::Sqlite), open(Engine::Postgres));
    let mut runner = TestRunner::new(Config { cases: 150, failure_persistence: None, ..Config::default() });
    runner
        .run(&history(), |history| {
            let (left, right) = (run(&sqlite.store, &history), run(&postgres.store, &history));
            prop_assert_eq!(left, right);
            Ok(())
        })
        .unwrap();
}
