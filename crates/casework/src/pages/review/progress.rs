//! The departments side by side, each with its steps and how they stand.

use yimen_catalogue::Catalogue;
use yimen_standards::time::Instant;
use yimen_web::{Lane, LaneStep, Timeline};

use super::findings::{finding_zh, live_zh};
use crate::model::{Case, Finding, Owner, Task, TaskState};
use crate::pages::words::{moment, never_begun, owner_words, task_step_state};

/// `ended_by` is who withdrew or voided the case.
pub(super) fn timeline(catalogue: &Catalogue, case: &Case, ended_by: &str, now: Instant) -> Timeline {
    let mut owners: Vec<&Owner> = Vec::new();
    for task in &case.tasks {
        if !owners.contains(&&task.owner) {
            owners.push(&task.owner);
        }
    }
    let lane = |owner: &Owner| {
        let tasks = case.tasks.iter().filter(|t| t.owner == *owner);
        tasks.fold(Lane::new(owner_words(catalogue, owner)), |lane, task| {
            lane.step(step(case, task, ended_by, now))
        })
    };
    owners
        .into_iter()
        .fold(Timeline::new("各部门办理进度"), |timeline, owner| timeline.lane(lane(owner)))
}

fn step(case: &Case, task: &Task, ended_by: &str, now: Instant) -> LaneStep {
    let stop = case.stops.iter().find(|s| s.to.is_none() && s.task_id == task.id);
    let word = match (task.state, task.finding) {
        (TaskState::Done, Some(finding)) => finding_zh(task.kind, finding),
        _ if never_begun(case, task) => "没有进行",
        _ => live_zh(task),
    };
    let times = match (task.done_at, task.due_at, task.state) {
        (Some(at), _, TaskState::Cancelled) => format!("{} {ended_by}", moment(at, now)),
        (Some(done), ..) => format!("{} {}", moment(done, now), task.assignee_name),
        (_, Some(due), state) if state.is_live() => format!("{} 前 {}", moment(due, now), task.assignee_name),
        _ => task.assignee_name.clone(),
    };
    let reason = match (stop, task.state) {
        (Some(stop), _) => format!("特别程序：{}", stop.name),
        (None, TaskState::Returned) => {
            format!("等窗口答复：{}", task.note.lines().last().unwrap_or_default())
        }
        _ if task.finding == Some(Finding::Fail) => task.opinion.clone(),
        _ => String::new(),
    };
    let late = task.state.is_live() && task.due_at.is_some_and(|due| due < now);
    let step =
        LaneStep::new(&task.name, task_step_state(case, task)).word(word).times(times.trim()).reason(reason);
    if late { step.late() } else { step }
}
