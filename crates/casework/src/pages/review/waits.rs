//! Who waits for whom: what a task holds up, and what a task that has not opened is waiting for.

use yimen_catalogue::Catalogue;

use crate::model::{Owner, TaskState, is_before_decision, is_decision};
use crate::pages::words::owner_words;
use crate::store::inbox::{InboxTask, Unfinished};
use crate::store::task::parse_kind;

/// More than so many are counted, not named.
const NAMED: usize = 3;

/// What a row says about others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waits {
    /// 登簿（不动产登记）、缴纳税费（申请人）: cannot begin before this task is done.
    pub holds_up: String,
    /// 核税（税务，办理中）: must be done before this task begins.
    pub for_others: Vec<String>,
    /// Everything else before the decision is done.
    pub is_last: bool,
}

/// Looks through what is not over in the task's case; `unfinished` may hold other cases too.
pub fn waits(catalogue: &Catalogue, task: &InboxTask, unfinished: &[Unfinished]) -> Waits {
    let others: Vec<&Unfinished> =
        unfinished.iter().filter(|u| u.case_id == task.case_id && u.id != task.id).collect();
    let own_kind = parse_kind(&task.kind);
    let before = own_kind.is_some_and(is_before_decision);
    let held: Vec<String> = others
        .iter()
        .filter(|u| u.state == TaskState::Waiting.code() && comes_after(u, &task.step, before))
        .map(|u| format!("{}（{}）", u.name, who(catalogue, &u.owner)))
        .collect();
    let own = unfinished.iter().find(|u| u.id == task.id);
    let awaited = match own {
        Some(own) if task.state == TaskState::Waiting.code() => others
            .iter()
            .filter(|u| comes_after(own, &u.step, is_early(u)))
            .map(|u| stands(catalogue, u))
            .collect(),
        _ => Vec::new(),
    };
    let is_last = before && !held.is_empty() && !others.iter().any(|u| is_early(u));
    Waits { holds_up: named(&held), for_others: awaited, is_last }
}

/// Whether `later` waits for a step, which stands before the decision or not.
fn comes_after(later: &Unfinished, step: &str, before_decision: bool) -> bool {
    let ordered = later.after_steps.split(' ').any(|s| s == step);
    ordered || (before_decision && parse_kind(&later.kind).is_some_and(is_decision))
}

fn is_early(one: &Unfinished) -> bool {
    parse_kind(&one.kind).is_some_and(is_before_decision)
}

/// 核税（税务，办理中 王敏）
fn stands(catalogue: &Catalogue, one: &Unfinished) -> String {
    let state = TaskState::parse(&one.state).map_or("", TaskState::zh);
    let state = match Owner::parse(&one.owner) {
        Some(Owner::Applicant) if one.state == "open" => "待缴费",
        _ => state,
    };
    let holder = if one.assignee_name.is_empty() { String::new() } else { format!(" {}", one.assignee_name) };
    format!("{}（{}，{state}{holder}）", one.name, who(catalogue, &one.owner))
}

fn who(catalogue: &Catalogue, owner: &str) -> String {
    Owner::parse(owner).map_or_else(|| owner.to_string(), |owner| owner_words(catalogue, &owner))
}

fn named(all: &[String]) -> String {
    match all.len() {
        0..=NAMED => all.join("、"),
        n => format!("{}等 {n} 个环节", all[..NAMED].join("、")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unfinished(id: i64, step: &str, kind: &str, owner: &str, state: &str, after: &str) -> Unfinished {
        Unfinished {
            id,
            case_id: 1,
            step: step.into(),
            name: step.into(),
            kind: kind.into(),
            owner: owner.into(),
            state: state.into(),
            assignee_name: String::new(),
            after_steps: after.into(),
            due_at: None,
        }
    }

    fn task(id: i64, step: &str, kind: &str, state: &str) -> InboxTask {
        InboxTask {
            id,
            case_id: 1,
            number: String::new(),
            service: String::new(),
            version_id: 1,
            step: step.into(),
            name: step.into(),
            kind: kind.into(),
            state: state.into(),
            assignee: None,
            assignee_name: String::new(),
            opened_at: None,
            due_at: None,
            note: String::new(),
            applicant_name: String::new(),
            promised_due: None,
            stopped_since: None,
            stop_name: None,
            stop_until: None,
            accepted_at: None,
            running: 0,
            lead: String::new(),
        }
    }

    fn city() -> Vec<Unfinished> {
        vec![
            unfinished(1, "tax", "review", "dept:tax", "claimed", ""),
            unfinished(2, "pay", "payment", "applicant", "waiting", "tax"),
            unfinished(3, "register", "registration", "dept:land", "waiting", "tax pay"),
            unfinished(4, "deliver", "delivery", "office:hall", "waiting", "register"),
        ]
    }

    #[test]
    fn a_task_holds_up_what_comes_after_it_and_the_decision() {
        let waits = waits(&Catalogue::default(), &task(1, "tax", "review", "claimed"), &city());
        assert_eq!(waits.holds_up, "pay（申请人）、register（land）");
        assert!(!waits.is_last, "payment is still to come");
    }

    #[test]
    fn a_waiting_decision_names_everything_before_it() {
        let waits = waits(&Catalogue::default(), &task(3, "register", "registration", "waiting"), &city());
        assert_eq!(waits.for_others, ["tax（tax，办理中）", "pay（申请人，未开始）"]);
        assert_eq!(waits.holds_up, "deliver（综合窗口）");
    }

    #[test]
    fn the_last_review_is_told_so() {
        let left: Vec<Unfinished> = city().into_iter().filter(|u| u.id != 2).collect();
        assert!(waits(&Catalogue::default(), &task(1, "tax", "review", "open"), &left).is_last);
    }
}
