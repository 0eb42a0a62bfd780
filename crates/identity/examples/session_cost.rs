//! What recognising a session costs a request, in CPU time of the whole process: from memory, and by a read.
//!
//! `cargo run -p yimen-identity --example session_cost`

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::get;
use tower::ServiceExt;
use yimen_blobs::Blobs;
use yimen_identity::{Cost, Device, Identity, Login, NewAccount, Position, Settings};
use yimen_platform::{Actor, Ids, Platform, Sealer, SystemClock};
use yimen_testkit::TestDb;

const SESSIONS: usize = 2000;
const AGAIN: usize = 20_000;

/// User and system time of the process, from the kernel's own count.
fn cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").expect("a Linux system");
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: u64 = fields[11..13].iter().map(|field| field.parse::<u64>().expect("a number")).sum();
    Duration::from_millis(ticks * 10)
}

/// Sends the requests and prints what each cost.
async fn measure(what: &str, app: &Router, cookies: impl Iterator<Item = String>) {
    let requests: Vec<Request<Body>> = cookies
        .map(|cookie| Request::get("/").header("cookie", cookie).body(Body::empty()).expect("a request"))
        .collect();
    let (count, start, before) = (requests.len() as f64, Instant::now(), cpu());
    for request in requests {
        app.clone().oneshot(request).await.expect("an answer");
    }
    let each = |time: Duration| time.as_secs_f64() * 1e6 / count;
    println!("{what}: {:.1} µs CPU, {:.1} µs", each(cpu() - before), each(start.elapsed()));
}

async fn on(db: TestDb) {
    println!("{:?}", db.engine());
    let platform = Platform {
        store: db.store().clone(),
        blobs: Blobs::open(&format!("file:{}", std::env::temp_dir().join("yimen-no-blobs").display()))
            .expect("a folder"),
        sealer: Arc::new(Sealer::new([7; 32])),
        clock: Arc::new(SystemClock),
        ids: Arc::new(Ids::new(1)),
    };
    let settings =
        Settings { secure: false, cost: Cost { memory_kib: 256, passes: 1 }, ..Settings::default() };
    let identity = Identity::new(platform.clone(), settings);
    let new = NewAccount {
        name: "王小明".into(),
        position: Position::Citizen { party: 1 },
        logins: vec![Login::staff("wang").expect("a login")],
    };
    let hash = identity.hash_password_blocking("Right-2026").expect("a hash");
    let (maker, ctx) = (identity.clone(), platform.ctx(Actor::System("measure"), "measure"));
    let create = move |tx: &mut yimen_store::Tx<'_>| maker.create_account(tx, &ctx, &new, &hash);
    platform.store.write("account.create", create).await.expect("an account");
    let mut cookies = Vec::with_capacity(SESSIONS);
    for _ in 0..SESSIONS {
        let started = identity.sign_in("wang", "Right-2026", Device::default()).await.expect("an account");
        let started = started.started().expect("a session");
        cookies.push(format!("yimen={}", started.token.as_str()));
    }
    let bare = Router::new().route("/", get(async || ""));
    let app = bare.clone().layer(yimen_identity::layer(identity));
    measure("route alone", &bare, cookies.iter().cycle().take(AGAIN).cloned()).await;
    measure("nobody", &app, std::iter::repeat_n("yimen_mode=large".to_owned(), AGAIN)).await;
    measure("by a read", &app, cookies.iter().cloned()).await;
    measure("from memory", &app, std::iter::repeat_n(cookies[0].clone(), AGAIN)).await;
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    runtime.block_on(on(TestDb::sqlite()));
    runtime.block_on(on(TestDb::postgres()));
}
