//! Locks, to be lifted before their time, and sessions of staff, to be ended.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use yimen_web::{Form, Html, Notice, Page, Pager, Shell, WebError, redirect_303};

use super::{older, page_of, security};
use crate::{Identity, IdentityError, Lock, SignedIn, StaffSession};

const A_PAGE: usize = 50;

#[derive(Template)]
#[template(path = "identity/admin/locks.html")]
struct LocksPage {
    page: Page,
    lines: Vec<Line>,
}

#[derive(Template)]
#[template(path = "identity/admin/sessions.html")]
struct SessionsPage {
    page: Page,
    lines: Vec<Line>,
    pager: Pager,
}

/// One thing with its button.
struct Line {
    value: String,
    what: String,
    hint: String,
    /// One's own has no button.
    is_own: bool,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    done: Option<u64>,
    before: Option<i64>,
}

pub(super) async fn locks(
    State(identity): State<Identity>,
    shell: Shell,
    SignedIn { actor, session }: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    security(&actor)?;
    let reading = identity.clone();
    let read = move |q: &mut yimen_store::Read<'_>| -> Result<_, IdentityError> { reading.locks(q) };
    let found = identity.platform().store.read(read).await?;
    let line = |lock: Lock| Line {
        what: match (lock.account, lock.address.as_str()) {
            (0, "") => "没有账户的登录名".to_owned(),
            (0, address) => format!("地址 {address}"),
            (_, _) => lock.name.clone(),
        },
        hint: format!("暂停到 {}", lock.until.zh()),
        is_own: lock.account == session.account,
        value: lock.index,
    };
    let mut page = page_of(&shell, "暂停的登录").section("locks");
    if let Some(done) = asked.done {
        page = page.notice(if done > 0 {
            Notice::success("已解除暂停")
        } else {
            Notice::info("这个暂停已经结束")
        });
    }
    Ok(Html::ok(LocksPage { page, lines: found.into_iter().map(line).collect() }).into_response())
}

pub(super) async fn lift(
    State(identity): State<Identity>,
    SignedIn { actor, .. }: SignedIn,
    form: Form,
) -> Result<Response, WebError> {
    security(&actor)?;
    let lifted = match identity.lift_lock(&identity.ctx(actor), form.text("lock")).await {
        Ok(()) => 1,
        Err(IdentityError::NotFound) => 0,
        Err(error) => return Err(error.into()),
    };
    Ok(redirect_303(format!("/admin/locks?done={lifted}")))
}

pub(super) async fn sessions(
    State(identity): State<Identity>,
    shell: Shell,
    SignedIn { actor, session }: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    security(&actor)?;
    let reading = identity.clone();
    let before = asked.before.unwrap_or(i64::MAX);
    let read = move |q: &mut yimen_store::Read<'_>| -> Result<_, IdentityError> {
        reading.staff_sessions(q, before, A_PAGE as i64 + 1)
    };
    let mut found: Vec<StaffSession> = identity.platform().store.read(read).await?;
    let pager = older(&mut found, A_PAGE, ("/admin/sessions", asked.before), |one| one.id);
    let line = |one: StaffSession| Line {
        value: format!("{}.{}", one.account, one.id),
        what: one.name,
        hint: format!("{}；登录 {}；最近使用 {}", one.agent, one.created_at.zh(), one.seen_at.zh()),
        is_own: one.account == session.account,
    };
    let mut page = page_of(&shell, "在线的工作人员").section("sessions");
    if let Some(done) = asked.done {
        page = page.notice(if done > 0 {
            Notice::success("已退出")
        } else {
            Notice::info("这个登录已经结束")
        });
    }
    Ok(Html::ok(SessionsPage { page, lines: found.into_iter().map(line).collect(), pager }).into_response())
}

pub(super) async fn end(
    State(identity): State<Identity>,
    SignedIn { actor, .. }: SignedIn,
    form: Form,
) -> Result<Response, WebError> {
    security(&actor)?;
    let named = form.text("session").split_once('.');
    let named = named.and_then(|(account, id)| Some((account.parse().ok()?, id.parse::<i64>().ok()?)));
    // 0 would mean all.
    let ended = match named.filter(|(_, id)| *id > 0) {
        Some((account, id)) => match identity.end_staff_session(&identity.ctx(actor), account, id).await {
            Ok(ended) => ended,
            Err(IdentityError::NotFound) => 0,
            Err(error) => return Err(error.into()),
        },
        None => 0,
    };
    Ok(redirect_303(format!("/admin/sessions?done={ended}")))
}
