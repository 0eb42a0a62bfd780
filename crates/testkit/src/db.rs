//! A fresh, migrated database on each engine for a test.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use yimen_store::{Engine, Options, Store};

/// A migrated database of its own, gone when the test ends.
pub struct TestDb {
    pub store: Store,
    pub url: String,
    folder: PathBuf,
}

impl TestDb {
    pub fn engine(&self) -> Engine {
        self.store.engine()
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        // A leftover file in target/ harms nobody.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

static NEXT: AtomicU32 = AtomicU32::new(0);

/// Runs the test on every engine in turn.
pub fn on_each_engine(test: impl Fn(TestDb)) {
    test(sqlite());
}

/// A fresh migrated SQLite database.
pub fn sqlite() -> TestDb {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("yimen-test-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let url = format!("sqlite:{}", folder.join("yimen.db").display());
    let store = Store::open(&url, Options::default()).unwrap_or_else(|error| panic!("{url}: {error}"));
    store.migrate().unwrap_or_else(|error| panic!("{url}: {error}"));
    TestDb { store, url, folder }
}
