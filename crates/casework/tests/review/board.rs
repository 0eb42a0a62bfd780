//! The board: numbers that add up, lists behind them, and what heads alone may do.

use yimen_casework::model::{CaseState, ExtensionState};
use yimen_casework::{DecideTask, model::Finding};
use yimen_catalogue::{Fact, Facts};
use yimen_platform::{Actor, Role};

use crate::crew::{count, head, inspector, reviewer, staff};
use crate::story;
use crate::world::{Answer, World, between, day, morning};

/// The number of a tile.
fn tile(page: &Answer, path: &str) -> usize {
    let text = page.text();
    let after =
        text.split(&format!("href=\"{path}\"")).nth(1).unwrap_or_else(|| panic!("no tile {path}:\n{text}"));
    let value = between(after, "<p class=\"stat-value\">", "<").unwrap();
    value.replace(',', "").parse().unwrap()
}

/// The rows of a list.
async fn listed(world: &World, who: &Actor, path: &str) -> usize {
    let page = world.get(who, path).await;
    assert_eq!(page.status, 200, "{path}");
    count(&page, "<a href=\"/supervise/cases/")
}

/// One case of every standing.
async fn city(world: &World) -> Vec<String> {
    let buyer = world.buyer();
    world.clock.set(day("2026-11-24").at(10, 0));
    let late = world.accepted(&buyer).await;
    world.clock.set(morning());
    let soon = world.accepted(&buyer).await;
    let stopped = world.accepted(&buyer).await;
    let me = reviewer(1, "王敏", "natural-resources");
    let fields = [("task-special", "dispute-inquiry"), ("task-special-reason", "共有人提出异议。")];
    let task = world.task(&stopped, "examine").id;
    assert_eq!(world.do_task(&me, task, "special", &fields).await.status, 303);
    let submitted = world.submitted(&buyer).await;
    let correcting = world.correcting(&buyer).await;
    let draft = world.filled(&buyer).await;
    let normal = world.id_card().number;
    vec![late, soon, stopped, submitted, correcting, draft, normal]
}

#[test]
fn the_tiles_add_up_to_every_case_on_its_way_and_each_opens_its_list() {
    story("reconcile", |world| async move {
        let numbers = city(&world).await;
        let who = inspector();
        let page = world.get(&who, "/supervise").await;
        assert_eq!(page.status, 200);
        let standings = ["late", "soon", "stopped", "normal", "correcting", "decided"];
        let mut sum = 0;
        for standing in standings {
            sum += listed(&world, &who, &format!("/supervise/{standing}")).await;
        }
        // Every case but the draft, counted from the cases themselves.
        let open = numbers
            .iter()
            .map(|n| world.case(n))
            .filter(|c| c.state != CaseState::Draft && c.closed_at.is_none());
        let open = open.count();
        assert_eq!((tile(&page, "/supervise/open"), sum, open), (6, 6, 6));
        assert_eq!(listed(&world, &who, "/supervise/open").await, open);
        for (standing, wanted) in [("late", 1), ("soon", 1), ("stopped", 1)] {
            assert_eq!(tile(&page, &format!("/supervise/{standing}")), wanted, "{standing}");
            assert_eq!(listed(&world, &who, &format!("/supervise/{standing}")).await, wanted, "{standing}");
        }
        assert!(page.says("在办 6 ＝ 已逾期 1 ＋ 一个工作日内到期 1 ＋ 正常 2 ＋ 已暂停 1 ＋ 待补正 1 ＋ 待送达 0。其中待预审 1"), "{}", page.text());
        // Every table sums up to the same; its numbers lead to lists of as many rows.
        assert_eq!(count(&page, "<tfoot>"), 2, "departments and services; one office has no sum of its own");
        assert_eq!(listed(&world, &who, "/supervise/late?department=natural-resources").await, 1);
        assert_eq!(listed(&world, &who, "/supervise/late?department=police").await, 0);
        assert_eq!(listed(&world, &who, "/supervise/open?service=id-card-replacement").await, 1);
        assert_eq!(listed(&world, &who, "/supervise/open?department=natural-resources").await, 5);
        assert_eq!(listed(&world, &who, "/supervise/open?office=civic-centre").await, 6);
        assert!(page.says("2026年11月25日 09:30 统计，覆盖全市 14 个部门、9 个大厅、19 个事项"));
        assert!(page.says("特别程序进行中，时限停止计算"), "each number says what it counts");
    });
}

/// How many tasks of a department nobody has claimed, as the board says.
fn unclaimed(page: &Answer, department: &str) -> usize {
    let text = page.text();
    let href = format!("/supervise/tasks?department={department}");
    let links = text.split(&href).skip(1);
    let mut counts =
        links.filter(|link| link.split('"').next().is_some_and(|l| l.ends_with("show=unclaimed")));
    let link = counts.next().unwrap_or_else(|| panic!("no link to unclaimed tasks:\n{text}"));
    between(link, ">", "<").unwrap().parse().unwrap()
}

/// The sum on the board, made from the lists, which are asked of the rows each time.
async fn sum_of_lists(world: &World) -> String {
    let who = inspector();
    let mut counts = Vec::new();
    for standing in ["open", "late", "soon", "normal", "stopped", "correcting", "decided"] {
        counts.push(listed(world, &who, &format!("/supervise/{standing}")).await);
    }
    let [open, late, soon, normal, stopped, correcting, decided] = counts[..] else { unreachable!() };
    format!(
        "在办 {open} ＝ 已逾期 {late} ＋ 一个工作日内到期 {soon} ＋ 正常 {normal} ＋ 已暂停 {stopped} \
         ＋ 待补正 {correcting} ＋ 待送达 {decided}。"
    )
}

#[test]
fn the_board_counts_what_was_done_a_moment_ago() {
    story("board-at-once", |world| async move {
        let (who, land) = (inspector(), head(50, "陈处", "natural-resources"));
        // Looked at before there is anything, and after every step: what it remembers must never be old.
        let agree = async |step: &str| {
            let (page, sum) = (world.get(&who, "/supervise").await, sum_of_lists(&world).await);
            assert!(page.says(&sum), "{step}: {sum}\n{}", page.text());
            page
        };
        agree("nothing yet").await;
        let numbers = city(&world).await;
        agree("a city").await;
        let buyer = world.buyer();
        let number = world.accepted(&buyer).await;
        let page = agree("one more").await;
        assert_eq!(tile(&page, "/supervise/open"), 7);
        let task = world.task(&number, "verify-contract").id;
        assert_eq!(unclaimed(&page, "housing"), 4);
        world.do_task(&reviewer(1, "王敏", "housing"), task, "claim", &[]).await;
        assert_eq!(unclaimed(&agree("claimed").await, "housing"), 3);
        let void = format!("/supervise/cases/{number}/void");
        world.post(&land, &void, &[("void-reason", "重复申请，另一件正在办理。")]).await;
        let page = agree("voided").await;
        assert_eq!(tile(&page, "/supervise/open"), 6);
        // Time alone moves cases, too.
        world.clock.set(day("2026-12-07").at(10, 0));
        let page = agree("a week later").await;
        assert!(tile(&page, "/supervise/late") > 2, "{}", page.text());
        assert_eq!(tile(&world.get(&land, "/supervise").await, "/supervise/open"), 3);
        assert_eq!(numbers.len(), 7);
    });
}

#[test]
fn a_head_sees_the_own_department_from_acceptance_on() {
    story("head", |world| async move {
        let numbers = city(&world).await;
        let land = head(50, "陈处", "natural-resources");
        let page = world.get(&land, "/supervise").await;
        assert_eq!(tile(&page, "/supervise/open"), 3, "{}", page.text());
        assert_eq!(listed(&world, &land, "/supervise/open").await, 3);
        // Asking for another department's is asking for nothing.
        assert_eq!(listed(&world, &land, "/supervise/open?department=police").await, 3);
        assert_eq!(world.get(&land, "/supervise/tasks?department=police").await.status, 404);
        assert_eq!(world.get(&land, "/supervise/tasks?office=civic-centre").await.status, 404);
        assert!(!page.says("按牵头部门") && page.says("按事项") && page.says("按收件大厅"));
        assert_eq!(world.get(&land, &format!("/supervise/cases/{}", numbers[0])).await.status, 200);
        // Not accepted yet, or another department's.
        for other in [&numbers[3], &numbers[6]] {
            assert_eq!(world.get(&land, &format!("/supervise/cases/{other}")).await.status, 404);
        }
        // A head of a department that only reviews sees its tasks, without a way into cases it does not decide.
        let tax = head(51, "税处", "tax");
        let board = world.get(&tax, "/supervise").await;
        assert!(board.says("/supervise/tasks?department=tax"));
        let tasks = world.get(&tax, "/supervise/tasks?department=tax&show=late").await;
        assert!(tasks.says("核税") && !tasks.says("/supervise/cases/"), "{}", tasks.text());
        let all = world.get(&inspector(), "/supervise/tasks?department=tax&show=late").await;
        assert!(all.says("/supervise/cases/"));
        assert_eq!(count(&all, "核税"), 1);
    });
}

/// The police may ask for more time once fingerprints are taken.
fn at_police(world: &World) -> (String, i64) {
    let case = world.id_card();
    let capture = case.tasks.iter().find(|t| t.step == "capture").unwrap().id;
    let records = Facts::from([
        ("born_on".to_string(), Fact::Text("1985-03-12".into())),
        ("fingerprint_status".to_string(), Fact::Text("done".into())),
    ]);
    let decision = DecideTask { task: capture, finding: Finding::Pass, opinion: "已采集".into(), records };
    world.conclude(&world.clerk("civic-centre"), capture, decision);
    let task = world.task(&case.number, "verify").id;
    (case.number, task)
}

#[test]
fn a_refused_extension_is_final_and_the_pages_say_so() {
    story("extension-refused", |world| async move {
        let (number, task) = at_police(&world);
        let me = staff(60, "周警官", &[Role::Reviewer, Role::Supervisor], "police");
        assert!(world.see_task(&me, task).await.says("没有批准的，不能再次申请"));
        let ask = [("task-extension", "姓名字形需要部里核对。")];
        assert_eq!(world.do_task(&me, task, "extension", &ask).await.status, 303);
        let other = head(61, "吴局", "police");
        let list = world.get(&other, "/supervise/extensions").await;
        assert!(list.says("不批准的，不能再次申请"), "{}", list.text());
        let path = format!("/supervise/cases/{number}/extension");
        assert_eq!(world.post(&other, &path, &[("answer", "refuse")]).await.status, 303);
        let page = world.see_task(&me, task).await;
        assert!(!page.says("申请延期</summary>") && page.says("未批准"), "{}", page.text());
        assert!(page.says("一份办件只能申请一次延期，不能再次申请"), "{}", page.text());
        let again = [("task-extension", "换一个理由再申请。")];
        let again = world.do_task(&me, task, "extension", &again).await;
        assert!(again.status == 409 && again.says("负责人没有批准，不能再次申请"), "{}", again.text());
        assert!(again.says("换一个理由再申请"), "what was typed is kept");
        let case = world.case(&number);
        assert_eq!(case.extension.as_ref().unwrap().state, ExtensionState::Refused);
        assert!(!world.documents(&number).contains(&"extension".to_string()));
    });
}

#[test]
fn an_extension_is_approved_by_a_second_person() {
    story("extension", |world| async move {
        let (number, task) = at_police(&world);
        let me = staff(60, "周警官", &[Role::Reviewer, Role::Supervisor], "police");
        let page = world.see_task(&me, task).await;
        assert!(page.says("申请延期") && page.says("可延长一次，30日"), "{}", page.text());
        let empty = world.do_task(&me, task, "extension", &[]).await;
        assert!(empty.status == 422 && empty.says("请写明延期的理由"));
        let asked =
            world.do_task(&me, task, "extension", &[("task-extension", "姓名字形需要部里核对。")]).await;
        assert_eq!(asked.status, 303, "{}", asked.text());
        let before = world.case(&number).promised_due.unwrap();

        let list = world.get(&me, "/supervise/extensions").await;
        assert!(
            list.says("姓名字形需要部里核对")
                && list.says("须由另一位负责人批准")
                && !list.says("批准延期</button>")
        );
        let own =
            world.post(&me, &format!("/supervise/cases/{number}/extension"), &[("answer", "approve")]).await;
        assert!(own.status == 409 && own.says("不能自己批准自己的申请"), "{}", own.text());
        assert!(world.get(&inspector(), "/supervise/extensions").await.says("姓名字形需要部里核对"));
        let by_inspector = world
            .post(&inspector(), &format!("/supervise/cases/{number}/extension"), &[("answer", "approve")])
            .await;
        assert_eq!(by_inspector.status, 403);

        let other = head(61, "吴局", "police");
        assert!(world.get(&other, "/supervise").await.says("延期申请 1 件待批"));
        let list = world.get(&other, "/supervise/extensions").await;
        assert!(list.says("批准延期</button>") && list.says("批准后的承诺时限"));
        let path = format!("/supervise/cases/{number}/extension");
        assert_eq!(world.post(&other, &path, &[("answer", "perhaps")]).await.status, 400);
        let done = world.post(&other, &path, &[("answer", "approve"), ("to", "list")]).await;
        assert_eq!(done.location(), "/supervise/extensions?done=approved");
        let case = world.case(&number);
        assert_eq!(case.extension.as_ref().unwrap().state, ExtensionState::Approved);
        assert!(case.promised_due.unwrap() > before);
        assert!(world.get(&other, "/supervise/extensions?done=approved").await.says("没有待批准的延期申请"));
        let page = world.get(&other, &format!("/supervise/cases/{number}")).await;
        assert!(page.says("批准延长办理期限") && page.says("经批准延长"), "{}", page.text());
        // Twice is told, not done.
        assert_eq!(world.post(&other, &path, &[("answer", "refuse")]).await.status, 409);
    });
}

/// A case in review of which 王敏 has claimed a task.
async fn held_by_wang(world: &World) -> (String, i64) {
    let number = world.accepted(&world.buyer()).await;
    let task = world.task(&number, "verify-contract").id;
    world.do_task(&reviewer(1, "王敏", "housing"), task, "claim", &[]).await;
    (number, task)
}

#[test]
fn a_head_voids_with_a_reason_and_takes_tasks_back() {
    story("void", |world| async move {
        let (number, task) = held_by_wang(&world).await;
        let land = head(50, "陈处", "natural-resources");
        let path = format!("/supervise/cases/{number}");
        let page = world.get(&land, &path).await;
        assert!(page.says("在谁手上") && page.says("王敏") && page.says("收回或转办"));
        // The head of the department that decides may take it back, but works on nothing.
        let of_task = world.see_task(&land, task).await;
        assert!(
            of_task.status == 200
                && of_task.says("作为部门负责人，您可以收回或转办")
                && !of_task.says("提交结论</span>")
        );
        assert_eq!(world.do_task(&land, task, "release", &[("task-take-back", "load")]).await.status, 303);
        assert_eq!(world.task(&number, "verify-contract").assignee, None);

        let seen = world.get(&inspector(), &path).await;
        assert!(seen.status == 200 && !seen.says("作废这个办件") && !seen.says("收回或转办"));
        assert_eq!(
            world.post(&inspector(), &format!("{path}/void"), &[("void-reason", "错")]).await.status,
            403
        );
        let empty = world.post(&land, &format!("{path}/void"), &[]).await;
        assert!(
            empty.status == 422
                && empty.says("请写明作废的理由和依据")
                && empty.title().starts_with("错误：")
        );
        let short = world.post(&land, &format!("{path}/void"), &[("void-reason", "重复")]).await;
        assert!(short.status == 422 && short.says("至少写10个字，现在有2个字"), "{}", short.text());
        let done = world
            .post(&land, &format!("{path}/void"), &[("void-reason", "重复申请，另一件正在办理。")])
            .await;
        assert_eq!(done.location(), format!("{path}?done=voided"));
        assert_eq!(world.case(&number).state, CaseState::Voided);
        assert!(world.get(&land, &done.location()).await.says("办件已作废"));
        assert_eq!(
            world.post(&land, &format!("{path}/void"), &[("void-reason", "再来一次")]).await.status,
            409
        );
    });
}

#[test]
fn what_was_cancelled_names_who_ended_the_case_and_not_who_held_the_task() {
    story("void-by", |world| async move {
        let (number, _) = held_by_wang(&world).await;
        let land = head(50, "陈处", "natural-resources");
        let path = format!("/supervise/cases/{number}");
        let page = world.get(&land, &path).await;
        assert!(page.says("王敏"), "while it is under way its holder is named");
        let reason = [("void-reason", "重复申请，另一件正在办理。")];
        assert_eq!(world.post(&land, &format!("{path}/void"), &reason).await.status, 303);
        let page = world.get(&land, &path).await;
        let text = page.text();
        assert!(text.contains("已取消"), "{text}");
        // Nothing was done, and nothing that now will not be done was not needed.
        assert!(text.contains("没有进行") && !text.contains("无需办理"), "{text}");
        assert!(!page.says(">已办</span>"), "{text}");
        let applicant = world.get(&world.buyer(), &format!("/cases/{number}")).await;
        assert!(!applicant.says("tag-done\">已办") && !applicant.says("无需办理"), "{}", applicant.text());
        assert!(applicant.says("没有进行") && applicant.says(">已终止</span>"), "{}", applicant.text());
        // What stands beside 已取消, up to the next step.
        for part in text.split("已取消").skip(1) {
            let near: String = part.chars().take(160).collect();
            assert!(!near.contains("王敏"), "{near}");
        }
        let named = |part: &str| part.chars().take(400).collect::<String>().contains("陈处");
        assert!(text.split("已取消").skip(1).any(named), "{text}");
    });
}

#[test]
fn lists_of_the_board_page_by_key() {
    story("board-keyset", |world| async move {
        use yimen_casework::store::board::{self, CaseFilter};
        let numbers = city(&world).await;
        let (now, soon) = (morning(), day("2026-11-27").start());
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let page = world
                .casework
                .platform
                .store
                .read_blocking(move |q| board::cases(q, (now, soon), &CaseFilter::default(), after, 2))
                .unwrap();
            let Some(last) = page.last() else { break };
            after = Some((last.running, last.id));
            seen.extend(page.into_iter().map(|c| c.number));
        }
        let mut wanted: Vec<String> =
            numbers.into_iter().filter(|n| world.case(n).state != CaseState::Draft).collect();
        assert_eq!(seen.first(), wanted.first(), "what is due first comes first");
        seen.sort();
        wanted.sort();
        assert_eq!(seen, wanted);
    });
}
