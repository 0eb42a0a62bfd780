//! The whole way through a provider of somebody else's.

use std::process::Stdio;

use axum::http::StatusCode;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use yimen_parties::{NewParty, Parties};
use yimen_testkit::on_each_engine_async;

use crate::library::packages;
use crate::world::{BACK, SECRET, Visitor, World, provider, resident};

/// The provider in a process of its own, and its issuer.
async fn start() -> (Child, String) {
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/third-party/provider.mjs");
    let mut process = Command::new("node")
        .arg(script)
        .args(["yimen", SECRET, BACK, &resident()])
        .env("YIMEN_OIDC_NODE", packages())
        .env("NODE_NO_WARNINGS", "1")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("node runs; `cargo xtask test` installs it");
    let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
    let line = tokio::time::timeout(std::time::Duration::from_secs(30), lines.next_line());
    let line = line.await.expect("in time").expect("a line").expect("it runs");
    (process, line)
}

/// Registered when nobody knew them, the same account afterwards; who is not sure enough, or somebody else, is not let in.
#[test]
fn a_person_signs_in_through_a_provider_of_somebody_elses() {
    on_each_engine_async(|db| async move {
        let (_process, issuer) = start().await;
        let world = World::new(db, provider(&issuer));
        let page = world.get("/sign-in?next=/me/sessions", "").await;
        assert!(page.body.contains("href=\"/sign-in/with/province?next=/me/sessions\""), "{}", page.body);
        let mut accounts = Vec::new();
        for _ in 0..2 {
            let away = world.get("/sign-in/with/province?next=/me/sessions", "").await;
            assert_eq!(away.status, StatusCode::SEE_OTHER, "{}", away.body);
            let cookie = away.cookie("yimen-outside");
            let back = Visitor::default().sign_in(away.location(), "wang").await;
            // Somebody else's browser cannot finish it.
            assert_eq!(world.get(&back, "").await.status, StatusCode::FORBIDDEN);
            let entered = world.get(&back, &cookie).await;
            assert_eq!(
                (entered.status, entered.location()),
                (StatusCode::SEE_OTHER, "/me/sessions"),
                "{}",
                entered.body
            );
            let session = entered.cookie("yimen");
            assert_eq!(world.get("/me/sessions", &session).await.status, StatusCode::OK);
            // The code is spent, and so is what the browser kept.
            assert!(entered.cookie("yimen-outside").is_empty());
            assert_eq!(world.get(&back, &cookie).await.status, StatusCode::FORBIDDEN);
            let (identity, number) = (world.identity.clone(), resident());
            accounts.push(world.store.read(move |q| identity.account_of_login(q, &number)).await.unwrap());
        }
        assert!(accounts[0].is_some() && accounts[0] == accounts[1]);
        for (login, told) in [("weak", "实名等级不够"), ("other", "姓名"), ("broken", "没有提供可以核对")]
        {
            let away = world.get("/sign-in/with/province", "").await;
            let back = Visitor::default().sign_in(away.location(), login).await;
            let answer = world.get(&back, &away.cookie("yimen-outside")).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{login}");
            assert!(
                answer.body.contains(told) && answer.cookie("yimen").is_empty(),
                "{login}: {}",
                answer.body
            );
        }
        let verbs = world.verbs().await;
        let count = |verb: &str| verbs.iter().filter(|one| *one == verb).count();
        assert_eq!(
            (count("party.registered"), count("account.created"), count("account.signed_in")),
            (1, 1, 2)
        );
        // A closed account stays closed.
        let (ctx, account) = (world.system(), accounts[0].unwrap());
        world.identity.close_account(&ctx, account).await.unwrap();
        let away = world.get("/sign-in/with/province", "").await;
        let back = Visitor::default().sign_in(away.location(), "wang").await;
        assert_eq!(world.get(&back, &away.cookie("yimen-outside")).await.status, StatusCode::FORBIDDEN);
    });
}

/// Whom the counter registered has an account from the first sign-in on.
#[test]
fn a_person_whom_the_register_knows_is_the_same_party() {
    on_each_engine_async(|db| async move {
        let (_process, issuer) = start().await;
        let world = World::new(db, provider(&issuer));
        let (parties, ctx) = (Parties::new(world.platform.sealer.clone()), world.system());
        let register = move |tx: &mut yimen_store::Tx<'_>| {
            parties.register(tx, &ctx, &NewParty::person("王小明", resident())).map(|party| party.id)
        };
        let party = world.store.write_blocking("party.register", register).unwrap();
        let away = world.get("/sign-in/with/province", "").await;
        let back = Visitor::default().sign_in(away.location(), "wang").await;
        let entered = world.get(&back, &away.cookie("yimen-outside")).await;
        assert_eq!(entered.status, StatusCode::SEE_OTHER, "{}", entered.body);
        let identity = world.identity.clone();
        let account = world.store.read(move |q| identity.account_of_party(q, party)).await.unwrap();
        assert!(account.is_some());
    });
}
