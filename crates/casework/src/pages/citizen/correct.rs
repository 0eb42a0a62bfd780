//! Answering a correction notice: exactly what was asked for, each with its reason, and handed in as one.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use yimen_catalogue::Facts;
use yimen_catalogue::model::Field as Spec;
use yimen_identity::CitizenOnly;
use yimen_platform::Ctx;
use yimen_store::Tx;
use yimen_web::{
    Clock, Field, FieldError, Form, FormState, Html, MaterialRow, Notice, Page, Shell, WebError, redirect_303,
};

use super::form_page::keep;
use super::materials::{box_name, material_row};
use super::opened::{Opened, open, refused, stored};
use crate::model::{CaseState, CorrectionItem};
use crate::pages::error::sentence;
use crate::pages::fields::{Taken, control, control_from, take};
use crate::pages::{case_clock, command, ctx_of, grouped, moment};
use crate::policy::Act;
use crate::view::MaterialState;
use crate::{Casework, CaseworkError};

/// A field to change, with why.
struct Wanted {
    reason: String,
    field: Field,
}

#[derive(Template)]
#[template(path = "casework/citizen/correct.html")]
struct Correct {
    page: Page,
    service: String,
    number: String,
    clock: Clock,
    issued: String,
    count: usize,
    materials: Vec<(String, MaterialRow)>,
    fields: Vec<Wanted>,
    action: String,
    nonce: String,
}

#[derive(Deserialize)]
pub(super) struct Saved {
    #[serde(default)]
    saved: String,
}

pub(super) async fn page(
    State(casework): State<Casework>,
    shell: Shell,
    citizen: CitizenOnly,
    Path(number): Path<String>,
    Query(saved): Query<Saved>,
) -> Result<Response, WebError> {
    let ctx = ctx_of(&casework, &citizen.actor);
    let opened = open(&casework, &ctx, &number, Act::See).await?;
    if opened.case.state != CaseState::Correcting {
        return Ok(redirect_303(format!("/cases/{}", opened.number())));
    }
    let mut correct = Correct::of(&casework, &shell, &ctx, &opened, None, &[]);
    if !saved.saved.is_empty() {
        correct.page =
            correct.page.notice(Notice::success("已保存，还没有提交").text("全部改好以后，请点“提交补正”。"));
    }
    Ok(Html::ok(correct).into_response())
}

/// Saves the changed fields and, unless only saving was asked for, hands the supplement in.
pub(super) async fn save(
    State(casework): State<Casework>,
    shell: Shell,
    citizen: CitizenOnly,
    Path(number): Path<String>,
    mut form: Form,
) -> Result<Response, WebError> {
    let ctx = ctx_of(&casework, &citizen.actor);
    let opened = open(&casework, &ctx, &number, Act::FillIn).await?;
    let done = format!("/cases/{}?done=corrected", opened.number());
    // The same form sent twice, or sent again after Back.
    if opened.case.state == CaseState::Submitted && opened.case.correction.is_some() {
        return Ok(redirect_303(done));
    }
    let taken = keep_taken(&casework, &ctx, &number, &form).await?;
    if !taken.errors.is_empty() {
        taken.tell(&mut form);
        let errors = form.errors().to_vec();
        let correct = Correct::of(&casework, &shell, &ctx, &opened, Some(&form), &errors);
        return Ok(Html::invalid(correct).into_response());
    }
    if form.text("action") == "save" {
        return Ok(redirect_303(format!("/cases/{}/correct?saved=1", opened.number())));
    }
    let case = opened.case.id;
    let hand_in = move |casework: &Casework, tx: &mut Tx<'_>, ctx: &Ctx| casework.supplement(tx, ctx, case);
    match command(&casework, &ctx, "case.supplement", hand_in).await {
        Ok(_) => Ok(redirect_303(done)),
        Err(CaseworkError::Incomplete(missing)) => {
            let opened = open(&casework, &ctx, &number, Act::FillIn).await?;
            let errors: Vec<FieldError> = missing.iter().map(|m| lead_to(&opened, m)).collect();
            Ok(Html::invalid(Correct::of(&casework, &shell, &ctx, &opened, None, &errors)).into_response())
        }
        Err(error) => Err(refused(error, opened.number())),
    }
}

/// Keeps what is being typed: a file taken away, a closed browser or an empty battery costs nothing.
pub(super) async fn autosave(
    State(casework): State<Casework>,
    citizen: CitizenOnly,
    Path(number): Path<String>,
    form: Form,
) -> Result<Response, WebError> {
    let ctx = ctx_of(&casework, &citizen.actor);
    let opened = open(&casework, &ctx, &number, Act::FillIn).await?;
    if opened.case.state != CaseState::Correcting {
        let stale = WebError::conflict("补正已经提交，不能再改填写的内容。");
        return Err(stale.next(format!("/cases/{}", opened.number()), "查看这份办件"));
    }
    keep_taken(&casework, &ctx, &number, &form).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Reads what was posted and keeps what is sound of it, in one unit of work.
async fn keep_taken(casework: &Casework, ctx: &Ctx, number: &str, form: &Form) -> Result<Taken, WebError> {
    let (number, form) = (stored(number)?, Arc::new(form.clone()));
    let own = number.clone();
    let save = move |casework: &Casework, tx: &mut Tx<'_>, ctx: &Ctx| -> crate::Result<Taken> {
        let opened = Opened::read(casework, tx, ctx, &own, (Act::FillIn, false))?;
        let taken = taken(&opened, &form);
        keep(casework, tx, ctx, &opened, &taken)?;
        Ok(taken)
    };
    command(casework, ctx, "case.answer", save).await.map_err(|error| refused(error, &number))
}

/// What was asked for of what was posted.
fn taken(opened: &Opened, form: &FormState) -> Taken {
    let specs: Vec<Spec> = wanted(opened).into_iter().map(|(spec, _)| spec.clone()).collect();
    take(&specs, &opened.facts, form, |spec, facts| applies(opened, spec, facts))
}

/// The page again, with what was wrong with an upload.
pub(super) fn with_problem(
    shell: &Shell,
    casework: &Casework,
    ctx: &Ctx,
    opened: &Opened,
    (slot, message): (&str, &str),
) -> Result<Response, WebError> {
    let errors = [FieldError::new(box_name(slot), message)];
    Ok(Html::invalid(Correct::of(casework, shell, ctx, opened, None, &errors)).into_response())
}

/// What is missing, as a link to the place where it is given.
fn lead_to(opened: &Opened, missing: &str) -> FieldError {
    let named = |name: &str| missing.contains(&format!("“{name}”"));
    let material =
        items(opened).iter().find(|i| named(&i.name)).and_then(|i| i.target.strip_prefix("material:"));
    let field =
        || wanted(opened).into_iter().find(|(spec, _)| named(&spec.label)).map(|(spec, _)| spec.id.clone());
    let place = material.map(box_name).or_else(field).unwrap_or_else(|| "correct".into());
    FieldError::new(place, sentence(missing.to_string()))
}

pub(in crate::pages) fn items(opened: &Opened) -> &[CorrectionItem] {
    opened.case.correction.as_ref().map(|c| c.items.as_slice()).unwrap_or_default()
}

/// The fields to change: those asked for, then those that a changed answer newly asks.
pub(in crate::pages) fn wanted(opened: &Opened) -> Vec<(&Spec, String)> {
    let asked = items(opened).iter().filter_map(|item| {
        let id = item.target.strip_prefix("field:")?;
        Some((opened.version.field(id)?, item.reason.clone()))
    });
    let mut wanted: Vec<(&Spec, String)> =
        asked.filter(|(spec, _)| applies(opened, spec, &opened.facts)).collect();
    for (_, spec) in opened.version.unanswered(&opened.settled) {
        if !wanted.iter().any(|(known, _)| known.id == spec.id) {
            wanted.push((spec, "按您修改后的内容，还需要填写这一项。".into()));
        }
    }
    wanted
}

pub(in crate::pages) fn applies(opened: &Opened, spec: &Spec, facts: &Facts) -> bool {
    let version = &opened.version;
    version.pages(facts).iter().any(|page| version.fields(&page.id, facts).iter().any(|f| f.id == spec.id))
}

impl Correct {
    fn of(
        casework: &Casework,
        shell: &Shell,
        ctx: &Ctx,
        opened: &Opened,
        typed: Option<&FormState>,
        errors: &[FieldError],
    ) -> Correct {
        let (case, nonce) = (&opened.case, ctx.token());
        let problem =
            |slot: &str| errors.iter().find(|e| e.field == box_name(slot)).map(|e| e.message.as_str());
        let materials = items(opened).iter().filter_map(|item| {
            let slot = item.target.strip_prefix("material:")?;
            let material = opened.material(slot)?;
            let action = format!("{}/materials/{slot}", opened.apply_path());
            let row = material_row(opened, material, &action, &nonce, problem(slot));
            // The reason stays in sight when the new file is there.
            let answered = material.state != MaterialState::Rejected;
            let row = if answered { row.note(format!("要补正的原因：{}", item.reason)) } else { row };
            Some((slot.to_string(), row))
        });
        let field = |(spec, reason): (&Spec, String)| {
            let field = match typed {
                Some(form) => control_from(spec, &opened.facts, form),
                None => control(spec, &opened.facts),
            };
            Wanted { reason, field }
        };
        let number = opened.number();
        let page =
            shell.citizen("补正").section("my").back(format!("/cases/{number}"), "办件详情").errors(errors);
        Correct {
            page,
            service: opened.service().name.clone(),
            number: grouped(number),
            clock: case_clock(casework, case, ctx.now),
            issued: case.correction.as_ref().map(|c| moment(c.issued_at, ctx.now)).unwrap_or_default(),
            count: items(opened).len(),
            materials: materials.collect(),
            fields: wanted(opened).into_iter().map(field).collect(),
            action: format!("/cases/{number}/correct"),
            nonce,
        }
    }
}
