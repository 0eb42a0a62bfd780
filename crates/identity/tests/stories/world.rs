//! One server with its database, a clock moved by hand, and browsers that send requests to it.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::routing::get;
use axum::{Extension, Router};
use tower::ServiceExt;
use yimen_blobs::Blobs;
use yimen_identity::{
    Caller, CitizenOnly, Cost, DemoAccount, Identity, IdentityError, Login, NewAccount, Position, Settings,
    SignedIn, StaffOnly,
};
use yimen_platform::{Actor, Ctx, Ids, ManualClock, Platform, Role, Roles, Sealer};
use yimen_standards::time::Instant;
use yimen_store::{Store, params, sql};
use yimen_testkit::TestDb;
use yimen_web::traffic::{Class, Network, Rate, Rates, Traffic};
use yimen_web::{Site, UserBadge};

sql! {
    SEEN = "select seen_at from identity_session where token_digest = $1";
}

pub const NOW: Instant = Instant(1_780_000_000_000);
pub const MINUTE: i64 = 60_000;
/// Whose word on where somebody comes from is taken.
pub const PROXIES: &str = "10.0.0.0/8";
pub const PASSWORD: &str = "Right-2026";

/// What a gateway and we share.
pub const SECRET: &str = "gateway";

pub struct World {
    pub identity: Identity,
    pub store: Store,
    pub clock: Arc<ManualClock>,
    pub app: Router,
    pub platform: Platform,
    _db: Option<TestDb>,
}

impl World {
    pub fn new(db: TestDb) -> World {
        World::with(db, settings(false))
    }

    pub fn with(db: TestDb, settings: Settings) -> World {
        let mut world = World::on(db.store().clone(), settings);
        world._db = Some(db);
        world
    }

    pub fn on(store: Store, settings: Settings) -> World {
        let clock = Arc::new(ManualClock::at(NOW));
        // No test here keeps a blob; the platform has to have a place for them.
        let blobs = format!("file:{}", std::env::temp_dir().join("yimen-no-blobs").display());
        let platform = Platform {
            store: store.clone(),
            blobs: Blobs::open(&blobs).expect("a folder"),
            sealer: Arc::new(Sealer::new([7; 32])),
            clock: clock.clone(),
            ids: Arc::new(Ids::new(1)),
        };
        World::of(platform, clock, settings)
    }

    /// With a message gateway: `base` is where it is said to be.
    pub fn with_messages(db: TestDb, base: String, change: impl FnOnce(&mut Settings)) -> World {
        let mut world = World::with(db, settings(false));
        let config = yimen_messages::GatewayConfig { base, secret: SECRET.into() };
        let gateway = yimen_messages::Gateway::new(config, world.clock.clone()).expect("a client");
        let mut settings = settings(false);
        settings.messages = Some(yimen_messages::Messages::new(world.platform.clone(), gateway));
        settings.registers = true;
        change(&mut settings);
        let (db, platform) = (world._db.take(), world.platform.clone());
        let mut world = World::of(platform, world.clock.clone(), settings);
        world._db = db;
        world
    }

    fn of(platform: Platform, clock: Arc<ManualClock>, settings: Settings) -> World {
        let (store, secure) = (platform.store.clone(), settings.secure);
        let identity = Identity::new(platform.clone(), settings);
        let app = app(identity.clone(), secure);
        World { identity, store, clock, app, platform, _db: None }
    }

    /// Another server on the same database, as behind a load balancer.
    pub fn other_node(&self) -> World {
        let mut other = World::on(self.store.clone(), settings(false));
        other.clock.set(yimen_platform::Clock::now(&*self.clock));
        other.platform.ids = Arc::new(Ids::new(2));
        other
    }

    /// Makes the keys of a new database; how many it has.
    pub fn first_key(&self) -> usize {
        yimen_platform::keys::begin(&self.store, &self.platform.sealer, NOW).expect("keys");
        self.platform.sealer.data_keys().len() - 1
    }

    pub fn system(&self) -> Ctx {
        self.platform.ctx(Actor::System("test"), "test")
    }

    pub fn try_account(&self, new: NewAccount) -> Result<i64, IdentityError> {
        let hash = self.identity.hash_password_blocking(PASSWORD)?;
        let (identity, ctx) = (self.identity.clone(), self.system());
        self.store.write_blocking("account.create", move |tx| identity.create_account(tx, &ctx, &new, &hash))
    }

    pub fn account(&self, new: NewAccount) -> i64 {
        self.try_account(new).expect("a new account")
    }

    /// 周窗口, clerk at counter 3, login `zhou`.
    pub fn clerk(&self) -> i64 {
        self.account(clerk("zhou", "周窗口"))
    }

    /// 王小明, phone 13800001234 and a resident ID, party 77.
    pub fn citizen(&self) -> i64 {
        self.account(citizen())
    }

    pub async fn get(&self, path: &str, cookie: &str) -> Answer {
        let request = Request::get(path).header(header::HOST, "localhost").header(header::COOKIE, cookie);
        self.send(request.body(Body::empty()).expect("a request")).await
    }

    /// A form sent from a page of our own.
    pub async fn post(&self, path: &str, cookie: &str, form: &str) -> Answer {
        self.post_from("same-origin", path, cookie, form).await
    }

    pub async fn post_from(&self, site: &str, path: &str, cookie: &str, form: &str) -> Answer {
        let request = Request::post(path)
            .header(header::HOST, "localhost")
            .header("sec-fetch-site", site)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::USER_AGENT, "Mozilla/5.0 (Windows NT 10.0) Firefox/130.0")
            .header(header::COOKIE, cookie);
        self.send(request.body(Body::from(form.to_owned())).expect("a request")).await
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.app.clone().oneshot(request).await.expect("the service never fails");
        let (head, body) = response.into_parts();
        let body = to_bytes(body, 1 << 20).await.expect("a body");
        Answer {
            status: head.status,
            headers: head.headers,
            body: String::from_utf8(body.to_vec()).expect("UTF-8"),
        }
    }

    pub async fn attempt(&self, login: &str, password: &str) -> Answer {
        self.post("/sign-in", "", &format!("login={login}&password={password}")).await
    }

    /// Signs in and returns the cookie to send back.
    pub async fn sign_in(&self, login: &str) -> String {
        let answer = self.attempt(login, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        answer.cookie()
    }

    /// When the session of a cookie was last written as seen.
    pub async fn seen(&self, cookie: &str) -> Instant {
        use sha2::Digest;
        let token = cookie.split('=').nth(1).unwrap_or_default();
        let digest = hex::encode(sha2::Sha256::digest(token.as_bytes()));
        let read = move |q: &mut yimen_store::Read<'_>| -> Result<Instant, yimen_store::StoreError> {
            q.one(&SEEN, params![digest.as_str()])
        };
        self.store.read(read).await.expect("a session")
    }

    pub async fn whoami(&self, cookie: &str) -> String {
        let answer = self.get("/whoami", cookie).await;
        assert_eq!(answer.status, StatusCode::OK);
        answer.body
    }
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn set_cookie(&self) -> &str {
        self.headers.get(header::SET_COOKIE).map_or("", |v| v.to_str().expect("plain text"))
    }

    /// `name=value` of the cookie that was set.
    pub fn cookie(&self) -> String {
        self.set_cookie().split(';').next().unwrap_or_default().to_owned()
    }

    pub fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |v| v.to_str().expect("plain text"))
    }
}

pub fn settings(secure: bool) -> Settings {
    Settings {
        staff_factor: false,
        secure,
        // Cheap guesses: these tests are about everything else.
        cost: Cost { memory_kib: 256, passes: 1 },
        home: Box::new(|actor| format!("/home-of-{}", actor.kind())),
        ..Settings::default()
    }
}

pub fn demo_settings() -> Settings {
    let one = |login: &str, role: &str| DemoAccount {
        login: login.into(),
        password: PASSWORD.into(),
        role: role.into(),
        secret: None,
    };
    Settings {
        demo: vec![one("zhou", "综合窗口 3号窗口"), one("13800001234", "申请人 王小明")],
        ..settings(false)
    }
}

fn app(identity: Identity, secure: bool) -> Router {
    let routes = yimen_identity::routes(identity.clone())
        .route("/whoami", get(whoami))
        .route(
            "/mine",
            get(async |who: SignedIn| who.actor.name().to_owned()).post(async |_: SignedIn| "saved"),
        )
        .route("/api/mine", get(async |who: SignedIn| who.actor.name().to_owned()))
        .route("/staff", get(async |who: StaffOnly| who.staff.office.clone()))
        .route("/citizen", get(async |who: CitizenOnly| format!("{} {}", who.party, who.name)))
        .route("/maybe", get(async |who: Option<SignedIn>| if who.is_some() { "somebody" } else { "nobody" }))
        .layer(axum::middleware::from_fn(yimen_web::error_pages))
        .layer(yimen_identity::layer(identity));
    let proxies = vec![Network::parse(PROXIES).expect("a network")];
    // Few calls of an account, so that a test need not make hundreds.
    let account = Rates::ACCOUNT.with(Class::Api, Rate { per_second: 1, burst: 3 });
    let traffic = Traffic { proxies, account, ..Traffic::default() };
    yimen_web::wrap(routes, Arc::new(Site { https: secure, traffic, ..Site::default() }))
}

async fn whoami(Caller(actor): Caller, badge: Option<Extension<UserBadge>>) -> String {
    let badge = badge.map(|Extension(badge)| format!("{} {}", badge.name, badge.role)).unwrap_or_default();
    format!("{}|{}|{badge}", actor.kind(), actor.name())
}

pub fn clerk(login: &str, name: &str) -> NewAccount {
    NewAccount {
        name: name.into(),
        position: Position::Staff {
            roles: Roles::of(&[Role::Clerk]),
            department: "service-office".into(),
            office: "hall".into(),
            counter: "3".into(),
        },
        logins: vec![Login::staff(login).expect("a login")],
    }
}

/// An invented resident ID: the division 000000 exists nowhere.
pub fn resident() -> String {
    let body = "00000019900101001";
    let check = yimen_standards::check::mod_11_2(body).expect("seventeen digits");
    format!("{body}{}", char::from(check))
}

pub fn citizen() -> NewAccount {
    let number = Login::number(yimen_parties::NumberKind::ResidentId, &resident()).expect("a number");
    NewAccount {
        name: "王小明".into(),
        position: Position::Citizen { party: 77 },
        logins: vec![Login::phone("13800001234").expect("a phone"), number],
    }
}
