//! A case at the window: what was answered beside what was handed in, and what the clerk may do with it now.

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use yimen_identity::StaffOnly;
use yimen_web::{
    Clock, Field, Form, FormState, Html, KeyHints, Notice, Page, Shell, StatusTag, WebError, redirect_303,
};

use super::clerk;
use super::fill::home;
use super::issued::{Done, Papers};
use super::tasks::{self, Own, Returned};
use super::verdicts::PreCheck;
use crate::model::CaseState;
use crate::pages::citizen::opened::stored;
use crate::pages::review::dossier::{Data, Dossier, Places};
use crate::pages::{case_clock, ctx_of, due_line, supplied_tag};
use crate::policy::{Act, Relation};
use crate::{Casework, CaseworkError};

#[derive(Template)]
#[template(path = "casework/desk/case.html", blocks = ["viewer"])]
pub(super) struct CasePage {
    page: Page,
    keys: KeyHints,
    number: String,
    clock: Clock,
    /// Beside the state, where the applicant has mended what was asked.
    mended: Option<StatusTag>,
    dossier: Dossier,
    /// What was just done, and the papers that follow from it.
    done: Option<Notice>,
    papers: Papers,
    /// The pre-check is open.
    check: Option<PreCheck>,
    /// Until when the correction may come, and what it must contain.
    correcting: Option<(String, Vec<(String, String)>)>,
    returned: Vec<Returned>,
    tasks: Vec<Own>,
    withdraw: Option<Field>,
    withdraw_open: bool,
    /// Departments are at work, or were.
    accepted: bool,
}

/// What the page is shown with besides the case.
#[derive(Default)]
struct With<'a> {
    typed: Option<&'a FormState>,
    done: Option<Done>,
    file: Option<i64>,
}

pub(super) async fn page(
    State(casework): State<Casework>,
    shell: Shell,
    who: StaffOnly,
    Path(number): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, WebError> {
    clerk(&casework, &who)?;
    let asked = Form::parse(query.unwrap_or_default().as_bytes())?;
    let with =
        With { typed: None, done: Done::parse(asked.text("done")), file: asked.text("file").parse().ok() };
    let page = load(&casework, &shell, &who, &number, &with).await?;
    let Some(page) = page else {
        return Ok(redirect_303(format!("{}/fill", home(&stored(&number)?))));
    };
    if shell.wants("viewer") {
        return Ok(Html::ok(page.as_viewer()).into_response());
    }
    Ok(Html::ok(page).into_response())
}

/// The page again, with what stood in the way and everything as it was typed.
pub(super) async fn again(
    casework: &Casework,
    shell: &Shell,
    who: &StaffOnly,
    number: &str,
    form: &FormState,
) -> Result<Response, WebError> {
    let with = With { typed: Some(form), ..With::default() };
    let page = load(casework, shell, who, number, &with).await?;
    Ok(Html::invalid(page.ok_or_else(WebError::not_found)?).into_response())
}

/// Nothing for a draft, which has a page of its own.
async fn load(
    casework: &Casework,
    shell: &Shell,
    who: &StaffOnly,
    number: &str,
    with: &With<'_>,
) -> Result<Option<CasePage>, WebError> {
    let ctx = ctx_of(casework, &who.actor);
    let (handle, context, number) = (casework.clone(), ctx.clone(), stored(number)?);
    let read = casework.platform.store.read(move |q| -> Result<Data, CaseworkError> {
        let fetched = handle.fetch_by_number(q, &context, &number, Act::See)?;
        if !fetched.is(Relation::WINDOW) {
            return Err(CaseworkError::NotFound);
        }
        Data::load(&handle, q, &context, fetched)
    });
    let data = read.await?;
    let (view, catalogue) = (&data.view, casework.catalogue.get());
    let case = &view.fetched.case;
    if case.state == CaseState::Draft {
        return Ok(None);
    }
    let places =
        Places { number: case.number.clone(), here: home(&case.number), file: with.file, task: None };
    let dossier = Dossier::of(casework, &catalogue, &ctx, &data, &places);
    let checking = case.state == CaseState::Submitted;
    let correction = case.correction.as_ref().filter(|_| case.state == CaseState::Correcting);
    let items = |c: &crate::model::Correction| {
        let until = due_line(casework, ctx.now, c.due_at);
        (until, c.items.iter().map(|item| (item.name.clone(), item.reason.clone())).collect())
    };
    let errors = with.typed.map(FormState::errors).unwrap_or_default();
    let may_withdraw =
        matches!(case.state, CaseState::Submitted | CaseState::Correcting | CaseState::InReview);
    let why = Field::text("withdraw-why", "申请人撤回的原因");
    let why = with.typed.map_or(why.clone(), |form| why.from(form));
    Ok(Some(CasePage {
        page: shell
            .desk(view.fetched.version.service.name.clone())
            .section("desk")
            .back("/desk", "窗口工作台")
            .errors(errors),
        keys: keys(checking),
        clock: case_clock(casework, case, ctx.now),
        mended: supplied_tag(case.state, case.supplied_at()),
        done: with.done.map(Done::notice),
        papers: Papers::of(&case.number, &view.documents, with.done, ctx.now),
        check: checking.then(|| PreCheck::of(view, &dossier.viewer, with.typed)),
        correcting: correction.map(items),
        returned: tasks::returned(view, with.typed),
        tasks: tasks::own(view, data.party.as_ref(), with.typed),
        withdraw: may_withdraw.then_some(why),
        withdraw_open: errors.iter().any(|error| error.field == "withdraw-why"),
        accepted: case.accepted_at.is_some(),
        number: case.number.clone(),
        dossier,
    }))
}

fn keys(checking: bool) -> KeyHints {
    let keys = KeyHints::new().key("Alt+,", "上一个文件").key("Alt+.", "下一个文件");
    match checking {
        true => keys.key("Alt+1…9", "退回第几项材料"),
        false => keys.key("F10", "打印文书"),
    }
}
