//! The middleware that says who asks: loads the session of a request and puts the actor beside it.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use tower::{Layer, Service};
use yimen_parties::web_error;
use yimen_platform::Actor;

use crate::{Identity, Session, cookie};

/// Around every route that may want to know who asks; inside [`yimen_web::wrap`].
pub fn layer(identity: Identity) -> SessionLayer {
    SessionLayer { identity }
}

#[derive(Clone)]
pub struct SessionLayer {
    identity: Identity,
}

impl<S> Layer<S> for SessionLayer {
    type Service = SessionService<S>;

    fn layer(&self, inner: S) -> SessionService<S> {
        SessionService { identity: self.identity.clone(), inner }
    }
}

#[derive(Clone)]
pub struct SessionService<S> {
    identity: Identity,
    inner: S,
}

/// Beside a request whose cookie is of no session: it ended, here or elsewhere, or never was.
#[derive(Clone, Copy)]
pub(crate) struct Lapsed;

impl<S> Service<Request> for SessionService<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let identity = self.identity.clone();
        // The clone stays behind: the service that was polled ready is the one that is called.
        let ready = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, ready);
        Box::pin(async move {
            match identity.recognise(&mut request).await {
                Ok(()) => inner.call(request).await,
                Err(away) => Ok(away),
            }
        })
    }
}

impl Identity {
    /// Puts actor, badge and session beside the request. When the database cannot say who it is, nobody is signed out:
    /// the answer is the page for that, and the cookie stays.
    async fn recognise(&self, request: &mut Request) -> Result<(), Response> {
        let session = match cookie::token(request.headers(), self.settings().secure) {
            None => None,
            Some(token) => {
                let found = self.session(&token).await.map_err(|error| web_error(error).into_response())?;
                match &found {
                    Some(session) => {
                        let counted = yimen_web::traffic::charge_account(request, session.actor.account());
                        counted.map_err(IntoResponse::into_response)?;
                    }
                    None => {
                        request.extensions_mut().insert(Lapsed);
                    }
                }
                found
            }
        };
        let beside = request.extensions_mut();
        beside.insert(session.as_ref().map_or(Actor::Anyone, |session| session.actor.clone()));
        if let Some(session) = session {
            beside.insert(session.badge.clone());
            beside.insert::<Arc<Session>>(session);
        }
        Ok(())
    }
}
