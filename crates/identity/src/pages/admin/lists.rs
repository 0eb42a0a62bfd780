//! Locks, to be lifted before their time, and sessions of staff, to be ended.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use yimen_web::{Field, Form, FormState, Html, Notice, Page, Pager, Shell, WebError, redirect_303};

use super::{older, page_of, proof_field, security};
use crate::pages::sign_in::{blame, told};
use crate::{Identity, IdentityError, Lock, Session, SignedIn, StaffSession};

const A_PAGE: usize = 50;

#[derive(Template)]
#[template(path = "identity/admin/locks.html")]
struct LocksPage {
    page: Page,
    lines: Vec<Line>,
    proof: Option<Field>,
}

#[derive(Template)]
#[template(path = "identity/admin/sessions.html")]
struct SessionsPage {
    page: Page,
    lines: Vec<Line>,
    proof: Option<Field>,
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

async fn locks_view(
    identity: &Identity,
    page: Page,
    session: &Session,
    form: &FormState,
) -> Result<LocksPage, IdentityError> {
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
    let lines = found.into_iter().map(line).collect();
    Ok(LocksPage { page, lines, proof: proof_field(identity, session, form) })
}

pub(super) async fn locks(
    State(identity): State<Identity>,
    shell: Shell,
    SignedIn { actor, session }: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    security(&actor)?;
    let mut page = locks_shell(&shell);
    if let Some(done) = asked.done {
        page = page.notice(if done > 0 {
            Notice::success("已解除暂停")
        } else {
            Notice::info("这个暂停已经结束")
        });
    }
    Ok(Html::ok(locks_view(&identity, page, &session, &FormState::new()).await?).into_response())
}

fn locks_shell(shell: &Shell) -> Page {
    page_of(shell, "暂停的登录").section("locks")
}

pub(super) async fn lift(
    State(identity): State<Identity>,
    shell: Shell,
    SignedIn { actor, session }: SignedIn,
    mut form: Form,
) -> Result<Response, WebError> {
    security(&actor)?;
    let ctx = identity.ctx(actor);
    let done = async {
        identity.step_up(&ctx, &session, form.text("code")).await?;
        identity.lift_lock(&ctx, form.text("lock")).await
    };
    let lifted = match done.await {
        Ok(()) => 1,
        Err(IdentityError::NotFound) => 0,
        Err(error) => {
            let status = blame(&mut form, error, "code")?.0;
            form.set("code", "");
            let view = locks_view(&identity, locks_shell(&shell).errors_of(&form), &session, &form).await?;
            return Ok(told(status, &form).shown_as(Html::ok(view)));
        }
    };
    Ok(redirect_303(format!("/admin/locks?done={lifted}")))
}

async fn sessions_view(
    identity: &Identity,
    page: Page,
    session: &Session,
    before: Option<i64>,
    form: &FormState,
) -> Result<SessionsPage, IdentityError> {
    let (reading, from) = (identity.clone(), before.unwrap_or(i64::MAX));
    let read = move |q: &mut yimen_store::Read<'_>| -> Result<_, IdentityError> {
        reading.staff_sessions(q, from, A_PAGE as i64 + 1)
    };
    let mut found: Vec<StaffSession> = identity.platform().store.read(read).await?;
    let pager = older(&mut found, A_PAGE, ("/admin/sessions", before), |one| one.id);
    let line = |one: StaffSession| Line {
        value: format!("{}.{}", one.account, one.id),
        what: one.name,
        hint: format!("{}；登录 {}；最近使用 {}", one.agent, one.created_at.zh(), one.seen_at.zh()),
        is_own: one.account == session.account,
    };
    let lines = found.into_iter().map(line).collect();
    Ok(SessionsPage { page, lines, proof: proof_field(identity, session, form), pager })
}

pub(super) async fn sessions(
    State(identity): State<Identity>,
    shell: Shell,
    SignedIn { actor, session }: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    security(&actor)?;
    let mut page = sessions_shell(&shell);
    if let Some(done) = asked.done {
        page = page.notice(if done > 0 {
            Notice::success("已退出")
        } else {
            Notice::info("这个登录已经结束")
        });
    }
    let view = sessions_view(&identity, page, &session, asked.before, &FormState::new()).await?;
    Ok(Html::ok(view).into_response())
}

fn sessions_shell(shell: &Shell) -> Page {
    page_of(shell, "在线的工作人员").section("sessions")
}

pub(super) async fn end(
    State(identity): State<Identity>,
    shell: Shell,
    SignedIn { actor, session }: SignedIn,
    mut form: Form,
) -> Result<Response, WebError> {
    security(&actor)?;
    let ctx = identity.ctx(actor);
    let named = form.text("session").split_once('.');
    let named = named.and_then(|(account, id)| Some((account.parse().ok()?, id.parse::<i64>().ok()?)));
    // 0 would mean all.
    let named = named.filter(|(_, id)| *id > 0);
    let done = async {
        identity.step_up(&ctx, &session, form.text("code")).await?;
        let (account, id) = named.ok_or(IdentityError::NotFound)?;
        identity.end_staff_session(&ctx, account, id).await
    };
    let ended = match done.await {
        Ok(ended) => ended,
        Err(IdentityError::NotFound) => 0,
        Err(error) => {
            let status = blame(&mut form, error, "code")?.0;
            form.set("code", "");
            let page = sessions_shell(&shell).errors_of(&form);
            let view = sessions_view(&identity, page, &session, None, &form).await?;
            return Ok(told(status, &form).shown_as(Html::ok(view)));
        }
    };
    Ok(redirect_303(format!("/admin/sessions?done={ended}")))
}
