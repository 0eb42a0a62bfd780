//! A whole case, to be read: by a department it was sent to, and by supervisors.

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use yimen_identity::StaffOnly;
use yimen_web::{Form, Html, Link, Page, Shell, WebError};

use super::dossier::{Data, Dossier, Places};
use super::reviewer;
use crate::Casework;
use crate::pages::ctx_of;
use crate::policy::{Act, may_work_on};

#[derive(Template)]
#[template(path = "casework/review/case.html", blocks = ["viewer"])]
struct CasePage {
    page: Page,
    dossier: Dossier,
    /// The department's own tasks of this case.
    tasks: Vec<Link>,
}

pub(super) async fn case(
    State(casework): State<Casework>,
    who: StaffOnly,
    shell: Shell,
    Path(number): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, WebError> {
    reviewer(&casework, &who.staff)?;
    let form = Form::parse(query.unwrap_or_default().as_bytes())?;
    let ctx = ctx_of(&casework, &who.actor);
    let (own, asked, wanted) = (casework.clone(), ctx.clone(), number.clone());
    let read = move |q: &mut yimen_store::Read<'_>| {
        let fetched = own.fetch_by_number(q, &asked, &wanted, Act::See)?;
        Data::load(&own, q, &asked, fetched)
    };
    let data = casework.platform.store.read(read).await?;
    let here = format!("/review/cases/{number}");
    let places = Places {
        number: data.view.fetched.case.number.clone(),
        here,
        file: form.text("file").parse().ok(),
        task: None,
    };
    let catalogue = casework.catalogue.get();
    let case = &data.view.fetched.case;
    let own_tasks = case.tasks.iter().filter(|t| may_work_on(&casework.policy.get(), &ctx.actor, t));
    let link = |t: &crate::model::Task| Link::new(format!("/review/tasks/{}", t.id), &t.name);
    let page = CasePage {
        page: shell
            .review(data.view.fetched.version.service.name.clone())
            .section("review")
            .back("/review", "待办任务"),
        tasks: own_tasks.map(link).collect(),
        dossier: Dossier::of(&casework, &catalogue, &ctx, &data, &places),
    };
    if shell.wants("viewer") {
        return Ok(Html::ok(page.as_viewer()).into_response());
    }
    Ok(Html::ok(page).into_response())
}
