//! Numbers of a case in full: whoever asks says why, and that is written down before they are shown.

use serde_json::json;
use yimen_catalogue::form::unmasked;
use yimen_catalogue::{Settled, Version};
use yimen_parties::{Party, PartyError};
use yimen_platform::{Ctx, journal};
use yimen_standards::time::Instant;
use yimen_store::{Read, Tx};

use crate::error::Result;
use crate::model::UnmaskReason;
use crate::policy::Who;
use crate::store::looks::{self, NewLook};
use crate::{CaseView, Casework, WHY};

/// By default nobody has numbers in full before them more often than this within an hour.
pub const UNMASKS_AN_HOUR: u32 = 60;
const HOUR_MS: i64 = 60 * 60_000;

/// Why somebody asks.
#[derive(Debug, Clone)]
pub struct Unmask {
    pub reason: UnmaskReason,
    /// In their own words; empty where the reason says it.
    pub why: String,
}

/// A case with what its pages mask. Without `Debug`, so that it cannot reach a log by accident.
pub struct InFull {
    pub view: CaseView,
    /// The applicant's own record.
    pub party: Option<Party>,
}

/// What came of asking.
pub enum Unmasked {
    Shown(Box<InFull>),
    /// They have had their share of the hour; from then on one more.
    From(Instant),
}

impl Casework {
    /// Whoever may read the case's papers, on which the numbers stand anyway, may ask.
    pub fn may_unmask(&self, q: &mut Read<'_>, ctx: &Ctx, number: &str) -> Result<InFull> {
        let view = self.view(q, ctx, number)?;
        let party = match self.parties.by_id(q, view.fetched.case.applicant) {
            Ok(party) => Some(party),
            Err(PartyError::NotFound) => None,
            Err(other) => return Err(other.into()),
        };
        Ok(InFull { view, party })
    }

    /// Writes down who looks and why, for the person and in the journal, and only then gives the numbers; not to those
    /// who have asked `most` times within the hour. Two who ask at the same instant may both be the last.
    pub fn unmask(
        &self,
        tx: &mut Tx<'_>,
        ctx: &Ctx,
        number: &str,
        asked: &Unmask,
        most: u32,
    ) -> Result<Unmasked> {
        let full = self.may_unmask(tx, ctx, number)?;
        let account = ctx.actor.account();
        let earlier = match most {
            0 => Some(ctx.now),
            most => looks::unmasked_since(tx, account, ctx.now.plus_millis(-HOUR_MS), most)?,
        };
        if let Some(earlier) = earlier {
            return Ok(Unmasked::From(earlier.plus_millis(HOUR_MS)));
        }
        let case = &full.view.fetched.case;
        // What was typed may name somebody; a number in it says nothing that a reader of the log should see.
        let why = yimen_catalogue::form::without_ids(&asked.why);
        let why = match why.is_empty() {
            true => Vec::new(),
            false => self.platform.sealer.seal_text(WHY, &why),
        };
        let (department, office) = match ctx.actor.staff() {
            Some(staff) => (staff.department.as_str(), staff.office.as_str()),
            None => ("", ""),
        };
        let look = NewLook {
            id: ctx.new_id(),
            party: case.applicant,
            case: case.id,
            account,
            department,
            office,
            role: full.who().map_or("", Who::code),
            kind: looks::UNMASKED,
            reason: asked.reason.code(),
            why: &why,
            at: ctx.now,
        };
        looks::add(tx, &look)?;
        let body = json!({ "reason": asked.reason.code(), "look": look.id });
        journal::append(tx, ctx, journal::Note { verb: "case.unmasked", case: case.id, task: 0, body })?;
        Ok(Unmasked::Shown(Box::new(full)))
    }

    /// The reason of a look in words; empty where nobody was asked for one.
    pub(crate) fn look_reason(&self, reason: &str, why: &[u8]) -> Result<String> {
        if !why.is_empty() {
            return Ok(self.platform.sealer.open_text(WHY, why)?);
        }
        let asked = UnmaskReason::parse(reason).filter(|reason| *reason != UnmaskReason::Own);
        Ok(asked.map(|reason| reason.zh().to_string()).unwrap_or_default())
    }
}

impl InFull {
    /// As whom the case is looked at.
    pub fn who(&self) -> Option<Who> {
        self.view.fetched.relations.iter().next().map(|relation| relation.who)
    }

    /// What was typed, in the order it was asked: (label, value).
    pub fn answers(&self) -> Vec<(String, String)> {
        hidden(&self.view.fetched.version, &self.view.facts)
    }

    /// What officers recorded.
    pub fn records(&self) -> Vec<(String, String)> {
        let (version, facts) = (&self.view.fetched.version, &self.view.facts);
        let fields = version.service.steps.iter().flat_map(|step| &step.records);
        let whole = |field: &yimen_catalogue::model::Field| {
            Some((field.label.clone(), unmasked(field, facts.get(&field.id)?)?.to_string()))
        };
        fields.filter_map(whole).collect()
    }
}

/// The answers that pages mask, whole.
pub(crate) fn hidden(version: &Version, facts: &Settled) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for page in version.pages(facts) {
        for field in version.fields(&page.id, facts) {
            if let Some(text) = facts.get(&field.id).and_then(|fact| unmasked(field, fact)) {
                found.push((field.label.clone(), text.to_string()));
            }
        }
    }
    found
}
