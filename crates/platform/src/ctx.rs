//! The context of one request or one piece of background work: first parameter everywhere.

use std::sync::Arc;

use yimen_standards::time::Instant;

use crate::{Actor, Ids};

#[derive(Clone)]
pub struct Ctx {
    pub actor: Actor,
    /// Fixed for the whole request, so that one command has one time.
    pub now: Instant,
    pub request: Arc<str>,
    ids: Arc<Ids>,
}

impl Ctx {
    pub fn new(actor: Actor, now: Instant, ids: Arc<Ids>, request: impl Into<Arc<str>>) -> Self {
        Self { actor, now, request: request.into(), ids }
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
