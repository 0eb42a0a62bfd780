//! Concluding a task: what was typed is checked, kept, and carried out by the one command.

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use yimen_catalogue::model::StepKind;
use yimen_catalogue::{Facts, Version};
use yimen_identity::StaffOnly;
use yimen_platform::Ctx;
use yimen_web::{Form, FormState, Html, Shell, WebError, redirect_303};

use super::conflict::{Kept, refused};
use super::opinion::{ReviewRules, fault, templates};
use super::task::{self, TaskData, again, home, load};
use super::workbench::{FINDING, OPINION, Typed};
use crate::command::with_today;
use crate::model::{Finding, Task, is_decision};
use crate::pages::ctx_of;
use crate::pages::fields::{Applying, take};
use crate::policy::Act;
use crate::rules::Refusal;
use crate::{Casework, CaseworkError, DecideTask};

pub(super) async fn decide(
    State(casework): State<Casework>,
    who: StaffOnly,
    shell: Shell,
    Path(id): Path<i64>,
    rules: Option<Extension<ReviewRules>>,
    mut form: Form,
) -> Result<Response, WebError> {
    let ctx = ctx_of(&casework, &who.actor);
    if let Ok(index) = form.text("insert").parse::<usize>() {
        let found = load(&casework, &ctx, id).await?;
        if !task::may_work(&casework.policy.get(), &ctx.actor, &found.task) {
            return Err(CaseworkError::Forbidden(Act::Work.zh()).into());
        }
        insert(&found, index, &mut form);
        let typed = Typed { action: "decide", form: Some(&form) };
        let page = task::page(&casework, &ctx, &shell, &found, &task::Asked::default(), typed);
        return Ok(Html::ok(page).into_response());
    }
    match conclude(&casework, &ctx, id, task::rules(rules), form.clone()).await {
        Ok(None) => return Ok(redirect_303(after(&who, id))),
        Ok(Some(told)) => form = told,
        Err(CaseworkError::Refused(refusal @ Refusal::ReviewFailed)) => {
            form.error(FINDING, refusal.to_string());
        }
        Err(error) => {
            let kept = Kept::new("您的意见", form.text(OPINION)).on(format!("/review/tasks/{id}"));
            return refused(&shell, home(&who.actor), error, kept);
        }
    }
    let found = load(&casework, &ctx, id).await?;
    Ok(again(&casework, &ctx, &shell, &found, Typed { action: "decide", form: Some(&form) }))
}

/// Checks what was typed and carries it out, in one unit of work. Answers the form when something must be corrected: it
/// says what. The page around it is only loaded then.
async fn conclude(
    casework: &Casework,
    ctx: &Ctx,
    id: i64,
    rules: ReviewRules,
    form: Form,
) -> crate::Result<Option<Form>> {
    let (own, ctx) = (casework.clone(), ctx.clone());
    let write = move |tx: &mut yimen_store::Tx<'_>| -> crate::Result<Option<Form>> {
        let fetched = own.fetch_own_task(tx, &ctx, id)?;
        let task = fetched.case.task(id).ok_or(CaseworkError::NotFound)?.clone();
        let facts = with_today(own.facts(&fetched)?.clone(), &ctx);
        let ground = Ground { task, facts, version: &fetched.version };
        let mut form = form.clone();
        match take_decision(&ground, &mut form, rules) {
            Some(decision) => own.conclude(tx, &ctx, &fetched, &decision).map(|_| None),
            None => Ok(Some(form)),
        }
    };
    casework.platform.store.write("task.decide", write).await
}

/// What a decision is checked against.
struct Ground<'v> {
    task: Task,
    version: &'v Version,
    facts: Facts,
}

/// The inbox, which says that it is done and shows what one has still taken on, or the whole department's if that was the
/// last; a clerk goes back to the task.
fn after(who: &StaffOnly, id: i64) -> String {
    match who.actor.has(yimen_platform::Role::Reviewer) {
        true => format!("/review?done=decided-{id}"),
        false => format!("/review/tasks/{id}"),
    }
}

/// Without script the text of a template is put in by the server.
fn insert(found: &TaskData, index: usize, form: &mut FormState) {
    let all = templates(&found.data.view.fetched.version, found.case(), &found.task);
    let Some(template) = all.get(index) else { return };
    let before = form.text(OPINION).to_string();
    let text = if before.is_empty() { template.text.clone() } else { format!("{before}\n{}", template.text) };
    form.set(OPINION, text);
    if form.text(FINDING).is_empty() {
        form.set(FINDING, template.finding.code());
    }
}

/// The decision as it was typed; `None` when something must be corrected, which then stands in the form.
fn take_decision(ground: &Ground<'_>, form: &mut FormState, rules: ReviewRules) -> Option<DecideTask> {
    let task = &ground.task;
    let judged = task.kind == StepKind::Review || is_decision(task.kind);
    let finding = match judged {
        true => Finding::parse(form.text(FINDING)),
        false => Some(Finding::Pass),
    };
    if finding.is_none() {
        let choices = if is_decision(task.kind) { "准予还是不予" } else { "通过还是不通过" };
        form.error(FINDING, format!("请选择{choices}。"));
    }
    // What a refusal does not record need not be right; without a conclusion everything is looked at.
    let records = match finding {
        Some(Finding::Fail) => Facts::new(),
        _ => take_records(ground, form),
    };
    let opinion = form.text(OPINION).to_string();
    if let Some(fault) = finding.and_then(|finding| fault(&opinion, task.kind, finding, rules)) {
        form.error(OPINION, fault);
    }
    let finding = finding.filter(|_| form.is_valid())?;
    Some(DecideTask { task: task.id, finding, opinion, records })
}

/// What looks like a slip in what was recorded, and the box by which the officer says that it is so. Its value is what was
/// asked about: another doubt, or another value, is asked about anew.
#[derive(Template)]
#[template(path = "casework/review/parts/doubted.html")]
pub(crate) struct Doubted {
    task: i64,
    asked: String,
    sure: bool,
}

impl askama::filters::HtmlSafe for Doubted {}

impl Doubted {
    /// Of a form that was refused for it; it stays when the form comes back for another reason.
    pub(crate) fn of(task: i64, form: &FormState) -> Option<Doubted> {
        let asked = form.text(&format!("task-doubted-{task}")).to_string();
        let sure = form.text(&format!("task-sure-{task}")) == asked;
        (!asked.is_empty()).then_some(Doubted { task, asked, sure })
    }
}

/// Has what looks like a slip looked at again; whoever has looked says so, and it is kept as it is.
pub(crate) fn tell_doubts(version: &Version, task: &Task, facts: &Facts, form: &mut FormState) {
    let doubts = version.doubts(&task.step, facts);
    let value = |record: &str| serde_json::to_string(&facts.get(record)).unwrap_or_default();
    let asked: Vec<String> = doubts.iter().map(|d| format!("{} {}", d.record, value(&d.record))).collect();
    let asked = asked.join("; ");
    let is_sure = form.text(&format!("task-sure-{}", task.id)) == asked;
    form.set(format!("task-doubted-{}", task.id), asked);
    if !is_sure {
        for doubt in doubts {
            form.error(&doubt.record, format!("{}请核对；确实如此的，勾选“已核对”再提交。", doubt.say));
        }
    }
}

fn take_records(ground: &Ground<'_>, form: &mut FormState) -> Facts {
    let Ground { task, version, facts: known } = ground;
    let step = &task.step;
    let specs = version.step(step).map(|s| s.records.as_slice()).unwrap_or_default();
    let applying = Applying::new(version, |facts| version.records(step, facts));
    let taken = take(specs, known, form, |spec, facts| applying.has(spec, facts));
    taken.tell(form);
    let mut all = known.clone();
    all.extend(taken.facts.clone());
    tell_doubts(version, task, &all, form);
    // A field that only these answers brought in was not on the page: it is asked for now.
    for field in specs.iter().filter(|spec| applying.has(spec, &all)) {
        let told = taken.errors.iter().any(|e| e.field == field.id);
        if !field.optional && !taken.facts.contains_key(&field.id) && !told {
            form.error(&field.id, format!("请填写{}。", field.label));
        }
    }
    taken.facts
}
