//! Following a case without an account: by its number and the last four characters of the applicant's ID number.
//!
//! An unknown number and a wrong ending get the same answer, and few guesses are answered; what is shown is the state
//! and its dates, nothing else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use yimen_platform::Actor;
use yimen_standards::case_number::CaseNumber;
use yimen_standards::time::Instant;
use yimen_web::{Field, Form, FormState, Html, Page, Shell, StatusTag, SummaryList, WebError};

use crate::model::{Case, CaseState};
use crate::pages::{grouped, moment, state_tag};
use crate::policy::Act;
use crate::{Casework, CaseworkError};

/// Wrong guesses of one number, and how long they count.
const GUESSES: u32 = 5;
const COUNTED_MS: i64 = 15 * 60 * 1000;
/// Numbers remembered at a time; beyond it the oldest are forgotten.
const REMEMBERED: usize = 10_000;

/// Wrong guesses by number, whether there is such a case or not.
#[derive(Default)]
pub(super) struct Guesses(Mutex<HashMap<String, (Instant, u32)>>);

impl Guesses {
    /// From when on a number that is closed may be asked for again.
    fn closed_until(&self, number: &str, now: Instant) -> Option<Instant> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, count) = kept.get(number)?;
        let until = since.plus_millis(COUNTED_MS);
        (until > now && *count >= GUESSES).then_some(until)
    }

    fn wrong(&self, number: &str, now: Instant) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= REMEMBERED && !kept.contains_key(number) {
            kept.retain(|_, (since, _)| now.0 - since.0 < COUNTED_MS);
        }
        if kept.len() >= REMEMBERED && !kept.contains_key(number) {
            let oldest = kept.iter().min_by_key(|(_, (since, _))| *since).map(|(number, _)| number.clone());
            oldest.and_then(|number| kept.remove(&number));
        }
        let entry = kept.entry(number.to_string()).or_insert((now, 0));
        *entry = if now.0 - entry.0.0 < COUNTED_MS { (entry.0, entry.1 + 1) } else { (now, 1) };
    }

    fn right(&self, number: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(number);
    }
}

#[derive(Template)]
#[template(path = "casework/citizen/track.html")]
struct Track {
    page: Page,
    number: Field,
    ending: Field,
    nonce: String,
}

#[derive(Template)]
#[template(path = "casework/citizen/tracked.html")]
struct Tracked {
    page: Page,
    number: String,
    tag: StatusTag,
    dates: SummaryList,
}

pub(super) async fn page(State(casework): State<Casework>, shell: Shell) -> Response {
    Html::ok(Track::of(&shell, None, casework.platform.ids.token())).into_response()
}

pub(super) async fn track(
    State(casework): State<Casework>,
    Extension(guesses): Extension<Arc<Guesses>>,
    shell: Shell,
    mut form: Form,
) -> Result<Response, WebError> {
    let number = CaseNumber::parse(form.text("number"));
    let ending = form.compact("ending").to_ascii_uppercase();
    if let Err(error) = &number {
        form.error("number", format!("{}。", error.message().trim_end_matches('。')));
    }
    if ending.chars().count() != 4 {
        form.error("ending", "请填写证件号码的后四位，例如 002X。");
    }
    let (Ok(number), true) = (number, form.is_valid()) else {
        return Ok(
            Html::invalid(Track::of(&shell, Some(&form), casework.platform.ids.token())).into_response()
        );
    };
    let ctx = casework.platform.ctx(Actor::System("track"), "");
    if let Some(until) = guesses.closed_until(number.as_str(), ctx.now) {
        let wait = until.0.saturating_sub(ctx.now.0).unsigned_abs().div_ceil(1000);
        let words = "这个办件编号核对失败的次数太多，请 15 分钟后再查，或者登录后在“我的办件”里查看。";
        return Err(WebError::too_many(words).retry_after(wait));
    }
    match find(&casework, &ctx, number.as_str(), &ending).await? {
        Some(case) => {
            guesses.right(number.as_str());
            let page = shell.citizen("办件进度").section("track").back("/track", "查另一个办件");
            let (tag, dates) = (state_tag(case.state, case.outcome), dates(&case, ctx.now));
            Ok(Html::ok(Tracked { page, number: grouped(&case.number), tag, dates }).into_response())
        }
        None => {
            guesses.wrong(number.as_str(), ctx.now);
            form.error("number", "没有找到相符的办件。请核对办件编号和证件号码后四位。");
            Ok(Html::invalid(Track::of(&shell, Some(&form), casework.platform.ids.token())).into_response())
        }
    }
}

/// The case, if its applicant's number ends so. A draft is nobody's business.
async fn find(
    casework: &Casework,
    ctx: &yimen_platform::Ctx,
    number: &str,
    ending: &str,
) -> Result<Option<Case>, WebError> {
    let (handle, ctx, number, ending) =
        (casework.clone(), ctx.clone(), number.to_string(), ending.to_string());
    let read = casework.platform.store.read(move |q| -> Result<Option<Case>, CaseworkError> {
        let fetched = match handle.fetch_by_number(q, &ctx, &number, Act::See) {
            Ok(fetched) => fetched,
            Err(CaseworkError::NotFound) => return Ok(None),
            Err(error) => return Err(error),
        };
        let party = handle.parties.by_id(q, fetched.case.applicant)?;
        let fits = party.number.to_ascii_uppercase().ends_with(&ending);
        let shown = fits && fetched.case.submitted_at.is_some() && fetched.case.state != CaseState::Draft;
        Ok(shown.then_some(fetched.case))
    });
    Ok(read.await?)
}

fn dates(case: &Case, now: Instant) -> SummaryList {
    let given = [
        ("提交", case.submitted_at),
        ("受理", case.accepted_at),
        ("决定", case.decided_at),
        ("办结", case.closed_at),
    ];
    let list = given.into_iter().filter_map(|(name, at)| Some((name, at?)));
    let list = list.fold(SummaryList::new(), |list, (name, at)| list.fact(name, at.zh()));
    let next = match case.state {
        CaseState::Submitted => case.precheck_due.map(|at| ("答复是否受理", at)),
        CaseState::Correcting => case.correction_due.map(|at| ("补正期限", at)),
        CaseState::InReview if case.stopped_since.is_none() => case.promised_due.map(|at| ("承诺办结", at)),
        _ => None,
    };
    let list = match next {
        Some((name, at)) => list.fact(name, format!("{} 前", moment(at, now))),
        None => list,
    };
    match case.stopped_since {
        Some(since) => list.fact("时限暂停", format!("从 {} 起", moment(since, now))),
        None => list,
    }
}

impl Track {
    fn of(shell: &Shell, typed: Option<&FormState>, nonce: String) -> Track {
        let page = shell.citizen("查办件进度").section("track").back("/", "首页");
        let number =
            Field::identifier("number", "办件编号").hint("在接收回执上，21 位，横线和空格可以不填。");
        let ending = Field::identifier("ending", "申请人证件号码后四位")
            .hint("个人填身份证号后四位，单位填统一社会信用代码后四位。")
            .width(yimen_web::Width::S);
        match typed {
            Some(form) => Track {
                page: page.errors_of(form),
                number: number.from(form),
                ending: ending.from(form),
                nonce,
            },
            None => Track { page, number, ending, nonce },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_guesses_are_answered_and_time_forgives() {
        let (guesses, now) = (Guesses::default(), Instant(1_780_000_000_000));
        for _ in 0..GUESSES {
            assert!(guesses.closed_until("A", now).is_none());
            guesses.wrong("A", now);
        }
        assert_eq!(guesses.closed_until("A", now), Some(now.plus_millis(COUNTED_MS)));
        assert!(guesses.closed_until("B", now).is_none());
        assert!(guesses.closed_until("A", now.plus_millis(COUNTED_MS)).is_none());
    }

    #[test]
    fn a_right_answer_clears_the_count_and_memory_is_bounded() {
        let (guesses, now) = (Guesses::default(), Instant(1_780_000_000_000));
        for _ in 0..GUESSES {
            guesses.wrong("A", now);
        }
        guesses.right("A");
        assert!(guesses.closed_until("A", now).is_none());
        for n in 0..REMEMBERED + 100 {
            guesses.wrong(&n.to_string(), now.plus_millis(n as i64));
        }
        assert!(guesses.0.lock().unwrap().len() <= REMEMBERED);
    }
}
