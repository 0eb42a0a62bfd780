//! Attacks on the whole program through its router. Each must come to nothing; how many there were is printed
//! (`cargo xtask attacks`). They go over every route of the doors' table and every field of every form that a page shows:
//! a new route or field is attacked without anybody writing it down.

mod bodies;
mod fields;
mod routes;
mod sessions;

use std::collections::BTreeMap;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, StatusCode};

use crate::doors::{DOORS, PEOPLE, Site};
use crate::story;

/// What was tried, by kind, and what got through.
#[derive(Default)]
struct Tally {
    tried: BTreeMap<&'static str, usize>,
    through: Vec<String>,
}

impl Tally {
    fn note(&mut self, kind: &'static str, refused: bool, what: impl FnOnce() -> String) {
        *self.tried.entry(kind).or_default() += 1;
        if !refused {
            self.through.push(format!("{kind}: {}", what()));
        }
    }
}

/// What came back.
struct Got {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Got {
    fn location(&self) -> &str {
        self.headers.get("location").and_then(|to| to.to_str().ok()).unwrap_or_default()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Whether the words stand in the page, in a header or in the address it leads to.
    fn says(&self, words: &str) -> bool {
        let in_header = self
            .headers
            .values()
            .any(|value| value.as_bytes().windows(words.len()).any(|window| window == words.as_bytes()));
        in_header || self.text().contains(words)
    }

    /// Refused, and not by breaking.
    fn is_refusal(&self) -> bool {
        let sent_away = self.status == StatusCode::SEE_OTHER && self.location().starts_with("/sign-in");
        // Too many requests is no answer to what was asked.
        (self.status.is_client_error() && self.status != StatusCode::TOO_MANY_REQUESTS) || sent_away
    }
}

async fn send(site: &Site, request: Request<Body>) -> Got {
    let (head, body) = site.raw(request).await;
    Got { status: head.status, headers: head.headers, body }
}

/// A request of somebody, as their browser sends it but for what the attack changes.
fn request(site: &Site, name: &str, method: &str, path: &str) -> axum::http::request::Builder {
    let request = Request::builder().method(method).uri(path).header("accept", "text/html");
    match site.cookie(name) {
        Some(cookie) => request.header("cookie", cookie),
        None => request,
    }
}

/// Somebody who passes a door.
fn first(who: &'static str) -> &'static str {
    if who == "*" { "nobody" } else { who.split(' ').next().unwrap_or("nobody") }
}

/// Doors of other programs than the server: of a witness and of the demo gateway.
fn elsewhere(route: &str) -> bool {
    ["/add-checkpoint", "/orders", "/refunds", "/pay/"].iter().any(|start| route.starts_with(start))
}

#[test]
fn every_attack_comes_to_nothing() {
    story("attacks", |world| async move {
        let site = Site::new(&world).await;
        let before = site.revisions(&world);
        let mut tally = Tally::default();
        routes::another_site(&site, &mut tally).await;
        routes::wrong_methods(&site, &mut tally).await;
        routes::paths(&site, &mut tally).await;
        routes::hosts_and_headers(&site, &mut tally).await;
        sessions::redirects(&site, &mut tally).await;
        sessions::numbers(&site, &mut tally).await;
        bodies::broken(&site, &mut tally).await;
        assert_eq!(site.revisions(&world), before, "nothing changed anything");
        sessions::fixation_and_replay(&site, &mut tally).await;
        sessions::timing(&world, &mut tally).await;
        // Last, for they do what the forms are for.
        fields::marks(&site, &mut tally).await;
        let wrong = DOORS.iter().map(|(_, _, who)| match *who {
            "*" => 0,
            who => PEOPLE.len() - who.split(' ').count(),
        });
        // Those are tried by `nobody_passes_who_is_not_named`.
        let doors: usize = wrong.sum();
        let all: usize = tally.tried.values().sum::<usize>() + doors;
        println!("attacks: {all} tried, {} got through", tally.through.len());
        println!("  {doors:>5} at doors that are not theirs");
        for (kind, count) in &tally.tried {
            println!("  {count:>5} {kind}");
        }
        assert!(tally.through.is_empty(), "{:#?}", tally.through);
        assert!(tally.tried.len() >= 14 && all > 2500, "an attack was forgotten: {:?}", tally.tried);
    });
}

/// What the server fetches is by configuration only: no request names an address. A new crate that fetches is to be looked at.
#[test]
fn nothing_fetches_an_address_that_a_request_named() {
    let crates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut fetching: Vec<String> = std::fs::read_dir(crates)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|one| {
            let manifest = std::fs::read_to_string(one.join("Cargo.toml")).unwrap_or_default();
            let product = manifest.split("[dev-dependencies]").next().unwrap_or_default().to_owned();
            ["reqwest.", "reqwest =", "object_store", "hyper-rustls"]
                .iter()
                .any(|name| product.contains(name))
        })
        .map(|one| one.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    fetching.sort();
    // Blobs: the store of the operator. Ledger: witnesses of the operator. Messages, payments: the gateways of the operator;
    // their answers give a state or an order, never an address to fetch. Oidc: the providers of the operator, and of what they
    // say of themselves only hosts that the operator named. Yimen: asks those. Bench, testkit, xtask are no part
    // of the server.
    let known = ["bench", "blobs", "ledger", "messages", "oidc", "payments", "testkit", "xtask", "yimen"];
    let unknown: Vec<_> = fetching.iter().filter(|one| !known.contains(&one.as_str())).collect();
    assert!(unknown.is_empty(), "say here where they get their addresses from: {unknown:?}");
}
