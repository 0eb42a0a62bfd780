//! Taking an application back: a page that says what follows, a reason, and only then the act.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use yimen_identity::CitizenOnly;
use yimen_platform::Ctx;
use yimen_store::Tx;
use yimen_web::{Field, Form, FormState, Html, Page, Shell, WebError, redirect_303};

use super::opened::{Opened, open, refused};
use super::status::can_withdraw;
use crate::Casework;
use crate::model::{BillState, CaseState};
use crate::pages::{command, ctx_of, grouped};
use crate::policy::Act;

/// Longest reason.
const LONGEST: usize = 300;

#[derive(Template)]
#[template(path = "casework/citizen/withdraw.html")]
struct Withdraw {
    page: Page,
    service: String,
    number: String,
    draft: bool,
    paid: bool,
    reason: Field,
    action: String,
    nonce: String,
    keep: String,
}

pub(super) async fn page(
    State(casework): State<Casework>,
    shell: Shell,
    citizen: CitizenOnly,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    let ctx = ctx_of(&casework, &citizen.actor);
    let opened = open(&casework, &ctx, &number, Act::Withdraw).await?;
    if !can_withdraw(&opened.case) {
        return Ok(redirect_303(format!("/cases/{}", opened.number())));
    }
    Ok(Html::ok(Withdraw::of(&shell, &opened, None, ctx.token())).into_response())
}

pub(super) async fn withdraw(
    State(casework): State<Casework>,
    shell: Shell,
    citizen: CitizenOnly,
    Path(number): Path<String>,
    mut form: Form,
) -> Result<Response, WebError> {
    let ctx = ctx_of(&casework, &citizen.actor);
    let opened = open(&casework, &ctx, &number, Act::Withdraw).await?;
    let draft = opened.case.submitted_at.is_none();
    let done = if draft {
        "/my?done=dropped".to_string()
    } else {
        format!("/cases/{}?done=withdrawn", opened.number())
    };
    if opened.case.state == CaseState::Withdrawn {
        return Ok(redirect_303(done));
    }
    let reason = form.text("reason").to_string();
    if !draft {
        form.require("reason", "请写明撤回的原因。");
        if reason.chars().count() > LONGEST {
            form.error("reason", format!("撤回的原因不能超过 {LONGEST} 个字，请删减。"));
        }
    }
    if !form.is_valid() {
        return Ok(Html::invalid(Withdraw::of(&shell, &opened, Some(&form), ctx.token())).into_response());
    }
    let case = opened.case.id;
    let take_back =
        move |casework: &Casework, tx: &mut Tx<'_>, ctx: &Ctx| casework.withdraw(tx, ctx, case, &reason);
    command(&casework, &ctx, "case.withdraw", take_back)
        .await
        .map_err(|error| refused(error, opened.number()))?;
    Ok(redirect_303(done))
}

impl Withdraw {
    fn of(shell: &Shell, opened: &Opened, typed: Option<&FormState>, nonce: String) -> Withdraw {
        let number = opened.number();
        let draft = opened.case.state == CaseState::Draft;
        let keep = if draft { opened.apply_path() } else { format!("/cases/{number}") };
        let title = if draft { "撤销这份草稿？" } else { "撤回这次申请？" };
        let page =
            shell.citizen(title).section("my").back(&keep, if draft { "申请步骤" } else { "办件详情" });
        let reason = Field::textarea("reason", "为什么撤回").hint("一句话就可以，工作人员会看到。").rows(3);
        let (page, reason) = match typed {
            Some(form) => (page.errors_of(form), reason.from(form)),
            None => (page, reason),
        };
        Withdraw {
            page,
            service: opened.service().name.clone(),
            number: grouped(number),
            draft,
            paid: opened.case.bills.iter().any(|b| b.state == BillState::Paid),
            reason,
            action: format!("/cases/{number}/withdraw"),
            nonce,
            keep,
        }
    }
}
