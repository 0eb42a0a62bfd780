//! Witnesses: they cosign what grew, and refuse a second history.

use std::sync::Arc;

use yimen_ledger::witness::{Answer, Refused, Witness};
use yimen_ledger::{LedgerError, check};
use yimen_store::sql;
use yimen_testkit::{TestDb, on_each_engine};

use crate::world::{ORIGIN, World, witness_key};

/// The log asks the witness, whose memory is in the same database, without a network between them.
fn ask(log: &World, memory: &World, witness: &Arc<Witness>) -> Result<bool, LedgerError> {
    let known = &log.ledger.witnesses[0];
    let post = |url: String, body: String| {
        assert_eq!(url, "http://w1/add-checkpoint");
        let (witness, ctx) = (witness.clone(), memory.ctx());
        let store = memory.store().clone();
        async move {
            let said = store.write("test.witness", move |tx| witness.add_checkpoint(tx, &ctx, &body)).await;
            match said {
                Ok(line) => Ok(Answer::Cosigned(format!("{line}\n"))),
                Err(Refused::OtherSize(size)) => Ok(Answer::LastSaw(size)),
                Err(refused) => Ok(Answer::Refused(refused.to_string())),
            }
        }
    };
    log.block_on(log.ledger.ask_witness(known, post))
}

#[test]
fn a_witness_cosigns_what_grew_and_receipts_carry_it() {
    on_each_engine(|db| {
        let log = World::on(db.store().clone());
        let elsewhere = TestDb::sqlite();
        let memory = World::on(elsewhere.store().clone());
        let witness = log.witness();
        assert!(!ask(&log, &memory, &witness).unwrap(), "nothing to witness yet");
        for size in [3, 260, 261, 700u64] {
            log.act(log.size() as i64..size as i64);
            log.follow_to(size);
            assert!(ask(&log, &memory, &witness).unwrap(), "{size}");
            assert!(!ask(&log, &memory, &witness).unwrap(), "{size} again");
            let checked = check(&log.receipt(1).unwrap(), ORIGIN, &log.ledger.verifiers()).unwrap();
            assert_eq!(checked.signed_by, [ORIGIN, ORIGIN, "audit.example/w1"]);
        }
        // The log forgot how far the witness is: it asks, is told, and goes on from there.
        log.act(700..701);
        log.follow_to(701);
        log.tamper(&FORGET);
        assert!(ask(&log, &memory, &witness).unwrap());
    });
}

sql! {
    FORGET = "delete from ledger_cosignature";
}

#[test]
fn a_second_history_is_refused() {
    let (one, two, elsewhere) = (TestDb::sqlite(), TestDb::sqlite(), TestDb::sqlite());
    let log = World::on(one.store().clone());
    // The same keys over another past.
    let mut other = World::on(two.store().clone());
    other.ledger.keys = log.ledger.keys.clone();
    let memory = World::on(elsewhere.store().clone());
    let witness = log.witness();
    log.act(0..100);
    log.follow_to(100);
    ask(&log, &memory, &witness).unwrap();
    for size in [100, 120u64] {
        other.act(1000 + other.size() as i64..1000 + size as i64);
        other.follow_to(size);
        let refused = ask(&other, &memory, &witness).unwrap_err().to_string();
        assert!(refused.contains("another root") || refused.contains("did not grow"), "{size}: {refused}");
    }
    // An older tree than the one last seen.
    let three = TestDb::sqlite();
    let mut older = World::on(three.store().clone());
    older.ledger.keys = log.ledger.keys.clone();
    older.act(0..50);
    older.follow_to(50);
    assert!(ask(&older, &memory, &witness).unwrap_err().to_string().contains("截短"));
}

#[test]
fn requests_that_are_none_are_refused_each_in_its_way() {
    let (db, elsewhere) = (TestDb::sqlite(), TestDb::sqlite());
    let log = World::on(db.store().clone());
    let memory = World::on(elsewhere.store().clone());
    log.act(0..10);
    log.follow_to(10);
    let (good, size) = log.block_on(log.ledger.question(0)).unwrap().unwrap();
    assert_eq!(size, 10);
    let witness = log.witness();
    let blind = Arc::new(Witness { signer: witness_key(), logs: Vec::new() });
    let said = |witness: &Arc<Witness>, body: String| {
        let (witness, ctx) = (witness.clone(), memory.ctx());
        let said = memory.store().write_blocking("test", move |tx| witness.add_checkpoint(tx, &ctx, &body));
        said.map(|line| line.name).map_err(|refused| format!("{refused:?}"))
    };
    assert_eq!(said(&blind, good.clone()).unwrap_err(), "UnknownLog");
    assert_eq!(said(&witness, good.replace("old 0", "old 11")).unwrap_err(), "Malformed");
    assert_eq!(said(&witness, good.replace("old 0", "old 00")).unwrap_err(), "Malformed");
    assert_eq!(said(&witness, good.replace("old 0", "old 5")).unwrap_err(), "OtherSize(0)");
    assert_eq!(said(&witness, good.replace("\n10\n", "\n11\n")).unwrap_err(), "Unsigned");
    assert_eq!(said(&witness, String::new()).unwrap_err(), "Malformed");
    let step = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    let long = good.replacen("old 0\n", &format!("old 0\n{}", step.repeat(64)), 1);
    assert_eq!(said(&witness, long).unwrap_err(), "Malformed");
    let made_up = good.replacen("old 0\n", &format!("old 0\n{step}"), 1);
    assert_eq!(said(&witness, made_up).unwrap_err(), "Inconsistent");
    assert_eq!(said(&witness, good.clone()).unwrap(), "audit.example/w1");
    assert_eq!(said(&witness, good).unwrap_err(), "OtherSize(10)");
}
