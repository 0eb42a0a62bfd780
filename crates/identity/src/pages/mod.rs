//! The pages of identity.

mod admin;
mod factor;
mod password;
mod sessions;
mod sign_in;
mod steps;

use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};

use crate::cookie::{self, Kind};
use crate::{Identity, Session};

impl Identity {
    /// Signs the caller of another domain's page out: the answer takes the cookie along.
    pub async fn sign_out_with(&self, session: &Session, answer: Response) -> crate::Result<Response> {
        self.sign_out(session).await?;
        Ok(sign_in::with_cookie(answer, cookie::clear(Kind::Session, self.settings().secure)))
    }
}

/// `/sign-in` with its steps, `/sign-out`, `/me/sessions`, `/me/password`, `/me/factor`, `/admin`. Needs [`crate::layer`] around it.
pub fn routes(identity: Identity) -> Router {
    admin::routes()
        .route("/sign-in", get(sign_in::page).post(sign_in::submit))
        .route("/sign-in/code", get(steps::code_page).post(steps::code))
        .route("/sign-in/factor", get(steps::set_up_page).post(steps::set_up))
        .route("/sign-in/password", get(steps::due_page).post(steps::due))
        .route("/sign-out", post(sign_in::out))
        .route("/me/sessions", get(sessions::page))
        .route("/me/sessions/end", post(sessions::end))
        .route("/me/sessions/end-others", post(sessions::end_others))
        .route("/me/password", get(password::page).post(password::submit))
        .route("/me/factor", get(factor::page).post(factor::renew))
        .with_state(identity)
}
