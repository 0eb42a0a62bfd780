//! What other systems are told of a sign-in here, and whether it still stands: asked before anything is passed on.

use yimen_platform::Actor;
use yimen_standards::time::Instant;
use yimen_store::Read;

use crate::store::{self, SessionRow};
use crate::{Identity, Result, Session};

/// A sign-in as another system may be told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    pub session: i64,
    pub account: i64,
    pub actor: Actor,
    /// When password and code were given.
    pub at: Instant,
    /// Whether a second factor was among them.
    pub two_factors: bool,
    /// The password is too old, or somebody else's: the next sign-in asks for a new one.
    pub password_due: bool,
}

impl Identity {
    /// The sign-in behind a session that is in force, of an open account.
    pub fn sign_in_of(&self, q: &mut Read<'_>, session: i64) -> Result<Option<SignIn>> {
        let now = self.platform().clock.now();
        let row: Option<SessionRow> = store::session_by_id(q, session)?;
        let Some(row) = row else { return Ok(None) };
        let at = row.created_at;
        let session = Session::of(row, self.settings())?;
        let standing = store::factor::standing(q, session.account)?;
        let (Some(standing), true) = (standing, session.is_alive(now)) else { return Ok(None) };
        Ok(Some(SignIn {
            session: session.id,
            account: session.account,
            actor: session.actor,
            at,
            two_factors: standing.needs_factor() && standing.totp_sealed.is_some(),
            password_due: standing.password_due(&self.settings().limits, now).is_some(),
        }))
    }
}
