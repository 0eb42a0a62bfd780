//! What happened to the clock of a case: when it began, what stopped it, what was added.

use yimen_web::SummaryList;

use crate::model::{Case, ExtensionState};

pub(super) fn timing(case: &Case) -> SummaryList {
    let mut facts = SummaryList::new().dense();
    if let Some(submitted) = case.submitted_at {
        facts = facts.fact("提交", submitted.zh());
    }
    if let Some(accepted) = case.accepted_at {
        let deemed =
            if case.deemed { "（五个工作日内没有答复，依法视为受理）" } else { "" };
        facts = facts.fact("受理", format!("{}{deemed}", accepted.zh()));
    }
    for stop in &case.stops {
        let to = stop.to.map_or_else(|| "至今".to_string(), |to| format!("至 {}", to.zh()));
        let outcome =
            if stop.outcome.is_empty() { String::new() } else { format!("结果：{}", stop.outcome) };
        let words = format!("{}，{}{to}。理由：{}。{outcome}", stop.name, stop.from.zh(), end(&stop.reason));
        facts = facts.fact("暂停", words);
    }
    if let Some(extension) = &case.extension {
        let reason = end(&extension.reason);
        let words = format!("{}，{}。理由：{reason}。", extension.by.zh(), extension.state.zh());
        let words = match extension.state {
            ExtensionState::Refused => format!("{words}一份办件只能申请一次延期，不能再次申请。"),
            _ => words,
        };
        facts = facts.fact("延期", words);
    }
    match case.decided_at {
        Some(at) => facts.fact("决定", at.zh()),
        None => facts,
    }
}

fn end(text: &str) -> &str {
    text.trim_end_matches('。')
}
