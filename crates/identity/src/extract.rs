//! What handlers take to know who asks.

use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Response};
use yimen_platform::{Actor, Staff};
use yimen_web::{Shell, WebError, redirect_303, referring_path};

use crate::{Session, sign_in_path};

/// Whoever it is; [`Actor::Anyone`] when nobody is signed in.
#[derive(Debug, Clone)]
pub struct Caller(pub Actor);

/// Somebody signed in; others are sent to sign in and come back.
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub actor: Actor,
    pub session: Arc<Session>,
}

/// Whoever is signed in, applicant or staff. What they may see is decided where the row is loaded.
#[derive(Debug, Clone)]
pub struct Known(pub Actor);

/// An applicant; staff get 403.
#[derive(Debug, Clone)]
pub struct CitizenOnly {
    pub actor: Actor,
    pub account: i64,
    pub party: i64,
    pub name: Arc<str>,
}

/// A member of staff; applicants get 403. What exactly they may do is decided where the row is loaded.
#[derive(Debug, Clone)]
pub struct StaffOnly {
    pub actor: Actor,
    pub staff: Arc<Staff>,
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Caller(parts.extensions.get::<Actor>().cloned().unwrap_or(Actor::Anyone)))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        match parts.extensions.get::<Arc<Session>>() {
            Some(session) => Ok(SignedIn { actor: session.actor.clone(), session: session.clone() }),
            None => Err(ask_to_sign_in(parts, state).await),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Known {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        match parts.extensions.get::<Actor>() {
            Some(actor @ (Actor::Citizen { .. } | Actor::Staff(_))) => Ok(Known(actor.clone())),
            _ => Err(ask_to_sign_in(parts, state).await),
        }
    }
}

/// `Option<SignedIn>`: for pages that say more to somebody who is signed in.
impl<S: Send + Sync> OptionalFromRequestParts<S> for SignedIn {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Self::Rejection> {
        let session = parts.extensions.get::<Arc<Session>>();
        Ok(session.map(|session| SignedIn { actor: session.actor.clone(), session: session.clone() }))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for CitizenOnly {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        match parts.extensions.get::<Actor>() {
            Some(Actor::Citizen { account, party, name }) => {
                let (account, party, name) = (*account, *party, name.clone());
                Ok(CitizenOnly {
                    actor: Actor::Citizen { account, party, name: name.clone() },
                    account,
                    party,
                    name,
                })
            }
            Some(Actor::Staff(_)) => {
                Err(WebError::forbidden("这里由申请人本人办理。请用个人账户登录。").into_response())
            }
            _ => Err(ask_to_sign_in(parts, state).await),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for StaffOnly {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        match parts.extensions.get::<Actor>() {
            Some(actor @ Actor::Staff(staff)) => Ok(StaffOnly { actor: actor.clone(), staff: staff.clone() }),
            Some(Actor::Citizen { .. }) => {
                Err(WebError::forbidden("这里只供工作人员使用。请用工作账户登录。").into_response())
            }
            _ => Err(ask_to_sign_in(parts, state).await),
        }
    }
}

/// To the sign-in page and back. A form cannot be sent again from there, so it goes back to the page the form was on;
/// a script gets 401, for it would take the sign-in page for its answer.
async fn ask_to_sign_in<S: Send + Sync>(parts: &mut Parts, state: &S) -> Response {
    let Ok(shell) = <Shell as FromRequestParts<S>>::from_request_parts(parts, state).await;
    if is_script(&parts.headers) {
        return WebError::sign_in().into_response();
    }
    let to = match parts.method {
        Method::GET | Method::HEAD => shell.path,
        _ => referring_path(&parts.headers).unwrap_or_default(),
    };
    redirect_303(sign_in_path(&to))
}

fn is_script(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    headers.contains_key("x-fragment") || (accept.contains("json") && !accept.contains("text/html"))
}
