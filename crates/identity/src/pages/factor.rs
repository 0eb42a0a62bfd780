//! One's own second factor: whether it is set up, and new recovery codes.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use yimen_web::{Button, Field, Form, FormState, Html, Notice, Page, Shell, WebError, Width};

use super::sign_in::{blame, told, with_wait};
use super::steps::RecoveryPage;
use crate::{Identity, IdentityError, OwnFactor, SignedIn};

#[derive(Template)]
#[template(path = "identity/factor.html")]
pub(super) struct FactorPage {
    page: Page,
    own: OwnFactor,
    code: Field,
    submit: Button,
}

async fn view(
    identity: &Identity,
    page: Page,
    account: i64,
    form: &FormState,
) -> Result<FactorPage, WebError> {
    let reading = identity.clone();
    let read = move |q: &mut yimen_store::Read<'_>| -> Result<OwnFactor, IdentityError> {
        reading.own_factor(q, account)
    };
    let own = identity.platform().store.read(read).await?;
    let code = Field::text("code", "验证码")
        .hint("动态口令应用里现在显示的6位数字")
        .autocomplete("one-time-code")
        .width(Width::M)
        .from(form);
    Ok(FactorPage { page, own, code, submit: Button::primary("换一组新的恢复码") })
}

fn shell_page(shell: &Shell) -> Page {
    shell.citizen("动态口令").back("/me/sessions", "登录记录")
}

pub(super) async fn page(
    State(identity): State<Identity>,
    shell: Shell,
    SignedIn { session, .. }: SignedIn,
) -> Result<Response, WebError> {
    let view = view(&identity, shell_page(&shell), session.account, &FormState::new()).await?;
    Ok(Html::ok(view).into_response())
}

pub(super) async fn renew(
    State(identity): State<Identity>,
    shell: Shell,
    SignedIn { actor, session }: SignedIn,
    mut form: Form,
) -> Result<Response, WebError> {
    let (mut status, mut wait) = (StatusCode::UNPROCESSABLE_ENTITY, None);
    if form.require("code", "请填写验证码") {
        match identity.renew_recovery(&identity.ctx(actor), form.text("code")).await {
            Ok(codes) => {
                let page =
                    shell.citizen("保存恢复码").notice(Notice::success("新的恢复码已生成，原来的不能再用"));
                let view = RecoveryPage { page, codes, to: "/me/factor".into(), go_on: "已保存，返回" };
                return Ok(Html::ok(view).into_response());
            }
            Err(error) => {
                let (with, error) = blame(&mut form, error, "code")?;
                form.set("code", "");
                status = with;
                wait = Some(error);
            }
        }
    }
    let page = shell_page(&shell).errors_of(&form);
    let page = view(&identity, page, session.account, &form).await?;
    let page = told(status, &form).shown_as(Html::ok(page));
    Ok(match wait {
        Some(error) => with_wait(&identity, page, &error),
        None => page,
    })
}
