//! What goes wrong, by mistake or on purpose.

use axum::http::StatusCode;
use serde_json::{Value, json};
use yimen_oidc::jose::encode;
use yimen_testkit::on_each_engine_async;

use crate::world::{CALLBACK, GOODBYE, MINUTE, VERIFIER, World, pairs, request};

fn token_form<'a>(code: &'a str, redirect: &'a str, verifier: &'a str) -> [(&'a str, &'a str); 4] {
    [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect),
        ("code_verifier", verifier),
    ]
}

async fn refused(world: &World, by: (&str, &str), form: &[(&str, &str)], how: &str) -> Value {
    let (status, told) = world.call("/oauth/token", Some(by), form).await;
    let expected = if how == "invalid_client" { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
    assert_eq!((status, told["error"].as_str()), (expected, Some(how)), "{form:?} {told}");
    told
}

/// An address that is not registered letter by letter is shown on a page of ours; nothing leads there.
#[test]
fn nobody_is_sent_to_an_address_that_was_not_registered() {
    on_each_engine_async(|db| async move {
        let world = World::new(db).await;
        world.reviewer();
        let (id, _) = world.client(|_| ()).await;
        let cookie = world.sign_in("zhou").await;
        let long = format!("{CALLBACK}{}", "x".repeat(2000));
        for redirect in [
            "https://evil.example/",
            "https://tax.example/callback",
            "https://tax.example/callback?from=yimen&x=1",
            "https://tax.example/callback?from=yimen#",
            "https://tax.example.evil.example/callback?from=yimen",
            "https://tax.example@evil.example/callback?from=yimen",
            "HTTPS://tax.example/callback?from=yimen",
            "https://tax.example/callback/../callback?from=yimen",
            "http://127.0.0.1:2/callback",
            "javascript:alert(1)",
            "//evil.example",
            "",
            &long,
        ] {
            for cookie in ["", cookie.as_str()] {
                let answer = world.get(&request(&id, &[("redirect_uri", redirect)]), cookie).await;
                assert_eq!((answer.status, answer.location()), (StatusCode::BAD_REQUEST, ""), "{redirect}");
                assert!(answer.headers.get("refresh").is_none());
                for path in ["/oauth/consent", "/oauth/again"] {
                    let path = request(&id, &[("redirect_uri", redirect)]).replace("/oauth/authorize", path);
                    let answer = world.post(&path, cookie, "answer=yes").await;
                    assert_eq!((answer.status, answer.location()), (StatusCode::BAD_REQUEST, ""), "{path}");
                    assert!(answer.headers.get("refresh").is_none());
                }
            }
        }
        for unknown in ["", "nobody", "' or 1=1", &"c".repeat(5000)] {
            let answer = world.get(&request(unknown, &[]), &cookie).await;
            assert_eq!((answer.status, answer.location()), (StatusCode::BAD_REQUEST, ""), "{unknown}");
        }
        // The same after a sign-out.
        for (name, value) in [("client_id", id.as_str()), ("client_id", "nobody"), ("id_token_hint", "a.b.c")]
        {
            let query = pairs(&[(name, value), ("post_logout_redirect_uri", "https://evil.example/")]);
            let answer = world.get(&format!("/oauth/end-session?{query}"), &cookie).await;
            assert_eq!((answer.status, answer.location()), (StatusCode::BAD_REQUEST, ""), "{name} {value}");
            let form = pairs(&[("query", &query)]);
            let answer = world.post("/oauth/end-session", &cookie, &form).await;
            assert_eq!((answer.status, answer.location()), (StatusCode::BAD_REQUEST, ""));
        }
        assert_eq!(world.get("/me/sessions", &cookie).await.status, StatusCode::OK, "still signed in");
    });
}

/// Without a token of this very sign-in anybody could sign anybody out by a link: the person is asked.
#[test]
fn a_link_from_elsewhere_signs_nobody_out() {
    on_each_engine_async(|db| async move {
        let world = World::new(db).await;
        let account = world.reviewer();
        let (id, _) = world.client(|_| ()).await;
        let cookie = world.sign_in("zhou").await;
        let claims =
            json!({ "iss": world.base, "aud": id, "sub": world.oidc.subject(&id, account), "sid": "x" });
        let none = format!("{}.{}.", encode(br#"{"alg":"none"}"#), encode(claims.to_string().as_bytes()));
        for hint in ["", none.as_str()] {
            let query =
                pairs(&[("client_id", &id), ("id_token_hint", hint), ("post_logout_redirect_uri", GOODBYE)]);
            let answer = world.get(&format!("/oauth/end-session?{query}"), &cookie).await;
            assert_eq!(answer.location(), "", "{hint}");
            assert_eq!(world.get("/me/sessions", &cookie).await.status, StatusCode::OK);
        }
        let query = pairs(&[("client_id", &id), ("post_logout_redirect_uri", GOODBYE)]);
        let left = world.post("/oauth/end-session", &cookie, &pairs(&[("query", &query)])).await;
        assert_eq!(left.headers["refresh"].to_str().unwrap(), format!("0; url={GOODBYE}"));
        assert!(world.get("/me/sessions", &cookie).await.location().starts_with("/sign-in"));
        let nobody = world.get(&format!("/oauth/end-session?{query}"), "").await;
        assert_eq!(nobody.location(), GOODBYE);
    });
}

#[test]
fn a_code_is_good_once_for_its_client_with_its_verifier_and_not_for_long() {
    on_each_engine_async(|db| async move {
        let world = World::new(db).await;
        world.reviewer();
        let (id, secret) = world.client(|_| ()).await;
        let (other, others) = world.client(|_| ()).await;
        let cookie = world.sign_in("zhou").await;
        let code = async || world.get(&request(&id, &[]), &cookie).await.told("code");
        let own = (id.as_str(), secret.as_str());

        let one = code().await;
        refused(
            &world,
            own,
            &token_form(&one, CALLBACK, "wrong-verifier-of-forty-three-characters-or-mo"),
            "invalid_grant",
        )
        .await;
        // One guess, not many.
        refused(&world, own, &token_form(&one, CALLBACK, VERIFIER), "invalid_grant").await;
        refused(
            &world,
            own,
            &token_form(&code().await, "http://127.0.0.1:1/callback", VERIFIER),
            "invalid_grant",
        )
        .await;
        refused(&world, own, &token_form(&code().await, "", VERIFIER), "invalid_grant").await;
        refused(&world, own, &token_form("", CALLBACK, VERIFIER), "invalid_request").await;
        refused(&world, own, &token_form("unknown", CALLBACK, VERIFIER), "invalid_grant").await;
        let one = code().await;
        refused(&world, (&other, &others), &token_form(&one, CALLBACK, VERIFIER), "invalid_grant").await;
        let (status, tokens) =
            world.call("/oauth/token", Some(own), &token_form(&one, CALLBACK, VERIFIER)).await;
        assert_eq!(status, StatusCode::OK, "another client does not spend it: {tokens}");

        // Used twice: somebody else has it, and what it gave is taken back.
        let (access, refresh) =
            (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
        let (status, _) = world.call("/oauth/userinfo", None, &[("access_token", access)]).await;
        assert_eq!(status, StatusCode::OK);
        refused(&world, own, &token_form(&one, CALLBACK, VERIFIER), "invalid_grant").await;
        let (status, _) = world.call("/oauth/userinfo", None, &[("access_token", access)]).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        refused(&world, own, &[("grant_type", "refresh_token"), ("refresh_token", refresh)], "invalid_grant")
            .await;

        let late = code().await;
        world.clock.advance_ms(MINUTE);
        refused(&world, own, &token_form(&late, CALLBACK, VERIFIER), "invalid_grant").await;
        let told = world.told().await;
        assert!(told.contains(&("oidc.ended".into(), "code used twice".into())), "{told:?}");
        assert!(told.contains(&("oidc.ended".into(), "code_verifier does not match".into())), "{told:?}");
    });
}

#[test]
fn a_client_without_its_secret_gets_nothing_and_a_stolen_code_is_of_no_use() {
    on_each_engine_async(|db| async move {
        let world = World::new(db).await;
        world.reviewer();
        let (id, secret) = world.client(|_| ()).await;
        let cookie = world.sign_in("zhou").await;
        let code = world.get(&request(&id, &[]), &cookie).await.told("code");
        let form = token_form(&code, CALLBACK, VERIFIER);
        for by in [(id.as_str(), "wrong"), (id.as_str(), ""), ("nobody", secret.as_str()), ("", "")] {
            refused(&world, by, &form, "invalid_client").await;
        }
        let with = |more: &[(&'static str, String)]| -> Vec<(String, String)> {
            let all = form.iter().map(|(name, value)| (name.to_string(), value.to_string()));
            all.chain(more.iter().map(|(name, value)| (name.to_string(), value.clone()))).collect()
        };
        for (basic, more) in [
            (None, vec![]),
            (None, vec![("client_id", id.clone())]),
            (None, vec![("client_id", id.clone()), ("client_secret", "wrong".to_owned())]),
            // Two ways at once.
            (Some((id.as_str(), secret.as_str())), vec![("client_secret", secret.clone())]),
            (Some((id.as_str(), secret.as_str())), vec![("client_id", "another".to_owned())]),
        ] {
            let all = with(&more);
            let all: Vec<(&str, &str)> =
                all.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let (status, told) = world.call("/oauth/token", basic, &all).await;
            assert_eq!(
                (status, &told["error"]),
                (StatusCode::UNAUTHORIZED, &json!("invalid_client")),
                "{more:?}"
            );
        }
        let own = (id.as_str(), secret.as_str());
        refused(&world, own, &[("grant_type", "password")], "unsupported_grant_type").await;
        refused(&world, own, &[("grant_type", "client_credentials")], "unsupported_grant_type").await;
        refused(&world, own, &[], "invalid_request").await;
        let twice = [&form[..], &[("code", "x")]].concat();
        refused(&world, own, &twice, "invalid_request").await;
        // A renewed secret takes the place of the old one at once; a closed client is none.
        let fresh = world.oidc.renew_secret(&world.system(), &id).await.expect("another secret");
        refused(&world, own, &form, "invalid_client").await;
        let (status, tokens) = world.call("/oauth/token", Some((&id, &fresh)), &form).await;
        assert_eq!(status, StatusCode::OK, "{tokens}");
        world.oidc.close(&world.system(), &id).await.expect("closed");
        let refresh =
            [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
        refused(&world, (&id, &fresh), &refresh, "invalid_client").await;
        assert_eq!(world.get(&request(&id, &[]), &cookie).await.status, StatusCode::BAD_REQUEST);
        // A page of another site cannot call it with a person's cookies, and a body that is no form is none.
        for token in ["", "x", "Bearer x"] {
            let (status, told) = world.call("/oauth/userinfo", None, &[("access_token", token)]).await;
            assert_eq!((status, &told["error"]), (StatusCode::UNAUTHORIZED, &json!("invalid_token")));
        }
    });
}
