//! What an operator sets: the age of passwords, sessions at once, idle time; and the lock of an address.

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode};
use yimen_identity::Limits;
use yimen_testkit::{TestDb, on_each_engine_async};

use crate::factor::step;
use crate::world::{Answer, MINUTE, PASSWORD, World, settings};

const DAY: i64 = 24 * 60 * MINUTE;

fn limited(db: TestDb, limits: Limits) -> World {
    let mut settings = settings(false);
    settings.limits = limits;
    World::with(db, settings)
}

#[test]
fn after_ninety_days_staff_are_asked_for_a_new_password_and_say_it_before_anything_else() {
    on_each_engine_async(|db| async move {
        let world = limited(db, Limits::default());
        world.clerk();
        world.citizen();
        world.clock.advance_ms(90 * DAY - 1);
        let before = world.sign_in("zhou").await;
        world.clock.advance_ms(1);
        let first = world.attempt("zhou", PASSWORD).await;
        assert_eq!(first.location(), "/sign-in/password", "{}", first.body);
        let cookie = step(&first);
        assert_eq!(world.whoami(&cookie).await, "anyone||");
        assert!(world.get("/sign-in/password", &cookie).await.body.contains("使用了90天以上"));
        for (new, why) in [
            ("", "请填写新密码"),
            ("Short-26", "至少10个字符"),
            ("Zhou-Abc-2026", "登录名或姓名"),
            ("Passw0rd-2026", "太常见"),
            (PASSWORD, "最近用过的5个密码"),
        ] {
            let told = world.post("/sign-in/password", &cookie, &format!("new={new}")).await;
            assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY, "{new}");
            assert!(told.body.contains(why), "{new} {why}: {}", told.body);
        }
        let done = world.post("/sign-in/password", &cookie, "new=Fresh-2026&next=/mine").await;
        assert_eq!(done.location(), "/mine", "{}", done.body);
        assert!(world.whoami(&done.cookie()).await.starts_with("staff|"));
        assert_eq!(world.whoami(&before).await, "anyone||", "who was in with the old one is out");
        assert_eq!(
            world.post("/sign-in/password", &cookie, "new=Other-2026").await.location(),
            "/sign-in?again=1"
        );
        assert_eq!(world.attempt("zhou", "Fresh-2026").await.location(), "/home-of-staff");
        // Citizens keep theirs.
        world.sign_in("13800001234").await;
    });
}

#[test]
fn none_of_the_last_five_passwords_comes_back() {
    on_each_engine_async(|db| async move {
        let world = limited(db, Limits::default());
        world.clerk();
        let cookie = world.sign_in("zhou").await;
        let mut now = PASSWORD.to_owned();
        let mut change = async |new: &str| {
            let form = format!("password={now}&new={new}");
            let answer = world.post("/me/password", &cookie, &form).await;
            if answer.status == StatusCode::SEE_OTHER {
                now = new.to_owned();
            }
            (answer.status, answer.body)
        };
        for new in ["Second-2026", "Third-2026", "Fourth-2026", "Fifth-2026"] {
            assert_eq!(change(new).await.0, StatusCode::SEE_OTHER, "{new}");
        }
        for old in [PASSWORD, "Second-2026", "Fourth-2026"] {
            let (status, body) = change(old).await;
            assert!(
                status == StatusCode::UNPROCESSABLE_ENTITY && body.contains("最近用过的5个密码"),
                "{old}: {body}"
            );
        }
        assert_eq!(change("Sixth-2026").await.0, StatusCode::SEE_OTHER);
        assert_eq!(change("Second-2026").await.0, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(change(PASSWORD).await.0, StatusCode::SEE_OTHER, "the sixth before");
    });
}

#[test]
fn one_session_more_than_allowed_ends_the_one_not_used_for_longest() {
    on_each_engine_async(|db| async move {
        let world = limited(db, Limits { sessions: 2, staff_idle: 10, ..Limits::default() });
        world.clerk();
        world.citizen();
        let first = world.sign_in("zhou").await;
        world.clock.advance_ms(2 * MINUTE);
        let second = world.sign_in("zhou").await;
        world.clock.advance_ms(2 * MINUTE);
        // Used, and that is written beside the request.
        assert!(world.whoami(&first).await.starts_with("staff|"));
        while world.seen(&first).await != yimen_platform::Clock::now(&*world.clock) {
            tokio::task::yield_now().await;
        }
        let third = world.sign_in("zhou").await;
        assert!(world.whoami(&first).await.starts_with("staff|"));
        assert_eq!(world.whoami(&second).await, "anyone||");
        world.clock.advance_ms(10 * MINUTE);
        assert_eq!(world.whoami(&third).await, "anyone||", "idle for ten minutes");
        // Citizens use what devices they have.
        let mut cookies = Vec::new();
        for _ in 0..4 {
            cookies.push(world.sign_in("13800001234").await);
        }
        for cookie in &cookies {
            assert!(world.whoami(cookie).await.starts_with("citizen|"));
        }
    });
}

async fn from(world: &World, address: &str, login: &str, password: &str) -> Answer {
    let mut request = Request::post("/sign-in")
        .header("host", "localhost")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("x-forwarded-for", "203.0.113.9, 198.51.100.4")
        .body(Body::from(format!("login={login}&password={password}")))
        .unwrap();
    let peer: std::net::SocketAddr = address.parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    world.send(request).await
}

#[test]
fn fifty_failures_from_one_address_close_it_and_no_other() {
    on_each_engine_async(|db| async move {
        let world = limited(db, Limits::default());
        world.clerk();
        world.citizen();
        for n in 0..50 {
            // Right ones between them do not open the door again, nor do they count.
            if n % 10 == 0 {
                assert_eq!(
                    from(&world, "192.0.2.1:5000", "zhou", PASSWORD).await.status,
                    StatusCode::SEE_OTHER
                );
            }
            let login = format!("user{}", char::from(b'a' + n / 2));
            let wrong = from(&world, "192.0.2.1:5000", &login, "Wrong-2026").await;
            assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{n}");
        }
        let compared = world.identity.passwords_compared();
        let closed = from(&world, "192.0.2.1:6000", "13800001234", PASSWORD).await;
        assert_eq!(closed.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(closed.headers.contains_key("retry-after"));
        assert_eq!(world.identity.passwords_compared(), compared);
        assert_eq!(
            from(&world, "192.0.2.2:5000", "13800001234", PASSWORD).await.status,
            StatusCode::SEE_OTHER
        );
        world.clock.advance_ms(15 * MINUTE);
        assert_eq!(
            from(&world, "192.0.2.1:5000", "13800001234", PASSWORD).await.status,
            StatusCode::SEE_OTHER
        );
    });
}

#[test]
fn behind_a_proxy_the_address_is_the_one_the_proxy_saw() {
    on_each_engine_async(|db| async move {
        let world = World::new(db);
        for n in 0..50_u8 {
            let login = format!("user{}", char::from(b'a' + n / 2));
            // Each through another machine of the proxy's.
            from(&world, &format!("10.0.0.{n}:5000"), &login, "Wrong-2026").await;
        }
        assert_eq!(from(&world, "10.0.0.99:1", "zhou", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
    });
}

#[test]
fn an_account_that_asks_too_often_waits_wherever_it_comes_from_and_others_do_not() {
    on_each_engine_async(|db| async move {
        let world = World::new(db);
        world.clerk();
        world.citizen();
        let (clerk, other, citizen) =
            (world.sign_in("zhou").await, world.sign_in("zhou").await, world.sign_in("13800001234").await);
        // Two sessions of one account, one after the other.
        let mut turns = [&clerk, &other].into_iter().cycle().take(50);
        let refused = loop {
            let answer = world.get("/api/mine", turns.next().expect("it is refused")).await;
            match answer.status {
                StatusCode::OK => {}
                _ => break answer,
            }
        };
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(refused.headers["retry-after"], "1");
        assert!(refused.body.contains("您的账户操作太频繁"), "{}", refused.body);
        assert_eq!(world.get("/api/mine", &citizen).await.status, StatusCode::OK);
        // What is of another kind goes on.
        assert_eq!(world.get("/mine", &clerk).await.status, StatusCode::OK);
    });
}
