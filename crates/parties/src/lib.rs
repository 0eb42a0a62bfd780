//! Natural and legal persons: one legal number, one party.
//!
//! Invariants (each has a test): the same number is always the same party, also when two register it at once; a number
//! never changes; numbers, phones and addresses lie sealed in the database and are found by blind index; every write
//! has a journal entry that holds none of them.
//!
//! Who may call it: windows and set-up register and update anybody, a citizen only the own party.

mod error;
mod find;
mod initials;
mod model;
mod number;
mod place;
mod register;
mod store;

use std::sync::Arc;

pub use error::{PartyError, Result, web_error};
pub use find::PartySummary;
pub use initials::initials;
pub use model::{Party, PartyKind, mask_name};
pub use number::{LegalNumber, NumberKind, canonical};
pub use register::{Contact, NewParty};
pub use store::reseal::SEALED;
use yimen_platform::Sealer;

/// The domain's handle. Cheap to clone.
#[derive(Clone)]
pub struct Parties {
    pub(crate) sealer: Arc<Sealer>,
}

impl Parties {
    pub fn new(sealer: Arc<Sealer>) -> Self {
        Self { sealer }
    }
}
