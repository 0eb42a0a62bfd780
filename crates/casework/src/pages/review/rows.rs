//! Tasks as rows of a list: what, whose, how urgent and why, who holds it, whom it holds up.

use yimen_catalogue::Catalogue;
use yimen_standards::time::Instant;
use yimen_web::Clock;

use super::people;
use super::urgency::Urgency;
use super::waits::{Waits, waits};
use crate::Casework;
use crate::model::TaskState;
use crate::pages::words::{grouped, inbox_clock, moment};
use crate::store::inbox::{Bounds, InboxTask, Unfinished};

/// One task as a row.
pub(crate) struct Line {
    pub id: i64,
    pub href: String,
    pub name: String,
    pub service: String,
    pub number: String,
    pub applicant: String,
    pub clock: Clock,
    pub late: bool,
    /// Who holds it; empty where nobody does.
    pub holder: String,
    pub mine: bool,
    pub reasons: Vec<Reason>,
    pub waits: Waits,
    /// The question to the window, where it was sent back.
    pub question: String,
    pub can_claim: bool,
    pub can_release: bool,
}

/// Why it is urgent, besides its own clock.
pub(crate) struct Reason {
    pub text: String,
    pub late: bool,
}

/// Who looks, when, and by which bounds.
pub(crate) struct Rows<'a> {
    pub casework: &'a Casework,
    pub catalogue: &'a Catalogue,
    pub account: i64,
    pub now: Instant,
    pub bounds: Bounds,
}

impl Rows<'_> {
    pub fn line(&self, task: &InboxTask, unfinished: &[Unfinished]) -> Line {
        let version = self.casework.catalogue.cached(task.version_id);
        let version = version.as_deref().or_else(|| self.catalogue.current(&task.service).map(|v| &**v));
        let state = TaskState::parse(&task.state);
        let mine = task.assignee == Some(self.account);
        let waits = waits(self.catalogue, task, unfinished);
        let returned = state == Some(TaskState::Returned);
        Line {
            id: task.id,
            href: format!("/review/tasks/{}", task.id),
            name: task.name.clone(),
            service: version.map_or(task.service.as_str(), |v| v.service.name.as_str()).to_string(),
            number: grouped(&task.number),
            applicant: people::applicant(version, &task.applicant_name),
            clock: inbox_clock(self.casework, task, self.now).compact(),
            late: Urgency::of(task, self.bounds).is_late(),
            holder: if mine { "我".into() } else { task.assignee_name.clone() },
            mine,
            reasons: self.reasons(task, mine, &waits),
            waits,
            question: if returned { last_line(&task.note) } else { String::new() },
            can_claim: state == Some(TaskState::Open),
            can_release: state == Some(TaskState::Claimed) && mine,
        }
    }

    fn reasons(&self, task: &InboxTask, mine: bool, waits: &Waits) -> Vec<Reason> {
        let mut reasons = Vec::new();
        if let Some(due) = task.promised_due.filter(|_| task.due_at.is_some()) {
            let by = moment(due, self.now);
            if due < self.now {
                reasons.push(Reason { text: format!("整件已过承诺时限（{by}）"), late: true });
                if let Some(own) = task.due_at.filter(|own| *own >= self.now) {
                    let text = format!("本环节 {} 前", moment(own, self.now));
                    reasons.push(Reason { text, late: false });
                }
            } else if due < self.bounds.soon && task.due_at.is_some_and(|own| due < own) {
                reasons.push(Reason { text: format!("整件承诺 {by} 前办结"), late: false });
            }
        }
        if task.stopped_since.is_some() && task.due_at.or(task.promised_due).is_some() {
            reasons
                .push(Reason { text: "特别程序进行中，暂停前已经到期".into(), late: false });
        }
        if waits.is_last {
            reasons.push(Reason { text: "作决定之前只差这一步".into(), late: false });
        }
        if task.state == TaskState::Claimed.code() && task.note.contains("窗口答复：") {
            let text = if mine { "窗口已答复您的问题" } else { "窗口已答复" };
            reasons.push(Reason { text: text.into(), late: false });
        }
        reasons
    }
}

fn last_line(note: &str) -> String {
    note.lines().last().unwrap_or_default().to_string()
}
