//! The clock shown honestly: what the law allows, what was promised, what is used up, and every interval with its reason.

use yimen_catalogue::Version;
use yimen_standards::time::{Amount, Instant, Limit, explain};
use yimen_web::SummaryList;

use crate::Casework;
use crate::model::{Case, CaseState, ExtensionState};

/// More intervals than this are cut: the last ones are shown.
const MOST: usize = 60;

/// How the time of a case was counted.
pub(crate) struct Timing {
    pub facts: SummaryList,
    /// Counted and uncounted intervals of the promise.
    pub intervals: Vec<Interval>,
    /// 承诺 5 个工作日，从 … 受理起算
    pub heading: String,
}

pub(crate) struct Interval {
    pub span: String,
    pub why: String,
    /// 计 1 个工作日; empty where it does not count.
    pub counts: String,
}

pub(super) fn timing(casework: &Casework, version: &Version, case: &Case, now: Instant) -> Timing {
    let limits = &version.service.limits;
    let Some(accepted) = case.accepted_at else {
        return Timing { facts: SummaryList::new().dense(), intervals: Vec::new(), heading: String::new() };
    };
    let stops = case.clock_stops();
    let until = case.decided_at.unwrap_or(now);
    let told = explain(&casework.calendar, &casework.hours, accepted, limits.promised, &stops, until);
    let mut facts = SummaryList::new().dense().fact("受理时间", accepted.zh());
    if case.deemed {
        facts = facts.fact("受理方式", "五个工作日内没有答复，依法视为受理");
    }
    let due = |at: Option<Instant>| at.map_or_else(|| "时限暂停，恢复后重新计算".into(), |at| format!("{} 前", at.zh()));
    facts = facts.fact("承诺时限", format!("{}，{}", limits.promised.zh(), due(case.promised_due)));
    if let Some(statutory) = limits.statutory {
        facts = facts.fact("法定时限", format!("{}，{}", statutory.zh(), due(case.statutory_due)));
    }
    facts = facts.fact("已用", format!("{}（承诺时限内）", told.used.zh()));
    for stop in &case.stops {
        let to = stop.to.map_or_else(|| "至今".to_string(), |to| format!("至 {}", to.zh()));
        facts = facts.fact("暂停", format!("{}：{} {to}。理由：{}", stop.name, stop.from.zh(), stop.reason));
    }
    if let Some(extension) = &case.extension {
        let text = format!("{}，{}。理由：{}", extension.by.zh(), extension.state.zh(), extension.reason);
        facts = facts.fact("延期", text);
    }
    let extended = case.extension.as_ref().is_some_and(|e| e.state == ExtensionState::Approved);
    let heading = match (extended, case.state == CaseState::InReview) {
        (true, _) => format!("承诺 {} 从受理起怎样计算（批准的延期另加）", limits.promised.zh()),
        (false, _) => format!("承诺 {} 从受理起怎样计算", limits.promised.zh()),
    };
    let skip = told.segments.len().saturating_sub(MOST);
    let intervals = told.segments.iter().skip(skip).map(|s| Interval {
        span: span(s.from, s.to),
        why: s.why.clone(),
        counts: if s.counted { counted(s.amount) } else { String::new() },
    });
    Timing { facts, intervals: intervals.collect(), heading }
}

fn counted(amount: Amount) -> String {
    match amount {
        Amount::Days(days) => format!("计 {days} 日"),
        Amount::Millis(ms) => {
            let minutes = u32::try_from(ms / 60_000).unwrap_or(u32::MAX);
            format!("计 {}", Limit::WorkingMinutes(minutes).zh())
        }
    }
}

/// Whole days without the time of day; the end is the last moment inside.
fn span(from: Instant, to: Instant) -> String {
    let last = to.plus_millis(-1);
    if from.minute_of_day() == 0 && to.minute_of_day() == 0 {
        return match from.day() == last.day() {
            true => from.day().zh(),
            false => format!("{}至{}", from.day().zh(), last.day().zh()),
        };
    }
    match from.day() == to.day() {
        true => format!("{}至 {:02}:{:02}", from.zh(), to.minute_of_day() / 60, to.minute_of_day() % 60),
        false => format!("{}至{}", from.zh(), to.zh()),
    }
}
