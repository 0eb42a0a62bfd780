//! One provider that listens on a port, a clock moved by hand, people and the systems they sign in to.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use base64::Engine;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tower::ServiceExt;
use yimen_blobs::Blobs;
use yimen_identity::{Cost, Identity, Login, NewAccount, Position, Secret, Settings};
use yimen_oidc::{NewClient, Oidc};
use yimen_platform::{
    Actor, Clock, Ctx, Ids, ManualClock, Platform, Role, Roles, Sealer, Staff, SystemClock, journal, keys,
};
use yimen_store::{Read, Store, StoreError};
use yimen_testkit::TestDb;
use yimen_web::Site;

pub const PASSWORD: &str = "Right-2026";
pub const MINUTE: i64 = 60_000;
/// What the department's system is reached by; nothing has to listen there.
pub const CALLBACK: &str = "https://tax.example/callback?from=yimen";
pub const GOODBYE: &str = "https://tax.example/goodbye";

pub struct World {
    pub oidc: Oidc,
    pub identity: Identity,
    pub store: Store,
    pub clock: Arc<ManualClock>,
    pub app: Router,
    pub base: String,
    platform: Platform,
    _db: TestDb,
}

impl World {
    pub async fn new(db: TestDb) -> World {
        World::with(db, false).await
    }

    /// `factor`: staff give a second one.
    pub async fn with(db: TestDb, factor: bool) -> World {
        let store = db.store().clone();
        // Libraries of others have the real time.
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
        let settings = Settings { staff_factor: factor, secure: false, cost, ..Settings::default() };
        let identity = Identity::new(platform.clone(), settings);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("bound"));
        let departments =
            || vec![("tax".to_owned(), "税务局".to_owned()), ("housing".to_owned(), "房管局".to_owned())];
        let oidc = Oidc::new(platform.clone(), identity.clone(), &format!("{base}/"), departments);
        let routes = yimen_identity::routes(identity.clone())
            .merge(yimen_oidc::routes(oidc.clone()))
            .layer(axum::middleware::from_fn(yimen_web::error_pages))
            .layer(yimen_identity::layer(identity.clone()));
        let app = yimen_web::wrap(routes, Arc::new(Site::default()));
        let served = app.clone();
        tokio::spawn(async move { axum::serve(listener, served).await });
        World { oidc, identity, store, clock, app, base, platform, _db: db }
    }

    pub fn ctx(&self, actor: Actor) -> Ctx {
        self.platform.ctx(actor, "test")
    }

    pub fn system(&self) -> Ctx {
        self.ctx(Actor::System("test"))
    }

    pub fn account(&self, login: &str, name: &str, position: Position) -> i64 {
        let hash = self.identity.hash_password_blocking(PASSWORD).expect("a hash");
        let logins = match &position {
            Position::Citizen { .. } => vec![Login::phone(login).expect("a phone")],
            Position::Staff { .. } => vec![Login::staff(login).expect("a login")],
        };
        let new = NewAccount { name: name.into(), position, logins };
        let (identity, ctx) = (self.identity.clone(), self.system());
        let create = move |tx: &mut yimen_store::Tx<'_>| identity.create_account(tx, &ctx, &new, &hash);
        self.store.write_blocking("account.create", create).expect("an account")
    }

    /// 周税务, reviewer of the tax department, login `zhou`.
    pub fn reviewer(&self) -> i64 {
        self.account("zhou", "周税务", staff(&[Role::Reviewer], "tax"))
    }

    /// A system of the tax department for its reviewers.
    pub async fn client(&self, change: impl FnOnce(&mut NewClient)) -> (String, String) {
        let mut new = NewClient {
            name: "税务核税系统".into(),
            redirects: vec![CALLBACK.into(), "http://127.0.0.1:1/callback".into()],
            logouts: vec![GOODBYE.into()],
            scopes: vec!["profile".into(), "work".into()],
            roles: Roles::of(&[Role::Reviewer]),
            departments: vec!["tax".into()],
            citizens: false,
            trusted: true,
        };
        change(&mut new);
        let (id, secret) = self.oidc.register(&self.system(), new, true).await.expect("a client");
        (id, secret.expect("a secret"))
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.app.clone().oneshot(request).await.expect("the service never fails");
        let (head, body) = response.into_parts();
        let body = to_bytes(body, 1 << 20).await.expect("a body");
        let body = String::from_utf8(body.to_vec()).expect("UTF-8");
        Answer { status: head.status, headers: head.headers, body }
    }

    /// As a browser that comes from another site.
    pub async fn get(&self, path: &str, cookie: &str) -> Answer {
        let path = path.strip_prefix(&self.base).unwrap_or(path);
        let request = Request::get(path).header(header::HOST, "localhost").header(header::COOKIE, cookie);
        self.send(request.header("sec-fetch-site", "cross-site").body(Body::empty()).expect("a request"))
            .await
    }

    /// A form sent from a page of our own.
    pub async fn post(&self, path: &str, cookie: &str, form: &str) -> Answer {
        let request = Request::post(path)
            .header(header::HOST, "localhost")
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, FORM)
            .header(header::COOKIE, cookie);
        self.send(request.body(Body::from(form.to_owned())).expect("a request")).await
    }

    /// As another server does: no cookie, nothing of a browser.
    pub async fn call(
        &self,
        path: &str,
        basic: Option<(&str, &str)>,
        form: &[(&str, &str)],
    ) -> (StatusCode, Value) {
        let mut request =
            Request::post(path).header(header::HOST, "localhost").header(header::CONTENT_TYPE, FORM);
        if let Some((id, secret)) = basic {
            let code = base64::engine::general_purpose::STANDARD.encode(format!("{id}:{secret}"));
            request = request.header(header::AUTHORIZATION, format!("Basic {code}"));
        }
        let body = Body::from(pairs(form));
        let answer = self.send(request.body(body).expect("a request")).await;
        assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
        (answer.status, serde_json::from_str(&answer.body).unwrap_or_else(|e| panic!("{e}: {}", answer.body)))
    }

    pub async fn sign_in(&self, login: &str) -> String {
        let answer = self.post("/sign-in", "", &format!("login={login}&password={PASSWORD}")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        answer.cookie()
    }

    /// Signs a member of staff in who has to set up the second factor first.
    pub async fn sign_in_with_factor(&self, login: &str) -> (String, Secret) {
        let first = self.post("/sign-in", "", &format!("login={login}&password={PASSWORD}")).await;
        assert_eq!(first.location(), "/sign-in/factor", "{}", first.body);
        let step = first.cookie();
        let page = self.get("/sign-in/factor", &step).await.body;
        let text = page.split("<p>密钥 <code>").nth(1).and_then(|rest| rest.split('<').next());
        let secret = text.and_then(Secret::parse).expect("a secret");
        let code = secret.code(self.clock.now());
        let done = self.post("/sign-in/factor", &step, &format!("code={code}")).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
        (done.cookie(), secret)
    }

    /// The journal's entries of this domain: verb and why.
    pub async fn told(&self) -> Vec<(String, String)> {
        let read = |q: &mut Read<'_>| -> Result<_, StoreError> { journal::of_case(q, 0, 0, 1000) };
        let all = self.store.read(read).await.expect("the journal");
        let ours = all.into_iter().filter(|entry| entry.verb.starts_with("oidc."));
        let why = |body: Value| body["why"].as_str().unwrap_or_default().to_owned();
        ours.map(|entry| (entry.verb.clone(), why(entry.body()))).collect()
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

pub fn pairs(form: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish()
}

pub fn staff(roles: &[Role], department: &str) -> Position {
    let (department, none) = (department.to_owned(), String::new);
    Position::Staff { roles: Roles::of(roles), department, office: none(), counter: none() }
}

pub fn acting(account: i64, role: Role) -> Actor {
    let (name, none) = ("管理员".to_owned(), String::new);
    let roles = Roles::of(&[role]);
    Actor::Staff(Arc::new(Staff {
        account,
        name,
        roles,
        department: none(),
        office: none(),
        counter: none(),
    }))
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

    pub fn cookie(&self) -> String {
        let set = self.headers.get(header::SET_COOKIE).map_or("", |v| v.to_str().expect("plain text"));
        set.split(';').next().unwrap_or_default().to_owned()
    }

    /// A value of the query of the address that is led to.
    pub fn told(&self, name: &str) -> String {
        let url = url::Url::parse(self.location())
            .unwrap_or_else(|_| panic!("{:?} {}", self.location(), self.body));
        url.query_pairs()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    }
}

/// The verifier that [`request`] has its challenge of.
pub const VERIFIER: &str = "a-verifier-of-forty-three-characters-or-more-0";

/// An authorization request; `more` comes on top of or in place of what is usual.
pub fn request(client: &str, more: &[(&str, &str)]) -> String {
    let challenge = yimen_oidc::jose::encode(&Sha256::digest(VERIFIER.as_bytes()));
    let usual = [
        ("client_id", client),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("scope", "openid profile work"),
        ("state", "s-1"),
        ("nonce", "n-1"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let kept = usual.iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
    let all: Vec<(&str, &str)> = kept.chain(more).copied().collect();
    format!("/oauth/authorize?{}", pairs(&all))
}
