//! Checking registered statements finds what is wrong with them, on the engine where it is.

use yimen_store::*;
use yimen_testkit::TestDb;

const SCHEMA: &[Migration] = &[Migration {
    number: 1,
    name: "first",
    text: "create table big (id {{int}} primary key not null, kind text not null, note text not null, at {{int}} not null){{strict}};
           create index big_kind on big (kind, at);
           create index big_late on big (at) where note = 'late';
           create table small (id {{int}} primary key not null, note text not null){{strict}};",
}];

mod good {
    yimen_store::sql! {
        BY_ID = "select id, note from big where id = $1";
        BY_KIND = "select id, at from big where kind = $1 and (at, id) < ($2, $3) order by at desc, id desc limit $4";
        BY_KEY_OF_OTHER = "select b.id from small as s join big b on b.id = s.id where s.note = $1";
        ADD = "insert into big (id, kind, note, at) values ($1, $2, $3, $4) on conflict (id) do update set note = excluded.note";
        CHANGE = "update big set note = $2 where id = $1 returning at";
        FIRST = "select id from big order by id limit $1";
        SMALL = "select note from small where note = $1 or $2 = 0";
        LATE = "select at, count(*) from big where note = 'late' group by at";
        EXPORT = "select id /* scan: the yearly export */ from big where note > $1";
        LITE = "select name from pragma_table_info($1) /* only: sqlite */";
        ELEPHANT = "select datname from pg_database /* only: postgres */";
    }
}

mod bad {
    yimen_store::sql! {
        SCAN = "select id from big where note = $1";
        FILTERED = "select id from big where note = $1 order by id limit $2";
        SCAN_ALIAS = "select x.id from small s, big x where x.note = s.note and s.id = $1";
        SCAN_DELETE = "delete from big where note = $1";
        NO_COLUMN = "select missing from big where id = $1";
        NUMERIC = "select sum(at) from big where kind = $1";
        STAR = "select * from information";
    }
}

fn found(engine: Engine) -> Vec<(String, String)> {
    let db = TestDb::open(engine, SCHEMA, Options { connections: 1, ..Options::default() });
    let problems = check(&db.store, &["big"]).unwrap();
    let mine = problems.into_iter().filter(|p| p.statement.starts_with("check::"));
    mine.map(|p| (p.statement.rsplit("::").next().unwrap().to_owned(), p.what)).collect()
}

fn names(found: &[(String, String)]) -> Vec<&str> {
    found.iter().map(|(name, _)| name.as_str()).collect()
}

#[test]
fn sqlite_names_scans_and_what_does_not_prepare() {
    let found = found(Engine::Sqlite);
    assert_eq!(
        names(&found),
        ["NO_COLUMN", "STAR", "FILTERED", "SCAN", "SCAN_ALIAS", "SCAN_DELETE"],
        "{found:#?}"
    );
    assert!(found[0].1.contains("no such column: missing"), "{found:#?}");
    assert!(found[2].1.contains("reads all of big"), "{found:#?}");
}

#[test]
fn postgres_names_scans_types_and_what_does_not_prepare() {
    let found = found(Engine::Postgres);
    assert_eq!(
        names(&found),
        ["NO_COLUMN", "STAR", "FILTERED", "NUMERIC", "SCAN", "SCAN_ALIAS", "SCAN_DELETE"],
        "{found:#?}"
    );
    assert!(found[3].1.contains("column sum is numeric"), "{found:#?}");
    assert!(found[4].1.contains("Seq Scan big"), "{found:#?}");
}

#[test]
fn parameters_and_columns_are_described_and_compared() {
    let open = |engine| TestDb::open(engine, SCHEMA, Options { connections: 1, ..Options::default() });
    let (sqlite, postgres) = (open(Engine::Sqlite), open(Engine::Postgres));
    assert_eq!(compare(&sqlite.store, &postgres.store), Ok(vec![]));
    for db in [&sqlite, &postgres] {
        let (all, _) = describe(&db.store).unwrap();
        let of =
            |name: &str| all.iter().find(|d| d.statement == format!("check::good::{name}")).unwrap().clone();
        let kind = of("BY_KIND");
        assert_eq!((kind.parameters, kind.columns.len()), (4, 2));
        assert_eq!(kind.columns[1].0, "at");
        assert_eq!(of("ADD").parameters, 4);
        assert_eq!(of("CHANGE").columns.len(), 1);
    }
    // One more column on one side only.
    let mut wider = SCHEMA.to_vec();
    wider.push(Migration {
        number: 2,
        name: "information",
        text: "-- only: sqlite\ncreate table information (a integer, b integer) strict;\n-- end\n\
               -- only: postgres\ncreate table information (a bigint);\n-- end\n",
    });
    let open = |engine| TestDb::open(engine, &wider, Options { connections: 1, ..Options::default() });
    let problems = compare(&open(Engine::Sqlite).store, &open(Engine::Postgres).store).unwrap();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(
        (problems[0].statement, problems[0].what.as_str()),
        ("check::bad::STAR", "1 columns, on SQLite 2")
    );
}
