//! Departments side by side, as the applicant may see them: states, times and reasons, no officer's name, no opinion.

use std::collections::BTreeMap;

use yimen_catalogue::Catalogue;
use yimen_catalogue::model::StepKind;
use yimen_standards::time::Instant;
use yimen_web::{Lane, LaneStep, StepState, Timeline};

use super::words::span;
use super::{moment, owner_words, task_step_state};
use crate::model::{Case, CaseState, Owner, Task, TaskState};

/// The lanes of a case, from handing in to handing over.
pub fn timeline(catalogue: &Catalogue, case: &Case, now: Instant) -> Timeline {
    let mut lanes = vec![window_lane(catalogue, case, now)];
    for (owner, tasks) in by_owner(case) {
        let name = if *owner == Owner::Applicant {
            "您（申请人）".into()
        } else {
            owner_words(catalogue, owner)
        };
        let lane = Lane::new(name);
        lanes.push(tasks.into_iter().fold(lane, |lane, task| lane.step(task_step(case, task, now))));
    }
    lanes.into_iter().fold(Timeline::new("各部门办理进度"), Timeline::lane)
}

/// Tasks of each department and of the applicant, in the order in which their owners first come up.
fn by_owner(case: &Case) -> Vec<(&Owner, Vec<&Task>)> {
    let mut lanes: Vec<(&Owner, Vec<&Task>)> = Vec::new();
    for task in case.tasks.iter().filter(|t| !matches!(t.owner, Owner::Office(_))) {
        match lanes.iter_mut().find(|(owner, _)| **owner == task.owner) {
            Some((_, tasks)) => tasks.push(task),
            None => lanes.push((&task.owner, vec![task])),
        }
    }
    lanes
}

/// What the window does: takes in, checks, and hands over.
fn window_lane(catalogue: &Catalogue, case: &Case, now: Instant) -> Lane {
    let lane = Lane::new("综合窗口").note(catalogue.office_name(&case.office).to_string());
    let lane = match case.submitted_at {
        Some(at) => lane.step(LaneStep::new("收件", StepState::Done).times(moment(at, now))),
        None => lane.step(LaneStep::new("收件", StepState::Waiting)),
    };
    let lane = lane.step(precheck_step(case, now));
    let own = case.tasks.iter().filter(|t| matches!(t.owner, Owner::Office(_)));
    own.fold(lane, |lane, task| lane.step(task_step(case, task, now)))
}

fn precheck_step(case: &Case, now: Instant) -> LaneStep {
    let step = |state| LaneStep::new("预审受理", state);
    match (case.state, case.accepted_at) {
        (_, Some(at)) if case.deemed => step(StepState::Done).word("视为受理").times(moment(at, now)),
        (_, Some(at)) => step(StepState::Done).word("已受理").times(moment(at, now)),
        (CaseState::Submitted, _) => {
            let until = case.precheck_due.map(|at| format!("{} 前答复", moment(at, now)));
            let late = case.precheck_due.is_some_and(|at| at < now);
            let step = step(StepState::Active).times(until.unwrap_or_default());
            if late { step.late() } else { step }
        }
        (CaseState::Correcting, _) => step(StepState::Stuck).word("等您补正"),
        (CaseState::NotAccepted, _) => step(StepState::Refused).word("不予受理"),
        (CaseState::Lapsed, _) => step(StepState::Ended).word("已告知补正，到期没有补正"),
        _ => step(StepState::Ended).word("没有进行"),
    }
}

fn task_step(case: &Case, task: &Task, now: Instant) -> LaneStep {
    let state = shown_state(case, task);
    let step = LaneStep::new(&task.name, state).times(times(case, task, now));
    let step = match word(case, task, state) {
        Some(word) => step.word(word),
        None => step,
    };
    let step = match reason(case, task, now) {
        Some(reason) => step.reason(reason),
        None => step,
    };
    let late =
        task.state.is_live() && case.stopped_since.is_none() && task.due_at.is_some_and(|due| due < now);
    if late { step.late() } else { step }
}

/// One department's view is no decision: it is shown as done until the case is decided.
fn shown_state(case: &Case, task: &Task) -> StepState {
    match task_step_state(case, task) {
        StepState::Waiting if task.kind == StepKind::Payment && task.state == TaskState::Open => {
            StepState::Active
        }
        StepState::Refused if case.outcome.is_none() => StepState::Done,
        state => state,
    }
}

fn word(case: &Case, task: &Task, state: StepState) -> Option<&'static str> {
    match (task.state, task.kind) {
        (TaskState::Open, StepKind::Payment) => Some("待缴费"),
        (TaskState::Done, StepKind::Payment) => Some("已缴费"),
        (TaskState::Waiting, _) => Some("未开始"),
        (TaskState::Open, _) if state == StepState::Waiting => Some("未处理"),
        (TaskState::Skipped, _) if state == StepState::Ended => Some("没有进行"),
        (TaskState::Cancelled, _) if case.state.is_final() => Some("已终止"),
        _ => None,
    }
}

fn times(case: &Case, task: &Task, now: Instant) -> String {
    match (task.state, task.opened_at, task.done_at) {
        (TaskState::Done, Some(from), Some(to)) => span(from, to, now),
        (TaskState::Waiting, ..) => waits_for(case, task),
        (state, Some(from), _) if state.is_live() => match task.due_at {
            Some(due) => format!("{} 开始，限 {} 前", moment(from, now), moment(due, now)),
            None => format!("{} 开始", moment(from, now)),
        },
        _ => String::new(),
    }
}

fn waits_for(case: &Case, task: &Task) -> String {
    let names: BTreeMap<&str, &Task> = case.tasks.iter().map(|t| (t.step.as_str(), t)).collect();
    let open = task.after.iter().filter_map(|step| names.get(step.as_str())).filter(|t| !t.state.is_over());
    let open: Vec<&str> = open.map(|t| t.name.as_str()).collect();
    if open.is_empty() { String::new() } else { format!("{}之后", open.join("、")) }
}

fn reason(case: &Case, task: &Task, now: Instant) -> Option<String> {
    if let Some(stop) = case.stops.iter().find(|s| s.task_id == task.id && s.to.is_none()) {
        let until =
            stop.planned_to.map(|at| format!("，预计 {} 前结束", moment(at, now))).unwrap_or_default();
        let why = crate::pages::sentence(stop.reason.trim().to_string());
        return Some(format!("{}：{why}{} 起时限暂停{until}", stop.name, moment(stop.from, now)));
    }
    (task.state == TaskState::Returned).then(|| "部门请窗口核实情况，需要您配合时窗口会联系您".into())
}
