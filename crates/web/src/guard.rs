//! Refuses unsafe requests that another site made in the person's name, and sets the security headers.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::errors::WebError;
use crate::site::{AskedPath, Site};

/// Middleware: an unsafe method must come from our own pages. `Sec-Fetch-Site` decides where the browser sends it,
/// `Origin` (then `Referer`) where it does not. A request with none of them and no cookie is no browser's.
pub async fn guard_unsafe(request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE);
    let site = request.extensions().get::<Arc<Site>>().cloned().unwrap_or_else(Site::plain);
    let path = request.extensions().get::<AskedPath>().map_or(request.uri().path(), |p| p.0.as_str());
    let open = site.open_paths.iter().any(|prefix| path.starts_with(prefix.as_str()));
    if safe || open || is_ours(request.headers(), &site) {
        return next.run(request).await;
    }
    tracing::warn!(path, "cross-site request refused");
    WebError::forbidden("这次提交不是从本站页面发出的，为保护您的账户没有执行。请回到本站页面重新操作。")
        .into_response()
}

fn is_ours(headers: &HeaderMap, site: &Site) -> bool {
    let text = |name: HeaderName| headers.get(name).map(|v| v.to_str().unwrap_or("?"));
    let trusted = |origin: &str| {
        let host = origin.split_once("://").map(|(_, host)| host);
        site.own_origins.iter().any(|own| own == origin) || (host.is_some() && host == text(header::HOST))
    };
    match text(HeaderName::from_static("sec-fetch-site")) {
        Some("same-origin" | "none") => true,
        Some(_) => {
            text(header::ORIGIN).is_some_and(|origin| site.own_origins.iter().any(|own| own == origin))
        }
        None => match (text(header::ORIGIN), text(header::REFERER)) {
            (Some(origin), _) => trusted(origin),
            (None, Some(referer)) => trusted(&origin_of(referer)),
            (None, None) => !headers.contains_key(header::COOKIE),
        },
    }
}

/// `https://host:port/path` → `https://host:port`.
fn origin_of(address: &str) -> String {
    let (scheme, rest) = address.split_once("://").unwrap_or(("", ""));
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    format!("{scheme}://{host}")
}

/// Middleware: a page may load and do only what it was written to, and no copy of it stays behind on a shared machine.
pub async fn security_headers(request: Request, next: Next) -> Response {
    let site = request.extensions().get::<Arc<Site>>().cloned().unwrap_or_else(Site::plain);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let policy = content_policy(&site);
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(self), geolocation=(), microphone=(), payment=(), usb=()",
        ),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if let Ok(value) = HeaderValue::from_str(&policy) {
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(value);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if site.https {
        headers
            .entry(header::STRICT_TRANSPORT_SECURITY)
            .or_insert(HeaderValue::from_static("max-age=31536000; includeSubDomains"));
    }
    response
}

fn content_policy(site: &Site) -> String {
    let targets: String = site.form_targets.iter().map(|origin| format!(" {origin}")).collect();
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; \
         form-action 'self'{targets}; frame-ancestors 'none'; base-uri 'none'; connect-src 'self'; frame-src 'self'; manifest-src 'self'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(pairs: &[(&'static str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("yimen.gov.cn"));
        for (name, value) in pairs {
            headers.insert(*name, HeaderValue::from_str(value).unwrap());
        }
        let site = Site { own_origins: vec!["https://www.yimen.gov.cn".into()], ..Site::default() };
        is_ours(&headers, &site)
    }

    #[test]
    fn our_own_pages_and_programs_pass() {
        assert!(ours(&[("sec-fetch-site", "same-origin")]));
        assert!(ours(&[("sec-fetch-site", "none")]));
        assert!(ours(&[("origin", "https://yimen.gov.cn")]));
        assert!(ours(&[("origin", "https://www.yimen.gov.cn"), ("sec-fetch-site", "cross-site")]));
        assert!(ours(&[("referer", "https://yimen.gov.cn/apply?x=1"), ("cookie", "s=1")]));
        assert!(ours(&[]));
    }

    #[test]
    fn other_sites_and_unknown_senders_with_a_cookie_do_not() {
        assert!(!ours(&[("sec-fetch-site", "cross-site")]));
        assert!(!ours(&[("sec-fetch-site", "same-site")]));
        assert!(!ours(&[("sec-fetch-site", "cross-site"), ("origin", "https://yimen.gov.cn")]));
        assert!(!ours(&[("origin", "https://evil.example")]));
        assert!(!ours(&[("origin", "null")]));
        assert!(!ours(&[("origin", "https://yimen.gov.cn.evil.example")]));
        assert!(!ours(&[("referer", "https://evil.example/yimen.gov.cn"), ("cookie", "s=1")]));
        assert!(!ours(&[("cookie", "s=1")]));
    }
}
