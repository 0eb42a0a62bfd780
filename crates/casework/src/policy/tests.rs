//! The standard policy against the rules in plain words, and the lists against the check of a single row.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use yimen_catalogue::model::StepKind;
use yimen_platform::{Role, Roles};
use yimen_standards::time::Instant;
use yimen_store::{Read, StoreError, Tx};
use yimen_testkit::on_each_engine;

use super::*;
use crate::model::Channel;
use crate::store::{board, case, inbox, lists};

const DEPARTMENTS: [&str; 3] = ["", "housing", "tax"];
const OFFICES: [&str; 3] = ["", "centre", "xiaoshan"];
const SOON: Instant = Instant(1_000);

fn task(id: i64, owner: Owner, state: TaskState) -> Task {
    let assignee = (state == TaskState::Claimed).then_some(7);
    let step = format!("step-{id}");
    Task { state, assignee, ..Task::waiting(id, owner, step, "审查".into(), StepKind::Review) }
}

/// A draft, as the store would read it.
fn draft(id: i64, applicant: i64, office: &str, lead: &str, created_by: i64) -> Loaded {
    let case = Case {
        id,
        number: format!("n{id}"),
        // An applicant's own account creates what comes online.
        channel: if created_by < 10 { Channel::Window } else { Channel::Online },
        applicant,
        office: office.into(),
        lead: lead.into(),
        ..Case::untouched(Instant(1))
    };
    Loaded { case, facts: Vec::new(), created_by, documents: 0 }
}

/// A case as commands leave one: a draft has no tasks, and one in review was accepted.
fn cases() -> impl Strategy<Value = Loaded> {
    let tasks = prop::collection::vec((0..4_usize, 0..TaskState::ALL.len()), 0..4);
    let place = (1..4_i64, 1..3_usize, 1..3_usize, prop::sample::select(vec![1_i64, 2, 11]));
    (0..CaseState::ALL.len(), any::<bool>(), place, tasks).prop_map(
        |(state, accepted, (applicant, office, lead, created_by), tasks)| {
            let mut loaded = draft(0, applicant, OFFICES[office], DEPARTMENTS[lead], created_by);
            let case = &mut loaded.case;
            case.state = CaseState::ALL[state];
            if case.state == CaseState::Draft {
                return loaded;
            }
            case.submitted_at = Some(Instant(2));
            let before = matches!(case.state, CaseState::Submitted | CaseState::Correcting);
            let after = matches!(case.state, CaseState::InReview | CaseState::Decided | CaseState::Closed);
            if after || accepted && !before {
                case.accepted_at = Some(Instant(3));
                let owners = [
                    Owner::Department("housing".into()),
                    Owner::Department("tax".into()),
                    Owner::Office(case.office.clone()),
                    Owner::Applicant,
                ];
                let tasks = tasks.into_iter().enumerate();
                case.tasks = tasks
                    .map(|(at, (owner, state))| {
                        // What is over has no live tasks.
                        let state = TaskState::ALL[state];
                        let over = case.state.is_final() && state.is_live();
                        let state = if over { TaskState::Done } else { state };
                        task(at as i64, owners[owner].clone(), state)
                    })
                    .collect();
            }
            case.closed_at = case.state.is_final().then_some(Instant(4));
            loaded
        },
    )
}

fn actors() -> impl Strategy<Value = Actor> {
    let staff =
        (1..4_i64, 0_u32..128, 0..3_usize, 0..3_usize).prop_map(|(account, bits, department, office)| {
            Actor::Staff(Arc::new(Staff {
                account,
                name: "某人".into(),
                roles: Roles(bits),
                department: DEPARTMENTS[department].into(),
                office: OFFICES[office].into(),
                counter: String::new(),
            }))
        });
    let citizen = (1..5_i64).prop_map(|party| Actor::Citizen { account: 10 + party, party, name: "".into() });
    prop_oneof![1 => Just(Actor::Anyone), 1 => Just(Actor::System("test")), 3 => citizen, 12 => staff]
}

/// The rules in plain words, a second time and slowly: everything `actor` may do, and whether the case exists for them.
fn plainly(actor: &Actor, loaded: &Loaded) -> (bool, BTreeSet<Act>) {
    use Act::*;
    let case = &loaded.case;
    let mut acts = BTreeSet::new();
    match actor {
        Actor::Anyone => {}
        Actor::System(_) => acts.extend([See, Pay, Tick]),
        Actor::Citizen { party, .. } if *party == case.applicant => {
            acts.extend([See, FillIn, Submit, Withdraw, Pay]);
        }
        Actor::Citizen { .. } => {}
        Actor::Staff(staff) => {
            let is = |role| staff.roles.has(role);
            let draft = case.state == CaseState::Draft;
            let own_draft = loaded.created_by == staff.account;
            if is(Role::Clerk) && staff.office == case.office && (!draft || own_draft) {
                acts.extend([See, FillIn, Submit, Withdraw, PreCheck, Work, AnswerReturn]);
            }
            let mut owned =
                case.tasks.iter().filter(|t| t.owner == Owner::Department(staff.department.clone()));
            let sent = owned.any(|t| !matches!(t.state, TaskState::Waiting | TaskState::Skipped));
            if is(Role::Reviewer) && sent {
                acts.extend([See, Work]);
            }
            if is(Role::Supervisor) && sent {
                acts.extend([See, TakeBack]);
            }
            if is(Role::Supervisor) && case.accepted_at.is_some() && staff.department == case.lead {
                acts.extend([See, TakeBack, Head]);
            }
            if is(Role::Inspector) && !draft {
                acts.insert(See);
            }
        }
    }
    (!acts.is_empty(), acts)
}

proptest! {
    #[test]
    fn the_standard_policy_is_the_rules_in_plain_words(loaded in cases(), actor in actors()) {
        let policy = Policy::standard();
        let relations = relations(&policy, &actor, &loaded);
        let allowed = Act::ALL.into_iter().filter(|act| policy.any(relations, *act)).collect();
        prop_assert_eq!((!relations.is_empty(), allowed), plainly(&actor, &loaded));

        let staff = actor.staff();
        let is = |role| staff.is_some_and(|s| s.roles.has(role));
        let leads = staff.is_some_and(|s| s.department == loaded.case.lead) && is(Role::Supervisor);
        prop_assert_eq!(heads(&policy, &actor, &loaded.case), leads);
        for task in &loaded.case.tasks {
            let sent = !matches!(task.state, TaskState::Waiting | TaskState::Skipped);
            let department = |id: &str| staff.is_some_and(|s| s.department == id);
            let (works, takes) = match &task.owner {
                Owner::Department(id) => {
                    let theirs = sent && department(id);
                    (theirs && is(Role::Reviewer), theirs && is(Role::Supervisor))
                }
                Owner::Office(id) => (staff.is_some_and(|s| s.office == *id) && is(Role::Clerk), false),
                Owner::Applicant => (false, false),
            };
            prop_assert_eq!(may_work_on(&policy, &actor, task), works);
            prop_assert_eq!(may_take_back(&policy, &actor, &loaded.case, task), takes || leads);
        }
    }
}

/// A city of random cases, written by the program's own statements.
fn found(tx: &mut Tx<'_>, city: &[Loaded]) -> Result<(), StoreError> {
    for loaded in city {
        let after = &loaded.case;
        let new = case::NewCase {
            id: after.id,
            number: &after.number,
            service: &after.service,
            version_id: 1,
            channel: after.channel,
            delivery: after.delivery,
            applicant: after.applicant,
            applicant_name: &after.applicant_name,
            nonce: &after.number,
            office: &after.office,
            lead: &after.lead,
            region: "",
            facts: b"sealed",
            created_by: loaded.created_by,
            at: Instant(1),
        };
        case::insert(tx, &new)?;
        let before = draft(after.id, after.applicant, &after.office, &after.lead, loaded.created_by).case;
        case::update(tx, &before, after, 0, Instant(5))?;
    }
    Ok(())
}

/// What the lists of one person hold, each with what the row check says it should.
fn compare(q: &mut Read<'_>, city: &[Loaded], actor: &Actor) -> Result<(), StoreError> {
    let policy = Policy::standard();
    let stands = |loaded: &Loaded, one: Relation| relations(&policy, actor, loaded).has(one);
    let should = |wanted: &dyn Fn(&Loaded) -> bool| -> BTreeSet<i64> {
        city.iter().filter(|loaded| wanted(loaded)).map(|loaded| loaded.case.id).collect()
    };
    let on_its_way = |loaded: &Loaded| loaded.case.state != CaseState::Draft && !loaded.case.state.is_final();
    let all = city.len() as i64;
    let ids = |items: Vec<lists::CaseItem>| items.into_iter().map(|item| item.id).collect::<BTreeSet<_>>();

    if let Actor::Citizen { party, .. } = actor {
        let theirs = should(&|loaded| stands(loaded, Relation::APPLICANT));
        assert_eq!(ids(lists::mine(q, *party, None, all)?), theirs, "{actor:?}");
        let mut both = ids(lists::mine_open(q, *party, None, all)?);
        both.extend(ids(lists::mine_over(q, *party, None, all)?));
        assert!(both.is_subset(&theirs), "{actor:?}");
    }
    let Some(staff) = actor.staff() else { return Ok(()) };
    if granted(&policy, staff, Scope::Office, Act::See) {
        let mut listed = ids(lists::drafts_of(q, staff.account, &staff.office, 0, all)?);
        for state in CaseState::ALL.iter().filter(|state| **state != CaseState::Draft) {
            listed.extend(ids(lists::at_office(q, &staff.office, state.code(), 0, all)?));
        }
        let open = |loaded: &Loaded| loaded.case.closed_at.is_none();
        assert_eq!(listed, should(&|loaded| stands(loaded, Relation::WINDOW) && open(loaded)), "{actor:?}");
        let handed_in = |loaded: &Loaded| loaded.case.submitted_at.is_some();
        let found = ids(lists::of_parties(q, &[1, 2, 3], &staff.office, all)?);
        assert_eq!(
            found,
            should(&|loaded| stands(loaded, Relation::WINDOW) && handed_in(loaded)),
            "{actor:?}"
        );
        let returned = lists::returned_at_office(q, &staff.office, 0, all)?;
        let window = should(&|loaded| stands(loaded, Relation::WINDOW));
        assert!(returned.iter().all(|item| window.contains(&item.case_id)), "{actor:?}");
    }
    if granted(&policy, staff, Scope::Task, Act::Work) {
        let which = inbox::Which { owner: format!("dept:{}", staff.department), ..inbox::Which::default() };
        let listed = inbox::page(q, &which, inbox::Stretch::WHOLE, 10 * all)?;
        let listed: BTreeSet<i64> = listed.into_iter().map(|task| task.id).collect();
        let tasks = city.iter().flat_map(|loaded| &loaded.case.tasks).filter(|task| task.state.is_live());
        // An office's tasks are on the desk.
        let tasks = tasks.filter(|task| matches!(task.owner, Owner::Department(_)));
        let theirs = tasks.filter(|task| may_work_on(&policy, actor, task)).map(|task| task.id).collect();
        assert_eq!(listed, theirs, "{actor:?}");
        let sees = should(&|loaded| stands(loaded, Relation { who: Who::Reviewer, scope: Scope::Task }));
        let waiting = inbox::waiting(q, &staff.department, (0, 0), all)?;
        assert!(waiting.iter().all(|task| sees.contains(&task.case_id)), "{actor:?}");
    }
    let mut board = |filter: &board::CaseFilter| -> Result<BTreeSet<i64>, StoreError> {
        let rows = board::cases(q, (Instant(10), SOON), filter, None, all)?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    };
    if granted(&policy, staff, Scope::Department, Act::See) {
        let decides = Relation { who: Who::Supervisor, scope: Scope::Department };
        let lead = staff.department.clone();
        let filter = board::CaseFilter { lead, accepted: true, ..board::CaseFilter::default() };
        assert_eq!(
            board(&filter)?,
            should(&|loaded| stands(loaded, decides) && on_its_way(loaded)),
            "{actor:?}"
        );
    }
    if granted(&policy, staff, Scope::City, Act::See) {
        let inspects = Relation { who: Who::Inspector, scope: Scope::City };
        let listed = board(&board::CaseFilter::default())?;
        assert_eq!(listed, should(&|loaded| stands(loaded, inspects) && on_its_way(loaded)), "{actor:?}");
    }
    Ok(())
}

/// A list shows no row that the row check refuses, and hides none that it allows.
#[test]
fn lists_hold_what_the_row_check_allows() {
    let mut runner = TestRunner::deterministic();
    let city = prop::collection::vec(cases(), 240).new_tree(&mut runner).unwrap().current();
    let people = prop::collection::vec(actors(), 160).new_tree(&mut runner).unwrap().current();
    let mut id = 0;
    let mut number = |slot: &mut i64| {
        id += 1;
        *slot = id;
    };
    let mut city = city;
    for loaded in &mut city {
        number(&mut loaded.case.id);
        loaded.case.number = format!("n{}", loaded.case.id);
        loaded.case.tasks.iter_mut().for_each(|task| number(&mut task.id));
    }
    let (city, people) = (Arc::new(city), Arc::new(people));
    on_each_engine(|db| {
        let rows = city.clone();
        db.store().write_blocking("test.found", move |tx| found(tx, &rows)).unwrap();
        let (city, people) = (city.clone(), people.clone());
        let compared =
            db.store().read_blocking(move |q| people.iter().try_for_each(|one| compare(q, &city, one)));
        compared.unwrap();
    });
}
