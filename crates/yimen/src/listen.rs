//! Takes connections: so many, so many of one address, and none that keeps its request to itself.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper::server::conn::http1::Builder;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tower::{Service, ServiceExt};
use yimen_web::traffic::Network;

/// How many connections are held.
#[derive(Debug, Clone)]
pub struct Connections {
    pub most: usize,
    /// From one address; a proxy of ours has as many as it likes.
    pub of_address: usize,
    pub proxies: Vec<Network>,
    /// How long the head of a request may take, and a connection be still between two.
    pub head: Duration,
}

impl Default for Connections {
    fn default() -> Connections {
        Connections { most: 8192, of_address: 2048, proxies: Vec::new(), head: Duration::from_secs(30) }
    }
}

/// Larger than any browser's; the router has limits of its own for bodies.
const HEAD_BYTES: usize = 64 * 1024;

/// What a caller gets for whom there is no connection.
const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/// Serves until `stop` is over, then until the last running request is.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    connections: Connections,
    stop: impl Future<Output = ()>,
) {
    let held = Arc::new(Held { connections, of: Mutex::default() });
    // Whoever holds a receiver of the first hears of the end; when the last receiver of the second is gone, all are served.
    let (stopping, hear) = watch::channel(());
    let (done, running) = watch::channel(());
    let mut stop = pin!(stop);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    out_of_luck(&error).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        let Some(place) = held.place(peer.ip()) else {
            // As much as the kernel takes at once: nobody waits for whoever is turned away.
            let _ = stream.try_write(FULL);
            continue;
        };
        let (router, head) = (router.clone(), held.connections.head);
        let (hear, running) = (hear.clone(), running.clone());
        tokio::spawn(async move {
            converse(stream, peer, router, head, hear).await;
            drop((place, running));
        });
    }
    drop((listener, running));
    // Nobody is there any more to hear it: that is fine, too.
    let _ = stopping.send(());
    done.closed().await;
}

/// One connection to its end.
async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    head: Duration,
    mut hear: watch::Receiver<()>,
) {
    // A small answer that waits for the acknowledgement of the last one waits 40 ms.
    let _ = stream.set_nodelay(true);
    let service = tower::service_fn(move |request: axum::http::Request<hyper::body::Incoming>| {
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        let mut router = router.clone();
        async move {
            // A router is always ready.
            let router = ServiceExt::<Request>::ready(&mut router).await?;
            router.call(request).await
        }
    });
    let mut builder = Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(head).max_header_size(HEAD_BYTES);
    let mut connection =
        pin!(builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)));
    let mut told = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection broke");
                }
                return;
            }
            _ = hear.changed(), if !told => {
                told = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// A caller who went away again is nothing; without file handles it helps to wait until somebody gives one back.
async fn out_of_luck(error: &std::io::Error) {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!(%error, "no connection can be taken");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

struct Held {
    connections: Connections,
    /// How many by address, and all together.
    of: Mutex<(HashMap<IpAddr, usize>, usize)>,
}

/// Given back when the connection ends.
struct Place(Arc<Held>, IpAddr);

impl Held {
    fn place(self: &Arc<Held>, address: IpAddr) -> Option<Place> {
        let address = network(address);
        let ours = self.connections.proxies.iter().any(|network| network.holds(address));
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        let so_far = of.0.get(&address).copied().unwrap_or_default();
        if of.1 >= self.connections.most || (!ours && so_far >= self.connections.of_address) {
            return None;
        }
        of.0.insert(address, so_far + 1);
        of.1 += 1;
        Some(Place(self.clone(), address))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut of = self.0.of.lock().unwrap_or_else(PoisonError::into_inner);
        of.1 -= 1;
        if let Some(count) = of.0.get_mut(&self.1) {
            *count -= 1;
            if *count == 0 {
                of.0.remove(&self.1);
            }
        }
    }
}

/// Of IPv6 the /64, within which a machine changes its address as it likes.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(six) => IpAddr::V6((six.to_bits() >> 64 << 64).into()),
        four => four,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_by_address_and_given_back() {
        let connections = Connections {
            most: 5,
            of_address: 2,
            proxies: vec![Network::parse("10.0.0.0/8").unwrap()],
            ..Connections::default()
        };
        let held = Arc::new(Held { connections, of: Mutex::default() });
        let place = |address: &str| held.place(address.parse().unwrap());
        let (first, _second) = (place("192.0.2.1").unwrap(), place("::ffff:192.0.2.1").unwrap());
        assert!(place("192.0.2.1").is_none());
        drop(first);
        let again = place("192.0.2.1").unwrap();
        let proxy: Vec<_> = (0..3).map(|_| place("10.0.0.1").unwrap()).collect();
        assert!(place("10.0.0.1").is_none() && place("192.0.2.2").is_none(), "the house is full");
        drop((again, proxy));
        let _one = place("2001:db8::1").unwrap();
        let _two = place("2001:db8::2").unwrap();
        assert!(place("2001:db8::3").is_none(), "one network");
    }
}
