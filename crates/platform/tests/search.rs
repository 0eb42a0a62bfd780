//! Searching the journal: what an index finds, what is looked for a stretch at a time, and that both find the same as
//! reading everything.

use std::sync::Arc;

use yimen_platform::journal::{self, Entry, Note, Search};
use yimen_platform::{Actor, Ctx, Ids, Role, Roles, Staff};
use yimen_standards::time::Instant;
use yimen_store::{Read, StoreError, Tx};
use yimen_testkit::{TestDb, on_each_engine};

const START: i64 = 1_790_000_000_000;
const ALL: i64 = i64::MAX;

fn staff(account: i64) -> Actor {
    let none = String::new;
    let roles = Roles::of(&[Role::Clerk]);
    let name = format!("某人{account}");
    Actor::Staff(Arc::new(Staff {
        account,
        name,
        roles,
        department: none(),
        office: none(),
        counter: none(),
    }))
}

/// 300 acts of three members of staff and the system on five cases, one a second; they are written in another order than
/// that of their time, as by several nodes or in a city that was made from the past.
fn filled(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    for place in 0..300_i64 {
        // 7 and 300 have no common divisor: each second once.
        let n = place * 7 % 300;
        let actor = match n % 4 {
            0 => Actor::System("test"),
            account => staff(account),
        };
        let ctx = Ctx::new(actor, Instant(START + n * 1000), Arc::new(Ids::seeded(0, 1)), "r");
        let verb = ["case.submitted", "task.decided", "case.accepted"][(n % 3) as usize];
        journal::append(tx, &ctx, Note { verb, case: n % 5, task: 0, body: n })?;
    }
    Ok(())
}

fn fits(entry: &Entry, search: &Search) -> bool {
    let verb = search.verb.trim_end_matches('%');
    (search.from..search.until).contains(&entry.at)
        && entry.verb.starts_with(verb)
        && search.staff.is_none_or(|account| entry.actor_kind == "staff" && entry.actor_id == account)
        && search.case.is_none_or(|case| entry.case_id == case)
}

/// Everything a search finds, page after page, and how many pages that took.
fn whole(q: &mut Read<'_>, search: &Search, limit: i64, look: i64) -> Result<(Vec<i64>, usize), StoreError> {
    let (mut found, mut before, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = journal::search(q, search, before, limit, look)?;
        assert!(page.entries.len() as i64 <= limit);
        assert!(page.before.is_none_or(|next| before.is_none_or(|from| next < from)), "it goes on");
        found.extend(page.entries.iter().map(|entry| entry.seq));
        before = page.before;
        pages += 1;
        if before.is_none() {
            return Ok((found, pages));
        }
    }
}

#[test]
fn every_search_finds_what_reading_everything_finds() {
    on_each_engine(|db: TestDb| {
        let store = &db.store;
        store.write_blocking("test", filled).unwrap();
        let outcome = store.read_blocking(|q| -> Result<(), StoreError> {
            let mut all = journal::between(q, 0, ALL)?;
            all.sort_by_key(|entry| (entry.at, entry.seq));
            let at = |n: i64| Instant(START + n * 1000);
            for (from, until) in
                [(Instant(0), Instant(ALL)), (at(100), at(200)), (at(0), at(1)), (at(400), at(500))]
            {
                for verb in ["%", "case.%", "task.decided", "bill.%"] {
                    for (staff, case) in [(None, None), (Some(2), None), (None, Some(3)), (Some(2), Some(3))]
                    {
                        let search = Search { from, until, verb: verb.into(), staff, case };
                        let fit = all.iter().rev().filter(|entry| fits(entry, &search));
                        let expected: Vec<i64> = fit.map(|entry| entry.seq).collect();
                        for (limit, look) in [(7, 10), (50, 20_000), (1, 1)] {
                            assert_eq!(
                                whole(q, &search, limit, look)?.0,
                                expected,
                                "{search:?} {limit} {look}"
                            );
                        }
                    }
                }
            }
            // A look that finds nothing says how far it came, and none goes past the day that was asked for.
            let rare = Search { from: at(0), until: at(300), verb: "bill.%".into(), staff: None, case: None };
            assert_eq!(whole(q, &rare, 50, 100)?, (vec![], 4));
            let late = Search { from: at(250), ..rare };
            assert_eq!(whole(q, &late, 50, 100)?, (vec![], 1));
            Ok(())
        });
        outcome.unwrap();
    });
}

#[test]
fn an_empty_journal_has_nothing() {
    on_each_engine(|db: TestDb| {
        let search =
            Search { from: Instant(0), until: Instant(ALL), verb: "%".into(), staff: None, case: None };
        let found = db.store.read_blocking(move |q| whole(q, &search, 50, 10)).unwrap();
        assert_eq!(found, (vec![], 1));
    });
}
