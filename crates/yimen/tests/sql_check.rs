//! Every statement of the program, prepared on both engines: `cargo xtask sql-check` runs exactly this.

use std::collections::BTreeMap;
use std::path::Path;

// Linked, so that the statements of every domain are registered.
use yimen as _;
use yimen_store::{Problem, Record, check, compare, statements};
use yimen_testkit::TestDb;

/// Tables that grow with the years: reading all of one takes a reason (`/* scan: … */`).
const BIG: &[&str] = &[
    "casework_",
    "payments_",
    "platform_journal",
    "parties_party",
    "identity_session",
    "oidc_grant",
    "oidc_token",
];

fn big_tables(db: &TestDb) -> Vec<String> {
    let mut tables = Vec::new();
    let seen = db.store.dump(|record| {
        if let Record::Table { name, .. } = record
            && BIG.iter().any(|big| name.starts_with(big))
        {
            tables.push(name.to_owned());
        }
        Ok(())
    });
    seen.unwrap();
    tables
}

/// The crates of the program whose sources declare statements.
fn crates_with_statements() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        if !matches!(name.as_str(), "store" | "testkit" | "xtask" | "bench")
            && declares(&entry.path().join("src"))
        {
            found.push(if name == "yimen" { name } else { format!("yimen_{}", name.replace('-', "_")) });
        }
    }
    found.sort();
    found
}

fn declares(folder: &Path) -> bool {
    std::fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| match entry.path() {
        path if path.is_dir() => declares(&path),
        path => std::fs::read_to_string(path).is_ok_and(|text| text.lines().any(|line| line == "sql! {")),
    })
}

#[test]
fn every_statement_prepares_on_both_engines_alike_and_scans_no_big_table() {
    let mut registered: BTreeMap<&str, usize> = BTreeMap::new();
    for sql in statements() {
        *registered.entry(sql.name.split("::").next().unwrap()).or_default() += 1;
    }
    println!("statements: {registered:?}");
    let known: Vec<&str> = registered.keys().copied().collect();
    assert_eq!(known, crates_with_statements(), "a crate's statements are not linked into this test");

    let (sqlite, postgres) = (TestDb::sqlite(), TestDb::postgres());
    let mut problems: Vec<Problem> = Vec::new();
    for db in [&sqlite, &postgres] {
        let big = big_tables(db);
        assert!(big.len() > 12, "{big:?}");
        let big: Vec<&str> = big.iter().map(String::as_str).collect();
        problems.extend(check(&db.store, &big).unwrap());
    }
    problems.extend(compare(&sqlite.store, &postgres.store).unwrap());
    let text: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(problems.is_empty(), "{} problems:\n\n{}", problems.len(), text.join("\n\n"));
}
