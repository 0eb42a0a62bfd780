//! Following a case: my list, the case page, the clock, withdrawing.

use yimen_casework::model::{CaseState, Owner};
use yimen_casework::{Casework, CaseworkError};
use yimen_catalogue::Facts;
use yimen_platform::{Actor, Ctx};
use yimen_store::Tx;

use crate::story;
use crate::world::World;

#[test]
fn my_cases_are_grouped_by_what_they_wait_for() {
    story("my", |world| async move {
        let me = world.buyer();
        let empty = world.get(&me, "/my").await;
        assert!(empty.says("没有正在办的事") && empty.says("/services"));
        let (draft, correcting, billed) =
            (world.start(&me).await, world.correcting(&me).await, world.billed(&me).await);
        let running = world.accepted(&me).await;
        let page = world.get(&me, "/my").await.text();
        let at = |words: &str| page.find(words).unwrap_or_else(|| panic!("{words}"));
        // What has a day by which it must be done stands before what can wait.
        assert!(at("等您处理") < at(&format!("/cases/{correcting}/correct")));
        assert!(at("等您处理") < at(&format!("/cases/{billed}")));
        assert!(at(&format!("/cases/{correcting}/correct")) < at("没有提交的草稿"));
        assert!(at("待缴费 32,080.00元") < at("没有提交的草稿"));
        assert!(at("没有提交的草稿") < at(&format!("/cases/{draft}/apply")));
        assert!(at(&format!("/cases/{draft}/apply")) < at("办理中</h2>"));
        assert!(at("办理中</h2>") < at(&format!("/cases/{running}")));
        assert!(page.contains("22 个工作日（12月25日 17:00 前）"));
        let other = world.citizen("别人", crate::world::SELLER);
        assert!(!world.get(&other, "/my").await.says(&draft));
    });
}

#[test]
fn the_list_is_paged_by_fifty() {
    story("paging", |world| async move {
        let me = world.buyer();
        let mut numbers = Vec::new();
        for n in 0..53 {
            let fields = [("nonce", format!("n{n}")), ("again", "yes".into())];
            let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
            let begun = world.post(&me, "/services/elderly-card/start", &fields).await;
            numbers.push(crate::world::number_of(&begun.location()));
        }
        let first = world.get(&me, "/my").await;
        let shown = |page: &crate::world::Answer| {
            numbers.iter().filter(|n| page.says(&format!("/cases/{n}/"))).count()
        };
        assert_eq!(shown(&first), 50);
        let next = crate::world::between(&first.text(), "rel=\"next\" href=\"", "\"")
            .or_else(|| {
                crate::world::between(&first.text(), "href=\"/my?before=", "\"")
                    .map(|b| format!("/my?before={b}"))
            })
            .unwrap();
        let second = world.get(&me, &next).await;
        assert_eq!(shown(&second), 3);
        assert_eq!(world.get(&me, "/my?before=abc").await.status, 400);
    });
}

#[test]
fn the_case_page_shows_departments_side_by_side() {
    story("lanes", |world| async move {
        let me = world.buyer();
        let number = world.accepted(&me).await;
        let page = world.get(&me, &format!("/cases/{number}")).await;
        for words in
            ["综合窗口", "税务", "住房保障", "不动产登记", "您（申请人）", "未处理", "未开始", "核税之后"]
        {
            assert!(page.says(words), "{words}");
        }
        assert!(page.says("3 个部门正在同时办理"));
        world.pass(
            &number,
            "verify-contract",
            "housing",
            Facts::from([
                ("filed_on".into(), yimen_catalogue::Fact::Text("2026-11-20".into())),
                ("filed_price".into(), yimen_catalogue::Fact::Int(320_000_000)),
                ("buyer_house_count".into(), yimen_catalogue::Fact::Int(0)),
            ]),
        );
        let page = world.get(&me, &format!("/cases/{number}")).await;
        assert!(page.says("2 个部门正在同时办理：税务、不动产登记"));
        assert!(!page.says("审查员") && !page.says("审查无误"), "no officer's name, no internal opinion");
        assert!(page.says("000000********0018") && !page.says(crate::world::BUYER), "masked");
    });
}

#[test]
fn a_bill_is_paid_from_the_case_page() {
    story("bill", |world| async move {
        let me = world.buyer();
        let number = world.billed(&me).await;
        let bill = world.case(&number).bills[0].id;
        let page = world.get(&me, &format!("/cases/{number}")).await;
        assert!(page.says("需要您缴费 32,080.00元") && page.says("待缴费"));
        let early = world.get(&me, &format!("/cases/{number}?done=paid")).await;
        assert!(!early.says("缴费成功"), "an address says nothing of money");
        assert!(page.says(&format!("method=\"post\" action=\"/cases/{number}/bills/{bill}/pay\"")));
        world
            .command(&Actor::System("payments"), move |casework, tx, ctx| casework.pay(tx, ctx, bill, "R1"))
            .unwrap();
        let page = world.get(&me, &format!("/cases/{number}")).await;
        assert!(!page.says("/pay\"") && page.says("已缴费") && !page.says("缴费成功"));
        // Where the payer comes back from the gateway.
        assert!(world.get(&me, &format!("/cases/{number}?done=paid")).await.says("缴费成功"));
    });
}

#[test]
fn the_clock_says_both_limits_and_explains_itself() {
    story("clock", |world| async move {
        let me = world.buyer();
        let number = world.accepted(&me).await;
        world.clock.advance_ms(30 * 60 * 1000);
        let page = world.get(&me, &format!("/cases/{number}")).await;
        assert!(page.says("今天到期，剩余 30 分钟") && page.says("11月25日 10:30 前"));
        assert!(page.says("法定 30个工作日（2027年1月7日 17:00 前），承诺 60分钟，已用 30分钟"));
        assert!(page.says(&format!("/cases/{number}/clock")));
        let clock = world.get(&me, &format!("/cases/{number}/clock")).await;
        for words in [
            "承诺时限：60分钟",
            "法定时限：30个工作日",
            "计 1 小时",
            "周末",
            "开始当日",
            "不动产登记暂行条例 第二十条",
        ] {
            assert!(clock.says(words), "{words}");
        }
        world.clock.advance_ms(2 * 60 * 60 * 1000);
        let late = world.get(&me, &format!("/cases/{number}")).await;
        assert!(late.says("逾期") && late.says("原定 11月25日 10:30"), "lateness is said in words");
        let other = world.citizen("别人", crate::world::SELLER);
        assert_eq!(world.get(&other, &format!("/cases/{number}/clock")).await.status, 404);
    });
}

/// A reviewer looks into a dispute, and the clock stands still.
fn inquire(world: &World, number: &str) {
    let task = world.case(number).tasks.iter().find(|t| t.step == "examine").unwrap().id;
    let stop = move |casework: &Casework, tx: &mut Tx<'_>, ctx: &Ctx| {
        casework.claim(tx, ctx, task)?;
        casework.start_special(tx, ctx, task, "dispute-inquiry", "邻居对地界有争议")
    };
    world.command(&world.reviewer("natural-resources"), stop).unwrap();
}

#[test]
fn a_stopped_clock_says_why_and_since_when() {
    story("stopped-clock", |world| async move {
        let me = world.buyer();
        let number = world.accepted(&me).await;
        inquire(&world, &number);
        let page = world.get(&me, &format!("/cases/{number}")).await;
        for words in ["已暂停", "权属争议调查", "邻居对地界有争议", "从 11月25日 09:30 起暂停", "卡住"]
        {
            assert!(page.says(words), "{words}");
        }
        assert!(world.get(&me, &format!("/cases/{number}/clock")).await.says("时限暂停中"));
    });
}

#[test]
fn who_has_a_bill_to_pay_is_not_told_to_do_nothing_while_the_clock_stands() {
    story("stopped-with-bill", |world| async move {
        let me = world.buyer();
        let number = world.billed(&me).await;
        inquire(&world, &number);
        let page = world.get(&me, &format!("/cases/{number}")).await;
        assert!(page.says("权属争议调查") && page.says("需要您缴费 32,080.00元，现在就可以缴"));
        assert!(!page.says("不需要您做什么"));
    });
}

#[test]
fn a_case_is_taken_back_with_a_reason_after_a_page_that_asks() {
    story("withdraw", |world| async move {
        let me = world.buyer();
        let number = world.accepted(&me).await;
        let path = format!("/cases/{number}/withdraw");
        assert!(world.get(&me, &path).await.says("各部门马上停止办理"));
        let page = world.post(&me, &path, &[("reason", "  ")]).await;
        assert_eq!(page.status, 422);
        assert!(page.says("请写明撤回的原因。"));
        let long = "长".repeat(301);
        assert_eq!(world.post(&me, &path, &[("reason", &long)]).await.status, 422);
        let done = world.post(&me, &path, &[("reason", "买卖不成了")]).await;
        assert_eq!(done.location(), format!("/cases/{number}?done=withdrawn"));
        assert_eq!(world.case(&number).state, CaseState::Withdrawn);
        let again = world.post(&me, &path, &[("reason", "买卖不成了")]).await;
        assert_eq!(again.location(), done.location(), "sent twice, the same answer");
        assert_eq!(world.get(&me, &path).await.location(), format!("/cases/{number}"));
        let page = world.get(&me, &done.location()).await;
        assert!(page.says("已撤回") && !page.says("原路退回"), "nothing was paid: {}", page.text());
        assert!(page.says("clock-ended") && !page.says("clock-finished"), "nothing was achieved");
        assert!(world.get(&me, "/my?show=over").await.says(&number));
        // Taken back before the window answered: nothing is still to come.
        let early = world.submitted(&me).await;
        let clock = format!("/cases/{early}/clock");
        assert!(world.get(&me, &clock).await.says("现在还没有受理"));
        world.post(&me, &format!("/cases/{early}/withdraw"), &[("reason", "买卖不成了")]).await;
        let clock = world.get(&me, &clock).await;
        assert!(clock.says("没有受理就结束了") && !clock.says("现在还没有受理"), "{}", clock.text());
    });
}

#[test]
fn a_dropped_draft_is_gone_from_every_list() {
    story("drop", |world| async move {
        let me = world.buyer();
        let number = world.start(&me).await;
        let done = world.post(&me, &format!("/cases/{number}/withdraw"), &[]).await;
        assert_eq!(done.location(), "/my?done=dropped");
        for list in ["/my?done=dropped", "/my?show=over"] {
            assert!(!world.get(&me, list).await.says(&number), "{list}");
        }
        assert_eq!(
            world.get(&me, &format!("/cases/{number}/apply")).await.location(),
            format!("/cases/{number}")
        );
        assert_eq!(world.get(&me, &format!("/cases/{number}")).await.status, 200);
    });
}

/// Everything after the bill, up to the decision.
async fn granted(world: &World, me: &Actor) -> String {
    let number = world.billed(me).await;
    let bill = world.case(&number).bills[0].id;
    world
        .command(&Actor::System("payments"), move |casework, tx, ctx| casework.pay(tx, ctx, bill, "R1"))
        .unwrap();
    let text = |id: &str, value: &str| (id.to_string(), yimen_catalogue::Fact::Text(value.into()));
    let examined = Facts::from([
        text("registered_unit", "330102001001GB00012F00010001"),
        text("registered_use", "dwelling"),
        text("land_right", "granted"),
    ]);
    for step in ["examine", "register", "issue", "deliver"] {
        let Some(task) = world.case(&number).tasks.iter().find(|t| t.step == step).cloned() else { continue };
        if !task.state.is_live() {
            continue;
        }
        let standing = match step {
            "issue" => "已经批准，正在制作结果，以",
            "deliver" => "已经批准，结果已经制作完成，",
            _ => "",
        };
        let page = world.get(me, &format!("/cases/{number}")).await;
        assert!(page.says(standing), "{step}: {}", page.text());
        match &task.owner {
            Owner::Department(department) => {
                let records = if step == "examine" { examined.clone() } else { Facts::new() };
                world.pass(&number, step, department, records);
            }
            Owner::Office(office) => {
                let work =
                    move |casework: &Casework, tx: &mut Tx<'_>, ctx: &Ctx| -> Result<(), CaseworkError> {
                        casework.claim(tx, ctx, task.id)?;
                        let decision = yimen_casework::DecideTask {
                            task: task.id,
                            finding: yimen_casework::model::Finding::Pass,
                            opinion: "已交付".into(),
                            records: Facts::new(),
                        };
                        casework.decide_task(tx, ctx, &decision).map(|_| ())
                    };
                world.command(&world.clerk(office), work).unwrap();
            }
            Owner::Applicant => {}
        }
    }
    number
}

#[test]
fn a_granted_case_shows_its_result_and_that_it_was_in_time() {
    story("granted", |world| async move {
        let me = world.buyer();
        let number = granted(&world, &me).await;
        assert_eq!(world.case(&number).state, CaseState::Closed);
        let page = world.get(&me, &format!("/cases/{number}")).await;
        for words in
            ["办理结果", "不动产权证书", "杭州市不动产权第", "在承诺时限内办结", "已办结 · 批准", "周小满"]
        {
            assert!(page.says(words), "{words}");
        }
        assert!(!page.says("撤回这次申请"));
        let over = world.get(&me, "/my?show=over").await;
        assert!(over.says(&number) && !world.get(&me, "/my").await.says(&number));
    });
}

#[test]
fn the_home_page_shows_what_runs_and_what_waits_first() {
    story("strip", |world| async move {
        let me = world.buyer();
        assert!(!world.get(&me, "/").await.says("我的办件</h2>"));
        let _draft = world.start(&me).await;
        let correcting = world.correcting(&me).await;
        let home = world.get(&me, "/").await.text();
        assert!(home.contains("我的办件</h2>"));
        assert!(home.find(&format!("/cases/{correcting}/correct")) < home.find("继续填写"));
        assert!(!world.get(&Actor::Anyone, "/").await.says(&correcting));
        assert!(!world.get(&world.clerk("xihu"), "/").await.says(&correcting));
    });
}
