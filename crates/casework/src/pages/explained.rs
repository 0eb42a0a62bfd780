//! Why a case is due when it is: the clock in detail, and the page that lists every counted and uncounted interval.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use yimen_catalogue::model::Service;
use yimen_identity::Known;
use yimen_platform::Actor;
use yimen_standards::case_number::CaseNumber;
use yimen_standards::time::{Amount, Day, Explanation, Instant, Limit, Segment, explain};
use yimen_web::{Clock, ClockState, Html, Page, Shell, SummaryList, WebError};

use super::{case_clock, ctx_of, grouped, moment};
use crate::model::{Case, CaseState, ExtensionState};
use crate::policy::Act;
use crate::{Casework, CaseworkError};

/// Intervals on a page; a case that has more of them has older troubles.
const MOST: usize = 300;

/// The clock with both limits, what is used, and the way to the explanation. A case that was never accepted shows the
/// due time it runs towards, if any.
pub fn detailed_clock(casework: &Casework, case: &Case, service: &Service, now: Instant) -> Option<Clock> {
    let Some(accepted) = case.accepted_at else {
        let runs = matches!(case.state, CaseState::Submitted | CaseState::Correcting);
        return runs.then(|| case_clock(casework, case, now));
    };
    let limits = &service.limits;
    let until = case.decided_at.or(case.closed_at).unwrap_or(now);
    let promised = explained(casework, case, accepted, limits.promised, until);
    let mut detail = format!("承诺 {}，已用 {}", limits.promised.zh(), promised.used.zh());
    if let Some(statutory) = limits.statutory {
        let due = case.statutory_due.map(|at| format!("（{} 前）", moment(at, now))).unwrap_or_default();
        detail = format!("法定 {}{due}，{detail}", statutory.zh());
    }
    if let Some(extension) = case.extension.as_ref().filter(|e| e.state == ExtensionState::Approved) {
        detail = format!("{detail}，经批准延长 {}", extension.by.zh());
    }
    if let (Some(stop), Some(since)) = (case.open_stop(), case.stopped_since) {
        detail = format!("{detail}。{}，从 {} 起暂停", stop.name, moment(since, now));
    }
    let clock = match case.decided_at {
        Some(at) if case.state != CaseState::InReview => {
            let words = match case.promised_due {
                Some(due) if at > due => "超过承诺时限办结",
                _ => "在承诺时限内办结",
            };
            Clock::new(ClockState::Finished, words, "")
        }
        _ => case_clock(casework, case, now),
    };
    Some(clock.detail(detail).explain(format!("/cases/{}/clock", case.number)))
}

fn explained(casework: &Casework, case: &Case, start: Instant, limit: Limit, now: Instant) -> Explanation {
    explain(&casework.calendar, &casework.hours, start, limit, &case.clock_stops(), now)
}

struct Part {
    title: String,
    facts: SummaryList,
    spans: Vec<Span>,
}

/// One interval, in words.
struct Span {
    when: String,
    why: String,
    counted: String,
    counts: bool,
}

#[derive(Template)]
#[template(path = "casework/citizen/clock.html")]
struct ClockPage {
    page: Page,
    number: String,
    clock: Option<Clock>,
    parts: Vec<Part>,
    /// It ended, whether or not its time ever began.
    over: bool,
}

/// For whoever may see the case.
pub(super) async fn page(
    State(casework): State<Casework>,
    shell: Shell,
    Known(actor): Known,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    let number = CaseNumber::parse(&number).map_err(|_| WebError::not_found())?;
    let ctx = ctx_of(&casework, &actor);
    let (handle, ctx2) = (casework.clone(), ctx.clone());
    let found = casework.platform.store.read(move |q| -> Result<_, CaseworkError> {
        let fetched = handle.fetch_by_number(q, &ctx2, number.as_str(), Act::See)?;
        Ok((fetched.case, fetched.version))
    });
    let (case, version) = found.await?;
    let page = shell.citizen("期限是怎么算的").section("my");
    let page = if matches!(actor, Actor::Citizen { .. }) {
        page.back(format!("/cases/{}", case.number), "办件详情")
    } else {
        page
    };
    let parts = parts(&casework, &case, &version.service, ctx.now);
    let clock = case_clock_of(&casework, &case, ctx.now);
    let (number, over) = (grouped(&case.number), case.state.is_final());
    Ok(Html::ok(ClockPage { page, number, clock, parts, over }).into_response())
}

fn case_clock_of(casework: &Casework, case: &Case, now: Instant) -> Option<Clock> {
    (case.state != CaseState::Draft).then(|| case_clock(casework, case, now))
}

/// The promised limit, the statutory one, and what an extension adds.
fn parts(casework: &Casework, case: &Case, service: &Service, now: Instant) -> Vec<Part> {
    let Some(accepted) = case.accepted_at else {
        return Vec::new();
    };
    let until = case.decided_at.or(case.closed_at).unwrap_or(now);
    let mut parts = Vec::new();
    let mut add = |title: String, start: Instant, limit: Limit, basis: &str| {
        let explanation = explained(casework, case, start, limit, until);
        parts.push(Part::of(title, start, &explanation, basis, now));
        explanation.due.at
    };
    let promised =
        add(format!("承诺时限：{}", service.limits.promised.zh()), accepted, service.limits.promised, "");
    let basis = service.limits.statutory_basis.as_deref().unwrap_or_default();
    let statutory = service
        .limits
        .statutory
        .and_then(|limit| add(format!("法定时限：{}", limit.zh()), accepted, limit, basis));
    if let Some(extension) = case.extension.as_ref().filter(|e| e.state == ExtensionState::Approved) {
        for (name, base) in [("承诺", promised), ("法定", statutory)] {
            if let Some(base) = base {
                add(
                    format!("经批准延长{}时限：{}", name, extension.by.zh()),
                    base,
                    extension.by,
                    &extension.reason,
                );
            }
        }
    }
    parts
}

impl Part {
    fn of(title: String, start: Instant, explanation: &Explanation, basis: &str, now: Instant) -> Part {
        let due = match (explanation.due.at, explanation.due.remaining) {
            (Some(at), _) => format!("{} 前", moment(at, now)),
            (None, Some(left)) => format!("时限暂停中，恢复后还剩 {}", left.zh()),
            (None, None) => "时限暂停中".into(),
        };
        let facts = SummaryList::new()
            .fact("起算", start.zh())
            .fact("到期", due)
            .fact("已用", explanation.used.zh())
            .fact("剩余", explanation.left.zh());
        let facts = if basis.is_empty() { facts } else { facts.fact("依据", basis) };
        let facts = if explanation.due.provisional {
            facts.fact("说明", "到期日所在年份的放假安排还没有公布，公布后重新计算")
        } else {
            facts
        };
        let days = !matches!(explanation.limit, Limit::WorkingMinutes(_));
        let spans =
            explanation.segments.iter().take(MOST).map(|segment| Span::of(segment, days, now)).collect();
        Part { title, facts, spans }
    }
}

impl Span {
    /// Limits in days are told in days: from the first to the last that the interval takes.
    fn of(segment: &Segment, days: bool, now: Instant) -> Span {
        let (from, last) = (segment.from.day(), segment.to.plus_millis(-1).day());
        let when = match (days, from == last) {
            (true, true) => short(from, now),
            (true, false) => format!("{} – {}", short(from, now), short(last, now)),
            (false, _) => super::words::span(segment.from, segment.to, now),
        };
        let counted = match (segment.counted, segment.amount) {
            (false, _) => "不计".to_string(),
            (true, Amount::Days(n)) => format!("计 {n} 日"),
            (true, Amount::Millis(ms)) => format!("计 {}", super::minutes_words(ms / 60_000)),
        };
        Span { when, why: segment.why.clone(), counted, counts: segment.counted }
    }
}

/// `11月26日`, with the year when it is not this one.
fn short(day: Day, now: Instant) -> String {
    let year = if day.year() == now.day().year() { String::new() } else { format!("{}年", day.year()) };
    format!("{year}{}月{}日", day.month(), day.day_of_month())
}
