//! One test for each answer given on day one to what people complained of elsewhere: those of staff.

use yimen_casework::model::CaseState;
use yimen_platform::Actor;
use yimen_store::{params, sql};

use crate::crew::{count, head, inspector, reviewer};
use crate::story;
use crate::world::{Answer, World};

sql! {
    SPOIL = "update casework_case set facts = $2 where id = $1";
}

/// One case that cannot be moved stops no other; it is tried again, and the board says so.
#[test]
fn sla_engine() {
    story("sla", |world| async move {
        let me = world.buyer();
        let numbers = [world.submitted(&me).await, world.submitted(&me).await, world.submitted(&me).await];
        let spoilt = world.case(&numbers[1]);
        let id = spoilt.id;
        let spoil =
            move |_: &yimen_casework::Casework, tx: &mut yimen_store::Tx<'_>, _: &yimen_platform::Ctx| {
                tx.put_one(&SPOIL, params![id, &b"not sealed by anybody"[..]])?;
                Ok(())
            };
        world.command(&Actor::System("test"), spoil).unwrap();
        let board = world.get(&inspector(), "/supervise").await;
        assert!(board.says("五个工作日未答复视为受理") && board.says("还没有运行过"), "{}", board.text());

        world.clock.set(spoilt.precheck_due.unwrap().plus_millis(60_000));
        let ctx = || world.casework.platform.ctx(Actor::System("时限"), "sweep");
        let swept = world.casework.sweep(&ctx()).await.unwrap();
        assert_eq!((swept.moved, &swept.failed[..]), (2, &[id][..]));
        let states = numbers.each_ref().map(|n| world.case(n).state);
        assert_eq!(states, [CaseState::InReview, CaseState::Submitted, CaseState::InReview]);
        assert_eq!(world.casework.sweeps.last(), Some((ctx().now, 1)));
        let board = world.get(&inspector(), "/supervise").await;
        assert!(board.says("有 1 件没有处理成功") && board.says("下次 "), "{}", board.text());
        let again = world.casework.sweep(&ctx()).await.unwrap();
        assert_eq!((again.moved, again.failed.len()), (0, 1));

        // However many fail, those behind them are reached: a look-up goes on after the last one seen.
        let now = ctx().now;
        let mut after = (0, 0);
        let page = move |world: &World, after| {
            world
                .casework
                .platform
                .store
                .read_blocking(move |q| yimen_casework::store::case::timers(q, now, after, 1))
                .unwrap()
        };
        let mut seen = Vec::new();
        while let Some(last) = page(&world, after).last().copied() {
            after = last;
            seen.push(last.1);
        }
        assert_eq!(seen, [id]);
    });
}

/// A number on the board with where it leads.
fn numbers(page: &Answer) -> Vec<(String, usize)> {
    let text = page.text();
    let link = |piece: &str| {
        let href =
            piece.split("href=\"").nth(1)?.split('"').next()?.replace("&#38;", "&").replace("&amp;", "&");
        let count = piece.split('>').nth(1)?.split('<').next()?.replace(',', "").parse().ok()?;
        Some((href, count))
    };
    text.split("<a class=\"n ").skip(1).filter_map(link).collect()
}

/// Σ tiles = Σ cases; every number opens a list of as many; coverage and freshness stand beside them.
#[test]
fn dashboards() {
    story("dashboards", |world| async move {
        let me = world.buyer();
        world.clock.set(crate::world::day("2026-11-24").at(10, 0));
        world.accepted(&me).await;
        world.clock.set(crate::world::morning());
        world.accepted(&me).await;
        world.billed(&me).await;
        world.submitted(&me).await;
        world.correcting(&me).await;
        world.id_card();
        world.filled(&me).await;
        for who in [inspector(), head(50, "陈处", "natural-resources"), head(51, "税处", "tax")] {
            let page = world.get(&who, "/supervise").await;
            assert!(page.says("统计，覆盖") && page.says("2026年11月25日 09:30"), "{}", page.text());
            let all = numbers(&page);
            assert!(all.len() > 3, "{}: {all:?}", who.name());
            for (href, wanted) in all {
                let list = world.get(&who, &href).await;
                assert_eq!(list.status, 200, "{href}");
                let body = crate::world::between(&list.text(), "<tbody", "</tbody>").unwrap_or_default();
                assert_eq!(body.matches("<tr").count(), wanted, "{} {href}: {}", who.name(), list.text());
            }
        }
        let page = world.get(&inspector(), "/supervise").await;
        assert!(page.says("在办 6 ＝"), "six of seven: one is a draft");
    });
}

/// Lists cost as many statements with twelve cases as with two, and never more than five; the board never more than six.
#[test]
fn authorisation_speed() {
    story("statements", |world| async move {
        let me = world.buyer();
        for _ in 0..2 {
            world.accepted(&me).await;
            world.submitted(&me).await;
        }
        let few = costs(&world, &me).await;
        for _ in 0..5 {
            world.accepted(&me).await;
            world.submitted(&me).await;
        }
        let many = costs(&world, &me).await;
        // The board asks for what was touched since it was last looked at, fifty cases a statement.
        let lists = |costs: &[(&'static str, u64)]| -> Vec<_> {
            costs.iter().copied().filter(|(path, _)| *path != "/supervise").collect()
        };
        assert_eq!(lists(&few), lists(&many), "the statements of a list grow with its rows");
        assert!(lists(&many).iter().all(|(_, statements)| *statements <= 5), "{many:?}");
        // Horizon, two for the journal, cases, tasks, extensions.
        assert!(many.iter().all(|(_, statements)| *statements <= 6), "{many:?}");
    });
}

/// The statements that each list sends.
async fn costs(world: &World, me: &Actor) -> Vec<(&'static str, u64)> {
    let sent = || world.casework.platform.store.metrics().iter().map(|(_, m)| m.statements).sum::<u64>();
    let housing = reviewer(1, "王敏", "housing");
    let land = reviewer(2, "陈立", "natural-resources");
    let clerk = world.clerk("civic-centre");
    let lists = [
        (me, "/my"),
        (&housing, "/review"),
        (&housing, "/review?mine=1"),
        (&land, "/review/waiting"),
        (&clerk, "/desk"),
        (&inspector(), "/supervise"),
        (&inspector(), "/supervise/open"),
        (&inspector(), "/supervise/tasks?department=housing"),
        (&inspector(), "/supervise/extensions"),
    ];
    let mut costs = Vec::new();
    for (who, path) in lists {
        let before = sent();
        assert_eq!(world.get(who, path).await.status, 200, "{path}");
        costs.push((path, sent() - before));
    }
    costs
}

/// Reads are immediate: what a command wrote stands on the next page, on whichever page.
#[test]
fn no_stale_read_after_a_write() {
    story("fresh", |world| async move {
        let me = world.buyer();
        let number = world.accepted(&me).await;
        let task = world.task(&number, "verify-contract").id;
        let housing = reviewer(1, "王敏", "housing");
        for _ in 0..5 {
            world.do_task(&housing, task, "claim", &[]).await;
            assert_eq!(count(&world.get(&housing, "/review?mine=1").await, "退回待领<"), 1);
            world.do_task(&housing, task, "release", &[]).await;
            assert_eq!(count(&world.get(&housing, "/review?mine=1").await, "退回待领<"), 0);
        }
    });
}
