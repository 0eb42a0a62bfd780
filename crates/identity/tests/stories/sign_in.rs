//! Signing in and out: lockout, sameness of answers, cookies, fixation, redirects, cross-site posts.

use std::collections::HashSet;

use axum::http::StatusCode;
use yimen_platform::journal;
use yimen_store::StoreError;
use yimen_testkit::{TestDb, on_each_engine_async};

use crate::world::{MINUTE, PASSWORD, World, resident, settings};

async fn verbs(world: &World) -> Vec<String> {
    let read = |q: &mut yimen_store::Read<'_>| -> Result<_, StoreError> { journal::of_case(q, 0, 0, 1000) };
    world.store.read(read).await.unwrap().into_iter().map(|entry| entry.verb).collect()
}

#[test]
fn staff_and_citizens_sign_in_at_one_form() {
    on_each_engine_async(|db| async move {
        let world = World::new(db);
        world.clerk();
        world.citizen();
        let clerk = world.sign_in(" ZHOU ").await;
        assert_eq!(world.whoami(&clerk).await, "staff|周窗口|周窗口 窗口人员 3号窗口");
        for login in
            ["13800001234", "%2B86+138-0000-1234", &resident(), &resident().to_lowercase(), "000000900101001"]
        {
            let cookie = world.sign_in(login).await;
            assert_eq!(world.whoami(&cookie).await, "citizen|王小明|王小明 个人用户", "{login}");
        }
        assert_eq!(world.whoami("").await, "anyone||");
        let home = world.attempt("zhou", PASSWORD).await;
        assert_eq!(home.location(), "/home-of-staff");
        assert_eq!(verbs(&world).await.iter().filter(|verb| *verb == "account.signed_in").count(), 7);
    });
}

#[test]
fn five_failures_close_a_login_for_a_quarter_of_an_hour() {
    on_each_engine_async(|db| async move {
        let world = World::new(db);
        world.clerk();
        for _ in 0..2 {
            let wrong = world.attempt("zhou", "Wrong-2026").await;
            assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(!wrong.body.contains("再输错"), "{}", wrong.body);
        }
        assert!(world.attempt("zhou", "Wrong-2026").await.body.contains("再输错2次，将暂停登录15分钟"));
        assert!(world.attempt("ZHOU ", "Wrong-2026").await.body.contains("再输错1次"));
        assert!(world.attempt("zhou", "Wrong-2026").await.body.contains("已暂停登录15分钟"));
        let compared = world.identity.passwords_compared();
        let right = world.attempt("zhou", PASSWORD).await;
        assert_eq!(right.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(right.set_cookie(), "");
        let after: i64 = right.headers["retry-after"].to_str().expect("digits").parse().expect("seconds");
        assert!((14 * 60..=15 * 60 + 1).contains(&after), "{after}");
        assert!(right.body.contains("之后再试"), "{}", right.body);
        assert_eq!(world.identity.passwords_compared(), compared, "not even looked at");
        assert_eq!(verbs(&world).await.iter().filter(|verb| *verb == "account.locked").count(), 1);
        world.clock.advance_ms(15 * MINUTE);
        world.sign_in("zhou").await;
        // A success forgets the failures before it.
        for _ in 0..4 {
            world.attempt("zhou", "Wrong-2026").await;
        }
        world.sign_in("zhou").await;
    });
}

#[test]
fn a_login_that_nobody_has_is_answered_as_a_wrong_password_is() {
    on_each_engine_async(|db| async move {
        let world = World::new(db);
        world.clerk();
        for _ in 0..7 {
            let before = world.identity.passwords_compared();
            let wrong = world.attempt("zhou", "Wrong-2026").await;
            let between = world.identity.passwords_compared();
            let unknown = world.attempt("zhao", "Wrong-2026").await;
            let after = world.identity.passwords_compared();
            assert_eq!(wrong.status, unknown.status);
            assert_eq!(wrong.body.replace("zhou", "zhao"), unknown.body);
            assert_eq!(between - before, after - between, "the same work");
            let names = |answer: &crate::world::Answer| {
                answer.headers.keys().map(|name| name.to_string()).collect::<HashSet<_>>()
            };
            assert_eq!(names(&wrong), names(&unknown));
        }
    });
}

#[test]
fn a_hundred_guesses_at_once_are_no_more_than_five() {
    on_each_engine_async(|db| async move {
        let world = World::new(db);
        world.clerk();
        let guesses: Vec<_> = (0..100)
            .map(|n| {
                let identity = world.identity.clone();
                tokio::spawn(async move {
                    identity
                        .sign_in("zhou", &format!("Guess-{n:04}"), yimen_identity::Device::default())
                        .await
                })
            })
            .collect();
        for guess in guesses {
            guess.await.unwrap().unwrap_err();
        }
        assert_eq!(world.identity.passwords_compared(), 5);
    });
}

#[test]
fn the_cookie_is_out_of_reach_for_scripts_other_sites_and_plain_http() {
    on_each_engine_async(|db| async move {
        let world = World::new(db);
        world.clerk();
        let plain = world.attempt("zhou", PASSWORD).await;
        let (value, flags) = plain.set_cookie().split_once("; ").unwrap();
        assert_eq!(flags, "Path=/; HttpOnly; SameSite=Lax");
        assert_eq!(value.strip_prefix("yimen=").unwrap().len(), 64);
        let secure = World::on(world.store.clone(), settings(true));
        let over_https = secure.attempt("zhou", PASSWORD).await;
        let (value, flags) = over_https.set_cookie().split_once("; ").unwrap();
        assert!(value.starts_with("__Host-yimen="), "{value}");
        assert_eq!(flags, "Path=/; HttpOnly; SameSite=Lax; Secure");
        // The one is no good where the other is expected.
        assert_eq!(secure.whoami(&plain.cookie()).await, "anyone||");
        assert_eq!(world.whoami(value).await, "anyone||");
    });
}

#[test]
fn a_token_from_before_is_never_signed_in() {
    on_each_engine_async(|db| async move {
        let world = World::new(db);
        world.clerk();
        world.citizen();
        let planted = format!("yimen={}", "ab".repeat(32));
        let form = format!("login=zhou&password={PASSWORD}");
        let fresh = world.post("/sign-in", &planted, &form).await.cookie();
        assert_ne!(fresh, planted);
        assert_eq!(world.whoami(&planted).await, "anyone||");
        // Signing in again, as somebody else, ends the session that was there.
        assert!(world.whoami(&fresh).await.starts_with("staff|"));
        let form = format!("login=13800001234&password={PASSWORD}");
        let second = world.post("/sign-in", &fresh, &form).await.cookie();
        assert_ne!(second, fresh);
        assert_eq!(world.whoami(&fresh).await, "anyone||");
        assert!(world.whoami(&second).await.starts_with("citizen|"));
    });
}

#[test]
fn after_signing_in_one_stays_on_this_site() {
    on_each_engine_async(|db| async move {
        let world = World::new(db);
        world.clerk();
        let to = async |next: &str| {
            let form = format!("login=zhou&password={PASSWORD}&next={next}");
            world.post("/sign-in", "", &form).await.location().to_owned()
        };
        assert_eq!(to("/my/cases%3Fafter%3D3").await, "/my/cases?after=3");
        for elsewhere in [
            "https%3A%2F%2Fevil.example",
            "%2F%2Fevil.example",
            "%2F%5Cevil.example",
            "%5C%5Cevil.example",
            "javascript%3Aalert(1)",
            "evil.example",
            "%2Fa%0D%0ASet-Cookie%3A+x%3D1",
            "%2F%09%2Fevil.example",
            "%2Fsign-out",
        ] {
            assert_eq!(to(elsewhere).await, "/home-of-staff", "{elsewhere}");
        }
        // The form carries on only what is good.
        let page = world.get("/sign-in?next=//evil.example", "").await;
        assert!(page.body.contains(r#"name="next" value="""#), "{}", page.body);
        let page = world.get("/sign-in?to=/my/%22x", "").await;
        assert!(page.body.contains(r#"name="next" value="/my/&#34;x""#), "{}", page.body);
        // Who is signed in already goes straight there.
        let cookie = world.sign_in("zhou").await;
        assert_eq!(world.get("/sign-in?next=/staff", &cookie).await.location(), "/staff");
        assert_eq!(world.get("/sign-in?next=//evil.example", &cookie).await.location(), "/home-of-staff");
    });
}

#[test]
fn another_site_can_sign_nobody_in_or_out() {
    on_each_engine_async(|db| async move {
        let world = World::new(db);
        world.clerk();
        let form = format!("login=zhou&password={PASSWORD}");
        let forged = world.post_from("cross-site", "/sign-in", "", &form).await;
        assert_eq!((forged.status, forged.set_cookie()), (StatusCode::FORBIDDEN, ""));
        let cookie = world.sign_in("zhou").await;
        for path in ["/sign-out", "/me/sessions/end-others", "/me/sessions/end", "/me/password"] {
            let forged = world.post_from("cross-site", path, &cookie, "session=1").await;
            assert_eq!(forged.status, StatusCode::FORBIDDEN, "{path}");
        }
        assert_eq!(world.get("/sign-out", &cookie).await.status, StatusCode::METHOD_NOT_ALLOWED);
        assert!(world.whoami(&cookie).await.starts_with("staff|"));
    });
}

#[test]
fn signing_out_ends_the_session_and_twice_does_no_harm() {
    on_each_engine_async(|db| async move {
        let world = World::new(db);
        world.clerk();
        let cookie = world.sign_in("zhou").await;
        let out = world.post("/sign-out", &cookie, "").await;
        assert_eq!((out.status, out.location()), (StatusCode::SEE_OTHER, "/"));
        assert_eq!(out.set_cookie(), "yimen=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
        assert_eq!(world.whoami(&cookie).await, "anyone||");
        assert_eq!(world.post("/sign-out", &cookie, "").await.status, StatusCode::SEE_OTHER);
        assert_eq!(world.post("/sign-out", "", "").await.status, StatusCode::SEE_OTHER);
        assert_eq!(verbs(&world).await.iter().filter(|verb| *verb == "session.ended").count(), 1);
    });
}

#[test]
fn what_is_missing_is_said_beside_the_field_and_the_login_is_kept() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let world = World::new(TestDb::sqlite());
        let empty = world.attempt("", "").await;
        assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(empty.body.contains("<title>错误：登录"), "{}", empty.body);
        // In the summary and beside the field.
        assert_eq!(empty.body.matches("请填写登录名").count(), 2);
        assert_eq!(empty.body.matches("请填写密码").count(), 2);
        let wrong = world.attempt("%3Cb%3Ezhou", "Secret-2026").await;
        assert!(wrong.body.contains("&#60;b&#62;zhou"), "{}", wrong.body);
        assert!(!wrong.body.contains("Secret-2026"), "the password came back");
        assert_eq!(wrong.body.matches("登录名或密码不正确").count(), 2);
        let long = world.attempt(&"x".repeat(60_000), "Secret-2026").await;
        assert_eq!(long.status, StatusCode::UNPROCESSABLE_ENTITY);
    });
}
