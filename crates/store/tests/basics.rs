//! Reading and writing, the same on both engines.
use yimen_store::*;
use yimen_testkit::on_each_engine_with;

sql! {
    INSERT = "insert into t (id, name) values ($1, $2)";
    BY_ID = "select id, name from t where id = $1";
    COUNT = "select count(*) from t";
}
row! { #[derive(Debug, PartialEq)] struct T { id: i64, name: String } }

const SCHEMA: &[Migration] = &[Migration {
    number: 1,
    name: "t",
    text: "create table t (id {{int}} primary key not null, name text not null unique){{strict}};",
}];

#[test]
fn writes_and_reads() {
    on_each_engine_with(SCHEMA, |db| {
        let store = &db.store;
        store.write_blocking("t.insert", |tx| -> Result<()> { tx.put_one(&INSERT, params![7, "甲"])?; assert_eq!(tx.name(), "t.insert"); Ok(()) }).unwrap();
        let found = store.read_blocking(|q: &mut Read| -> Result<T> { q.one(&BY_ID, params![7]) }).unwrap();
        assert_eq!(found, T { id: 7, name: "甲".into() });
        assert_eq!(store.write_blocking("t.twice", |tx| -> Result<()> { tx.put(&INSERT, params![8, &"甲".to_string()]) }), Err(StoreError::Unique("t.name".into())));
        assert_eq!(store.read_blocking(|q| -> Result<i64> { q.one(&COUNT, params![]) }), Ok(1));
        assert_eq!(store.write_blocking("t.panic", |tx| -> Result<()> { tx.put(&INSERT, params![9, "乙"])?; panic!("no") }), Err(StoreError::Panicked("t.panic", "no".into())));
        assert_eq!(store.read_blocking(|q| -> Result<i64> { q.one(&COUNT, params![]) }), Ok(1));
        assert!(statements().iter().any(|s| s.name.ends_with("::BY_ID")));
    });
}
