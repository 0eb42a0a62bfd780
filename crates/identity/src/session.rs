//! Sessions: reading the one of a request, keeping it alive, listing and ending one's own.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde::Serialize;
use yimen_platform::{Actor, Ctx, journal};
use yimen_standards::time::Instant;
use yimen_store::StoreError;
use yimen_web::UserBadge;

use crate::cookie::{Token, TokenDigest};
use crate::model::AccountKind;
use crate::store::{self, SessionRow};
use crate::{Identity, IdentityError, Result, Settings};

const MINUTE: i64 = 60_000;
/// However busy, after half a day one signs in again.
pub(crate) const ABSOLUTE_MS: i64 = 12 * 60 * MINUTE;
/// So long who has just signed in by code may set a first password.
const FRESH_MS: i64 = 10 * MINUTE;
/// `seen_at` is written at most this often.
const TOUCH_MS: i64 = MINUTE;
const SWEEP_AT_ONCE: i64 = 1000;

/// A session that may still be in force, with who it is.
#[derive(Debug)]
pub struct Session {
    pub id: i64,
    pub account: i64,
    pub actor: Actor,
    pub badge: UserBadge,
    pub(crate) kind: AccountKind,
    /// When a factor was last given.
    pub(crate) proved_at: Instant,
    expires_at: Instant,
    idle_ms: i64,
    /// The last time that was written, in milliseconds.
    seen_at: AtomicI64,
}

/// One line of the list of one's own sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnSession {
    pub id: i64,
    pub created_at: Instant,
    pub seen_at: Instant,
    /// Browser and device in words.
    pub agent: String,
}

#[derive(Serialize)]
struct Ended {
    account: i64,
    sessions: u64,
}

impl Session {
    pub(crate) fn of(row: SessionRow, settings: &Settings) -> Result<Self, StoreError> {
        let (id, account, expires_at, proved_at) = (row.id, row.account, row.expires_at, row.proved_at);
        let seen_at = AtomicI64::new(row.seen_at.max(row.created_at).0);
        let (position, name) = row.position()?;
        let kind = position.kind();
        let idle_ms = settings.limits.idle_ms(kind);
        let actor = position.actor(account, &name);
        let role = actor.staff().map_or_else(|| "个人用户".to_owned(), |staff| (settings.place)(staff));
        Ok(Self {
            id,
            account,
            actor,
            badge: UserBadge::new(name, role),
            kind,
            proved_at,
            expires_at,
            idle_ms,
            seen_at,
        })
    }

    /// Whether it began, or a factor was given in it, a moment ago.
    pub(crate) fn is_fresh(&self, now: Instant) -> bool {
        now < self.proved_at.plus_millis(FRESH_MS)
    }

    pub(crate) fn is_alive(&self, now: Instant) -> bool {
        let seen = Instant(self.seen_at.load(Ordering::Relaxed));
        now < self.expires_at && now < seen.plus_millis(self.idle_ms)
    }

    /// Whether it is this caller who has to write that it was seen.
    fn claim_touch(&self, now: Instant) -> bool {
        let seen = self.seen_at.load(Ordering::Relaxed);
        now.0 - seen >= TOUCH_MS
            && self.seen_at.compare_exchange(seen, now.0, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

impl Identity {
    /// The session of a token, if it is in force: from this second's memory, else by one indexed read.
    pub(crate) async fn session(&self, token: &Token) -> Result<Option<Arc<Session>>, StoreError> {
        let digest = token.digest();
        let found = match self.inner.sessions.get(&digest) {
            Some(session) => Some(session),
            None => self.read_session(digest).await?,
        };
        let now = self.platform().clock.now();
        let alive = found.filter(|session| session.is_alive(now));
        if let Some(session) = &alive
            && session.claim_touch(now)
        {
            self.touch(session.id, now);
        }
        Ok(alive)
    }

    async fn read_session(&self, digest: TokenDigest) -> Result<Option<Arc<Session>>, StoreError> {
        let reading = self.inner.sessions.reading();
        let text = hex::encode(digest);
        let row = self.platform().store.read(move |q| store::session(q, &text)).await?;
        let Some(row) = row else { return Ok(None) };
        let session = Arc::new(Session::of(row, self.settings())?);
        self.inner.sessions.put(digest, session.clone(), &reading);
        Ok(Some(session))
    }

    /// Written beside the request, which does not wait: losing it costs a minute of idle time.
    fn touch(&self, session: i64, at: Instant) {
        let store = self.platform().store.clone();
        tokio::spawn(async move {
            let written = store.write("session.touch", move |tx| store::touch(tx, session, at)).await;
            if let Err(error) = written {
                tracing::warn!(%error, "a session was not marked as seen");
            }
        });
    }

    /// One's own sessions that are in force, the newest first.
    pub async fn own_sessions(&self, account: i64, kind: AccountKind) -> Result<Vec<OwnSession>> {
        let now = self.platform().clock.now();
        let rows = self.platform().store.read(move |q| store::own_sessions(q, account)).await?;
        let idle_ms = self.settings().limits.idle_ms(kind);
        let alive =
            rows.into_iter().filter(|row| now < row.expires_at && now < row.seen_at.plus_millis(idle_ms));
        Ok(alive
            .map(|row| OwnSession {
                id: row.id,
                created_at: row.created_at,
                seen_at: row.seen_at,
                agent: row.agent,
            })
            .collect())
    }

    /// Ends one of the caller's own sessions.
    pub async fn end_session(&self, ctx: &Ctx, session: i64) -> Result<()> {
        let (ctx, account) = (ctx.clone(), ctx.actor.account());
        let store = self.platform().store.clone();
        let end = move |tx: &mut yimen_store::Tx<'_>| -> Result<()> {
            if !store::end_session(tx, account, session)? {
                return Err(IdentityError::NotFound);
            }
            note_ended(tx, &ctx, account, 1)
        };
        store.write("session.end", end).await?;
        self.inner.sessions.end(|one| one.id == session);
        Ok(())
    }

    /// Ends all of the caller's sessions but `keep`; says how many.
    pub async fn end_other_sessions(&self, ctx: &Ctx, keep: i64) -> Result<u64> {
        let (ctx, account) = (ctx.clone(), ctx.actor.account());
        let store = self.platform().store.clone();
        let end = move |tx: &mut yimen_store::Tx<'_>| -> Result<u64> {
            let ended = store::end_others(tx, account, keep)?;
            if ended > 0 {
                note_ended(tx, &ctx, account, ended)?;
            }
            Ok(ended)
        };
        let ended = store.write("session.end_others", end).await?;
        self.inner.sessions.end(|one| one.account == account && one.id != keep);
        Ok(ended)
    }

    /// Removes sessions and attempts that no longer count. Returns how many; to be called again while there are any.
    pub async fn sweep(&self) -> Result<u64> {
        let now = self.platform().clock.now();
        let forgotten = now.plus_millis(-crate::attempt::LOCKED_MS);
        let store = &self.platform().store;
        Ok(store.write("session.sweep", move |tx| store::sweep(tx, now, forgotten, SWEEP_AT_ONCE)).await?)
    }

    /// After a change of an account: its sessions are read anew at the next request.
    pub(crate) fn forget_sessions_of(&self, account: i64) {
        self.inner.sessions.end(|one| one.account == account);
    }
}

pub(crate) fn note_ended(tx: &mut yimen_store::Tx<'_>, ctx: &Ctx, account: i64, sessions: u64) -> Result<()> {
    let body = Ended { account, sessions };
    Ok(journal::append(tx, ctx, journal::Note { verb: "session.ended", case: 0, task: 0, body })?)
}
