//! One's own sessions: where one is signed in, and signing out elsewhere.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use yimen_platform::Actor;
use yimen_web::{Button, Form, Html, Notice, Page, Shell, StatusTag, Tone, WebError, redirect_303};

use crate::model::AccountKind;
use crate::{Identity, IdentityError, SignedIn};

#[derive(Template)]
#[template(path = "identity/sessions.html")]
pub(super) struct SessionsPage {
    page: Page,
    sessions: Vec<Line>,
    /// Nothing to end when this is the only one.
    end_others: Option<Button>,
    /// Staff have a second factor.
    is_staff: bool,
    /// Citizens change their phone where codes can be sent.
    has_phone: bool,
}

struct Line {
    id: i64,
    agent: String,
    began: String,
    seen: String,
    /// The session of this request.
    here: Option<StatusTag>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Done {
    ended: Option<u64>,
    password: Option<String>,
    phone: Option<String>,
}

pub(super) async fn page(
    State(identity): State<Identity>,
    shell: Shell,
    SignedIn { actor, session }: SignedIn,
    Query(done): Query<Done>,
) -> Result<Response, WebError> {
    let kind = if matches!(actor, Actor::Staff(_)) { AccountKind::Staff } else { AccountKind::Citizen };
    let mut own = identity.own_sessions(session.account, kind).await?;
    own.sort_by_key(|one| one.id != session.id);
    let others = own.iter().filter(|one| one.id != session.id).count();
    let sessions = own.into_iter().map(|one| Line {
        here: (one.id == session.id).then(|| StatusTag::new("当前设备", Tone::Active)),
        id: one.id,
        agent: one.agent,
        began: one.created_at.zh(),
        seen: one.seen_at.zh(),
    });
    let mut page = shell.citizen("登录记录").back("/", "首页");
    page = match done.ended {
        _ if done.password.is_some() => page.notice(Notice::success("密码已修改，其他设备已退出")),
        _ if done.phone.is_some() => page.notice(Notice::success("手机号码已更换，以后用新号码登录")),
        Some(0) => page.notice(Notice::info("没有其他设备需要退出")),
        Some(count) => page.notice(Notice::success(format!("已退出 {count} 个设备"))),
        None => page,
    };
    let is_staff = kind == AccountKind::Staff;
    let end_others = (others > 0).then(|| Button::warning("退出其他所有设备"));
    let has_phone = !is_staff && identity.settings().messages.is_some();
    let sessions = sessions.collect();
    Ok(Html::ok(SessionsPage { page, sessions, end_others, is_staff, has_phone }).into_response())
}

/// A session that is not one's own, or ended meanwhile, is out either way.
pub(super) async fn end(
    State(identity): State<Identity>,
    SignedIn { actor, .. }: SignedIn,
    form: Form,
) -> Result<Response, WebError> {
    let session: i64 = form.text("session").parse().unwrap_or_default();
    let ended = match identity.end_session(&identity.ctx(actor), session).await {
        Ok(()) => 1,
        Err(IdentityError::NotFound) => 0,
        Err(error) => return Err(error.into()),
    };
    Ok(redirect_303(format!("/me/sessions?ended={ended}")))
}

pub(super) async fn end_others(
    State(identity): State<Identity>,
    SignedIn { actor, session }: SignedIn,
) -> Result<Response, WebError> {
    let ended = identity.end_other_sessions(&identity.ctx(actor), session.id).await?;
    Ok(redirect_303(format!("/me/sessions?ended={ended}")))
}
