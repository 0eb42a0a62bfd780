//! Receipts: for every act, small enough for a QR code, held good by anybody, and by nobody once changed.

use yimen_ledger::{LedgerError, check, code};
use yimen_testkit::on_each_engine;

use crate::world::{NAME, ORIGIN, World};

#[test]
fn every_act_becomes_one_leaf_and_gets_a_receipt_that_holds() {
    on_each_engine(|db| {
        let world = World::on(db.store().clone());
        world.act(0..1);
        assert!(world.receipt(0).is_none(), "not yet taken in");
        world.follow_to(1);
        world.act(1..700);
        world.follow_to(700);
        assert_eq!(world.follow(), 0, "nothing twice");
        for case in [0, 1, 255, 256, 511, 699] {
            let receipt = world.receipt(case).unwrap();
            let checked = check(&receipt, ORIGIN, &world.ledger.verifiers()).unwrap();
            assert_eq!((checked.act.case, checked.checkpoint.size), (case, 700));
            assert_eq!(checked.act.body, format!("{{\"number\":\"N{case}\"}}"));
            assert_eq!(checked.signed_by, [ORIGIN, ORIGIN], "Ed25519 and SM2");
            assert!(!receipt.contains(NAME), "who acted stays hidden");
        }
    });
}

#[test]
fn a_changed_receipt_proves_nothing() {
    let db = yimen_testkit::TestDb::sqlite();
    let world = World::on(db.store().clone());
    world.act(0..300);
    world.follow_to(300);
    let receipt = world.receipt(41).unwrap();
    let keys = world.ledger.verifiers();
    assert!(check(&receipt, ORIGIN, &keys).is_ok());
    let (mut held, mut failed) = (0, 0);
    // Every seventh byte: verifying takes its time unoptimised.
    for at in (0..receipt.len()).step_by(7).filter(|at| receipt.is_char_boundary(*at)) {
        let mut changed = receipt.clone();
        let old = changed.remove(at);
        changed.insert(at, if old == 'A' { 'B' } else { 'A' });
        match check(&changed, ORIGIN, &keys) {
            Err(_) => failed += 1,
            // A name or an ID that nobody knows: that line says nothing, the other signature still does.
            Ok(checked) if checked.act.case == 41 && checked.signed_by.len() == 1 => held += 1,
            Ok(_) => panic!("byte {at} may be changed"),
        }
    }
    assert!(failed > held, "{failed} {held}");
    let other = World::on(yimen_testkit::TestDb::sqlite().store().clone());
    let stranger = check(&receipt, ORIGIN, &[crate::world::witness_key().verifier().clone()]);
    assert!(matches!(stranger, Err(LedgerError::Proof(_))));
    drop(other);
}

#[test]
fn a_receipt_of_a_large_log_fits_a_qr_code() {
    let db = yimen_testkit::TestDb::sqlite();
    let world = World::on(db.store().clone());
    world.act(0..5000);
    world.follow_to(5000);
    let receipt = world.receipt(2500).unwrap();
    let short = code::encode(&receipt);
    assert_eq!(code::decode(&short).as_deref(), Some(receipt.as_str()));
    // A QR code of the largest size holds 2953 bytes; a path grows by 44 letters each time the log doubles.
    assert!(short.len() < 2000, "{}", short.len());
    for bad in ["", "A", "!!!", &short[..short.len() / 2], &"A".repeat(5000)] {
        assert!(
            code::decode(bad).is_none_or(|text| check(&text, ORIGIN, &world.ledger.verifiers()).is_err()),
            "{bad}"
        );
    }
}
