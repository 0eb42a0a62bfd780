//! The pages on which systems are registered.

use axum::http::StatusCode;
use yimen_identity::Position;
use yimen_platform::Role;
use yimen_testkit::on_each_engine_async;

use crate::world::{CALLBACK, World, pairs, request, staff};

// tidy: long, because it is one system from its registration to its end
#[test]
fn systems_are_registered_by_the_two_who_may_and_a_secret_is_shown_once() {
    on_each_engine_async(|db| async move {
        let world = World::with(db, true).await;
        world.reviewer();
        for (login, role) in [("qian", Role::System), ("sun", Role::Security), ("li", Role::Audit)] {
            world.account(login, "管理员", staff(&[role], ""));
        }
        world.account("13800001234", "王小明", Position::Citizen { party: 77 });
        let good = [
            ("kind", "server"),
            ("name", "税务核税系统"),
            ("redirects", CALLBACK),
            ("roles", "reviewer"),
            ("departments", "tax"),
            ("scopes", "profile"),
            ("trusted", "yes"),
        ];
        for login in ["zhou", "li"] {
            let (cookie, _) = world.sign_in_with_factor(login).await;
            assert_eq!(world.get("/admin/oidc", &cookie).await.status, StatusCode::FORBIDDEN);
            assert_eq!(
                world.post("/admin/oidc/new", &cookie, &pairs(&good)).await.status,
                StatusCode::FORBIDDEN
            );
        }
        let citizen = world.sign_in("13800001234").await;
        assert_eq!(world.get("/admin/oidc", &citizen).await.status, StatusCode::FORBIDDEN);

        let (cookie, app) = world.sign_in_with_factor("qian").await;
        for (name, value, told) in [
            ("name", "", "请填写系统名称"),
            ("redirects", "", "请填写至少一个登录回调地址"),
            ("redirects", "http://tax.example/cb", "应以 https:// 开头"),
            ("redirects", "https://*.example/cb", "通配符"),
            ("roles", "nobody", "请选择谁可以登录"),
            ("scopes", "everything", "请从列出的内容里选择"),
        ] {
            let form = good.map(|(key, kept)| if key == name { (key, value) } else { (key, kept) });
            let answer = world.post("/admin/oidc/new", &cookie, &pairs(&form)).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
            assert!(answer.body.contains(told), "{told}: {}", answer.body);
        }
        let told = world.post("/admin/oidc/new", &cookie, &pairs(&good)).await;
        assert_eq!(told.status, StatusCode::OK, "{}", told.body);
        let shown = |words: &str, body: &str| -> String {
            let part = body.split(&format!("{words} <code>")).nth(1).and_then(|rest| rest.split('<').next());
            part.unwrap_or_else(|| panic!("{words}: {body}")).to_owned()
        };
        let (id, secret) = (shown("客户端标识", &told.body), shown("客户端密钥", &told.body));
        let page = world.get(&format!("/admin/oidc/{id}"), &cookie).await;
        assert!(page.body.contains(&id) && !page.body.contains(&secret), "{}", page.body);
        assert!(page.body.contains("checked"), "filled as it is kept");
        assert!(world.get("/admin/oidc", &cookie).await.body.contains("税务核税系统"));

        // Five minutes later a change asks for the code again.
        world.clock.advance_ms(6 * crate::world::MINUTE);
        let other = good.map(|(key, kept)| if key == "name" { (key, "税务新系统") } else { (key, kept) });
        let asked = world.post(&format!("/admin/oidc/{id}"), &cookie, &pairs(&other)).await;
        assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
        let code = app.code(yimen_platform::Clock::now(&*world.clock));
        let form = [&other[..], &[("code", &code)]].concat();
        let done = world.post(&format!("/admin/oidc/{id}"), &cookie, &pairs(&form)).await;
        assert_eq!(done.location(), "/admin/oidc", "{}", done.body);
        let act = format!("/admin/oidc/{id}/act");
        assert_eq!(world.post(&act, &cookie, "").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let renewed = world.post(&act, &cookie, "act=secret").await;
        assert_ne!(shown("客户端密钥", &renewed.body), secret);
        assert_eq!(world.post(&act, &cookie, "act=close").await.location(), "/admin/oidc");
        assert!(world.get("/admin/oidc", &cookie).await.body.contains("已停用"));
        assert_eq!(world.get(&request(&id, &[]), &cookie).await.status, StatusCode::BAD_REQUEST);
        assert_eq!(world.post(&act, &cookie, "act=close").await.status, StatusCode::NOT_FOUND);
        assert_eq!(world.get("/admin/oidc/nobody", &cookie).await.status, StatusCode::NOT_FOUND);
        let verbs: Vec<String> = world.told().await.into_iter().map(|(verb, _)| verb).collect();
        let expected =
            ["oidc.client_added", "oidc.client_changed", "oidc.secret_renewed", "oidc.client_closed"];
        assert_eq!(verbs, expected);
    });
}
