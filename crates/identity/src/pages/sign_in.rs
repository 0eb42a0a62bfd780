//! Signing in and out: one form for applicants and staff.

use askama::Template;
use axum::Extension;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use yimen_platform::Actor;
use yimen_web::{Button, Field, Form, FormState, Html, Notice, Page, Shell, WebError, Width, redirect_303};

use crate::layer::Lapsed;
use crate::{Caller, DemoAccount, Device, Identity, IdentityError, SignedIn, cookie, local_path};

#[derive(Template)]
#[template(path = "identity/sign_in.html")]
pub(super) struct SignInPage<'a> {
    page: Page,
    next: String,
    login: Field,
    password: Field,
    submit: Button,
    demo: &'a [DemoAccount],
}

/// Where to go afterwards; error pages call it `to`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Back {
    #[serde(default)]
    next: String,
    #[serde(default)]
    to: String,
}

impl Back {
    fn path(&self) -> String {
        let asked = [&self.next, &self.to].into_iter().find_map(|path| local_path(path));
        asked.unwrap_or_default().to_owned()
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
    let demo = &identity.settings().demo;
    SignInPage { page, next, login, password, submit: Button::primary("登录"), demo }
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
    if lapsed.is_some() {
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
    let user_agent = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let replaces = cookie::token(&headers, identity.settings().secure);
    let device = Device { user_agent: user_agent.to_owned(), replaces };
    match identity.sign_in(form.text("login"), form.raw("password"), device).await {
        Ok(started) => {
            let to = destination(&identity, &next, &started.actor);
            Ok(with_cookie(redirect_303(to), cookie::set(&started.token, identity.settings().secure)))
        }
        Err(error) => {
            let status = match error {
                IdentityError::Locked { .. } => StatusCode::TOO_MANY_REQUESTS,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            let fields = error.fields();
            if fields.is_empty() {
                return Err(error.into());
            }
            for one in fields {
                form.error(one.field, one.message);
            }
            let mut page = again(&identity, &shell, next, &form, status);
            if let IdentityError::Locked { until } = error {
                let left = until.0.saturating_sub(identity.platform().clock.now().0).max(0) / 1000 + 1;
                page.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(left));
            }
            Ok(page)
        }
    }
}

/// The form again, with what was typed but for the password.
fn again(identity: &Identity, shell: &Shell, next: String, form: &Form, status: StatusCode) -> Response {
    let page = shell.citizen("登录").errors_of(form);
    Html(status, view(identity, page, next, form)).into_response()
}

fn destination(identity: &Identity, next: &str, actor: &Actor) -> String {
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
    Ok(with_cookie(redirect_303("/"), cookie::clear(identity.settings().secure)))
}

fn with_cookie(mut response: Response, value: axum::http::HeaderValue) -> Response {
    response.headers_mut().append(header::SET_COOKIE, value);
    response
}
