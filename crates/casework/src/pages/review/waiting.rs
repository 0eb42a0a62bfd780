//! What waits for others: the department's own cases in which its next part cannot begin yet, and for whom.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use yimen_identity::StaffOnly;
use yimen_store::Read;
use yimen_web::{EmptyState, Form, FormState, Html, KeyHints, Page, Pager, Shell, Tabs, WebError};

use super::address::{Address, key};
use super::inbox::{View, tabs};
use super::reviewer;
use super::rows::{Line, Rows};
use super::urgency::bounds;
use crate::pages::ctx_of;
use crate::store::inbox::{self, InboxTask};
use crate::store::lists::NO_DUE;
use crate::{Casework, CaseworkError};

#[derive(Template)]
#[template(path = "casework/review/waiting.html")]
struct WaitingPage {
    page: Page,
    department: String,
    keys: KeyHints,
    tabs: Tabs,
    /// Each with the address of its case.
    lines: Vec<(Line, String)>,
    first: Option<String>,
    pager: Pager,
    empty: EmptyState,
}

pub(super) async fn waiting(
    State(casework): State<Casework>,
    who: StaffOnly,
    shell: Shell,
    RawQuery(query): RawQuery,
) -> Result<Response, WebError> {
    reviewer(&casework, &who.staff)?;
    let form = Form::parse(query.unwrap_or_default().as_bytes())?;
    let (department, account, after) = (who.staff.department.clone(), who.staff.account, key(&form));
    let found = move |q: &mut Read<'_>| -> Result<_, CaseworkError> {
        let tasks = inbox::waiting(q, &department, after.unwrap_or_default(), inbox::PAGE as i64 + 1)?;
        let unfinished = inbox::unfinished(q, &tasks)?;
        let views = inbox::views(q, &format!("dept:{department}"), account, "")?;
        Ok((tasks, unfinished, views))
    };
    let (mut tasks, unfinished, views) = casework.platform.store.read(found).await?;
    let more = tasks.len() > inbox::PAGE;
    tasks.truncate(inbox::PAGE);
    let here = Address::asked("/review/waiting", &[], &FormState::new());
    let next = tasks.last().filter(|_| more).map(|task| here.after(place(task)));
    let now = ctx_of(&casework, &who.actor).now;
    let catalogue = casework.catalogue.get();
    let bounds = bounds(&casework, now);
    let rows = Rows { casework: &casework, catalogue: &catalogue, account, now, bounds };
    let case = |task: &InboxTask| format!("/review/cases/{}", task.number);
    let page = WaitingPage {
        page: shell.review("待他人办理").section("review"),
        department: catalogue.department_name(&who.staff.department).to_string(),
        keys: KeyHints::new().letters(),
        tabs: tabs(&Address::asked("/review", &[], &FormState::new()), &views, View::Waiting),
        lines: tasks.iter().map(|task| (rows.line(task, &unfinished), case(task))).collect(),
        first: after.map(|_| here.href()),
        pager: Pager::new(None, next),
        empty: EmptyState::new(
            "check-circle",
            "没有在等别人的办件",
            "本部门牵头的办件，该本部门做的都已经可以办理。",
        ),
    };
    Ok(Html::ok(page).into_response())
}

/// The list is sorted by what the case runs towards, then by case.
fn place(task: &InboxTask) -> (i64, i64) {
    (task.promised_due.map_or(NO_DUE, |due| due.0), task.case_id)
}
