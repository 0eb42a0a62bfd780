//! Pre-checking what was handed in online: accept, one whole correction notice, or refuse.

use crate::crew::{clerk, with};
use crate::story;
use crate::world::{World, day};
use yimen_casework::model::CaseState;
use yimen_platform::Actor;

/// An online home transfer that waits at the clerk's office.
async fn handed_in(world: &World) -> (String, Actor) {
    let number = world.submitted(&world.buyer()).await;
    let office = world.case(&number).office;
    (number, clerk(501, &office))
}

#[test]
fn what_is_in_order_is_accepted_and_a_second_click_shows_what_the_first_did() {
    story("precheck-accept", |world| async move {
        let (number, clerk) = handed_in(&world).await;
        let page = world.see(&clerk, &number).await;
        for words in ["受理标准", "证书号与登记簿不一致", "补正通知只能发一次", "000000", "<iframe"]
        {
            assert!(page.says(words), "{words}");
        }
        assert!(!page.says(crate::world::BUYER), "numbers are masked");
        let done = world.answer(&clerk, &number, &[("action", "accept")]).await;
        assert_eq!(done.location(), format!("/desk/cases/{number}?done=accepted"), "{}", done.text());
        let case = world.get(&clerk, &done.location()).await;
        assert!(case.says("打印受理回执") && case.says("办理进度") && case.says("已通过"), "{}", case.text());
        let again = world.answer(&clerk, &number, &[("action", "accept")]).await;
        assert_eq!(again.location(), format!("/desk/cases/{number}?done=already"));
        assert_eq!(world.case(&number).state, CaseState::InReview);
    });
}

#[test]
fn a_decision_that_comes_after_another_is_not_taken_for_the_same_and_loses_no_words() {
    story("precheck-late", |world| async move {
        let (number, clerk) = handed_in(&world).await;
        world.answer(&clerk, &number, &[("action", "accept")]).await;
        let why = "不属于本市管辖，请向房屋所在地申请。";
        let late = world.answer(&clerk, &number, &[("action", "refuse"), ("refuse-why", why)]).await;
        assert_eq!(late.status, 409);
        assert!(
            late.says("您选的“不予受理”没有办") && late.says("“审查中”") && late.says(why),
            "{}",
            late.text()
        );
        let marked = [("action", "correct"), ("bad", "title"), ("more-title", "缺少附图页，请补齐")];
        let late = world.answer(&clerk, &number, &marked).await;
        assert!(late.status == 409 && late.says("缺少附图页，请补齐"), "{}", late.text());
        assert!(late.says(&format!("href=\"/desk/cases/{number}\"")));
        assert_eq!(world.case(&number).state, CaseState::InReview);
    });
}

/// What never reached a department has no progress to show, but somebody may ask at the window what became of it.
#[test]
fn the_window_sees_how_and_why_a_case_ended_before_it_was_accepted() {
    story("ended-early", |world| async move {
        let (number, clerk) = handed_in(&world).await;
        let path = format!("/cases/{number}/withdraw");
        world.post(&world.buyer(), &path, &[("reason", "买卖不成了")]).await;
        let page = world.see(&clerk, &number).await;
        assert!(page.says("撤回申请：买卖不成了") && page.says("提交申请"), "{}", page.text());
        assert!(page.says("clock-ended") && !page.says("clock-finished"), "nothing was achieved");
        let (number, clerk) = handed_in(&world).await;
        let why = [("action", "refuse"), ("refuse-why", "不属于本市登记机构管辖。")];
        world.answer(&clerk, &number, &why).await;
        assert!(world.see(&clerk, &number).await.says("<span class=\"history-what\">不予受理</span>"));
    });
}

#[test]
fn the_papers_are_turned_beside_the_list() {
    story("papers-beside", |world| async move {
        let (number, clerk) = handed_in(&world).await;
        let page = world.see(&clerk, &number).await;
        assert!(page.says("第 1 个，共 4 个") && page.says("data-key=\"Alt+.\""));
        let here = format!("/desk/cases/{number}?file=");
        let next =
            page.text().split(&here).filter_map(|part| part.split('#').next().map(str::to_string)).nth(1);
        let second = world.get(&clerk, &format!("{here}{}", next.unwrap())).await;
        assert!(second.says("个，共 4 个") && second.says("上一个"));
        let forged = world.get(&clerk, &format!("{here}12345")).await;
        assert!(forged.says("第 1 个，共 4 个"), "what is no file of the case is the first");
    });
}

#[test]
fn one_notice_names_everything_that_is_marked_with_its_reasons() {
    story("notice", |world| async move {
        let (number, clerk) = handed_in(&world).await;
        let marks = [
            ("bad", "title"),
            ("why-title", "缺少附图页"),
            ("why-title", "证书号与登记簿不一致"),
            ("more-title", "附图请扫描第3页"),
            ("bad", "contract"),
            ("more-contract", "第2页看不清"),
            ("wrong", "contract_no"),
            ("because-contract_no", "与备案系统不一致"),
            // A reason without a mark says nothing; what the case does not have is left aside.
            ("why-buyer-identity", "证件已过有效期"),
            ("bad", "nonsense"),
            ("wrong", "nonsense"),
        ];
        let done = world.answer(&clerk, &number, &with(&marks, &[("action", "correct")])).await;
        assert_eq!(done.location(), format!("/desk/cases/{number}?done=corrected"), "{}", done.text());
        let case = world.case(&number);
        let items = case.correction.unwrap().items;
        let reasons: Vec<&str> = items.iter().map(|i| i.reason.as_str()).collect();
        assert_eq!(
            reasons,
            ["缺少附图页；证书号与登记簿不一致；附图请扫描第3页", "第2页看不清", "与备案系统不一致"]
        );
        let page = world.get(&clerk, &done.location()).await;
        assert!(page.says("打印申请材料补正告知书") && page.says("代为补正") && page.says("第2页看不清"));
        let paper = page.hidden_of("button-primary\" href=\"");
        let paper = world.get(&clerk, paper.trim_end_matches("#print")).await;
        for words in ["缺少附图页；证书号与登记簿不一致", "第2页看不清", "与备案系统不一致"]
        {
            assert!(paper.says(words), "{words}");
        }
    });
}

#[test]
fn a_mark_without_a_reason_nothing_marked_and_no_action_are_told_and_everything_is_kept() {
    story("notice-errors", |world| async move {
        let (number, clerk) = handed_in(&world).await;
        let none = world.answer(&clerk, &number, &[("action", "correct")]).await;
        assert_eq!(none.status, 422);
        assert!(none.says("请先标出要补正的材料或内容"));
        let bare = [("bad", "title"), ("wrong", "price"), ("bad", "contract"), ("more-contract", "看不清")];
        let bare = world.answer(&clerk, &number, &with(&bare, &[("action", "correct")])).await;
        assert_eq!(bare.status, 422);
        assert!(bare.says("href=\"#bad-title\"") && bare.says("href=\"#wrong-price\""), "{}", bare.text());
        assert!(!bare.says("href=\"#bad-contract\"") && bare.says("value=\"看不清\""));
        assert!(bare.says("value=\"title\" checked") && bare.says("value=\"contract\" checked"));
        let marked = [("bad", "title"), ("why-title", "缺少附图页"), ("action", "accept")];
        let marked = world.answer(&clerk, &number, &marked).await;
        assert_eq!(marked.status, 422);
        assert!(marked.says("不能受理") && marked.says("value=\"缺少附图页\" checked"));
        let long = "长".repeat(500);
        let long = [("bad", "title"), ("more-title", long.as_str()), ("action", "correct")];
        assert_eq!(world.answer(&clerk, &number, &long).await.status, 422);
        for action in ["", "nonsense"] {
            let refused = world.answer(&clerk, &number, &[("action", action)]).await;
            assert_eq!(refused.status, 422);
            assert!(refused.says("请选择受理"));
        }
        assert_eq!(world.case(&number).state, CaseState::Submitted);
    });
}

#[test]
fn not_accepting_takes_a_reason_and_gives_a_document() {
    story("refuse", |world| async move {
        let (number, clerk) = handed_in(&world).await;
        let bare = world.answer(&clerk, &number, &[("action", "refuse"), ("refuse-why", "  ")]).await;
        assert_eq!(bare.status, 422);
        assert!(bare.says("id=\"refuse-why-error\""));
        let short = [("action", "refuse"), ("refuse-why", "不办。。。。。。。。。。")];
        let short = world.answer(&clerk, &number, &short).await;
        assert_eq!(short.status, 422);
        assert!(short.says("至少写10个字，现在有2个字") && short.says("不办。。"), "{}", short.text());
        assert_eq!(world.case(&number).state, CaseState::Submitted);
        let why = "房屋不在本市，依法向房屋所在地的登记机构申请。";
        let done = world.answer(&clerk, &number, &[("action", "refuse"), ("refuse-why", why)]).await;
        assert_eq!(done.location(), format!("/desk/cases/{number}?done=refused"), "{}", done.text());
        let page = world.get(&clerk, &done.location()).await;
        assert!(page.says("打印不予受理通知书") && !page.says("申请人要求撤回"));
        let paper = page.hidden_of("button-primary\" href=\"");
        assert!(world.get(&clerk, paper.trim_end_matches("#print")).await.says(why));
    });
}

#[test]
fn a_second_notice_repeats_only_what_the_first_named() {
    story("second-notice", |world| async move {
        let me = world.buyer();
        let number = world.correcting(&me).await;
        let clerk = clerk(501, &world.case(&number).office);
        supply(&world, &clerk, &number).await;
        let page = world.see(&clerk, &number).await;
        assert!(page.says("只能再退回上次列出而仍未改好的"));
        assert!(page.says("id=\"bad-title\"") && !page.says("id=\"bad-contract\""));
        assert!(page.says("id=\"wrong-contract_no\"") && !page.says("id=\"wrong-price\""));
        let more = [("bad", "contract"), ("more-contract", "缺页"), ("action", "correct")];
        let more = world.answer(&clerk, &number, &more).await;
        assert_eq!(more.status, 422, "{}", more.text());
        let again = [("bad", "title"), ("more-title", "附图仍然缺一页"), ("action", "correct")];
        let again = world.answer(&clerk, &number, &again).await;
        assert_eq!(again.location(), format!("/desk/cases/{number}?done=corrected"), "{}", again.text());
        assert_eq!(world.case(&number).state, CaseState::Correcting);
    });
}

#[test]
fn no_two_reasons_of_one_material_say_the_same() {
    story("reasons-once", |world| async move {
        let (number, clerk) = handed_in(&world).await;
        let text = world.see(&clerk, &number).await.text();
        let reasons = |slot: &str| -> Vec<String> {
            let name = format!("name=\"why-{slot}\" value=\"");
            text.split(&name).skip(1).map(|part| part.split('"').next().unwrap().to_string()).collect()
        };
        let identity = reasons("buyer-identity");
        let expired: Vec<&String> = identity.iter().filter(|why| why.contains("有效期")).collect();
        assert_eq!(expired, ["证件已过有效期"], "{identity:?}");
        let title = reasons("title");
        assert_eq!(title.iter().filter(|why| why.contains("有效期")).count(), 1, "{title:?}");
    });
}

#[test]
fn what_came_back_mended_is_told_apart_in_the_queue_and_on_its_page() {
    story("mended-mark", |world| async move {
        let me = world.buyer();
        let plain = world.submitted(&me).await;
        let number = world.correcting(&me).await;
        let clerk = clerk(501, &world.case(&number).office);
        assert!(!world.get(&clerk, "/desk").await.says("已补正"));
        world.clock.set(day("2026-11-25").at(10, 0));
        world.scan(&clerk, &number, "title", "附图.pdf").await;
        let fields = [("contract_no", "HZ20261125009"), ("ticked", "1"), ("action", "submit")];
        assert_eq!(world.fill_in(&clerk, &number, &fields).await.status, 303);
        for path in ["/desk", "/desk?queue=submitted"] {
            let queue = world.get(&clerk, path).await.text();
            let row = |number: &str| {
                let from = queue.find(&format!("/desk/cases/{number}\"")).unwrap();
                queue[from..].split("</tr>").next().unwrap().to_string()
            };
            assert!(row(&number).contains("已补正"), "{path}: {queue}");
            assert!(!row(&plain).contains("已补正"), "{path}: {queue}");
            // The oldest application stays the first.
            assert!(queue.find(&plain) < queue.find(&number), "{path}: {queue}");
        }
        // What came new is marked and open, though the file that was found wanting stands before it.
        let page = world.see(&clerk, &number).await;
        assert!(page.says("已补正"));
        assert_eq!(page.text().matches("新补").count(), 1, "{}", page.text());
        let viewer = page.text().split("id=\"viewer\"").nth(1).map(str::to_string).unwrap();
        assert!(viewer.contains("附图.pdf"), "{viewer}");
        let page = world.see(&clerk, &plain).await;
        assert!(!page.says("已补正") && !page.says("新补"));
        let again = [("bad", "title"), ("more-title", "附图仍然缺一页"), ("action", "correct")];
        assert_eq!(world.answer(&clerk, &number, &again).await.status, 303);
        assert!(!world.see(&clerk, &number).await.says("已补正"), "it waits for the applicant once more");
        assert!(!world.get(&clerk, "/desk").await.says("已补正"));
    });
}

/// The applicant brings what was asked for, and the clerk hands it in for them.
async fn supply(world: &World, clerk: &Actor, number: &str) {
    let page = world.get(clerk, &format!("/desk/cases/{number}/fill")).await;
    assert!(
        page.says("代为补正") && page.says("要补正：缺少附图页") && page.says("要更正：与备案系统不一致")
    );
    assert!(!page.says("name=\"price\"") && !page.says("file-contract"), "nothing else can be changed");
    assert_eq!(world.scan(clerk, number, "contract", "a.pdf").await.status, 409);
    let early = [("contract_no", "HZ9"), ("ticked", "1"), ("action", "submit")];
    let early = world.fill_in(clerk, number, &early).await;
    assert_eq!(early.status, 422, "{}", early.text());
    assert!(early.says("href=\"#file-title\"") && early.says("value=\"HZ9\""));
    let fields =
        [("contract_no", "HZ20261125009"), ("ticked", "1"), ("material", "title"), ("action", "submit")];
    let sent = world.fill_in(clerk, number, &fields).await;
    assert_eq!(sent.location(), format!("/desk/cases/{number}?done=submitted"), "{}", sent.text());
}

#[test]
fn somebody_who_comes_back_with_the_missing_paper_is_accepted_in_one_go() {
    story("supplement-at-counter", |world| async move {
        let number = world.correcting(&world.buyer()).await;
        let clerk = clerk(501, &world.case(&number).office);
        world.scan(&clerk, &number, "title", "附图.pdf").await;
        let fields = [("contract_no", "HZ20261125009"), ("ticked", "1"), ("action", "accept")];
        let sent = world.fill_in(&clerk, &number, &fields).await;
        assert_eq!(sent.location(), format!("/desk/cases/{number}?done=accepted"), "{}", sent.text());
        assert_eq!(world.case(&number).state, CaseState::InReview);
    });
}

#[test]
fn after_five_working_days_nothing_but_accepting_is_left() {
    story("too-late", |world| async move {
        let (number, clerk) = handed_in(&world).await;
        world.clock.set(day("2026-12-20").at(10, 0));
        let late = [("bad", "title"), ("why-title", "缺少附图页"), ("action", "correct")];
        let late = world.answer(&clerk, &number, &late).await;
        assert_eq!(late.status, 409);
        assert!(late.says("视为受理") && late.says(&format!("/desk/cases/{number}")));
        let refused = [("action", "refuse"), ("refuse-why", "提交的材料不实，依法不予受理")];
        assert_eq!(world.answer(&clerk, &number, &refused).await.status, 409);
        assert_eq!(world.case(&number).state, CaseState::Submitted);
    });
}

#[test]
fn a_case_handed_in_unfinished_at_the_counter_gets_its_notice_from_what_is_missing() {
    story("window-notice", |world| async move {
        let clerk = crate::crew::clerk_here();
        let number = world.card(&clerk).await;
        let fields = with(&crate::crew::ID_CARD, &[("material", "photo"), ("action", "submit")]);
        let sent = world.fill_in(&clerk, &number, &fields).await;
        assert_eq!(sent.location(), format!("/desk/cases/{number}?done=submitted"), "{}", sent.text());
        let page = world.see(&clerk, &number).await;
        assert!(page.says("value=\"identity\" checked") && page.says("value=\"未提交，请补充\" checked"));
        assert!(page.says("value=\"photo\"") && !page.says("value=\"photo\" checked"));
        let accept = world.answer(&clerk, &number, &[("action", "accept")]).await;
        assert_eq!(accept.status, 422);
        assert!(accept.says("href=\"#bad-identity\""), "{}", accept.text());
        let fields = [("bad", "identity"), ("why-identity", "未提交，请补充"), ("action", "correct")];
        let sent = world.answer(&clerk, &number, &fields).await;
        assert_eq!(sent.location(), format!("/desk/cases/{number}?done=corrected"), "{}", sent.text());
    });
}
