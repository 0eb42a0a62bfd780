//! The context of one request or one piece of background work: first parameter everywhere.

use std::sync::Arc;

use yimen_standards::time::Instant;

use crate::{Actor, Ids, Look, Looks};

#[derive(Clone)]
pub struct Ctx {
    pub actor: Actor,
    /// Fixed for the whole request, so that one command has one time.
    pub now: Instant,
    pub request: Arc<str>,
    ids: Arc<Ids>,
    looks: Option<Looks>,
}

impl Ctx {
    pub fn new(actor: Actor, now: Instant, ids: Arc<Ids>, request: impl Into<Arc<str>>) -> Self {
        Self { actor, now, request: request.into(), ids, looks: Looks::of_this_request() }
    }

    /// Notes that the actor has somebody's data before them. What a member of staff sees of others is kept.
    pub fn saw(&self, look: Look) {
        if let (Actor::Staff(_), Some(looks)) = (&self.actor, &self.looks) {
            looks.note(look);
        }
    }

    pub fn new_id(&self) -> i64 {
        self.ids.next(self.now)
    }

    pub fn random(&self) -> u64 {
        self.ids.random_u64()
    }

    pub fn random_bytes<const N: usize>(&self) -> [u8; N] {
        self.ids.fill()
    }

    pub fn token(&self) -> String {
        self.ids.token()
    }
}
