//! A case opened for its applicant: what the application pages need of it, in one read.

use std::ops::Deref;

use yimen_catalogue::model::Service;
use yimen_catalogue::{Facts, Settled, TODAY};
use yimen_parties::Party;
use yimen_platform::Ctx;
use yimen_standards::case_number::CaseNumber;
use yimen_store::Read;
use yimen_web::WebError;

use super::flow::Flow;
use crate::command::{Fetched, with_today};
use crate::model::CaseState;
use crate::policy::Act;
use crate::rules::Refusal;
use crate::view::{Material, Papers};
use crate::{Casework, CaseworkError};

pub(in crate::pages) struct Opened {
    fetched: Fetched,
    /// As answered, with today: an answer that applies no longer is still there for whoever changes their mind.
    pub facts: Facts,
    pub settled: Settled,
    pub materials: Vec<Material>,
    papers: Papers,
    /// The applicant's own record, where it was asked for.
    pub own: Option<Party>,
}

impl Deref for Opened {
    type Target = Fetched;

    fn deref(&self) -> &Fetched {
        &self.fetched
    }
}

/// The number as stored, however it was written into the address.
pub(in crate::pages) fn stored(number: &str) -> Result<String, WebError> {
    CaseNumber::parse(number).map(|n| n.as_str().to_string()).map_err(|_| WebError::not_found())
}

/// Opens the case if the caller may do `act` to it.
pub(in crate::pages) async fn open(
    casework: &Casework,
    ctx: &Ctx,
    number: &str,
    act: Act,
) -> Result<Opened, WebError> {
    load(casework, ctx, number, act, false).await
}

/// [`open`] with the applicant's own record, for pages that fill in or show what it holds.
pub(in crate::pages) async fn open_with_record(
    casework: &Casework,
    ctx: &Ctx,
    number: &str,
    act: Act,
) -> Result<Opened, WebError> {
    load(casework, ctx, number, act, true).await
}

async fn load(
    casework: &Casework,
    ctx: &Ctx,
    number: &str,
    act: Act,
    record: bool,
) -> Result<Opened, WebError> {
    let number = stored(number)?;
    let (casework, ctx) = (casework.clone(), ctx.clone());
    let store = casework.platform.store.clone();
    Ok(store.read(move |q| Opened::read(&casework, q, &ctx, &number, (act, record))).await?)
}

impl Opened {
    /// Opens the case in a unit of work that may go on to write it; `record`: with the applicant's own.
    pub(super) fn read(
        casework: &Casework,
        q: &mut Read<'_>,
        ctx: &Ctx,
        number: &str,
        (act, record): (Act, bool),
    ) -> crate::Result<Opened> {
        let fetched = casework.fetch_by_number(q, ctx, number, act)?;
        let facts = with_today(casework.facts(&fetched)?.clone(), ctx);
        let settled = fetched.version.derive(facts.clone());
        let papers = Papers::of(q, &fetched.case)?;
        let materials = papers.materials(&fetched.version, &settled);
        let own = record.then(|| casework.parties.by_id(q, fetched.case.applicant).ok()).flatten();
        Ok(Opened { fetched, facts, settled, materials, papers, own })
    }

    pub fn number(&self) -> &str {
        &self.case.number
    }

    pub fn service(&self) -> &Service {
        &self.version.service
    }

    /// With answers that were just kept, and without those taken back.
    pub(super) fn answered(mut self, answers: Facts, cleared: &[String]) -> Opened {
        self.facts.extend(answers);
        self.facts.retain(|id, _| !cleared.contains(id));
        let version = &self.fetched.version;
        self.settled = version.derive(self.facts.clone());
        self.materials = self.papers.materials(version, &self.settled);
        self
    }

    /// Whether a form page applies; without all the rest of the way.
    pub(super) fn asks_page(&self, id: &str) -> bool {
        self.version.pages(&self.settled).iter().any(|page| page.id == id)
    }

    pub(super) fn flow(&self) -> Flow {
        Flow::of(&self.version, &self.settled, &self.materials)
    }

    /// Nothing was answered or uploaded yet.
    pub fn is_untouched(&self) -> bool {
        self.facts.keys().all(|id| id == TODAY) && self.materials.iter().all(|m| m.files.is_empty())
    }

    pub fn apply_path(&self) -> String {
        format!("/cases/{}/apply", self.number())
    }

    /// Where somebody goes who asks for a page of an application that is no draft any more: Back after the submission
    /// shows the confirmation.
    pub fn elsewhere(&self) -> Option<String> {
        let number = self.number();
        match self.case.state {
            CaseState::Draft => None,
            CaseState::Submitted if self.case.correction.is_none() => {
                Some(format!("/cases/{number}/submitted"))
            }
            _ => Some(format!("/cases/{number}")),
        }
    }

    /// A form of an application that is no draft any more is stale: a correction has a page of its own.
    pub fn must_be_draft(&self) -> crate::Result<()> {
        match self.case.state {
            CaseState::Draft => Ok(()),
            state => Err(Refusal::WrongState { state, wanted: "修改填写内容" }.into()),
        }
    }

    pub fn material(&self, slot: &str) -> Option<&Material> {
        self.materials.iter().find(|m| m.id == slot)
    }
}

/// A command's refusal as a page that leads back to the case.
pub(in crate::pages) fn refused(error: CaseworkError, number: &str) -> WebError {
    refused_at(error, &format!("/cases/{number}"))
}

/// [`refused`] with another way back: the window's page of the case.
pub(in crate::pages) fn refused_at(error: CaseworkError, home: &str) -> WebError {
    let leads_back =
        matches!(error, CaseworkError::Refused(_) | CaseworkError::Unavailable(_) | CaseworkError::Store(_));
    let page = WebError::from(error);
    if leads_back { page.next(home, "查看这份办件") } else { page }
}
