//! Issuing statutory documents: what each says is kept as it stood, so that a reprint is the same document.

use serde::{Deserialize, Serialize};
use yimen_platform::Ctx;
use yimen_standards::time::Instant;
use yimen_store::{StoreError, Tx};

use crate::error::Result;
use crate::model::{BillItem, Case, CorrectionItem, DocumentKind, ExtensionState};
use crate::store::documents::{self, Document};

/// A document to be issued.
pub(crate) struct Issue<'a> {
    pub number: i64,
    pub kind: DocumentKind,
    pub task: i64,
    pub reason: &'a str,
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
}

fn is_zero(n: &i64) -> bool {
    *n == 0
}

pub(crate) fn issue(tx: &mut Tx<'_>, ctx: &Ctx, case: &Case, new: Issue<'_>) -> Result<()> {
    let body = serde_json::to_string(&body(case, &new)).map_err(|e| StoreError::Other(e.to_string()))?;
    let department = match ctx.actor.staff() {
        Some(staff) if !staff.department.is_empty() => staff.department.clone(),
        _ => case.lead.clone(),
    };
    let document = Document {
        number: new.number,
        kind: new.kind.code().into(),
        task_id: new.task,
        at: ctx.now,
        issued_by: ctx.actor.name().into(),
        department,
        reason: new.reason.into(),
        body,
    };
    Ok(documents::insert(tx, case.id, &document)?)
}

fn body(case: &Case, new: &Issue<'_>) -> Body {
    let dues = Body { due: case.promised_due, statutory_due: case.statutory_due, ..Body::default() };
    match new.kind {
        DocumentKind::Receipt => {
            Body { received_at: case.received_at, due: case.precheck_due, ..Body::default() }
        }
        DocumentKind::Acceptance => Body { accepted_at: case.accepted_at, ..dues },
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
            Body { due: stop.and_then(|s| s.planned_to), name, ..Body::default() }
        }
        DocumentKind::Extension => {
            let approved = case.extension.as_ref().filter(|e| e.state == ExtensionState::Approved);
            Body { name: approved.map(|e| e.by.zh()).unwrap_or_default(), ..dues }
        }
        DocumentKind::PaymentNotice => {
            let bill = case.bills.iter().find(|b| b.task_id == new.task);
            let fees = bill.map(|b| b.items.clone()).unwrap_or_default();
            Body { fees, total: bill.map_or(0, |b| b.total), ..Body::default() }
        }
        DocumentKind::DeliveryReceipt => Body { name: case.delivery.zh().into(), ..Body::default() },
        DocumentKind::NotAccepted => Body { received_at: case.received_at, ..Body::default() },
        DocumentKind::Grant | DocumentKind::Denial => {
            Body { accepted_at: case.accepted_at, ..Body::default() }
        }
    }
}
