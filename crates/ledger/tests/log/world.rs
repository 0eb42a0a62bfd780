//! A platform with a journal, and a log that follows it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use yimen_blobs::Blobs;
use yimen_ledger::tlog::key::{Algorithm, Signer};
use yimen_ledger::witness::{KnownWitness, Witness};
use yimen_ledger::{Keys, Ledger};
use yimen_platform::journal::{self, Entry};
use yimen_platform::{Actor, Ctx, Ids, ManualClock, Platform, Sealer};
use yimen_standards::time::Instant;
use yimen_store::Store;
use yimen_testkit::until;

pub const ORIGIN: &str = "city.example/tlog";
pub const NAME: &str = "王不留";

pub struct World {
    pub ledger: Ledger,
    pub clock: Arc<ManualClock>,
    folder: PathBuf,
}

impl Drop for World {
    fn drop(&mut self) {
        // A leftover folder harms nobody.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

pub fn witness_key() -> Signer {
    Signer::new("audit.example/w1", Algorithm::Cosignature, &[9; 32]).unwrap()
}

impl World {
    pub fn on(store: Store) -> World {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::SeqCst);
        let folder = std::env::temp_dir().join(format!("yimen-ledger-{}-{number}", std::process::id()));
        let clock = Arc::new(ManualClock::at(Instant(1_795_000_000_000)));
        let platform = Platform {
            store,
            blobs: Blobs::open(&format!("file:{}", folder.display())).unwrap(),
            sealer: Arc::new(Sealer::new([7; 32])),
            clock: clock.clone(),
            ids: Arc::new(Ids::seeded(1, 42)),
        };
        let keys = Keys::generate(ORIGIN, || platform.ids.fill()).unwrap();
        let witness = KnownWitness { url: "http://w1".into(), key: witness_key().verifier().clone() };
        let ledger = Ledger { platform, keys: Arc::new(keys), witnesses: Arc::new(vec![witness]) };
        World { ledger, clock, folder }
    }

    pub fn store(&self) -> &Store {
        &self.ledger.platform.store
    }

    pub fn ctx(&self) -> Ctx {
        let actor = Actor::Citizen { account: 1, party: 2, name: NAME.into() };
        self.ledger.platform.ctx(actor, "")
    }

    /// Acts of so many cases, several in a transaction.
    pub fn act(&self, cases: std::ops::Range<i64>) {
        let ctx = self.ctx();
        let all: Vec<i64> = cases.collect();
        for some in all.chunks(50) {
            let (some, ctx) = (some.to_vec(), ctx.clone());
            let noted = self.store().write_blocking("test.act", move |tx| {
                some.iter().try_for_each(|case| {
                    let body = serde_json::json!({ "number": format!("N{case}") });
                    journal::append(
                        tx,
                        &ctx,
                        journal::Note { verb: "case.submitted", case: *case, task: 0, body },
                    )
                })
            });
            noted.unwrap();
        }
    }

    /// Follows until the log has so many leaves: on PostgreSQL entries wait for the transactions of other tests.
    pub fn follow_to(&self, leaves: u64) {
        let step = || {
            self.follow();
            self.size()
        };
        assert_eq!(until(step, |size| *size == leaves), leaves);
    }

    pub fn follow(&self) -> usize {
        self.block_on(self.ledger.follow(&self.ctx())).unwrap()
    }

    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    pub fn size(&self) -> u64 {
        self.store().read_blocking(yimen_ledger::store::size).unwrap()
    }

    pub fn entry(&self, case: i64) -> Entry {
        self.store().read_blocking(move |q| journal::of_case(q, case, 0, 1)).unwrap().pop().unwrap()
    }

    pub fn receipt(&self, case: i64) -> Option<String> {
        let (entry, ledger) = (self.entry(case), self.ledger.clone());
        let proof = self.store().read_blocking(move |q| ledger.receipt(q, &entry));
        proof.unwrap().map(|proof| proof.to_string())
    }

    /// A witness of this log.
    pub fn witness(&self) -> Arc<Witness> {
        Arc::new(Witness { signer: witness_key(), logs: self.ledger.keys.verifiers() })
    }

    /// Changes the database behind everybody's back.
    pub fn tamper(&self, sql: &'static yimen_store::Sql) {
        self.store().write_blocking("test.tamper", move |tx| tx.exec(sql, &[]).map(|_| ())).unwrap();
    }

    pub fn verify(&self) -> Result<yimen_ledger::Verified, yimen_ledger::LedgerError> {
        let keys = self.ledger.keys.verifiers();
        self.store().read_blocking(move |q| yimen_ledger::verify(q, &keys, |_| {}))
    }
}
