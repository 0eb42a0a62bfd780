//! One task: deciding it, sending it on, stopping its clock; and what becomes of what was typed.

use axum::body::Body;
use axum::http::{Request, header};
use yimen_casework::model::{CaseState, Finding, Outcome, TaskState};
use yimen_casework::pages::ReviewRules;
use yimen_catalogue::{Fact, Facts};
use yimen_identity::{Identity, Login, NewAccount, Position, Settings};
use yimen_platform::{Actor, Role, Roles};

use crate::crew::{VERIFIED, places, reviewer};
use crate::story;
use crate::world::{Answer, World, between, day};

const OPINION: &str = "合同备案号可查，双方、坐落、价款一致。";

#[test]
fn two_who_read_the_same_unclaimed_task_are_told_of_each_other() {
    story("presence", |world| async move {
        let number = world.accepted(&world.buyer()).await;
        let task = world.task(&number, "verify-contract").id;
        let (wang, li) = (reviewer(1, "王敏", "housing"), reviewer(2, "李强", "housing"));
        assert!(!world.see_task(&wang, task).await.says("也打开了这项任务"));
        let second = world.see_task(&li, task).await;
        assert!(second.says("王敏 也打开了这项任务") && second.says("请先领取"), "{}", second.text());
        assert!(world.see_task(&wang, task).await.says("李强 也打开了这项任务"));
        // Once it is somebody's, their name says enough.
        world.do_task(&wang, task, "claim", &[]).await;
        assert!(!world.see_task(&wang, task).await.says("也打开了这项任务"));
        assert!(world.see_task(&li, task).await.says("王敏 正在办理这项任务"));
    });
}

fn with<'a>(fields: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [fields, more].concat()
}

#[test]
fn deciding_without_what_must_be_recorded_is_sent_back_with_everything_kept() {
    story("decide-422", |world| async move {
        let buyer = world.buyer();
        let number = world.accepted(&buyer).await;
        let me = reviewer(1, "王敏", "housing");
        let task = world.task(&number, "verify-contract").id;
        let page = world.see_task(&me, task).await;
        assert!(page.says("网签合同已备案，没有重复网签"), "the checks stand beside the form");
        assert!(page.says("合同备案日期") && page.says("最多 1000 个字"));

        let typed = [
            ("task-finding", "pass"),
            ("task-opinion", OPINION),
            ("filed_on-y", "2026"),
            ("filed_on-m", "13"),
            ("filed_on-d", "40"),
            ("filed_price", "三百二十万"),
        ];
        let sent = world.do_task(&me, task, "decide", &typed).await;
        assert_eq!(sent.status, 422);
        assert!(sent.title().starts_with("错误："), "{}", sent.title());
        assert!(sent.says("href=\"#filed_price\"") && sent.says("备案成交价应为数字"));
        assert!(
            sent.says("href=\"#buyer_house_count\"") && sent.says("请填写买方家庭在房屋所在区县的住房套数")
        );
        assert!(sent.says("value=\"13\"") && sent.says("value=\"三百二十万\"") && sent.says(OPINION));
        assert!(sent.says("value=\"pass\" checked"));
        assert_eq!(world.task(&number, "verify-contract").state, TaskState::Open, "nothing was written");

        let fields = with(&VERIFIED, &[("task-finding", "pass"), ("task-opinion", OPINION)]);
        let done = world.do_task(&me, task, "decide", &fields).await;
        assert_eq!(done.location(), format!("/review?done=decided-{task}"), "{}", done.text());
        let after = world.task(&number, "verify-contract");
        assert_eq!(
            (after.state, after.finding, after.assignee),
            (TaskState::Done, Some(Finding::Pass), Some(1))
        );
        // The browser's copy of the opinion is dropped, and the page shows what was concluded.
        let inbox = world.get(&me, &done.location()).await;
        assert!(inbox.says(&format!("data-kept=\"task-{task}\"")) && inbox.says("结论已提交"));
        let page = world.see_task(&me, task).await;
        assert!(page.says("3,200,000.00元") && page.says("2026年11月20日") && page.says(OPINION));
        assert!(!page.says("提交结论</span>") && !page.says("Ctrl+Enter"), "no key without its button");
    });
}

#[test]
fn what_looks_like_a_slip_is_asked_again_and_kept_when_it_is_so() {
    story("doubts", |world| async move {
        let buyer = world.buyer();
        let number = world.accepted(&buyer).await;
        let me = reviewer(1, "王敏", "housing");
        let task = world.task(&number, "verify-contract").id;
        let typed = [
            ("task-finding", "pass"),
            ("task-opinion", OPINION),
            ("filed_on-y", "2099"),
            ("filed_on-m", "2"),
            ("filed_on-d", "3"),
            ("filed_price", "1"),
            ("buyer_house_count", "0"),
        ];
        let asked = world.do_task(&me, task, "decide", &typed).await;
        assert_eq!(asked.status, 422);
        assert!(
            asked.says("备案日期在今天以后。请核对") && asked.says("href=\"#filed_on\""),
            "{}",
            asked.text()
        );
        assert!(
            asked.says("备案成交价和申请填写的成交价不一样。请核对") && asked.says("href=\"#filed_price\"")
        );
        assert!(asked.says("已核对，确实如此，照此登记"));
        assert_eq!(world.task(&number, "verify-contract").state, TaskState::Open, "nothing was written");
        // Whoever says no records nothing, so nothing is asked; whoever is sure is believed.
        let unread = with(&typed[2..], &[("task-finding", "pass"), ("task-opinion", "")]);
        assert!(world.do_task(&me, task, "decide", &unread).await.says("已核对，确实如此"));
        let asked_about = |page: &Answer| {
            let text = page.text().replace("&quot;", "\"").replace("&#34;", "\"");
            let (_, from) = text.split_once(&format!("name=\"task-sure-{task}\" value=\"")).unwrap();
            from.split_once("\"><label").unwrap().0.to_string()
        };
        let (sure_box, asked) = (format!("task-sure-{task}"), asked_about(&asked));
        // The box is for what it was asked about: another slip is asked about anew.
        let mut other = typed;
        other[5].1 = "2";
        let other = world.do_task(&me, task, "decide", &with(&other, &[(&sure_box, &asked)])).await;
        assert!(other.status == 422 && other.says("不一样。请核对") && asked_about(&other) != asked);
        let sure = with(&typed, &[(&sure_box, &asked)]);
        let done = world.do_task(&me, task, "decide", &sure).await;
        assert_eq!(done.location(), format!("/review?done=decided-{task}"), "{}", done.text());
        let page = world.see_task(&me, task).await;
        assert!(page.says("2099年2月3日") && page.says("核对存疑的登记内容，确认无误"), "{}", page.text());
    });
}

#[test]
fn consent_alone_is_no_opinion_unless_the_house_allows_it() {
    story("bare-consent", |world| async move {
        let buyer = world.buyer();
        let number = world.accepted(&buyer).await;
        let me = reviewer(1, "王敏", "housing");
        let task = world.task(&number, "verify-contract").id;
        let fields = with(&VERIFIED, &[("task-finding", "pass"), ("task-opinion", "同意。")]);
        let sent = world.do_task(&me, task, "decide", &fields).await;
        assert_eq!(sent.status, 422);
        assert!(sent.says("只写“同意”不算意见") && sent.says("value=\"3,200,000\""));
        let unreasoned = [("task-finding", "fail"), ("task-opinion", "不通过")];
        let sent = world.do_task(&me, task, "decide", &unreasoned).await;
        assert!(sent.status == 422 && sent.says("请写明不通过的理由和依据"));
        let nothing = world.do_task(&me, task, "decide", &[("task-opinion", OPINION)]).await;
        assert!(nothing.status == 422 && nothing.says("请选择通过还是不通过"));

        let body: String = fields.iter().map(|(k, v)| format!("{k}={}&", crate::world::percent(v))).collect();
        let mut request = Request::post(format!("/review/tasks/{task}/decide"))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .unwrap();
        request.extensions_mut().insert(ReviewRules { bare_consent: true });
        assert_eq!(world.send(&me, request).await.status, 303);
    });
}

#[test]
fn a_text_to_begin_from_is_put_in_without_script_and_keeps_what_was_typed() {
    story("templates", |world| async move {
        let buyer = world.buyer();
        let number = world.accepted(&buyer).await;
        let task = world.task(&number, "verify-contract").id;
        let typed = [("insert", "0"), ("task-opinion", "已电话核实。"), ("filed_price", "1")];
        let page = world.do_task(&reviewer(1, "王敏", "housing"), task, "decide", &typed).await;
        assert_eq!(page.status, 200);
        let opinion = between(&page.text(), "<textarea id=\"task-opinion\"", "</textarea>").unwrap();
        assert!(opinion.contains("已电话核实。\n已逐项核对：网签合同已备案，没有重复网签；"), "{opinion}");
        assert!(page.says("value=\"pass\" checked") && page.says("value=\"1\""));
        assert!(!page.title().starts_with("错误"));
    });
}

#[test]
fn someone_else_decided_meanwhile_and_the_opinion_is_given_back() {
    story("decided-meanwhile", |world| async move {
        let buyer = world.buyer();
        let number = world.accepted(&buyer).await;
        let (first, second) = (reviewer(1, "王敏", "housing"), reviewer(2, "李强", "housing"));
        let task = world.task(&number, "verify-contract").id;
        let page = world.see_task(&second, task).await;
        assert!(page.says(&format!("data-keep=\"task-{task}\"")), "what is typed is kept in the browser");
        let fields = with(&VERIFIED, &[("task-finding", "pass"), ("task-opinion", OPINION)]);
        world.do_task(&first, task, "decide", &fields).await;

        let mine = with(&VERIFIED, &[("task-finding", "pass"), ("task-opinion", "李强写了很久的意见。")]);
        let late = world.do_task(&second, task, "decide", &mine).await;
        assert_eq!(late.status, 409);
        assert!(late.says("这项任务已由王敏办理完毕") && late.says("李强写了很久的意见。"));
        assert!(late.says(&format!("href=\"/review/tasks/{task}\"")));
        assert_eq!(world.task(&number, "verify-contract").assignee, Some(1));
    });
}

/// Housing found against it; tax and the registry did not.
async fn with_failed_review(world: &World, buyer: &Actor) -> String {
    let number = world.accepted(buyer).await;
    let fail = [("task-finding", "fail"), ("task-opinion", "合同没有网签备案。")];
    let task = world.task(&number, "verify-contract").id;
    let sent = world.do_task(&reviewer(1, "王敏", "housing"), task, "decide", &fail).await;
    assert_eq!(sent.status, 303, "records are not asked for when it fails: {}", sent.text());
    let fen = |id: &str, value: i64| (id.to_string(), Fact::Int(value));
    let assessed = Facts::from(
        ["taxable_price", "deed_tax", "vat", "vat_surcharge", "income_tax"].map(|id| fen(id, 100)),
    );
    world.pass(&number, "assess-tax", "tax", assessed);
    let examined = Facts::from([
        ("registered_unit".to_string(), Fact::Text("330102001001GB00276F00110103".into())),
        ("registered_use".to_string(), Fact::Text("dwelling".into())),
        ("land_right".to_string(), Fact::Text("granted".into())),
    ]);
    world.pass(&number, "examine", "natural-resources", examined);
    number
}

#[test]
fn after_a_failed_review_only_a_denial_can_be_decided_and_the_page_says_why() {
    story("failed-review", |world| async move {
        let buyer = world.buyer();
        let number = with_failed_review(&world, &buyer).await;
        let me = reviewer(3, "赵登记", "natural-resources");
        let task = world.task(&number, "register").id;
        let page = world.see_task(&me, task).await;
        let at = places(&page, &["各部门结论", "合同没有网签备案。", "id=\"viewer\""]);
        assert!(at.is_sorted(), "what everyone found comes first: {at:?}");
        assert!(page.says("不能作出准予决定") && page.says("准予") && page.says("不予"));

        let grant = [("task-finding", "pass"), ("task-opinion", "符合条件，予以登记在册。")];
        let sent = world.do_task(&me, task, "decide", &grant).await;
        assert_eq!(sent.status, 422);
        assert!(sent.says("前面的审查中有“不通过”的结论，不能作出准予决定。可以作出不予决定。"));
        assert!(sent.says("符合条件，予以登记在册。"));
        assert!(page.says("不予的至少写10个字"), "told before it is asked for");
        let short = [("task-finding", "fail"), ("task-opinion", "没备案。")];
        let sent = world.do_task(&me, task, "decide", &short).await;
        assert!(sent.status == 422 && sent.says("至少写10个字，现在有3个字"), "{}", sent.text());
        assert!(sent.says("没备案。"), "what was typed stays");
        let deny =
            [("task-finding", "fail"), ("task-opinion", "合同没有备案，依据实施细则第三十八条不予登记。")];
        assert_eq!(world.do_task(&me, task, "decide", &deny).await.status, 303);
        let case = world.case(&number);
        assert_eq!(case.outcome, Some(Outcome::Denied));
    });
}

#[test]
fn a_special_procedure_stops_the_clock_and_every_page_says_so() {
    story("special", |world| async move {
        let buyer = world.buyer();
        let number = world.accepted(&buyer).await;
        let me = reviewer(1, "王敏", "natural-resources");
        let task = world.task(&number, "examine").id;
        let page = world.see_task(&me, task).await;
        assert!(
            page.says("权属争议调查") && page.says("最长 15个工作日，最迟到 2026年12月16日"),
            "{}",
            page.text()
        );
        assert!(page.says("不动产登记暂行条例 第十九条"));

        let empty = world.do_task(&me, task, "special", &[("task-special", "dispute-inquiry")]).await;
        assert!(empty.status == 422 && empty.says("请写明启动特别程序的理由和依据"));
        let forged = world
            .do_task(&me, task, "special", &[("task-special", "hearing"), ("task-special-reason", "有争议")])
            .await;
        assert!(forged.status == 409 && forged.says("不能启动该特别程序"));
        let fields =
            [("task-special", "dispute-inquiry"), ("task-special-reason", "共有人提出异议，需要调查。")];
        assert_eq!(world.do_task(&me, task, "special", &fields).await.status, 303);

        world.clock.set(day("2026-11-26").at(16, 0));
        let page = world.see_task(&me, task).await;
        assert!(page.says("clock-paused") && page.says("特别程序进行中：权属争议调查"));
        assert!(page.says("共有人提出异议") && !page.says("提交结论</span>"));
        let own = world.get(&buyer, &format!("/cases/{number}")).await;
        assert!(own.says("需要调查。11月25日") && !own.says("。。"), "{}", own.text());
        let inbox = world.get(&me, "/review").await;
        assert!(inbox.says("id=\"g-stopped\"") && !inbox.says("id=\"g-late\""), "{}", inbox.text());
        let decided = world
            .do_task(
                &me,
                task,
                "decide",
                &[("task-finding", "fail"), ("task-opinion", "权属有争议，不予办理登记。")],
            )
            .await;
        assert!(
            decided.status == 409
                && decided.says("请先结束特别程序")
                && decided.says("权属有争议，不予办理登记。")
        );

        let stop = world.case(&number).stops[0].id;
        let ended = world.do_task(&me, task, &format!("special/{stop}/end"), &[]).await;
        assert!(ended.status == 422 && ended.says("请写明特别程序的结果"));
        let ended = world
            .do_task(&me, task, &format!("special/{stop}/end"), &[("task-special-outcome", "异议撤回。")])
            .await;
        assert_eq!(ended.status, 303);
        let page = world.see_task(&me, task).await;
        assert!(!page.says("clock-paused") && page.says("提交结论</span>") && page.says("异议撤回"));
        assert!(world.case(&number).stops[0].to.is_some());
    });
}

#[test]
fn a_question_goes_to_the_window_and_its_answer_comes_back() {
    story("return", |world| async move {
        let buyer = world.buyer();
        let number = world.accepted(&buyer).await;
        let me = reviewer(1, "王敏", "housing");
        let task = world.task(&number, "verify-contract").id;
        let empty = world.do_task(&me, task, "return", &[("task-question", " \u{3000}")]).await;
        assert!(
            empty.status == 422
                && empty.says("请写明需要窗口补充或核实什么")
                && empty.says("<details class=\"more\" open>")
        );
        let asked = world.do_task(&me, task, "return", &[("task-question", "请核对合同第三页价款。")]).await;
        assert_eq!(asked.location(), format!("/review?done=returned-{task}"));
        let inbox = world.get(&me, "/review").await;
        assert!(inbox.says("等窗口答复：请核对合同第三页价款。"));
        let page = world.see_task(&me, task).await;
        assert!(page.says("等答复") && !page.says("提交结论</span>"));

        let office = world.case(&number).office;
        let clerk = world.clerk(&office);
        world
            .command(&clerk, move |casework, tx, ctx| {
                casework.answer_return(tx, ctx, task, "价款无误，已重新扫描。")
            })
            .unwrap();
        let inbox = world.get(&me, "/review").await;
        assert!(inbox.says("窗口已答复您的问题"));
        assert!(world.see_task(&me, task).await.says("窗口答复：价款无误，已重新扫描。"));
    });
}

#[test]
fn a_task_is_handed_to_a_colleague_of_the_same_department_only() {
    story("hand-over", |world| async move {
        let identity = Identity::new(world.casework.platform.clone(), Settings::default());
        let hash = identity.hash_password_blocking("yimen-2026").unwrap();
        let hire = |login: &'static str, name: &'static str, department: &'static str| {
            let (identity, hash) = (identity.clone(), hash.clone());
            let ctx = world.casework.platform.ctx(Actor::System("test"), "");
            let position = Position::Staff {
                roles: Roles::of(&[Role::Reviewer]),
                department: department.into(),
                office: String::new(),
                counter: String::new(),
            };
            let new = NewAccount { name: name.into(), position, logins: vec![Login::staff(login).unwrap()] };
            let make = move |tx: &mut yimen_store::Tx<'_>| identity.create_account(tx, &ctx, &new, &hash);
            world.casework.platform.store.write_blocking("test.hire", make).unwrap()
        };
        let (me, li, tax) =
            (hire("w1", "王敏", "housing"), hire("w2", "李强", "housing"), hire("w3", "税务甲", "tax"));
        let me = reviewer(me, "王敏", "housing");
        let buyer = world.buyer();
        let number = world.accepted(&buyer).await;
        let task = world.task(&number, "verify-contract").id;
        assert!(
            !world.see_task(&me, task).await.says("转办给同事"),
            "what nobody holds cannot be handed over"
        );
        world.do_task(&me, task, "claim", &[]).await;
        let page = world.see_task(&me, task).await;
        assert!(page.says(&format!("<option value=\"{li}\">李强</option>")));
        assert!(!page.says("税务甲") && !page.says(">王敏</option>"));

        let nobody = world.do_task(&me, task, "hand-over", &[("task-colleague", "")]).await;
        assert!(nobody.status == 422 && nobody.says("请选择转给哪位同事"));
        let (tax, li) = (tax.to_string(), li.to_string());
        let forged = world.do_task(&me, task, "hand-over", &[("task-colleague", &tax)]).await;
        assert!(forged.status == 403 && forged.says("只能转给同一部门的审查人员"), "{}", forged.text());
        let done = world.do_task(&me, task, "hand-over", &[("task-colleague", &li)]).await;
        assert_eq!(done.location(), format!("/review?done=handed-{task}"));
        let after = world.task(&number, "verify-contract");
        assert_eq!((after.assignee_name.as_str(), after.assignee), ("李强", li.parse().ok()));
    });
}

#[test]
fn the_page_of_a_task_shows_papers_answers_money_and_what_others_recorded() {
    story("dossier", |world| async move {
        let buyer = world.buyer();
        let number = world.billed(&buyer).await;
        let me = reviewer(1, "王敏", "natural-resources");
        let task = world.task(&number, "examine").id;
        let page = world.see_task(&me, task).await;
        // Papers: the first is open, the next one key away.
        assert!(page.says("第 1 个，共 4 个") && page.says("data-key=\"Alt+.\"") && page.says("<iframe"));
        let next = between(&page.text(), "id=\"view-next\"", ">").unwrap();
        assert!(next.contains("data-live=\"viewer\""), "{next}");
        let href = page
            .text()
            .split("href=\"")
            .find(|p| p.contains("#viewer\" id=\"view-next\""))
            .unwrap()
            .split('#')
            .next()
            .unwrap()
            .to_string();
        let second = world.get(&me, &href).await;
        assert!(second.says("第 2 个，共 4 个") && second.says("id=\"view-previous\""));
        // Answers, with numbers of people masked.
        assert!(page.says("HZ20261120001") && page.says("3,200,000.00元") && !page.says(crate::world::BUYER));
        // What tax recorded, and the bill that came of it, in readable money.
        assert!(
            page.says("核定计税价格") && page.says("32,000.00元") && page.says("32,080.00"),
            "{}",
            page.text()
        );
        assert!(page.says("待缴费") && page.says("期限怎么算的") && page.says("受理，送各部门审查"));
        // A part alone, for the script.
        let mut request = Request::get(&href).body(Body::empty()).unwrap();
        request.headers_mut().insert("x-fragment", "viewer".parse().unwrap());
        let part = world.send(&me, request).await.text();
        assert!(part.contains("id=\"viewer\"") && !part.contains("<html"));
    });
}

#[test]
fn what_a_supplement_changed_is_shown_beside_the_answers() {
    story("changed", |world| async move {
        let buyer = world.buyer();
        let number = world.correcting(&buyer).await;
        let id = world.case(&number).id;
        let file = yimen_casework::NewFile {
            slot: "title".into(),
            name: "新证.pdf".into(),
            mime: "application/pdf".into(),
            size: 10,
            digest: "0".repeat(64),
        };
        let again = Facts::from([("contract_no".to_string(), Fact::Text("HZ20261120999".into()))]);
        world
            .command(&buyer, move |casework, tx, ctx| {
                casework.answer(tx, ctx, id, &again, &[])?;
                casework.add_file(tx, ctx, id, &file)?;
                casework.supplement(tx, ctx, id)
            })
            .unwrap();
        let office = world.case(&number).office;
        world
            .command(&world.clerk(&office), move |casework, tx, ctx| casework.accept(tx, ctx, id, &[]))
            .unwrap();
        let page =
            world.see_task(&reviewer(1, "王敏", "housing"), world.task(&number, "verify-contract").id).await;
        assert!(
            page.says("补正改动") && page.says("HZ20261120001") && page.says("HZ20261120999"),
            "{}",
            page.text()
        );
    });
}

#[test]
fn a_case_that_ended_meanwhile_takes_no_conclusion() {
    story("withdrawn", |world| async move {
        let buyer = world.buyer();
        let number = world.accepted(&buyer).await;
        let (id, task) = (world.case(&number).id, world.task(&number, "verify-contract").id);
        world.command(&buyer, move |casework, tx, ctx| casework.withdraw(tx, ctx, id, "不买了")).unwrap();
        let me = reviewer(1, "王敏", "housing");
        let fields = with(&VERIFIED, &[("task-finding", "pass"), ("task-opinion", OPINION)]);
        let sent = world.do_task(&me, task, "decide", &fields).await;
        assert_eq!(sent.status, 409);
        assert!(sent.says("已撤回") && sent.says(OPINION));
        assert_eq!(world.case(&number).state, CaseState::Withdrawn);
        // The task was open, so the department may still look at what became of it.
        assert!(world.see_task(&me, task).await.says("已撤回"));
    });
}
