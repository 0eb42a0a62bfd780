//! With a real browser: a system is registered at a desk, and somebody signs in to it on a phone.

use axum::Router;
use axum::extract::RawQuery;
use axum::routing::get;
use yimen_platform::Role;
use yimen_testkit::TestDb;
use yimen_testkit::browser::{Browser, Result};

use crate::world::{PASSWORD, World, pairs, request, staff};

/// The department's system: shows that a code arrived.
async fn system() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("bound"));
    let page = async |RawQuery(query): RawQuery| {
        let has_code = query.unwrap_or_default().contains("code=");
        axum::response::Html(format!("<!doctype html><title>核税</title><p>已进入核税系统：{has_code}"))
    };
    let routes = Router::new().route("/callback", get(page)).route("/favicon.ico", get(async || ""));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    address
}

#[test]
fn a_system_is_registered_at_a_desk_and_entered_on_a_phone() -> Result {
    let db = TestDb::sqlite();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let world = World::new(db).await;
        world.reviewer();
        world.account("qian", "钱系统", staff(&[Role::System], ""));
        let callback = format!("{}/callback", system().await);
        let browser = Browser::start().await?;
        let (desk, phone) = (browser.desktop().await?, browser.phone().await?);
        desk.goto(&format!("{}/sign-in?next=/admin/oidc/new", world.base)).await?;
        desk.fill("登录名", "qian").await?;
        desk.fill("密码", PASSWORD).await?;
        desk.enter().await?;
        desk.wait_for("接入一个系统").await?;
        desk.inspect("oidc-new").await?;
        desk.fill("系统名称", "税务核税系统").await?;
        desk.fill("登录回调地址", &callback).await?;
        desk.tick("审查人员").await?;
        desk.tick("姓名").await?;
        desk.click("登记").await?;
        desk.wait_for("离开本页后不再显示").await?;
        desk.inspect("oidc-told").await?;
        let text = desk.text().await?;
        let id = text.split("客户端标识 ").nth(1).and_then(|rest| rest.lines().next()).expect("an id").trim();
        let id = id.to_owned();
        desk.click("已交给对方，继续").await?;
        desk.wait_for("修改登记").await?;
        desk.inspect("oidc-client").await?;
        desk.goto(&format!("{}/admin/oidc", world.base)).await?;
        desk.inspect("oidc-clients").await?;

        let start = request(&id, &[("redirect_uri", &callback), ("scope", "openid profile")]);
        phone.goto(&format!("{}{start}", world.base)).await?;
        phone.fill("登录名", "zhou").await?;
        phone.fill("密码", PASSWORD).await?;
        phone.click_near("显示密码", "登录").await?;
        phone.wait_for("用一门账户登录税务核税系统").await?;
        phone.inspect("oidc-consent").await?;
        phone.click("同意并登录").await?;
        phone.wait_for("已进入核税系统：true").await?;
        // Agreed and signed in: the second time nothing stands between.
        phone.goto(&format!("{}{start}", world.base)).await?;
        phone.wait_for("已进入核税系统：true").await?;
        let again = request(&id, &[("redirect_uri", &callback), ("prompt", "login")]);
        phone.goto(&format!("{}{again}", world.base)).await?;
        phone.wait_for("请重新登录").await?;
        phone.inspect("oidc-again").await?;
        let leave = pairs(&[("client_id", &id)]);
        phone.goto(&format!("{}/oauth/end-session?{leave}", world.base)).await?;
        phone.wait_for("要同时退出一门吗").await?;
        phone.inspect("oidc-leave").await?;
        phone.click("退出登录").await?;
        phone.wait_for("登录").await
    })
}
