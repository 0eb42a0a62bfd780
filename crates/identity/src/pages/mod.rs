//! The pages of identity.

mod admin;
mod code;
mod factor;
mod password;
mod phone;
mod register;
mod sessions;
mod sign_in;
mod steps;

use axum::Router;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};

use crate::cookie::{self, Kind};
use crate::{Entered, Identity, Session, Vouched};

impl Identity {
    /// Signs in whom an outside provider vouches for, and leads to `next`, a page of this site, or to where they begin.
    pub async fn enter_vouched(
        &self,
        who: &Vouched,
        headers: &HeaderMap,
        caller: Option<std::net::IpAddr>,
        next: &str,
    ) -> crate::Result<Response> {
        let peer = caller.map(|address| axum::Extension(yimen_web::traffic::CallerAddress(address)));
        let started = self.sign_in_vouched(who, sign_in::device(self, headers, &peer)).await?;
        Ok(sign_in::go(self, Entered::In(started), next))
    }

    /// Signs the caller of another domain's page out: the answer takes the cookie along.
    pub async fn sign_out_with(&self, session: &Session, answer: Response) -> crate::Result<Response> {
        self.sign_out(session).await?;
        Ok(sign_in::with_cookie(answer, cookie::clear(Kind::Session, self.settings().secure)))
    }
}

/// `/sign-in` with its steps, `/register`, `/sign-out`, `/me/phone`, `/me/sessions`, `/me/password`, `/me/factor`, `/admin`. Needs [`crate::layer`] around it.
pub fn routes(identity: Identity) -> Router {
    admin::routes()
        .route("/sign-in", get(sign_in::page).post(sign_in::submit))
        .route("/sign-in/code", get(steps::code_page).post(steps::code))
        .route("/sign-in/factor", get(steps::set_up_page).post(steps::set_up))
        .route("/sign-in/password", get(steps::due_page).post(steps::due))
        .route("/sign-in/phone", get(code::page).post(code::ask))
        .route("/sign-in/phone/code", get(code::code_page).post(code::enter))
        .route("/sign-in/phone/again", post(code::again))
        .route("/register", get(register::page).post(register::ask))
        .route("/register/code", get(register::code_page).post(register::enter))
        .route("/sign-out", post(sign_in::out))
        .route("/me/sessions", get(sessions::page))
        .route("/me/sessions/end", post(sessions::end))
        .route("/me/sessions/end-others", post(sessions::end_others))
        .route("/me/password", get(password::page).post(password::submit))
        .route("/me/phone", get(phone::page).post(phone::ask))
        .route("/me/phone/code", get(phone::code_page).post(phone::enter))
        .route("/me/factor", get(factor::page).post(factor::renew))
        .with_state(identity)
}
