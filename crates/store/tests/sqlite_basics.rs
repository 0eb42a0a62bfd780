//! The first steps on SQLite.
use yimen_store::*;

sql! {
    INSERT = "insert into t (id, name) values ($1, $2)";
    BY_ID = "select id, name from t where id = $1";
    COUNT = "select count(*) from t";
}
row! { #[derive(Debug, PartialEq)] struct T { id: i64, name: String } }

fn store(dir: &std::path::Path) -> Store {
    let store = Store::open(&format!("sqlite:{}", dir.join("a.db").display()), Options::default()).unwrap();
    let one = [Migration { number: 1, name: "t", text: "create table t (id {{int}} primary key not null, name text not null unique){{strict}};" }];
    assert_eq!(store.migrate_with(&one).unwrap().len(), 1);
    assert_eq!(store.migrate_with(&one).unwrap().len(), 0);
    assert_eq!(store.schema_version().unwrap(), 1);
    store
}

#[tokio::test]
async fn writes_and_reads() {
    let dir = std::env::temp_dir().join(format!("yimen-basics-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let store = store(&dir);
    store.write("t.insert", |tx| -> Result<()> { tx.put_one(&INSERT, params![7, "甲"])?; assert_eq!(tx.name(), "t.insert"); Ok(()) }).await.unwrap();
    let found = store.read(|q: &mut Read| -> Result<T> { q.one(&BY_ID, params![7]) }).await.unwrap();
    assert_eq!(found, T { id: 7, name: "甲".into() });
    assert_eq!(store.write("t.twice", |tx| -> Result<()> { tx.put(&INSERT, params![8, &"甲".to_string()]) }).await, Err(StoreError::Unique("t.name".into())));
    assert_eq!(store.read(|q| -> Result<i64> { q.one(&COUNT, params![]) }).await, Ok(1));
    assert_eq!(store.write("t.panic", |tx| -> Result<()> { tx.put(&INSERT, params![9, "乙"])?; panic!("no") }).await, Err(StoreError::Panicked("t.panic", "no".into())));
    assert_eq!(store.read(|q| -> Result<i64> { q.one(&COUNT, params![]) }).await, Ok(1));
    assert!(statements().iter().any(|s| s.name.ends_with("::BY_ID")));
    drop(store);
    std::fs::remove_dir_all(dir).unwrap();
}
