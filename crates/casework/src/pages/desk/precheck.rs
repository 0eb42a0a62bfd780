//! What a clerk decides of a case at the window. Verdicts and decision are one transaction.

use axum::extract::{Path, State};
use axum::response::Response;
use yimen_identity::StaffOnly;
use yimen_web::{Form, FormState, Shell, WebError, redirect_303};

use super::{case, clerk};
use crate::model::{CorrectionItem, Finding};
use crate::pages::citizen::opened::{Opened, open, refused};
use crate::pages::ctx_of;
use crate::pages::fields::take;
use crate::policy::Act;
use crate::rules::Refusal;
use crate::view::MaterialState;
use crate::{Casework, CaseworkError, DecideTask, Verdict};

pub(super) async fn precheck(
    State(casework): State<Casework>,
    shell: Shell,
    who: StaffOnly,
    Path(number): Path<String>,
    form: Form,
) -> Result<Response, WebError> {
    clerk(&who)?;
    let ctx = ctx_of(&casework, &who.actor);
    let opened = open(&casework, &ctx, &number, Act::PreCheck).await?;
    let id = opened.case.id;
    let action = form.text("action").to_string();
    let (items, verdicts) = (items(&opened, &form), verdicts(&opened, &form));
    let why = form.text("refuse-why").to_string();
    if action == "accept" && !items.is_empty() {
        let problem = "勾选了“退回”或填写更正的，不能受理。请去掉勾选，或发一次性告知补正。".to_string();
        return case::again(&casework, &shell, &who, &number, vec![problem]).await;
    }
    let (handle, context) = (casework.clone(), ctx.clone());
    let done = casework.platform.store.write("desk.precheck", move |tx| -> Result<(), CaseworkError> {
        match action.as_str() {
            "accept" => handle.accept(tx, &context, id, &verdicts),
            "correct" => handle.correct(tx, &context, id, &items),
            "refuse" => handle.not_accept(tx, &context, id, &why),
            _ => return Err(Refusal::Missing("要进行的操作").into()),
        }
        .map(|_| ())
    });
    match done.await {
        Ok(()) => Ok(redirect_303(format!("/desk/cases/{}", opened.number()))),
        Err(CaseworkError::Incomplete(problems)) => {
            case::again(&casework, &shell, &who, &number, problems).await
        }
        Err(CaseworkError::Refused(
            refusal @ (Refusal::Missing(_) | Refusal::NothingToCorrect | Refusal::CorrectionOnce(_)),
        )) => case::again(&casework, &shell, &who, &number, vec![refusal.to_string()]).await,
        Err(error) => Err(refused(error, opened.number())),
    }
}

/// What the clerk marked as not in order.
fn items(opened: &Opened, form: &FormState) -> Vec<CorrectionItem> {
    let mut items: Vec<CorrectionItem> = opened
        .materials
        .iter()
        .filter(|m| form.all("bad").contains(&m.id))
        .map(|m| CorrectionItem {
            target: format!("material:{}", m.id),
            name: m.name.clone(),
            reason: form.text(&format!("why-{}", m.id)).to_string(),
        })
        .collect();
    let field = form.text("field");
    if let Some(spec) = opened.version.field(field).filter(|_| !field.is_empty()) {
        items.push(CorrectionItem {
            target: format!("field:{}", spec.id),
            name: spec.label.clone(),
            reason: form.text("field-why").to_string(),
        });
    }
    items
}

/// Everything handed in and not marked is in order.
fn verdicts(opened: &Opened, form: &FormState) -> Vec<Verdict> {
    let handed_in = |state: MaterialState| {
        matches!(state, MaterialState::Provided | MaterialState::Original | MaterialState::Rejected)
    };
    opened
        .materials
        .iter()
        .filter(|m| handed_in(m.state) && !form.all("bad").contains(&m.id))
        .map(|m| Verdict { slot: m.id.clone(), accepted: true, reason: String::new() })
        .collect()
}

pub(super) async fn answer(
    State(casework): State<Casework>,
    who: StaffOnly,
    Path(task): Path<i64>,
    form: Form,
) -> Result<Response, WebError> {
    clerk(&who)?;
    let ctx = ctx_of(&casework, &who.actor);
    let note = form.text("note").to_string();
    let handle = casework.clone();
    let answered =
        casework.platform.store.write("task.answer", move |tx| handle.answer_return(tx, &ctx, task, &note));
    let case = answered.await.map_err(|error| back(error, &form))?;
    Ok(redirect_303(format!("/desk/cases/{}", case.number)))
}

pub(super) async fn done(
    State(casework): State<Casework>,
    shell: Shell,
    who: StaffOnly,
    Path(task): Path<i64>,
    mut form: Form,
) -> Result<Response, WebError> {
    clerk(&who)?;
    let ctx = ctx_of(&casework, &who.actor);
    let number = form.text("number").to_string();
    let opened = open(&casework, &ctx, &number, Act::See).await?;
    let step = opened.case.task(task).map(|t| t.step.clone()).ok_or_else(WebError::not_found)?;
    let specs: Vec<_> = opened.version.step(&step).map(|s| s.records.clone()).unwrap_or_default();
    let applies = |spec: &yimen_catalogue::model::Field, facts: &yimen_catalogue::Facts| {
        opened.version.records(&step, facts).iter().any(|f| f.id == spec.id)
    };
    let taken = take(&specs, &opened.facts, &form, applies);
    taken.tell(&mut form);
    if !form.errors().is_empty() {
        let problems = taken.errors.iter().map(|e| e.message.clone()).collect();
        return case::again(&casework, &shell, &who, &number, problems).await;
    }
    let opinion = form.text("opinion").to_string();
    let decision = DecideTask { task, finding: Finding::Pass, opinion, records: taken.facts };
    let handle = casework.clone();
    let decided =
        casework.platform.store.write("task.decide", move |tx| handle.decide_task(tx, &ctx, &decision));
    let case = decided.await.map_err(|error| back(error, &form))?;
    Ok(redirect_303(format!("/desk/cases/{}", case.number)))
}

pub(super) async fn withdraw(
    State(casework): State<Casework>,
    who: StaffOnly,
    Path(number): Path<String>,
    form: Form,
) -> Result<Response, WebError> {
    clerk(&who)?;
    let ctx = ctx_of(&casework, &who.actor);
    let opened = open(&casework, &ctx, &number, Act::Withdraw).await?;
    let (handle, id, reason) = (casework.clone(), opened.case.id, form.text("reason").to_string());
    let withdrawn =
        casework.platform.store.write("case.withdraw", move |tx| handle.withdraw(tx, &ctx, id, &reason));
    withdrawn.await.map_err(|error| refused(error, opened.number()))?;
    Ok(redirect_303(format!("/desk/cases/{}", opened.number())))
}

/// A refusal that leads back to the case the form came from.
fn back(error: CaseworkError, form: &FormState) -> WebError {
    refused(error, form.text("number"))
}
