//! What the window itself does in a running case: answer a department, take fingerprints, hand the result over.

use axum::extract::{Path, State};
use axum::response::Response;
use yimen_identity::StaffOnly;
use yimen_parties::Party;
use yimen_platform::Ctx;
use yimen_store::Tx;
use yimen_web::{Choice, Field, Form, FormState, Shell, SummaryList, WebError, redirect_303};

use super::fill::home;
use super::issued::Done;
use super::{case, clerk};
use crate::command::with_today;
use crate::model::{Case, Delivery, Finding, Owner, Task, TaskState};
use crate::pages::citizen::opened::refused_at;
use crate::pages::fields::{Applying, control, control_from, take};
use crate::pages::review::decide::{Doubted, tell_doubts};
use crate::pages::{command, ctx_of};
use crate::policy::Act;
use crate::store::task::case_of;
use crate::{CaseView, Casework, CaseworkError, DecideTask, Fetched};
use yimen_catalogue::model::StepKind;

/// A task of this window, with what is to be recorded.
pub(super) struct Own {
    pub id: i64,
    pub name: String,
    pub delivery: bool,
    /// Where the result is to be sent, when it goes by post.
    pub post_to: Option<SummaryList>,
    pub checks: Vec<String>,
    pub finding: Option<Field>,
    pub records: Vec<Field>,
    pub doubted: Option<Doubted>,
    pub opinion: Field,
}

/// A task that a department sent back with a question.
pub(super) struct Returned {
    pub id: i64,
    pub name: String,
    pub lines: Vec<String>,
    pub note: Field,
}

fn finding_name(task: i64) -> String {
    format!("finding-{task}")
}

fn opinion_name(task: i64) -> String {
    format!("opinion-{task}")
}

fn note_name(task: i64) -> String {
    format!("note-{task}")
}

fn with(field: Field, typed: Option<&FormState>) -> Field {
    typed.map_or(field.clone(), |form| field.from(form))
}

fn goes_by_post(case: &Case, task: &Task) -> bool {
    task.kind == StepKind::Delivery && case.delivery == Delivery::Post
}

/// Whoever packs the letter needs it whole; that they saw the page is written down.
fn post_to(to: &Party) -> SummaryList {
    let or = |text: &str, none: &str| if text.is_empty() { none.to_owned() } else { text.to_owned() };
    SummaryList::new()
        .fact("寄给", to.name.as_str())
        .fact("联系电话", or(&to.phone, "没有登记"))
        .fact("寄往", or(&to.address, "没有登记地址，请先打电话问清寄到哪里"))
}

pub(super) fn own(view: &CaseView, applicant: Option<&Party>, typed: Option<&FormState>) -> Vec<Own> {
    let is_own = |task: &&Task| {
        matches!(task.owner, Owner::Office(_)) && matches!(task.state, TaskState::Open | TaskState::Claimed)
    };
    let version = &view.fetched.version;
    let own = |task: &Task| {
        let record = |spec: &yimen_catalogue::model::Field| match typed {
            Some(form) => control_from(spec, &view.facts, form),
            None => control(spec, &view.facts),
        };
        let choices = vec![Choice::new("pass", "通过"), Choice::new("fail", "不通过")];
        let finding = Field::radios(finding_name(task.id), "结论", choices).inline();
        let opinion = Field::text(opinion_name(task.id), "办理说明");
        let post = goes_by_post(&view.fetched.case, task);
        let opinion = match task.kind {
            StepKind::Delivery if post => Field::text(opinion_name(task.id), "邮件号")
                .hint("例如 EMS 1000000000001；写在送达回执上，申请人可以凭它查询"),
            StepKind::Delivery => opinion.hint("例如领取人是谁、证件核验情况").optional(),
            StepKind::Review => opinion.hint("通过的可不填；不通过的写明理由和依据"),
            _ => opinion.optional(),
        };
        Own {
            id: task.id,
            name: task.name.clone(),
            delivery: task.kind == StepKind::Delivery,
            post_to: applicant.filter(|_| post).map(post_to),
            checks: version.step(&task.step).map(|step| step.checks.clone()).unwrap_or_default(),
            finding: (task.kind == StepKind::Review).then(|| with(finding, typed)),
            records: version.records(&task.step, &view.facts).into_iter().map(record).collect(),
            doubted: typed.and_then(|form| Doubted::of(task.id, form)),
            opinion: with(opinion, typed),
        }
    };
    view.fetched.case.tasks.iter().filter(is_own).map(own).collect()
}

pub(super) fn returned(view: &CaseView, typed: Option<&FormState>) -> Vec<Returned> {
    let tasks = view.fetched.case.tasks.iter().filter(|t| t.state == TaskState::Returned);
    tasks
        .map(|t| Returned {
            id: t.id,
            name: format!("{}（{}）", t.name, t.assignee_name),
            lines: t.note.lines().map(String::from).collect(),
            note: with(Field::textarea(note_name(t.id), "答复").rows(3).max(1000), typed),
        })
        .collect()
}

/// The case of a task, as this clerk may see it.
async fn case_of_task(casework: &Casework, ctx: &Ctx, task: i64) -> Result<Fetched, WebError> {
    let (handle, ctx) = (casework.clone(), ctx.clone());
    let read = casework.platform.store.read(move |q| -> Result<Fetched, CaseworkError> {
        let case = case_of(q, task)?.ok_or(CaseworkError::NotFound)?;
        handle.fetch(q, &ctx, case, Act::AnswerReturn)
    });
    Ok(read.await?)
}

fn number(task: &str) -> Result<i64, WebError> {
    task.parse().map_err(|_| WebError::not_found())
}

pub(super) async fn answer(
    State(casework): State<Casework>,
    shell: Shell,
    who: StaffOnly,
    Path(task): Path<String>,
    mut form: Form,
) -> Result<Response, WebError> {
    clerk(&casework, &who)?;
    let (ctx, id) = (ctx_of(&casework, &who.actor), number(&task)?);
    let fetched = case_of_task(&casework, &ctx, id).await?;
    let case = &fetched.case;
    let home = home(&case.number);
    if case.task(id).is_some_and(|task| task.state != TaskState::Returned) {
        return Ok(redirect_303(format!("{home}?done={}", Done::Already.code())));
    }
    let name = note_name(id);
    if !form.require(&name, "请写明补充核实的情况，部门会看到。") {
        return case::again(&casework, &shell, &who, &case.number, &form).await;
    }
    let note = form.text(&name).to_string();
    let answer =
        move |casework: &Casework, tx: &mut Tx<'_>, ctx: &Ctx| casework.answer_return(tx, ctx, id, &note);
    command(&casework, &ctx, "task.answer", answer).await.map_err(|error| refused_at(error, &home))?;
    Ok(redirect_303(format!("{home}?done={}", Done::Answered.code())))
}

pub(super) async fn done(
    State(casework): State<Casework>,
    shell: Shell,
    who: StaffOnly,
    Path(task): Path<String>,
    mut form: Form,
) -> Result<Response, WebError> {
    clerk(&casework, &who)?;
    let (ctx, id) = (ctx_of(&casework, &who.actor), number(&task)?);
    let fetched = case_of_task(&casework, &ctx, id).await?;
    let case = &fetched.case;
    let home = home(&case.number);
    let task = case.task(id).filter(|task| matches!(task.owner, Owner::Office(_)));
    let task = task.ok_or_else(WebError::not_found)?;
    if task.state.is_over() {
        return Ok(redirect_303(format!("{home}?done={}", Done::Already.code())));
    }
    let finding = finding(task, &mut form);
    if goes_by_post(case, task) {
        form.require(&opinion_name(id), "请填写寄出的邮件号，申请人可以凭它查询。");
    }
    let opinion = form.text(&opinion_name(id)).to_string();
    let facts = casework.facts(&fetched)?.clone();
    let step = task.step.clone();
    let specs = fetched.version.step(&step).map(|s| s.records.clone()).unwrap_or_default();
    let applying = Applying::new(&fetched.version, |facts| fetched.version.records(&step, facts));
    let taken = take(&specs, &facts, &form, |spec, facts| applying.has(spec, facts));
    drop(applying);
    if finding == Finding::Pass {
        taken.tell(&mut form);
        let mut all = with_today(facts.clone(), &ctx);
        all.extend(taken.facts.clone());
        tell_doubts(&fetched.version, task, &all, &mut form);
    }
    if !form.errors().is_empty() {
        return case::again(&casework, &shell, &who, &case.number, &form).await;
    }
    let decision = DecideTask { task: id, finding, opinion, records: taken.facts };
    let done = if task.kind == StepKind::Delivery { Done::Delivered } else { Done::Concluded };
    let decide =
        move |casework: &Casework, tx: &mut Tx<'_>, ctx: &Ctx| casework.decide_task(tx, ctx, &decision);
    command(&casework, &ctx, "task.decide", decide).await.map_err(|error| refused_at(error, &home))?;
    Ok(redirect_303(format!("{home}?done={}", done.code())))
}

/// A review must be concluded one way or the other; everything else is simply done.
fn finding(task: &Task, form: &mut FormState) -> Finding {
    if task.kind != StepKind::Review {
        return Finding::Pass;
    }
    let name = finding_name(task.id);
    match form.text(&name) {
        "pass" => Finding::Pass,
        "fail" => {
            form.require(&opinion_name(task.id), "不通过的，请写明理由和依据。");
            Finding::Fail
        }
        _ => {
            form.error(name, "请选择通过或不通过。");
            Finding::Pass
        }
    }
}
