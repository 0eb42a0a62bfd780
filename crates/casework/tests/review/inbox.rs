//! The inbox: order, groups, filters, claiming, and who waits for whom.

use yimen_casework::Casework;
use yimen_casework::model::TaskState;
use yimen_casework::store::inbox::{self, Bounds, Stretch, Which};
use yimen_catalogue::{Fact, Facts};
use yimen_platform::{Actor, Ctx};
use yimen_store::Tx;

use crate::crew::{count, inspector, places, reviewer};
use crate::story;
use crate::world::{World, day, morning};

/// Three home transfers, accepted on three days; the last is the youngest.
async fn three(world: &World, buyer: &Actor) -> [String; 3] {
    world.clock.set(day("2026-11-16").at(10, 0));
    let severe = world.accepted(buyer).await;
    world.clock.set(day("2026-11-24").at(10, 0));
    let late = world.accepted(buyer).await;
    world.clock.set(morning());
    [severe, late, world.accepted(buyer).await]
}

fn grouped(number: &str) -> String {
    yimen_casework::pages::grouped(number)
}

#[test]
fn the_inbox_is_sorted_by_due_time_and_grouped_by_severity_with_colour_and_words() {
    story("inbox-order", |world| async move {
        let buyer = world.buyer();
        let numbers = three(&world, &buyer).await.map(|n| grouped(&n));
        world.clock.set(morning().plus_millis(10 * 60_000));
        let page = world.get(&reviewer(1, "王敏", "housing"), "/review").await;
        assert_eq!(page.status, 200);
        let at = places(
            &page,
            &[">已严重逾期 <", &numbers[0], ">已逾期 <", &numbers[1], ">一个工作日内到期 <", &numbers[2]],
        );
        assert!(at.is_sorted(), "{at:?}");
        // Colour and word and the time left; the applicant masked; the link says the task.
        assert!(page.says("clock-overdue") && page.says("clock-near"));
        assert!(page.says("7 个工作日") && page.says("剩余 5 分钟"), "{}", page.text());
        assert!(page.says("周*满") && !page.says("周小满"));
        assert!(page.says(">交易核验</a>"));
        assert!(page.says("整件已过承诺时限"));
        // Another department's task of the same cases is not here.
        assert!(!page.says("核税</a>"));
        assert!(page.says("后面等着：登簿（不动产登记）"), "{}", page.text());
    });
}

#[test]
fn a_task_is_as_late_as_its_case_and_as_near_on_every_page() {
    story("inbox-case-late", |world| async move {
        // Yesterday's case: all is done but the registration, which opens now, with its own fifteen minutes.
        world.clock.set(day("2026-11-24").at(10, 0));
        let number = world.billed(&world.buyer()).await;
        let text = |id: &str, value: &str| (id.to_string(), Fact::Text(value.into()));
        let examined = Facts::from([
            text("registered_unit", "330102001001GB00012F00010001"),
            text("registered_use", "dwelling"),
            text("land_right", "granted"),
        ]);
        world.pass(&number, "examine", "natural-resources", examined);
        let bill = world.case(&number).bills[0].id;
        world.clock.set(morning());
        let pay = move |casework: &Casework, tx: &mut Tx<'_>, ctx: &Ctx| casework.pay(tx, ctx, bill, "R1");
        world.command(&Actor::System("payments"), pay).unwrap();
        let (case, register) = (world.case(&number), world.task(&number, "register"));
        assert!(case.promised_due.unwrap() < morning() && register.due_at.unwrap() > morning());

        let me = reviewer(1, "王敏", "natural-resources");
        let page = world.get(&me, "/review?all=1").await;
        let at = places(&page, &[">已逾期 <", ">登簿</a>", "clock-overdue", "整件已过承诺时限", "本环节 "]);
        assert!(at.is_sorted() && !page.says(">一个工作日内到期 <"), "{}", page.text());
        for (from, there) in [("severe", true), ("late", true), ("soon", false)] {
            let page = world.get(&me, &format!("/review?all=1&from={from}")).await;
            assert_eq!(page.says(&grouped(&number)), there, "{from}");
        }
        let board = world.get(&inspector(), "/supervise/tasks?department=natural-resources&show=late").await;
        assert!(board.says(&grouped(&number)) && board.says("is-late"), "{}", board.text());
        assert!(world.see_task(&me, register.id).await.says("clock-overdue"));

        // All of a short limit is left: not near, neither the task nor its case.
        let fresh = world.accepted(&world.buyer()).await;
        let task = world.task(&fresh, "verify-contract").id;
        let housing = reviewer(2, "李强", "housing");
        let case = world.get(&housing, &format!("/review/cases/{fresh}")).await;
        for page in [world.get(&housing, "/review").await, world.see_task(&housing, task).await, case] {
            assert!(page.says("clock-normal") && !page.says("clock-near"), "{}", page.text());
        }

        // Decided, the promise is no longer what runs.
        world.pass(&number, "register", "natural-resources", Facts::new());
        let page = world.get(&me, "/review?all=1").await;
        let at = places(&page, &[">一个工作日内到期 <", ">制证</a>"]);
        assert!(at.is_sorted() && !page.says("整件已过承诺时限"), "{}", page.text());
    });
}

#[test]
fn one_urgency_can_be_jumped_to_and_filters_are_links() {
    story("inbox-filters", |world| async move {
        let buyer = world.buyer();
        let numbers = three(&world, &buyer).await;
        let me = reviewer(1, "王敏", "housing");
        let task = world.task(&numbers[1], "verify-contract").id;
        world.do_task(&me, task, "claim", &[]).await;

        let soon = world.get(&me, "/review?all=1&from=soon").await;
        assert!(!soon.says(&grouped(&numbers[0])) && soon.says(&grouped(&numbers[2])));
        let mine = world.get(&me, "/review?mine=1").await;
        assert!(mine.says(&grouped(&numbers[1])) && !mine.says(&grouped(&numbers[0])));
        assert_eq!(count(&mine, "退回待领<"), 1);
        let open = world.get(&me, "/review?unclaimed=1").await;
        assert!(!open.says(&grouped(&numbers[1])) && open.says(&grouped(&numbers[0])));
        assert_eq!(count(&open, ">领取<span"), 2);
        let of_service = world.get(&me, "/review?all=1&service=existing-home-transfer").await;
        assert_eq!(count(&of_service, ">交易核验</a>"), 3);
        let of_other = world.get(&me, "/review?all=1&service=residence-permit").await;
        assert!(of_other.says("没有符合条件的任务") && of_other.says("查看全部"));
        // Where no view is asked for, what one holds comes first; who holds nothing sees all of the department's.
        let first = world.get(&me, "/review").await;
        assert!(first.says(&grouped(&numbers[1])) && !first.says(&grouped(&numbers[0])));
        let other = world.get(&reviewer(2, "李强", "housing"), "/review").await;
        assert!(numbers.iter().all(|n| other.says(&grouped(n))));
        // Counts of the views stand on their links.
        assert!(
            mine.says("<span class=\"tab-count\">3</span>")
                && mine.says("<span class=\"tab-count\">2</span>")
        );
        // A forged address is an empty list or the first page, never an error.
        assert_eq!(world.get(&me, "/review?after=x.y&from=nowhere&service=%27").await.status, 200);
    });
}

#[test]
fn pages_follow_each_other_by_key_and_lose_nothing() {
    story("inbox-keyset", |world| async move {
        let buyer = world.buyer();
        let numbers = three(&world, &buyer).await;
        let which = Which { owner: "dept:housing".into(), ..Which::default() };
        let mut seen = Vec::new();
        let mut stretch = Stretch::WHOLE;
        loop {
            let asked = which.clone();
            let page = world
                .casework
                .platform
                .store
                .read_blocking(move |q| inbox::page(q, &asked, stretch, 1))
                .unwrap();
            let Some(last) = page.last() else { break };
            stretch = stretch.from_key(Some(last.key()));
            seen.extend(page.into_iter().map(|t| t.number));
        }
        assert_eq!(seen, numbers);
    });
}

#[test]
fn a_second_claim_is_told_who_has_it_and_changes_nothing() {
    story("claim-race", |world| async move {
        let buyer = world.buyer();
        let number = world.accepted(&buyer).await;
        let task = world.task(&number, "verify-contract").id;
        let (first, second) = (reviewer(1, "王敏", "housing"), reviewer(2, "李强", "housing"));
        let claimed = world.do_task(&first, task, "claim", &[("to", "/review?mine=1")]).await;
        assert_eq!(claimed.location(), format!("/review?mine=1&done=claimed-{task}"));
        let refused = world.do_task(&second, task, "claim", &[]).await;
        assert_eq!(refused.status, 409);
        assert!(refused.says("这项任务已由王敏领取"), "{}", refused.text());
        assert_eq!(world.task(&number, "verify-contract").assignee, Some(1));
        // Claiming one's own again is harmless; the list says who holds it.
        assert_eq!(world.do_task(&first, task, "claim", &[]).await.status, 303);
        assert!(world.get(&second, "/review").await.says("王敏"));
        let page = world.see_task(&second, task).await;
        assert!(page.says("王敏 正在办理这项任务") && !page.says("提交结论</span>"));

        assert_eq!(world.do_task(&second, task, "release", &[]).await.status, 409);
        assert_eq!(world.do_task(&first, task, "release", &[]).await.status, 303);
        assert_eq!(world.task(&number, "verify-contract").state, TaskState::Open);
    });
}

#[test]
fn claiming_never_leads_to_another_site() {
    story("claim-redirect", |world| async move {
        let buyer = world.buyer();
        let number = world.accepted(&buyer).await;
        let task = world.task(&number, "verify-contract").id;
        for to in ["//evil.example", "https://evil.example/", "/sign-out", "/supervise"] {
            let answer = world.do_task(&reviewer(1, "王敏", "housing"), task, "claim", &[("to", to)]).await;
            assert_eq!(answer.location(), format!("/review/tasks/{task}?done=claimed"), "{to}");
        }
    });
}

#[test]
fn what_waits_for_others_says_for_whom() {
    story("waiting", |world| async move {
        let buyer = world.buyer();
        let number = world.accepted(&buyer).await;
        let lead = reviewer(1, "王敏", "natural-resources");
        let page = world.get(&lead, "/review/waiting").await;
        assert!(page.says(&grouped(&number)), "{}", page.text());
        assert!(
            page.says("核税（税务，待领取）") && page.says("缴纳税费（申请人，未开始）"),
            "{}",
            page.text()
        );
        assert!(page.says("<td>登簿</td>"));
        // A department that leads nothing here waits for nobody.
        let other = world.get(&reviewer(2, "李强", "tax"), "/review/waiting").await;
        assert!(other.says("没有在等别人的办件"));
    });
}

#[test]
fn an_empty_inbox_says_so() {
    story("inbox-empty", |world| async move {
        let page = world.get(&reviewer(1, "王敏", "culture"), "/review").await;
        assert!(page.says("没有待办任务") && page.says("文化广电旅游局"));
        let later = world.get(&reviewer(1, "王敏", "culture"), "/review?after=1.1").await;
        assert!(later.says("后面没有了") && later.says("回到第一页"));
    });
}

#[test]
fn tasks_of_a_case_whose_clock_stands_still_are_counted_apart_until_it_goes_on() {
    story("inbox-stopped", |world| async move {
        let number = world.accepted(&world.buyer()).await;
        let land = reviewer(2, "李敏", "natural-resources");
        let (examine, colleagues) = (world.task(&number, "examine").id, "dept:housing");
        let counts = || {
            let which = Which { owner: colleagues.into(), ..Which::default() };
            let now = morning();
            let bounds = Bounds { severe: now, now, soon: now };
            let store = &world.casework.platform.store;
            store.read_blocking(move |q| inbox::counts(q, &which, bounds)).unwrap()
        };
        let total = |c: inbox::Counts| c.severe + c.late + c.soon + c.normal + c.endless;
        assert_eq!((total(counts()), counts().stopped), (1, 0));
        let stop = world
            .command(&land, move |casework, tx, ctx| {
                let case = casework.start_special(tx, ctx, examine, "dispute-inquiry", "共有人提出异议。")?;
                Ok(case.open_stop().map(|s| s.id))
            })
            .unwrap()
            .unwrap();
        assert_eq!((total(counts()), counts().stopped), (0, 1));
        let page = world.get(&reviewer(1, "王敏", "housing"), "/review").await;
        assert!(page.says(">已暂停 <"), "{}", page.text());
        assert!(page.says("权属争议调查，最迟到"), "{}", page.text());
        let end = move |casework: &yimen_casework::Casework,
                        tx: &mut yimen_store::Tx<'_>,
                        ctx: &yimen_platform::Ctx| {
            casework.end_special(tx, ctx, examine, stop, "异议不成立")
        };
        world.command(&land, end).unwrap();
        assert_eq!((total(counts()), counts().stopped), (1, 0));
    });
}
