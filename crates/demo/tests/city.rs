//! The same city lived on both engines: the same commands must leave the same rows.

use std::path::Path;
use std::sync::Arc;

use yimen_blobs::Blobs;
use yimen_casework::Casework;
use yimen_catalogue::{Catalogue, CatalogueHandle, Pack, publish};
use yimen_demo::{City, Plan, file_papers, live};
use yimen_parties::Parties;
use yimen_platform::{Actor, Ids, ManualClock, Platform, Role, Roles, Sealer, Staff};
use yimen_standards::time::{Calendar, Day, Hours};
use yimen_store::{Store, params, sql};
use yimen_testkit::TestDb;

sql! {
    CASES = "select number, state, outcome, office, revision, promised_due, closed_at, documents from casework_case order by id";
    TASKS = "select step, state, assignee_name, finding, opened_at, due_at, done_at, note from casework_task order by id";
    DOCUMENTS = "select kind, at, issued_by, reason, body from casework_document order by case_id, number";
    BILLS = "select items, total, state, paid_at from casework_bill order by id";
    STOPS = "select name, started_at, planned_to, ended_at, outcome from casework_stop order by id";
    RESULTS = "select number, valid_until, issued_at from casework_result order by case_id";
    JOURNAL = "select verb, at, actor_name, case_id, task_id, body from platform_journal order by seq";
    OPEN_IN_FINAL = "select count(*) from casework_task t join casework_case c on c.id = t.case_id
        where c.closed_at is not null and t.state in ('waiting', 'open', 'claimed', 'returned')";
    JOURNALED = "select count(*) from casework_case c where not exists
        (select 1 from platform_journal j where j.case_id = c.id)";
}

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
    let published = platform.store.write_blocking("publish", move |tx| {
        publish(tx, &ctx, "hangzhou", Some(&city), &services)
    });
    published.unwrap();
    let catalogue = platform.store.read_blocking(|q| Catalogue::load(q)).unwrap();
    Casework {
        parties: Parties::new(sealer),
        catalogue: CatalogueHandle::new(catalogue),
        calendar: Arc::new(Calendar::builtin()),
        hours: Arc::new(Hours::parse(&["09:00-12:00", "13:30-17:00"]).unwrap()),
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
    let until = Day::new(2026, 11, 20).unwrap().at(15, 0);
    let plan = Plan { cases: CASES_LIVED, days: 90, seed: 42, until };
    let folder = std::env::temp_dir().join(format!("yimen-city-{}-{}", std::process::id(), db.url.len()));
    let casework = casework(db.store.clone(), &folder, &plan);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let papers = runtime.block_on(file_papers(&casework.platform.blobs)).unwrap();
    let hired = staff(&casework.catalogue.get());
    let city = City::settle(casework.clone(), hired, papers, &plan).unwrap();
    let lived = live(city, &plan, &[], |_, _| {}).unwrap();
    assert!(lived.cases > CASES_LIVED / 2, "most of the planned cases begin: {lived:?}");
    std::fs::remove_dir_all(&folder).ok();
    db.store.read_blocking(|q| {
        assert_eq!(q.one::<i64>(&OPEN_IN_FINAL, params![])?, 0, "a task was left over in a closed case");
        assert_eq!(q.one::<i64>(&JOURNALED, params![])?, 0, "a case without a journal entry");
        let mut text = String::new();
        for sql in [&CASES, &TASKS, &DOCUMENTS, &BILLS, &STOPS, &RESULTS, &JOURNAL] {
            q.each(sql, params![], |row| {
                for i in 0..row.len() {
                    text.push_str(&format!("{:?}\t", row.value(i)?));
                }
                text.push('\n');
                Ok::<_, yimen_store::StoreError>(())
            })?;
        }
        Ok::<_, yimen_store::StoreError>(text)
    })
    .unwrap()
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
