//! A case as its pages need it: everything in one read.

use yimen_catalogue::model::{Need, Source};
use yimen_catalogue::{Given, Settled, Version, model};
use yimen_platform::Ctx;
use yimen_store::Read;

use crate::command::{Fetched, with_today};
use crate::error::Result;
use crate::model::Case;
use crate::policy::Act;
use crate::store::documents::{self, Document, ResultRow};
use crate::store::materials::{self, File, MaterialRow};
use crate::{Casework, SHOWS};

/// Where a material stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaterialState {
    Missing,
    /// Handed in, not yet judged.
    Provided,
    /// The clerk has seen the original.
    Original,
    Accepted,
    Rejected,
    /// Made from the answers; nothing to hand in.
    FromForm,
}

impl MaterialState {
    pub fn zh(self) -> &'static str {
        match self {
            Self::Missing => "未提交",
            Self::Provided => "已提交",
            Self::Original => "已核验原件",
            Self::Accepted => "已通过",
            Self::Rejected => "需补正",
            Self::FromForm => "由填报内容生成",
        }
    }
}

/// One material of a case with what was handed in for it.
#[derive(Debug, Clone)]
pub struct Material {
    pub id: String,
    pub name: String,
    pub need: Need,
    pub standard: String,
    pub hint: Option<String>,
    pub faults: Vec<String>,
    pub copies: u8,
    pub takes_original: bool,
    pub state: MaterialState,
    pub reason: String,
    pub files: Vec<File>,
    /// What a correction put other files in the place of.
    pub replaced: Vec<File>,
}

pub struct CaseView {
    pub fetched: Fetched,
    /// Settled, with today.
    pub facts: Settled,
    pub materials: Vec<Material>,
    pub documents: Vec<Document>,
    pub result: Option<ResultRow>,
    /// What the result shows, opened: (label, value).
    pub shows: Vec<(String, String)>,
}

impl Casework {
    pub fn view(&self, q: &mut Read<'_>, ctx: &Ctx, number: &str) -> Result<CaseView> {
        let fetched = self.fetch_by_number(q, ctx, number, Act::See)?;
        self.view_of(q, ctx, fetched)
    }

    pub fn view_of(&self, q: &mut Read<'_>, ctx: &Ctx, fetched: Fetched) -> Result<CaseView> {
        // Settled once: what asks of these facts from here on copies nothing.
        let facts = fetched.version.derive(with_today(self.facts(&fetched)?.clone(), ctx));
        let materials = Papers::of(q, &fetched.case)?.materials(&fetched.version, &facts);
        let id = fetched.case.id;
        let documents = documents::of_case(q, id)?;
        let result = match fetched.case.outcome {
            Some(crate::model::Outcome::Granted) => documents::result(q, id)?,
            _ => None,
        };
        let shows = match &result {
            Some(row) => serde_json::from_slice(&self.platform.sealer.open(SHOWS, &row.shows)?)?,
            None => Vec::new(),
        };
        Ok(CaseView { fetched, facts, materials, documents, result, shows })
    }
}

/// What was handed in for a case, whatever its answers ask for.
#[derive(Debug, Clone)]
pub struct Papers {
    rows: Vec<MaterialRow>,
    files: Vec<File>,
    replaced: Vec<File>,
}

impl Papers {
    pub fn of(q: &mut Read<'_>, case: &Case) -> Result<Papers> {
        let rows = materials::of_case(q, case.id)?;
        let files = materials::files(q, case.id)?;
        let replaced = match case.correction.is_some() {
            true => materials::replaced(q, case.id)?,
            false => Vec::new(),
        };
        Ok(Papers { rows, files, replaced })
    }

    /// The materials that the answers ask for, with their files.
    pub fn materials(&self, version: &Version, facts: &impl Given) -> Vec<Material> {
        version.materials(facts).into_iter().map(|spec| self.material(spec)).collect()
    }

    /// One material with its files.
    pub fn material(&self, spec: &model::Material) -> Material {
        let of = |files: &[File]| files.iter().filter(|f| f.slot == spec.id).cloned().collect();
        let row = self.rows.iter().find(|r| r.slot == spec.id);
        let state = match row.map(|r| r.state.as_str()) {
            Some("provided") => MaterialState::Provided,
            Some("original") => MaterialState::Original,
            Some("accepted") => MaterialState::Accepted,
            Some("rejected") => MaterialState::Rejected,
            _ if spec.from.contains(&Source::Form) => MaterialState::FromForm,
            _ => MaterialState::Missing,
        };
        Material {
            id: spec.id.clone(),
            name: spec.name.clone(),
            need: spec.need,
            standard: spec.standard.clone(),
            hint: spec.hint.clone(),
            faults: spec.faults.clone(),
            copies: spec.copies,
            takes_original: spec.from.contains(&Source::Original),
            state,
            reason: row.map(|r| r.reason.clone()).unwrap_or_default(),
            files: of(&self.files),
            replaced: of(&self.replaced),
        }
    }
}
