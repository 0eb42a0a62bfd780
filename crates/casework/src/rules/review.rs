//! Work on tasks: claim, release, hand over, decide, return to the window, special procedures, extension.

use super::{Change, Draft, Refusal, advance, require, stated};
use crate::model::{
    CaseState, ClockStop, DocumentKind, Extension, ExtensionState, Finding, Outcome, TakeBack, Task,
    TaskState, is_decision,
};
use yimen_catalogue::model::StepKind;

const AT_WORK: &[CaseState] = &[CaseState::InReview, CaseState::Decided];

pub(super) fn claim(draft: &mut Draft<'_>, id: i64) -> Result<(), Refusal> {
    draft.expect(AT_WORK, "领取任务")?;
    let task = draft.task(id)?;
    match task.state {
        TaskState::Open => {}
        TaskState::Claimed if task.assignee == Some(draft.by.account) => return Ok(()),
        TaskState::Claimed => return Err(Refusal::TakenBy(task.assignee_name.clone())),
        state => return Err(not_now(task, state, "领取")),
    }
    if task.kind == StepKind::Payment {
        return Err(Refusal::NoSuchTask);
    }
    let (by, name) = (draft.by.account, draft.by.name.to_string());
    draft.push(Change::TaskClaimed { task: id, by, name });
    Ok(())
}

pub(super) fn release(draft: &mut Draft<'_>, id: i64, why: Option<TakeBack>) -> Result<(), Refusal> {
    draft.expect(AT_WORK, "退回待领")?;
    held(draft, id, "退回待领")?;
    if draft.task(id)?.assignee != Some(draft.by.account) && why.is_none() {
        return Err(Refusal::Missing("收回的理由"));
    }
    draft.push(Change::TaskReleased { task: id });
    Ok(())
}

pub(super) fn hand_over(draft: &mut Draft<'_>, id: i64, to: i64, to_name: &str) -> Result<(), Refusal> {
    draft.expect(AT_WORK, "转办")?;
    held(draft, id, "转办")?;
    let name = to_name.to_string();
    draft.push(Change::TaskClaimed { task: id, by: to, name });
    Ok(())
}

/// The task is claimed, by the one who acts or under their department's head.
fn held(draft: &Draft<'_>, id: i64, wanted: &'static str) -> Result<(), Refusal> {
    let task = draft.task(id)?;
    match task.state {
        TaskState::Claimed if task.assignee == Some(draft.by.account) || draft.by.heads => Ok(()),
        TaskState::Claimed => Err(Refusal::TakenBy(task.assignee_name.clone())),
        state => Err(not_now(task, state, wanted)),
    }
}

fn not_now(task: &Task, state: TaskState, wanted: &'static str) -> Refusal {
    match state {
        TaskState::Done => Refusal::DoneBy(task.assignee_name.clone()),
        _ => Refusal::TaskState { state, wanted },
    }
}

/// Concludes a task. Claims it on the way, so that one click is enough; never takes it from someone else.
pub(super) fn decide(draft: &mut Draft<'_>, id: i64, finding: Finding, opinion: &str) -> Result<(), Refusal> {
    draft.expect(AT_WORK, "作出结论")?;
    workable(draft, id, "作出结论")?;
    let task = draft.task(id)?.clone();
    if task.kind == StepKind::Payment {
        return Err(Refusal::NoSuchTask);
    }
    if draft.case.stops.iter().any(|s| s.to.is_none()) && super::super::model::is_decision(task.kind)
        || draft.case.stops.iter().any(|s| s.to.is_none() && s.task_id == id)
    {
        return Err(Refusal::ClockStopped);
    }
    let opinion = match finding {
        Finding::Fail if is_decision(task.kind) => stated(opinion, "不予的理由和依据")?,
        Finding::Fail => require(opinion, "不通过的理由和依据")?,
        Finding::Pass => opinion.trim(),
    };
    if finding == Finding::Fail && matches!(task.kind, StepKind::Issue | StepKind::Delivery) {
        return Err(Refusal::TaskState { state: task.state, wanted: "作不通过结论" });
    }
    if is_decision(task.kind) && finding == Finding::Pass && draft.case.has_failed_review() {
        return Err(Refusal::ReviewFailed);
    }
    let at = draft.env.now;
    draft.push(Change::TaskDone {
        task: id,
        by: draft.by.account,
        name: draft.by.name.to_string(),
        finding,
        opinion: opinion.to_string(),
        at,
    });
    match task.kind {
        StepKind::Decision | StepKind::Registration => conclude(draft, id, finding, opinion),
        StepKind::Issue => draft.push(Change::ResultMade { task: id }),
        StepKind::Delivery => draft.document(DocumentKind::DeliveryReceipt, id, opinion),
        StepKind::Review | StepKind::Payment => {}
    }
    advance::advance(draft)
}

/// The decision itself: the case is granted or denied, and its clock has run its course.
fn conclude(draft: &mut Draft<'_>, task: i64, finding: Finding, opinion: &str) {
    let outcome = match finding {
        Finding::Pass => Outcome::Granted,
        Finding::Fail => Outcome::Denied,
    };
    let at = draft.env.now;
    draft.push(Change::Decided { outcome, at });
    draft.push(Change::State(CaseState::Decided));
    let kind = match outcome {
        Outcome::Granted => DocumentKind::Grant,
        Outcome::Denied => DocumentKind::Denial,
    };
    draft.document(kind, task, opinion);
    if outcome == Outcome::Denied {
        advance::give_back(draft);
    } else if !draft.case.tasks.iter().any(|t| t.kind == StepKind::Issue) {
        draft.push(Change::ResultMade { task });
    }
}

/// Open, or claimed by the one who acts.
fn workable(draft: &Draft<'_>, id: i64, wanted: &'static str) -> Result<(), Refusal> {
    let task = draft.task(id)?;
    match task.state {
        TaskState::Open => Ok(()),
        TaskState::Claimed if task.assignee == Some(draft.by.account) => Ok(()),
        TaskState::Claimed => Err(Refusal::TakenBy(task.assignee_name.clone())),
        state => Err(not_now(task, state, wanted)),
    }
}

pub(super) fn return_to_window(draft: &mut Draft<'_>, id: i64, note: &str) -> Result<(), Refusal> {
    draft.expect(&[CaseState::InReview], "退回窗口")?;
    workable(draft, id, "退回窗口")?;
    if draft.task(id)?.kind == StepKind::Payment {
        return Err(Refusal::NoSuchTask);
    }
    let note = require(note, "需要窗口补充或核实的内容")?.to_string();
    // Whoever returns it keeps it: the answer comes back to the one who asked.
    let (by, name) = (draft.by.account, draft.by.name.to_string());
    draft.push(Change::TaskClaimed { task: id, by, name });
    draft.push(Change::TaskReturned { task: id, note });
    Ok(())
}

pub(super) fn answer_return(draft: &mut Draft<'_>, id: i64, note: &str) -> Result<(), Refusal> {
    draft.expect(&[CaseState::InReview], "答复审查部门")?;
    let task = draft.task(id)?.clone();
    if task.state != TaskState::Returned {
        return Err(not_now(&task, task.state, "答复"));
    }
    let answer = require(note, "答复内容")?;
    let note = format!("{}\n窗口答复：{answer}", task.note);
    let (by, name) = (task.assignee.unwrap_or_default(), task.assignee_name.clone());
    draft.push(Change::TaskReturned { task: id, note });
    draft.push(Change::TaskClaimed { task: id, by, name });
    Ok(())
}

pub(super) fn start_special(
    draft: &mut Draft<'_>,
    id: i64,
    special: &str,
    reason: &str,
) -> Result<(), Refusal> {
    draft.expect(&[CaseState::InReview], "启动特别程序")?;
    workable(draft, id, "启动特别程序")?;
    let reason = require(reason, "启动特别程序的理由和依据")?.to_string();
    let task = draft.task(id)?.clone();
    let service = draft.env.service;
    let step = service.steps.iter().find(|s| s.id == task.step);
    if !step.is_some_and(|s| s.specials.iter().any(|s| s == special)) {
        return Err(Refusal::NoSuchSpecial);
    }
    let spec = service.specials.iter().find(|s| s.id == special);
    let spec = spec.ok_or(Refusal::NoSuchSpecial)?;
    if draft.case.stops.iter().any(|s| s.to.is_none() && s.task_id == id) {
        return Err(Refusal::ClockStopped);
    }
    if task.state == TaskState::Open {
        claim(draft, id)?;
    }
    let from = draft.env.now;
    let planned_to = Some(draft.fixed_due(from, spec.limit)?);
    draft.push(Change::ClockStopped(ClockStop {
        id: (draft.env.new_id)(),
        task_id: id,
        special: spec.id.clone(),
        name: spec.name.clone(),
        reason: reason.clone(),
        from,
        planned_to,
        to: None,
        resets: spec.resets,
        outcome: String::new(),
    }));
    draft.recompute_dues();
    draft.document(DocumentKind::Special, id, &reason);
    Ok(())
}

pub(super) fn end_special(draft: &mut Draft<'_>, stop: i64, outcome: &str) -> Result<(), Refusal> {
    draft.expect(&[CaseState::InReview], "结束特别程序")?;
    let open = draft.case.stops.iter().find(|s| s.id == stop && s.to.is_none());
    let task = open.ok_or(Refusal::NoSuchStop)?.task_id;
    let task = draft.task(task)?;
    if task.assignee != Some(draft.by.account) && !draft.by.heads {
        return Err(Refusal::TakenBy(task.assignee_name.clone()));
    }
    let outcome = require(outcome, "特别程序的结果")?.to_string();
    resume(draft, stop, outcome);
    Ok(())
}

fn resume(draft: &mut Draft<'_>, stop: i64, outcome: String) {
    let at = draft.stop_end(stop);
    draft.push(Change::ClockResumed { stop, at, outcome });
    draft.recompute_dues();
}

/// A special procedure has a limit of its own; when that is over the clock goes on by itself.
pub(super) fn end_overdue_specials(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let now = draft.env.now;
    let over = |s: &&ClockStop| s.to.is_none() && s.planned_to.is_some_and(|end| now > end);
    let over: Vec<i64> = draft.case.stops.iter().filter(over).map(|s| s.id).collect();
    for stop in over {
        resume(draft, stop, "期限届满，自动恢复计时".into());
    }
    Ok(())
}

pub(super) fn ask_extension(draft: &mut Draft<'_>, reason: &str) -> Result<(), Refusal> {
    draft.expect(&[CaseState::InReview], "申请延期")?;
    let allowed = draft.env.service.limits.extension.as_ref();
    let by = allowed.ok_or(Refusal::NoExtension)?.by;
    // The law lets the head decide on it once, whatever the answer was.
    if let Some(earlier) = &draft.case.extension {
        return Err(Refusal::ExtensionOnce(earlier.state));
    }
    let reason = require(reason, "延期的理由")?.to_string();
    in_time_to_extend(draft)?;
    draft.push(Change::ExtensionAsked(Extension {
        id: (draft.env.new_id)(),
        state: ExtensionState::Requested,
        reason,
        by,
        requested_by: draft.by.account,
        requested_at: draft.env.now,
        answered_by: 0,
        answered_at: None,
    }));
    Ok(())
}

/// A limit that has run out cannot be lengthened any more (行政许可法第四十二条).
fn in_time_to_extend(draft: &Draft<'_>) -> Result<(), Refusal> {
    match draft.case.can_be_extended_at(draft.env.now) {
        true => Ok(()),
        false => Err(Refusal::TooLateToExtend),
    }
}

pub(super) fn answer_extension(draft: &mut Draft<'_>, approve: bool) -> Result<(), Refusal> {
    draft.expect(&[CaseState::InReview], "批准延期")?;
    let asked = draft.case.extension.clone();
    let asked = asked.filter(|e| e.state == ExtensionState::Requested);
    let asked = asked.ok_or(Refusal::NoExtensionAsked)?;
    if !draft.by.heads {
        return Err(Refusal::HeadsOnly("批准延期"));
    }
    if asked.requested_by == draft.by.account {
        return Err(Refusal::OwnExtension);
    }
    if approve {
        in_time_to_extend(draft)?;
    }
    let (by, at) = (draft.by.account, draft.env.now);
    let approved = approve;
    draft.push(Change::ExtensionAnswered { approved, by, at });
    if approve {
        draft.recompute_dues();
        draft.document(DocumentKind::Extension, 0, &asked.reason);
    }
    Ok(())
}
