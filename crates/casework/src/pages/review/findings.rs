//! What each department found: its conclusion, its opinion, and what it recorded, side by side.

use yimen_catalogue::model::StepKind;
use yimen_catalogue::{Catalogue, Facts, Version};
use yimen_web::{StatusTag, Tone};

use crate::model::{Case, Finding, Task, TaskState, is_decision};
use crate::pages::words::{never_begun, owner_words};

/// One step of one department.
pub(crate) struct FindingCard {
    pub department: String,
    pub step: String,
    pub tag: StatusTag,
    pub failed: bool,
    pub opinion: String,
    /// 王敏，2026年11月25日 10:20
    pub by: String,
    /// (label, value) of what the officer recorded.
    pub records: Vec<(String, String)>,
    /// Question to the window and its answer.
    pub note: String,
}

/// The conclusion in the words of its step.
pub(crate) fn finding_zh(kind: StepKind, finding: Finding) -> &'static str {
    match (is_decision(kind), finding, kind) {
        (true, Finding::Pass, _) => "准予",
        (true, Finding::Fail, _) => "不予",
        (_, _, StepKind::Payment) => "已缴",
        (_, _, StepKind::Issue | StepKind::Delivery) => "已完成",
        (_, Finding::Pass, _) => "通过",
        (_, Finding::Fail, _) => "不通过",
    }
}

/// The state in words; what an applicant has to pay is nobody's to claim.
pub(crate) fn live_zh(task: &Task) -> &'static str {
    match (task.state, task.kind) {
        (TaskState::Open, StepKind::Payment) => "待缴费",
        (state, _) => state.zh(),
    }
}

pub(crate) fn task_tag(case: &Case, task: &Task) -> StatusTag {
    match (task.state, task.finding) {
        (TaskState::Done, Some(Finding::Fail)) => {
            StatusTag::new(finding_zh(task.kind, Finding::Fail), Tone::Problem)
        }
        (TaskState::Done, finding) => {
            StatusTag::new(finding_zh(task.kind, finding.unwrap_or(Finding::Pass)), Tone::Done)
        }
        (TaskState::Returned, _) => StatusTag::new(task.state.zh(), Tone::Warn),
        (TaskState::Claimed, _) => StatusTag::new(task.state.zh(), Tone::Active),
        (TaskState::Open, _) => StatusTag::new(live_zh(task), Tone::Info),
        _ if never_begun(case, task) => StatusTag::new("没有进行", Tone::Neutral),
        (state, _) => StatusTag::new(state.zh(), Tone::Neutral),
    }
}

/// The reviews and decisions of a case, except the task whose page it is.
pub(super) fn findings(
    catalogue: &Catalogue,
    version: &Version,
    case: &Case,
    facts: &Facts,
    except: Option<i64>,
    ended_by: &str,
) -> Vec<FindingCard> {
    let shown = |t: &&Task| (t.kind == StepKind::Review || is_decision(t.kind)) && Some(t.id) != except;
    case.tasks
        .iter()
        .filter(shown)
        .map(|task| card(catalogue, version, case, task, facts, ended_by))
        .collect()
}

fn card(
    catalogue: &Catalogue,
    version: &Version,
    case: &Case,
    task: &Task,
    facts: &Facts,
    ended_by: &str,
) -> FindingCard {
    let by = match task.done_at {
        // Whoever it lay with did not cancel it.
        Some(at) if task.state == TaskState::Cancelled => match ended_by {
            "" => at.zh(),
            name => format!("{name}，{}", at.zh()),
        },
        Some(at) if task.state == TaskState::Done => format!("{}，{}", task.assignee_name, at.zh()),
        _ => task.assignee_name.clone(),
    };
    FindingCard {
        department: owner_words(catalogue, &task.owner),
        step: task.name.clone(),
        tag: task_tag(case, task),
        failed: task.finding == Some(Finding::Fail),
        opinion: task.opinion.clone(),
        by,
        records: match task.state {
            TaskState::Done => records(version, &task.step, facts),
            _ => Vec::new(),
        },
        note: task.note.clone(),
    }
}

/// What the officer of a step recorded, as people read it.
pub(crate) fn records(version: &Version, step: &str, facts: &Facts) -> Vec<(String, String)> {
    let known = |f: &&yimen_catalogue::model::Field| facts.contains_key(&f.id);
    let fields = version.step(step).map(|s| s.records.as_slice()).unwrap_or_default();
    fields.iter().filter(known).map(|f| (f.label.clone(), version.text_of(&f.id, facts))).collect()
}
