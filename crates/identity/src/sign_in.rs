//! Signing in and out.

use serde::Serialize;
use yimen_platform::{Actor, Ctx, journal};
use yimen_store::Tx;

use crate::attempt::{self, Allowed};
use crate::cookie::Token;
use crate::login::Typed;
use crate::password::PasswordHash;
use crate::session::{ABSOLUTE_MS, Session, note_ended};
use crate::steps::{Half, Stage};
use crate::store::{self, NewSession, factor as rows};
use crate::{Identity, IdentityError, Result, agent};

/// What the browser says of itself, and the token it came with.
#[derive(Debug, Clone, Default)]
pub struct Device {
    pub user_agent: String,
    /// Ended by signing in: a token that was there before is never one that is signed in.
    pub replaces: Option<Token>,
    /// Where it comes from, as far as that is known.
    pub address: Option<std::net::IpAddr>,
}

/// A session just begun.
#[derive(Debug)]
pub struct Started {
    pub token: Token,
    pub actor: Actor,
}

/// What a right password leads to, and every password of a login that is asked for a code.
#[derive(Debug)]
pub enum Entered {
    In(Started),
    /// Half done: the token stands for it until the next question is answered.
    More {
        token: Token,
        stage: Stage,
    },
}

impl Entered {
    /// The session, where nothing more is asked.
    pub fn started(self) -> Option<Started> {
        match self {
            Entered::In(started) => Some(started),
            Entered::More { .. } => None,
        }
    }
}

/// A session about to begin: its token is drawn once, however often the unit of work is tried.
#[derive(Clone)]
pub(crate) struct Opening {
    token: Token,
    replaces: Option<Token>,
    agent: String,
    /// Whose count of failures is taken back.
    network: Option<String>,
}

impl Opening {
    pub fn new(device: Device) -> Self {
        let agent = agent::describe(&device.user_agent);
        let network = device.address.map(attempt::network);
        Self { token: Token::draw(), replaces: device.replaces, agent, network }
    }
}

#[derive(Serialize)]
struct SignedIn<'a> {
    account: i64,
    session: i64,
    #[serde(skip_serializing_if = "str::is_empty")]
    factor: &'a str,
}

#[derive(Serialize)]
struct Locked {
    /// 0 where nobody has that login.
    account: i64,
}

/// Who is meant by a login, if anybody.
type Meant = Option<(i64, PasswordHash)>;

impl Identity {
    /// Begins a session, or asks on, or says why not: in the same words and by the same work for a login that nobody has.
    pub async fn sign_in(&self, login: &str, password: &str, device: Device) -> Result<Entered> {
        let ctx = self.ctx(Actor::Anyone);
        let typed = Typed::read(&self.platform().sealer, login);
        let network = device.address.map(attempt::network);
        let (left, meant) = self.begin_attempt(&ctx, &typed, network).await?;
        let hash = meant.as_ref().map(|(_, hash)| hash.clone());
        let right = self.matches(password.to_owned(), hash).await?;
        let account = meant.map_or(0, |(account, _)| account);
        let standing = self.platform().store.read(move |q| rows::standing(q, account)).await?;
        let half = Half { account, password_right: right, attempt: typed.attempt };
        let due = standing.as_ref().and_then(|one| one.password_due(&self.settings().limits, ctx.now));
        match &standing {
            Some(standing) if right => match Stage::after(None, standing, due) {
                Some(stage) => self.halt(&ctx, half, stage, left == 0).await,
                None => self.start_session(&ctx, half, device).await,
            },
            _ => {
                let asks = standing.as_ref().is_some_and(|one| one.needs_factor());
                if typed.is_staff && (asks || self.settings().staff_factor) {
                    return self.halt(&ctx, half, Stage::Code, left == 0).await;
                }
                if left == 0 {
                    let note = move |tx: &mut Tx<'_>| note_locked(tx, &ctx, account);
                    self.platform().store.write("sign_in.locked", note).await?;
                }
                Err(IdentityError::WrongPassword { left })
            }
        }
    }

    async fn begin_attempt(&self, ctx: &Ctx, typed: &Typed, network: Option<String>) -> Result<(i64, Meant)> {
        let (ctx, attempt, logins) = (ctx.clone(), typed.attempt.clone(), typed.logins.clone());
        let begin = move |tx: &mut Tx<'_>| -> Result<(i64, Meant)> {
            if let Some(network) = &network {
                match attempt::begin_from(tx, &ctx, network)? {
                    Allowed::Yes { left: 0 } => note_closed(tx, &ctx, network)?,
                    Allowed::Yes { .. } => {}
                    Allowed::No { until } => return Err(IdentityError::Locked { until }),
                }
            }
            let meant = store::by_login(tx, &logins)?;
            match attempt::begin(tx, &ctx, &attempt, meant.as_ref().map_or(0, |(account, _)| *account))? {
                Allowed::Yes { left } => Ok((left, meant)),
                Allowed::No { until } => Err(IdentityError::Locked { until }),
            }
        };
        self.platform().store.write("sign_in.attempt", begin).await
    }

    async fn start_session(&self, ctx: &Ctx, half: Half, device: Device) -> Result<Entered> {
        let opening = Opening::new(device);
        let (identity, ctx, inside) = (self.clone(), ctx.clone(), opening.clone());
        let start = move |tx: &mut Tx<'_>| -> Result<Actor> {
            identity.open_session(tx, &ctx, &half.attempt, half.account, "", &inside)
        };
        let actor = self.platform().store.write("sign_in.start", start).await?;
        Ok(Entered::In(self.opened(actor, opening)))
    }

    /// Writes a session; `proof` says by which second factor, if one was asked for.
    pub(crate) fn open_session(
        &self,
        tx: &mut Tx<'_>,
        ctx: &Ctx,
        attempt: &str,
        account: i64,
        proof: &str,
        opening: &Opening,
    ) -> Result<Actor> {
        let digest = hex::encode(opening.token.digest());
        store::clear_attempt(tx, attempt)?;
        if let Some(network) = &opening.network {
            attempt::take_back(tx, network)?;
        }
        if let Some(replaced) = &opening.replaces {
            store::end_by_digest(tx, &hex::encode(replaced.digest()))?;
        }
        let id = ctx.new_id();
        let expires_at = ctx.now.plus_millis(ABSOLUTE_MS);
        let agent = &opening.agent;
        let new = NewSession { id, digest: &digest, account, at: ctx.now, expires_at, agent };
        store::insert_session(tx, &new)?;
        // Read back as every request will read it; an account closed meanwhile has no session.
        let row = store::session(tx, &digest)?.ok_or(IdentityError::NotFound)?;
        let session = Session::of(row, self.settings())?;
        let mut ctx = ctx.clone();
        ctx.actor = session.actor;
        if let Some(keep) = self.settings().limits.sessions(session.kind) {
            let ended = store::end_excess(tx, account, keep)?;
            if ended > 0 {
                note_ended(tx, &ctx, account, ended)?;
            }
        }
        let body = SignedIn { account, session: id, factor: proof };
        journal::append(tx, &ctx, journal::Note { verb: "account.signed_in", case: 0, task: 0, body })?;
        Ok(ctx.actor)
    }

    /// After [`Self::open_session`] was committed.
    pub(crate) fn opened(&self, actor: Actor, opening: Opening) -> Started {
        if let Some(replaced) = opening.replaces {
            self.inner.sessions.end_token(&replaced.digest());
        }
        if actor.staff().is_some() {
            // One that was too many is out here at once, too.
            self.forget_sessions_of(actor.account());
        }
        Started { token: opening.token, actor }
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

#[derive(Serialize)]
struct Closed<'a> {
    network: &'a str,
}

fn note_closed(tx: &mut Tx<'_>, ctx: &Ctx, network: &str) -> Result<()> {
    let body = Closed { network };
    Ok(journal::append(tx, ctx, journal::Note { verb: "address.locked", case: 0, task: 0, body })?)
}

pub(crate) fn note_locked(tx: &mut Tx<'_>, ctx: &Ctx, account: i64) -> Result<()> {
    let body = Locked { account };
    Ok(journal::append(tx, ctx, journal::Note { verb: "account.locked", case: 0, task: 0, body })?)
}
