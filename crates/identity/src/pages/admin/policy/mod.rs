//! The policy in force, its versions, and changing it: typed, looked at, proposed. Another approves it with the proposals.

mod change;
mod panel;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use yimen_policy::{Act, Policy, Scope, Who};
use yimen_web::{
    Button, Cell, Column, Html, Notice, Page, Pager, Row, Shell, SummaryList, SummaryRow, Table, WebError,
};

pub(super) use change::{edit_page, preview, propose};
pub(super) use panel::Panel;
use panel::{Line, lines};

use super::{older, page_of, security};
use crate::policy::Version;
use crate::{Identity, IdentityError, SignedIn};

const A_PAGE: usize = 20;

#[derive(Template)]
#[template(path = "identity/admin/policy.html")]
struct PolicyPage {
    page: Page,
    facts: SummaryList,
    grants: Table,
    edit: Button,
    lines: Vec<Line>,
    versions: Table,
    pager: Pager,
}

#[derive(Template)]
#[template(path = "identity/admin/policy_version.html")]
struct VersionPage {
    page: Page,
    facts: SummaryList,
    /// What it changed; the first has nothing before it.
    changes: Option<Table>,
    lines: Vec<Line>,
    again: Button,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    done: String,
    before: Option<i64>,
}

fn facts(version: &Version, in_force: bool) -> SummaryList {
    let state = if in_force { "现行" } else { "已被替换" };
    let facts =
        SummaryList::new().row(SummaryRow::new("版本", format!("第 {} 版（{state}）", version.version)));
    let facts = match &version.made {
        None => facts.row(SummaryRow::new("来源", "随程序提供")),
        Some(made) => facts
            .row(SummaryRow::new("提出", format!("{}　{}", made.proposer, made.proposed_at.zh())))
            .row(SummaryRow::new("批准", format!("{}　{}", made.approver, made.approved_at.zh())))
            .row(SummaryRow::new("理由", made.reason.clone())),
    };
    // In groups, so that it can be read out and broken over lines.
    let digest: Vec<String> =
        version.digest.as_bytes().chunks(8).map(|part| part.escape_ascii().to_string()).collect();
    facts.row(SummaryRow::new("原文指纹（SHA-256）", digest.join(" ")))
}

/// Who may do what, a row for each role within a scope.
fn grants(policy: &Policy) -> Table {
    let columns = vec![Column::text("身份").whole(), Column::text("范围"), Column::text("可以做的事")];
    let rows = policy.granted().map(|relation| {
        let acts: Vec<&str> =
            Act::ALL.into_iter().filter(|act| policy.allows(relation, *act)).map(Act::zh).collect();
        Row::new(vec![relation.who.zh().into(), relation.scope.zh().into(), acts.join("、").into()])
    });
    Table::new("授权", columns).hide_caption().rows(rows)
}

fn versions(found: &[Version]) -> Table {
    let columns = vec![
        Column::text("版本").whole(),
        Column::text("提出").whole(),
        Column::text("批准").whole(),
        Column::text("理由"),
    ];
    let rows = found.iter().map(|one| {
        let link =
            Cell::link(format!("/admin/policy/versions/{}", one.version), format!("第 {} 版", one.version));
        match &one.made {
            None => Row::new(vec![link, "随程序提供".into(), "—".into(), "—".into()]),
            Some(made) => Row::new(vec![
                link,
                Cell::two(made.proposer.clone(), made.proposed_at.zh()),
                Cell::two(made.approver.clone(), made.approved_at.zh()),
                made.reason.clone().into(),
            ]),
        }
    });
    Table::new("历次版本", columns).hide_caption().rows(rows)
}

/// The codes of the file, with what they mean.
fn words() -> Vec<(&'static str, String)> {
    let list = |all: &[(&str, &str)]| {
        let all: Vec<String> = all.iter().map(|(code, zh)| format!("{code} {zh}")).collect();
        all.join("；")
    };
    vec![
        ("身份", list(&Who::ALL.map(|who| (who.code(), who.zh())))),
        ("范围", list(&Scope::ALL.map(|scope| (scope.code(), scope.zh())))),
        ("事项", list(&Act::ALL.map(|act| (act.code(), act.zh())))),
    ]
}

pub(super) async fn page(
    State(identity): State<Identity>,
    shell: Shell,
    SignedIn { actor, .. }: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    security(&actor)?;
    let reading = identity.clone();
    let from = asked.before.unwrap_or(i64::MAX);
    let read = move |q: &mut yimen_store::Read<'_>| -> Result<_, IdentityError> {
        Ok((reading.newest_policy(q)?, reading.policy_versions(q, from, A_PAGE + 1)?))
    };
    let (newest, mut found) = identity.platform().store.read(read).await?;
    let pager = older(&mut found, A_PAGE, ("/admin/policy", asked.before), |one| one.version);
    let mut page = page_of(&shell, "权限规则").section("policy");
    if asked.done == "proposed" {
        let notice = Notice::success("已提出修改，等待另一位安全管理员批准").text("批准以前，仍按现行规则。");
        page = page.notice(notice.link("/admin/proposals", "待批事项"));
    }
    let view = PolicyPage {
        page,
        facts: facts(&newest, true),
        grants: grants(&newest.policy()),
        edit: Button::primary("修改").href("/admin/policy/edit"),
        lines: lines(&newest.text, None, &[]),
        versions: versions(&found),
        pager,
    };
    Ok(Html::ok(view).into_response())
}

pub(super) async fn version(
    State(identity): State<Identity>,
    shell: Shell,
    SignedIn { actor, .. }: SignedIn,
    Path(version): Path<i64>,
) -> Result<Response, WebError> {
    security(&actor)?;
    let reading = identity.clone();
    let read = move |q: &mut yimen_store::Read<'_>| -> Result<_, IdentityError> {
        let before = if version > 0 { Some(reading.policy_version(q, version - 1)?) } else { None };
        Ok((reading.newest_policy(q)?.version, before, reading.policy_version(q, version)?))
    };
    let (newest, before, one) = identity.platform().store.read(read).await?;
    let page = page_of(&shell, format!("权限规则：第 {version} 版")).section("policy");
    let changes = before.as_ref().map(|before| {
        let changes: Vec<_> = before.policy().changes(&one.policy());
        panel::changes(changes.iter().map(|change| (change, None)))
    });
    let view = VersionPage {
        page: page.back("/admin/policy", "权限规则"),
        facts: facts(&one, version == newest),
        changes,
        lines: lines(&one.text, before.as_ref().map(|before| before.text.as_str()), &[]),
        again: Button::secondary("以这一版为底稿修改").href(format!("/admin/policy/edit?version={version}")),
    };
    Ok(Html::ok(view).into_response())
}
