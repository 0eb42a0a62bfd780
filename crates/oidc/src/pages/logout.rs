//! `/oauth/end-session`: a system sends somebody to sign out here, too (OpenID Connect RP-Initiated Logout 1.0).

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use yimen_identity::SignedIn;
use yimen_web::{Button, Form, Html, Page, Shell, WebError, redirect_303};

use super::away;
use crate::authorize::{Query, address};
use crate::client::Client;
use crate::{Oidc, jose, keys};

#[derive(Template)]
#[template(path = "oidc/leave.html")]
struct LeavePage {
    page: Page,
    query: String,
    submit: Button,
}

/// Where somebody goes afterwards, and whether the system that sent them knows this very sign-in.
struct Leaving {
    to: Option<(String, String)>,
    /// The session that the ID token names, under the name that client knows it by.
    known: Option<(String, String)>,
}

impl Oidc {
    async fn leaving(&self, query: &Query) -> Result<Leaving, WebError> {
        let refused = |what: &str| {
            Err(WebError::bad_request(format!("{what}没有退出。可以用页面上方的“退出”退出一门。")))
        };
        let (hint, named) = (query.get("id_token_hint"), query.get("client_id"));
        let mut id = named.to_owned();
        let mut known = None;
        if !hint.is_empty() {
            let all = self.platform.store.read(keys::by_name).await.map_err(WebError::from)?;
            let claims = jose::own_claims(hint, |kid| all.get(kid).cloned()).unwrap_or_default();
            let claim =
                |name: &str| claims.get(name).and_then(|it| it.as_str()).unwrap_or_default().to_owned();
            let (issuer, audience) = (claim("iss"), claim("aud"));
            if issuer != self.issuer() || (!named.is_empty() && named != audience) {
                return refused("退出请求里的登录凭证不是本站发给那个系统的。");
            }
            known = Some((audience.clone(), claim("sid")));
            id = audience;
        }
        let redirect = query.get("post_logout_redirect_uri");
        if redirect.is_empty() {
            return Ok(Leaving { to: None, known });
        }
        let client = self.client(&id).await?.filter(|client: &Client| client.closed_at.is_none());
        match client.filter(|client| client.logouts.iter().any(|own| own == redirect)) {
            Some(client) => {
                let to = address(redirect, &[("state", query.get("state"))]);
                // `address` always writes the sign that a query follows.
                Ok(Leaving { to: Some((client.name, to.trim_end_matches(['?', '&']).to_owned())), known })
            }
            None => refused("退出请求里的返回地址没有登记。"),
        }
    }
}

fn gone(shell: &Shell, headers: &HeaderMap, leaving: &Leaving) -> Response {
    match &leaving.to {
        Some((name, to)) => away(shell, headers, name, to.clone()),
        None => redirect_303("/"),
    }
}

/// Signs out at once whoever the ID token is of; asks anybody else, for a link may come from anywhere.
pub(super) async fn page(
    State(oidc): State<Oidc>,
    shell: Shell,
    headers: HeaderMap,
    signed_in: Option<SignedIn>,
    RawQuery(query): RawQuery,
) -> Result<Response, WebError> {
    let query = query.unwrap_or_default();
    let leaving = oidc.leaving(&Query::read(&query)).await?;
    let Some(SignedIn { session, .. }) = signed_in else { return Ok(gone(&shell, &headers, &leaving)) };
    let same =
        leaving.known.as_ref().is_some_and(|(client, name)| oidc.session_name(client, session.id) == *name);
    if same {
        let answer = gone(&shell, &headers, &leaving);
        return Ok(oidc.identity.sign_out_with(&session, answer).await?);
    }
    let submit = Button::primary("退出登录");
    Ok(Html::ok(LeavePage { page: shell.citizen("退出一门"), query, submit }).into_response())
}

pub(super) async fn submit(
    State(oidc): State<Oidc>,
    shell: Shell,
    headers: HeaderMap,
    signed_in: Option<SignedIn>,
    form: Form,
) -> Result<Response, WebError> {
    let leaving = oidc.leaving(&Query::read(form.raw("query"))).await?;
    let answer = gone(&shell, &headers, &leaving);
    match signed_in {
        Some(SignedIn { session, .. }) => Ok(oidc.identity.sign_out_with(&session, answer).await?),
        None => Ok(answer),
    }
}
