//! The whole program, and cases to try its doors on.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use tower::ServiceExt;
use yimen::app::{self, App};
use yimen::audit::Audited;
use yimen_casework::pages::UnmaskRules;
use yimen_identity::{Cost, Identity, Position, Settings};
use yimen_ledger::{Keys, Ledger};
use yimen_payments::{Gateway, GatewayConfig, Payments};
use yimen_platform::{Actor, Ctx, Role, journal};
use yimen_store::{Read, StoreError};
use yimen_web::traffic::{Rates, Traffic};

use super::matrix::Answered;
use super::people::{self, PASSWORD, PEOPLE};
use crate::crew::staff;
use crate::world::World;

/// Bodies that are complete, so that nobody is turned away for a slip of the pen before anybody asked who they are.
pub const BODY: &[(&str, &str)] = &[
    ("answer", "approve"),
    ("void-reason", "与另一件申请内容重复"),
    ("reason", "不办了"),
    ("task-finding", "pass"),
    ("task-opinion", "合同备案号可查，双方、坐落、价款一致。"),
    ("task-question", "请核实"),
    ("task-special", "dispute-inquiry"),
    ("task-special-reason", "共有人提出异议。"),
    ("task-special-outcome", "已核实"),
    ("task-extension", "需要核对"),
    ("task-colleague", "1"),
    ("note", "已补充"),
    ("base", "0"),
    ("text", "citizen own see\nprogram city see pay tick"),
    ("unmask-reason", "papers"),
    ("nonce", "one"),
];

/// So often numbers are shown in full within an hour.
pub const UNMASKS: u32 = 4;

pub struct Site {
    router: Router,
    pub identity: Identity,
    /// The account of the security administrator.
    pub security: i64,
    /// By name.
    cookies: BTreeMap<&'static str, String>,
    cases: Cases,
}

impl Site {
    pub async fn new(world: &World) -> Site {
        let (owner, other) = (world.buyer(), world.citizen("旁人", "000000197001010019"));
        let mut cases = Cases::new(world, &owner).await;
        let ledger = ledger(world);
        let identity = identity(world, &ledger);
        let parties = [&owner, &other].map(|one| match one {
            Actor::Citizen { party, .. } => *party,
            _ => unreachable!("a citizen"),
        });
        let accounts = people::employ(&world.casework, &identity, parties).await;
        // Among those who have an account: all but nobody.
        let key = |name: &str| accounts[PEOPLE.iter().position(|one| *one == name).unwrap() - 1];
        cases.account = key("clerk");
        let security = staff(key("security"), "安全管理员", &[Role::Security], "");
        let ctx = world.casework.platform.ctx(security, "");
        let reason = "原系统管理员退休";
        cases.proposal =
            identity.propose_administrator(&ctx, cases.account, Role::System, reason).await.unwrap();
        let app = app(world, identity.clone(), ledger);
        cases.client = connect(&app, world).await;
        take_in(&app, &ctx).await;
        let rules = UnmaskRules { an_hour: UNMASKS };
        // One person tries hundreds of doors within a second.
        let traffic = Traffic { account: Rates::NONE, ..Traffic::default() };
        let face = yimen_web::Site { traffic, ..app::site(&app) };
        let router = app::router(&app, face).layer(axum::Extension(rules));
        let security = key("security");
        let mut site = Site { router, identity, security, cookies: BTreeMap::new(), cases };
        for name in PEOPLE.iter().filter(|name| **name != "nobody") {
            site.enter(name).await;
        }
        site
    }

    /// One more who works here; answers their account.
    pub async fn hire(&mut self, world: &World, name: &'static str, position: Position) -> i64 {
        let account = people::hire(&world.casework, &self.identity, vec![(name, position)]).await[0];
        self.enter(name).await;
        account
    }

    async fn enter(&mut self, name: &'static str) {
        let cookie = self.sign_in(name).await;
        self.cookies.insert(name, cookie);
    }

    async fn sign_in(&self, name: &str) -> String {
        let form = format!("login={name}&password={PASSWORD}&next=");
        let request = Request::post("/sign-in").header("content-type", FORM);
        let request = request.header("sec-fetch-site", "same-origin").body(Body::from(form)).unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let cookie = answer.headers().get("set-cookie").unwrap_or_else(|| panic!("{name} is not signed in"));
        cookie.to_str().unwrap().split(';').next().unwrap().to_owned()
    }

    /// What somebody gets who goes to a door.
    pub async fn ask(&self, name: &str, method: &str, route: &str) -> Answered {
        let path = self.cases.path(route);
        let request = match method {
            "get" => Request::get(&path).body(Body::empty()),
            _ => {
                let body: Vec<String> =
                    BODY.iter().map(|(k, v)| format!("{k}={}", crate::world::percent(v))).collect();
                Request::post(&path).header("content-type", FORM).body(Body::from(body.join("&")))
            }
        };
        let mut request = request.unwrap();
        let headers = request.headers_mut();
        headers.insert("sec-fetch-site", "same-origin".parse().unwrap());
        headers.insert("accept", "text/html".parse().unwrap());
        if let Some(cookie) = self.cookies.get(name) {
            headers.insert("cookie", cookie.parse().unwrap());
        }
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let to = answer.headers().get("location").map_or("", |v| v.to_str().unwrap());
        Answered::of(answer.status().as_u16(), to)
    }

    /// The session of somebody; nobody has none.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    /// A request as it is.
    pub async fn raw(&self, request: Request<Body>) -> (axum::http::response::Parts, axum::body::Bytes) {
        let (head, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        (head, axum::body::to_bytes(body, usize::MAX).await.unwrap())
    }

    /// The address of a route on one of the cases.
    pub fn path(&self, route: &str) -> String {
        self.cases.path(route)
    }

    /// A page that somebody may see.
    pub async fn page(&self, name: &str, path: &str) -> String {
        self.page_with(name, path, 200).await
    }

    /// The status of what comes of a form.
    pub async fn post(&self, name: &str, path: &str, form: &str) -> u16 {
        self.send(name, path, form).await.0
    }

    /// What comes of a form.
    pub async fn send(&self, name: &str, path: &str, form: &str) -> (u16, HeaderMap, String) {
        let request = Request::post(path).header("content-type", FORM).header("cookie", &self.cookies[name]);
        let request = request.header("accept", "text/html").header("sec-fetch-site", "same-origin");
        let request = request.body(Body::from(form.to_string())).unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        (parts.status.as_u16(), parts.headers, String::from_utf8(bytes.to_vec()).unwrap())
    }

    pub async fn page_with(&self, name: &str, path: &str, status: u16) -> String {
        let request = Request::get(path).header("accept", "text/html");
        let request = request.header("cookie", &self.cookies[name]).body(Body::empty()).unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), status, "{name} {path}");
        let bytes = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    pub fn revisions(&self, world: &World) -> Vec<i64> {
        self.cases.revisions(world)
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

fn ledger(world: &World) -> Ledger {
    let platform = &world.casework.platform;
    let keys = Keys::generate("test/tlog", || platform.ids.fill()).unwrap();
    Ledger { platform: platform.clone(), keys: Arc::new(keys), witnesses: Arc::default() }
}

fn identity(world: &World, ledger: &Ledger) -> Identity {
    let platform = &world.casework.platform;
    // Nothing is sent here; without a gateway the doors of codes would not open.
    let nowhere = yimen_messages::GatewayConfig { base: "http://127.0.0.1:9".into(), secret: "s".into() };
    let gateway = yimen_messages::Gateway::new(nowhere, platform.clock.clone()).unwrap();
    let settings = Settings {
        audit: Some(Arc::new(Audited { ledger: ledger.clone() })),
        secure: false,
        staff_factor: false,
        registers: true,
        messages: Some(yimen_messages::Messages::new(platform.clone(), gateway)),
        // What the hash costs is not what is tried.
        cost: Cost { memory_kib: 64, passes: 1 },
        policy: world.casework.policy.clone(),
        home: Box::new(app::home),
        ..Settings::default()
    };
    Identity::new(world.casework.platform.clone(), settings)
}

/// Until the log has the whole journal: on PostgreSQL it waits for whoever writes beside us, in other tests' databases, too.
async fn take_in(app: &App, ctx: &Ctx) {
    let store = &app.casework.platform.store;
    for _ in 0..1_000 {
        app.ledger.follow(ctx).await.unwrap();
        let sizes =
            |q: &mut Read<'_>| Ok::<_, StoreError>((yimen_ledger::store::size(q)?, journal::count(q)?));
        let (taken, all) = store.read(sizes).await.unwrap();
        if taken == all {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the log does not catch up");
}

/// The gateway is never reached.
fn app(world: &World, identity: Identity, ledger: Ledger) -> App {
    let config = GatewayConfig {
        base: "http://127.0.0.1:9".into(),
        secret: "0123456789abcdef0123456789abcdef".into(),
        own_base: "http://127.0.0.1:9".into(),
    };
    let platform = &world.casework.platform;
    let gateway = Arc::new(Gateway::new(config, platform.clock.clone()).unwrap());
    App {
        outside: None,
        casework: world.casework.clone(),
        identity,
        payments: Some(Payments { casework: world.casework.clone(), gateway }),
        ledger,
        base: "http://127.0.0.1:9".into(),
        demo: true,
        https: false,
    }
}

/// A system of a department.
async fn connect(app: &App, world: &World) -> String {
    let new = yimen_oidc::NewClient {
        name: "核税系统".into(),
        redirects: vec!["https://tax.example/cb".into()],
        citizens: true,
        ..Default::default()
    };
    let ctx = world.casework.platform.ctx(Actor::System("test"), "test");
    app::oidc(app).register(&ctx, new, true).await.unwrap().0
}

/// The cases that the routes are tried on.
pub struct Cases {
    draft: String,
    accepted: String,
    billed: String,
    task: i64,
    file: i64,
    bill: i64,
    account: i64,
    proposal: i64,
    client: String,
}

impl Cases {
    pub async fn new(world: &World, owner: &Actor) -> Cases {
        let (draft, accepted) = (world.filled(owner).await, world.accepted(owner).await);
        let billed = world.billed(owner).await;
        let task = world.task(&accepted, "verify-contract").id;
        let id = world.case(&accepted).id;
        let files = world
            .casework
            .platform
            .store
            .read_blocking(move |q| yimen_casework::store::materials::files(q, id))
            .unwrap();
        let bill = world.case(&billed).bills[0].id;
        Cases {
            draft,
            accepted,
            billed,
            task,
            file: files[0].id,
            bill,
            account: 0,
            proposal: 0,
            client: String::new(),
        }
    }

    /// The address of a route on one of these cases.
    pub fn path(&self, route: &str) -> String {
        let number = match route {
            r if r.contains("/bills/") => &self.billed,
            r if r.starts_with("/cases/{number}/apply") => &self.draft,
            _ => &self.accepted,
        };
        let id = match route {
            r if r.contains("/questions/") => "held".to_string(),
            r if r.contains("/pages/") => "house".to_string(),
            r if r.starts_with("/services/") => "existing-home-transfer".to_string(),
            r if r.starts_with("/admin/proposals/") => self.proposal.to_string(),
            _ => self.task.to_string(),
        };
        route
            .replace("{number}", number)
            .replace("{id}", &id)
            .replace("{task}", &self.task.to_string())
            .replace("{slot}", "title")
            .replace("{file}", &self.file.to_string())
            .replace("{document}", "1")
            .replace("{bill}", &self.bill.to_string())
            .replace("{stop}", "1")
            .replace("{standing}", "late")
            .replace("{version}", "0")
            .replace("{seq}", "1")
            .replace("{account}", &self.account.to_string())
            .replace("{client}", &self.client)
    }

    pub fn revisions(&self, world: &World) -> Vec<i64> {
        [&self.draft, &self.accepted, &self.billed].map(|n| world.case(n).revision).to_vec()
    }
}
