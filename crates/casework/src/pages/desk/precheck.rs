//! What a clerk decides of a case at the window. Verdicts and decision are one transaction.

use axum::extract::{Path, State};
use axum::response::Response;
use yimen_identity::StaffOnly;
use yimen_platform::Ctx;
use yimen_store::Tx;
use yimen_web::{Form, FormState, Shell, WebError, redirect_303};

use super::fill::home;
use super::issued::Done;
use super::late::{kept, too_late};
use super::verdicts::{box_of, marked, material_box, verdicts};
use super::{case, clerk, material_named};
use crate::model::{CaseState, CorrectionItem};
use crate::pages::citizen::opened::{Opened, open, refused_at};
use crate::pages::{command, ctx_of, sentence};
use crate::policy::Act;
use crate::rules::Refusal;
use crate::rules::{LEAST_REASON, letters};
use crate::{Casework, CaseworkError};

/// Longest reason for not accepting; it is printed in the notice.
const LONGEST: usize = 1000;
/// Longest reasons of one item of a correction notice.
const LONGEST_ITEM: usize = 400;

/// What the window may answer to what was handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Accept,
    Correct,
    Refuse,
}

impl Answer {
    fn read(action: &str) -> Option<Answer> {
        match action {
            "accept" => Some(Answer::Accept),
            "correct" => Some(Answer::Correct),
            "refuse" => Some(Answer::Refuse),
            _ => None,
        }
    }

    /// As the buttons say it.
    pub fn zh(self) -> &'static str {
        match self {
            Answer::Accept => "受理",
            Answer::Correct => "一次性告知补正",
            Answer::Refuse => "不予受理",
        }
    }

    /// Whether the case stands as this answer leaves it.
    fn stands(self, state: CaseState) -> bool {
        match self {
            Answer::Accept => matches!(state, CaseState::InReview | CaseState::Decided | CaseState::Closed),
            Answer::Correct => state == CaseState::Correcting,
            Answer::Refuse => state == CaseState::NotAccepted,
        }
    }

    fn done(self) -> Done {
        match self {
            Answer::Accept => Done::Accepted,
            Answer::Correct => Done::Corrected,
            Answer::Refuse => Done::Refused,
        }
    }
}

pub(super) async fn precheck(
    State(casework): State<Casework>,
    shell: Shell,
    who: StaffOnly,
    Path(number): Path<String>,
    mut form: Form,
) -> Result<Response, WebError> {
    clerk(&casework, &who)?;
    let ctx = ctx_of(&casework, &who.actor);
    let opened = open(&casework, &ctx, &number, Act::PreCheck).await?;
    let home = home(opened.number());
    let items = marked(&opened.materials, &opened.version, &mut form);
    let asked = Answer::read(form.text("action"));
    match asked {
        _ if opened.case.state == CaseState::Submitted => {}
        // The same again, or a colleague came to the same.
        Some(answer) if answer.stands(opened.case.state) => {
            return Ok(redirect_303(format!("{home}?done={}", Done::Already.code())));
        }
        _ => return Ok(too_late(&shell, &home, opened.case.state, asked, kept(asked, &items, &form))),
    }
    let Some(answer) = asked else {
        form.error("precheck", "请选择受理、一次性告知补正或不予受理。");
        return case::again(&casework, &shell, &who, &number, &form).await;
    };
    check(answer, &opened, &items, &mut form);
    if !form.errors().is_empty() {
        return case::again(&casework, &shell, &who, &number, &form).await;
    }
    let (id, verdicts) = (opened.case.id, verdicts(&opened.materials, &form));
    let why = form.text("refuse-why").to_string();
    let typed = kept(asked, &items, &form);
    let decide = move |casework: &Casework, tx: &mut Tx<'_>, ctx: &Ctx| {
        match answer {
            Answer::Accept => casework.accept(tx, ctx, id, &verdicts),
            Answer::Correct => casework.correct(tx, ctx, id, &items),
            Answer::Refuse => casework.not_accept(tx, ctx, id, &why),
        }
        .map(|_| ())
    };
    match command(&casework, &ctx, "desk.precheck", decide).await {
        Ok(()) => Ok(redirect_303(format!("{home}?done={}", answer.done().code()))),
        Err(CaseworkError::Incomplete(problems)) => {
            for line in problems {
                let place = material_named(&opened, &line).map(|m| material_box(&m.id));
                form.error(place.unwrap_or_else(|| "precheck".into()), sentence(line));
            }
            case::again(&casework, &shell, &who, &number, &form).await
        }
        Err(CaseworkError::Refused(refusal @ (Refusal::Missing(_) | Refusal::CorrectionOnce(_)))) => {
            form.error("precheck", sentence(refusal.to_string()));
            case::again(&casework, &shell, &who, &number, &form).await
        }
        Err(CaseworkError::Refused(Refusal::WrongState { state, .. })) => {
            Ok(too_late(&shell, &home, state, asked, typed))
        }
        Err(error) => Err(refused_at(error, &home)),
    }
}

/// What the form itself shows to be missing.
fn check(answer: Answer, opened: &Opened, items: &[CorrectionItem], form: &mut FormState) {
    match answer {
        Answer::Accept => {
            if let Some(first) = items.first() {
                let message = "有标为退回或更正的内容，不能受理。请去掉标记，或发一次性告知补正。";
                form.error(box_of(first), message);
            }
        }
        Answer::Correct if items.is_empty() => {
            let first = opened.materials.first().map_or("precheck".into(), |m| material_box(&m.id));
            form.error(first, "请先标出要补正的材料或内容。补正通知至少要列出一项。");
        }
        Answer::Correct => {
            for item in items {
                let length = item.reason.chars().count();
                if length == 0 {
                    form.error(box_of(item), format!("请选择或写明“{}”为什么退回。", item.name));
                } else if length > LONGEST_ITEM {
                    let message = format!("“{}”的理由最多{LONGEST_ITEM}个字，请删减。", item.name);
                    form.error(box_of(item), message);
                }
            }
        }
        Answer::Refuse => {
            if form.require("refuse-why", "请写明不予受理的理由和依据。") {
                let (all, has) = (form.text("refuse-why").chars().count(), letters(form.text("refuse-why")));
                if all > LONGEST {
                    form.error("refuse-why", format!("不予受理的理由最多{LONGEST}个字，请删减。"));
                } else if has < LEAST_REASON {
                    let message = format!(
                        "不予受理的理由和依据至少写{LEAST_REASON}个字，现在有{has}个字。请写明事实和依据的条款。"
                    );
                    form.error("refuse-why", message);
                }
            }
        }
    }
}

pub(super) async fn withdraw(
    State(casework): State<Casework>,
    shell: Shell,
    who: StaffOnly,
    Path(number): Path<String>,
    mut form: Form,
) -> Result<Response, WebError> {
    clerk(&casework, &who)?;
    let ctx = ctx_of(&casework, &who.actor);
    let opened = open(&casework, &ctx, &number, Act::Withdraw).await?;
    let home = home(opened.number());
    if opened.case.state == CaseState::Withdrawn {
        return Ok(redirect_303(format!("{home}?done={}", Done::Already.code())));
    }
    let draft = opened.case.state == CaseState::Draft;
    if !draft && !form.require("withdraw-why", "请写明申请人为什么要撤回。") {
        return case::again(&casework, &shell, &who, &number, &form).await;
    }
    let (id, reason) = (opened.case.id, form.text("withdraw-why").to_string());
    let withdraw =
        move |casework: &Casework, tx: &mut Tx<'_>, ctx: &Ctx| casework.withdraw(tx, ctx, id, &reason);
    command(&casework, &ctx, "case.withdraw", withdraw).await.map_err(|error| refused_at(error, &home))?;
    // Nothing is left to look at of a draft that was dropped.
    let to = if draft { "/desk".to_string() } else { format!("{home}?done={}", Done::Withdrawn.code()) };
    Ok(redirect_303(to))
}
