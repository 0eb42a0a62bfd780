//! Whoever changes the database behind the program's back is found out, whatever they change.

use yimen_ledger::LedgerError;
use yimen_store::sql;
use yimen_testkit::on_each_engine;

use crate::world::World;

sql! {
    OTHER_ACTOR = "update platform_journal set actor_name = 'somebody else' where case_id = 100";
    OTHER_BODY = "update platform_journal set body = '{}' where case_id = 100";
    OTHER_TIME = "update platform_journal set at = at + 1 where case_id = 100";
    GONE = "delete from platform_journal where case_id = 100";
    OTHER_SALT = "update ledger_leaf set salt = (select salt from ledger_leaf where leaf = 1) where leaf = 100";
    NO_LEAF = "delete from ledger_leaf where leaf = 100";
    NO_END = "delete from ledger_leaf where leaf >= 290";
    OTHER_BUNDLE = "update ledger_bundle set entries = (select entries from ledger_bundle where bundle = 1)
        where bundle = 0";
    OTHER_TILE = "update ledger_tile set hashes = (select hashes from ledger_tile where level = 0 and tile = 1)
        where level = 0 and tile = 0";
    OTHER_EDGE = "update ledger_tile set hashes = (select hashes from ledger_tile where level = 0 and tile = 0)
        where level = 1 and tile = 0";
    OTHER_SIZE = "update ledger_checkpoint set size = size - 1";
    UNSIGNED = "update ledger_checkpoint set note = replace(note, 'A', 'B')";
}

#[test]
fn a_whole_log_verifies_and_says_what_is_not_yet_in_it() {
    on_each_engine(|db| {
        let world = World::on(db.store().clone());
        let empty = world.verify().unwrap();
        assert_eq!((empty.leaves, empty.checkpoints, empty.waiting), (0, 0, 0));
        world.act(0..300);
        assert_eq!(world.verify().unwrap().waiting, 300);
        world.follow_to(300);
        world.act(300..305);
        let verified = world.verify().unwrap();
        assert_eq!((verified.leaves, verified.unsigned, verified.waiting), (300, 0, 5));
        assert_eq!(verified.checkpoints, 1, "of a day the newest is kept");
        world.clock.advance_ms(24 * 3600 * 1000);
        world.follow_to(305);
        assert_eq!(world.verify().unwrap().checkpoints, 2, "and of each day one");
    });
}

#[test]
fn every_change_behind_the_programs_back_is_found() {
    let changes = [
        &OTHER_ACTOR,
        &OTHER_BODY,
        &OTHER_TIME,
        &GONE,
        &OTHER_SALT,
        &NO_LEAF,
        &NO_END,
        &OTHER_BUNDLE,
        &OTHER_TILE,
        &OTHER_EDGE,
        &OTHER_SIZE,
        &UNSIGNED,
    ];
    on_each_engine(|db| {
        // One database for all: each change is undone by failing inside its own transaction.
        let world = World::on(db.store().clone());
        world.act(0..300);
        world.follow_to(300);
        for change in changes {
            let keys = world.ledger.keys.verifiers();
            let found = world.store().write_blocking("test.tamper", move |tx| -> Result<(), LedgerError> {
                assert!(tx.exec(change, &[])? > 0, "{} changes nothing", change.name);
                yimen_ledger::verify(tx, &keys, |_| {}).map(|_| ())?;
                Err(LedgerError::Witness { witness: change.name.into(), problem: "not found".into() })
            });
            let found = found.unwrap_err();
            assert!(!matches!(found, LedgerError::Witness { .. }), "{found}");
        }
        assert!(world.verify().is_ok(), "all of it was undone");
    });
}
