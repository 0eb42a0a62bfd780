//! Accounts, sign-in and sessions: who asks.
//!
//! Invariants (each has a test): a token and a login typed by a citizen never lie readable in the database; a session
//! that ended is out at once on this node and within a second on others; a login that nobody has is answered as a wrong
//! password is, in words and in work, and a phone that nobody has gets a code asked for like any other; five failures close a login for a quarter of an hour; a code of the
//! second factor is taken once; an administrator is nothing else; nobody approves what they proposed; when the database is away
//! nobody is signed out.
//!
//! Handlers take [`Caller`], [`SignedIn`], [`CitizenOnly`] or [`StaffOnly`]; the binary puts [`layer`] around the routes.

mod account;
mod admin;
mod agent;
mod attempt;
mod audit;
mod cache;
mod code;
pub mod colleagues;
mod cookie;
mod demo;
mod error;
mod extract;
mod factor;
mod keys;
mod layer;
mod limits;
mod login;
mod model;
mod next;
mod pages;
mod password;
mod password_rule;
mod phone;
pub mod policy;
mod proposal;
mod quota;
mod register;
mod session;
mod sign_in;
mod sso;
mod steps;
mod store;
mod totp;
mod vouched;

use std::sync::Arc;

pub use account::Colleague;
pub use admin::{Lock, StaffAccount, StaffSession};
pub use audit::AuditSource;
pub use code::{AskedCode, Purpose};
pub use cookie::Token;
pub use demo::{DemoAccount, DemoAccounts, DemoPlan};
pub use error::{IdentityError, Result};
pub use extract::{Caller, CitizenOnly, Known, SignedIn, StaffOnly};
pub use factor::OwnFactor;
pub use layer::{SessionLayer, layer};
pub use limits::Limits;
pub use login::Login;
pub use model::{AccountKind, NewAccount, Place, Places, Position};
pub use next::{local_path, sign_in_path};
pub use pages::routes;
pub use password::{Cost, PasswordHash};
pub use proposal::{Approved, Decision, Kind, Proposal, State};
pub use session::{OwnSession, Session};
pub use sign_in::{Device, Entered, Started};
pub use sso::SignIn;
pub use steps::{Due, SetUp, Stage};
pub use store::reseal::SEALED;
pub use totp::Secret;
pub use vouched::Vouched;
use yimen_messages::Messages;
use yimen_platform::{Actor, Ctx, Platform, Staff};
use yimen_policy::PolicyHandle;

/// How identity behaves in one server.
pub struct Settings {
    /// Served by HTTPS: the cookie is bound to host and transport.
    pub secure: bool,
    pub cost: Cost,
    /// Staff give a second factor at each sign-in. Off only for a demo, which says so.
    pub staff_factor: bool,
    pub limits: Limits,
    /// Who may do what to a case: shared with the domain that asks it.
    pub policy: PolicyHandle,
    /// Sends codes to phones; absent where no gateway is configured: people sign in by password.
    pub messages: Option<Messages>,
    /// Where a visitor of the demo reads what was sent; empty except in a demo.
    pub demo_messages: String,
    /// Acts of other domains that take two people.
    pub kinds: Vec<Kind>,
    /// Where staff can work, for forms.
    pub places: Box<dyn Fn() -> Places + Send + Sync>,
    /// People make accounts for themselves. Only where somebody else proves that they are who they say (an identity platform,
    /// a demo): whoever registers with the number of another gets that person's place in the register.
    pub registers: bool,
    /// What the audit administrator's pages ask of other domains.
    pub audit: Option<Arc<dyn AuditSource>>,
    /// Outside providers to sign in through: the name on the button, and the path behind it.
    pub outside: Vec<(String, String)>,
    /// Shown on the sign-in page; empty except in a demo.
    pub demo: Vec<DemoAccount>,
    /// Where somebody goes who signed in without having asked for a page.
    pub home: Box<dyn Fn(&Actor) -> String + Send + Sync>,
    /// Where a member of staff works, in words, for the header of every page.
    pub place: Box<dyn Fn(&Staff) -> String + Send + Sync>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            secure: true,
            cost: Cost::default(),
            staff_factor: true,
            limits: Limits::default(),
            policy: PolicyHandle::default(),
            messages: None,
            demo_messages: String::new(),
            kinds: Vec::new(),
            places: Box::new(Places::default),
            registers: false,
            audit: None,
            outside: Vec::new(),
            demo: Vec::new(),
            home: Box::new(|_| "/".to_owned()),
            place: Box::new(model::place),
        }
    }
}

/// The domain's handle. Cheap to clone.
#[derive(Clone)]
pub struct Identity {
    inner: Arc<Inner>,
}

struct Inner {
    platform: Platform,
    settings: Settings,
    passwords: password::Passwords,
    sessions: cache::Cache,
    kinds: Vec<Kind>,
}

impl Identity {
    pub fn new(platform: Platform, mut settings: Settings) -> Self {
        let mut kinds = vec![proposal::administrator(), policy::kind(), keys::kind(platform.sealer.clone())];
        kinds.append(&mut settings.kinds);
        let passwords = password::Passwords::new(settings.cost);
        let inner = Inner { platform, settings, passwords, sessions: cache::Cache::default(), kinds };
        Self { inner: Arc::new(inner) }
    }

    pub(crate) fn platform(&self) -> &Platform {
        &self.inner.platform
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// What sends codes, for whoever keeps it running; absent where there is no gateway.
    pub fn outbox(&self) -> Option<Messages> {
        self.inner.settings.messages.clone()
    }

    /// The context of one request of `actor`.
    pub(crate) fn ctx(&self, actor: Actor) -> Ctx {
        self.inner.platform.ctx(actor, "")
    }
}
