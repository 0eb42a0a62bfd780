//! Signing in beyond the password: the code, and setting up the app that makes it.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use yimen_web::{Button, Field, Form, FormState, Html, Notice, Page, Shell, WebError, Width, redirect_303};

use super::sign_in::{
    Back, Peer, blame, destination, device, go, stage_path, told, with_cookie, with_session, with_wait,
};
use crate::cookie::{self, Kind};
use crate::{Due, Entered, Identity, IdentityError, SetUp, Stage, Token, local_path};

#[derive(Template)]
#[template(path = "identity/code.html")]
pub(super) struct CodePage {
    page: Page,
    next: String,
    code: Field,
    submit: Button,
}

#[derive(Template)]
#[template(path = "identity/set_up.html")]
pub(super) struct SetUpPage {
    page: Page,
    next: String,
    set_up: SetUp,
    code: Field,
    submit: Button,
}

#[derive(Template)]
#[template(path = "identity/due.html")]
pub(super) struct DuePage {
    page: Page,
    next: String,
    why: String,
    new: Field,
    submit: Button,
}

#[derive(Template)]
#[template(path = "identity/recovery.html")]
pub(super) struct RecoveryPage {
    pub page: Page,
    pub codes: Vec<String>,
    pub to: String,
    pub go_on: &'static str,
}

fn code_field(hint: &str, form: &FormState) -> Field {
    // Apps and browsers fill it in themselves when they know what it is.
    Field::text("code", "验证码").hint(hint).autocomplete("one-time-code").width(Width::M).from(form)
}

fn code_view(page: Page, next: String, form: &FormState) -> CodePage {
    let hint = "动态口令应用里现在显示的6位数字。手机不在身边时，填一个没有用过的恢复码";
    CodePage { page, next, code: code_field(hint, form), submit: Button::primary("登录") }
}

/// The half done sign-in of a request, if what it asks is `wanted`; else the page to go to.
async fn half(
    identity: &Identity,
    headers: &HeaderMap,
    wanted: Stage,
    next: &str,
) -> Result<Result<Token, Response>, WebError> {
    let Some(token) = cookie::token_of(Kind::Step, headers, identity.settings().secure) else {
        return Ok(Err(begin_again(identity, next)));
    };
    match identity.stage(&token).await {
        Ok(stage) if stage == wanted => Ok(Ok(token)),
        Ok(stage) => Ok(Err(redirect_303(stage_path(stage, next)))),
        Err(IdentityError::SignInGone) => Ok(Err(begin_again(identity, next))),
        Err(error) => Err(error.into()),
    }
}

/// Whoever is signed in meanwhile is led on from there.
fn begin_again(identity: &Identity, next: &str) -> Response {
    let path = crate::sign_in_path(next);
    let mark = if path.contains('?') { '&' } else { '?' };
    let clear = cookie::clear(Kind::Step, identity.settings().secure);
    with_cookie(redirect_303(format!("{path}{mark}again=1")), clear)
}

pub(super) async fn code_page(
    State(identity): State<Identity>,
    shell: Shell,
    headers: HeaderMap,
    Query(back): Query<Back>,
) -> Result<Response, WebError> {
    let next = back.path();
    Ok(match half(&identity, &headers, Stage::Code, &next).await? {
        Ok(_) => Html::ok(code_view(title(&shell, Stage::Code), next, &FormState::new())).into_response(),
        Err(elsewhere) => elsewhere,
    })
}

fn title(shell: &Shell, stage: Stage) -> Page {
    match stage {
        Stage::Code => shell.citizen("填写验证码"),
        Stage::Enrol => shell.citizen("设置动态口令"),
        Stage::Password => shell.citizen("设置新密码"),
    }
    .back("/sign-in", "重新填写登录名和密码")
}

pub(super) async fn code(
    State(identity): State<Identity>,
    shell: Shell,
    headers: HeaderMap,
    peer: Peer,
    mut form: Form,
) -> Result<Response, WebError> {
    let next = local_path(form.text("next")).unwrap_or_default().to_owned();
    let token = match half(&identity, &headers, Stage::Code, &next).await? {
        Ok(token) => token,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let page = |status, form: &Form| {
        let page = title(&shell, Stage::Code).errors_of(form);
        told(status, form).shown_as(Html::ok(code_view(page, next.clone(), form)))
    };
    if !form.require("code", "请填写验证码") {
        return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &form));
    }
    match identity.answer_code(&token, form.text("code"), device(&identity, &headers, &peer)).await {
        Ok(entered) => Ok(go(&identity, entered, &next)),
        Err(IdentityError::SignInGone) => Ok(begin_again(&identity, &next)),
        Err(error) => {
            let (status, error) = blame(&mut form, error, "code")?;
            form.set("code", "");
            Ok(with_wait(&identity, page(status, &form), &error))
        }
    }
}

fn set_up_view(page: Page, next: String, set_up: SetUp, form: &FormState) -> SetUpPage {
    let code = code_field("应用里现在显示的6位数字", form);
    SetUpPage { page, next, set_up, code, submit: Button::primary("完成设置") }
}

pub(super) async fn set_up_page(
    State(identity): State<Identity>,
    shell: Shell,
    headers: HeaderMap,
    Query(back): Query<Back>,
) -> Result<Response, WebError> {
    let next = back.path();
    let token = match half(&identity, &headers, Stage::Enrol, &next).await? {
        Ok(token) => token,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let set_up = identity.set_up_shown(&token).await?;
    let page = title(&shell, Stage::Enrol);
    Ok(Html::ok(set_up_view(page, next, set_up, &FormState::new())).into_response())
}

pub(super) async fn set_up(
    State(identity): State<Identity>,
    shell: Shell,
    headers: HeaderMap,
    peer: Peer,
    mut form: Form,
) -> Result<Response, WebError> {
    let next = local_path(form.text("next")).unwrap_or_default().to_owned();
    let token = match half(&identity, &headers, Stage::Enrol, &next).await? {
        Ok(token) => token,
        Err(elsewhere) => return Ok(elsewhere),
    };
    if form.require("code", "请填写验证码") {
        let device = device(&identity, &headers, &peer);
        match identity.answer_set_up(&token, form.text("code"), device).await {
            Ok((codes, entered)) => return Ok(told_once(&identity, &shell, codes, entered, &next)),
            Err(IdentityError::SignInGone) => return Ok(begin_again(&identity, &next)),
            Err(error) => {
                blame(&mut form, error, "code")?;
                form.set("code", "");
            }
        }
    }
    let set_up = identity.set_up_shown(&token).await?;
    let page = title(&shell, Stage::Enrol).errors_of(&form);
    Ok(WebError::invalid(form.errors()).shown_as(Html::ok(set_up_view(page, next, set_up, &form))))
}

/// The recovery codes, once: the answer to the form itself, for nothing of them is kept.
fn told_once(
    identity: &Identity,
    shell: &Shell,
    codes: Vec<String>,
    entered: Entered,
    next: &str,
) -> Response {
    let page = shell.citizen("保存恢复码").notice(Notice::success("动态口令已设置"));
    let view = |to| Html::ok(RecoveryPage { page, codes, to, go_on: "已保存，继续" }).into_response();
    match entered {
        Entered::In(started) => {
            let to = destination(identity, next, &started.actor);
            with_session(identity, view(to), &started)
        }
        Entered::More { stage, .. } => view(stage_path(stage, next)),
    }
}

async fn due_view(
    identity: &Identity,
    page: Page,
    next: String,
    token: &Token,
    form: &FormState,
) -> Result<DuePage, IdentityError> {
    let (due, rule) = identity.password_due(token).await?;
    let why = match due {
        Due::SetByOther => "现在的密码是管理员设置的。请换成只有您自己知道的密码，再继续。".to_owned(),
        Due::TooOld => {
            let days = identity.settings().limits.password_days;
            format!("现在的密码已经使用了{days}天以上。请换一个新密码，再继续。")
        }
    };
    let new = Field::password("new", "新密码")
        .hint(format!("{rule}；不能与最近用过的5个相同"))
        .autocomplete("new-password")
        .width(Width::M)
        .from(form);
    Ok(DuePage { page, next, why, new, submit: Button::primary("保存并登录") })
}

pub(super) async fn due_page(
    State(identity): State<Identity>,
    shell: Shell,
    headers: HeaderMap,
    Query(back): Query<Back>,
) -> Result<Response, WebError> {
    let next = back.path();
    let token = match half(&identity, &headers, Stage::Password, &next).await? {
        Ok(token) => token,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let page = title(&shell, Stage::Password);
    Ok(Html::ok(due_view(&identity, page, next, &token, &FormState::new()).await?).into_response())
}

pub(super) async fn due(
    State(identity): State<Identity>,
    shell: Shell,
    headers: HeaderMap,
    peer: Peer,
    mut form: Form,
) -> Result<Response, WebError> {
    let next = local_path(form.text("next")).unwrap_or_default().to_owned();
    let token = match half(&identity, &headers, Stage::Password, &next).await? {
        Ok(token) => token,
        Err(elsewhere) => return Ok(elsewhere),
    };
    if form.raw("new").is_empty() {
        form.error("new", "请填写新密码");
    } else {
        let device = device(&identity, &headers, &peer);
        match identity.answer_password(&token, form.raw("new"), device).await {
            Ok(entered) => return Ok(go(&identity, entered, &next)),
            Err(IdentityError::SignInGone) => return Ok(begin_again(&identity, &next)),
            Err(error) => {
                blame(&mut form, error, "new")?;
            }
        }
    }
    let page = title(&shell, Stage::Password).errors_of(&form);
    let view = due_view(&identity, page, next, &token, &form).await?;
    Ok(WebError::invalid(form.errors()).shown_as(Html::ok(view)))
}
