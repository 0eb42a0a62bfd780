//! From hand-in to acceptance: pre-check, the one-time correction, deemed acceptance and lapse.

use yimen_standards::time::Instant;

use super::{Change, Draft, PRECHECK_LIMIT, Refusal, advance, review, stated};
use crate::document::SUPPLEMENT;
use crate::model::{CaseState, Correction, CorrectionItem, DocumentKind, Owner, Task};

pub(super) fn submit(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    draft.expect(&[CaseState::Draft], "提交")?;
    let at = draft.env.now;
    draft.push(Change::Submitted { at });
    receive(draft, at)?;
    draft.document(DocumentKind::Receipt, 0, "");
    Ok(())
}

/// The window's five working days run from each hand-in.
fn receive(draft: &mut Draft<'_>, at: Instant) -> Result<(), Refusal> {
    let precheck_due = draft.fixed_due(at, PRECHECK_LIMIT)?;
    draft.push(Change::Received { at, precheck_due });
    draft.push(Change::State(CaseState::Submitted));
    Ok(())
}

/// Accepts, by the window or because the law deems it accepted: then from the day it was received. A window that is late
/// accepts what the law has accepted already, whether the timer has come by or not.
pub(super) fn accept(draft: &mut Draft<'_>, deemed: bool) -> Result<(), Refusal> {
    draft.expect(&[CaseState::Submitted], "受理")?;
    let deemed = deemed || draft.case.is_overdue_for_precheck(draft.env.now);
    let at = match (deemed, draft.case.received_at) {
        (true, Some(received)) => received,
        _ => draft.env.now,
    };
    draft.push(Change::Accepted { at, deemed });
    draft.push(Change::State(CaseState::InReview));
    for planned in (draft.env.plan)()? {
        let task = Task {
            after: planned.after,
            within: planned.within,
            ..Task::waiting(
                (draft.env.new_id)(),
                owner(&planned.by, &draft.case.office),
                planned.step,
                planned.name,
                planned.kind,
            )
        };
        draft.push(Change::TaskAdded(task));
    }
    let (statutory, promised) = draft.case_dues();
    draft.push(Change::Dues { statutory, promised });
    draft.document(DocumentKind::Acceptance, 0, if deemed { "视为受理" } else { "" });
    draft.document(DocumentKind::TransferSlip, 0, "");
    advance::advance(draft)
}

fn owner(by: &str, office: &str) -> Owner {
    match by {
        "applicant" => Owner::Applicant,
        "window" => Owner::Office(office.into()),
        department => Owner::Department(department.into()),
    }
}

pub(super) fn not_accept(draft: &mut Draft<'_>, reason: &str) -> Result<(), Refusal> {
    draft.expect(&[CaseState::Submitted], "不予受理")?;
    let reason = stated(reason, "不予受理的理由和依据")?;
    in_time(draft)?;
    draft.push(Change::State(CaseState::NotAccepted));
    draft.push(Change::Closed { at: draft.env.now });
    draft.document(DocumentKind::NotAccepted, 0, reason);
    Ok(())
}

/// Gives the one-time notice. A second one may only repeat what the first asked for and is still not right.
pub(super) fn correct(draft: &mut Draft<'_>, items: &[CorrectionItem]) -> Result<(), Refusal> {
    draft.expect(&[CaseState::Submitted], "发补正通知")?;
    if items.is_empty() {
        return Err(Refusal::NothingToCorrect);
    }
    if items.iter().any(|i| i.reason.trim().is_empty()) {
        return Err(Refusal::Missing("每一项的补正理由"));
    }
    if let Some(first) = &draft.case.correction {
        let known = |item: &CorrectionItem| first.items.iter().any(|f| f.target == item.target);
        if let Some(new) = items.iter().find(|i| !known(i)) {
            return Err(Refusal::CorrectionOnce(new.name.clone()));
        }
    }
    in_time(draft)?;
    let due_at = draft.fixed_due(draft.env.now, draft.env.service.limits.correction)?;
    draft.push(Change::CorrectionIssued(Correction {
        issued_at: draft.env.now,
        due_at,
        items: items.to_vec(),
        supplied_at: None,
    }));
    draft.push(Change::State(CaseState::Correcting));
    draft.document(DocumentKind::Correction, 0, "");
    Ok(())
}

/// After five working days without an answer the application counts as accepted; nobody can undo that by being late.
fn in_time(draft: &Draft<'_>) -> Result<(), Refusal> {
    match draft.case.is_overdue_for_precheck(draft.env.now) {
        true => Err(Refusal::DeemedAccepted),
        false => Ok(()),
    }
}

pub(super) fn supplement(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    draft.expect(&[CaseState::Correcting], "补正")?;
    let at = draft.env.now;
    // What the timer has not come by to write down has happened all the same.
    if let Some(due) = draft.case.correction_due.filter(|due| at > *due) {
        return Err(Refusal::CorrectionOver(due));
    }
    draft.push(Change::Supplied { at });
    receive(draft, at)?;
    draft.document(DocumentKind::Receipt, 0, SUPPLEMENT);
    Ok(())
}

/// What time alone brings about. Nothing, when it is not yet due.
pub(super) fn tick(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let now = draft.env.now;
    match draft.case.state {
        CaseState::Submitted if draft.case.is_overdue_for_precheck(now) => accept(draft, true),
        CaseState::Correcting if draft.case.correction_due.is_some_and(|due| now > due) => {
            draft.push(Change::State(CaseState::Lapsed));
            draft.push(Change::Closed { at: now });
            Ok(())
        }
        CaseState::InReview => review::end_overdue_specials(draft),
        _ => Ok(()),
    }
}
