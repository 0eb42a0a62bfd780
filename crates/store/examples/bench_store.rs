//! Writes and reads a second, with every commit durable.
//!
//! `cargo run --release -p yimen-store --example bench_store -- [URL] [SECONDS]`
//!
//! A write is what a command does to the store: an update and an insert in one named
//! transaction. Without a URL it measures a new SQLite file under `target/`, with and without
//! waiting for a group to fill.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use yimen_store::{Migration, Options, Result, Store, params, sql};

sql! {
    CASE = "insert into bench_case (id, state, revision) values ($1, $2, 0) on conflict (id) do nothing";
    ADVANCE = "update bench_case set revision = revision + 1, state = $2 where id = $1";
    JOURNAL = "insert into bench_journal (id, case_id, at, verb, body) values ($1, $2, $3, $4, $5)";
    LAST = "select coalesce(max(id), 0) from bench_journal";
    PAGE = "select id, state, revision from bench_case where id >= $1 order by id limit 20";
}

const SCHEMA: &[Migration] = &[Migration {
    number: 1,
    name: "bench",
    text: "create table bench_case (id {{int}} primary key not null, state text not null, revision {{int}} not null){{strict}};
           create table bench_journal (id {{int}} primary key not null, case_id {{int}} not null, at {{int}} not null, verb text not null, body text not null){{strict}};
           create index bench_journal_case on bench_journal (case_id, id);",
}];

const CASES: i64 = 10_000;
static NEXT: AtomicI64 = AtomicI64::new(0);

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next();
    let seconds: f64 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(3.0);
    let lasting = Duration::from_secs_f64(seconds);
    match url {
        Some(url) => measure(&url, Options::default(), lasting),
        None => {
            let folder = std::path::Path::new("target/bench-store");
            let _ = std::fs::remove_dir_all(folder);
            measure("sqlite:target/bench-store/store.db", Options::default(), lasting)?;
            println!("the engine alone, prepared statements, one thread");
            for batch in [1, 32] {
                // Measuring a database that fails has no sense.
                raw(&folder.join("store.db"), batch, lasting).expect("the file measured above");
            }
            Ok(())
        }
    }
}

fn measure(url: &str, options: Options, lasting: Duration) -> Result<()> {
    let store = Store::open(url, options)?;
    store.migrate_with(SCHEMA)?;
    store.write_blocking("bench.fill", |tx| -> Result<()> {
        (0..CASES).try_for_each(|id| tx.put(&CASE, params![id, "submitted"]))
    })?;
    NEXT.store(store.read_blocking(|q| q.one(&LAST, params![]))?, Ordering::Relaxed);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    // A benchmark without a runtime has nothing to measure.
    let runtime = runtime.expect("a runtime");
    for tasks in [1, 32] {
        let samples = runtime.block_on(load(&store, tasks, lasting, true));
        report("write", tasks, lasting, samples);
    }
    for tasks in [1, 32] {
        let samples = runtime.block_on(load(&store, tasks, lasting, false));
        report("read ", tasks, lasting, samples);
    }
    Ok(())
}

/// The same rows by the engine itself, `batch` writes a commit.
fn raw(file: &std::path::Path, batch: i64, lasting: Duration) -> rusqlite::Result<()> {
    let db = rusqlite::Connection::open(file)?;
    db.execute_batch(
        "pragma synchronous = full; pragma foreign_keys = on; pragma cache_size = -65536;
        pragma wal_autocheckpoint = 4000; pragma temp_store = memory",
    )?;
    let mut advance = db.prepare(&ADVANCE.text.replace('$', "?"))?;
    let mut journal = db.prepare(&JOURNAL.text.replace('$', "?"))?;
    let mut samples = Vec::new();
    let begun = Instant::now();
    while begun.elapsed() < lasting {
        let started = Instant::now();
        db.execute_batch("begin immediate")?;
        for _ in 0..batch {
            let id = NEXT.fetch_add(1, Ordering::Relaxed) + 1;
            let case = id * 7919 % CASES;
            advance.execute((case, "accepted"))?;
            journal.execute((id, case, id, "case.advance", "{\"findings\":[]}"))?;
        }
        db.execute_batch("commit")?;
        samples.extend(std::iter::repeat_n(started.elapsed(), batch as usize));
    }
    report("raw  ", batch as usize, lasting, samples);
    Ok(())
}

async fn load(store: &Store, tasks: usize, lasting: Duration, write: bool) -> Vec<Duration> {
    let stop = Arc::new(AtomicBool::new(false));
    let running: Vec<_> = (0..tasks)
        .map(|_| {
            let (store, stop) = (store.clone(), Arc::clone(&stop));
            tokio::spawn(async move {
                let mut samples = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let started = Instant::now();
                    let done = if write { advance(&store).await } else { page(&store).await };
                    if let Err(error) = done {
                        eprintln!("{error}");
                    }
                    samples.push(started.elapsed());
                }
                samples
            })
        })
        .collect();
    tokio::time::sleep(lasting).await;
    stop.store(true, Ordering::Relaxed);
    let mut all = Vec::new();
    for task in running {
        all.extend(task.await.unwrap_or_default());
    }
    all
}

async fn advance(store: &Store) -> Result<()> {
    let id = NEXT.fetch_add(1, Ordering::Relaxed) + 1;
    store
        .write("bench.advance", move |tx| {
            // A stride coprime to the number of cases: neighbours in time touch distant rows.
            let case = id * 7919 % CASES;
            tx.put_one(&ADVANCE, params![case, "accepted"])?;
            tx.put(&JOURNAL, params![id, case, id, "case.advance", "{\"findings\":[]}"])
        })
        .await
}

async fn page(store: &Store) -> Result<()> {
    let from = NEXT.fetch_add(1, Ordering::Relaxed) * 7919 % CASES;
    store.read(move |q| q.all::<(i64, String, i64)>(&PAGE, params![from])).await.map(drop)
}

fn report(what: &str, tasks: usize, lasting: Duration, mut samples: Vec<Duration>) {
    samples.sort();
    let at = |share: f64| samples.get((samples.len() as f64 * share) as usize).copied().unwrap_or_default();
    println!(
        "{what} × {tasks:2}: {:>8.0} /s   p50 {:>7.3} ms   p99 {:>7.3} ms",
        samples.len() as f64 / lasting.as_secs_f64(),
        at(0.50).as_secs_f64() * 1e3,
        at(0.99).as_secs_f64() * 1e3,
    );
}
