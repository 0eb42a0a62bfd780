//! What went wrong, as a page for people or as `application/problem+json` (RFC 9457) for programs.

use std::any::Any;
use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::forms::FieldError;
use crate::page::{Audience, Link, Page};
use crate::shell::Shell;
use crate::site::AskedPath;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    BadRequest,
    /// Nobody is signed in.
    SignIn,
    Forbidden,
    NotFound,
    Method,
    /// The body of a request did not come in its time.
    Slow,
    /// The form is stale: someone else, or the same person, was faster.
    Conflict,
    Gone,
    TooLarge,
    Unsupported,
    Invalid,
    TooMany,
    Internal,
    /// The database is away, the disk is full.
    Unavailable,
}

impl ErrorKind {
    pub fn status(self) -> StatusCode {
        match self {
            ErrorKind::BadRequest => StatusCode::BAD_REQUEST,
            ErrorKind::SignIn => StatusCode::UNAUTHORIZED,
            ErrorKind::Forbidden => StatusCode::FORBIDDEN,
            ErrorKind::NotFound => StatusCode::NOT_FOUND,
            ErrorKind::Method => StatusCode::METHOD_NOT_ALLOWED,
            ErrorKind::Slow => StatusCode::REQUEST_TIMEOUT,
            ErrorKind::Conflict => StatusCode::CONFLICT,
            ErrorKind::Gone => StatusCode::GONE,
            ErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            ErrorKind::Unsupported => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ErrorKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            ErrorKind::TooMany => StatusCode::TOO_MANY_REQUESTS,
            ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn of(status: StatusCode) -> ErrorKind {
        match status.as_u16() {
            401 => ErrorKind::SignIn,
            403 => ErrorKind::Forbidden,
            404 => ErrorKind::NotFound,
            405 => ErrorKind::Method,
            408 => ErrorKind::Slow,
            409 => ErrorKind::Conflict,
            410 => ErrorKind::Gone,
            413 => ErrorKind::TooLarge,
            415 => ErrorKind::Unsupported,
            422 => ErrorKind::Invalid,
            429 => ErrorKind::TooMany,
            502..=504 => ErrorKind::Unavailable,
            500.. => ErrorKind::Internal,
            _ => ErrorKind::BadRequest,
        }
    }

    /// Heading, one sentence of explanation, and what to do next.
    fn words(self) -> (&'static str, &'static str, &'static [&'static str]) {
        match self {
            ErrorKind::BadRequest => (
                "这次提交无法读取",
                "系统没有看懂浏览器发来的内容，没有保存任何改动。",
                &["返回上一页，重新填写后再提交。", "如果反复出现，请换一个浏览器。"],
            ),
            ErrorKind::SignIn => {
                ("请先登录", "这个页面需要登录后才能查看。", &["登录后会回到您刚才要去的页面。"])
            }
            ErrorKind::Forbidden => (
                "您没有权限进行这项操作",
                "当前账户不能查看或办理这里的内容。",
                &["如果您有多个身份，请切换到有权限的身份。", "如果您认为应当有权限，请联系本单位管理员。"],
            ),
            ErrorKind::NotFound => (
                "没有找到这个页面",
                "网址可能输入有误，页面可能已经移动，或者您没有查看它的权限。",
                &["检查网址是否完整。", "从首页搜索要办的事项，或在“我的办件”里查找。"],
            ),
            ErrorKind::Method => {
                ("不能这样打开这个页面", "这个地址只接受从表单提交。", &["从首页或上一页重新进入。"])
            }
            ErrorKind::Slow => (
                "内容没有在限定时间内传完",
                "网络太慢或中断了，这次提交没有保存。",
                &["检查网络后返回上一页，重新提交。", "文件较大的，请压缩或换一个网络后再上传。"],
            ),
            ErrorKind::Conflict => (
                "内容已经变化，这次提交没有保存",
                "在您填写期间，这份办件已被更新；为了不覆盖别人的处理，系统没有保存您的提交。",
                &["重新打开页面查看最新情况，再决定是否继续。"],
            ),
            ErrorKind::Gone => (
                "这个页面已经失效",
                "链接已过有效期，或内容已被撤回。",
                &["从“我的办件”重新进入。", "如果是短信里的链接，请申请重新发送。"],
            ),
            ErrorKind::TooLarge => {
                ("提交的内容太大", "超过了一次可以提交的大小，没有保存。", &["压缩或分几次上传后重试。"])
            }
            ErrorKind::Unsupported => {
                ("不支持这种格式", "提交的格式不能处理，没有保存。", &["请从本站页面提交。"])
            }
            ErrorKind::Invalid => {
                ("请改正以下问题", "提交的内容有误，没有保存。", &["返回上一页，改正后重新提交。"])
            }
            ErrorKind::TooMany => ("操作太频繁", "为保护系统，暂时不能继续操作。", &["请稍等一会儿再试。"]),
            ErrorKind::Internal => (
                "系统出错了",
                "这不是您的问题。错误已经记录，技术人员会处理。没有成功的提交不会只保存一半。",
                &["过几分钟再试；已保存的草稿不会丢失。", "如果急需办理，请拨打服务电话或前往大厅窗口。"],
            ),
            ErrorKind::Unavailable => (
                "系统暂时不能使用",
                "服务正在恢复。您刚才的提交没有保存；此前保存的内容都在。",
                &["几分钟后重新打开本页再试。", "如果急需办理，请拨打服务电话或前往大厅窗口。"],
            ),
        }
    }
}

/// The error of a handler. It says what happened in the person's words; the cause goes to the log.
#[derive(Debug)]
pub struct WebError(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    kind: ErrorKind,
    detail: Option<String>,
    fields: Vec<FieldError>,
    next: Option<Link>,
    /// Seconds until it may be tried again.
    wait: Option<u64>,
}

impl WebError {
    pub fn new(kind: ErrorKind) -> WebError {
        WebError(Box::new(Inner { kind, detail: None, fields: Vec::new(), next: None, wait: None }))
    }

    pub fn bad_request(detail: impl Into<String>) -> WebError {
        WebError::new(ErrorKind::BadRequest).detail(detail)
    }
    pub fn sign_in() -> WebError {
        WebError::new(ErrorKind::SignIn)
    }
    pub fn forbidden(detail: impl Into<String>) -> WebError {
        WebError::new(ErrorKind::Forbidden).detail(detail)
    }
    pub fn not_found() -> WebError {
        WebError::new(ErrorKind::NotFound)
    }
    pub fn gone(detail: impl Into<String>) -> WebError {
        WebError::new(ErrorKind::Gone).detail(detail)
    }
    pub fn conflict(detail: impl Into<String>) -> WebError {
        WebError::new(ErrorKind::Conflict).detail(detail)
    }
    pub fn too_large(detail: impl Into<String>) -> WebError {
        WebError::new(ErrorKind::TooLarge).detail(detail)
    }
    pub fn unsupported(detail: impl Into<String>) -> WebError {
        WebError::new(ErrorKind::Unsupported).detail(detail)
    }
    pub fn too_many(detail: impl Into<String>) -> WebError {
        WebError::new(ErrorKind::TooMany).detail(detail)
    }
    /// For programs and for forms whose page cannot be shown again; a page shows its form again instead.
    pub fn invalid(fields: impl Into<Vec<FieldError>>) -> WebError {
        let mut error = WebError::new(ErrorKind::Invalid);
        error.0.fields = fields.into();
        error
    }
    pub fn unavailable(cause: impl std::fmt::Display) -> WebError {
        tracing::error!(%cause, "service unavailable");
        WebError::new(ErrorKind::Unavailable)
    }
    pub fn internal(cause: impl std::fmt::Display) -> WebError {
        tracing::error!(%cause, "internal error");
        WebError::new(ErrorKind::Internal)
    }

    /// What happened, as a whole Chinese sentence.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> WebError {
        self.0.detail = Some(detail.into());
        self
    }

    /// The first thing the person can do: 回到这份办件.
    #[must_use]
    pub fn next(mut self, href: impl Into<String>, text: impl Into<String>) -> WebError {
        self.0.next = Some(Link::new(href, text));
        self
    }

    /// From when on it makes sense to try again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> WebError {
        self.0.wait = Some(seconds);
        self
    }

    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }
    pub fn status(&self) -> StatusCode {
        self.0.kind.status()
    }
    pub fn fields(&self) -> &[FieldError] {
        &self.0.fields
    }
}

impl std::fmt::Display for WebError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (title, explanation, _) = self.0.kind.words();
        write!(f, "{title}：{}", self.0.detail.as_deref().unwrap_or(explanation))
    }
}

impl std::error::Error for WebError {}

/// Rides on the response until [`error_pages`] knows for whom to write it.
#[derive(Clone)]
struct Pending(Arc<Inner>);

impl IntoResponse for WebError {
    fn into_response(self) -> Response {
        let mut response = (self.status(), self.to_string()).into_response();
        let seconds = match self.0.kind {
            ErrorKind::Unavailable => Some(30),
            ErrorKind::TooMany => Some(60),
            _ => None,
        };
        if let Some(seconds) = self.0.wait.or(seconds) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(Pending(Arc::new(*self.0)));
        response
    }
}

/// The same refusal on both ways: for people the page that shows their form again, for programs the problem. [`error_pages`]
/// knows who asked.
#[derive(Clone)]
struct Instead(Arc<Inner>);

impl WebError {
    /// `page` for people, whose status becomes this error's; the error itself for programs.
    pub fn shown_as(self, page: impl IntoResponse) -> Response {
        let mut response = page.into_response();
        *response.status_mut() = self.status();
        response.extensions_mut().insert(Instead(Arc::new(*self.0)));
        response
    }
}

/// What a panicking handler answers; the page is written by [`error_pages`].
pub(crate) fn panicked(cause: Box<dyn Any + Send>) -> Response {
    let text =
        cause.downcast_ref::<String>().map(String::as_str).or_else(|| cause.downcast_ref::<&str>().copied());
    WebError::internal(format_args!("panic: {}", text.unwrap_or("unknown"))).into_response()
}

#[derive(Template)]
#[template(path = "errors/error.html")]
pub(crate) struct ErrorPage {
    pub(crate) page: Page,
    heading: &'static str,
    explanation: String,
    steps: &'static [&'static str],
    next: Link,
    status: u16,
    request: Option<String>,
}

impl ErrorPage {
    /// For the gallery.
    pub(crate) fn for_sample(shell: &Shell, error: &WebError) -> ErrorPage {
        ErrorPage::of(shell, &error.0)
    }

    fn of(shell: &Shell, error: &Inner) -> ErrorPage {
        let (heading, explanation, steps) = error.kind.words();
        let page = shell.page(Page::new(audience(shell, error.kind), heading)).errors(&error.fields);
        let home = page.nav.first().filter(|_| page.audience != Audience::Citizen);
        let home = home.map(|item| Link::new(item.href.clone(), format!("回到{}", item.text)));
        let next = error.next.clone().unwrap_or_else(|| match error.kind {
            ErrorKind::SignIn => Link::new(format!("{}?to={}", shell.site().sign_in, shell.path), "登录"),
            ErrorKind::Conflict => Link::new(shell.here.clone(), "查看最新内容"),
            ErrorKind::Unavailable | ErrorKind::TooMany => Link::new(shell.here.clone(), "再试一次"),
            _ => home.unwrap_or_else(|| Link::new("/", "回到首页")),
        });
        let steps = match (error.kind, page.audience) {
            (ErrorKind::NotFound, audience) if audience != Audience::Citizen => NOT_FOUND_AT_WORK,
            _ => steps,
        };
        ErrorPage {
            page,
            heading,
            explanation: error.detail.clone().unwrap_or_else(|| explanation.to_string()),
            steps,
            next,
            status: error.kind.status().as_u16(),
            request: None,
        }
    }
}

const NOT_FOUND_AT_WORK: &[&str] =
    &["检查网址是否完整。", "办件不在本单位的，请到办件所在的部门或大厅查看。"];

/// Who works in the place that was asked for stays in it. Whoever may not be there at all is shown the way out.
fn audience(shell: &Shell, kind: ErrorKind) -> Audience {
    let out = shell.user.is_none() || matches!(kind, ErrorKind::Forbidden | ErrorKind::SignIn);
    match shell.path.split(['/', '?']).nth(1) {
        _ if out => Audience::Citizen,
        Some("desk") => Audience::Desk,
        Some("review") => Audience::Review,
        Some("supervise") => Audience::Board,
        Some("admin") => Audience::Admin,
        _ => Audience::Citizen,
    }
}

/// Middleware: writes every error of the routes inside it, our own and the framework's, for whoever asked.
pub async fn error_pages(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let shell = Shell::of(&parts);
    let path =
        parts.extensions.get::<AskedPath>().map_or_else(|| parts.uri.path().to_string(), |p| p.0.clone());
    let program = wants_problem(&path, &parts.headers);
    let response = next.run(Request::from_parts(parts, body)).await;
    let status = response.status();
    let pending = response.extensions().get::<Pending>().map(|p| p.0.clone());
    let instead = response.extensions().get::<Instead>().filter(|_| program).map(|i| i.0.clone());
    let refused = status.as_u16() >= 400;
    // A form shown again is of no use to a program, whether or not its handler thought of one.
    let unread = refused && (is_bare(response.headers()) || program && is_page(response.headers()));
    if pending.is_none() && instead.is_none() && !unread {
        return response;
    }
    let inner = pending.or(instead).unwrap_or_else(|| WebError::new(ErrorKind::of(status)).0.into());
    let request_id = response.headers().get("x-request-id").and_then(|v| v.to_str().ok()).map(str::to_string);
    let (mut head, _) = response.into_parts();
    head.extensions.remove::<Pending>();
    head.extensions.remove::<Instead>();
    head.headers.remove(header::CONTENT_LENGTH);
    let (kind, text) = if program {
        ("application/problem+json", problem(&inner, &path))
    } else {
        let mut page = ErrorPage::of(&shell, &inner);
        page.request = request_id;
        let text = page.render().unwrap_or_else(|cause| {
            tracing::error!(%cause, "error page does not render");
            format!("{}：{}", page.heading, page.explanation)
        });
        ("text/html; charset=utf-8", text)
    };
    head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    Response::from_parts(head, Body::from(text))
}

/// The framework's own refusals carry no body or a line of plain text.
fn is_bare(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_none_or(|kind| kind.to_str().is_ok_and(|kind| kind.starts_with("text/plain")))
}

fn is_page(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/html"))
}

fn wants_problem(path: &str, headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    path.starts_with("/api/") || path == "/api" || (accept.contains("json") && !accept.contains("text/html"))
}

fn problem(error: &Inner, path: &str) -> String {
    let (title, explanation, _) = error.kind.words();
    let mut body = serde_json::json!({
        "type": "about:blank",
        "title": title,
        "status": error.kind.status().as_u16(),
        "detail": error.detail.as_deref().unwrap_or(explanation),
        "instance": path.split('?').next().unwrap_or_default(),
    });
    if !error.fields.is_empty() {
        body["errors"] = error
            .fields
            .iter()
            .map(|e| serde_json::json!({ "field": e.field, "pointer": format!("/{}", e.field), "detail": e.message }))
            .collect();
    }
    body.to_string()
}
