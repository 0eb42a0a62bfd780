//! Attacks that go over every route: forms from another site, methods and paths that no page has, hosts and headers of others.

use axum::body::Body;

use super::{Tally, elsewhere, first, request, send};
use crate::doors::{BODY, DOORS, Site};
use crate::world::percent;

const FORM: &str = "application/x-www-form-urlencoded";

fn body() -> String {
    let pairs: Vec<String> = BODY.iter().map(|(name, value)| format!("{name}={}", percent(value))).collect();
    pairs.join("&")
}

/// A form that stands on another site, sent by a browser that is signed in here.
pub async fn another_site(site: &Site, tally: &mut Tally) {
    let ways: [&[(&str, &str)]; 6] = [
        &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
        &[("sec-fetch-site", "same-site"), ("origin", "https://other.gov.cn")],
        &[("origin", "https://evil.example"), ("host", "localhost")],
        &[("origin", "null"), ("host", "localhost")],
        &[("referer", "https://evil.example/localhost"), ("host", "localhost")],
        &[("host", "localhost")],
    ];
    for (method, route, who) in DOORS {
        if *method == "get" || route.starts_with("/api/") {
            continue;
        }
        // Whoever is signed in nowhere is of no use to the other site.
        let name = if *who == "*" { "owner" } else { first(who) };
        for way in ways {
            let mut asked = request(site, name, "POST", &site.path(route)).header("content-type", FORM);
            for (header, value) in way {
                asked = asked.header(*header, *value);
            }
            let got = send(site, asked.body(Body::from(body())).unwrap()).await;
            tally.note("forms of another site", got.status == 403, || {
                format!("{route} {way:?}: {}", got.status)
            });
        }
    }
}

/// Methods that the route has not, and forms sent as an address.
pub async fn wrong_methods(site: &Site, tally: &mut Tally) {
    let has = |method: &str, route: &str| DOORS.iter().any(|(m, r, _)| *m == method && *r == route);
    for (method, route, who) in DOORS.iter().filter(|(_, route, _)| !elsewhere(route)) {
        let (name, path) = (first(who), site.path(route));
        for verb in ["PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "CONNECTED"] {
            let asked = request(site, name, verb, &path).header("sec-fetch-site", "same-origin");
            let got = send(site, asked.body(Body::from(body())).unwrap()).await;
            tally.note("methods that a route has not", got.is_refusal(), || {
                format!("{verb} {route}: {}", got.status)
            });
        }
        if *method == "post" && !has("get", route) {
            let asked = request(site, name, "GET", &format!("{path}?{}", body()));
            let got = send(site, asked.body(Body::empty()).unwrap()).await;
            tally.note("forms sent as an address", got.is_refusal(), || format!("{route}: {}", got.status));
        }
        if *method == "get" {
            let asked = request(site, name, "GET", &path).header("x-http-method-override", "DELETE");
            let asked = asked.header("x-method-override", "POST").header("content-type", FORM);
            let got = send(site, asked.body(Body::from(body())).unwrap()).await;
            let plain = send(site, request(site, name, "GET", &path).body(Body::empty()).unwrap()).await;
            tally.note("methods named in a header", got.status == plain.status, || {
                format!("{route}: {} {}", got.status, plain.status)
            });
        }
    }
}

/// Paths that lead out of where they should.
pub async fn paths(site: &Site, tally: &mut Tally) {
    let ways = [
        "..%2f..%2f..%2f..%2fetc%2fpasswd",
        "%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "..%5c..%5c..%5cetc%5cpasswd",
        "....%2f%2f....%2f%2fetc%2fpasswd",
        "%00",
        "%c0%ae%c0%ae%2fetc%2fpasswd",
        "%252e%252e%252fetc%252fpasswd",
        "%27%20or%201%3D1--",
        "-1",
        "9223372036854775808",
    ];
    for (method, route, who) in DOORS.iter().filter(|(_, route, _)| route.contains('{') && !elsewhere(route))
    {
        let start = route.find('{').unwrap_or_default();
        for way in ways {
            // The first of its places is the attack, the others are as they should be.
            let end = start + route[start..].find('}').unwrap_or_default() + 1;
            let rest = site.path(&route[end..]);
            let path = format!("{}{way}{rest}", &route[..start]);
            let asked = request(site, first(who), &method.to_uppercase(), &path);
            let asked = asked.header("sec-fetch-site", "same-origin").header("content-type", FORM);
            let got = send(site, asked.body(Body::from(body())).unwrap()).await;
            let refused = got.is_refusal() && !got.text().contains("root:");
            tally.note("paths that lead elsewhere", refused, || format!("{method} {path}: {}", got.status));
        }
    }
}

/// Addresses of others in what a page says, and lines smuggled into its head.
pub async fn hosts_and_headers(site: &Site, tally: &mut Tally) {
    const LINES: &str = "%0d%0aset-cookie:%20evil=1%0d%0a%0d%0a%3Cscript%3E";
    for (_, route, who) in DOORS.iter().filter(|(method, route, _)| *method == "get" && !elsewhere(route)) {
        let (name, path) = (first(who), site.path(route));
        let asked = request(site, name, "GET", &path).header("host", "evil.example");
        let asked = asked.header("x-forwarded-host", "evil.example").header("forwarded", "host=evil.example");
        let asked = asked.header("x-original-url", "/admin").header("x-rewrite-url", "//evil.example/");
        let got = send(site, asked.body(Body::empty()).unwrap()).await;
        tally.note("hosts of others", !got.says("evil.example") && !got.status.is_server_error(), || {
            format!("{route}: {}", got.status)
        });
        for query in [format!("next={LINES}"), format!("to={LINES}&q={LINES}&file={LINES}")] {
            let asked = request(site, name, "GET", &format!("{path}?{query}"));
            let got = send(site, asked.body(Body::empty()).unwrap()).await;
            let smuggled =
                got.headers.get_all("set-cookie").iter().any(|value| value.as_bytes().starts_with(b"evil"));
            tally.note("lines smuggled into a head", !smuggled && !got.text().contains("\n<script>"), || {
                format!("{route}?{query}: {:?}", got.headers)
            });
        }
    }
}
