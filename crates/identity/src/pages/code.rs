//! Signing in by a code sent to the phone, and what all pages that ask for such a code share.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use yimen_platform::Actor;
use yimen_web::{Button, Field, Form, FormState, Html, Notice, Page, Shell, WebError, Width, redirect_303};

use super::sign_in::{
    Back, Peer, SignInPage, blame, destination, device, told, with_cookie, with_session, with_wait,
};
use crate::cookie::{self, Kind};
use crate::next::step_path;
use crate::{AskedCode, Caller, Identity, IdentityError, Purpose, Token, local_path};

#[derive(Template)]
#[template(path = "identity/phone_sign_in.html")]
struct PhonePage {
    page: Page,
    next: String,
    ways: yimen_web::Tabs,
    number: Field,
    phone: Field,
    submit: Button,
    register: Option<String>,
}

#[derive(Template)]
#[template(path = "identity/sent_code.html")]
pub(super) struct SentCodePage {
    pub page: Page,
    pub next: String,
    /// Where the form goes.
    pub to: &'static str,
    pub masked_phone: String,
    pub code: Field,
    /// More that is asked with the code.
    pub more: Option<Field>,
    pub submit: Button,
    /// Where a visitor of the demo reads it.
    pub demo: String,
}

/// What became of asking for another code.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Sent {
    #[serde(default)]
    next: String,
    sent: Option<String>,
    /// Seconds to wait.
    wait: Option<u32>,
}

impl Sent {
    pub fn next(&self) -> String {
        local_path(&self.next).unwrap_or_default().to_owned()
    }
}

pub(super) fn number_field(form: &FormState) -> Field {
    Field::identifier("number", "身份证号码").hint("18位，最后一位可能是X").width(Width::M).from(form)
}

pub(super) fn phone_field(label: &str, form: &FormState) -> Field {
    Field::phone("phone", label).hint("能接收短信的手机号码").autocomplete("tel").width(Width::M).from(form)
}

fn view(identity: &Identity, page: Page, next: String, form: &FormState) -> PhonePage {
    let register = identity.settings().registers.then(|| step_path("/register", &next));
    let ways = SignInPage::ways(&next, "code");
    let (number, phone) = (number_field(form), phone_field("手机号码", form));
    PhonePage { page, ways, number, phone, submit: Button::primary("获取验证码"), register, next }
}

pub(super) async fn page(
    State(identity): State<Identity>,
    shell: Shell,
    Caller(actor): Caller,
    Query(back): Query<Back>,
) -> Result<Response, WebError> {
    let next = back.path();
    if actor != Actor::Anyone {
        return Ok(redirect_303(destination(&identity, &next, &actor)));
    }
    identity.messages()?;
    let page = away(&identity, back.notice(shell.citizen("登录")));
    Ok(Html::ok(view(&identity, page, next, &FormState::new())).into_response())
}

/// Says so while the gateway does not answer; of the gateway alone, so that it tells nothing of any number.
pub(super) fn away(identity: &Identity, page: Page) -> Page {
    if page.notice.is_some()
        || !identity.settings().messages.as_ref().is_some_and(yimen_messages::Messages::is_away)
    {
        return page;
    }
    let notice = Notice::warning("短信平台暂时连接不上");
    page.notice(
        notice.text("我们会继续尝试发送，验证码可能晚几分钟才到。也可以用密码登录，或到政务服务窗口办理。"),
    )
}

/// The answer to a code that was asked for: on to its page, or the form again.
pub(super) fn asked(
    identity: &Identity,
    form: &mut Form,
    asked: Result<Token, IdentityError>,
    to: &str,
    again: impl FnOnce(&Form) -> Response,
) -> Result<Response, WebError> {
    match asked {
        Ok(token) => {
            let secure = identity.settings().secure;
            Ok(with_cookie(redirect_303(to), cookie::set(Kind::Step, &token, secure)))
        }
        Err(error) => {
            let (status, error) = refused(form, error, "phone")?;
            let page = told(status, form).shown_as(again(form));
            Ok(waiting(identity, page, &error))
        }
    }
}

/// Writes what was wrong beside the fields; too often is 429 like a lock.
pub(super) fn refused(
    form: &mut Form,
    error: IdentityError,
    guessed: &str,
) -> Result<(StatusCode, IdentityError), WebError> {
    let too_soon = matches!(error, IdentityError::TooSoon { .. });
    let (status, error) = blame(form, error, guessed)?;
    Ok((if too_soon { StatusCode::TOO_MANY_REQUESTS } else { status }, error))
}

/// Says in the header, too, when it may be tried again.
pub(super) fn waiting(identity: &Identity, mut page: Response, error: &IdentityError) -> Response {
    if let IdentityError::TooSoon { until, now } = error {
        page.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds(until.0 - now.0)));
    }
    with_wait(identity, page, error)
}

fn seconds(ms: i64) -> i64 {
    ms.max(0) / 1000 + 1
}

pub(super) async fn ask(
    State(identity): State<Identity>,
    shell: Shell,
    headers: HeaderMap,
    peer: Peer,
    mut form: Form,
) -> Result<Response, WebError> {
    let next = local_path(form.text("next")).unwrap_or_default().to_owned();
    let device = device(&identity, &headers, &peer);
    let token = identity.ask_to_sign_in(form.text("phone"), form.text("number"), &device).await;
    let to = step_path("/sign-in/phone/code", &next);
    asked(&identity, &mut form, token, &to, |form| {
        Html::ok(view(&identity, shell.citizen("登录").errors_of(form), next, form)).into_response()
    })
}

/// The token of a code that is asked for this purpose; else the page to begin at.
pub(super) async fn half(
    identity: &Identity,
    headers: &HeaderMap,
    purpose: Purpose,
    next: &str,
) -> Result<Result<(Token, AskedCode), Response>, WebError> {
    let away = || {
        let path = step_path(beginning(purpose), next);
        let mark = if path.contains('?') { '&' } else { '?' };
        let clear = cookie::clear(Kind::Step, identity.settings().secure);
        with_cookie(redirect_303(format!("{path}{mark}again=1")), clear)
    };
    let Some(token) = cookie::token_of(Kind::Step, headers, identity.settings().secure) else {
        return Ok(Err(away()));
    };
    match identity.asked_code(&token).await {
        Ok(asked) if asked.purpose == purpose => Ok(Ok((token, asked))),
        Ok(_) | Err(IdentityError::SignInGone) => Ok(Err(away())),
        Err(error) => Err(error.into()),
    }
}

fn beginning(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::SignIn => "/sign-in/phone",
        Purpose::Register => "/register",
        Purpose::Phone => "/me/phone",
    }
}

fn answering(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::SignIn => "/sign-in/phone/code",
        Purpose::Register => "/register/code",
        Purpose::Phone => "/me/phone/code",
    }
}

pub(super) fn sent_view(
    identity: &Identity,
    shell: &Shell,
    asked: &AskedCode,
    (next, sent): (String, &Sent),
    form: &FormState,
) -> SentCodePage {
    let back = step_path(beginning(asked.purpose), &next);
    let page = shell.citizen("填写短信验证码").back(back, "重新填写").errors_of(form);
    let page = match (sent.wait, &sent.sent) {
        _ if page.has_error() => page,
        (Some(wait), _) => page.notice(Notice::warning(format!("请在{wait}秒后再获取验证码"))),
        (None, Some(_)) => page.notice(Notice::success("验证码已重新发送，以前的验证码已失效")),
        (None, None) => page,
    };
    let code = Field::text("code", "短信验证码")
        .hint("6位数字，5分钟内有效")
        .autocomplete("one-time-code")
        .width(Width::S)
        .from(form);
    SentCodePage {
        page: away(identity, page),
        next,
        to: answering(asked.purpose),
        masked_phone: asked.masked_phone.clone(),
        code,
        more: None,
        submit: Button::primary("登录"),
        demo: identity.settings().demo_messages.clone(),
    }
}

pub(super) async fn code_page(
    State(identity): State<Identity>,
    shell: Shell,
    headers: HeaderMap,
    Query(sent): Query<Sent>,
) -> Result<Response, WebError> {
    let next = sent.next();
    Ok(match half(&identity, &headers, Purpose::SignIn, &next).await? {
        Ok((_, asked)) => {
            let view = sent_view(&identity, &shell, &asked, (next, &sent), &FormState::new());
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
    let next = local_path(form.text("next")).unwrap_or_default().to_owned();
    let (token, asked) = match half(&identity, &headers, Purpose::SignIn, &next).await? {
        Ok(half) => half,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let again = |form: &Form| {
        let view = sent_view(&identity, &shell, &asked, (next.clone(), &Sent::default()), form);
        Html::ok(view).into_response()
    };
    if !form.require("code", "请填写短信验证码") {
        return Ok(told(StatusCode::UNPROCESSABLE_ENTITY, &form).shown_as(again(&form)));
    }
    let device = device(&identity, &headers, &peer);
    match identity.sign_in_by_code(&token, form.text("code"), device).await {
        Ok(started) => {
            let to = destination(&identity, &next, &started.actor);
            Ok(with_session(&identity, redirect_303(to), &started))
        }
        Err(error) => wrong(&identity, &mut form, error, again),
    }
}

/// The page of a code again, with what was wrong.
pub(super) fn wrong(
    identity: &Identity,
    form: &mut Form,
    error: IdentityError,
    again: impl FnOnce(&Form) -> Response,
) -> Result<Response, WebError> {
    let (status, error) = refused(form, error, "code")?;
    form.set("code", "");
    let page = told(status, form).shown_as(again(form));
    Ok(waiting(identity, page, &error))
}

/// Sends another code, whatever the one before was for.
pub(super) async fn again(
    State(identity): State<Identity>,
    headers: HeaderMap,
    peer: Peer,
    form: Form,
) -> Result<Response, WebError> {
    let next = local_path(form.text("next")).unwrap_or_default().to_owned();
    let lost = || redirect_303(step_path("/sign-in/phone", &next));
    let Some(token) = cookie::token_of(Kind::Step, &headers, identity.settings().secure) else {
        return Ok(lost());
    };
    let to = |purpose: Purpose, what: String| {
        let path = step_path(answering(purpose), &next);
        let mark = if path.contains('?') { '&' } else { '?' };
        redirect_303(format!("{path}{mark}{what}"))
    };
    let purpose = match identity.asked_code(&token).await {
        Ok(asked) => asked.purpose,
        Err(IdentityError::SignInGone) => return Ok(lost()),
        Err(error) => return Err(error.into()),
    };
    match identity.ask_again(&token, &device(&identity, &headers, &peer)).await {
        Ok(purpose) => Ok(to(purpose, "sent=1".to_owned())),
        Err(IdentityError::TooSoon { until, now }) => {
            let page = to(purpose, format!("wait={}", seconds(until.0 - now.0)));
            Ok(waiting(&identity, page, &IdentityError::TooSoon { until, now }))
        }
        Err(IdentityError::SignInGone) => Ok(lost()),
        Err(error) => Err(error.into()),
    }
}
