//! A server that trusts one provider, and a browser with the cookies of both.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use tower::ServiceExt;
use yimen_blobs::Blobs;
use yimen_identity::{Cost, Identity, Settings};
use yimen_oidc::outside::{self, Outside, Provider};
use yimen_platform::{Actor, Clock, Ctx, Ids, ManualClock, Platform, Sealer, SystemClock, journal, keys};
use yimen_store::{Read, Store, StoreError};
use yimen_testkit::TestDb;
use yimen_web::Site;

/// What browsers reach us by; the requests are handed over without a network.
pub const BASE: &str = "http://127.0.0.1:1";
pub const BACK: &str = "http://127.0.0.1:1/sign-in/with/province/back";
pub const SECRET: &str = "a-secret-of-the-province";

pub struct World {
    pub identity: Identity,
    pub store: Store,
    pub clock: Arc<ManualClock>,
    pub app: Router,
    pub platform: Platform,
    _db: TestDb,
}

/// An invented resident ID: the division 000000 exists nowhere.
pub fn resident() -> String {
    let body = "00000019900101001";
    let check = yimen_standards::check::mod_11_2(body).expect("seventeen digits");
    format!("{body}{}", char::from(check))
}

/// The provider as an operator writes it down.
pub fn provider(issuer: &str) -> Provider {
    let written = serde_json::json!({ "providers": [{
        "id": "province", "name": "省统一身份认证", "issuer": issuer, "client_id": "yimen",
        "client_secret_env": "SECRET_OF_THE_PROVINCE", "scopes": ["identity"],
        "claims": { "number": "id_number", "name": "real_name", "level": "level" }, "levels": ["L3"],
    }] });
    let number = std::sync::atomic::AtomicU32::fetch_add(&NEXT, 1, std::sync::atomic::Ordering::Relaxed);
    let file = std::env::temp_dir().join(format!("yimen-providers-{}-{number}.json", std::process::id()));
    std::fs::write(&file, written.to_string()).expect("a file");
    let mut all = outside::read(&file, |_| Some(SECRET.into())).expect("a sound file");
    std::fs::remove_file(file).expect("it was there");
    all.remove(0)
}

static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);

impl World {
    pub fn new(db: TestDb, provider: Provider) -> World {
        let store = db.store().clone();
        let clock = Arc::new(ManualClock::at(SystemClock.now()));
        let blobs = format!("file:{}", std::env::temp_dir().join("yimen-no-blobs").display());
        let platform = Platform {
            store: store.clone(),
            blobs: Blobs::open(&blobs).expect("a folder"),
            sealer: Arc::new(Sealer::new([7; 32])),
            clock: clock.clone(),
            ids: Arc::new(Ids::new(1)),
        };
        keys::begin(&store, &platform.sealer, clock.now()).expect("a data key");
        let cost = Cost { memory_kib: 256, passes: 1 };
        let outside = vec![(provider.name.clone(), "/sign-in/with/province".to_owned())];
        let settings = Settings { secure: false, cost, outside, ..Settings::default() };
        let identity = Identity::new(platform.clone(), settings);
        let outside = Outside::new(platform.clone(), identity.clone(), BASE, false, vec![provider]);
        let routes = yimen_identity::routes(identity.clone())
            .merge(outside::routes(outside.expect("a client of HTTP")))
            .layer(axum::middleware::from_fn(yimen_web::error_pages))
            .layer(yimen_identity::layer(identity.clone()));
        let app = yimen_web::wrap(routes, Arc::new(Site::default()));
        World { identity, store, clock, app, platform, _db: db }
    }

    pub fn system(&self) -> Ctx {
        self.platform.ctx(Actor::System("test"), "test")
    }

    pub async fn get(&self, path: &str, cookie: &str) -> Answer {
        let path = path.strip_prefix(BASE).unwrap_or(path);
        let request = Request::get(path).header(header::HOST, "localhost").header(header::COOKIE, cookie);
        let response = self.app.clone().oneshot(request.body(Body::empty()).expect("a request")).await;
        let (head, body) = response.expect("the service never fails").into_parts();
        let body = to_bytes(body, 1 << 20).await.expect("a body");
        let body = String::from_utf8(body.to_vec()).expect("UTF-8");
        Answer { status: head.status, headers: head.headers, body }
    }

    pub async fn verbs(&self) -> Vec<String> {
        let read = |q: &mut Read<'_>| -> Result<_, StoreError> { journal::of_case(q, 0, 0, 1000) };
        self.store.read(read).await.expect("the journal").into_iter().map(|entry| entry.verb).collect()
    }
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |v| v.to_str().expect("plain text"))
    }

    /// `name=value` of a cookie that was set; empty where it was taken back.
    pub fn cookie(&self, name: &str) -> String {
        let all = self.headers.get_all(header::SET_COOKIE).iter().map(|v| v.to_str().expect("plain text"));
        let mut found = all.filter(|one| one.starts_with(&format!("{name}=")) && !one.contains("Max-Age=0"));
        found.next().unwrap_or_default().split(';').next().unwrap_or_default().to_owned()
    }
}

/// A browser at the provider, which has pages of its own.
#[derive(Default)]
pub struct Visitor {
    cookies: BTreeMap<String, String>,
}

impl Visitor {
    async fn go(&mut self, client: &reqwest::Client, request: reqwest::RequestBuilder) -> reqwest::Response {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = request.header("cookie", cookies.join("; ")).build().expect("a request");
        let answer = client.execute(request).await.expect("an answer");
        for set in answer.headers().get_all("set-cookie") {
            let pair = set.to_str().expect("plain text").split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// Signs in there; answers where it leads back to.
    pub async fn sign_in(&mut self, start: &str, login: &str) -> String {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client =
            reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build();
        let client = client.expect("a client");
        let mut at = url::Url::parse(start).expect("an address");
        for _ in 0..12 {
            let answer = self.go(&client, client.get(at.clone())).await;
            let answer = match answer.headers().contains_key("location") {
                true => answer,
                false => {
                    let form = format!("prompt=login&login={login}&password=any");
                    let post =
                        client.post(at.clone()).header("content-type", "application/x-www-form-urlencoded");
                    self.go(&client, post.body(form)).await
                }
            };
            let to = answer.headers().get("location").unwrap_or_else(|| panic!("{at} {}", answer.status()));
            at = at.join(to.to_str().expect("plain text")).expect("an address");
            if at.as_str().starts_with(BACK) {
                return at.into();
            }
        }
        panic!("it does not lead back: {at}")
    }
}
