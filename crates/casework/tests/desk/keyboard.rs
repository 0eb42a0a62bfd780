//! The window in a real browser: a case taken in and a submission checked without a mouse, at the width of a desk, and
//! the same pages on a phone.

use std::time::{Duration, Instant};

use axum::Extension;
use yimen_platform::Actor;
use yimen_testkit::TestDb;
use yimen_testkit::browser::{Browser, Key, Result, Session};
use yimen_web::UserBadge;

use crate::crew::{VISITOR, clerk, clerk_here};
use crate::world::World;

/// Serves the world to one clerk and says where.
pub async fn serve(world: &World, who: &Actor) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("bound"));
    let badge = UserBadge::new(who.name(), "综合窗口 3号");
    let app = world.router.clone().layer(Extension(who.clone())).layer(Extension(badge));
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

pub fn tell<F: Future<Output = Result>>(name: &str, story: impl FnOnce(World) -> F) -> Result {
    let db = TestDb::sqlite();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let told = runtime.block_on(story(World::new(db.store.clone(), name)));
    drop(runtime);
    told
}

/// Waits until what has the focus is called so.
async fn at(desk: &Session, name: &str) {
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        let focused = desk.focused().await.unwrap_or_default();
        if focused.starts_with(name) {
            return;
        }
        assert!(Instant::now() < end, "the focus is on “{focused}”, not on “{name}”");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until the address says so: what a page says may stand on the one before it too.
async fn arrive(desk: &Session, part: &str) {
    let end = Instant::now() + Duration::from_secs(10);
    while !desk.path().await.is_ok_and(|path| path.contains(part)) {
        assert!(Instant::now() < end, "waited in vain for {part}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until the page does not show it any more.
async fn gone(desk: &Session, words: &str) {
    let end = Instant::now() + Duration::from_secs(10);
    while desk.shows(words).await.unwrap_or(true) {
        assert!(Instant::now() < end, "{words} is still shown: {}", desk.text().await.unwrap_or_default());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Tabs on until what is called so has the focus.
async fn tab_to(desk: &Session, name: &str) -> Result {
    let mut passed = Vec::new();
    for _ in 0..64 {
        desk.press(Key::Tab + "").await?;
        passed.push(desk.focused().await?);
        if passed.last().is_some_and(|focused| focused.starts_with(name)) {
            return Ok(());
        }
    }
    panic!("no Tab leads to “{name}”: {passed:?}")
}

async fn type_in(desk: &Session, label: &str, text: &str) -> Result {
    tab_to(desk, label).await?;
    desk.press(text).await
}

/// A page that refused something: the browser notes the status, nothing else.
async fn inspect_refusal(session: &Session, name: &str) -> Result {
    let complaints = session.complaints().await?;
    assert!(complaints.len() == 1 && complaints[0].contains("422"), "{complaints:?}");
    session.inspect(name).await
}

#[test]
fn a_whole_case_is_taken_in_at_the_counter_without_a_mouse() -> Result {
    tell("keyboard", |world| async move {
        let base = serve(&world, &clerk_here()).await;
        let browser = Browser::start().await?;
        let desk = browser.desktop().await?;
        desk.goto(&format!("{base}/desk")).await?;
        desk.inspect("desk-queue-empty").await?;
        // Single keys are for those who switch them on.
        tab_to(&desk, "单键翻行").await?;
        desk.press(" ").await?;
        desk.press("/").await?;
        at(&desk, "查找办件").await;
        desk.press("13800000001").await?;
        desk.enter().await?;
        desk.wait_for("本大厅没有符合的办件").await?;
        desk.inspect("desk-found-nothing").await?;
        desk.press(Key::Alt + "n").await?;

        at(&desk, "证件号码").await;
        desk.inspect("desk-new").await?;
        desk.press("000000199001010019").await?;
        desk.enter().await?;
        desk.wait_for("校验").await?;
        inspect_refusal(&desk, "desk-new-wrong").await?;
        desk.press(Key::F8 + "").await?;
        at(&desk, "证件号码").await;
        desk.press(VISITOR).await?;
        desk.enter().await?;
        desk.wait_for("没有登记过").await?;
        at(&desk, "姓名").await;
        desk.inspect("desk-new-unknown").await?;
        desk.press("玛依拉·阿布都").await?;
        type_in(&desk, "联系电话", "13800000002").await?;
        type_in(&desk, "联系地址", "上城区示范街道幸福路2号").await?;
        desk.enter().await?;
        desk.wait_for("办什么").await?;
        at(&desk, "筛选事项").await;
        desk.inspect("desk-new-known").await?;
        desk.press("身份证").await?;
        desk.enter().await?;
        desk.wait_for("居民身份证换领、补领").await?;
        at(&desk, "筛选事项").await;
        desk.press(Key::Alt + "1").await?;
        fill_in_card(&desk).await?;

        // The papers, the receipt, and back to the next person.
        desk.press(Key::Control + Key::Enter).await?;
        desk.wait_for("请打印回执，盖章后交给申请人").await?;
        at(&desk, "打印受理回执").await;
        desk.inspect("desk-accepted").await?;
        desk.press(Key::F10 + "").await?;
        arrive(&desk, "/documents/").await;
        at(&desk, "打印").await;
        desk.inspect("desk-paper").await?;
        desk.back().await?;
        desk.wait_for("打印受理回执").await?;
        desk.press(Key::Alt + "n").await?;
        at(&desk, "证件号码").await;
        Ok(())
    })
}

/// Questions, form and ticks of a lost ID card, from the first question on.
async fn fill_in_card(desk: &Session) -> Result {
    at(desk, "证件到期").await;
    desk.inspect("desk-fill").await?;
    for answer in ["姓名、住址等内容有变化", "证件损坏看不清", "证件丢失"] {
        desk.press(Key::Down + "").await?;
        at(desk, answer).await;
    }
    desk.wait_for("大约哪天丢的").await?;
    at(desk, "证件丢失").await;
    // 户口在杭州吗: yes. 未满十六岁: no.
    tab_to(desk, "是").await?;
    desk.press(" ").await?;
    tab_to(desk, "是").await?;
    desk.press(Key::Down + "").await?;
    at(desk, "否").await;
    assert_eq!(desk.value("姓名").await?, "玛依拉·阿布都", "taken from the record");
    type_in(desk, "民族", "维吾尔族").await?;
    // Too early: what is missing is told, and the summary leads there.
    desk.press(Key::Control + Key::Enter).await?;
    desk.wait_for("请填写大约哪天丢的").await?;
    inspect_refusal(desk, "desk-fill-errors").await?;
    tab_to(desk, "请填写大约哪天丢的").await?;
    desk.enter().await?;
    at(desk, "年").await;
    desk.press("2026").await?;
    type_in(desk, "月", "11").await?;
    type_in(desk, "日", "1").await?;
    // An answer that reshapes the page takes with it what the summary still told and is right by now.
    tab_to(desk, "是").await?;
    desk.press(" ").await?;
    gone(desk, "请填写大约哪天丢的").await;
    tab_to(desk, "是").await?;
    desk.press(Key::Down + "").await?;
    at(desk, "否").await;
    gone(desk, "请改正以下问题").await;
    assert!(!desk.shows("上次有未提交的内容").await?, "what is being typed is no draft of another time");
    desk.press(Key::Alt + "2").await?;
    at(desk, "身份证明").await;
    desk.press(Key::Alt + "3").await?;
    at(desk, "数字照片").await;
    desk.wait_for("必要材料已收齐").await?;
    desk.inspect("desk-fill-full").await?;
    // Ticked a moment before it is sent: what the page saves by itself must not come after the form and find the case gone.
    for told in ["还有 1 种必要材料没有收齐", "必要材料已收齐"] {
        desk.press(Key::Alt + "3").await?;
        desk.wait_for(told).await?;
    }
    Ok(())
}

#[test]
fn an_online_submission_is_read_and_returned_without_a_mouse() -> Result {
    tell("keyboard-precheck", |world| async move {
        let number = world.submitted(&world.buyer()).await;
        let base = serve(&world, &clerk(501, &world.case(&number).office)).await;
        let browser = Browser::start().await?;
        let (desk, phone) = (browser.desktop().await?, browser.phone().await?);
        for session in [&desk, &phone] {
            session.goto(&format!("{base}/desk")).await?;
            session.inspect("desk-queue").await?;
            session.goto(&format!("{base}/desk/cases/{number}")).await?;
            session.wait_for("第 1 个，共 4 个").await?;
            session.inspect("desk-precheck").await?;
        }
        at(&desk, "退回").await;
        // What decides is in sight before anything is scrolled.
        for name in ["受理 Ctrl+Enter", "一次性告知补正", "不予受理"] {
            assert!(desk.in_sight(name).await?, "{name}");
        }
        desk.press(Key::Alt + ".").await?;
        desk.wait_for("第 2 个，共 4 个").await?;
        desk.press(Key::Alt + ",").await?;
        desk.wait_for("第 1 个，共 4 个").await?;
        // Marked without a reason: told, and led to the box.
        desk.press(Key::Alt + "4").await?;
        at(&desk, "退回不动产权证书").await;
        desk.wait_for("证书已注销或已挂失").await?;
        desk.press(Key::Alt + "g").await?;
        desk.wait_for("请选择或写明“不动产权证书”为什么退回").await?;
        inspect_refusal(&desk, "desk-precheck-error").await?;
        tab_to(&desk, "请选择或写明").await?;
        desk.enter().await?;
        at(&desk, "退回不动产权证书").await;
        tab_to(&desk, "缺少附图页").await?;
        desk.press(" ").await?;
        type_in(&desk, "不动产权证书的其他退回理由", "附图请扫描第3页").await?;
        desk.inspect("desk-precheck-marked").await?;
        desk.press(Key::Alt + "g").await?;
        desk.wait_for("补正通知已发出").await?;
        at(&desk, "打印申请材料补正告知书").await;
        desk.inspect("desk-correcting").await?;
        at(&desk, "打印申请材料补正告知书").await;
        desk.press(Key::F10 + "").await?;
        arrive(&desk, "/documents/").await;
        desk.wait_for("缺少附图页；附图请扫描第3页").await?;
        // Whoever comes back with the paper is served here.
        desk.back().await?;
        desk.wait_for("代为补正").await?;
        desk.press(Key::Control + Key::Enter).await?;
        desk.wait_for("要补正：缺少附图页").await?;
        desk.inspect("desk-supplement").await?;
        phone.reload().await?;
        phone.wait_for("代为补正").await?;
        phone.inspect("desk-correcting").await
    })
}
