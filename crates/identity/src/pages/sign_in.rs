//! Signing in and out: one form for applicants and staff.

use askama::Template;
use axum::Extension;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use yimen_platform::Actor;
use yimen_web::traffic::CallerAddress;
use yimen_web::{
    Button, Field, Form, FormState, Html, Notice, Page, Shell, Tabs, WebError, Width, redirect_303,
};

use crate::cookie::{self, Kind};
use crate::layer::Lapsed;
use crate::next::step_path;
use crate::{
    Caller, DemoAccount, Device, Entered, Identity, IdentityError, SignedIn, Stage, Started, local_path,
};

#[derive(Template)]
#[template(path = "identity/sign_in.html")]
pub(super) struct SignInPage<'a> {
    page: Page,
    next: String,
    /// By password or by code, where codes can be sent.
    ways: Option<Tabs>,
    login: Field,
    password: Field,
    submit: Button,
    /// Where an account is made, where codes can be sent.
    register: Option<String>,
    outside: Vec<(&'a str, String)>,
    demo: &'a [DemoAccount],
}

impl SignInPage<'_> {
    /// The two ways for who is no member of staff.
    pub(super) fn ways(next: &str, current: &str) -> Tabs {
        let tabs = Tabs::new("登录方式");
        let tabs = tabs.tab(step_path("/sign-in", next), "密码登录", None, current == "password");
        tabs.tab(step_path("/sign-in/phone", next), "验证码登录", None, current == "code")
    }
}

/// Where to go afterwards; error pages call it `to`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Back {
    #[serde(default)]
    next: String,
    #[serde(default)]
    to: String,
    /// A sign-in that was half done ended.
    again: Option<String>,
}

impl Back {
    pub(super) fn path(&self) -> String {
        let asked = [&self.next, &self.to].into_iter().find_map(|path| local_path(path));
        asked.unwrap_or_default().to_owned()
    }

    /// Says why somebody is here again who was further on.
    pub(super) fn notice(&self, page: Page) -> Page {
        match self.again {
            Some(_) => page.notice(
                Notice::info("请重新填写").text("上次没有在规定时间内完成，或者已经完成。请从头再来一次。"),
            ),
            None => page,
        }
    }
}

fn view<'a>(identity: &'a Identity, page: Page, next: String, form: &FormState) -> SignInPage<'a> {
    let login = Field::text("login", "登录名")
        .hint("个人填手机号码或身份证号码，工作人员填工作账号")
        .autocomplete("username")
        .width(Width::M)
        .from(form);
    let password =
        Field::password("password", "密码").autocomplete("current-password").width(Width::M).from(form);
    let settings = identity.settings();
    let ways = settings.messages.as_ref().map(|_| SignInPage::ways(&next, "password"));
    let register =
        settings.messages.as_ref().filter(|_| settings.registers).map(|_| step_path("/register", &next));
    let submit = Button::primary("登录");
    let way = |(name, path): &'a (String, String)| (name.as_str(), step_path(path, &next));
    let outside = settings.outside.iter().map(way).collect();
    SignInPage { page, next, ways, login, password, submit, register, outside, demo: &settings.demo }
}

pub(super) async fn page(
    State(identity): State<Identity>,
    shell: Shell,
    Caller(actor): Caller,
    lapsed: Option<Extension<Lapsed>>,
    Query(back): Query<Back>,
) -> Response {
    let next = back.path();
    if actor != Actor::Anyone {
        return redirect_303(destination(&identity, &next, &actor));
    }
    let mut page = shell.citizen("登录");
    if back.again.is_some() {
        let notice = Notice::info("请重新登录");
        page = page.notice(notice.text("登录没有在10分钟内完成，或者已在别处完成。请从头再来一次。"));
    } else if lapsed.is_some() {
        let notice = Notice::info("请重新登录");
        page = page.notice(
            notice.text("您的登录已经失效：可能较长时间没有操作，或者已在别处退出。已保存的内容都在。"),
        );
    }
    Html::ok(view(&identity, page, next, &FormState::new())).into_response()
}

pub(super) async fn submit(
    State(identity): State<Identity>,
    shell: Shell,
    headers: HeaderMap,
    peer: Peer,
    mut form: Form,
) -> Result<Response, WebError> {
    let next = local_path(form.text("next")).unwrap_or_default().to_owned();
    form.require("login", "请填写登录名");
    if form.raw("password").is_empty() {
        form.error("password", "请填写密码");
    }
    if !form.is_valid() {
        return Ok(again(&identity, &shell, next, &form, StatusCode::UNPROCESSABLE_ENTITY));
    }
    let device = device(&identity, &headers, &peer);
    match identity.sign_in(form.text("login"), form.raw("password"), device).await {
        Ok(entered) => Ok(go(&identity, entered, &next)),
        Err(error) => {
            let (status, error) = blame(&mut form, error, "password")?;
            let page = again(&identity, &shell, next, &form, status);
            Ok(with_wait(&identity, page, &error))
        }
    }
}

/// Where a request comes from.
pub(super) type Peer = Option<Extension<CallerAddress>>;

pub(super) fn device(identity: &Identity, headers: &HeaderMap, peer: &Peer) -> Device {
    let user_agent = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let replaces = cookie::token(headers, identity.settings().secure);
    let address = peer.as_ref().map(|Extension(CallerAddress(address))| *address);
    Device { user_agent: user_agent.to_owned(), replaces, address }
}

/// To the page of the next question, or in.
pub(super) fn go(identity: &Identity, entered: Entered, next: &str) -> Response {
    let secure = identity.settings().secure;
    match entered {
        Entered::In(started) => {
            let to = destination(identity, next, &started.actor);
            with_session(identity, redirect_303(to), &started)
        }
        Entered::More { token, stage } => {
            with_cookie(redirect_303(stage_path(stage, next)), cookie::set(Kind::Step, &token, secure))
        }
    }
}

pub(super) fn stage_path(stage: Stage, next: &str) -> String {
    let page = match stage {
        Stage::Code => "/sign-in/code",
        Stage::Enrol => "/sign-in/factor",
        Stage::Password => "/sign-in/password",
    };
    crate::next::step_path(page, next)
}

/// The answer that begins a session; what was half done is forgotten.
pub(super) fn with_session(identity: &Identity, response: Response, started: &Started) -> Response {
    let secure = identity.settings().secure;
    let response = with_cookie(response, cookie::set(Kind::Session, &started.token, secure));
    with_cookie(response, cookie::clear(Kind::Step, secure))
}

/// Writes beside the fields of a form what was wrong (a lock beside `guessed`) and gives the error back; one without a field is the answer itself.
pub(super) fn blame(
    form: &mut Form,
    error: IdentityError,
    guessed: &str,
) -> Result<(StatusCode, IdentityError), WebError> {
    let fields = error.fields();
    if fields.is_empty() {
        return Err(error.into());
    }
    let is_locked = matches!(error, IdentityError::Locked { .. });
    for one in fields {
        let field = if is_locked { guessed.to_owned() } else { one.field };
        form.error(field, one.message);
    }
    match error {
        IdentityError::Locked { .. } => Ok((StatusCode::TOO_MANY_REQUESTS, error)),
        _ => Ok((StatusCode::UNPROCESSABLE_ENTITY, error)),
    }
}

/// Says in the header, too, when it may be tried again.
pub(super) fn with_wait(identity: &Identity, mut page: Response, error: &IdentityError) -> Response {
    if let IdentityError::Locked { until } = error {
        let left = until.0.saturating_sub(identity.platform().clock.now().0).max(0) / 1000 + 1;
        page.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(left));
    }
    page
}

/// What a program is told in place of a form that is shown again.
pub(super) fn told(status: StatusCode, form: &FormState) -> WebError {
    match (status, form.errors().first()) {
        (StatusCode::TOO_MANY_REQUESTS, Some(first)) => WebError::too_many(format!("{}。", first.message)),
        _ => WebError::invalid(form.errors()),
    }
}

/// The form again, with what was typed but for the password.
fn again(identity: &Identity, shell: &Shell, next: String, form: &Form, status: StatusCode) -> Response {
    let page = shell.citizen("登录").errors_of(form);
    told(status, form).shown_as(Html::ok(view(identity, page, next, form)))
}

pub(super) fn destination(identity: &Identity, next: &str, actor: &Actor) -> String {
    if next.is_empty() { (identity.settings().home)(actor) } else { next.to_owned() }
}

/// A second time, or after the session ended by itself, it does no harm.
pub(super) async fn out(
    State(identity): State<Identity>,
    signed_in: Option<SignedIn>,
) -> Result<Response, WebError> {
    if let Some(SignedIn { session, .. }) = signed_in {
        identity.sign_out(&session).await?;
    }
    Ok(with_cookie(redirect_303("/"), cookie::clear(Kind::Session, identity.settings().secure)))
}

pub(super) fn with_cookie(mut response: Response, value: axum::http::HeaderValue) -> Response {
    response.headers_mut().append(header::SET_COOKIE, value);
    response
}
