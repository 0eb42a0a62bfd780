//! One form page: prefilled, saved whole by the button and, with script, while it is typed.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use yimen_catalogue::{Fact, Facts};
use yimen_identity::CitizenOnly;
use yimen_platform::Ctx;
use yimen_store::Tx;
use yimen_web::{Field, Form, Html, Notice, Page, Shell, WebError, redirect_303};

use super::flow::Step;
use super::opened::{Opened, open_with_record, refused, stored};
use super::{Posted, Return, next_path};
use crate::Casework;
use crate::pages::fields::{Taken, control_for, control_from, take_page};
use crate::pages::{command, ctx_of};
use crate::policy::Act;
use crate::rules::Refusal;

#[derive(Template)]
#[template(path = "casework/citizen/form.html")]
struct FormPage {
    page: Page,
    caption: String,
    action: String,
    autosave: String,
    nonce: String,
    fields: Vec<Field>,
    later: String,
}

pub(super) async fn page(
    State(casework): State<Casework>,
    shell: Shell,
    citizen: CitizenOnly,
    Path((number, id)): Path<(String, String)>,
    Query(back): Query<Return>,
) -> Result<Response, WebError> {
    let ctx = ctx_of(&casework, &citizen.actor);
    let opened = open_with_record(&casework, &ctx, &number, Act::See).await?;
    if let Some(elsewhere) = opened.elsewhere() {
        return Ok(redirect_303(elsewhere));
    }
    if !opened.flow().has(&step(&id)) {
        return Ok(redirect_303(opened.apply_path()));
    }
    let specs = opened.version.fields(&id, &opened.settled);
    let fields =
        specs.into_iter().map(|spec| control_for(spec, &opened.facts, opened.own.as_ref())).collect();
    let mut page = titled(&shell, &opened, &id, &back);
    if back.has_more() {
        page = page.notice(Notice::info("已保存。按您的回答，这一页还有几项要填"));
    }
    Ok(Html::ok(FormPage::of(page, &opened, &id, &back, fields, ctx.token())).into_response())
}

/// Reads and keeps a page in one unit of work: nothing can come between.
pub(super) async fn save(
    State(casework): State<Casework>,
    shell: Shell,
    citizen: CitizenOnly,
    Path((number, id)): Path<(String, String)>,
    Query(back): Query<Return>,
    form: Form,
) -> Result<Response, WebError> {
    let (ctx, number) = (ctx_of(&casework, &citizen.actor), stored(&number)?);
    let posted = Arc::new((number, id, back, form));
    let sent = posted.clone();
    type Read = (Opened, Taken);
    let save = move |casework: &Casework, tx: &mut Tx<'_>, ctx: &Ctx| -> crate::Result<Posted<Read, Read>> {
        let (number, id, back, form) = &*sent;
        let opened = Opened::read(casework, tx, ctx, number, (Act::FillIn, false))?;
        opened.must_be_draft()?;
        opened.version.page(id).ok_or(Refusal::NoSuchPage)?;
        if !opened.asks_page(id) {
            return Ok(Posted::Onward(opened.apply_path()));
        }
        let taken = take_page(&opened.version, id, &opened.facts, form);
        // What is sound is kept, whatever else is wrong with the page.
        keep(casework, tx, ctx, &opened, &taken)?;
        Ok(match (taken.errors.is_empty(), taken.newly) {
            (false, _) => Posted::Wrong(Box::new((opened, taken))),
            (true, 0) => Posted::Kept(Box::new((opened, taken))),
            (true, _) => Posted::Onward(back.more(&step(id).path(opened.number()))),
        })
    };
    let saved = command(&casework, &ctx, "case.answer", save).await;
    let (number, id, back, mut form) = Arc::unwrap_or_clone(posted);
    match saved.map_err(|error| refused(error, &number))? {
        Posted::Kept(kept) => {
            let (opened, taken) = *kept;
            Ok(redirect_303(next_path(&opened.answered(taken.facts, &taken.cleared), &step(&id), &back)))
        }
        Posted::Onward(path) => Ok(redirect_303(path)),
        Posted::Wrong(wrong) => {
            let (opened, taken) = *wrong;
            taken.tell(&mut form);
            let mut facts = opened.facts.clone();
            facts.extend(taken.facts);
            let specs = opened.version.fields(&id, &facts);
            let fields = specs.into_iter().map(|spec| control_from(spec, &facts, &form)).collect();
            let page = titled(&shell, &opened, &id, &back).errors_of(&form);
            Ok(Html::invalid(FormPage::of(page, &opened, &id, &back, fields, ctx.token())).into_response())
        }
    }
}

/// Keeps what is sound of a page that is still being typed; says nothing about the rest.
pub(super) async fn autosave(
    State(casework): State<Casework>,
    citizen: CitizenOnly,
    Path((number, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    let (ctx, number) = (ctx_of(&casework, &citizen.actor), stored(&number)?);
    let (form, own) = (Arc::new(form), number.clone());
    let save = move |casework: &Casework, tx: &mut Tx<'_>, ctx: &Ctx| -> crate::Result<()> {
        let opened = Opened::read(casework, tx, ctx, &own, (Act::FillIn, false))?;
        opened.must_be_draft()?;
        opened.version.page(&id).ok_or(Refusal::NoSuchPage)?;
        keep(casework, tx, ctx, &opened, &take_page(&opened.version, &id, &opened.facts, &form))
    };
    command(&casework, &ctx, "case.answer", save).await.map_err(|error| refused(error, &number))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Writes what changed; a page sent again as it was changes nothing.
pub(super) fn keep(
    casework: &Casework,
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    opened: &Opened,
    taken: &Taken,
) -> crate::Result<()> {
    let fresh = |(id, fact): &(&String, &Fact)| opened.facts.get(*id) != Some(*fact);
    let answers: Facts =
        taken.facts.iter().filter(fresh).map(|(id, fact)| (id.clone(), fact.clone())).collect();
    let cleared: Vec<String> =
        taken.cleared.iter().filter(|id| opened.facts.contains_key(*id)).cloned().collect();
    match answers.is_empty() && cleared.is_empty() {
        true => Ok(()),
        false => casework.keep_answers(tx, ctx, opened, &answers, &cleared),
    }
}

fn step(id: &str) -> Step {
    Step::Page(id.to_string())
}

fn titled(shell: &Shell, opened: &Opened, id: &str, back: &Return) -> Page {
    let title = opened.version.page(id).map(|p| p.title.as_str()).unwrap_or_default();
    let (href, text) = back.back_link(opened, &step(id));
    shell.citizen(title).section("my").back(href, text)
}

impl FormPage {
    fn of(
        page: Page,
        opened: &Opened,
        id: &str,
        back: &Return,
        fields: Vec<Field>,
        nonce: String,
    ) -> FormPage {
        let path = step(id).path(opened.number());
        let (nth, all) = opened.flow().place(&step(id));
        FormPage {
            page,
            caption: format!("填写信息 第 {nth} 页，共 {all} 页"),
            action: back.carry(&path),
            autosave: format!("{path}/save"),
            nonce,
            fields,
            later: opened.apply_path(),
        }
    }
}
