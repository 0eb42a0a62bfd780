//! A fresh, migrated database on each engine for a test.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio_postgres::{Client, NoTls};
use yimen_store::{Engine, MIGRATIONS, Migration, Options, Store};

use crate::postgres;

/// A migrated database of its own, gone when dropped.
pub struct TestDb {
    pub store: Store,
    pub url: String,
    home: Home,
}

enum Home {
    Folder(PathBuf),
    Database(String),
}

impl TestDb {
    /// A fresh SQLite file with the program's schema.
    pub fn sqlite() -> TestDb {
        TestDb::open(Engine::Sqlite, MIGRATIONS, Options::default())
    }

    /// A fresh PostgreSQL database with the program's schema.
    pub fn postgres() -> TestDb {
        TestDb::open(Engine::Postgres, MIGRATIONS, test_options())
    }

    /// A fresh database with a schema and options of the test's own.
    pub fn open(engine: Engine, migrations: &[Migration], options: Options) -> TestDb {
        let (url, home) = match engine {
            Engine::Sqlite => fresh_file(),
            Engine::Postgres => fresh_database(migrations),
        };
        let store = Store::open(&url, options).unwrap_or_else(|error| panic!("{url}: {error}"));
        store.migrate_with(migrations).unwrap_or_else(|error| panic!("{url}: {error}"));
        TestDb { store, url, home }
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    pub fn engine(&self) -> Engine {
        self.store.engine()
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        match &self.home {
            // A leftover file harms nobody.
            Home::Folder(folder) => drop(std::fs::remove_dir_all(folder)),
            Home::Database(name) => {
                let text = format!("drop database if exists {name} with (force)");
                maintain(move |client| async move { drop(client.batch_execute(&text).await) });
            }
        }
    }
}

/// Few connections each: many tests run at once.
fn test_options() -> Options {
    Options { connections: 4, ..Options::default() }
}

/// Runs the test on SQLite, then on PostgreSQL, each with a fresh migrated database.
pub fn on_each_engine(test: impl Fn(TestDb)) {
    on_each_engine_with(MIGRATIONS, test);
}

/// `on_each_engine` with a schema of the test's own.
pub fn on_each_engine_with(migrations: &[Migration], test: impl Fn(TestDb)) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        // Shown only when the test fails: then it says where.
        println!("on {engine:?}:");
        test(TestDb::open(engine, migrations, test_options()));
    }
}

/// `on_each_engine` for tests that await.
pub fn on_each_engine_async<F: Future<Output = ()>>(test: impl Fn(TestDb) -> F) {
    on_each_engine(|db| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap_or_else(|error| panic!("no runtime: {error}"));
        runtime.block_on(test(db));
    });
}

/// Asks again until the answer is as wanted, at most some twenty seconds. For what follows with
/// a delay: the horizon of a PostgreSQL server, for one, also waits for transactions in its
/// other databases, where other tests run.
pub fn until<T>(mut ask: impl FnMut() -> T, wanted: impl Fn(&T) -> bool) -> T {
    let started = std::time::Instant::now();
    loop {
        let answer = ask();
        if wanted(&answer) || started.elapsed() > std::time::Duration::from_secs(20) {
            return answer;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

static NEXT: AtomicU32 = AtomicU32::new(0);

fn fresh_file() -> (String, Home) {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    // In memory where there is such a place: a test gains nothing from waiting for a disk.
    let memory = PathBuf::from("/dev/shm");
    let base = if memory.is_dir() { memory } else { std::env::temp_dir() };
    let folder = base.join(format!("yimen-test-{}-{number}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    (format!("sqlite:{}", folder.join("yimen.db").display()), Home::Folder(folder))
}

/// Copies a migrated template, which the first test of the run makes.
fn fresh_database(migrations: &[Migration]) -> (String, Home) {
    let template = format!("yimen_template_{:016x}", fingerprint(migrations));
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("yimen_test_{}_{number}", std::process::id());
    let (building, migrations) = (format!("{template}_building"), migrations.to_vec());
    let fresh = name.clone();
    maintain(move |client| async move {
        let said = |error: tokio_postgres::Error| panic!("{}: {error:?}", postgres::shared());
        // One process makes the template; the others wait for it here.
        client.batch_execute("select pg_advisory_lock(730889)").await.unwrap_or_else(said);
        let known = client
            .query("select 1 from pg_database where datname = $1", &[&template])
            .await
            .unwrap_or_else(|error| panic!("{error:?}"));
        if known.is_empty() {
            let make = [
                format!("drop database if exists {building} with (force)"),
                format!("create database {building} template template0"),
            ];
            for text in make {
                client.batch_execute(&text).await.unwrap_or_else(said);
            }
            let url = sibling(&building);
            let store = Store::open(&url, Options { connections: 1, ..Options::default() })
                .unwrap_or_else(|error| panic!("{url}: {error}"));
            store.migrate_with(&migrations).unwrap_or_else(|error| panic!("{url}: {error}"));
            drop(store);
            await_empty(&client, &building).await;
            let name_it = format!("alter database {building} rename to {template}");
            client.batch_execute(&name_it).await.unwrap_or_else(said);
        }
        client.batch_execute("select pg_advisory_unlock(730889)").await.unwrap_or_else(said);
        for text in [
            format!("drop database if exists {fresh} with (force)"),
            format!("create database {fresh} template {template}"),
        ] {
            client.batch_execute(&text).await.unwrap_or_else(said);
        }
    });
    let url = sibling(&name);
    (url, Home::Database(name))
}

/// A closed connection lingers in the server for a moment; a database in use has no new name.
async fn await_empty(client: &Client, database: &str) {
    for _ in 0..500 {
        let rows = client.query("select 1 from pg_stat_activity where datname = $1", &[&database]).await;
        if rows.is_ok_and(|rows| rows.is_empty()) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

/// The URL of another database on the shared server.
fn sibling(database: &str) -> String {
    let url = postgres::shared();
    let (head, options) = url.split_once('?').map_or((url, ""), |(head, options)| (head, options));
    let (server, _) = head.rsplit_once('/').unwrap_or_else(|| panic!("{url}: no database in the URL"));
    if options.is_empty() { format!("{server}/{database}") } else { format!("{server}/{database}?{options}") }
}

fn fingerprint(migrations: &[Migration]) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for migration in migrations {
        let head = migration.number.to_le_bytes();
        for byte in head.into_iter().chain(migration.name.bytes()).chain(migration.text.bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}

/// Does something in the maintenance database, on a thread of its own: the caller may be
/// inside a runtime.
fn maintain<F: Future<Output = ()>>(work: impl FnOnce(Client) -> F + Send + 'static) {
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap_or_else(|error| panic!("no runtime: {error}"));
        runtime.block_on(async {
            let url = postgres::shared();
            let (client, driver) =
                tokio_postgres::connect(url, NoTls).await.unwrap_or_else(|error| panic!("{url}: {error:?}"));
            tokio::spawn(driver);
            work(client).await;
        });
    });
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}
