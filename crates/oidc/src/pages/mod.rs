//! What browsers and other systems ask of us.

mod admin;
mod authorize;
mod logout;
mod programs;

use askama::Template;
use axum::Router;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use yimen_web::{Html, Page, Shell, redirect_303};

use crate::Oidc;

/// `/.well-known/openid-configuration`, `/oauth`, `/admin/oidc`. Needs [`yimen_identity::layer`] around it.
pub fn routes(oidc: Oidc) -> Router {
    Router::new()
        .route("/.well-known/openid-configuration", get(programs::discovery))
        .route("/oauth/jwks", get(programs::jwks))
        .route("/oauth/token", post(programs::token))
        .route("/oauth/revoke", post(programs::revoke))
        .route("/oauth/userinfo", get(programs::user_info).post(programs::user_info))
        .route("/oauth/authorize", get(authorize::page))
        .route("/oauth/consent", post(authorize::consent))
        .route("/oauth/again", post(authorize::again))
        .route("/oauth/end-session", get(logout::page).post(logout::submit))
        .route("/admin/oidc", get(admin::page))
        .route("/admin/oidc/new", get(admin::new_page).post(admin::add))
        .route("/admin/oidc/{client}", get(admin::one_page).post(admin::change))
        .route("/admin/oidc/{client}/act", post(admin::act))
        .with_state(oidc)
}

/// On the way to another system, where a redirect may not lead there.
#[derive(Template)]
#[template(path = "oidc/away.html")]
struct AwayPage {
    page: Page,
    to: String,
    name: String,
}

/// Sends the browser to a registered address. What our own form led to must not be redirected elsewhere (the content policy's
/// `form-action`), so there the browser is told by a page.
fn away(shell: &Shell, headers: &HeaderMap, name: &str, to: String) -> Response {
    let ours = headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin");
    if !ours {
        return redirect_303(to);
    }
    let Ok(refresh) = HeaderValue::from_str(&format!("0; url={to}")) else { return redirect_303(to) };
    let page = shell.citizen(format!("正在进入{name}"));
    let mut answer = Html::ok(AwayPage { page, to, name: name.to_owned() }).into_response();
    answer.headers_mut().insert(header::REFRESH, refresh);
    answer
}
