//! Typing another policy, seeing what it would do, and proposing it.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use yimen_policy::Policy;
use yimen_web::{
    Button, Field, FieldError, Form, FormState, Html, Notice, Page, Shell, WebError, redirect_303,
};

use super::panel::{Line, Panel, lines};
use super::words;
use crate::pages::admin::{page_of, proof_field, security};
use crate::pages::sign_in::{blame, told};
use crate::policy::{tidied, told as mistakes_told};
use crate::{Identity, IdentityError, Session, SignedIn};

/// Longest text that is taken; the fields of a form have a limit of their own.
const MOST: usize = 12_000;
const REASON: u32 = 200;

#[derive(Template)]
#[template(path = "identity/admin/policy_edit.html")]
struct EditPage {
    page: Page,
    words: Vec<(&'static str, String)>,
    text: Field,
    preview: Button,
    /// Of what was typed, where something is wrong with it.
    lines: Vec<Line>,
}

#[derive(Template)]
#[template(path = "identity/admin/policy_preview.html")]
struct PreviewPage {
    page: Page,
    panel: Panel,
    base: i64,
    text: String,
    reason: Field,
    proof: Option<Field>,
    submit: Button,
    back: Button,
}

#[derive(Debug, Default, Deserialize)]
pub(in crate::pages::admin) struct Draft {
    version: Option<i64>,
}

fn edit_shell(shell: &Shell) -> Page {
    page_of(shell, "修改权限规则").section("policy").back("/admin/policy", "权限规则")
}

fn edit_view(page: Page, text: &str, form: &FormState, lines: Vec<Line>) -> EditPage {
    let field = Field::textarea("text", "权限规则")
        .hint("一行一项：身份 范围 事项。“#”后面是说明。没有写明的一律不允许")
        .rows(18);
    let field = if form.has("text") { field.from(form) } else { field.value(text) };
    EditPage { page, words: words(), text: field, preview: Button::primary("预览影响"), lines }
}

pub(in crate::pages::admin) async fn edit_page(
    State(identity): State<Identity>,
    shell: Shell,
    SignedIn { actor, .. }: SignedIn,
    Query(draft): Query<Draft>,
) -> Result<Response, WebError> {
    security(&actor)?;
    let reading = identity.clone();
    let read = move |q: &mut yimen_store::Read<'_>| -> Result<_, IdentityError> {
        match draft.version {
            Some(version) => reading.policy_version(q, version),
            None => reading.newest_policy(q),
        }
    };
    let text = identity.platform().store.read(read).await?.text;
    Ok(Html::ok(edit_view(edit_shell(&shell), &text, &FormState::new(), Vec::new())).into_response())
}

/// What was typed, and the policy it reads as; or the page that says what is wrong with it.
fn read_text(shell: &Shell, form: &mut Form) -> Result<(String, Policy), Box<Response>> {
    let text = tidied(form.raw("text"));
    let mut found = Vec::new();
    let policy = match Policy::for_city(&text) {
        _ if text.len() > MOST => {
            form.error("text", format!("最多 {MOST} 字节（约 {} 个汉字），请缩短说明。", MOST / 3));
            None
        }
        Ok(policy) => Some(policy),
        Err(mistakes) => {
            for FieldError { field, message } in mistakes_told(&mistakes) {
                form.error(field, message);
            }
            found = lines(&text, None, &mistakes);
            None
        }
    };
    if let Some(policy) = policy {
        return Ok((text, policy));
    }
    let page = edit_shell(shell).errors_of(form);
    let view = edit_view(page, &text, form, found);
    Err(Box::new(WebError::invalid(form.errors()).shown_as(Html::ok(view))))
}

async fn preview_view(
    identity: &Identity,
    page: Page,
    session: &Session,
    (text, next): (String, Policy),
    form: &FormState,
) -> Result<PreviewPage, WebError> {
    let reading = identity.clone();
    let read = move |q: &mut yimen_store::Read<'_>| -> Result<_, IdentityError> {
        let now = reading.newest_policy(q)?;
        Ok((reading.effect_of(q, &now.policy(), &next)?, now))
    };
    let (effect, now) = identity.platform().store.read(read).await?;
    let mut panel = Panel::of(&effect, &text, &now.text);
    if now.text == text {
        panel.notices.insert(0, Notice::info("和现行规则完全一样，没有可以提出的修改"));
    }
    Ok(PreviewPage {
        page,
        panel,
        base: now.version,
        text,
        reason: Field::textarea("reason", "修改的理由").hint("批准的人会看到").rows(3).max(REASON).from(form),
        proof: proof_field(identity, session, form),
        submit: Button::primary("提出修改"),
        back: Button::secondary("返回修改原文"),
    })
}

fn preview_shell(shell: &Shell) -> Page {
    page_of(shell, "预览权限规则的修改").section("policy").back("/admin/policy", "权限规则")
}

pub(in crate::pages::admin) async fn preview(
    State(identity): State<Identity>,
    shell: Shell,
    SignedIn { actor, session }: SignedIn,
    mut form: Form,
) -> Result<Response, WebError> {
    security(&actor)?;
    if form.yes("again") {
        let text = tidied(form.raw("text"));
        return Ok(Html::ok(edit_view(edit_shell(&shell), &text, &form, Vec::new())).into_response());
    }
    let read = match read_text(&shell, &mut form) {
        Ok(read) => read,
        Err(page) => return Ok(*page),
    };
    let view = preview_view(&identity, preview_shell(&shell), &session, read, &FormState::new()).await?;
    Ok(Html::ok(view).into_response())
}

pub(in crate::pages::admin) async fn propose(
    State(identity): State<Identity>,
    shell: Shell,
    SignedIn { actor, session }: SignedIn,
    mut form: Form,
) -> Result<Response, WebError> {
    security(&actor)?;
    let (text, policy) = match read_text(&shell, &mut form) {
        Ok(read) => read,
        Err(page) => return Ok(*page),
    };
    form.require("reason", "请填写修改的理由");
    if form.text("reason").chars().count() > REASON as usize {
        form.error("reason", format!("理由最多{REASON}个字，请缩短"));
    }
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    let mut page = preview_shell(&shell);
    if form.is_valid() {
        let ctx = identity.ctx(actor);
        // Whatever stands there that is no number is no version that was looked at.
        let base = form.text("base").parse().unwrap_or(-1);
        let done = async {
            identity.step_up(&ctx, &session, form.text("code")).await?;
            identity.propose_policy(&ctx, base, &text, form.text("reason")).await
        };
        match done.await {
            Ok(_) => return Ok(redirect_303("/admin/policy?done=proposed")),
            Err(IdentityError::PolicyMoved) => {
                status = StatusCode::CONFLICT;
                let notice = Notice::problem("预览以后权限规则已经改过，没有提出");
                page = page.notice(notice.text("下面是按现行规则重新预览的结果。请核对以后再提出。"));
            }
            Err(error) => status = blame(&mut form, error, "code")?.0,
        }
        form.set("code", "");
    }
    let page = page.errors_of(&form);
    let view = preview_view(&identity, page, &session, (text, policy), &form).await?;
    let error = match status {
        StatusCode::CONFLICT => WebError::conflict("预览以后权限规则已经改过，没有提出。请重新预览。"),
        status => told(status, &form),
    };
    Ok(error.shown_as(Html::ok(view)))
}
