//! What a page shows of a whole case: read once, shown beside a task, on the case's own page and to supervisors.

use yimen_catalogue::{Catalogue, Facts};
use yimen_parties::{Party, PartyError};
use yimen_platform::{Ctx, journal};
use yimen_store::Read;
use yimen_web::{Clock, StatusTag, SummaryList, Table, Timeline};

use super::findings::{FindingCard, findings};
use super::history::{HistoryLine, ended_by, history};
use super::money::{Bills, bills};
use super::timing::timing;
use super::viewer::Viewer;
use super::{answers, progress};
use crate::command::Fetched;
use crate::error::{CaseworkError, Result};
use crate::pages::words::{grouped, state_tag};
use crate::pages::{detailed_clock, unmask};
use crate::store::case;
use crate::{CaseView, Casework};

/// A case's history is shown up to so many entries.
const MOST_ENTRIES: i64 = 400;

/// Everything read about a case in one go.
pub(crate) struct Data {
    pub view: CaseView,
    pub party: Option<Party>,
    entries: Vec<journal::Entry>,
    /// What the applicant handed in each time, the first submission first.
    revisions: Vec<(yimen_standards::time::Instant, Facts)>,
}

impl Data {
    pub fn load(casework: &Casework, q: &mut Read<'_>, ctx: &Ctx, fetched: Fetched) -> Result<Data> {
        let id = fetched.case.id;
        let party = match casework.parties.by_id(q, fetched.case.applicant) {
            Ok(party) => Some(party),
            Err(PartyError::NotFound) => None,
            Err(other) => return Err(other.into()),
        };
        let entries = journal::of_case(q, id, 0, MOST_ENTRIES)?;
        let revisions = match fetched.case.correction.is_some() {
            true => case::revisions(q, id)?,
            false => Vec::new(),
        };
        let open = |r: case::Revision| Ok::<_, CaseworkError>((r.at, casework.open_facts(&r.facts)?));
        let revisions = revisions.into_iter().map(open).collect::<Result<Vec<_>>>()?;
        Ok(Data { view: casework.view_of(q, ctx, fetched)?, party, entries, revisions })
    }
}

/// A case in the words of a page.
pub(crate) struct Dossier {
    pub number: String,
    pub state: StatusTag,
    pub applicant: SummaryList,
    pub clock: Option<Clock>,
    /// Acceptance, special procedures, extension.
    pub timing: SummaryList,
    pub viewer: Viewer,
    pub answers: Vec<SummaryList>,
    /// Where numbers are shown in full.
    pub unmask: String,
    /// What a supplement changed, where there was one.
    pub changed: Option<Table>,
    pub findings: Vec<FindingCard>,
    pub bills: Bills,
    pub timeline: Timeline,
    pub history: Vec<HistoryLine>,
    pub result: Option<SummaryList>,
}

/// Where the pages of this case are.
pub(crate) struct Places {
    /// The case's number, as stored.
    pub number: String,
    /// The page itself, for links that change what is shown on it.
    pub here: String,
    /// The file asked for.
    pub file: Option<i64>,
    /// The task whose page it is; its own finding stands elsewhere.
    pub task: Option<i64>,
}

impl Dossier {
    pub fn of(
        casework: &Casework,
        catalogue: &Catalogue,
        ctx: &Ctx,
        data: &Data,
        places: &Places,
    ) -> Dossier {
        let view = &data.view;
        let case = &view.fetched.case;
        let version = &view.fetched.version;
        let ended_by = ended_by(catalogue, &data.entries);
        Dossier {
            number: grouped(&case.number),
            state: state_tag(case.state, case.outcome),
            applicant: answers::applicant(catalogue, case, data.party.as_ref()),
            clock: detailed_clock(casework, case, &version.service, ctx.now),
            timing: timing(case),
            viewer: Viewer::of(&view.materials, places, case.supplement_to_check()),
            answers: answers::answers(version, &view.facts),
            unmask: unmask::path_of(&case.number, places.task),
            changed: answers::changed(version, &data.revisions),
            findings: findings(catalogue, version, case, &view.facts, places.task, &ended_by),
            bills: bills(catalogue, version, case, &view.facts),
            timeline: progress::timeline(catalogue, case, &ended_by, ctx.now),
            history: history(catalogue, case, &data.entries),
            result: answers::result(view),
        }
    }
}
