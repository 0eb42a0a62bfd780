//! The middleware: counts a request before anything is done for it.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::table::Table;
use super::{CallerAddress, Class, Rate, Traffic, address, body};
use crate::errors::{ErrorKind, WebError};

const NANOS: u64 = 1_000_000_000;
/// After how many seconds a server that is full is asked again.
const FULL: u64 = 2;

/// What a running server has counted. Cheap to clone.
#[derive(Clone)]
pub struct Limiter(Arc<Counted>);

struct Counted {
    traffic: Traffic,
    table: Table,
    started: Instant,
    at_work: AtomicUsize,
    /// Refused since it was last told, and the second of that.
    refused: AtomicU64,
    told: AtomicU64,
}

/// Whose number it is.
#[derive(Hash, Clone, Copy)]
enum Whose {
    Address(u128),
    Account(i64),
}

impl Limiter {
    pub fn new(traffic: Traffic) -> Limiter {
        Limiter(Arc::new(Counted {
            traffic,
            table: Table::new(),
            started: Instant::now(),
            at_work: AtomicUsize::new(0),
            refused: AtomicU64::new(0),
            told: AtomicU64::new(0),
        }))
    }

    fn take(&self, whose: Whose, class: Class, rate: Rate) -> Result<(), WebError> {
        if rate.per_second == 0 {
            return Ok(());
        }
        // Half a millennium fits.
        let now = self.0.started.elapsed().as_nanos() as u64;
        self.0.table.take((whose, class), rate, now).map_err(|wait| {
            let seconds = wait.div_ceil(NANOS).max(1);
            self.tell(class, now / NANOS);
            let who = match whose {
                Whose::Address(_) => "您所在的网络发来的请求太多",
                Whose::Account(_) => "您的账户操作太频繁",
            };
            let words = format!("{who}，这一次没有处理。请过{seconds}秒再试。");
            WebError::too_many(words).retry_after(seconds)
        })
    }

    /// Once a second at most: a flood fills no disk.
    fn tell(&self, class: Class, second: u64) {
        let refused = self.0.refused.fetch_add(1, Ordering::Relaxed) + 1;
        // Shifted by one: nothing has been told in the second in which all began.
        if self.0.told.swap(second + 1, Ordering::Relaxed) != second + 1 {
            self.0.refused.fetch_sub(refused, Ordering::Relaxed);
            tracing::warn!(class = class.code(), refused, "requests refused for their number");
        }
    }

    /// A place among those who are served, or nothing where all are taken.
    fn place(&self) -> Option<AtWork> {
        let before = self.0.at_work.fetch_add(1, Ordering::Relaxed);
        let place = AtWork(self.0.clone());
        (before < self.0.traffic.at_once).then_some(place)
    }
}

struct AtWork(Arc<Counted>);

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.at_work.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Beside the request, for whoever learns later which account it is of.
#[derive(Clone)]
struct Counting(Limiter, Class);

/// Middleware around everything but the pages of errors.
pub(crate) async fn front(State(limiter): State<Limiter>, mut request: Request, next: Next) -> Response {
    let class = Class::of(&request);
    if let Some(address) = address_of(&request, &limiter.0.traffic) {
        let rate = limiter.0.traffic.address.of(class);
        if let Err(refused) = limiter.take(Whose::Address(address::counted(address)), class, rate) {
            return refused.into_response();
        }
        request.extensions_mut().insert(CallerAddress(address));
    }
    if request.uri().path().contains("%00") {
        // Nothing is named so, and no database keeps it.
        return WebError::not_found().next("/services", "查找要办的事").into_response();
    }
    let Some(_place) = limiter.place() else {
        limiter.tell(class, limiter.0.started.elapsed().as_secs());
        let words = "现在办理的人太多，这一次没有处理。请过几秒再试。";
        return WebError::new(ErrorKind::Unavailable).detail(words).retry_after(FULL).into_response();
    };
    request.extensions_mut().insert(Counting(limiter.clone(), class));
    let patience = limiter.0.traffic.body;
    next.run(request.map(|sent| body::within(sent, patience))).await
}

/// Nothing for a program that calls the routes itself: it has no address.
fn address_of(request: &Request, traffic: &Traffic) -> Option<IpAddr> {
    let ConnectInfo(peer) = request.extensions().get::<ConnectInfo<SocketAddr>>()?;
    Some(address::caller(peer.ip(), request.headers(), &traffic.proxies))
}

/// Counts a request for the account it turned out to be of.
pub fn charge_account(request: &Request, account: i64) -> Result<(), WebError> {
    let Some(Counting(limiter, class)) = request.extensions().get::<Counting>() else { return Ok(()) };
    limiter.take(Whose::Account(account), *class, limiter.0.traffic.account.of(*class))
}
