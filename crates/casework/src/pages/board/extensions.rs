//! Extensions that somebody asked for: the head of the department that decides approves or refuses.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use yimen_identity::{StaffOnly, colleagues};
use yimen_platform::Role;
use yimen_standards::time::{Limit, due};
use yimen_store::Read;
use yimen_web::{EmptyState, Form, Html, Notice, Page, Pager, Shell, WebError};

use super::PAGE;
use super::scope::Scope;
use crate::pages::review::address::{Address, key};
use crate::pages::review::people;
use crate::pages::words::grouped;
use crate::store::board::{self, ExtensionItem};
use crate::{Casework, CaseworkError};

#[derive(Template)]
#[template(path = "casework/board/extensions.html")]
struct ExtensionsPage {
    page: Page,
    requests: Vec<Request>,
    empty: EmptyState,
    pager: Pager,
    answers: bool,
}

/// One request with what its answer leads to.
struct Request {
    case: String,
    number: String,
    service: String,
    applicant: String,
    department: String,
    reason: String,
    by: String,
    who: String,
    at: String,
    now_due: String,
    then_due: String,
    statutory: String,
    /// Asked by the one who looks: another head must answer.
    own: bool,
}

pub(super) async fn extensions(
    State(casework): State<Casework>,
    who: StaffOnly,
    shell: Shell,
    RawQuery(query): RawQuery,
) -> Result<Response, WebError> {
    let scope = Scope::of(&casework.policy.get(), &who.staff)?;
    let form = Form::parse(query.unwrap_or_default().as_bytes())?;
    let (asked, after) = (scope.clone(), key(&form));
    let read = move |q: &mut Read<'_>| -> Result<_, CaseworkError> {
        let items = board::extensions(q, asked.lead(), after.unwrap_or_default(), PAGE + 1)?;
        let staff = match asked.lead() {
            "" => Vec::new(),
            lead => colleagues::of_department(q, lead, Role::Reviewer)?,
        };
        Ok((items, staff.into_iter().map(|c| (c.account, c.name)).collect::<BTreeMap<i64, String>>()))
    };
    let (mut items, names) = casework.platform.store.read(read).await?;
    let more = items.len() > PAGE as usize;
    items.truncate(PAGE as usize);
    let here = Address::asked("/supervise/extensions", &[], &form);
    let next = items.last().filter(|_| more).map(|i| here.after((i.requested_at.0, i.id)));
    let own = who.staff.account;
    let mut page = shell.board("延期申请").section("supervise").back("/supervise", "运行总览");
    page.notice = match form.text("done") {
        "approved" => Some(Notice::success("已批准延期，已生成延长办理期限通知书")),
        "refused" => Some(Notice::success("已作出不批准延期的答复")),
        _ => None,
    };
    let page = ExtensionsPage {
        page,
        requests: items.iter().map(|item| request(&casework, item, &names, own)).collect(),
        empty: EmptyState::new("check-circle", "没有待批准的延期申请", "审查人员申请延期后会出现在这里。"),
        pager: Pager::new(None, next),
        answers: scope != Scope::City,
    };
    Ok(Html::ok(page).into_response())
}

fn request(casework: &Casework, item: &ExtensionItem, names: &BTreeMap<i64, String>, own: i64) -> Request {
    let catalogue = casework.catalogue.get();
    let version = casework.catalogue.cached(item.version_id);
    let version = version.as_deref().or_else(|| catalogue.current(&item.service).map(|v| &**v));
    let by = item.by_limit.parse::<Limit>().ok();
    let then = item
        .promised_due
        .zip(by)
        .and_then(|(at, by)| due(&casework.calendar, &casework.hours, at, by, &[]).at);
    Request {
        case: format!("/supervise/cases/{}", item.number),
        number: grouped(&item.number),
        service: version.map_or(item.service.clone(), |v| v.service.name.clone()),
        applicant: people::applicant(version, &item.applicant_name),
        department: catalogue.department_short(&item.lead).to_string(),
        reason: item.reason.clone(),
        by: by.map_or(item.by_limit.clone(), Limit::zh),
        who: names.get(&item.requested_by).cloned().unwrap_or_else(|| "其他部门的经办人".into()),
        at: item.requested_at.zh(),
        now_due: item.promised_due.map_or_else(|| "时限暂停中".into(), |at| at.zh()),
        then_due: then.map_or_else(|| "恢复计时后重新计算".into(), |at| at.zh()),
        statutory: item.statutory_due.map(|at| at.zh()).unwrap_or_default(),
        own: item.requested_by == own,
    }
}
