//! Signing in with a real browser, on a phone and at a desk.

use yimen_testkit::TestDb;
use yimen_testkit::browser::{Browser, Result, Session};

use crate::world::{PASSWORD, World, demo_settings};

/// Serves the world and says where.
pub async fn serve(world: &World) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("bound"));
    let app = world.app.clone();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// The browser complains of the status of a form that is shown again; of nothing else.
pub async fn inspect_refusal(session: &Session, name: &str) -> Result {
    let complaints = session.complaints().await?;
    assert!(complaints.len() == 1 && complaints[0].contains("422"), "{complaints:?}");
    session.inspect(name).await
}

#[test]
fn a_password_can_be_seen_while_typing_and_sessions_ended_from_another_device() -> Result {
    let db = TestDb::sqlite();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let world = World::on(db.store().clone(), demo_settings());
        world.clerk();
        world.citizen();
        let base = serve(&world).await;
        let browser = Browser::start().await?;
        let (phone, desk) = (browser.phone().await?, browser.desktop().await?);

        phone.goto(&format!("{base}/sign-in?next=/me/sessions")).await?;
        phone.inspect("sign-in").await?;
        phone.fill("登录名", "138 0000 1234").await?;
        phone.fill("密码", "Wrong-2026").await?;
        phone.click("显示密码").await?;
        assert!(phone.shows("隐藏密码").await?);
        assert_eq!(phone.value("密码").await?, "Wrong-2026");
        phone.click_near("隐藏密码", "登录").await?;
        phone.wait_for("登录名或密码不正确").await?;
        assert_eq!(phone.value("登录名").await?, "138 0000 1234");
        assert_eq!(phone.value("密码").await?, "");
        inspect_refusal(&phone, "sign-in-wrong").await?;
        phone.fill("密码", PASSWORD).await?;
        phone.click_near("显示密码", "登录").await?;
        phone.wait_for("登录记录").await?;

        desk.goto(&format!("{base}/sign-in?next=/me/sessions")).await?;
        desk.inspect("sign-in").await?;
        desk.click_near("申请人 王小明", "登录").await?;
        desk.wait_for("当前设备").await?;
        desk.inspect("sessions").await?;
        phone.reload().await?;
        phone.inspect("sessions").await?;
        desk.click("退出其他所有设备").await?;
        desk.wait_for("已退出 1 个设备").await?;
        phone.reload().await?;
        phone.wait_for("您的登录已经失效").await?;
        phone.inspect("sign-in-again").await?;

        desk.goto(&format!("{base}/me/password")).await?;
        desk.inspect("password").await?;
        desk.fill("现在的密码", PASSWORD).await?;
        desk.fill("新密码", "short").await?;
        desk.click("修改密码").await?;
        desk.wait_for("密码至少8个字符").await?;
        inspect_refusal(&desk, "password-wrong").await?;
        desk.click("退出").await?;
        desk.wait_for("登录").await
    })
}

#[test]
fn the_app_is_set_up_on_a_phone_and_its_code_asked_for_at_a_desk() -> Result {
    let db = TestDb::sqlite();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let mut strict = crate::world::settings(false);
        strict.staff_factor = true;
        let world = World::on(db.store().clone(), strict);
        world.clerk();
        let base = serve(&world).await;
        let browser = Browser::start().await?;
        let (phone, desk) = (browser.phone().await?, browser.desktop().await?);
        for (session, last) in [(&desk, false), (&phone, true)] {
            session.goto(&format!("{base}/sign-in?next=/me/factor")).await?;
            session.fill("登录名", "zhou").await?;
            session.fill("密码", PASSWORD).await?;
            session.enter().await?;
            session.wait_for("设置动态口令").await?;
            session.inspect("set-up").await?;
            session.fill("验证码", "12").await?;
            session.click("完成设置").await?;
            session.wait_for("验证码不正确").await?;
            inspect_refusal(session, "set-up-wrong").await?;
            if last {
                let text = session.text().await?;
                let secret = text.split("密钥 ").nth(1).and_then(|rest| rest.lines().next());
                let secret = secret.and_then(yimen_identity::Secret::parse).expect("the secret as text");
                session.fill("验证码", &secret.code(yimen_platform::Clock::now(&*world.clock))).await?;
                session.click("完成设置").await?;
                session.wait_for("离开本页后不再显示").await?;
                session.inspect("recovery").await?;
                session.click("已保存，继续").await?;
                session.wait_for("还有 10 个恢复码没有用过").await?;
                session.inspect("factor").await?;
                world.clock.advance_ms(60_000);
                desk.goto(&format!("{base}/sign-in?next=/me/factor")).await?;
                desk.fill("登录名", "zhou").await?;
                desk.fill("密码", PASSWORD).await?;
                desk.enter().await?;
                desk.wait_for("填写验证码").await?;
                desk.inspect("code").await?;
                desk.fill("验证码", "1234567").await?;
                desk.enter().await?;
                desk.wait_for("登录名、密码或验证码不正确").await?;
                inspect_refusal(&desk, "code-wrong").await?;
                desk.fill("验证码", &secret.code(yimen_platform::Clock::now(&*world.clock))).await?;
                desk.enter().await?;
                desk.wait_for("还有 10 个恢复码没有用过").await?;
                desk.inspect("factor").await?;
            }
        }
        Ok(())
    })
}

/// The rows of a page read the same on a phone and at a desk; each is looked at in both.
pub async fn look(sessions: &[&Session], base: &str, path: &str, name: &str) -> Result {
    for session in sessions {
        session.goto(&format!("{base}{path}")).await?;
        session.inspect(name).await?;
    }
    Ok(())
}

/// How the app is set up and asked is told above; here a password is enough.
fn with_two_of_security(db: &TestDb) -> World {
    use crate::admin::{administrator, governed_settings};
    use yimen_platform::Role;
    let mut settings = governed_settings();
    settings.staff_factor = false;
    settings.home = Box::new(|_| "/admin".into());
    let world = World::on(db.store().clone(), settings);
    world.first_key();
    administrator(&world, "sec", "安全一", Role::Security);
    administrator(&world, "seb", "安全二", Role::Security);
    world
}

#[test]
fn the_security_administrator_makes_an_account_and_two_appoint_an_administrator() -> Result {
    let db = TestDb::sqlite();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let world = with_two_of_security(&db);
        let zhou = world.clerk();
        for _ in 0..5 {
            world.attempt("nobody", "Wrong-2026").await;
        }
        let base = serve(&world).await;
        let browser = Browser::start().await?;
        let (desk, other) = (browser.desktop().await?, browser.phone().await?);
        desk.sign_in(&base, "sec", PASSWORD).await?;
        other.sign_in(&base, "seb", PASSWORD).await?;
        let both = [&desk, &other];
        look(&both, &base, "/admin", "admin-home").await?;
        look(&both, &base, "/admin/accounts", "admin-accounts").await?;
        look(&both, &base, "/admin/keys", "admin-keys").await?;
        look(&both, &base, "/admin/locks", "admin-locks").await?;
        look(&both, &base, "/admin/sessions", "admin-sessions").await?;
        look(&both, &base, &format!("/admin/accounts/{zhou}"), "admin-account").await?;
        look(&both, &base, &format!("/admin/accounts/{zhou}/position"), "admin-position").await?;

        desk.goto(&format!("{base}/admin/accounts")).await?;
        desk.click("新建账户").await?;
        desk.inspect("admin-new").await?;
        desk.fill("姓名", "吴明").await?;
        desk.fill("登录名", "wu").await?;
        desk.tick("窗口人员").await?;
        desk.click("新建账户").await?;
        desk.wait_for("请选择大厅").await?;
        inspect_refusal(&desk, "admin-new-wrong").await?;
        // Roles can be given later: without one no place is asked for.
        desk.tick("窗口人员").await?;
        desk.click("新建账户").await?;
        desk.wait_for("离开本页后不再显示").await?;
        desk.inspect("admin-told").await?;
        desk.click("已交给本人，继续").await?;
        desk.click("任命为管理员").await?;
        desk.inspect("admin-appoint").await?;
        desk.choose("任命为", "审计管理员").await?;
        desk.fill("理由", "岗位调整").await?;
        desk.click("提出任命").await?;
        desk.wait_for("等待另一位安全管理员批准").await?;

        look(&both, &base, "/admin/proposals", "admin-proposals").await?;
        other.click("任命吴明（wu）为审计管理员").await?;
        other.inspect("admin-proposal").await?;
        other.choose("您的决定", "批准").await?;
        other.click("确定").await?;
        other.wait_for("已批准，现在生效").await?;
        desk.goto(&format!("{base}/admin/accounts?q=wu")).await?;
        desk.wait_for("审计管理员").await?;
        desk.inspect("admin-found").await
    })
}

#[test]
fn two_security_administrators_change_the_policy_and_see_before_whom_it_is_about() -> Result {
    use crate::admin::place_of;
    use yimen_identity::NewAccount;
    use yimen_platform::Role;
    let db = TestDb::sqlite();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let world = with_two_of_security(&db);
        let position = place_of(&[Role::Inspector]);
        world.account(NewAccount { position, ..crate::world::clerk("ducha", "督查员") });
        let base = serve(&world).await;
        let browser = Browser::start().await?;
        let (desk, other) = (browser.desktop().await?, browser.phone().await?);
        desk.sign_in(&base, "sec", PASSWORD).await?;
        other.sign_in(&base, "seb", PASSWORD).await?;
        let both = [&desk, &other];
        look(&both, &base, "/admin/policy", "policy").await?;
        look(&both, &base, "/admin/policy/edit", "policy-edit").await?;

        desk.goto(&format!("{base}/admin/policy")).await?;
        desk.click("修改").await?;
        let text = "citizen own see fill-in submit withdraw pay\nclerk office see pre-check\nprogram city see pay tick";
        desk.fill("权限规则", &text.replace("clerk office", "clark office")).await?;
        desk.click("预览影响").await?;
        desk.wait_for("第 2 行：没有“clark”这种身份").await?;
        inspect_refusal(&desk, "policy-edit-wrong").await?;
        desk.fill("权限规则", text).await?;
        desk.click("预览影响").await?;
        desk.wait_for("没有人能督查全市的办件").await?;
        assert!(desk.shows("督查员（ducha）").await?);
        desk.inspect("policy-preview").await?;
        desk.click("提出修改").await?;
        desk.wait_for("请填写修改的理由").await?;
        inspect_refusal(&desk, "policy-preview-wrong").await?;
        desk.fill("修改的理由", "机构调整").await?;
        desk.click("提出修改").await?;
        desk.wait_for("等待另一位安全管理员批准").await?;
        desk.inspect("policy-proposed").await?;

        other.goto(&format!("{base}/admin/proposals")).await?;
        other.click("第 1 版权限规则").await?;
        other.wait_for("失去权限的账户：1 个").await?;
        other.inspect("policy-proposal").await?;
        other.choose("您的决定", "批准").await?;
        other.click("确定").await?;
        other.wait_for("已批准，现在生效").await?;
        look(&both, &base, "/admin/policy/versions/1", "policy-version").await?;
        desk.goto(&format!("{base}/admin/policy")).await?;
        desk.wait_for("第 1 版（现行）").await?;
        assert_eq!(world.identity.policy().0, 1);
        Ok(())
    })
}
