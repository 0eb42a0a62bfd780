//! `yimen serve`: listens until told to stop, then lets running requests finish.

use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use yimen::app::{self, App};
use yimen::audit::Audited;
use yimen::background::Background;
use yimen::disk::Disks;
use yimen::hold::Hold;
use yimen::ledger;
use yimen::listen::{self, Connections};
use yimen::open::{Place, casework, open_held};
use yimen_casework::pages::UnmaskRules;
use yimen_identity::{DemoAccount, Identity, Limits, Settings};
use yimen_ledger::witness::KnownWitness;
use yimen_messages::Messages;
use yimen_oidc::outside::{Outside, Provider};
use yimen_payments::{Gateway, GatewayConfig, Payments};
use yimen_platform::Platform;
use yimen_web::Site;
use yimen_web::traffic::Traffic;
use yimen_web::upload::Clamd;

/// How long running requests are given when the server is told to stop.
const DRAIN: Duration = Duration::from_secs(30);

pub type Failure = Box<dyn std::error::Error>;

pub fn serve(
    place: &Place,
    listen: SocketAddr,
    face: Face,
    gateway: Option<GatewayConfig>,
) -> Result<ExitCode, Failure> {
    let listener = bind(listen)?;
    let hold = Hold::take(place)?;
    let platform = open_held(place, &hold)?;
    let wire = face.wire();
    let app = build(place, &platform, face, Vec::new(), gateway)?;
    runtime()?.block_on(run(app, place, wire, Disks::of(place), listener, |address| {
        println!("一门已启动：http://{address}\n停止：Ctrl+C");
    }))?;
    Ok(ExitCode::SUCCESS)
}

/// Takes the port before anything slow is done: one that is in use is told at once.
pub fn bind(listen: SocketAddr) -> Result<TcpListener, Failure> {
    let listener = TcpListener::bind(listen).map_err(|e| match e.kind() {
        std::io::ErrorKind::AddrInUse => {
            format!(
                "端口 {} 已被占用（{listen}）。请停止占用它的程序，或用 --port 换一个端口。",
                listen.port()
            )
        }
        _ => format!("不能监听 {listen}：{e}。请用 --host 和 --port 换一个地址。"),
    })?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

pub fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

/// How the server shows itself to the outside.
pub struct Face {
    /// Reached by HTTPS.
    pub secure: bool,
    /// Where browsers reach it.
    pub base: String,
    /// Who is asked to cosign the log.
    pub witnesses: Vec<KnownWitness>,
    pub limits: Limits,
    /// People make accounts for themselves.
    pub registers: bool,
    /// Providers outside that people sign in through.
    pub providers: Vec<Provider>,
    /// How often who may see numbers in full.
    pub unmasks: UnmaskRules,
    /// What sends codes to phones.
    pub messages: Option<yimen_messages::GatewayConfig>,
    /// How many requests are taken.
    pub traffic: Traffic,
    /// Asked about each file that is sent.
    pub scanner: Option<Clamd>,
    /// How many connections.
    pub connections: Connections,
}

impl Face {
    pub fn wire(&self) -> Wire {
        Wire {
            unmasks: self.unmasks,
            traffic: self.traffic.clone(),
            scanner: self.scanner.clone(),
            connections: self.connections.clone(),
        }
    }
}

/// What of the face the running server itself needs.
pub struct Wire {
    pub unmasks: UnmaskRules,
    pub traffic: Traffic,
    pub scanner: Option<Clamd>,
    pub connections: Connections,
}

pub fn build(
    place: &Place,
    platform: &Platform,
    face: Face,
    demo: Vec<DemoAccount>,
    gateway: Option<GatewayConfig>,
) -> Result<App, Failure> {
    let casework = casework(platform)?;
    let gateway = gateway.map(|config| Gateway::new(config, platform.clock.clone())).transpose()?;
    let payments = gateway.map(|g| Payments { casework: casework.clone(), gateway: Arc::new(g) });
    let is_demo = !demo.is_empty();
    let demo_messages = face.messages.as_ref().filter(|_| is_demo).map(|config| config.base.clone());
    let sender = face.messages.map(|config| yimen_messages::Gateway::new(config, platform.clock.clone()));
    let messages = sender.transpose()?.map(|sender| Messages::new(platform.clone(), sender));
    let (named, listed) = (casework.clone(), casework.clone());
    let ledger = ledger::open(place, platform, face.witnesses)?;
    let buttons = face.providers.iter().map(|one| (one.name.clone(), format!("/sign-in/with/{}", one.id)));
    let settings = Settings {
        outside: buttons.collect(),
        secure: face.secure,
        demo,
        staff_factor: !is_demo,
        limits: face.limits,
        registers: face.registers,
        policy: casework.policy.clone(),
        messages,
        demo_messages: demo_messages.unwrap_or_default(),
        home: Box::new(app::home),
        place: Box::new(move |staff| app::place(&named, staff)),
        places: Box::new(move || app::places(&listed)),
        audit: Some(Arc::new(Audited { ledger: ledger.clone() })),
        ..Settings::default()
    };
    let identity = Identity::new(platform.clone(), settings);
    let outside = match face.providers.is_empty() {
        true => None,
        false => {
            Some(Outside::new(platform.clone(), identity.clone(), &face.base, face.secure, face.providers)?)
        }
    };
    Ok(App {
        outside,
        identity,
        casework,
        payments,
        ledger,
        base: face.base,
        demo: is_demo,
        https: face.secure,
    })
}

/// Serves until Ctrl+C or SIGTERM.
pub async fn run(
    app: App,
    place: &Place,
    wire: Wire,
    disks: Disks,
    listener: TcpListener,
    started: impl FnOnce(SocketAddr),
) -> Result<(), Failure> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let site = Site { traffic: wire.traffic, scanner: wire.scanner, ..app::site(&app) };
    let router = app::router_on(&app, site, disks).layer(axum::Extension(wire.unmasks));
    let must_stop = Arc::new(Notify::new());
    let background = Background::start(&app, place.key_file(), must_stop.clone());
    started(listener.local_addr()?);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let outdated = Arc::new(AtomicBool::new(false));
    let found_outdated = outdated.clone();
    let serving = listen::serve(listener, router, wire.connections, async move {
        tokio::select! {
            () = told_to_stop() => {}
            () = must_stop.notified() => found_outdated.store(true, Ordering::Relaxed),
        }
        // The receiver waits for exactly this.
        let _ = stop.send(());
    });
    let deadline = async {
        let _ = stopped.await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        () = deadline => tracing::warn!("requests were still running after {DRAIN:?}"),
        () = serving => {}
    }
    drop(background);
    match outdated.load(Ordering::Relaxed) {
        true => Err("数据库换了新的密钥，这台服务器解不开，已停止服务以免丢失数据。请把新的 keys/master.key 复制到这台服务器，再启动。".into()),
        false => Ok(()),
    }
}

pub async fn told_to_stop() {
    let interrupt = tokio::signal::ctrl_c();
    let mut terminate = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(signal) => signal,
        Err(error) => {
            tracing::warn!(%error, "SIGTERM cannot be watched for");
            let _ = interrupt.await;
            return;
        }
    };
    tokio::select! {
        _ = interrupt => {}
        _ = terminate.recv() => {}
    }
}
