//! Who asks: the actor that the session middleware put into the request.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use yimen_platform::Actor;
use yimen_web::WebError;

/// Whoever asks, signed in or not.
#[derive(Debug, Clone)]
pub struct Caller {
    pub actor: Actor,
    /// Number of the request, for the log and the journal.
    pub request: Arc<str>,
}

/// A citizen or a member of staff; anyone else is sent to sign in.
#[derive(Debug, Clone)]
pub struct SignedIn(pub Caller);

/// A member of staff; a citizen is refused.
#[derive(Debug, Clone)]
pub struct StaffOnly(pub Caller);

impl Caller {
    fn of(parts: &Parts) -> Caller {
        let actor = parts.extensions.get::<Actor>().cloned().unwrap_or(Actor::Anyone);
        let request = parts.headers.get("x-request-id").and_then(|v| v.to_str().ok()).unwrap_or_default();
        Caller { actor, request: request.into() }
    }
}

impl Deref for SignedIn {
    type Target = Caller;
    fn deref(&self) -> &Caller {
        &self.0
    }
}

impl Deref for StaffOnly {
    type Target = Caller;
    fn deref(&self) -> &Caller {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Caller, Self::Rejection> {
        Ok(Caller::of(parts))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<SignedIn, WebError> {
        let caller = Caller::of(parts);
        match caller.actor {
            Actor::Citizen { .. } | Actor::Staff(_) => Ok(SignedIn(caller)),
            Actor::Anyone | Actor::System(_) => Err(WebError::sign_in()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for StaffOnly {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<StaffOnly, WebError> {
        let caller = Caller::of(parts);
        match caller.actor {
            Actor::Staff(_) => Ok(StaffOnly(caller)),
            Actor::Citizen { .. } => Err(WebError::forbidden("这里是工作人员的页面。")),
            Actor::Anyone | Actor::System(_) => Err(WebError::sign_in()),
        }
    }
}
