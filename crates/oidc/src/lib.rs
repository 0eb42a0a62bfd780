//! OpenID Connect: one sign-in here opens the departments' own systems (OpenID Connect Core 1.0, RFC 6749, 7636, 7009, 9207);
//! and people sign in here through providers outside ([`outside`]).
//!
//! Invariants (each has a test): nobody is sent to an address that was not registered letter by letter; a code is good for
//! one use, by the client and with the verifier it was made for, and a second use takes back what the first one gave; so
//! does a second use of a refresh token; what was given ends with the session it hangs on, with the account, and with
//! another position; no secret, code or token lies readable in the database; a subject is told to each client under
//! another name, from which nobody gets to the account.
//!
//! Others call: [`routes`], [`keys`] for the command line, [`Oidc::sweep`] and [`Oidc::renew_key`] in the background.

mod authorize;
mod client;
mod error;
mod grant;
pub mod jose;
pub mod keys;
pub mod outside;
mod pages;
mod secret;
mod store;

use std::sync::Arc;

pub use client::{Client, NewClient};
pub use error::{OidcError, Result};
pub use pages::routes;
pub use store::keys::SEALED;
use yimen_identity::Identity;
use yimen_platform::{Actor, Ctx, Platform};

/// The domain's handle. Cheap to clone.
#[derive(Clone)]
pub struct Oidc {
    pub platform: Platform,
    pub identity: Identity,
    /// What we are called by: where browsers reach this server, without a slash at the end.
    issuer: Arc<str>,
    /// Departments by id and name, for the pages of administrators.
    departments: Arc<Departments>,
}

pub type Departments = dyn Fn() -> Vec<(String, String)> + Send + Sync;

impl Oidc {
    pub fn new(
        platform: Platform,
        identity: Identity,
        base: &str,
        departments: impl Fn() -> Vec<(String, String)> + Send + Sync + 'static,
    ) -> Self {
        let issuer = base.trim_end_matches('/').into();
        Self { platform, identity, issuer, departments: Arc::new(departments) }
    }

    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    fn ctx(&self, actor: Actor) -> Ctx {
        self.platform.ctx(actor, "")
    }
}
