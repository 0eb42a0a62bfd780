//! Data keys on both engines: two processes on one database, one of which changes the key.

use std::sync::Arc;

use yimen_platform::keys::{self, KeyError};
use yimen_platform::{Actor, Algorithm, Ctx, DataKey, Ids, KEY_NOTICE_MS, Sealer, journal, setting};
use yimen_standards::time::Instant;
use yimen_store::Store;
use yimen_testkit::{TestDb, on_each_engine};

const START: Instant = Instant(1_790_000_000_000);

/// A process: its sealer, having taken up what keys there are.
fn process(store: &Store) -> Arc<Sealer> {
    let sealer = Arc::new(Sealer::new([7; 32]));
    keys::begin(store, &sealer, START).unwrap();
    sealer
}

fn rotate(store: &Store, sealer: &Arc<Sealer>, now: Instant) -> Result<DataKey, KeyError> {
    let ctx = Ctx::new(Actor::System("test"), now, Arc::new(Ids::seeded(0, 1)), "r");
    let sealer = sealer.clone();
    store.write_blocking("test", move |tx| keys::rotate(tx, &ctx, &sealer, Algorithm::Sm4Gcm))
}

fn look(store: &Store, sealer: &Sealer, now: Instant) -> Option<u32> {
    sealer.learn(&store.read_blocking(keys::all).unwrap(), now).unwrap()
}

#[test]
fn a_key_is_changed_while_two_processes_work_and_neither_meets_what_it_cannot_open() {
    on_each_engine(|db: TestDb| {
        let store = &db.store;
        let (one, two) = (process(store), process(store));
        assert_eq!((one.current(), two.current()), (1, 1));
        let before = one.seal_text("x", "before");
        assert_eq!(two.open_text("x", &before).unwrap(), "before");

        let key = rotate(store, &one, START).unwrap();
        assert_eq!((key.number, key.algorithm), (2, Some(Algorithm::Sm4Gcm)));
        let again = rotate(store, &two, Instant(START.0 + 1)).unwrap_err().to_string();
        assert_eq!(again, "上一次换密钥还没有生效，请在 30 秒后再试。");

        // Each looks when it happens to; the key seals only when both must have looked.
        assert_eq!(look(store, &one, Instant(START.0 + 1_000)), None);
        assert_eq!(look(store, &two, Instant(START.0 + 6_000)), None);
        assert_eq!((one.current(), two.current()), (1, 1));
        let due = Instant(START.0 + KEY_NOTICE_MS);
        assert_eq!(look(store, &one, due), Some(2));
        let after = one.seal_text("x", "after");
        assert_eq!(two.current(), 1);
        assert_eq!(two.open_text("x", &after).unwrap(), "after");

        // A process that starts later reads both; the journal says who changed the key, and nothing of the key.
        let third = process(store);
        assert_eq!(look(store, &third, due), Some(2));
        for sealed in [&before, &after] {
            assert!(third.open("x", sealed).is_ok());
        }
        let entries = store.read_blocking(|q| journal::of_case(q, 0, 0, 10)).unwrap();
        let [entry] = &entries[..] else { panic!("{} entries", entries.len()) };
        assert_eq!((entry.verb.as_str(), entry.actor_name.as_str()), ("key.rotated", "test"));
        assert_eq!(entry.body(), serde_json::json!({ "number": 2, "algorithm": "sm4-gcm" }));
    });
}

#[test]
fn under_another_master_key_the_same_data_opens_and_the_same_people_are_found() {
    on_each_engine(|db: TestDb| {
        let store = &db.store;
        let one = process(store);
        let (sealed, index) = (one.seal_text("x", "before"), one.blind_index("number", "a"));
        let other = Arc::new(Sealer::new([8; 32]));
        assert!(matches!(keys::begin(store, &other, START), Err(KeyError::Seal(_))));
        assert_ne!(other.blind_index("number", "a"), index);

        let fixed = one.fingerprint();
        store
            .write_blocking("test", move |tx| setting::fix(tx, setting::KEY_FINGERPRINT, &fixed).map(|_| ()))
            .unwrap();
        let change = |old: &Arc<Sealer>, new: &Arc<Sealer>| {
            let ctx = Ctx::new(Actor::System("test"), START, Arc::new(Ids::seeded(0, 1)), "r");
            let (old, new) = (old.clone(), new.clone());
            store.write_blocking("test", move |tx| keys::change_master(tx, &ctx, &old, &new))
        };
        // Who holds neither changes nothing.
        assert!(matches!(change(&other, &one), Err(KeyError::OtherMaster)));
        assert_eq!(change(&one, &other).unwrap(), 2);
        let after = Arc::new(Sealer::new([8; 32]));
        keys::begin(store, &after, START).unwrap();
        assert_eq!(after.open_text("x", &sealed).unwrap(), "before");
        assert_eq!(after.blind_index("number", "a"), index);
        // Who still has the old one reads on, and can neither make a key nor take up one that is made from now on.
        assert_eq!(one.open_text("x", &after.seal_text("x", "after")).unwrap(), "after");
        assert!(matches!(rotate(store, &one, START), Err(KeyError::OtherMaster)));
        assert!(matches!(change(&one, &other), Err(KeyError::OtherMaster)));
        assert_eq!(store.read_blocking(keys::all).unwrap().len(), 2);
        rotate(store, &after, START).unwrap();
        let keys = store.read_blocking(keys::all).unwrap();
        assert!(one.learn(&keys, START).is_err());
        assert_eq!(one.open_text("x", &sealed).unwrap(), "before");
        // As soon as it has the new file it goes on.
        one.go_on_under(&Sealer::new([8; 32]));
        assert_eq!(one.fingerprint(), after.fingerprint());
        assert_eq!(one.learn(&keys, Instant(START.0 + KEY_NOTICE_MS)).unwrap(), Some(2));
        assert!(keys::begin(store, &Arc::new(Sealer::new([7; 32])), START).is_err());
        let entries = store.read_blocking(|q| journal::of_case(q, 0, 0, 10)).unwrap();
        let verbs: Vec<&str> = entries.iter().map(|entry| entry.verb.as_str()).collect();
        assert!(verbs.contains(&"key.master_changed"), "{verbs:?}");
    });
}
