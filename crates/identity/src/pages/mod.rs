//! The pages of identity.

mod password;
mod sessions;
mod sign_in;

use axum::Router;
use axum::routing::{get, post};

use crate::Identity;

/// `/sign-in`, `/sign-out`, `/me/sessions`, `/me/password`. Needs [`crate::layer`] around it.
pub fn routes(identity: Identity) -> Router {
    Router::new()
        .route("/sign-in", get(sign_in::page).post(sign_in::submit))
        .route("/sign-out", post(sign_in::out))
        .route("/me/sessions", get(sessions::page))
        .route("/me/sessions/end", post(sessions::end))
        .route("/me/sessions/end-others", post(sessions::end_others))
        .route("/me/password", get(password::page).post(password::submit))
        .with_state(identity)
}
