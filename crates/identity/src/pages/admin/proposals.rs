//! What takes two people: the open proposals to decide, and what became of the others.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use yimen_policy::Policy;
use yimen_web::{
    Button, Choice, Field, Form, FormState, Html, Notice, Page, Pager, Shell, StatusTag, Tone, WebError,
    redirect_303,
};

use super::policy::Panel;
use super::{older, page_of, proof_field, security};
use crate::pages::sign_in::{blame, told};
use crate::{Decision, Identity, IdentityError, Proposal, Session, SignedIn, State as Outcome};

const A_PAGE: usize = 30;

#[derive(Template)]
#[template(path = "identity/admin/proposals.html")]
struct ProposalsPage {
    page: Page,
    lines: Vec<Line>,
    pager: Pager,
}

/// One proposal, to be decided.
#[derive(Template)]
#[template(path = "identity/admin/proposal.html")]
struct ProposalPage {
    page: Page,
    line: Line,
    /// What an open change of the policy would do.
    panel: Option<Panel>,
    answer: Field,
    proof: Option<Field>,
    submit: Button,
}

struct Line {
    id: i64,
    kind: &'static str,
    summary: String,
    reason: String,
    made: String,
    tag: StatusTag,
    is_open: bool,
    is_own: bool,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    done: Option<String>,
    before: Option<i64>,
}

fn line(identity: &Identity, one: Proposal, own: i64) -> Line {
    let (text, tone) = match one.state {
        Outcome::Open => ("待批准".to_owned(), Tone::Warn),
        Outcome::Approved => (format!("{}已批准", one.decider_name), Tone::Done),
        Outcome::Refused => (format!("{}未批准", one.decider_name), Tone::Neutral),
        Outcome::Withdrawn => ("已撤回".to_owned(), Tone::Neutral),
        Outcome::Expired => ("过期未批准".to_owned(), Tone::Neutral),
    };
    Line {
        id: one.id,
        kind: identity.kind_name(&one.kind),
        made: format!(
            "{} 于 {} 提出，{} 前有效",
            one.proposer_name,
            one.proposed_at.zh(),
            one.expires_at.zh()
        ),
        summary: one.summary,
        reason: one.reason,
        tag: StatusTag::new(text, tone),
        is_open: one.state == Outcome::Open,
        is_own: one.proposer == own,
    }
}

pub(super) async fn page(
    State(identity): State<Identity>,
    shell: Shell,
    SignedIn { actor, session }: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    security(&actor)?;
    let reading = identity.clone();
    let from = asked.before.unwrap_or(i64::MAX);
    let read = move |q: &mut yimen_store::Read<'_>| -> Result<_, IdentityError> {
        reading.proposals(q, from, A_PAGE as i64 + 1)
    };
    let mut found: Vec<Proposal> = identity.platform().store.read(read).await?;
    let pager = older(&mut found, A_PAGE, ("/admin/proposals", asked.before), |one| one.id);
    let lines = found.into_iter().map(|one| line(&identity, one, session.account)).collect();
    let mut page = page_of(&shell, "待批事项").section("proposals");
    page = match asked.done.as_deref() {
        Some("approve") => page.notice(Notice::success("已批准，现在生效")),
        Some("refuse") => page.notice(Notice::success("已决定不批准")),
        Some("withdraw") => page.notice(Notice::success("已撤回")),
        _ => page,
    };
    Ok(Html::ok(ProposalsPage { page, lines, pager }).into_response())
}

async fn view(
    identity: &Identity,
    page: Page,
    session: &Session,
    id: i64,
    form: &FormState,
) -> Result<ProposalPage, WebError> {
    let reading = identity.clone();
    let read = move |q: &mut yimen_store::Read<'_>| -> Result<_, IdentityError> {
        let one = reading.proposal(q, id)?;
        let panel = if one.state == Outcome::Open { policy_panel(&reading, q, id)? } else { None };
        Ok((one, panel))
    };
    let (one, panel) = identity.platform().store.read(read).await?;
    let line = line(identity, one, session.account);
    let choices = match line.is_own {
        true => vec![Choice::new("withdraw", "撤回").hint("提出的人不能自己批准")],
        false => vec![Choice::new("approve", "批准").hint("马上生效"), Choice::new("refuse", "不批准")],
    };
    Ok(ProposalPage {
        page,
        line,
        panel,
        answer: Field::radios("answer", "您的决定", choices).from(form),
        proof: proof_field(identity, session, form),
        submit: Button::primary("确定"),
    })
}

/// What a change of the policy would do now; none for what is proposed otherwise.
fn policy_panel(
    identity: &Identity,
    q: &mut yimen_store::Read<'_>,
    id: i64,
) -> Result<Option<Panel>, IdentityError> {
    let Some(proposed) = identity.proposed_policy(q, id)? else { return Ok(None) };
    let now = identity.newest_policy(q)?;
    let next = Policy::parse(&proposed.text).unwrap_or_else(|_| Policy::nothing());
    let effect = identity.effect_of(q, &now.policy(), &next)?;
    let mut panel = Panel::of(&effect, &proposed.text, &now.text);
    if proposed.is_stale {
        let stale = Notice::problem("提出以后权限规则已经改过，这一项不能再批准");
        panel.notices.insert(0, stale.text("需要改的，请按现在的规则重新提出。"));
    }
    Ok(Some(panel))
}

fn one_shell(shell: &Shell) -> Page {
    page_of(shell, "待批事项：决定").section("proposals").back("/admin/proposals", "待批事项")
}

pub(super) async fn one_page(
    State(identity): State<Identity>,
    shell: Shell,
    SignedIn { actor, session }: SignedIn,
    Path(id): Path<i64>,
) -> Result<Response, WebError> {
    security(&actor)?;
    Ok(Html::ok(view(&identity, one_shell(&shell), &session, id, &FormState::new()).await?).into_response())
}

pub(super) async fn decide(
    State(identity): State<Identity>,
    shell: Shell,
    SignedIn { actor, session }: SignedIn,
    Path(id): Path<i64>,
    mut form: Form,
) -> Result<Response, WebError> {
    security(&actor)?;
    let answer = form.text("answer").to_owned();
    let decision = match answer.as_str() {
        "approve" => Some(Decision::Approve),
        "refuse" => Some(Decision::Refuse),
        "withdraw" => Some(Decision::Withdraw),
        _ => None,
    };
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    match decision {
        None => {
            form.error("answer", "请选择您的决定");
        }
        Some(decision) => {
            let ctx = identity.ctx(actor);
            let done = async {
                identity.step_up(&ctx, &session, form.text("code")).await?;
                identity.decide(&ctx, id, decision).await
            };
            match done.await {
                Ok(()) => return Ok(redirect_303(format!("/admin/proposals?done={answer}"))),
                Err(error) => status = blame(&mut form, error, "code")?.0,
            }
            form.set("code", "");
        }
    }
    let page = one_shell(&shell).errors_of(&form);
    Ok(told(status, &form).shown_as(Html::ok(view(&identity, page, &session, id, &form).await?)))
}
