//! Issuing statutory documents: what each says is kept as it stood, so that a reprint is the same document.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use yimen_catalogue::Facts;
use yimen_catalogue::model::Source;
use yimen_platform::Ctx;
use yimen_standards::time::Instant;
use yimen_store::{Read, StoreError, Tx};

use crate::Casework;
use crate::command::{Fetched, with_today};
use crate::error::Result;
use crate::model::{BillItem, BillState, Case, CorrectionItem, DocumentKind, ExtensionState, Outcome, Owner};
use crate::store::documents::{self, Document};
use crate::store::materials;

/// A document to be issued.
pub(crate) struct Issue<'a> {
    pub number: i64,
    pub kind: DocumentKind,
    pub task: i64,
    pub reason: &'a str,
}

/// What the documents of one command are made from.
pub(crate) struct Made<'a> {
    pub fetched: &'a Fetched,
    /// The case as the command leaves it.
    pub case: &'a Case,
    /// Facts the command replaces; else those of the case.
    pub facts: Option<&'a Facts>,
    /// Drawn up once for all of them.
    pub handed_in: OnceCell<Vec<(String, String)>>,
}

/// What a document said when it was issued. Each kind fills what it needs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Body {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received_at: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted_at: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statutory_due: Option<Instant>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<CorrectionItem>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fees: Vec<BillItem>,
    #[serde(skip_serializing_if = "is_zero")]
    pub total: i64,
    /// Name of the special procedure, or the way of delivery.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The steps sent to departments: (step, owner).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<(String, String)>,
    /// What had been handed in: (material, in which form).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub materials: Vec<(String, String)>,
    /// What is handed over: a result with its number, or a decision.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub delivered: Vec<String>,
    /// Names of the departments, offices and owners named, by their ids: organisations are renamed, documents are not.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub names: BTreeMap<String, String>,
}

impl Body {
    /// The name that an id had when the document was issued.
    pub fn name_of<'a>(&'a self, id: &'a str) -> &'a str {
        self.names.get(id).map_or(id, String::as_str)
    }
}

fn is_zero(n: &i64) -> bool {
    *n == 0
}

/// What the receipt of mended papers is issued for.
pub(crate) const SUPPLEMENT: &str = "补正";

/// The title of a document: a case that was mended has two receipts, which nobody must take for each other.
pub(crate) fn title(kind: DocumentKind, reason: &str) -> &'static str {
    match kind {
        DocumentKind::Receipt if reason == SUPPLEMENT => "补正材料接收回执",
        kind => kind.zh(),
    }
}

impl Casework {
    /// Writes a document down.
    pub(crate) fn issue(&self, tx: &mut Tx<'_>, ctx: &Ctx, made: &Made<'_>, new: &Issue<'_>) -> Result<()> {
        let case = made.case;
        let mut body = body(case, new);
        match new.kind {
            DocumentKind::Receipt | DocumentKind::Acceptance | DocumentKind::TransferSlip => {
                body.materials = self.handed_in(tx, ctx, made)?;
            }
            DocumentKind::DeliveryReceipt => body.delivered = delivered(tx, case)?,
            _ => {}
        }
        let department = match ctx.actor.staff() {
            Some(staff) if !staff.department.is_empty() => staff.department.clone(),
            _ => case.lead.clone(),
        };
        body.names = self.names(case, &department, &body);
        let document = Document {
            number: new.number,
            kind: new.kind.code().into(),
            task_id: new.task,
            at: ctx.now,
            issued_by: ctx.actor.name().into(),
            department,
            reason: new.reason.into(),
            body: serde_json::to_string(&body).map_err(|e| StoreError::Other(e.to_string()))?,
        };
        Ok(documents::insert(tx, case.id, &document)?)
    }

    /// The materials that lie with the case, in the order of the pack.
    fn handed_in(&self, q: &mut Read<'_>, ctx: &Ctx, made: &Made<'_>) -> Result<Vec<(String, String)>> {
        if let Some(handed) = made.handed_in.get() {
            return Ok(handed.clone());
        }
        let (fetched, id) = (made.fetched, made.case.id);
        let rows = materials::of_case(q, id)?;
        let mut files: HashMap<String, usize> = HashMap::new();
        for file in materials::files(q, id)? {
            *files.entry(file.slot).or_default() += 1;
        }
        let facts = match made.facts {
            Some(facts) => facts,
            None => self.facts(fetched)?,
        };
        let facts = with_today(facts.clone(), ctx);
        let there = |id: &str| rows.iter().any(|r| r.slot == id && r.state != "missing");
        let mut handed = Vec::new();
        for material in fetched.version.materials(&facts) {
            let form = match files.get(&material.id) {
                Some(count) => format!("电子文件 {count} 份"),
                None if there(&material.id) => "已核验原件".into(),
                None if material.from.contains(&Source::Form) => "由填报内容生成".into(),
                None => continue,
            };
            handed.push((material.name.clone(), form));
        }
        Ok(made.handed_in.get_or_init(|| handed).clone())
    }

    fn names(&self, case: &Case, department: &str, body: &Body) -> BTreeMap<String, String> {
        let catalogue = self.catalogue.get();
        let mut names = BTreeMap::new();
        let departments =
            [department, &case.lead].into_iter().chain(body.fees.iter().map(|f| f.payee.as_str()));
        for id in departments {
            names.insert(id.to_string(), catalogue.department_name(id).to_string());
        }
        names.insert(case.office.clone(), catalogue.office_name(&case.office).to_string());
        for (_, owner) in &body.steps {
            let name = match Owner::parse(owner) {
                Some(Owner::Department(id)) => catalogue.department_name(&id).to_string(),
                Some(Owner::Office(id)) => catalogue.office_name(&id).to_string(),
                Some(Owner::Applicant) | None => "申请人".into(),
            };
            names.insert(owner.clone(), name);
        }
        names
    }
}

fn delivered(q: &mut Read<'_>, case: &Case) -> Result<Vec<String>> {
    Ok(match case.outcome {
        Some(Outcome::Granted) => {
            let result = documents::result(q, case.id)?;
            let result = result.map(|r| format!("{}（{}）", r.name, r.number));
            [Some(DocumentKind::Grant.zh().to_string()), result].into_iter().flatten().collect()
        }
        _ => vec![DocumentKind::Denial.zh().into()],
    })
}

fn body(case: &Case, new: &Issue<'_>) -> Body {
    let dues = Body { due: case.promised_due, statutory_due: case.statutory_due, ..Body::default() };
    match new.kind {
        DocumentKind::Receipt => {
            Body { received_at: case.received_at, due: case.precheck_due, ..Body::default() }
        }
        DocumentKind::Acceptance => Body {
            received_at: case.received_at,
            accepted_at: case.accepted_at,
            name: case.delivery.zh().into(),
            ..dues
        },
        DocumentKind::TransferSlip => {
            let steps = case.tasks.iter().map(|t| (t.name.clone(), t.owner.code()));
            Body { accepted_at: case.accepted_at, steps: steps.collect(), ..Body::default() }
        }
        DocumentKind::Correction => {
            let items = case.correction.as_ref().map(|c| c.items.clone()).unwrap_or_default();
            Body { received_at: case.received_at, due: case.correction_due, items, ..Body::default() }
        }
        DocumentKind::Special => {
            let stop = case.stops.iter().rfind(|s| s.task_id == new.task);
            let name = stop.map(|s| s.name.clone()).unwrap_or_default();
            Body {
                accepted_at: case.accepted_at,
                due: stop.and_then(|s| s.planned_to),
                name,
                ..Body::default()
            }
        }
        DocumentKind::Extension => {
            let approved = case.extension.as_ref().filter(|e| e.state == ExtensionState::Approved);
            let name = approved.map(|e| e.by.zh()).unwrap_or_default();
            Body { accepted_at: case.accepted_at, name, ..dues }
        }
        DocumentKind::PaymentNotice => {
            let bill = case.bills.iter().find(|b| b.task_id == new.task);
            let fees = bill.map(|b| b.items.clone()).unwrap_or_default();
            let total = bill.map_or(0, |b| b.total);
            Body { accepted_at: case.accepted_at, fees, total, ..Body::default() }
        }
        DocumentKind::DeliveryReceipt => Body { name: case.delivery.zh().into(), ..Body::default() },
        DocumentKind::NotAccepted => Body { received_at: case.received_at, ..Body::default() },
        DocumentKind::Grant | DocumentKind::Denial => {
            let name = case.delivery.zh().into();
            // What a denial gives back.
            let back = case.bills.iter().filter(|b| b.state == BillState::Refunding).map(|b| b.total);
            let total = back.sum();
            let (received_at, accepted_at) = (case.received_at, case.accepted_at);
            Body { received_at, accepted_at, name, total, ..Body::default() }
        }
    }
}
