//! The outbox: what a command wants to tell somebody waits here until the gateway has taken it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::Notify;
use yimen_platform::{Actor, Ctx, Platform, SealError, journal};
use yimen_standards::phone::Phone;
use yimen_standards::time::Instant;
use yimen_store::{StoreError, Tx};

use crate::gateway::{Gateway, GatewayError, Message};
use crate::store::{self, Waiting};

const AT_ONCE: i64 = 50;
/// Longer than the gateway's time-out: a message is not sent twice at once.
const CLAIM_MS: i64 = 15_000;
const FIRST_RETRY_MS: i64 = 3_000;
const LONGEST_RETRY_MS: i64 = 60_000;
const LOOK_EVERY: Duration = Duration::from_secs(2);

// Labels are bound into what is sealed and must never change.
const PHONE: &str = "messages_outbox.phone";
const TEXT: &str = "messages_outbox.text";

/// A message to be sent once the transaction that asks for it is committed.
pub struct NewMessage<'a> {
    /// What it is about, for the journal: `code`, `notice`.
    pub kind: &'static str,
    pub phone: &'a Phone,
    pub text: &'a str,
    /// Later it is worth nothing.
    pub expires_at: Instant,
}

/// What came of one round.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sent {
    pub sent: usize,
    /// To be tried again.
    pub waiting: usize,
    /// Too late, or refused for good.
    pub given_up: usize,
}

/// The domain's handle. Cheap to clone.
#[derive(Clone)]
pub struct Messages {
    inner: Arc<Inner>,
}

struct Inner {
    platform: Platform,
    gateway: Gateway,
    wake: Notify,
    /// The last try of this node failed.
    away: AtomicBool,
}

#[derive(Serialize)]
struct Told<'a> {
    message: i64,
    kind: &'a str,
    tries: i64,
}

enum Outcome {
    Sent,
    Waits,
    GivenUp,
}

impl Messages {
    pub fn new(platform: Platform, gateway: Gateway) -> Self {
        let inner = Inner { platform, gateway, wake: Notify::new(), away: AtomicBool::new(false) };
        Self { inner: Arc::new(inner) }
    }

    /// Writes a message down in the caller's transaction. After the commit [`Messages::wake`] has it sent at once.
    pub fn queue(&self, tx: &mut Tx<'_>, ctx: &Ctx, new: &NewMessage<'_>) -> Result<(), StoreError> {
        let sealer = &self.inner.platform.sealer;
        let phone = sealer.seal_text(PHONE, new.phone.as_str());
        let text = sealer.seal_text(TEXT, new.text);
        store::insert(tx, (ctx.new_id(), new.kind), (&phone, &text), ctx.now, new.expires_at)
    }

    pub fn wake(&self) {
        self.inner.wake.notify_one();
    }

    /// Whether the gateway did not answer when it was last asked. About the gateway alone: it says nothing of any message.
    pub fn is_away(&self) -> bool {
        self.inner.away.load(Ordering::Relaxed)
    }

    /// How many wait.
    pub async fn waiting(&self) -> Result<i64, StoreError> {
        self.inner.platform.store.read(store::waiting).await
    }

    /// Sends what is due, again and again: the work of a server's background.
    pub async fn run(self) {
        loop {
            // Woken by a command, or looks by itself for what other nodes left behind and what is to be tried again.
            let _ = tokio::time::timeout(LOOK_EVERY, self.inner.wake.notified()).await;
            if let Err(error) = self.send_due().await {
                tracing::error!(%error, "messages could not be read; trying again");
            }
        }
    }

    /// One round: everything that is due now.
    pub async fn send_due(&self) -> Result<Sent, StoreError> {
        let platform = &self.inner.platform;
        let ctx = platform.ctx(Actor::System("短信"), "messages");
        let mut all = Sent::default();
        loop {
            let now = ctx.now;
            let due = platform.store.read(move |q| store::due(q, now, AT_ONCE)).await?;
            let full = due.len() as i64 == AT_ONCE;
            let each = due.into_iter().map(|one| self.try_one(&ctx, one));
            for outcome in futures::future::join_all(each).await {
                match outcome? {
                    Some(Outcome::Sent) => all.sent += 1,
                    Some(Outcome::Waits) => all.waiting += 1,
                    Some(Outcome::GivenUp) => all.given_up += 1,
                    None => {}
                }
            }
            if !full {
                return Ok(all);
            }
        }
    }

    /// `None` where another node has it in hand.
    async fn try_one(&self, ctx: &Ctx, one: Waiting) -> Result<Option<Outcome>, StoreError> {
        if one.expires_at <= ctx.now {
            return self.give_up(ctx, one, "message.expired").await;
        }
        let claim_until = ctx.now.plus_millis(CLAIM_MS);
        let claimed = one.clone();
        let store = &self.inner.platform.store;
        if !store.write("message.claim", move |tx| store::claim(tx, &claimed, claim_until)).await? {
            return Ok(None);
        }
        let sealer = &self.inner.platform.sealer;
        let opened = sealer.open_text(PHONE, &one.phone_sealed).and_then(|phone| {
            Ok(Message { id: one.id.to_string(), phone, text: sealer.open_text(TEXT, &one.text_sealed)? })
        });
        let message = match opened {
            Ok(message) => message,
            // Another node seals with a key that this one has yet to read.
            Err(SealError::NoSuchKey(_)) => {
                let next = retry_at(ctx.now, one.tries);
                let held = Waiting { next_at: claim_until, ..one };
                store.write("message.wait", move |tx| store::put_off(tx, &held, next)).await?;
                return Ok(Some(Outcome::Waits));
            }
            // Nobody will ever read it.
            Err(_) => return self.give_up(ctx, one, "message.lost").await,
        };
        let said = self.inner.gateway.send(&message).await;
        self.inner.away.store(matches!(said, Err(GatewayError::Unreachable(_))), Ordering::Relaxed);
        match said {
            Ok(()) => self.done(ctx, one).await,
            Err(GatewayError::Refused(why)) => {
                tracing::warn!(message = one.id, why, "a message was refused");
                self.give_up(ctx, one, "message.refused").await
            }
            Err(error) => {
                tracing::warn!(message = one.id, %error, "a message was not sent; it is tried again");
                let next = retry_at(ctx.now, one.tries);
                let held = Waiting { next_at: claim_until, ..one };
                store.write("message.wait", move |tx| store::put_off(tx, &held, next)).await?;
                Ok(Some(Outcome::Waits))
            }
        }
    }

    async fn done(&self, ctx: &Ctx, one: Waiting) -> Result<Option<Outcome>, StoreError> {
        let ctx = ctx.clone();
        let done = move |tx: &mut Tx<'_>| -> Result<_, StoreError> {
            if store::remove(tx, one.id)? {
                note(tx, &ctx, &one, "message.sent")?;
            }
            Ok(Some(Outcome::Sent))
        };
        self.inner.platform.store.write("message.sent", done).await
    }

    async fn give_up(
        &self,
        ctx: &Ctx,
        one: Waiting,
        verb: &'static str,
    ) -> Result<Option<Outcome>, StoreError> {
        let ctx = ctx.clone();
        let give_up = move |tx: &mut Tx<'_>| -> Result<_, StoreError> {
            let gone = match verb {
                "message.expired" => store::expire(tx, one.id, ctx.now)?,
                _ => store::remove(tx, one.id)?,
            };
            if gone {
                note(tx, &ctx, &one, verb)?;
            }
            Ok(Some(Outcome::GivenUp))
        };
        self.inner.platform.store.write("message.give_up", give_up).await
    }
}

fn note(tx: &mut Tx<'_>, ctx: &Ctx, one: &Waiting, verb: &str) -> Result<(), StoreError> {
    let body = Told { message: one.id, kind: &one.kind, tries: one.tries + 1 };
    journal::append(tx, ctx, journal::Note { verb, case: 0, task: 0, body })
}

/// Doubles from three seconds to a minute.
fn retry_at(now: Instant, tries: i64) -> Instant {
    let wait = FIRST_RETRY_MS << tries.clamp(0, 6);
    now.plus_millis(wait.min(LONGEST_RETRY_MS))
}
