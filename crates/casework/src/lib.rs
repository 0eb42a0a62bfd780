//! Casework: a case from draft to closing, its tasks, clocks, bills and documents.
//!
//! Invariants (each has a test): a case changes only by a command, in one transaction, with a journal entry; no command
//! leads out of a final state; a task opens when all before it are over, and never is lost; two people never decide
//! one task; a repeated form is one case; nobody learns of a case they have no relation to.
//!
//! Where to look: `rules/` decides (pure), `command.rs` carries out, `policy.rs` says who may, `store/` holds the SQL,
//! one file a verb beside them, `pages/` by audience.

mod command;
mod document;
mod draft;
mod error;
mod intake;
mod live;
mod material;
pub mod model;
pub mod pages;
pub mod policy;
mod result;
pub mod rules;
pub mod store;
mod timer;
mod unmask;
mod view;
mod work;

use std::sync::Arc;

pub use command::{Fetched, verb};
pub use document::Body as DocumentBody;
pub use draft::StartDraft;
pub use error::{CaseworkError, Result};
pub use material::{MAX_FILES, NewFile, Verdict};
pub use timer::{SWEEP_EVERY, Sweeps, Swept};
pub use unmask::{InFull, UNMASKS_AN_HOUR, Unmask};
pub use view::{CaseView, Material, MaterialState};
pub use work::DecideTask;
use yimen_catalogue::{CatalogueHandle, Version};
use yimen_parties::Parties;
use yimen_platform::Platform;
use yimen_policy::PolicyHandle;
use yimen_standards::time::{Calendar, Hours};
use yimen_store::Read;

/// Label under which answers are sealed.
pub(crate) const FACTS: &str = "casework_case.facts";
/// Label under which what a result shows is sealed.
pub(crate) const SHOWS: &str = "casework_result.shows";

/// Label under which a reason in somebody's own words is sealed.
pub(crate) const WHY: &str = "casework_look.why";

/// The domain's handle: what its commands and pages need. Cheap to clone.
#[derive(Clone)]
pub struct Casework {
    pub platform: Platform,
    /// Who may do what to a case.
    pub policy: PolicyHandle,
    pub catalogue: CatalogueHandle,
    pub parties: Parties,
    pub calendar: Arc<Calendar>,
    pub hours: Arc<Hours>,
    /// How the timers of this process are doing.
    pub sweeps: Arc<Sweeps>,
}

impl Casework {
    /// The version a case began with; versions no longer current are read from the store once and kept.
    pub fn version(&self, q: &mut Read<'_>, id: i64) -> Result<Arc<Version>> {
        let version = self.catalogue.version(q, id).map_err(|e| CaseworkError::Internal(e.to_string()))?;
        version.ok_or_else(|| CaseworkError::Internal(format!("catalogue version {id} is missing")))
    }
}
