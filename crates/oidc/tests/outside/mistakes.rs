//! What a provider should never answer, and what nobody should be able to slip in between.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use yimen_oidc::jose::{SigningKey, encode};
use yimen_oidc::outside;
use yimen_platform::Clock;
use yimen_testkit::{TestDb, on_each_engine_async};

use crate::world::{World, provider, resident};

/// What this provider does wrong.
#[derive(Clone, Default)]
struct Wrong {
    /// Claims in place of those that would be right.
    claims: Value,
    /// `none`, `foreign`, `hs256` …; empty: signed as it should be.
    signed: &'static str,
    /// Entries in place of those of the discovery document.
    about: Value,
    /// How the discovery document comes.
    delivery: &'static str,
    userinfo: Value,
    nonce: String,
    now: i64,
}

#[derive(Clone)]
struct Fake {
    issuer: String,
    key: Arc<SigningKey>,
    other: Arc<SigningKey>,
    kid: Arc<Mutex<&'static str>>,
    wrong: Arc<Mutex<Wrong>>,
}

fn key() -> Arc<SigningKey> {
    Arc::new(SigningKey::read(&SigningKey::generate().unwrap()).unwrap())
}

fn over(mut right: Value, wrong: &Value) -> Value {
    for (name, value) in wrong.as_object().into_iter().flatten() {
        match value {
            Value::Null => drop(right.as_object_mut().unwrap().remove(name)),
            value => right[name] = value.clone(),
        }
    }
    right
}

impl Fake {
    async fn start() -> Fake {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let fake = Fake {
            issuer,
            key: key(),
            other: key(),
            kid: Arc::new(Mutex::new("one")),
            wrong: Arc::default(),
        };
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(about))
            .route("/jwks", get(jwks))
            .route("/token", post(token))
            .route(
                "/me",
                get(async |State(fake): State<Fake>| Json(fake.wrong.lock().unwrap().userinfo.clone())),
            )
            .with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        fake
    }
}

async fn about(State(fake): State<Fake>) -> Response {
    let at = |path: &str| format!("{}{path}", fake.issuer);
    let right = json!({ "issuer": fake.issuer, "authorization_endpoint": at("/auth"), "token_endpoint": at("/token"),
        "jwks_uri": at("/jwks"), "userinfo_endpoint": at("/me") });
    let wrong = fake.wrong.lock().unwrap().clone();
    match wrong.delivery {
        "redirect" => Redirect::temporary("http://127.0.0.1:1/x").into_response(),
        "long" => "x".repeat(300 * 1024).into_response(),
        "error" => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        "no-json" => "<html>".into_response(),
        _ => Json(over(right, &wrong.about)).into_response(),
    }
}

async fn jwks(State(fake): State<Fake>) -> Json<Value> {
    Json(json!({ "keys": [fake.key.public().unwrap().to_jwk(*fake.kid.lock().unwrap())] }))
}

async fn token(State(fake): State<Fake>) -> Json<Value> {
    let wrong = fake.wrong.lock().unwrap().clone();
    let right = json!({ "iss": fake.issuer, "aud": "yimen", "sub": "1", "nonce": wrong.nonce, "iat": wrong.now,
        "exp": wrong.now + 300, "id_number": resident(), "real_name": "王小明", "level": "L3" });
    let claims = over(right, &wrong.claims);
    let kid = *fake.kid.lock().unwrap();
    let unsigned = |head: Value, signature: &str| {
        format!(
            "{}.{}.{signature}",
            encode(head.to_string().as_bytes()),
            encode(claims.to_string().as_bytes())
        )
    };
    let token = match wrong.signed {
        "none" => unsigned(json!({ "alg": "none" }), ""),
        "hs256" => unsigned(json!({ "alg": "HS256", "kid": kid }), "AAAA"),
        "foreign" => fake.other.sign(kid, &claims).unwrap(),
        "unknown" => fake.other.sign("unknown", &claims).unwrap(),
        "garbage" => "a.b".into(),
        _ => fake.key.sign(kid, &claims).unwrap(),
    };
    Json(json!({ "access_token": "access", "token_type": "Bearer", "id_token": token }))
}

/// Goes there and comes back with a code; the provider answers as it was told to.
async fn attempt(world: &World, fake: &Fake, wrong: Wrong) -> (StatusCode, bool) {
    *fake.wrong.lock().unwrap() =
        Wrong { about: wrong.about.clone(), delivery: wrong.delivery, ..Wrong::default() };
    let away = world.get("/sign-in/with/province", "").await;
    if away.status != StatusCode::SEE_OTHER {
        return (away.status, false);
    }
    let to = url::Url::parse(away.location()).unwrap();
    let told = |name: &str| to.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    assert_eq!((told("code_challenge_method"), told("client_id")), ("S256".into(), "yimen".into()));
    let (nonce, now) = (told("nonce"), world.clock.now().0 / 1000);
    *fake.wrong.lock().unwrap() = Wrong { nonce, now, ..wrong };
    let path = format!("/sign-in/with/province/back?code=c&state={}", told("state"));
    let answer = world.get(&path, &away.cookie("yimen-outside")).await;
    (answer.status, !answer.cookie("yimen").is_empty())
}

#[test]
fn a_token_that_is_not_the_answer_to_this_request_lets_nobody_in() {
    on_each_engine_async(|db| async move {
        let fake = Fake::start().await;
        let world = World::new(db, provider(&fake.issuer));
        let (in_, out) = ((StatusCode::SEE_OTHER, true), (StatusCode::FORBIDDEN, false));
        assert_eq!(attempt(&world, &fake, Wrong::default()).await, in_);
        let now = world.clock.now().0 / 1000;
        for claims in [
            json!({ "iss": "https://evil.example" }),
            json!({ "iss": null }),
            json!({ "aud": "another" }),
            json!({ "aud": ["another"] }),
            json!({ "aud": ["yimen", "another"] }),
            json!({ "azp": "another" }),
            json!({ "aud": null }),
            json!({ "nonce": "another" }),
            json!({ "nonce": null }),
            json!({ "exp": now - 61 }),
            json!({ "exp": null }),
            json!({ "iat": now + 120 }),
            json!({ "iat": now - 3600 }),
            json!({ "sub": "" }),
            json!({ "sub": null }),
            json!({ "at_hash": encode(&[0; 16]) }),
            json!({ "id_number": "000000199001010000" }),
            json!({ "level": "L1" }),
            json!({ "real_name": "" }),
        ] {
            let wrong = Wrong { claims: claims.clone(), ..Wrong::default() };
            assert_eq!(attempt(&world, &fake, wrong).await, out, "{claims}");
        }
        for signed in ["none", "hs256", "foreign", "unknown", "garbage"] {
            assert_eq!(attempt(&world, &fake, Wrong { signed, ..Wrong::default() }).await, out, "{signed}");
        }
        // What is missing in the token is told at the other endpoint, of the same person only.
        let claims = json!({ "id_number": null, "real_name": null });
        for (sub, expected) in [("1", in_), ("2", out)] {
            let userinfo = json!({ "sub": sub, "id_number": resident(), "real_name": "王小明" });
            let wrong = Wrong { claims: claims.clone(), userinfo, ..Wrong::default() };
            assert_eq!(attempt(&world, &fake, wrong).await, expected, "{sub}");
        }
        // Its keys change; ours are asked anew, though not at every token that names an unknown one.
        *fake.kid.lock().unwrap() = "two";
        world.clock.advance_ms(61_000);
        assert_eq!(attempt(&world, &fake, Wrong::default()).await, in_);
    });
}

#[test]
fn an_answer_from_elsewhere_too_late_or_of_another_request_lets_nobody_in() {
    on_each_engine_async(|db| async move {
        let fake = Fake::start().await;
        let world = World::new(db, provider(&fake.issuer));
        let away = world.get("/sign-in/with/province?next=//evil.example", "").await;
        let cookie = away.cookie("yimen-outside");
        let to = url::Url::parse(away.location()).unwrap();
        let told = |name: &str| to.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
        let now = world.clock.now().0 / 1000;
        *fake.wrong.lock().unwrap() = Wrong { nonce: told("nonce"), now, ..Wrong::default() };
        let path = |more: &str| format!("/sign-in/with/province/back?code=c{more}");
        let right = format!("&state={}", told("state"));
        for (query, cookie) in [
            (path(&right), String::new()),
            (path(&right), "yimen-outside=AAAA".to_owned()),
            (path(""), cookie.clone()),
            (path("&state=another"), cookie.clone()),
            (path(&format!("{right}&iss=https%3A%2F%2Fevil.example")), cookie.clone()),
            (format!("/sign-in/with/province/back?error=access_denied{right}"), cookie.clone()),
            (format!("/sign-in/with/province/back?{}", &right[1..]), cookie.clone()),
        ] {
            let answer = world.get(&query, &cookie).await;
            assert_eq!(
                (answer.status, answer.cookie("yimen")),
                (StatusCode::FORBIDDEN, String::new()),
                "{query}"
            );
        }
        assert_eq!(world.get("/sign-in/with/another", "").await.status, StatusCode::NOT_FOUND);
        // And where it leads to is a page of ours.
        let entered = world.get(&path(&right), &cookie).await;
        assert_eq!((entered.status, entered.location()), (StatusCode::SEE_OTHER, "/"), "{}", entered.body);
        world.clock.advance_ms(10 * 60_000);
        assert_eq!(world.get(&path(&right), &cookie).await.status, StatusCode::FORBIDDEN);
    });
}

/// Only the hosts that the operator named are asked, and none that they name in turn.
#[test]
fn a_provider_leads_us_to_no_other_host_and_keeps_us_waiting_for_nothing() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        for (about, delivery, status) in [
            (json!({ "issuer": "https://evil.example" }), "", 403),
            (json!({ "jwks_uri": "http://127.0.0.1:1/jwks" }), "", 403),
            (json!({ "jwks_uri": "http://169.254.169.254/latest" }), "", 403),
            (json!({ "jwks_uri": "file:///etc/passwd" }), "", 403),
            (json!({ "authorization_endpoint": "https://evil.example/" }), "", 403),
            (json!({ "token_endpoint": "http://127.0.0.1:1/token" }), "", 403),
            (json!({ "token_endpoint": null }), "", 403),
            (json!({}), "redirect", 403),
            (json!({}), "long", 403),
            (json!({}), "no-json", 403),
            (json!({}), "error", 503),
        ] {
            let fake = Fake::start().await;
            let world = World::new(TestDb::sqlite(), provider(&fake.issuer));
            let wrong = Wrong { about: about.clone(), delivery, ..Wrong::default() };
            let (answered, entered) = attempt(&world, &fake, wrong).await;
            assert_eq!((answered.as_u16(), entered), (status, false), "{about} {delivery}");
        }
        let world = World::new(TestDb::sqlite(), provider("http://127.0.0.1:1"));
        assert_eq!(world.get("/sign-in/with/province", "").await.status, StatusCode::SERVICE_UNAVAILABLE);
    });
}

#[test]
fn a_file_of_providers_is_refused_in_words() {
    let right = json!({ "id": "province", "name": "省平台", "issuer": "https://id.example", "client_id": "yimen",
        "client_secret_env": "S", "claims": { "number": "n", "name": "m" } });
    let file = std::env::temp_dir().join(format!("yimen-providers-words-{}.json", std::process::id()));
    let told = |one: Value| {
        std::fs::write(&file, json!({ "providers": [one] }).to_string()).unwrap();
        outside::read(&file, |name| (name == "S").then(|| "secret".to_owned()))
            .map_or_else(|e| e.to_string(), |_| String::new())
    };
    assert_eq!(told(right.clone()), "");
    for (wrong, words) in [
        (json!({ "id": "Province" }), "小写字母"),
        (json!({ "issuer": "http://id.example" }), "https://"),
        (json!({ "issuer": "id.example" }), "完整的网址"),
        (json!({ "client_secret_env": "T" }), "T 没有设置"),
        (json!({ "client_secret_env": null }), "client_secret_file"),
        (json!({ "levels": ["L3"] }), "claims.level"),
        (json!({ "client_secret": "written here" }), "写得不对"),
    ] {
        let said = told(over(right.clone(), &wrong));
        assert!(said.contains(words), "{wrong}: {said}");
    }
    std::fs::remove_file(file).unwrap();
}
