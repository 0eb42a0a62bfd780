//! What follows by itself: tasks open when their predecessors are over, bills are raised, the case closes.

use yimen_catalogue::model::StepKind;
use yimen_standards::time::Instant;

use super::{Change, Draft, Refusal, require, stated};
use crate::model::{
    Bill, BillState, CaseState, Delivery, DocumentKind, Finding, Outcome, Owner, Task, TaskState,
    is_before_decision, is_decision,
};

/// Opens, skips and closes until nothing more follows. Each pass settles at least one task, so it ends.
pub(super) fn advance(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    loop {
        let before = draft.changes.len();
        if draft.case.state == CaseState::InReview && draft.case.has_failed_review() {
            drop_pointless(draft);
        }
        if draft.case.outcome == Some(Outcome::Denied) {
            drop_kind(draft, |kind| kind == StepKind::Issue);
        }
        let ready: Vec<i64> = draft
            .case
            .tasks
            .iter()
            .filter(|t| t.state == TaskState::Waiting && is_ready(draft, t))
            .map(|t| t.id)
            .collect();
        for task in ready {
            open(draft, task)?;
        }
        if draft.changes.len() == before {
            break;
        }
    }
    let over = draft.case.tasks.iter().all(|t| t.state.is_over());
    if draft.case.state == CaseState::Decided && over {
        draft.push(Change::State(CaseState::Closed));
        draft.push(Change::Closed { at: draft.env.now });
    }
    Ok(())
}

fn is_ready(draft: &Draft<'_>, task: &Task) -> bool {
    let tasks = &draft.case.tasks;
    let over = |step: &String| tasks.iter().filter(|t| t.step == *step).all(|t| t.state.is_over());
    if is_before_decision(task.kind) {
        draft.case.state == CaseState::InReview && task.after.iter().all(over)
    } else if is_decision(task.kind) {
        // Whatever the pack orders, a decision waits for every review and payment.
        let earlier = |t: &&Task| is_before_decision(t.kind);
        draft.case.state == CaseState::InReview && tasks.iter().filter(earlier).all(|t| t.state.is_over())
    } else {
        draft.case.state == CaseState::Decided && task.after.iter().all(over)
    }
}

/// After a failed review nobody starts another one, and nobody is asked to pay.
fn drop_pointless(draft: &mut Draft<'_>) {
    let at = draft.env.now;
    let pointless: Vec<(i64, TaskState)> = draft
        .case
        .tasks
        .iter()
        .filter(|t| is_before_decision(t.kind))
        .filter(|t| t.state == TaskState::Waiting || t.kind == StepKind::Payment && t.state.is_live())
        .map(|t| (t.id, t.state))
        .collect();
    for (task, state) in pointless {
        if state == TaskState::Waiting {
            draft.push(Change::TaskSkipped { task, at });
        } else {
            void_bill(draft, task);
            draft.push(Change::TaskCancelled { task, at });
        }
    }
}

fn drop_kind(draft: &mut Draft<'_>, is: impl Fn(StepKind) -> bool) {
    let at = draft.env.now;
    let waiting = |t: &&Task| t.state == TaskState::Waiting && is(t.kind);
    let waiting: Vec<i64> = draft.case.tasks.iter().filter(waiting).map(|t| t.id).collect();
    for task in waiting {
        draft.push(Change::TaskSkipped { task, at });
    }
}

fn open(draft: &mut Draft<'_>, id: i64) -> Result<(), Refusal> {
    let task = draft.task(id)?.clone();
    let at = draft.env.now;
    let within = match task.kind {
        StepKind::Delivery => task.within.or(Some(draft.env.service.limits.delivery)),
        _ => task.within,
    };
    let due = within.and_then(|limit| draft.due(at, limit));
    draft.push(Change::TaskOpened { task: id, at, due });
    match task.kind {
        StepKind::Payment => raise_bill(draft, &task, at),
        StepKind::Delivery if draft.case.delivery == Delivery::Electronic => {
            finish(draft, id, "电子送达");
            draft.document(DocumentKind::DeliveryReceipt, id, "电子送达");
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Done by the platform itself.
fn finish(draft: &mut Draft<'_>, task: i64, opinion: &str) {
    draft.push(Change::TaskDone {
        task,
        by: 0,
        name: "系统".into(),
        finding: Finding::Pass,
        opinion: opinion.into(),
        at: draft.env.now,
    });
}

fn raise_bill(draft: &mut Draft<'_>, task: &Task, at: Instant) -> Result<(), Refusal> {
    let items = (draft.env.fees)(&task.step)?;
    let total: i64 = items.iter().map(|i| i.fen).sum();
    if total == 0 {
        finish(draft, task.id, "无需缴费");
        return Ok(());
    }
    debug_assert!(task.owner == Owner::Applicant, "only applicants pay");
    draft.push(Change::BillRaised(Bill {
        id: (draft.env.new_id)(),
        task_id: task.id,
        items,
        total,
        state: BillState::Due,
        raised_at: at,
        paid_at: None,
        receipt: String::new(),
    }));
    draft.document(DocumentKind::PaymentNotice, task.id, "");
    Ok(())
}

fn void_bill(draft: &mut Draft<'_>, task: i64) {
    let due = |b: &&Bill| b.task_id == task && b.state == BillState::Due;
    if let Some(bill) = draft.case.bills.iter().find(due).map(|b| b.id) {
        draft.push(Change::BillVoid { bill });
    }
}

/// Whatever was paid goes back; whatever was not is void.
pub(super) fn give_back(draft: &mut Draft<'_>) {
    let bills: Vec<(i64, BillState)> = draft.case.bills.iter().map(|b| (b.id, b.state)).collect();
    for (bill, state) in bills {
        match state {
            BillState::Due => draft.push(Change::BillVoid { bill }),
            BillState::Paid => draft.push(Change::BillRefunding { bill }),
            BillState::Void | BillState::Refunding | BillState::Refunded => {}
        }
    }
}

/// Paying twice is one payment; paying a bill that became void gives the money back.
pub(super) fn pay(draft: &mut Draft<'_>, id: i64, receipt: &str) -> Result<(), Refusal> {
    let bill = draft.case.bills.iter().find(|b| b.id == id);
    let bill = bill.ok_or(Refusal::NoSuchBill)?.clone();
    let (at, receipt) = (draft.env.now, receipt.to_string());
    match bill.state {
        BillState::Paid | BillState::Refunding | BillState::Refunded => return Ok(()),
        BillState::Void => {
            draft.push(Change::BillPaid { bill: id, at, receipt });
            draft.push(Change::BillRefunding { bill: id });
            return Ok(());
        }
        BillState::Due => draft.push(Change::BillPaid { bill: id, at, receipt }),
    }
    finish(draft, bill.task_id, "已缴费");
    advance(draft)
}

pub(super) fn refunded(draft: &mut Draft<'_>, id: i64) -> Result<(), Refusal> {
    let bill = draft.case.bills.iter().find(|b| b.id == id);
    match bill.ok_or(Refusal::NoSuchBill)?.state {
        BillState::Refunding => draft.push(Change::BillRefunded { bill: id }),
        BillState::Refunded => {}
        BillState::Due | BillState::Paid | BillState::Void => return Err(Refusal::NoSuchBill),
    }
    Ok(())
}

pub(super) fn withdraw(draft: &mut Draft<'_>, reason: &str) -> Result<(), Refusal> {
    let allowed = [CaseState::Draft, CaseState::Submitted, CaseState::Correcting, CaseState::InReview];
    draft.expect(&allowed, "撤回")?;
    let reason = match draft.case.state {
        CaseState::Draft => reason.trim(),
        _ => require(reason, "撤回的原因")?,
    };
    end_early(draft, CaseState::Withdrawn, reason);
    Ok(())
}

pub(super) fn void(draft: &mut Draft<'_>, reason: &str) -> Result<(), Refusal> {
    let allowed = [CaseState::Submitted, CaseState::Correcting, CaseState::InReview];
    draft.expect(&allowed, "作废")?;
    if !draft.by.heads {
        return Err(Refusal::HeadsOnly("作废办件"));
    }
    let reason = stated(reason, "作废的理由和依据")?;
    end_early(draft, CaseState::Voided, reason);
    Ok(())
}

fn end_early(draft: &mut Draft<'_>, state: CaseState, reason: &str) {
    let at = draft.env.now;
    let stops: Vec<i64> = draft.case.stops.iter().filter(|s| s.to.is_none()).map(|s| s.id).collect();
    for stop in stops {
        let (ended, outcome) = (draft.stop_end(stop), state.zh().to_string());
        draft.push(Change::ClockResumed { stop, at: ended, outcome });
    }
    give_back(draft);
    let tasks: Vec<(i64, TaskState)> = draft.case.tasks.iter().map(|t| (t.id, t.state)).collect();
    for (task, state) in tasks {
        match state {
            TaskState::Waiting => draft.push(Change::TaskSkipped { task, at }),
            state if state.is_live() => draft.push(Change::TaskCancelled { task, at }),
            _ => {}
        }
    }
    draft.push(Change::State(state));
    draft.push(Change::Closed { at });
    draft.push(Change::EndedBecause { reason: reason.into() });
}
