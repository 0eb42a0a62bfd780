//! What the binary tells the kit once: names, navigation, trusted origins; and the layers around every page.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Router};
use tower::ServiceBuilder;
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use crate::form_body::{Form, MAX_BODY};
use crate::html::redirect_303;
use crate::page::{Audience, Mode, NavItem, UserBadge};
use crate::traffic::{Limiter, Traffic};
use crate::upload::Clamd;
use crate::{assets, errors, guard, traffic};

type Nav = dyn Fn(Audience, Option<&UserBadge>) -> Vec<NavItem> + Send + Sync;

/// Settings of the whole web face.
pub struct Site {
    /// Shown in the title of every page.
    pub name: String,
    /// Who runs the platform: 临安市政务服务管理办公室.
    pub host: String,
    pub help_phone: String,
    pub sign_in: String,
    pub sign_out: String,
    /// Where a citizen finds help; the same place on every page. Empty: only the telephone number is shown.
    pub help: String,
    /// Where anybody checks the public log. Empty: there is none.
    pub ledger: String,
    /// Main navigation for an audience and the person signed in.
    pub nav: Box<Nav>,
    /// Origins a form may post to besides our own: payment gateways.
    pub form_targets: Vec<String>,
    /// Origins accepted as our own where a proxy rewrites `Host`.
    pub own_origins: Vec<String>,
    /// Path prefixes other servers call, free of the same-origin rule because they carry no cookie: `/api/`.
    pub open_paths: Vec<String>,
    /// Whether cookies are marked `Secure`.
    pub https: bool,
    /// How many requests are taken, of whom and of what.
    pub traffic: Traffic,
    /// Asked about each file that is sent, if there is one.
    pub scanner: Option<Clamd>,
}

impl std::fmt::Debug for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Site").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Default for Site {
    fn default() -> Site {
        Site {
            name: "一门".into(),
            host: "政务服务管理办公室".into(),
            help_phone: "12345".into(),
            sign_in: "/sign-in".into(),
            sign_out: "/sign-out".into(),
            help: String::new(),
            ledger: String::new(),
            nav: Box::new(|_, _| Vec::new()),
            form_targets: Vec::new(),
            own_origins: Vec::new(),
            open_paths: vec!["/api/".into()],
            https: false,
            traffic: Traffic::default(),
            scanner: None,
        }
    }
}

impl Site {
    /// The site of pages made without a request (tests, error pages of last resort).
    pub(crate) fn plain() -> Arc<Site> {
        static PLAIN: std::sync::OnceLock<Arc<Site>> = std::sync::OnceLock::new();
        PLAIN.get_or_init(|| Arc::new(Site::default())).clone()
    }
}

/// Puts everything around the application's routes that a request passes: limits, assets, the change of mode, guard of unsafe
/// methods, headers, error pages, compression, body limit, panics. Call it last, outside the session layer.
///
/// An error page knows the signed-in person only if [`crate::error_pages`] is also layered *inside* the session layer.
pub fn wrap(routes: Router, site: Arc<Site>) -> Router {
    let limiter = Limiter::new(site.traffic.clone());
    // What nobody serves is for the fallback of `routes`, if they have one: it may know who asks.
    let routes = routes.merge(assets::routes()).route("/mode", post(set_mode));
    // One stack around the router as a whole: layered one by one, each would be boxed around every route, and a request
    // would copy all of them at each (7 % of the processor time of a form).
    let stack = ServiceBuilder::new()
        .layer(Extension(site))
        .layer(middleware::from_fn(keep_path))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .layer(middleware::from_fn(guard::security_headers))
        .layer(middleware::from_fn(errors::error_pages))
        .layer(middleware::from_fn_with_state(limiter, traffic::front))
        .layer(CatchPanicLayer::custom(errors::panicked))
        .layer(middleware::from_fn(guard::guard_unsafe))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .service(routes);
    Router::new().fallback_service(stack)
}

/// The path as the client asked for it, before any nesting took a part of it away.
#[derive(Clone)]
pub(crate) struct AskedPath(pub String);

async fn keep_path(mut request: Request, next: Next) -> Response {
    let path = request.uri().path_and_query().map_or("/", |p| p.as_str()).to_string();
    request.extensions_mut().insert(AskedPath(path));
    next.run(request).await
}

/// `POST /mode`: keeps 标准版, 长辈版 or 高对比 for a year and goes back to where the person was.
async fn set_mode(Extension(site): Extension<Arc<Site>>, form: Form) -> Response {
    let mode = Mode::from_key(form.text("mode")).unwrap_or_default();
    let secure = if site.https { "; Secure" } else { "" };
    let cookie =
        format!("yimen_mode={}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly{secure}", mode.key());
    let mut response = redirect_303(local_path(form.text("to"))).into_response();
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// Only a path of this site: anything a browser could read as another host becomes `/`.
pub(crate) fn local_path(to: &str) -> &str {
    let local = to.starts_with('/')
        && !to.starts_with("//")
        && !to.contains('\\')
        && !to.chars().any(|c| c.is_control());
    if local { to } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn only_paths_of_this_site_are_gone_back_to() {
        assert_eq!(local_path("/my/cases?after=3"), "/my/cases?after=3");
        for elsewhere in
            ["", "https://evil.example/", "//evil.example", "/\\evil.example", "my", "/a\r\nSet-Cookie: b"]
        {
            assert_eq!(local_path(elsewhere), "/", "{elsewhere:?}");
        }
    }
}
