//! One case for supervisors: everything to read, and what a head alone may do: answer an extension, take a task back,
//! void the case.

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use yimen_identity::StaffOnly;
use yimen_platform::Ctx;
use yimen_store::{Read, Tx};
use yimen_web::{Field, Form, FormState, Html, Link, Notice, Page, Shell, WebError, redirect_303};

use super::scope::Scope;
use crate::Casework;
use crate::error::Result;
use crate::model::{Case, CaseState, ExtensionState, Task, TaskState};
use crate::pages::ctx_of;
use crate::pages::review::dossier::{Data, Dossier, Places};
use crate::pages::review::{Kept, refused};
use crate::policy::{self, Act, Policy};
use crate::rules::{LEAST_REASON, letters};

const REASON: &str = "void-reason";
const HOME: (&str, &str) = ("/supervise", "运行总览");

#[derive(Template)]
#[template(path = "casework/board/case.html", blocks = ["viewer"])]
struct CasePage {
    page: Page,
    number: String,
    dossier: Dossier,
    extension: Option<Request>,
    /// Tasks in somebody's hands, which the head may take back: (task, who holds it).
    held: Vec<(Link, String)>,
    void: Option<Field>,
    void_open: bool,
}

struct Request {
    words: String,
    /// Asked by the one who looks.
    own: bool,
    answers: bool,
}

pub(super) async fn case(
    State(casework): State<Casework>,
    who: StaffOnly,
    shell: Shell,
    Path(number): Path<String>,
    RawQuery(query): RawQuery,
) -> std::result::Result<Response, WebError> {
    Scope::of(&casework.policy.get(), &who.staff)?;
    let form = Form::parse(query.unwrap_or_default().as_bytes())?;
    let ctx = ctx_of(&casework, &who.actor);
    let data = load(&casework, &ctx, &number, Act::See).await?;
    let mut page = view(&casework, &ctx, &shell, &data, form.text("file").parse().ok(), None);
    page.page.notice = match form.text("done") {
        "voided" => Some(Notice::success("办件已作废")),
        "approved" => Some(Notice::success("已批准延期，已生成延长办理期限通知书")),
        "refused" => Some(Notice::success("已作出不批准延期的答复")),
        _ => None,
    };
    if shell.wants("viewer") {
        return Ok(Html::ok(page.as_viewer()).into_response());
    }
    Ok(Html::ok(page).into_response())
}

async fn load(casework: &Casework, ctx: &Ctx, number: &str, act: Act) -> std::result::Result<Data, WebError> {
    let (own, ctx, number) = (casework.clone(), ctx.clone(), number.to_string());
    let read = move |q: &mut Read<'_>| {
        let fetched = own.fetch_by_number(q, &ctx, &number, act)?;
        Data::load(&own, q, &ctx, fetched)
    };
    Ok(casework.platform.store.read(read).await?)
}

fn view(
    casework: &Casework,
    ctx: &Ctx,
    shell: &Shell,
    data: &Data,
    file: Option<i64>,
    typed: Option<&FormState>,
) -> CasePage {
    let case = &data.view.fetched.case;
    let here = format!("/supervise/cases/{}", case.number);
    let places = Places { number: case.number.clone(), here, file, task: None };
    let heads = policy::heads(&casework.policy.get(), &ctx.actor, case);
    let voidable = matches!(case.state, CaseState::Submitted | CaseState::Correcting | CaseState::InReview);
    let void = (heads && voidable).then(|| {
        let field = Field::textarea(REASON, "作废的理由和依据").rows(3).max(500);
        field.hint(format!(
            "至少{LEAST_REASON}个字，会写进办件记录，申请人可以看到。作废后不能恢复，已缴的费用转为退费。"
        ))
    });
    let void = void.map(|field| match typed {
        Some(form) => field.from(form),
        None => field,
    });
    let title = data.view.fetched.version.service.name.clone();
    let page = shell.board(title).section("supervise").back(HOME.0, HOME.1);
    let page = match typed {
        Some(form) => page.errors_of(form),
        None => page,
    };
    CasePage {
        page,
        number: case.number.clone(),
        extension: request(case, ctx, heads),
        held: held(&casework.policy.get(), ctx, case),
        void_open: typed.is_some(),
        void,
        dossier: Dossier::of(casework, &casework.catalogue.get(), ctx, data, &places),
    }
}

fn request(case: &Case, ctx: &Ctx, heads: bool) -> Option<Request> {
    let asked = case.extension.as_ref().filter(|e| e.state == ExtensionState::Requested)?;
    Some(Request {
        words: format!("{} 申请延长 {}。理由：{}", asked.requested_at.zh(), asked.by.zh(), asked.reason),
        own: asked.requested_by == ctx.actor.account(),
        answers: heads && case.state == CaseState::InReview,
    })
}

/// Tasks the caller may take from whom they lie with.
fn held(policy: &Policy, ctx: &Ctx, case: &Case) -> Vec<(Link, String)> {
    let mine =
        |t: &&Task| t.state == TaskState::Claimed && policy::may_take_back(policy, &ctx.actor, case, t);
    let live = case.tasks.iter().filter(mine);
    live.map(|t| (Link::new(format!("/review/tasks/{}", t.id), &t.name), t.assignee_name.clone())).collect()
}

/// `answer=approve` or anything else; sent from the case or from the list of requests.
pub(super) async fn answer_extension(
    State(casework): State<Casework>,
    who: StaffOnly,
    shell: Shell,
    Path(number): Path<String>,
    form: Form,
) -> std::result::Result<Response, WebError> {
    Scope::of(&casework.policy.get(), &who.staff)?;
    let approve = match form.text("answer") {
        "approve" => true,
        "refuse" => false,
        _ => return Err(WebError::bad_request("请选择批准还是不批准。")),
    };
    let done = if approve { "approved" } else { "refused" };
    let to = match form.text("to") {
        "list" => format!("/supervise/extensions?done={done}"),
        _ => format!("/supervise/cases/{number}?done={done}"),
    };
    let command = move |own: &Casework, tx: &mut Tx<'_>, ctx: &Ctx, case: i64| {
        own.answer_extension(tx, ctx, case, approve)
    };
    run(&casework, &who, &shell, "extension.answer", &number, Kept::default(), to, command).await
}

pub(super) async fn void(
    State(casework): State<Casework>,
    who: StaffOnly,
    shell: Shell,
    Path(number): Path<String>,
    mut form: Form,
) -> std::result::Result<Response, WebError> {
    Scope::of(&casework.policy.get(), &who.staff)?;
    if form.require(REASON, "请写明作废的理由和依据。") && letters(form.text(REASON)) < LEAST_REASON
    {
        let has = letters(form.text(REASON));
        let message = format!("作废的理由和依据至少写{LEAST_REASON}个字，现在有{has}个字。");
        form.error(REASON, message);
    }
    if !form.is_valid() {
        let ctx = ctx_of(&casework, &who.actor);
        let data = load(&casework, &ctx, &number, Act::Head).await?;
        let page = view(&casework, &ctx, &shell, &data, None, Some(&form));
        // A case that cannot be voided any more is no matter of words: the rules say what it is.
        if page.void.is_some() {
            return Ok(Html::invalid(page).into_response());
        }
    }
    let reason = form.text(REASON).to_string();
    let kept = Kept::new("您写的理由", &reason);
    let to = format!("/supervise/cases/{number}?done=voided");
    let command =
        move |own: &Casework, tx: &mut Tx<'_>, ctx: &Ctx, case: i64| own.void(tx, ctx, case, &reason);
    run(&casework, &who, &shell, "case.void", &number, kept, to, command).await
}

#[allow(clippy::too_many_arguments, reason = "the ends of two handlers that differ in these alone")]
async fn run(
    casework: &Casework,
    who: &StaffOnly,
    shell: &Shell,
    name: &'static str,
    number: &str,
    kept: Kept,
    to: String,
    command: impl Fn(&Casework, &mut Tx<'_>, &Ctx, i64) -> Result<Case> + Send + 'static,
) -> std::result::Result<Response, WebError> {
    let (own, ctx, wanted) = (casework.clone(), ctx_of(casework, &who.actor), number.to_string());
    let write = move |tx: &mut Tx<'_>| {
        let case = own.fetch_by_number(tx, &ctx, &wanted, Act::Head)?.case.id;
        command(&own, tx, &ctx, case)
    };
    match casework.platform.store.write(name, write).await {
        Ok(_) => Ok(redirect_303(to)),
        Err(error) => refused(shell, HOME, error, kept.on(format!("/supervise/cases/{number}"))),
    }
}
