//! A place on an engine that commands and servers are run on.

use std::path::PathBuf;

use yimen::open::Place;
use yimen_store::{Engine, Options};
use yimen_testkit::TestDb;

use super::{Home, city, done};

/// An empty place on an engine: a data folder, and a database of the test's server.
pub struct Spot {
    pub home: Home,
    pub db: Option<TestDb>,
}

impl Spot {
    pub fn empty(engine: Engine) -> Spot {
        let options = Options { connections: 1, ..Options::default() };
        let db = (engine == Engine::Postgres).then(|| TestDb::open(engine, &[], options));
        Spot { home: Home::new(), db }
    }

    pub fn data(&self) -> String {
        self.home.join("data").display().to_string()
    }

    pub fn store(&self) -> String {
        self.db.as_ref().map(|db| db.url.clone()).unwrap_or_default()
    }

    pub fn place(&self) -> Place {
        Place { data: self.home.join("data"), store: self.store(), blobs: String::new(), node: 3 }
    }

    pub fn args(&self, words: &[&str]) -> Vec<String> {
        let more = ["--data".to_owned(), self.data(), "--store".to_owned(), self.store()];
        words.iter().map(|word| (*word).to_owned()).chain(more).collect()
    }

    pub fn key(&self) -> PathBuf {
        self.place().key_file()
    }

    pub fn take_key_of(&self, other: &Spot) {
        std::fs::create_dir_all(self.key().parent().unwrap()).unwrap();
        std::fs::copy(other.key(), self.key()).unwrap();
    }

    pub fn city(engine: Engine) -> Spot {
        let spot = Spot::empty(engine);
        city(&spot.data(), "30", &["--store", &spot.store()]);
        spot
    }

    pub fn backup(&self, name: &str) -> String {
        let file = self.home.join(name).display().to_string();
        done(&strs(&self.args(&["backup", &file])));
        file
    }
}

pub fn strs(args: &[String]) -> Vec<&str> {
    args.iter().map(String::as_str).collect()
}
