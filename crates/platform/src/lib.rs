//! What every domain stands on: who acts (`Ctx`, `Actor`), the clock and randomness that are passed in, the journal and
//! its followers, sealing of personal data, and the handles a domain needs (`Platform`).
//!
//! Invariants: a command runs with a `Ctx` (background work too); time and randomness come from it; every change of a
//! case has a journal entry in the same transaction; a follower never skips an entry and never applies one twice.

mod actor;
mod clock;
mod ctx;
pub mod follower;
mod ids;
pub mod journal;
pub mod keys;
mod looks;
pub mod reseal;
mod seal;
pub mod serial;
pub mod setting;
pub mod sign;
mod tail;

use std::sync::Arc;

pub use actor::{Actor, Role, Roles, Staff};
pub use clock::{Clock, ManualClock, SystemClock};
pub use ctx::Ctx;
pub use ids::Ids;
pub use looks::{Look, Looks};
pub use seal::{Algorithm, DataCipher, DataKey, KEY_NOTICE_MS, MasterKey, SealError, Sealer};
pub use tail::Tail;
use yimen_blobs::Blobs;
use yimen_store::Store;

/// The handles every domain is given. Cheap to clone.
#[derive(Clone)]
pub struct Platform {
    pub store: Store,
    pub blobs: Blobs,
    pub sealer: Arc<Sealer>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<Ids>,
}

impl Platform {
    /// The context of one request or one piece of background work.
    pub fn ctx(&self, actor: Actor, request: impl Into<Arc<str>>) -> Ctx {
        Ctx::new(actor, self.clock.now(), self.ids.clone(), request)
    }
}
