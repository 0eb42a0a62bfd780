//! Making an account: name, resident ID, phone, then the code, then in.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use yimen_platform::Actor;
use yimen_web::{Button, Field, Form, FormState, Html, Page, Shell, WebError, Width, redirect_303};

use super::code::{Sent, SentCodePage, asked, away, half, number_field, phone_field, sent_view, wrong};
use super::sign_in::{Back, Peer, destination, device, told, with_session};
use crate::next::step_path;
use crate::password_rule::Whose;
use crate::{AskedCode, Caller, Identity, IdentityError, Purpose, local_path};

#[derive(Template)]
#[template(path = "identity/register.html")]
struct RegisterPage {
    page: Page,
    next: String,
    name: Field,
    number: Field,
    phone: Field,
    submit: Button,
}

const NOT_HERE: &str = "不能用填写的信息注册：这个身份证号码或手机号码可能已有账户，或者登记的姓名、手机号码与填写的不同。请用已有的账户登录，或带身份证到政务服务窗口办理";

fn view(page: Page, next: String, form: &FormState) -> RegisterPage {
    let name =
        Field::text("name", "姓名").hint("与身份证上的一致").autocomplete("name").width(Width::M).from(form);
    let (number, phone) = (number_field(form), phone_field("手机号码", form));
    RegisterPage { page, next, name, number, phone, submit: Button::primary("获取验证码") }
}

fn title(shell: &Shell, next: &str) -> Page {
    shell.citizen("注册账户").back(step_path("/sign-in", next), "登录")
}

fn open(identity: &Identity) -> Result<(), WebError> {
    match identity.settings().registers {
        true => Ok(()),
        false => {
            Err(WebError::forbidden("现在不能在网上注册账户。请带身份证到办事大厅，由窗口人员为您建立账户。"))
        }
    }
}

pub(super) async fn page(
    State(identity): State<Identity>,
    shell: Shell,
    Caller(actor): Caller,
    Query(back): Query<Back>,
) -> Result<Response, WebError> {
    open(&identity)?;
    let next = back.path();
    if actor != Actor::Anyone {
        return Ok(redirect_303(destination(&identity, &next, &actor)));
    }
    identity.messages()?;
    let page = away(&identity, back.notice(title(&shell, &next)));
    Ok(Html::ok(view(page, next, &FormState::new())).into_response())
}

pub(super) async fn ask(
    State(identity): State<Identity>,
    shell: Shell,
    headers: HeaderMap,
    peer: Peer,
    mut form: Form,
) -> Result<Response, WebError> {
    open(&identity)?;
    let next = local_path(form.text("next")).unwrap_or_default().to_owned();
    let device = device(&identity, &headers, &peer);
    let (name, phone, number) = (form.text("name"), form.text("phone"), form.text("number"));
    let token = identity.ask_to_register(name, phone, number, &device).await;
    let to = step_path("/register/code", &next);
    asked(&identity, &mut form, token, &to, |form| {
        let page = title(&shell, &next).errors_of(form);
        Html::ok(view(page, next, form)).into_response()
    })
}

fn code_view(
    identity: &Identity,
    shell: &Shell,
    asked: &AskedCode,
    next: (String, &Sent),
    form: &FormState,
) -> SentCodePage {
    let view = sent_view(identity, shell, asked, next, form);
    let password = Field::password("new", "设置密码")
        .hint(format!("不设置也可以，以后用验证码登录。{}", Whose::anyone().hint()))
        .autocomplete("new-password")
        .optional()
        .width(Width::M)
        .from(form);
    SentCodePage { more: Some(password), submit: Button::primary("注册并登录"), ..view }
}

pub(super) async fn code_page(
    State(identity): State<Identity>,
    shell: Shell,
    headers: HeaderMap,
    Query(sent): Query<Sent>,
) -> Result<Response, WebError> {
    open(&identity)?;
    let next = sent.next();
    Ok(match half(&identity, &headers, Purpose::Register, &next).await? {
        Ok((_, asked)) => {
            let view = code_view(&identity, &shell, &asked, (next, &sent), &FormState::new());
            Html::ok(view).into_response()
        }
        Err(elsewhere) => elsewhere,
    })
}

pub(super) async fn enter(
    State(identity): State<Identity>,
    shell: Shell,
    headers: HeaderMap,
    peer: Peer,
    mut form: Form,
) -> Result<Response, WebError> {
    open(&identity)?;
    let next = local_path(form.text("next")).unwrap_or_default().to_owned();
    let (token, asked) = match half(&identity, &headers, Purpose::Register, &next).await? {
        Ok(half) => half,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let again = |form: &Form| {
        let view = code_view(&identity, &shell, &asked, (next.clone(), &Sent::default()), form);
        Html::ok(view).into_response()
    };
    if !form.require("code", "请填写短信验证码") {
        return Ok(told(StatusCode::UNPROCESSABLE_ENTITY, &form).shown_as(again(&form)));
    }
    let device = device(&identity, &headers, &peer);
    match identity.register(&token, form.text("code"), form.raw("new"), device).await {
        Ok(started) => {
            let to = destination(&identity, &next, &started.actor);
            Ok(with_session(&identity, redirect_303(to), &started))
        }
        Err(IdentityError::NotHere | IdentityError::LoginTaken) => {
            form.error("code", NOT_HERE);
            Ok(told(StatusCode::UNPROCESSABLE_ENTITY, &form).shown_as(again(&form)))
        }
        Err(error) => wrong(&identity, &mut form, error, again),
    }
}
