//! Sessions over time and over several servers.

use std::time::Duration;

use axum::http::StatusCode;
use yimen_store::{StoreError, params, sql};
use yimen_testkit::on_each_engine_async;

use crate::world::{MINUTE, World, clerk};

sql! {
    COUNT = "select count(*) from identity_session";
    SEEN = "select seen_at from identity_session";
    RAW = "select s.token_digest, s.agent, l.login_index, l.shown from identity_session s, identity_login l";
}

const ANYONE: &str = "anyone||";

async fn count(world: &World) -> i64 {
    world.store.read(|q| -> Result<i64, StoreError> { q.one(&COUNT, params![]) }).await.unwrap()
}

async fn touches(world: &World) -> u64 {
    // The write goes beside the request.
    tokio::time::sleep(Duration::from_millis(100)).await;
    world
        .store
        .metrics()
        .iter()
        .find(|(name, _)| *name == "session.touch")
        .map_or(0, |(_, metric)| metric.count)
}

#[test]
fn who_does_nothing_for_too_long_is_out() {
    on_each_engine_async(|db| async move {
        let world = World::new(db);
        world.clerk();
        world.citizen();
        let (staff, citizen) = (world.sign_in("zhou").await, world.sign_in("13800001234").await);
        // Busy staff stay in.
        for _ in 0..4 {
            world.clock.advance_ms(29 * MINUTE);
            assert!(world.whoami(&staff).await.starts_with("staff|"));
        }
        touches(&world).await;
        assert!(world.whoami(&citizen).await.starts_with("citizen|"), "116 minutes");
        world.clock.advance_ms(30 * MINUTE);
        assert_eq!(world.whoami(&staff).await, ANYONE);
        assert!(world.whoami(&citizen).await.starts_with("citizen|"));
        world.clock.advance_ms(120 * MINUTE);
        assert_eq!(world.whoami(&citizen).await, ANYONE);
        let page = world.get("/sign-in", &citizen).await;
        assert!(page.body.contains("您的登录已经失效"), "{}", page.body);
        assert!(!world.get("/sign-in", "").await.body.contains("您的登录已经失效"));
    });
}

#[test]
fn after_half_a_day_even_the_busiest_sign_in_again() {
    on_each_engine_async(|db| async move {
        let world = World::new(db);
        world.clerk();
        let cookie = world.sign_in("zhou").await;
        for _ in 0..35 {
            world.clock.advance_ms(20 * MINUTE);
            assert!(world.whoami(&cookie).await.starts_with("staff|"));
        }
        world.clock.advance_ms(20 * MINUTE);
        assert_eq!(world.whoami(&cookie).await, ANYONE);
        assert_eq!(world.identity.sweep().await.unwrap(), 0, "not yet past its time");
        world.clock.advance_ms(1);
        assert_eq!(world.identity.sweep().await.unwrap(), 1);
        assert_eq!(count(&world).await, 0);
    });
}

#[test]
fn that_a_session_was_seen_is_written_at_most_once_a_minute() {
    on_each_engine_async(|db| async move {
        let world = World::new(db);
        world.clerk();
        let cookie = world.sign_in("zhou").await;
        for _ in 0..20 {
            world.whoami(&cookie).await;
            world.clock.advance_ms(2999);
        }
        assert_eq!(touches(&world).await, 0, "59.98 seconds");
        world.clock.advance_ms(20);
        for _ in 0..20 {
            world.whoami(&cookie).await;
        }
        assert_eq!(touches(&world).await, 1);
        let seen: i64 =
            world.store.read(|q| -> Result<i64, StoreError> { q.one(&SEEN, params![]) }).await.unwrap();
        assert_eq!(seen, crate::world::NOW.0 + MINUTE);
    });
}

#[test]
fn a_revoked_session_is_out_at_once_here_and_within_a_second_elsewhere() {
    on_each_engine_async(|db| async move {
        let here = World::new(db);
        here.clerk();
        let elsewhere = here.other_node();
        let (lost, kept) = (here.sign_in("zhou").await, here.sign_in("zhou").await);
        for cookie in [&lost, &kept] {
            assert!(here.whoami(cookie).await.starts_with("staff|"));
            assert!(elsewhere.whoami(cookie).await.starts_with("staff|"));
        }
        let done = here.post("/me/sessions/end-others", &kept, "").await;
        assert_eq!(done.location(), "/me/sessions?ended=1");
        assert_eq!(here.whoami(&lost).await, ANYONE);
        assert!(here.whoami(&kept).await.starts_with("staff|"));
        tokio::time::sleep(Duration::from_millis(1010)).await;
        assert_eq!(elsewhere.whoami(&lost).await, ANYONE);
        assert!(elsewhere.whoami(&kept).await.starts_with("staff|"));
    });
}

#[test]
fn a_session_ended_while_it_is_being_used_does_not_live_on() {
    on_each_engine_async(|db| async move {
        let world = World::new(db);
        world.clerk();
        for _ in 0..20 {
            let cookie = world.sign_in("zhou").await;
            let asking: Vec<_> = (0..8)
                .map(|_| {
                    let (app, cookie) = (world.app.clone(), cookie.clone());
                    tokio::spawn(async move {
                        use tower::ServiceExt;
                        let request = axum::http::Request::get("/whoami").header("cookie", cookie);
                        app.oneshot(request.body(axum::body::Body::empty()).unwrap()).await.unwrap()
                    })
                })
                .collect();
            world.post("/sign-out", &cookie, "").await;
            assert_eq!(world.whoami(&cookie).await, ANYONE);
            for one in asking {
                one.await.unwrap();
            }
            assert_eq!(world.whoami(&cookie).await, ANYONE);
        }
    });
}

#[test]
fn one_sees_and_ends_only_the_own_sessions() {
    on_each_engine_async(|db| async move {
        let world = World::new(db);
        world.clerk();
        world.account(clerk("qian", "钱窗口"));
        let (here, there, other) =
            (world.sign_in("zhou").await, world.sign_in("zhou").await, world.sign_in("qian").await);
        let ids = |body: &str| -> Vec<String> {
            let parts = body.split(r#"name="session" value=""#).skip(1);
            parts.map(|part| part.split('"').next().unwrap().to_owned()).collect()
        };
        let page = world.get("/me/sessions", &here).await;
        assert!(
            page.body.contains("Firefox，Windows 电脑") && page.body.contains("当前设备"),
            "{}",
            page.body
        );
        let own = ids(&page.body);
        assert_eq!(own.len(), 1, "the current one has no button");
        // From somebody else's hand the id does nothing.
        let stolen = world.post("/me/sessions/end", &other, &format!("session={}", own[0])).await;
        assert_eq!(stolen.location(), "/me/sessions?ended=0");
        for forged in ["session=", "session=abc", "session=-1", "session=99999999999999999999", ""] {
            assert_eq!(
                world.post("/me/sessions/end", &here, forged).await.location(),
                "/me/sessions?ended=0"
            );
        }
        assert!(world.whoami(&there).await.starts_with("staff|"));
        let ended = world.post("/me/sessions/end", &here, &format!("session={}", own[0])).await;
        assert_eq!(ended.location(), "/me/sessions?ended=1");
        assert_eq!(world.whoami(&there).await, ANYONE);
        let page = world.get("/me/sessions?ended=1", &here).await;
        assert!(
            page.body.contains("已退出 1 个设备") && !page.body.contains("退出其他所有设备"),
            "{}",
            page.body
        );
        let asked = world.get("/me/sessions", "").await;
        assert_eq!((asked.status, asked.location()), (StatusCode::SEE_OTHER, "/sign-in?next=/me/sessions"));
    });
}

#[test]
fn neither_tokens_nor_citizens_logins_lie_readable_in_the_database() {
    on_each_engine_async(|db| async move {
        let world = World::new(db);
        world.citizen();
        let cookie = world.sign_in("13800001234").await;
        let token = cookie.strip_prefix("yimen=").unwrap().to_owned();
        type Raw = (String, String, String, String);
        let rows: Vec<Raw> =
            world.store.read(|q| -> Result<_, StoreError> { q.all(&RAW, params![]) }).await.unwrap();
        assert_eq!(rows.len(), 2);
        for (digest, agent, index, shown) in rows {
            let all = format!("{digest} {agent} {index} {shown}");
            for secret in [token.as_str(), "13800001234", &crate::world::resident()] {
                assert!(!all.contains(secret), "{secret} in {all}");
            }
            assert!(shown.contains('*'), "{shown}");
        }
    });
}
