//! The database goes away and comes back: nobody is signed out by it.

use std::time::Duration;

use axum::http::StatusCode;
use yimen_store::{Options, Store};
use yimen_testkit::postgres::{Cluster, Stop};

use crate::world::{World, settings};

#[test]
fn while_the_database_is_away_the_answer_is_503_and_afterwards_one_is_still_signed_in() {
    let cluster = Cluster::own("identity");
    let store =
        Store::open(&cluster.url("postgres"), Options { connections: 2, ..Options::default() }).unwrap();
    store.migrate().unwrap();
    let world = World::on(store, settings(false));
    world.clerk();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let cookie = world.sign_in("zhou").await;
        assert!(world.whoami(&cookie).await.starts_with("staff|"));
        cluster.stop(Stop::Immediate);
        tokio::time::sleep(Duration::from_millis(1010)).await;
        for path in ["/whoami", "/mine", "/me/sessions", "/sign-in"] {
            let away = world.get(path, &cookie).await;
            assert_eq!(away.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
            assert_eq!((away.set_cookie(), away.location()), ("", ""), "{path}");
            assert!(away.body.contains("系统暂时不能使用") && away.body.contains("<html"), "{}", away.body);
        }
        let signing_in = world.attempt("zhou", crate::world::PASSWORD).await;
        assert_eq!(signing_in.status, StatusCode::SERVICE_UNAVAILABLE);
        // Who shows no cookie is nobody without asking the database.
        assert_eq!(world.whoami("").await, "anyone||");
        assert_eq!(world.get("/sign-in", "").await.status, StatusCode::OK);
        cluster.start();
        assert!(world.whoami(&cookie).await.starts_with("staff|"));
    });
}
