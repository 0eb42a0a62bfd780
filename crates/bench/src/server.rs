//! The real server in this process: every route, sessions, payments with the demo gateway, work in the background.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use yimen::app::{self, App};
use yimen::background::Background;
use yimen::cast;
use yimen::listen::{self, Connections};
use yimen_identity::{DemoPlan, Identity, Login, NewAccount, Position, Settings};
use yimen_ledger::{Keys, Ledger};
use yimen_payments::demo::DemoGateway;
use yimen_payments::{Gateway, GatewayConfig, Payments};
use yimen_platform::Actor;
use yimen_web::Site;
use yimen_web::traffic::{Rates, Traffic};

use crate::client::Client;
use crate::world::{Failure, World};

pub struct Server {
    pub address: SocketAddr,
    pub gateway: SocketAddr,
    pub ledger: Ledger,
    times: Times,
    _background: Background,
}

/// Time of each request in the server, from its head to the last byte of its answer, by what the client calls it.
#[derive(Clone, Default)]
struct Times(Arc<Mutex<HashMap<String, Vec<Duration>>>>);

impl Server {
    pub async fn start(world: &World) -> Result<Server, Failure> {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (config, gateway) = start_gateway(world, address).await?;
        let gateway_client = Gateway::new(config, world.platform.clock.clone())?;
        let payments = Payments { casework: world.casework.clone(), gateway: Arc::new(gateway_client) };
        let app = App {
            outside: None,
            https: false,
            identity: identity(world),
            casework: world.casework.clone(),
            payments: Some(payments),
            ledger: ledger(world)?,
            base: format!("http://{address}"),
            demo: false,
        };
        let times = Times::default();
        // All of the load comes from one address, and each applicant works as fast as the server answers.
        let traffic = Traffic { address: Rates::NONE, account: Rates::NONE, ..Traffic::default() };
        let router: Router = app::router(&app, Site { traffic, ..app::site(&app) });
        let router = router.layer(middleware::from_fn_with_state(times.clone(), time));
        let connections = Connections::default();
        tokio::spawn(listen::serve(listener, router, connections, std::future::pending()));
        let ledger = app.ledger.clone();
        Ok(Server {
            address,
            gateway,
            ledger,
            times,
            _background: Background::start(&app, std::path::PathBuf::new(), Arc::default()),
        })
    }

    /// The times of one kind since they were last taken.
    pub fn times(&self, kind: &str) -> Vec<Duration> {
        let mut times = self.times.0.lock().unwrap_or_else(PoisonError::into_inner);
        times.remove(kind).unwrap_or_default()
    }

    /// A session as a browser gets one.
    pub async fn sign_in(&self, login: &str) -> Result<String, Failure> {
        let mut client = Client::connect(self.address).await?;
        let fields =
            [("login", login), ("password", cast::PASSWORD)].map(|(n, v)| (n.to_string(), v.to_string()));
        Ok(client.post("/sign-in", "", &fields).await?.taken(login)?.cookie)
    }
}

async fn start_gateway(world: &World, own: SocketAddr) -> Result<(GatewayConfig, SocketAddr), Failure> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let base = format!("http://{address}");
    let secret = world.platform.ids.token();
    let routes = DemoGateway::new(&secret, base.clone(), world.platform.clock.clone()).routes();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Ok((GatewayConfig { base, secret, own_base: format!("http://{own}") }, address))
}

/// As the binary sets it up for a demo without HTTPS.
fn identity(world: &World) -> Identity {
    let casework = world.casework.clone();
    let settings = Settings {
        secure: false,
        // As in the demo: the codes of authenticator apps are no part of what is measured.
        staff_factor: false,
        home: Box::new(app::home),
        place: Box::new(move |staff| app::place(&casework, staff)),
        ..Settings::default()
    };
    Identity::new(world.platform.clone(), settings)
}

/// Makes accounts for the cast and for the first residents; answers nothing: they sign in by phone and by staff login.
pub async fn accounts(world: &World, residents: usize) -> Result<(), Failure> {
    let today = world.platform.clock.now().day();
    let cast = cast::staff(&world.casework.catalogue.get(), 1, today);
    let mut plan: DemoPlan = cast::plan(&cast, &[])?;
    for (person, party, _) in world.residents.iter().take(residents) {
        let logins = vec![Login::phone(&person.phone)?];
        let position = Position::Citizen { party: *party };
        plan = plan.quiet(NewAccount { name: person.name.clone(), position, logins }, cast::PASSWORD);
    }
    let identity = identity(world);
    let making = identity.clone();
    let prepared = Arc::new(tokio::task::spawn_blocking(move || plan.prepare(&making)).await??);
    let ctx = world.platform.ctx(Actor::System("bench"), "bench");
    world.platform.store.write("bench.accounts", move |tx| prepared.create(&identity, tx, &ctx)).await?;
    Ok(())
}

async fn time(State(times): State<Times>, request: Request, next: Next) -> Response {
    let kind = request.headers().get("x-bench").and_then(|v| v.to_str().ok()).unwrap_or("other").to_owned();
    let started = Instant::now();
    let (head, body) = next.run(request).await.into_parts();
    // Compression works while the body is read: without this the time would stop before it.
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let took = started.elapsed();
    times.0.lock().unwrap_or_else(PoisonError::into_inner).entry(kind).or_default().push(took);
    Response::from_parts(head, Body::from(body))
}

/// A log with keys of its own, following the journal as in a city.
fn ledger(world: &World) -> Result<Ledger, Failure> {
    let keys = Keys::generate("bench/tlog", || world.platform.ids.fill())?;
    Ok(Ledger { platform: world.platform.clone(), keys: Arc::new(keys), witnesses: Arc::default() })
}
