//! Copies, dumps and loads: whole, while work goes on, and from one engine to the other.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::*;
use yimen_store::*;
use yimen_testkit::{TestDb, until};

const BOTH: [Engine; 2] = [Engine::Sqlite, Engine::Postgres];

fn open_db(engine: Engine, migrations: &[Migration]) -> TestDb {
    TestDb::open(engine, migrations, Options { connections: 2, ..Options::default() })
}

/// A second migration: references that run in a circle, names that need quotes, rows of its own.
fn schema() -> Vec<Migration> {
    let mut all = SCHEMA.to_vec();
    all.push(Migration {
        number: 3,
        name: "circle",
        text: "create table node (id {{int}} primary key not null, next {{int}} references node (id), \"order\" text){{strict}};
               create table seed (code text primary key not null, name text not null){{strict}};
               insert into seed (code, name) values ('a', 'from the migration'), ('b', 'too');",
    });
    all
}

sql! {
    NODE = "insert into node (id, next, \"order\") values ($1, null, $2)";
    LINK = "update node set next = $2 where id = $1";
    NODES = "select id, next, \"order\" from node order by id";
    SEEDS = "select code, name from seed order by code";
    RENAME = "update seed set name = 'changed by hand' where code = 'b'";
    DROP_SEED = "delete from seed where code = 'a'";
    FOLLOW = "insert into follower (name, txid, seq) values ($1, $2, $3)";
    CURSOR = "select txid, seq from follower where name = $1";
    BODIES = "select body from journal order by txid, seq";
    UNREAD = "select body from journal where (txid, seq) > ($1, $2) and txid < $3 order by txid, seq";
}

const AWKWARD: &str =
    "tab\there, line\nbreak, return\r, back\\slash, \\N, \"quotes\", 'single', 王𠮷, \\x41, \u{7f}";

fn fill(store: &Store) {
    store
        .write_blocking("fill", |tx| -> Result<()> {
            let photo: Vec<u8> = (0..=255).collect();
            tx.put_one(&INSERT, params![1, AWKWARD, i64::MAX, -0.1, &photo])?;
            tx.put_one(&INSERT, params![-2, "", 0, Some(1e300), Some(&b""[..])])?;
            tx.put_one(&INSERT, params![3, "三", 5, 7.0, None::<&[u8]>])?;
            (10..500).try_for_each(|id| open(tx, id, &format!("n{id}"), id))?;
            tx.put_one(&ENTER, params![1, 3, 4, AWKWARD])?;
            // 1 → 2 → 3 → 1: no order of rows satisfies the reference at once.
            (1..=3).try_for_each(|id| tx.put(&NODE, params![id, AWKWARD]))?;
            (1..=3).try_for_each(|id| tx.put_one(&LINK, params![id, id % 3 + 1]))?;
            tx.put_one(&RENAME, params![])?;
            tx.put_one(&DROP_SEED, params![])
        })
        .unwrap();
    for body in ["one", "two", "three"] {
        store.write_blocking("append", move |tx| tx.one::<i64>(&APPEND, params![body]).map(drop)).unwrap();
    }
    // A follower that has read "one".
    store
        .write_blocking("follow", |tx| {
            let first: Vec<(i64, i64, String)> = tx.all(&JOURNAL, params![])?;
            tx.put(&FOLLOW, params!["mail", first[0].1, first[0].0])
        })
        .unwrap();
}

type Everything = (
    Vec<Account>,
    Vec<(i64, i64, i64, String)>,
    Vec<(i64, Option<i64>, String)>,
    Vec<(String, String)>,
    Vec<String>,
);

fn everything(store: &Store) -> Everything {
    store
        .read_blocking(|q| -> Result<Everything> {
            Ok((
                q.all(&ACCOUNTS, params![])?,
                q.all(&ENTRIES, params![])?,
                q.all(&NODES, params![])?,
                q.all(&SEEDS, params![])?,
                q.all(&BODIES, params![])?,
            ))
        })
        .unwrap()
}

fn dump(store: &Store) -> (Vec<u8>, Vec<TableCount>) {
    let mut out = Vec::new();
    let counts = store.dump_to(&mut out).unwrap();
    (out, counts)
}

#[test]
fn a_dump_of_either_engine_loads_into_either() {
    let schema = schema();
    for from in BOTH {
        let source = open_db(from, &schema);
        fill(&source.store);
        let (text, counts) = dump(&source.store);
        assert_eq!(counts.iter().map(|c| c.rows).sum::<u64>(), 493 + 1 + 3 + 3 + 1 + 1, "{counts:?}");
        for to in BOTH {
            let target = open_db(to, &[]);
            let loaded = target.store.load_with(&schema, &text[..]).unwrap();
            assert_eq!(loaded, counts, "{from:?} to {to:?}");
            assert_eq!(everything(&target.store), everything(&source.store), "{from:?} to {to:?}");
            assert_eq!(target.store.schema_version(), Ok(3));
            assert_eq!(target.store.migrate_with(&schema), Ok(vec![]));
            life_goes_on(&target.store);
            // The rules are in force again.
            let orphan = target.store.write_blocking("orphan", |tx| tx.exec(&LINK, params![1, 77]));
            assert!(matches!(orphan, Err(StoreError::Constraint(_))), "{orphan:?}");
        }
    }
}

/// The journal continues behind what was loaded, and the follower where it was.
fn life_goes_on(store: &Store) {
    store.write_blocking("append", |tx| tx.one::<i64>(&APPEND, params!["four"]).map(drop)).unwrap();
    let unread = || {
        let ask = |q: &mut Read<'_>| -> Result<Vec<String>> {
            let (txid, seq): (i64, i64) = q.one(&CURSOR, params!["mail"])?;
            let horizon = q.horizon()?;
            q.all(&UNREAD, params![txid, seq, horizon])
        };
        store.read_blocking(ask).unwrap()
    };
    let unread = until(unread, |unread| unread.len() == 3);
    assert_eq!(unread, ["two", "three", "four"]);
}

#[test]
fn the_same_rows_make_the_same_dump_on_both_engines() {
    let schema = schema();
    let texts = BOTH.map(|engine| {
        let db = open_db(engine, &schema);
        fill(&db.store);
        let (text, _) = dump(&db.store);
        // All but the transaction numbers, which only PostgreSQL gives, and the digest over them.
        let text = String::from_utf8(text).unwrap();
        let keep = |line: &&str| {
            !line.contains("last_txid") && !line.contains("sha256") && !line.contains("\"mail\"")
        };
        let plain = |line: &str| match line.rsplit_once(",\"") {
            Some((head, body)) if ["one\"]", "two\"]", "three\"]"].contains(&body) => {
                format!("{},{body}", head.split(',').next().unwrap())
            }
            _ => line.to_owned(),
        };
        text.lines().filter(keep).map(plain).collect::<Vec<_>>()
    });
    assert_eq!(texts[0], texts[1]);
    assert!(texts[0].len() > 500);
}

sql! {
    ADD_WORD = "insert into word (w, n) values ($1, $2)";
}

#[test]
fn a_database_of_another_language_dumps_in_the_same_order() {
    let schema = [Migration {
        number: 1,
        name: "words",
        text: "-- only: sqlite\ncreate table word (w text primary key not null, n integer not null) strict;\n-- end\n\
               -- only: postgres\ncreate table word (w text collate \"und-x-icu\" primary key not null, n bigint not null);\n-- end\n",
    }];
    let texts = BOTH.map(|engine| {
        let db = open_db(engine, &schema);
        for (n, word) in ["a", "B", "c", "Z", "é", "王", "𠮷", "_", "-a", "A"].into_iter().enumerate() {
            db.store
                .write_blocking("word", move |tx| tx.put_one(&ADD_WORD, params![word, n as i64]))
                .unwrap();
        }
        let mut seen = 0;
        let mut out = Vec::new();
        db.store
            .dump_seen(&mut out, |record| {
                seen += usize::from(matches!(record, Record::Row(_)));
                Ok(())
            })
            .unwrap();
        assert_eq!(seen, 10);
        out
    });
    assert_eq!(String::from_utf8_lossy(&texts[0]), String::from_utf8_lossy(&texts[1]));
}

#[test]
fn a_damaged_dump_loads_nothing() {
    let schema = schema();
    let source = open_db(Engine::Sqlite, &schema);
    fill(&source.store);
    let (text, _) = dump(&source.store);
    let text = String::from_utf8(text).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let broken: Vec<(String, &str)> = vec![
        (String::new(), "备份在这里中断"),
        ("{}\n".into(), "不是一门的备份"),
        ("select 1;\n".into(), "不是 JSON"),
        (text[..text.len() / 2].to_owned(), "备份在这里中断"),
        (lines[..lines.len() - 1].join("\n") + "\n", "备份在这里中断"),
        (text.trim_end().to_owned(), "备份在这里中断"),
        (text.replacen("\"n11\"", "\"n1l\"", 1), "摘要对不上"),
        (
            lines.iter().filter(|line| !line.contains("\"n11\"")).map(|line| format!("{line}\n")).collect(),
            "缺少若干行",
        ),
        (text.replacen("\"n11\"", "\"n11\",4", 1), "个值，应有 5 个"),
        (text.replacen("\"yimen_dump\":1", "\"yimen_dump\":2", 1), "格式是第 2 版"),
        (text.replacen("\"table\":\"account\"", "\"table\":\"nowhere\"", 1), "nowhere"),
        (text.replacen("\"first\"", "\"other\"", 1), "不是同一套程序的数据库"),
    ];
    for engine in BOTH {
        let target = open_db(engine, &[]);
        for (dump, part) in &broken {
            let error = target.store.load_with(&schema, dump.as_bytes()).expect_err(part).to_string();
            assert!(error.contains(part), "{engine:?}: {part}: {error}");
            assert_eq!(target.store.schema_version(), Ok(0), "{part}");
        }
        // After all that it is still empty, and the true dump fits in.
        target.store.load_with(&schema, text.as_bytes()).unwrap();
        let again = target.store.load_with(&schema, text.as_bytes()).unwrap_err();
        assert!(again.to_string().contains("空的数据库"), "{again}");
        assert_eq!(everything(&target.store), everything(&source.store));
    }
}

#[test]
fn an_older_dump_loads_and_is_then_migrated() {
    let schema = schema();
    for engine in BOTH {
        let old = open_db(engine, SCHEMA);
        old.store.write_blocking("open", |tx| open(tx, 1, "a", 1)).unwrap();
        let (text, _) = dump(&old.store);
        let new = open_db(engine, &[]);
        new.store.load_with(&schema, &text[..]).unwrap();
        assert_eq!(new.store.schema_version(), Ok(1));
        assert_eq!(new.store.migrate_with(&schema).unwrap().len(), 1);
        assert_eq!((count(&new.store), new.store.schema_version()), (1, Ok(3)));
        // The other way round there is no way.
        let (text, _) = dump(&new.store);
        let past = open_db(engine, &[]);
        let refused = past.store.load_with(SCHEMA, &text[..]).unwrap_err();
        assert!(refused.to_string().contains("比这个程序认识的"), "{refused}");
    }
}

/// Pairs of rows written together while a backup is taken: each backup has both or neither.
fn under_load(store: &Store, backup: impl Fn(usize)) {
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..2_i64)
        .map(|writer| {
            let (store, stop) = (store.clone(), Arc::clone(&stop));
            std::thread::spawn(move || {
                let mut written = 0;
                while !stop.load(Ordering::SeqCst) {
                    let id = 1000 + writer * 1_000_000 + written;
                    store
                        .write_blocking("pair", move |tx| -> Result<()> {
                            open(tx, id, &format!("n{id}"), 1)?;
                            tx.put_one(&ENTER, params![id, id, 1, "x"])
                        })
                        .unwrap();
                    written += 1;
                }
                written
            })
        })
        .collect();
    for round in 0..3 {
        std::thread::sleep(std::time::Duration::from_millis(50));
        backup(round);
    }
    stop.store(true, Ordering::SeqCst);
    assert!(writers.into_iter().map(|writer| writer.join().unwrap()).sum::<i64>() > 50);
}

#[test]
fn a_copy_taken_while_others_write_is_one_state_of_the_database() {
    let db = open_db(Engine::Sqlite, SCHEMA);
    let folder = std::path::Path::new(db.url.strip_prefix("sqlite:").unwrap()).parent().unwrap().to_owned();
    under_load(&db.store, |round| {
        let path = folder.join(format!("copy-{round}.db"));
        let counts = db.store.backup_to(&path).unwrap();
        let rows = |table: &str| counts.iter().find(|count| count.table == table).unwrap().rows;
        assert_eq!(rows("account"), rows("entry"));
        let copy = Store::open(&format!("sqlite:{}", path.display()), Options::default()).unwrap();
        assert_eq!(count(&copy) as u64, rows("account"));
        assert_eq!(copy.migrate_with(SCHEMA), Ok(vec![]));
        let again = db.store.backup_to(&path).unwrap_err();
        assert!(again.to_string().contains("已经存在"), "{again}");
    });
    let nowhere = db.store.backup_to(&folder.join("no/such/folder/a.db")).unwrap_err();
    assert!(matches!(nowhere, StoreError::Unavailable(_)), "{nowhere:?}");
    let partial = std::fs::read_dir(&folder)
        .unwrap()
        .filter(|e| e.as_ref().unwrap().path().extension().unwrap() == "partial");
    assert_eq!(partial.count(), 0);
}

#[test]
fn a_dump_taken_while_others_write_is_one_state_of_the_database() {
    for engine in BOTH {
        let db = open_db(engine, SCHEMA);
        under_load(&db.store, |_| {
            let (_, counts) = dump(&db.store);
            let rows = |table: &str| counts.iter().find(|count| count.table == table).unwrap().rows;
            assert_eq!(rows("account"), rows("entry"), "{engine:?}");
        });
    }
}

#[test]
fn a_visitor_that_gives_up_ends_the_dump() {
    for engine in BOTH {
        let db = open_db(engine, &schema());
        fill(&db.store);
        let mut rows = 0;
        let outcome = db.store.dump(|record| {
            rows += u64::from(matches!(record, Record::Row(_)));
            if rows == 300 { Err(StoreError::Full) } else { Ok(()) }
        });
        assert_eq!((outcome, rows), (Err(StoreError::Full), 300));
    }
    let db = open_db(Engine::Postgres, SCHEMA);
    let refused = db.store.backup_to(std::path::Path::new("/tmp/never.db")).unwrap_err();
    assert!(refused.to_string().contains("yimen backup"), "{refused}");
}
