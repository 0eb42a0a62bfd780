//! What happened to a case, one line an act, from the journal.

use yimen_catalogue::Catalogue;
use yimen_platform::journal::Entry;

use super::findings::finding_zh;
use crate::model::{Case, Finding, TakeBack, UnmaskReason};
use crate::pages::act_words;

/// One line: when, who, what.
pub(crate) struct HistoryLine {
    pub at: String,
    pub who: String,
    pub what: String,
}

/// Saving drafts and filing papers before submission says nothing to those who review.
const CHATTER: &[&str] = &["case.answered", "case.way_chosen", "material.removed", "material.original_seen"];

pub(super) fn history(catalogue: &Catalogue, case: &Case, entries: &[Entry]) -> Vec<HistoryLine> {
    let submitted = case.submitted_at.unwrap_or(case.created_at);
    let before = |e: &Entry| e.verb == "material.added" && e.at <= submitted;
    // That applicants read what they typed is nobody's business.
    let own = |e: &Entry| e.verb == "case.unmasked" && e.actor_kind == "citizen";
    let told = |e: &&Entry| !(before(e) || own(e) || CHATTER.contains(&e.verb.as_str()));
    let mut lines: Vec<HistoryLine> = entries.iter().filter(told).map(|e| line(catalogue, case, e)).collect();
    lines.reverse();
    lines
}

/// Who ended the case before its time: its tasks were taken from whom they lay with, not done by them.
pub(super) fn ended_by(catalogue: &Catalogue, entries: &[Entry]) -> String {
    let ends = |e: &&Entry| matches!(e.verb.as_str(), "case.voided" | "case.withdrawn");
    entries.iter().rfind(ends).map(|entry| who(catalogue, entry)).unwrap_or_default()
}

fn line(catalogue: &Catalogue, case: &Case, entry: &Entry) -> HistoryLine {
    HistoryLine { at: entry.at.zh(), who: who(catalogue, entry), what: what(case, entry) }
}

fn who(catalogue: &Catalogue, entry: &Entry) -> String {
    match entry.actor_kind.as_str() {
        "citizen" => "申请人".to_string(),
        "system" => format!("系统（{}）", entry.actor_name),
        _ if !entry.department.is_empty() => {
            format!("{} {}", catalogue.department_short(&entry.department), entry.actor_name)
        }
        _ if !entry.office.is_empty() => {
            format!("{} {}", catalogue.office_name(&entry.office), entry.actor_name)
        }
        _ => entry.actor_name.clone(),
    }
}

fn what(case: &Case, entry: &Entry) -> String {
    let task = case.task(entry.task_id);
    let on = |words: &str| match task {
        Some(task) => format!("{words}“{}”", task.name),
        None => words.to_string(),
    };
    match entry.verb.as_str() {
        "case.withdrawn" => because(&act_words("case.withdrawn"), case),
        "case.voided" => because(&act_words("case.voided"), case),
        "case.ticked" => ticked(entry),
        "case.unmasked" => match unmasked(entry) {
            Some(why) => format!("{}：{}", act_words("case.unmasked"), why.zh()),
            None => act_words("case.unmasked"),
        },
        "task.claimed" => on("领取"),
        "task.released" => match taken_back(entry) {
            Some(why) => format!("{}：{}", on("收回"), why.zh()),
            None => on("退回待领"),
        },
        "task.handed_over" => on("转办"),
        "task.decided" => match task.and_then(|t| Some((t, found(entry, &t.step)?))) {
            Some((task, finding)) => format!("{}：{}", on("办完"), finding_zh(task.kind, finding)),
            None => on("办完"),
        },
        "task.returned" => on("退回窗口，询问"),
        "task.answered" => on("答复"),
        "special.started" => format!("{}，时限暂停", on("启动特别程序：")),
        "extension.answered" if letters(entry).any(|kind| kind == "extension") => "批准延长办理期限".into(),
        "extension.answered" => "没有批准延长办理期限".into(),
        other => act_words(other),
    }
}

/// The letters that went out with an act: an extension that was granted is told by letter.
fn letters(entry: &Entry) -> impl Iterator<Item = String> {
    let body = entry.body();
    let kinds = body.get("documents").and_then(|d| d.as_array()).cloned().unwrap_or_default();
    kinds.into_iter().filter_map(|kind| kind.as_str().map(str::to_string))
}

/// Why a head took the task from whom it lay with.
fn taken_back(entry: &Entry) -> Option<TakeBack> {
    TakeBack::parse(entry.body().get("why")?.as_str()?)
}

fn unmasked(entry: &Entry) -> Option<UnmaskReason> {
    UnmaskReason::parse(entry.body().get("reason")?.as_str()?)
}

/// A case ends once: the reason is the case's.
fn because(words: &str, case: &Case) -> String {
    match case.ended_because.as_str() {
        "" => words.into(),
        reason => format!("{words}：{reason}"),
    }
}

/// What a task was found to be at that moment, as the entry says.
fn found(entry: &Entry, step: &str) -> Option<Finding> {
    let body = entry.body();
    let note =
        body.get("tasks")?.as_array()?.iter().find(|t| t.get("step").is_some_and(|s| s == step))?.clone();
    Finding::parse(note.get("finding")?.as_str()?)
}

fn ticked(entry: &Entry) -> String {
    let body = entry.body();
    let to = body.get("to").and_then(|v| v.as_str()).unwrap_or_default();
    match to {
        "in_review" if body.get("from").is_some_and(|v| v == "submitted") => {
            "五个工作日期满，依法视为受理".into()
        }
        "lapsed" => "补正期限届满未补正，办件终止".into(),
        _ => "特别程序期限届满，时限继续计算".into(),
    }
}
