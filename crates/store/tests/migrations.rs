//! Migrations: one text for both engines, in order, once, and never over a stranger's schema.

mod common;

use common::*;
use yimen_store::*;
use yimen_testkit::TestDb;

const BOTH: [Engine; 2] = [Engine::Sqlite, Engine::Postgres];

fn empty(engine: Engine) -> TestDb {
    TestDb::open(engine, &[], Options { connections: 1, ..Options::default() })
}

fn second(text: &'static str) -> Vec<Migration> {
    let mut all = SCHEMA.to_vec();
    all.push(Migration { number: 2, name: "second", text });
    all
}

#[test]
fn each_is_applied_once_and_in_order() {
    for engine in BOTH {
        let db = empty(engine);
        assert_eq!(db.store.schema_version(), Ok(0));
        assert_eq!(db.store.migrate_with(SCHEMA), Ok(vec![Applied { number: 1, name: "first" }]));
        assert_eq!(db.store.migrate_with(SCHEMA), Ok(vec![]));
        let all = second("alter table account add column note text not null default '';");
        assert_eq!(db.store.migrate_with(&all), Ok(vec![Applied { number: 2, name: "second" }]));
        assert_eq!(db.store.schema_version(), Ok(2));
    }
}

#[test]
fn one_that_fails_leaves_nothing_of_itself() {
    for engine in BOTH {
        let db = empty(engine);
        let broken =
            second("create table half (id {{int}} not null){{strict}}; create table account (id {{int}});");
        let error = db.store.migrate_with(&broken).unwrap_err();
        assert!(
            matches!(&error, StoreError::Schema(text) if text.contains("0002_second")),
            "{engine:?}: {error}"
        );
        assert_eq!(db.store.schema_version(), Ok(1), "the first one stays");
        assert_eq!(
            db.store
                .migrate_with(&second("create table half (id {{int}} not null){{strict}};"))
                .unwrap()
                .len(),
            1
        );
    }
}

#[test]
fn a_schema_of_a_newer_program_is_refused() {
    for engine in BOTH {
        let db = empty(engine);
        db.store.migrate_with(&second("create table later (id {{int}} not null){{strict}};")).unwrap();
        let error = db.store.migrate_with(SCHEMA).unwrap_err();
        assert!(error.to_string().contains("0002_second，比这个程序认识的（0001）新"), "{error}");
        assert!(error.to_string().contains("请用新的程序"), "{error}");
    }
}

#[test]
fn an_applied_file_that_was_changed_is_refused_with_what_to_do() {
    for engine in BOTH {
        let db = empty(engine);
        db.store.migrate_with(&second("create table a (id {{int}} not null){{strict}};")).unwrap();
        let error = db.store.migrate_with(&second("create table a (id {{int}}){{strict}};")).unwrap_err();
        assert!(error.to_string().contains("第 0002_second 步"), "{error}");
        assert!(error.to_string().contains("请用原来的程序"), "{error}");
        let mut renamed = second("create table a (id {{int}} not null){{strict}};");
        renamed[1].name = "other";
        let error = db.store.migrate_with(&renamed).unwrap_err();
        assert!(error.to_string().contains("0002_second，不是同一套程序的数据库"), "{error}");
    }
}

#[test]
fn blocks_and_tokens_that_are_wrong_are_named() {
    let db = empty(Engine::Sqlite);
    for (text, part) in [
        ("create table a (id {{number}});", "unknown token {{number}}"),
        ("-- only: oracle\n-- end", "neither sqlite nor postgres"),
        ("-- only: sqlite\n", "without -- end"),
        ("-- end", "-- end without"),
        ("-- only: sqlite\n-- only: postgres\n-- end", "a block inside a block"),
    ] {
        let error = db.store.migrate_with(&second(text)).unwrap_err().to_string();
        assert!(error.contains(part) && error.contains("0002_second"), "{error}");
    }
}

#[test]
fn several_nodes_starting_at_once_apply_each_once() {
    for engine in BOTH {
        let db = empty(engine);
        let all = second("create table once (id {{int}} not null){{strict}};");
        let applied: usize = std::thread::scope(|scope| {
            let nodes: Vec<_> = (0..4)
                .map(|_| {
                    let store =
                        Store::open(&db.url, Options { connections: 1, ..Options::default() }).unwrap();
                    let all = &all;
                    scope.spawn(move || store.migrate_with(all).unwrap().len())
                })
                .collect();
            nodes.into_iter().map(|node| node.join().unwrap()).sum()
        });
        assert_eq!(applied, 2, "{engine:?}");
    }
}

/// The program's own: they apply on both engines and leave the same tables and columns.
#[test]
fn the_programs_own_schema_is_the_same_on_both_engines() {
    type Shape = Vec<(String, Vec<String>)>;
    let shapes: Vec<Shape> = BOTH
        .into_iter()
        .map(|engine| {
            let db = if engine == Engine::Sqlite { TestDb::sqlite() } else { TestDb::postgres() };
            assert_eq!(db.store.schema_version().unwrap(), MIGRATIONS.last().map_or(0, |last| last.number));
            let mut shape = Vec::new();
            let see = |record: Record<'_>| {
                if let Record::Table { name, columns } = record {
                    shape.push((name.to_owned(), columns.to_vec()));
                }
                Ok(())
            };
            db.store.dump(see).unwrap();
            shape
        })
        .collect();
    assert_eq!(shapes[0], shapes[1]);
}
