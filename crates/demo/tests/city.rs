//! The same city lived on both engines: the same commands must leave the same rows.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use yimen_blobs::Blobs;
use yimen_casework::Casework;
use yimen_casework::policy::PolicyHandle;
use yimen_catalogue::{Catalogue, CatalogueHandle, Pack, publish};
use yimen_demo::{City, Plan, file_papers, live};
use yimen_parties::Parties;
use yimen_platform::{Actor, Ids, ManualClock, Platform, Role, Roles, Sealer, Staff, journal};
use yimen_standards::time::{Calendar, Day, Hours, Instant};
use yimen_store::{Record, Store, Value};
use yimen_testkit::TestDb;

const CASES_LIVED: usize = 120;

fn casework(store: Store, folder: &Path, plan: &Plan) -> Casework {
    let sealer = Arc::new(Sealer::new([9; 32]));
    let blobs = Blobs::open(&format!("file:{}", folder.display())).unwrap().sealed(sealer.clone());
    let clock = Arc::new(ManualClock::at(plan.until));
    let ids = Arc::new(Ids::seeded(0, 3));
    let platform = Platform { store, blobs, sealer: sealer.clone(), clock, ids };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/hangzhou");
    let pack = Pack::load(&root);
    let city = pack.city.as_ref().unwrap().value.clone();
    let services: Vec<_> = pack.services.iter().map(|s| s.value.clone()).collect();
    let ctx = platform.ctx(Actor::System("test"), "");
    let published = platform
        .store
        .write_blocking("publish", move |tx| publish(tx, &ctx, "hangzhou", Some(&city), &services));
    published.unwrap();
    let catalogue = platform.store.read_blocking(|q| Catalogue::load(q)).unwrap();
    Casework {
        parties: Parties::new(sealer),
        policy: PolicyHandle::default(),
        catalogue: CatalogueHandle::new(catalogue),
        calendar: Arc::new(Calendar::builtin()),
        hours: Arc::new(Hours::parse(&["09:00-12:00", "13:30-17:00"]).unwrap()),
        sweeps: Arc::default(),
        platform,
    }
}

fn staff(catalogue: &Catalogue) -> Vec<Arc<Staff>> {
    let member = |account: i64, name: String, role: Role, department: &str, office: &str| {
        let (department, office, roles) = (department.into(), office.into(), Roles::of(&[role]));
        Arc::new(Staff { account, name, roles, department, office, counter: String::new() })
    };
    let mut staff = Vec::new();
    for office in &catalogue.city().offices {
        let account = staff.len() as i64 + 1;
        staff.push(member(account, format!("窗口{account}"), Role::Clerk, "", &office.id));
    }
    for department in &catalogue.city().departments {
        for role in [Role::Reviewer, Role::Reviewer, Role::Supervisor] {
            let account = staff.len() as i64 + 1;
            staff.push(member(account, format!("人员{account}"), role, &department.id, ""));
        }
    }
    staff
}

/// Lives a small city and answers what it left behind, as text.
fn lived(db: &TestDb) -> String {
    lived_until(db, friday())
}

fn friday() -> Instant {
    Day::new(2026, 11, 20).unwrap().at(15, 0)
}

fn lived_until(db: &TestDb, until: Instant) -> String {
    let plan = Plan { cases: CASES_LIVED, days: 90, seed: 42, until };
    static CITIES: AtomicU32 = AtomicU32::new(0);
    let nth = CITIES.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("yimen-city-{}-{nth}", std::process::id()));
    let casework = casework(db.store.clone(), &folder, &plan);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let papers = runtime.block_on(file_papers(&casework.platform.blobs)).unwrap();
    let hired = staff(&casework.catalogue.get());
    let city = City::settle(casework.clone(), hired, papers, &plan).unwrap();
    let lived = live(city, &plan, &[], |_, _| {}).unwrap();
    assert!(lived.cases > CASES_LIVED / 2, "most of the planned cases begin: {lived:?}");
    std::fs::remove_dir_all(&folder).ok();
    left_behind(&db.store)
}

/// Every row of every table as text, without what differs by nature: sealed bytes, and PostgreSQL's numbers of
/// transactions.
fn left_behind(store: &Store) -> String {
    let (mut lines, mut table, mut columns) = (Vec::new(), String::new(), Vec::new());
    let dumped = store.dump(|record| {
        match record {
            Record::Table { name, columns: of_table } => {
                table = name.to_string();
                columns = of_table.to_vec();
            }
            Record::Row(values) => {
                let cells = columns.iter().zip(values).filter(|(column, value)| {
                    !matches!(value, Value::Blob(_)) && *column != "txid" && !column.starts_with("updated_")
                });
                let cells: Vec<String> = cells.map(|(column, value)| format!("{column}={value:?}")).collect();
                lines.push(format!("{table} {}", cells.join(" ")));
            }
            Record::Start { .. } | Record::End { .. } => {}
        }
        Ok(())
    });
    dumped.unwrap();
    // Engines keep rows in their own order.
    lines.sort();
    lines.join("\n")
}

#[test]
fn the_same_city_leaves_the_same_rows_on_both_engines() {
    let (sqlite, postgres) = (lived(&TestDb::sqlite()), lived(&TestDb::postgres()));
    let differs = sqlite.lines().zip(postgres.lines()).find(|(a, b)| a != b);
    assert_eq!(differs, None);
    assert_eq!(sqlite.lines().count(), postgres.lines().count());
}

#[test]
fn the_same_seed_makes_the_same_city() {
    assert_eq!(lived(&TestDb::sqlite()), lived(&TestDb::sqlite()));
}

/// Shown on a day of rest, a city has no application of the working day to come.
#[test]
fn nothing_in_the_city_is_later_than_its_end() {
    let saturday = Day::new(2026, 11, 28).unwrap().at(13, 0);
    for until in [friday(), saturday] {
        let db = TestDb::sqlite();
        lived_until(&db, until);
        let acts = db.store.read_blocking(|q| journal::between(q, 1, i64::MAX)).unwrap();
        let latest = acts.iter().map(|act| act.at).max().unwrap();
        assert!(latest <= until, "{}", latest.zh());
    }
}
