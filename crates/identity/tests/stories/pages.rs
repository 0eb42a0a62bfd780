//! What the extractors and pages answer to whom.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use yimen_testkit::TestDb;

use crate::world::{PASSWORD, World, demo_settings};

fn run<F: Future<Output = ()>>(story: impl FnOnce(World) -> F) {
    let db = TestDb::sqlite();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(story(World::new(db)));
}

#[test]
fn who_is_not_signed_in_is_sent_to_sign_in_and_back() {
    run(|world| async move {
        world.clerk();
        for path in ["/mine?a=1&b=2", "/staff", "/citizen"] {
            let asked = world.get(path, "").await;
            assert_eq!(asked.status, StatusCode::SEE_OTHER, "{path}");
        }
        let asked = world.get("/mine?a=1&b=2", "").await;
        assert_eq!(asked.location(), "/sign-in?next=/mine%3Fa%3D1%26b%3D2");
        let page = world.get(asked.location(), "").await;
        assert!(page.body.contains(r#"name="next" value="/mine?a=1&#38;b=2""#), "{}", page.body);
        assert_eq!(world.get("/maybe", "").await.body, "nobody");
        let cookie = world.sign_in("zhou").await;
        assert_eq!(world.get("/mine", &cookie).await.body, "周窗口");
        assert_eq!(world.get("/maybe", &cookie).await.body, "somebody");
    });
}

#[test]
fn a_form_sent_too_late_leads_back_to_its_page_and_a_script_is_told_plainly() {
    run(|world| async move {
        let post = |name: &'static str, value: &'static str| {
            Request::post("/mine")
                .header("sec-fetch-site", "same-origin")
                .header(name, value)
                .body(Body::empty())
                .unwrap()
        };
        let late = world.send(post("referer", "http://localhost/apply/1/contact?x=1")).await;
        assert_eq!(late.location(), "/sign-in?next=/apply/1/contact%3Fx%3D1");
        let trick = world.send(post("referer", "http://localhost//evil.example")).await;
        assert_eq!(trick.location(), "/sign-in");
        let bare = world.send(post("x-none", "1")).await;
        assert_eq!((bare.status, bare.location()), (StatusCode::SEE_OTHER, "/sign-in"));
        let script = world.send(post("accept", "application/json")).await;
        assert_eq!(script.status, StatusCode::UNAUTHORIZED);
        assert_eq!(script.headers[header::CONTENT_TYPE], "application/problem+json");
        let fragment = world.send(post("x-fragment", "inbox")).await;
        assert_eq!(fragment.status, StatusCode::UNAUTHORIZED);
    });
}

#[test]
fn a_program_that_signs_in_wrongly_is_told_as_a_program() {
    run(|world| async move {
        world.clerk();
        let attempt = |login: &str, password: &str| {
            Request::post("/sign-in")
                .header("sec-fetch-site", "same-origin")
                .header(header::ACCEPT, "application/json")
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from(format!("login={login}&password={password}")))
                .unwrap()
        };
        let problem = |answer: &crate::world::Answer| -> serde_json::Value {
            assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json", "{}", answer.body);
            serde_json::from_str(&answer.body).unwrap()
        };
        let empty = world.send(attempt("", "")).await;
        assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(problem(&empty)["errors"][1]["field"], "password");
        for _ in 0..5 {
            let wrong = world.send(attempt("zhou", "Wrong-0000")).await;
            assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
            let told = problem(&wrong)["errors"][0]["detail"].as_str().unwrap().to_owned();
            assert!(told.contains("登录名或密码不正确"), "{told}");
        }
        let locked = world.send(attempt("zhou", PASSWORD)).await;
        assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS);
        let told = problem(&locked);
        assert!(told["detail"].as_str().unwrap().contains("请在"), "it says until when: {told}");
        assert_eq!(told["status"], 429);
        let wait: i64 = locked.headers[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
        assert!((800..=901).contains(&wait), "{wait}");
        // People still see the form, with the words beside the field.
        let page = world.attempt("zhou", PASSWORD).await;
        assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(page.body.contains("<form") && page.body.contains("已暂停登录"), "{}", page.body);
    });
}

#[test]
fn the_wrong_kind_of_account_is_told_so() {
    run(|world| async move {
        world.clerk();
        world.citizen();
        let (staff, citizen) = (world.sign_in("zhou").await, world.sign_in("13800001234").await);
        assert_eq!(world.get("/staff", &staff).await.body, "hall");
        assert_eq!(world.get("/citizen", &citizen).await.body, "77 王小明");
        let refused = world.get("/staff", &citizen).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        assert!(
            refused.body.contains("工作人员") && refused.body.contains("王小明"),
            "the header knows who it is"
        );
        assert_eq!(world.get("/citizen", &staff).await.status, StatusCode::FORBIDDEN);
    });
}

#[test]
fn the_sign_in_page_keeps_to_the_form_rules() {
    run(|world| async move {
        let page = world.get("/sign-in", "").await.body;
        for wanted in [
            r#"autocomplete="username""#,
            r#"autocomplete="current-password""#,
            r#"type="password""#,
            r#"data-reveal="password""#,
            "novalidate",
            r#"<label for="login""#,
        ] {
            assert!(page.contains(wanted), "{wanted} in {page}");
        }
        assert!(!page.contains("required") && !page.contains("演示账户"));
        assert_eq!(page.matches("<h1").count(), 1);
    });
}

#[test]
fn a_demo_lists_its_accounts_and_one_press_signs_in() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let db = TestDb::sqlite();
        let world = World::on(db.store().clone(), demo_settings());
        world.clerk();
        let page = world.get("/sign-in?next=/staff", "").await.body;
        assert!(page.contains("演示账户") && page.contains("综合窗口 3号窗口"));
        assert!(page.contains(&format!("<code>{PASSWORD}</code>")));
        assert_eq!(page.matches(r#"name="next" value="/staff""#).count(), 3);
        let form = format!("next=/staff&login=zhou&password={PASSWORD}");
        assert_eq!(world.post("/sign-in", "", &form).await.location(), "/staff");
    });
}
