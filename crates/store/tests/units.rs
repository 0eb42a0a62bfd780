//! Units of work: what they read, write, refuse and undo, the same on both engines.

mod common;

use common::*;
use yimen_standards::time::{Day, Instant};
use yimen_store::*;
use yimen_testkit::on_each_engine_with;

#[test]
fn what_was_written_is_read_back_by_the_next_unit() {
    on_each_engine_with(SCHEMA, |db| {
        let store = &db.store;
        let (photo, long) = (vec![0u8, 255, 7], "长".repeat(100_000));
        let (p, l, long_body) = (photo.clone(), "长".repeat(300), long.clone());
        store
            .write_blocking("account.open", move |tx| -> Result<()> {
                assert_eq!(tx.name(), "account.open");
                tx.put_one(&INSERT, params![i64::MIN, "阿依古丽·买买提 𠮷䶮", 0, 0.25, &p])?;
                tx.put(&INSERT, params![2, &l, i64::MAX, Some(-1.5e300), None::<&[u8]>])?;
                tx.one::<i64>(&APPEND, params![&long_body])?;
                // Within the unit, too.
                assert_eq!(tx.one::<i64>(&COUNT, params![])?, 2);
                Ok(())
            })
            .unwrap();
        let all = store
            .read_blocking(|q: &mut Read| -> Result<Vec<Account>> { q.all(&ACCOUNTS, params![]) })
            .unwrap();
        let first = Account {
            id: i64::MIN,
            name: "阿依古丽·买买提 𠮷䶮".into(),
            balance: 0,
            rate: Some(0.25),
            photo: Some(photo),
        };
        let second =
            Account { id: 2, name: "长".repeat(300), balance: i64::MAX, rate: Some(-1.5e300), photo: None };
        assert_eq!(all, [first, second]);
        let (_, _, body) = store.read_blocking(|q| q.one::<(i64, i64, String)>(&JOURNAL, params![])).unwrap();
        assert_eq!(body, long);
    });
}

#[test]
fn one_opt_all_and_each_say_how_many_rows_there_were() {
    on_each_engine_with(SCHEMA, |db| {
        let store = &db.store;
        let fill = |tx: &mut Tx<'_>| -> Result<()> {
            (1..=1000).try_for_each(|id| open(tx, id, &format!("n{id}"), id))
        };
        store.write_blocking("fill", fill).unwrap();
        let seen = store.read_blocking(|q: &mut Read| -> Result<()> {
            assert_eq!(q.opt::<Account>(&ACCOUNT, params![0])?, None);
            assert_eq!(q.one::<Account>(&ACCOUNT, params![0]), Err(StoreError::NotFound));
            // Not finding something is no failure of the unit.
            assert_eq!(q.one::<(i64,)>(&BALANCE, params![7])?, (7,));
            let two = q.one::<Account>(&ACCOUNTS, params![]).unwrap_err();
            assert!(two.to_string().contains("::ACCOUNTS returns more than one row"), "{two}");
            let shape = q.one::<(i64, String)>(&BALANCE, params![7]).unwrap_err();
            assert!(shape.to_string().contains("::BALANCE returns 1 columns"), "{shape}");
            let kind = q.one::<String>(&BALANCE, params![7]).unwrap_err();
            assert!(
                kind.to_string().contains("::BALANCE: column 1: wanted text, the column holds integer"),
                "{kind}"
            );
            let mut ids = Vec::new();
            q.each(&ACCOUNTS, params![], |row| -> Result<()> { row.get(0).map(|id: i64| ids.push(id)) })?;
            assert_eq!(ids, (1..=1000).collect::<Vec<_>>());
            Ok(())
        });
        assert_eq!(seen, Ok(()));
    });
}

#[test]
fn each_stops_at_the_callers_own_error() {
    #[derive(Debug, PartialEq)]
    enum Mine {
        Enough(i64),
        Store(StoreError),
    }
    impl From<StoreError> for Mine {
        fn from(error: StoreError) -> Mine {
            Mine::Store(error)
        }
    }
    on_each_engine_with(SCHEMA, |db| {
        let store = &db.store;
        let fill = |tx: &mut Tx<'_>| -> Result<()> {
            (1..=500).try_for_each(|id| open(tx, id, &format!("n{id}"), id))
        };
        store.write_blocking("fill", fill).unwrap();
        let outcome = store.read_blocking(|q| -> Result<(), Mine> {
            let stopped = q.each(&ACCOUNTS, params![], |row| match row.get::<i64>(0)? {
                id if id >= 300 => Err(Mine::Enough(id)),
                _ => Ok(()),
            });
            // The connection is fine for more.
            assert_eq!(q.one::<i64>(&COUNT, params![])?, 500);
            stopped
        });
        assert_eq!(outcome, Err(Mine::Enough(300)));
    });
}

#[test]
fn instants_days_and_options_go_through() {
    on_each_engine_with(SCHEMA, |db| {
        sql! { BOTH = "select $1 * 1, cast($2 as text), $3 * 1"; }
        let (at, day) = (Instant(1_795_400_000_123), Day::new(2026, 2, 3).unwrap());
        let back = db.store.read_blocking(move |q| -> Result<(Instant, Day, Option<i64>)> {
            q.one(&BOTH, params![at, day, None::<i64>])
        });
        assert_eq!(back, Ok((at, day, None)));
        let early = Day::new(7, 12, 31).unwrap();
        let text = db
            .store
            .read_blocking(move |q| -> Result<(i64, String, bool)> { q.one(&BOTH, params![1, early, true]) });
        assert_eq!(text, Ok((1, "0007-12-31".into(), true)));
    });
}

#[test]
fn a_failing_unit_leaves_nothing() {
    on_each_engine_with(SCHEMA, |db| {
        let store = &db.store;
        let own: Result<(), StoreError> = store.write_blocking("a", |tx| {
            open(tx, 1, "a", 1)?;
            Err(StoreError::Other("I changed my mind".into()))
        });
        assert_eq!(own, Err(StoreError::Other("I changed my mind".into())));
        let panicked = store.write_blocking("b", |tx| -> Result<()> {
            open(tx, 1, "a", 1)?;
            panic!("oh no {}", 7);
        });
        assert_eq!(panicked, Err(StoreError::Panicked("b", "oh no 7".into())));
        let reading = store.read_blocking(|_| -> Result<()> { panic!("while reading") });
        assert_eq!(reading, Err(StoreError::Panicked("read", "while reading".into())));
        assert_eq!(count(store), 0);
        store.write_blocking("c", |tx| open(tx, 1, "a", 1)).unwrap();
        assert_eq!(count(store), 1);
    });
}

#[test]
fn constraints_are_told_in_the_same_words() {
    on_each_engine_with(SCHEMA, |db| {
        let store = &db.store;
        store.write_blocking("a", |tx| open(tx, 1, "a", 1)).unwrap();
        let refused = |sql: &'static Sql, id: i64, amount: i64, name: Option<&'static str>| {
            store.write_blocking("refused", move |tx| tx.put(sql, params![id, name, amount])).unwrap_err()
        };
        assert_eq!(refused(&TRY_INSERT_3, 1, 5, Some("b")), StoreError::Unique("account.id".into()));
        assert_eq!(refused(&TRY_INSERT_3, 2, 5, Some("a")), StoreError::Unique("account.name".into()));
        assert!(
            matches!(refused(&TRY_INSERT_3, 2, 5, None), StoreError::Constraint(text) if text.contains("NOT NULL") && text.contains("account.name"))
        );
        assert!(
            matches!(refused(&TRY_INSERT_3, 2, -5, Some("b")), StoreError::Constraint(text) if text.contains("CHECK"))
        );
        let orphan = store.write_blocking("orphan", |tx| tx.put(&ENTER, params![1, 99, 1, tx.name()]));
        assert!(matches!(orphan, Err(StoreError::Constraint(text)) if text.contains("FOREIGN KEY")));
        let enter =
            |id: i64| store.write_blocking("enter", move |tx| tx.put(&ENTER, params![id, 1, 7, tx.name()]));
        enter(1).unwrap();
        assert_eq!(enter(2), Err(StoreError::Unique("entry.account, entry.amount".into())));
        assert_eq!(count(store), 1);
    });
}

sql! { TRY_INSERT_3 = "insert into account (id, name, balance) values ($1, $2, $3)"; }

#[test]
fn after_a_failed_statement_nothing_of_the_unit_is_kept() {
    on_each_engine_with(SCHEMA, |db| {
        let store = &db.store;
        store.write_blocking("a", |tx| open(tx, 1, "a", 1)).unwrap();
        let swallowed = store.write_blocking("swallow", |tx| -> Result<()> {
            tx.put(&SET, params![1, 100])?;
            let failed = tx.exec(&INSERT, params![1, "b", 1, None::<f64>, None::<&[u8]>]);
            assert_eq!(failed, Err(StoreError::Unique("account.id".into())));
            // Pretending it had not happened does not help.
            assert_eq!(tx.one::<i64>(&COUNT, params![]), Err(StoreError::Unique("account.id".into())));
            Ok(())
        });
        assert_eq!(swallowed, Err(StoreError::Unique("account.id".into())));
        assert_eq!(balance(store, 1), 1);
        // The portable way to try.
        let tried = store.write_blocking("try", |tx| tx.exec(&TRY_INSERT, params![1, "b", 1]));
        assert_eq!(tried, Ok(0));
    });
}

#[test]
fn put_one_that_misses_is_a_conflict_and_undoes_the_unit() {
    on_each_engine_with(SCHEMA, |db| {
        let store = &db.store;
        store.write_blocking("a", |tx| open(tx, 1, "a", 1)).unwrap();
        let stale = |expected: i64| {
            store.write_blocking("stale", move |tx| -> Result<()> {
                tx.put(&TRY_INSERT, params![2, "b", 1])?;
                tx.put_one(&SET_IF, params![1, expected, 50])?;
                tx.put(&ENTER, params![9, 1, 5, "x"])
            })
        };
        assert_eq!(stale(77), Err(StoreError::Conflict));
        assert_eq!((count(store), balance(store, 1)), (1, 1));
        assert_eq!(stale(1), Ok(()));
        assert_eq!((count(store), balance(store, 1)), (2, 50));
        let many = store.write_blocking("many", |tx| {
            sql! { ALL = "update account set balance = 3"; }
            tx.put_one(&ALL, params![])
        });
        assert_eq!(many, Err(StoreError::Conflict));
        // Ignoring it does not help either.
        let ignored = store.write_blocking("ignored", |tx| -> Result<()> {
            let _ = tx.put_one(&SET_IF, params![1, 77, 50]);
            tx.put(&SET, params![2, 9])?;
            Ok(())
        });
        assert_eq!(ignored, Err(StoreError::Conflict));
        assert_eq!(balance(store, 2), 1);
    });
}

#[test]
fn returning_and_upserts_work() {
    on_each_engine_with(SCHEMA, |db| {
        let outcome = db.store.write_blocking("add", |tx| -> Result<(i64, u64, Vec<i64>)> {
            open(tx, 1, "a", 10)?;
            let after = tx.one(&ADD, params![1, 5])?;
            let touched = tx.exec(&UPSERT, params![1, "a", 40])?;
            tx.put(&UPSERT, params![2, "b", 41])?;
            sql! { BALANCES = "select balance from account order by id"; }
            Ok((after, touched, tx.all(&BALANCES, params![])?))
        });
        assert_eq!(outcome, Ok((15, 1, vec![40, 41])));
    });
}

#[test]
fn misuse_is_an_error_that_names_the_statement() {
    on_each_engine_with(SCHEMA, |db| {
        let store = &db.store;
        let said = |outcome: Result<()>, part: &str| {
            let error = outcome.expect_err(part).to_string();
            assert!(error.contains(part), "{error}");
        };
        said(
            store.write_blocking("few", |tx| tx.put(&SET, params![1])),
            "SET takes 2 parameters, 1 were given",
        );
        said(
            store.write_blocking("many", |tx| tx.put(&SET, params![1, 2, 3])),
            "SET takes 2 parameters, 3 were given",
        );
        sql! { NO_TABLE = "select a from missing"; NO_SQL = "selekt"; WHOLE = "select balance + 0.5 from account"; }
        said(store.read_blocking(|q| q.one::<i64>(&NO_TABLE, params![]).map(drop)), "NO_TABLE");
        said(store.read_blocking(|q| q.one::<i64>(&NO_SQL, params![]).map(drop)), "NO_SQL");
        said(store.write_blocking("nul", |tx| open(tx, 1, "a\0b", 1)), "INSERT: $2 has a NUL");
        said(
            store.write_blocking("nan", |tx| tx.put(&INSERT, params![1, "a", 1, f64::NAN, None::<&[u8]>])),
            "INSERT: $4",
        );
        said(
            store.write_blocking("kind", |tx| tx.put(&INSERT, params![1, "a", "text", 0.0, None::<&[u8]>])),
            "",
        );
        let wrote = store.read_blocking(|q| q.one::<i64>(&ADD, params![1, 1]));
        assert!(wrote.is_err(), "a read must not write");
        assert_eq!(count(store), 0);
        store.write_blocking("fine", |tx| open(tx, 1, "a", 1)).unwrap();
    });
}

#[test]
fn a_unit_that_would_wait_for_another_is_refused_instead_of_hanging() {
    on_each_engine_with(SCHEMA, |db| {
        let inner = db.store.clone();
        let outcome = db.store.write_blocking("outer", move |tx| -> Result<()> {
            open(tx, 1, "a", 1)?;
            inner.write_blocking("inner", |tx| open(tx, 2, "b", 1))
        });
        assert!(outcome.unwrap_err().to_string().contains("cannot wait for another"));
        let inner = db.store.clone();
        let outcome =
            db.store.read_blocking(move |_| inner.read_blocking(|q| q.one::<i64>(&COUNT, params![])));
        assert!(outcome.unwrap_err().to_string().contains("cannot wait for another"));
        assert_eq!(count(&db.store), 0);
    });
}

#[test]
fn thousands_of_puts_in_one_unit_arrive() {
    on_each_engine_with(SCHEMA, |db| {
        let fill = |tx: &mut Tx<'_>| -> Result<()> {
            (0..5000).try_for_each(|id| open(tx, id, &format!("n{id}"), 1))
        };
        db.store.write_blocking("fill", fill).unwrap();
        assert_eq!(count(&db.store), 5000);
        let late = |tx: &mut Tx<'_>| -> Result<()> {
            (5000..9000).try_for_each(|id| open(tx, id, &format!("n{}", if id == 8999 { 0 } else { id }), 1))
        };
        assert_eq!(db.store.write_blocking("late", late), Err(StoreError::Unique("account.name".into())));
        assert_eq!(count(&db.store), 5000);
    });
}

#[test]
fn reads_see_one_snapshot() {
    on_each_engine_with(SCHEMA, |db| {
        let store = &db.store;
        store.write_blocking("a", |tx| open(tx, 1, "a", 1)).unwrap();
        let (writer, gate) = (store.clone(), std::sync::Arc::new(std::sync::Barrier::new(2)));
        let inner = std::sync::Arc::clone(&gate);
        let other = std::thread::spawn(move || {
            inner.wait();
            writer.write_blocking("b", |tx| tx.put_one(&SET, params![1, 2])).unwrap();
            inner.wait();
        });
        let seen = store.read_blocking(move |q| -> Result<(i64, i64)> {
            let before = q.one(&BALANCE, params![1])?;
            gate.wait();
            gate.wait();
            Ok((before, q.one(&BALANCE, params![1])?))
        });
        other.join().unwrap();
        assert_eq!(seen, Ok((1, 1)));
        assert_eq!(balance(store, 1), 2);
    });
}

#[test]
fn transactions_are_counted_by_name() {
    on_each_engine_with(SCHEMA, |db| {
        let store = &db.store;
        for id in 0..3 {
            store.write_blocking("account.open", move |tx| open(tx, id, &format!("n{id}"), 1)).unwrap();
        }
        store.write_blocking("account.open", |tx| open(tx, 0, "again", 1)).unwrap_err();
        count(store);
        let all = store.metrics();
        let of =
            |name: &str| all.iter().find(|(n, _)| *n == name).unwrap_or_else(|| panic!("{name}: {all:?}")).1;
        let opened = of("account.open");
        assert_eq!((opened.count, opened.errors, opened.retries), (4, 1, 0));
        assert!(opened.max_micros > 0 && opened.total_micros >= opened.max_micros);
        assert_eq!((of("read").count, of("read").errors), (1, 0));
    });
}

#[test]
fn a_full_queue_refuses_instead_of_growing() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let options = Options { queue_max: 2, connections: 1, ..Options::default() };
        let db = yimen_testkit::TestDb::open(engine, SCHEMA, options);
        let (started, wait_start) = std::sync::mpsc::sync_channel(1);
        let (go, stay) = std::sync::mpsc::sync_channel::<()>(0);
        let stay = std::sync::Mutex::new(stay);
        let store = db.store.clone();
        let slow = std::thread::spawn(move || {
            store.write_blocking("slow", move |tx| {
                started.send(()).unwrap();
                let _ = stay.lock().unwrap().recv();
                open(tx, 1, "a", 1)
            })
        });
        wait_start.recv().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let queued: Vec<_> = (2..4)
                .map(|id| {
                    let store = db.store.clone();
                    tokio::spawn(async move {
                        store.write("queued", move |tx| open(tx, id, &format!("n{id}"), 1)).await
                    })
                })
                .collect();
            tokio::task::yield_now().await;
            let refused = db.store.write("refused", |tx| open(tx, 9, "z", 1)).await;
            assert_eq!(refused, Err(StoreError::Busy), "{engine:?}");
            go.send(()).unwrap();
            for task in queued {
                assert_eq!(task.await.unwrap(), Ok(()));
            }
        });
        slow.join().unwrap().unwrap();
        assert_eq!(count(&db.store), 3);
    }
}

#[test]
fn what_was_queued_is_done_even_if_nobody_waits_and_the_store_is_dropped() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let db =
            yimen_testkit::TestDb::open(engine, SCHEMA, Options { connections: 1, ..Options::default() });
        let store = Store::open(&db.url, Options { connections: 1, ..Options::default() }).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            for id in 0..20 {
                let mut waiting = Box::pin(store.write("left", move |tx| open(tx, id, &format!("n{id}"), 1)));
                // Polled once: queued. Then the caller goes away.
                let _ = futures::poll!(waiting.as_mut());
            }
        });
        drop(store);
        assert_eq!(count(&db.store), 20, "{engine:?}");
    }
}

#[test]
fn wrong_urls_say_what_is_wrong() {
    let refused = |url: &str, part: &str| {
        let Err(error) = Store::open(url, Options::default()) else { panic!("{url} was opened") };
        assert!(error.to_string().contains(part), "{url}: {error}");
        error
    };
    refused("", "要以 sqlite: 或 postgres:// 开头");
    refused("data/yimen.db", "开头");
    refused("mysql://x", "开头");
    refused("sqlite:", "后面要写数据库文件");
    refused("sqlite::memory:", "后面要写数据库文件");
    refused("postgres://u@h/db?sslmode=require", "不支持 sslmode=require");
    refused("postgres://u@h/db?nonsense=1", "数据库地址写法不对");
    let nobody = refused("postgres://u@127.0.0.1:1/db", "");
    assert!(matches!(nobody, StoreError::Unavailable(_)), "{nobody}");
    let folder = refused("sqlite:/proc/no-such-folder/a.db", "");
    assert!(matches!(folder, StoreError::Unavailable(_)), "{folder}");
    let file = std::env::temp_dir().join(format!("yimen-not-a-db-{}", std::process::id()));
    std::fs::write(&file, "this is no database, it is a letter to the mayor".repeat(50)).unwrap();
    let letter = refused(&format!("sqlite:{}", file.display()), "");
    assert!(matches!(letter, StoreError::Corrupt(_)), "{letter}");
    std::fs::remove_file(file).unwrap();
}
