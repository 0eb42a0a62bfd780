//! Signing in and out.

use serde::Serialize;
use yimen_platform::{Actor, Ctx, journal};
use yimen_store::Tx;

use crate::attempt::{self, Allowed};
use crate::cookie::Token;
use crate::login::Typed;
use crate::password::PasswordHash;
use crate::session::{ABSOLUTE_MS, Session, note_ended};
use crate::store::{self, NewSession};
use crate::{Identity, IdentityError, Result, agent};

/// What the browser says of itself, and the token it came with.
#[derive(Debug, Clone, Default)]
pub struct Device {
    pub user_agent: String,
    /// Ended by signing in: a token that was there before is never one that is signed in.
    pub replaces: Option<Token>,
}

/// A session just begun.
#[derive(Debug)]
pub struct Started {
    pub token: Token,
    pub actor: Actor,
}

#[derive(Serialize)]
struct SignedIn {
    account: i64,
    session: i64,
}

#[derive(Serialize)]
struct Locked {
    /// 0 where nobody has that login.
    account: i64,
}

/// Who is meant by a login, if anybody.
type Meant = Option<(i64, PasswordHash)>;

impl Identity {
    /// Begins a session, or says why not: in the same words and by the same work for a login that nobody has.
    pub async fn sign_in(&self, login: &str, password: &str, device: Device) -> Result<Started> {
        let ctx = self.ctx(Actor::Anyone);
        let typed = Typed::read(&self.platform().sealer, login);
        let (left, meant) = self.begin_attempt(&ctx, &typed).await?;
        let hash = meant.as_ref().map(|(_, hash)| hash.clone());
        let right = self.matches(password.to_owned(), hash).await?;
        match meant {
            Some((account, _)) if right => self.start_session(&ctx, &typed.attempt, account, device).await,
            meant => {
                if left == 0 {
                    self.note_locked(&ctx, meant.map_or(0, |(account, _)| account)).await?;
                }
                Err(IdentityError::WrongPassword { left })
            }
        }
    }

    async fn begin_attempt(&self, ctx: &Ctx, typed: &Typed) -> Result<(i64, Meant)> {
        let (ctx, attempt, logins) = (ctx.clone(), typed.attempt.clone(), typed.logins.clone());
        let begin = move |tx: &mut Tx<'_>| -> Result<(i64, Meant)> {
            match attempt::begin(tx, &ctx, &attempt)? {
                Allowed::Yes { left } => Ok((left, store::by_login(tx, &logins)?)),
                Allowed::No { until } => Err(IdentityError::Locked { until }),
            }
        };
        self.platform().store.write("sign_in.attempt", begin).await
    }

    async fn start_session(&self, ctx: &Ctx, attempt: &str, account: i64, device: Device) -> Result<Started> {
        let token = Token::draw();
        let digest = hex::encode(token.digest());
        let replaced = device.replaces.map(|token| token.digest());
        let replaced_text = replaced.map(hex::encode);
        let agent = agent::describe(&device.user_agent);
        let (identity, ctx, attempt) = (self.clone(), ctx.clone(), attempt.to_owned());
        let start = move |tx: &mut Tx<'_>| -> Result<Actor> {
            store::clear_attempt(tx, &attempt)?;
            if let Some(replaced) = &replaced_text {
                store::end_by_digest(tx, replaced)?;
            }
            let id = ctx.new_id();
            let expires_at = ctx.now.plus_millis(ABSOLUTE_MS);
            let new = NewSession { id, digest: &digest, account, at: ctx.now, expires_at, agent: &agent };
            store::insert_session(tx, &new)?;
            // Read back as every request will read it; an account closed meanwhile has no session.
            let row = store::session(tx, &digest)?.ok_or(IdentityError::NotFound)?;
            let actor = Session::of(row, identity.settings())?.actor;
            let mut ctx = ctx.clone();
            ctx.actor = actor;
            let body = SignedIn { account, session: id };
            journal::append(tx, &ctx, journal::Note { verb: "account.signed_in", case: 0, task: 0, body })?;
            Ok(ctx.actor)
        };
        let actor = self.platform().store.write("sign_in.start", start).await?;
        if let Some(replaced) = replaced {
            self.inner.sessions.end_token(&replaced);
        }
        Ok(Started { token, actor })
    }

    async fn note_locked(&self, ctx: &Ctx, account: i64) -> Result<()> {
        let ctx = ctx.clone();
        let note = move |tx: &mut Tx<'_>| -> Result<()> {
            let body = Locked { account };
            Ok(journal::append(tx, &ctx, journal::Note { verb: "account.locked", case: 0, task: 0, body })?)
        };
        self.platform().store.write("sign_in.locked", note).await
    }

    /// Ends the session of this request. A second time it does nothing.
    pub(crate) async fn sign_out(&self, session: &Session) -> Result<()> {
        let (ctx, account, id) = (self.ctx(session.actor.clone()), session.account, session.id);
        let end = move |tx: &mut Tx<'_>| -> Result<()> {
            if store::end_session(tx, account, id)? {
                note_ended(tx, &ctx, account, 1)?;
            }
            Ok(())
        };
        self.platform().store.write("sign_out", end).await?;
        self.inner.sessions.end(|one| one.id == id);
        Ok(())
    }
}
