//! One account of staff: where it works and what it may do, and what is done to it.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use yimen_platform::{Ctx, Role};
use yimen_web::{
    Button, Choice, Field, Form, FormState, Html, Notice, Page, Shell, SummaryList, SummaryRow, WebError,
    redirect_303,
};

use super::accounts::{
    PositionFields, ToldPage, place_zh, position as read_position, position_fields, roles_zh, state,
};
use super::{page_of, proof_field, security};
use crate::pages::sign_in::{blame, told};
use crate::{Identity, IdentityError, Session, SignedIn, StaffAccount};

#[derive(Template)]
#[template(path = "identity/admin/account.html")]
struct AccountPage {
    page: Page,
    facts: SummaryList,
    account: i64,
    /// Nothing of it is done to the own account.
    is_own: bool,
    act: Field,
    proof: Option<Field>,
    submit: Button,
}

#[derive(Template)]
#[template(path = "identity/admin/position.html")]
struct PositionPage {
    page: Page,
    account: i64,
    position: PositionFields,
    proof: Option<Field>,
    submit: Button,
}

#[derive(Template)]
#[template(path = "identity/admin/appoint.html")]
struct AppointPage {
    page: Page,
    account: i64,
    role: Field,
    reason: Field,
    proof: Option<Field>,
    submit: Button,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    done: String,
}

async fn load(identity: &Identity, account: i64) -> Result<StaffAccount, WebError> {
    let reading = identity.clone();
    let read = move |q: &mut yimen_store::Read<'_>| -> Result<_, IdentityError> {
        reading.staff_account(q, account)
    };
    Ok(identity.platform().store.read(read).await?)
}

fn view(
    identity: &Identity,
    page: Page,
    one: &StaffAccount,
    session: &Session,
    form: &FormState,
) -> AccountPage {
    let facts = SummaryList::new()
        .row(SummaryRow::new("登录名", one.login.clone()))
        .row(SummaryRow::new("角色", roles_zh(one.roles)))
        .row(SummaryRow::new("岗位", place_zh(identity, one)))
        .row(SummaryRow::new("状态", state(one).text()));
    let act = |text: &str, what: &str, then: &str| Choice::new(what, text).hint(then);
    let mut acts = Vec::new();
    if one.is_closed {
        acts.push(act("恢复使用", "reopen", "可以再登录"));
    } else {
        if one.factor_set_up {
            acts.push(act("重置动态口令", "reset-factor", "登录都会退出，下次登录时重新设置"));
        }
        acts.push(act("重置密码", "reset-password", "得到新的初始密码，登录都会退出"));
        acts.push(act("解除暂停", "unlock", "输错次数太多而暂停时，可以马上再登录"));
        acts.push(act("退出所有登录", "end-sessions", "可以再登录"));
        acts.push(act("停用账户", "close", "登录都会退出，不能再登录"));
    }
    let is_own = one.account == session.account;
    AccountPage {
        page,
        facts,
        account: one.account,
        is_own,
        act: Field::radios("act", "要对这个账户做什么", acts).from(form),
        proof: proof_field(identity, session, form),
        submit: Button::primary("确定"),
    }
}

fn account_shell(shell: &Shell, one: &StaffAccount) -> Page {
    page_of(shell, one.name.clone()).section("accounts").back("/admin/accounts", "账户")
}

fn step_shell(shell: &Shell, one: &StaffAccount, title: &str) -> Page {
    let to = format!("/admin/accounts/{}", one.account);
    page_of(shell, title).section("accounts").back(to, one.name.clone())
}

pub(super) async fn page(
    State(identity): State<Identity>,
    shell: Shell,
    SignedIn { actor, session }: SignedIn,
    Path(account): Path<i64>,
    Query(done): Query<Done>,
) -> Result<Response, WebError> {
    security(&actor)?;
    let one = load(&identity, account).await?;
    let mut page = account_shell(&shell, &one);
    let words = match done.done.as_str() {
        "position" => "岗位和角色已修改，下一次操作起生效",
        "proposed" => "已提出任命，等待另一位安全管理员批准",
        "reset-factor" => "动态口令已重置，下次登录时重新设置",
        "unlock" => "已解除暂停",
        "end-sessions" => "所有登录已退出",
        "close" => "账户已停用，登录都已退出",
        "reopen" => "账户已恢复使用",
        _ => "",
    };
    if !words.is_empty() {
        page = page.notice(Notice::success(words));
    }
    Ok(Html::ok(view(&identity, page, &one, &session, &FormState::new())).into_response())
}

pub(super) async fn act(
    State(identity): State<Identity>,
    shell: Shell,
    SignedIn { actor, session }: SignedIn,
    Path(account): Path<i64>,
    mut form: Form,
) -> Result<Response, WebError> {
    security(&actor)?;
    let one = load(&identity, account).await?;
    let ctx = identity.ctx(actor);
    let what = form.text("act").to_owned();
    if what.is_empty() {
        form.error("act", "请选择要做什么");
        let page = account_shell(&shell, &one).errors_of(&form);
        let view = view(&identity, page, &one, &session, &form);
        return Ok(WebError::invalid(form.errors()).shown_as(Html::ok(view)));
    }
    let done = async {
        identity.step_up(&ctx, &session, form.text("code")).await?;
        do_one(&identity, &ctx, account, &what).await
    };
    match done.await {
        Ok(None) => Ok(redirect_303(format!("/admin/accounts/{account}?done={what}"))),
        Ok(Some(password)) => {
            let page = page_of(&shell, "密码已重置").section("accounts");
            let to = format!("/admin/accounts/{account}");
            Ok(Html::ok(ToldPage { page, login: one.login, password, to }).into_response())
        }
        Err(error) => {
            let (status, _) = blame(&mut form, error, "code")?;
            form.set("code", "");
            let page = account_shell(&shell, &one).errors_of(&form);
            Ok(told(status, &form).shown_as(Html::ok(view(&identity, page, &one, &session, &form))))
        }
    }
}

/// A password where one was made.
async fn do_one(
    identity: &Identity,
    ctx: &Ctx,
    account: i64,
    what: &str,
) -> Result<Option<String>, IdentityError> {
    match what {
        "reset-password" => return identity.reset_password(ctx, account).await.map(Some),
        "reset-factor" => identity.reset_factor(ctx, account).await?,
        "unlock" => identity.unlock_account(ctx, account).await?,
        "end-sessions" => identity.end_staff_session(ctx, account, 0).await.map(|_| ())?,
        "close" => identity.close_account(ctx, account).await?,
        "reopen" => identity.reopen_account(ctx, account).await?,
        _ => return Err(IdentityError::NotFound),
    }
    Ok(None)
}

pub(super) async fn position_page(
    State(identity): State<Identity>,
    shell: Shell,
    SignedIn { actor, session }: SignedIn,
    Path(account): Path<i64>,
) -> Result<Response, WebError> {
    security(&actor)?;
    let one = load(&identity, account).await?;
    let mut now = FormState::new();
    for role in one.roles.iter() {
        now.push("roles", role.code());
    }
    now.set("department", &one.department).set("office", &one.office).set("counter", &one.counter);
    let page = step_shell(&shell, &one, "修改岗位和角色");
    let view = PositionPage {
        page,
        account,
        position: position_fields(&identity, &now),
        proof: proof_field(&identity, &session, &now),
        submit: Button::primary("保存"),
    };
    Ok(Html::ok(view).into_response())
}

pub(super) async fn position(
    State(identity): State<Identity>,
    shell: Shell,
    SignedIn { actor, session }: SignedIn,
    Path(account): Path<i64>,
    mut form: Form,
) -> Result<Response, WebError> {
    security(&actor)?;
    let one = load(&identity, account).await?;
    let position = read_position(&identity, &mut form);
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    if form.is_valid() {
        let ctx = identity.ctx(actor);
        let done = async {
            identity.step_up(&ctx, &session, form.text("code")).await?;
            identity.change_position(&ctx, account, position).await
        };
        match done.await {
            Ok(()) => return Ok(redirect_303(format!("/admin/accounts/{account}?done=position"))),
            Err(error) => status = blame(&mut form, error, "code")?.0,
        }
        form.set("code", "");
    }
    let page = step_shell(&shell, &one, "修改岗位和角色").errors_of(&form);
    let view = PositionPage {
        page,
        account,
        position: position_fields(&identity, &form),
        proof: proof_field(&identity, &session, &form),
        submit: Button::primary("保存"),
    };
    Ok(told(status, &form).shown_as(Html::ok(view)))
}

fn appoint_view(
    identity: &Identity,
    page: Page,
    account: i64,
    session: &Session,
    form: &FormState,
) -> AppointPage {
    let roles = Role::ALL.into_iter().filter(|role| role.is_administrator());
    AppointPage {
        page,
        account,
        role: Field::radios(
            "role",
            "任命为",
            roles.map(|role| Choice::new(role.code(), role.zh())).collect(),
        )
        .from(form),
        reason: Field::textarea("reason", "理由").hint("批准的人会看到").rows(3).max(200).from(form),
        proof: proof_field(identity, session, form),
        submit: Button::primary("提出任命"),
    }
}

pub(super) async fn appoint_page(
    State(identity): State<Identity>,
    shell: Shell,
    SignedIn { actor, session }: SignedIn,
    Path(account): Path<i64>,
) -> Result<Response, WebError> {
    security(&actor)?;
    let one = load(&identity, account).await?;
    let page = step_shell(&shell, &one, "任命为管理员");
    Ok(Html::ok(appoint_view(&identity, page, account, &session, &FormState::new())).into_response())
}

pub(super) async fn appoint(
    State(identity): State<Identity>,
    shell: Shell,
    SignedIn { actor, session }: SignedIn,
    Path(account): Path<i64>,
    mut form: Form,
) -> Result<Response, WebError> {
    security(&actor)?;
    let one = load(&identity, account).await?;
    let role = Role::parse(form.text("role")).filter(|role| role.is_administrator());
    if role.is_none() {
        form.error("role", "请选择任命为哪一种管理员");
    }
    form.require("reason", "请填写理由");
    if form.text("reason").chars().count() > 200 {
        form.error("reason", "理由最多200个字，请缩短");
    }
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    if let Some(role) = role.filter(|_| form.is_valid()) {
        let ctx = identity.ctx(actor);
        let done = async {
            identity.step_up(&ctx, &session, form.text("code")).await?;
            identity.propose_administrator(&ctx, account, role, form.text("reason")).await
        };
        match done.await {
            Ok(_) => return Ok(redirect_303(format!("/admin/accounts/{account}?done=proposed"))),
            Err(error) => status = blame(&mut form, error, "code")?.0,
        }
        form.set("code", "");
    }
    let page = step_shell(&shell, &one, "任命为管理员").errors_of(&form);
    Ok(told(status, &form).shown_as(Html::ok(appoint_view(&identity, page, account, &session, &form))))
}
