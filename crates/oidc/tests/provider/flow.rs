//! The whole way with somebody else's library, and who is asked what before a code is given.

use axum::http::StatusCode;
use serde_json::json;
use yimen_identity::Position;
use yimen_oidc::keys;
use yimen_platform::Role;
use yimen_testkit::{TestDb, on_each_engine_async};

use crate::library::Library;
use crate::world::{CALLBACK, GOODBYE, MINUTE, PASSWORD, VERIFIER, World, request, staff};

async fn rotate(world: &World, at_once: bool) -> keys::Key {
    let (ctx, sealer) = (world.system(), world.oidc.platform.sealer.clone());
    let rotate = move |tx: &mut yimen_store::Tx<'_>| keys::rotate(tx, &ctx, &sealer, at_once);
    world.store.write("test.rotate", rotate).await.expect("a new key")
}

fn kid(token: &serde_json::Value) -> String {
    let head = token.as_str().and_then(|token| token.split('.').next()).expect("a token");
    let head: serde_json::Value = serde_json::from_slice(&yimen_oidc::jose::decode(head).unwrap()).unwrap();
    head["kid"].as_str().expect("a key's name").to_owned()
}

/// Discovery, sign-in, PKCE, userinfo, refresh, another key, sign-out: by `openid-client`, which checks what it is given.
// tidy: long, because it is one sign-in from its beginning to its end
#[test]
fn a_departments_system_signs_people_in_by_a_library_of_somebody_elses() {
    on_each_engine_async(|db| async move {
        let world = World::new(db).await;
        let account = world.reviewer();
        let (id, secret) = world.client(|_| ()).await;
        let mut library = Library::start("client.cjs");
        let about = json!({ "issuer": world.base, "id": id, "secret": secret, "redirect_uri": CALLBACK,
            "auth": "client_secret_basic" });
        let found = library.done("discover", about).await;
        assert_eq!(found["issuer"], json!(world.base));
        assert_eq!(found["code_challenge_methods_supported"], json!(["S256"]));

        // Nobody is signed in: to the sign-in page, and back to where it began.
        let start = library.authorization_url().await;
        let first = world.get(&start, "").await;
        assert!(first.location().starts_with("/sign-in?next=/oauth/authorize%3F"), "{}", first.location());
        let page = world.get(first.location(), "").await;
        let next =
            page.body.split("name=\"next\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        let next = next.replace("&#38;", "&").replace("&amp;", "&");
        let form = crate::world::pairs(&[("login", "zhou"), ("password", PASSWORD), ("next", &next)]);
        let entered = world.post("/sign-in", "", &form).await;
        assert!(entered.location().starts_with("/oauth/authorize?"), "{}", entered.body);
        let cookie = entered.cookie();
        let back = world.get(entered.location(), &cookie).await;
        assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.body);
        assert!(back.location().starts_with(&format!("{CALLBACK}&code=")), "{}", back.location());

        let tokens = library.done("callback", json!({ "url": back.location() })).await;
        let claims = &tokens["claims"];
        assert_eq!(claims["sub"], json!(world.oidc.subject(&id, account)));
        assert_eq!((&claims["acr"], &claims["amr"]), (&json!("urn:yimen:acr:one-factor"), &json!(["pwd"])));
        // The identity of the person is told on request, no more of it than was granted, and never the login.
        assert!(claims.get("name").is_none());
        let told = library
            .done("userinfo", json!({ "token": tokens["access_token"], "subject": claims["sub"] }))
            .await;
        let known = json!({ "sub": claims["sub"], "name": "周税务", "roles": ["reviewer"], "department": "tax", "office": "" });
        assert_eq!(told, known);

        // The same person goes on without being asked, until another key signs; both keys verify meanwhile.
        let made = rotate(&world, false).await;
        let refreshed = library.done("refresh", json!({ "token": tokens["refresh_token"] })).await;
        assert_ne!(refreshed["refresh_token"], tokens["refresh_token"]);
        assert_eq!(kid(&refreshed["id_token"]), kid(&tokens["id_token"]));
        assert_ne!(made.kid, kid(&tokens["id_token"]));
        let published = world.get("/oauth/jwks", "").await.body;
        assert!(
            published.contains(&made.kid) && published.contains(&kid(&tokens["id_token"])),
            "{published}"
        );
        world.clock.advance_ms(10 * MINUTE);
        library.done("clock", json!({ "ahead": 10 * MINUTE })).await;
        let renewed = library.done("refresh", json!({ "token": refreshed["refresh_token"] })).await;
        assert_eq!(kid(&renewed["id_token"]), made.kid);
        assert_eq!(renewed["claims"]["sub"], claims["sub"]);
        assert!(world.get("/oauth/jwks", "").await.body.contains(&kid(&tokens["id_token"])));
        world.clock.advance_ms(16 * MINUTE);
        assert!(!world.get("/oauth/jwks", "").await.body.contains(&kid(&tokens["id_token"])));
        library.fails("userinfo", json!({ "token": renewed["access_token"] }), "invalid_token").await;

        // Signing out there signs out here, and ends what was given.
        let given = json!({ "id_token_hint": renewed["id_token"], "post_logout_redirect_uri": GOODBYE, "state": "bye" });
        let leave = library.url("end_session_url", given).await;
        let left = world.get(&leave, &cookie).await;
        assert_eq!(left.location(), format!("{GOODBYE}?state=bye"), "{}", left.body);
        assert!(world.get("/me/sessions", &cookie).await.location().starts_with("/sign-in"));
        library.fails("refresh", json!({ "token": renewed["refresh_token"] }), "invalid_grant").await;
        let verbs: Vec<String> = world.told().await.into_iter().map(|(verb, _)| verb).collect();
        let expected = ["oidc.client_added", "oidc.granted", "oidc.key_made", "oidc.key_made", "oidc.ended"];
        assert_eq!(verbs, expected);
        // A key in other hands: nothing that was signed with it, or with any before, counts from now on.
        let fresh = rotate(&world, true).await;
        let published = world.get("/oauth/jwks", "").await.body;
        assert!(published.contains(&fresh.kid) && !published.contains(&made.kid), "{published}");
        // The background brings a new one after thirty days, and not before.
        assert!(!world.oidc.renew_key(&world.system()).await.expect("looked at"));
        world.clock.advance_ms(30 * 24 * 60 * MINUTE);
        assert!(world.oidc.renew_key(&world.system()).await.expect("renewed"));
    });
}

/// What the library refuses: answers that are not those of the request it made.
#[test]
fn the_library_finds_nothing_to_trust_in_answers_to_another_request() {
    on_each_engine_async(|db| async move {
        let world = World::new(db).await;
        world.reviewer();
        let (id, secret) = world.client(|_| ()).await;
        let cookie = world.sign_in("zhou").await;
        let mut library = Library::start("client.cjs");
        for auth in ["client_secret_basic", "client_secret_post"] {
            let about = json!({ "issuer": world.base, "id": id, "secret": secret, "redirect_uri": CALLBACK, "auth": auth });
            library.done("discover", about).await;
            for (changed, how) in [
                (json!({ "verifier": VERIFIER }), "invalid_grant"),
                (json!({ "nonce": "another" }), "RPError"),
                (json!({ "state": "another" }), "RPError"),
                (json!({}), ""),
            ] {
                let start = library.authorization_url().await;
                let back = world.get(&start, &cookie).await;
                let given = json!({ "url": back.location(), "changed": changed });
                match how {
                    "" => drop(library.done("callback", given).await),
                    how => drop(library.fails("callback", given, how).await),
                }
            }
        }
        let about = json!({ "issuer": world.base, "id": id, "secret": "another", "redirect_uri": CALLBACK,
            "auth": "client_secret_basic" });
        library.done("discover", about).await;
        let start = library.authorization_url().await;
        let back = world.get(&start, &cookie).await;
        library.fails("callback", json!({ "url": back.location() }), "invalid_client").await;
    });
}

/// `prompt`, `max_age`, consent, and a second factor that is told.
// tidy: long, because each question follows from the answer to the one before
#[test]
fn nobody_is_let_in_unasked_where_the_client_or_the_person_wants_to_be_asked() {
    on_each_engine_async(|db| async move {
        let world = World::with(db, true).await;
        world.reviewer();
        let (id, secret) = world.client(|new| new.trusted = false).await;
        let ask = |more: &[(&str, &str)]| request(&id, more);
        let silent = world.get(&ask(&[("prompt", "none")]), "").await;
        assert_eq!((silent.told("error").as_str(), silent.told("state").as_str()), ("login_required", "s-1"));
        assert_eq!(silent.told("iss"), world.base);

        let (cookie, app) = world.sign_in_with_factor("zhou").await;
        let silent = world.get(&ask(&[("prompt", "none")]), &cookie).await;
        assert_eq!(silent.told("error"), "consent_required");
        let page = world.get(&ask(&[]), &cookie).await;
        assert!(page.status == StatusCode::OK && page.body.contains("税务核税系统"), "{}", page.body);
        let action = page
            .body
            .split("action=\"/oauth/consent")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .unwrap();
        let action = format!("/oauth/consent{}", action.replace("&#38;", "&"));
        let no = world.post(&action, &cookie, "answer=no").await;
        assert!(no.headers["refresh"].to_str().unwrap().contains("error=access_denied"), "{}", no.body);
        let yes = world.post(&action, &cookie, "answer=yes").await;
        // From a form of ours: by a page, for the content policy would stop the redirect.
        assert_eq!((yes.status, yes.location()), (StatusCode::OK, ""));
        assert!(yes.headers["refresh"].to_str().unwrap().starts_with(&format!("0; url={CALLBACK}&code=")));
        // Agreed once: not asked again, unless the client wants it or wants more.
        assert!(!world.get(&ask(&[("prompt", "none")]), &cookie).await.told("code").is_empty());
        assert_eq!(world.get(&ask(&[("prompt", "consent")]), &cookie).await.status, StatusCode::OK);

        let code = world.get(&ask(&[("max_age", "3600")]), &cookie).await.told("code");
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        let (status, tokens) = world.call("/oauth/token", Some((&id, &secret)), &form).await;
        assert_eq!(status, StatusCode::OK, "{tokens}");
        let claims = tokens["id_token"].as_str().and_then(|token| token.split('.').nth(1)).unwrap();
        let claims: serde_json::Value =
            serde_json::from_slice(&yimen_oidc::jose::decode(claims).unwrap()).unwrap();
        assert_eq!(
            (&claims["acr"], &claims["amr"]),
            (&json!("urn:yimen:acr:two-factor"), &json!(["pwd", "otp", "mfa"]))
        );

        world.clock.advance_ms(2 * MINUTE);
        for more in [&[("prompt", "login")][..], &[("max_age", "60")], &[("max_age", "0")]] {
            let mut hidden = more.to_vec();
            hidden.retain(|(name, _)| *name != "prompt");
            hidden.push(("prompt", "none"));
            if more[0].0 == "max_age" {
                assert_eq!(world.get(&ask(&hidden), &cookie).await.told("error"), "login_required");
            }
            let page = world.get(&ask(more), &cookie).await;
            assert!(
                page.status == StatusCode::OK && page.body.contains("请重新登录"),
                "{more:?} {}",
                page.body
            );
        }
        // Signing in anew ends what was there, and leads back with a code.
        let again = ask(&[("prompt", "login")]).replace("/oauth/authorize", "/oauth/again");
        let out = world.post(&again, &cookie, "").await;
        assert!(out.location().starts_with("/sign-in?next="), "{}", out.body);
        assert!(world.get("/me/sessions", &cookie).await.location().starts_with("/sign-in"));
        let next = url::Url::parse(&format!("{}{}", world.base, out.location())).unwrap();
        let next = next.query_pairs().find(|(name, _)| name == "next").unwrap().1.into_owned();
        let form = crate::world::pairs(&[("login", "zhou"), ("password", PASSWORD)]);
        let half = world.post("/sign-in", "", &form).await;
        let code = app.code(yimen_platform::Clock::now(&*world.clock));
        let entered = world
            .post("/sign-in/code", &half.cookie(), &crate::world::pairs(&[("code", &code), ("next", &next)]))
            .await;
        assert_eq!(entered.location(), next, "{}", entered.body);
        let cookie = entered.cookie();
        assert!(!world.get(&next, &cookie).await.told("code").is_empty());
        // The mark is ours and of this very request: nobody writes it themselves, or takes it to another.
        for forged in [
            ask(&[("prompt", "login")]) + "&again=1.00",
            next.replace("state=s-1", "state=s-2"),
            next.replace("&again=", "&again=1"),
        ] {
            assert_eq!(world.get(&forged, &cookie).await.status, StatusCode::OK, "{forged}");
        }
        // Ninety days later the password is due, and half a day later the session is over.
        world.clock.advance_ms(31 * MINUTE);
        assert!(world.get(&ask(&[]), &cookie).await.location().starts_with("/sign-in"));
    });
}

/// By role, department and kind of person; the answer says no more than that.
#[test]
fn who_may_not_sign_in_there_is_sent_back_without_a_code() {
    on_each_engine_async(|db| async move {
        let world = World::new(db).await;
        world.reviewer();
        world.account("wu", "吴房管", staff(&[Role::Reviewer], "housing"));
        world.account("zheng", "郑窗口", staff(&[Role::Clerk], "tax"));
        world.account("13800001234", "王小明", Position::Citizen { party: 77 });
        let (narrow, _) = world.client(|_| ()).await;
        let (any, _) = world.client(|new| new.departments.clear()).await;
        let (open, _) = world.client(|new| new.citizens = true).await;
        for (login, lets_in) in [
            ("zhou", [true, true, true]),
            ("wu", [false, true, false]),
            ("zheng", [false, false, false]),
            ("13800001234", [false, false, true]),
        ] {
            let cookie = world.sign_in(login).await;
            for (client, may) in [&narrow, &any, &open].into_iter().zip(lets_in) {
                let answer = world.get(&request(client, &[]), &cookie).await;
                let told = if may { String::new() } else { "access_denied".to_owned() };
                assert_eq!((answer.told("error"), answer.told("code").is_empty()), (told, !may), "{login}");
            }
        }
    });
}

/// A client knows one name of a person, another client another, and neither is the account or the login.
#[test]
fn each_client_knows_a_person_under_another_name() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let world = World::new(TestDb::sqlite()).await;
        let account = world.reviewer();
        let names = [
            world.oidc.subject("a", account),
            world.oidc.subject("b", account),
            world.oidc.subject("a", account + 1),
        ];
        assert!(names[0] != names[1] && names[0] != names[2] && names[1] != names[2]);
        assert!(names.iter().all(|name| name.len() == 32 && !name.contains("zhou")));
    });
}
