//! Another phone: typed, proven by a code, in force.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use yimen_web::{Button, Field, Form, FormState, Html, Page, Shell, WebError, redirect_303};

use super::code::{Sent, SentCodePage, asked, away, half, phone_field, sent_view, wrong};
use super::sign_in::{Back, Peer, device, told, with_cookie};
use crate::cookie::{self, Kind};
use crate::{CitizenOnly, Identity, IdentityError, Purpose};

#[derive(Template)]
#[template(path = "identity/phone.html")]
struct PhonePage {
    page: Page,
    phone: Field,
    submit: Button,
}

const TAKEN: &str = "这个手机号码已用于另一个账户。号码是您本人的，请带身份证到政务服务窗口处理";

fn view(page: Page, form: &FormState) -> PhonePage {
    PhonePage {
        page, phone: phone_field("新的手机号码", form), submit: Button::primary("获取验证码")
    }
}

fn title(shell: &Shell) -> Page {
    shell.citizen("更换手机号码").back("/me/sessions", "登录记录")
}

pub(super) async fn page(
    State(identity): State<Identity>,
    shell: Shell,
    _: CitizenOnly,
    Query(back): Query<Back>,
) -> Result<Response, WebError> {
    identity.messages()?;
    let page = away(&identity, back.notice(title(&shell)));
    Ok(Html::ok(view(page, &FormState::new())).into_response())
}

pub(super) async fn ask(
    State(identity): State<Identity>,
    shell: Shell,
    citizen: CitizenOnly,
    headers: HeaderMap,
    peer: Peer,
    mut form: Form,
) -> Result<Response, WebError> {
    let device = device(&identity, &headers, &peer);
    let token = identity.ask_for_phone(&identity.ctx(citizen.actor), form.text("phone"), &device).await;
    asked(&identity, &mut form, token, "/me/phone/code", |form| {
        Html::ok(view(title(&shell).errors_of(form), form)).into_response()
    })
}

fn code_view(view: SentCodePage) -> SentCodePage {
    SentCodePage { submit: Button::primary("更换手机号码"), ..view }
}

pub(super) async fn code_page(
    State(identity): State<Identity>,
    shell: Shell,
    _: CitizenOnly,
    headers: HeaderMap,
    Query(sent): Query<Sent>,
) -> Result<Response, WebError> {
    Ok(match half(&identity, &headers, Purpose::Phone, "").await? {
        Ok((_, asked)) => {
            let view = sent_view(&identity, &shell, &asked, (String::new(), &sent), &FormState::new());
            Html::ok(code_view(view)).into_response()
        }
        Err(elsewhere) => elsewhere,
    })
}

pub(super) async fn enter(
    State(identity): State<Identity>,
    shell: Shell,
    citizen: CitizenOnly,
    headers: HeaderMap,
    peer: Peer,
    mut form: Form,
) -> Result<Response, WebError> {
    let (token, asked) = match half(&identity, &headers, Purpose::Phone, "").await? {
        Ok(half) => half,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let again = |form: &Form| {
        let view = sent_view(&identity, &shell, &asked, (String::new(), &Sent::default()), form);
        Html::ok(code_view(view)).into_response()
    };
    if !form.require("code", "请填写短信验证码") {
        return Ok(told(StatusCode::UNPROCESSABLE_ENTITY, &form).shown_as(again(&form)));
    }
    let ctx = identity.ctx(citizen.actor);
    match identity.change_phone(&ctx, &token, form.text("code"), &device(&identity, &headers, &peer)).await {
        Ok(()) => {
            let clear = cookie::clear(Kind::Step, identity.settings().secure);
            Ok(with_cookie(redirect_303("/me/sessions?phone=changed"), clear))
        }
        Err(IdentityError::NotHere | IdentityError::LoginTaken) => {
            form.error("code", TAKEN);
            Ok(told(StatusCode::UNPROCESSABLE_ENTITY, &form).shown_as(again(&form)))
        }
        Err(error) => wrong(&identity, &mut form, error, again),
    }
}
