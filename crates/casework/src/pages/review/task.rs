//! One task: what was handed in and found so far on the left, what is to be done about it on the right.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use yimen_identity::{Colleague, StaffOnly, colleagues};
use yimen_platform::{Actor, Ctx, Role};
use yimen_store::Read;
use yimen_web::{
    Clock, ClockState, Form, FormState, Html, KeyHints, Notice, Page, Shell, StatusTag, WebError,
};

use super::dossier::{Data, Dossier, Places};
use super::findings::task_tag;
use super::opinion::ReviewRules;
use super::presence::Presence;
use super::workbench::{Typed, Workbench};
use crate::Casework;
use crate::error::{CaseworkError, Result};
use crate::model::{Case, Owner, Task, TaskState, is_decision};
use crate::pages::ctx_of;
use crate::pages::words::{Times, moment, task_clock};
use crate::policy::{Policy, may_work_on};

#[derive(Template)]
#[template(path = "casework/review/task.html", blocks = ["viewer"])]
pub(super) struct TaskPage {
    pub page: Page,
    pub id: i64,
    pub tag: StatusTag,
    /// The case's own page, where the caller has one.
    pub case: Option<String>,
    pub clock: Clock,
    /// The decision: what everyone found comes first.
    pub decides: bool,
    pub checks: Vec<String>,
    pub dossier: Dossier,
    pub bench: Workbench,
    pub keys: KeyHints,
}

/// What one read brings for a task's page.
pub(super) struct TaskData {
    pub data: Data,
    pub task: Task,
    /// Those it may be handed to.
    pub colleagues: Vec<Colleague>,
}

impl TaskData {
    /// A task is found by those who may work on it and by the head of the department that decides.
    pub fn load(casework: &Casework, q: &mut Read<'_>, ctx: &Ctx, id: i64) -> Result<TaskData> {
        let fetched = casework.fetch_task(q, ctx, id)?;
        let task = fetched.case.task(id).ok_or(CaseworkError::NotFound)?.clone();
        let colleagues = match &task.owner {
            Owner::Department(department) => colleagues::of_department(q, department, Role::Reviewer)?,
            Owner::Office(office) => colleagues::of_office(q, office, Role::Clerk)?,
            Owner::Applicant => Vec::new(),
        };
        let own = ctx.actor.account();
        let others = |c: &Colleague| c.account != own && Some(c.account) != task.assignee;
        let colleagues = colleagues.into_iter().filter(others).collect();
        Ok(TaskData { data: Data::load(casework, q, ctx, fetched)?, task, colleagues })
    }

    pub fn case(&self) -> &Case {
        &self.data.view.fetched.case
    }
}

pub(super) async fn task(
    State(casework): State<Casework>,
    who: StaffOnly,
    shell: Shell,
    Extension(presence): Extension<Arc<Presence>>,
    Path(id): Path<i64>,
    RawQuery(query): RawQuery,
) -> std::result::Result<Response, WebError> {
    let form = Form::parse(query.unwrap_or_default().as_bytes())?;
    let ctx = ctx_of(&casework, &who.actor);
    let found = load(&casework, &ctx, id).await?;
    let others = others(&casework, &presence, &ctx, &found.task);
    let asked = Asked { file: form.text("file").parse().ok(), done: form.text("done").to_string() };
    let mut page = page(&casework, &ctx, &shell, &found, &asked, Typed::nothing());
    page.bench.notices.extend(others);
    if shell.wants("viewer") {
        return Ok(Html::ok(page.as_viewer()).into_response());
    }
    Ok(Html::ok(page).into_response())
}

/// Who else is reading a task that nobody has claimed.
fn others(casework: &Casework, presence: &Presence, ctx: &Ctx, task: &Task) -> Option<Notice> {
    if task.state != TaskState::Open || !may_work(&casework.policy.get(), &ctx.actor, task) {
        return None;
    }
    let readers = presence.open(task.id, (ctx.actor.account(), ctx.actor.name()), ctx.now);
    let (_, at) = readers.first()?;
    let names: Vec<&str> = readers.iter().map(|(name, _)| name.as_str()).collect();
    let title = format!("{} 也打开了这项任务（{}）", names.join("、"), moment(*at, ctx.now));
    Some(Notice::warning(title).text("还没有人领取。要由您办理，请先领取，以免两个人做同一件事。"))
}

pub(super) async fn load(casework: &Casework, ctx: &Ctx, id: i64) -> std::result::Result<TaskData, WebError> {
    let (own, ctx) = (casework.clone(), ctx.clone());
    Ok(casework.platform.store.read(move |q| TaskData::load(&own, q, &ctx, id)).await?)
}

/// What the address asks of the page besides the task.
#[derive(Default)]
pub(super) struct Asked {
    pub file: Option<i64>,
    /// What the last click did.
    pub done: String,
}

pub(super) fn page(
    casework: &Casework,
    ctx: &Ctx,
    shell: &Shell,
    found: &TaskData,
    asked: &Asked,
    typed: Typed<'_>,
) -> TaskPage {
    let catalogue = casework.catalogue.get();
    let (task, case) = (&found.task, found.case());
    let version = &found.data.view.fetched.version;
    let here = format!("/review/tasks/{}", task.id);
    let places = Places { number: case.number.clone(), here, file: asked.file, task: Some(task.id) };
    let (back, words) = home(&ctx.actor);
    let title = format!("{}：{}", task.name, version.service.name);
    let mut page = shell.review(title).section("review").back(back, words);
    page.notice = notice(&asked.done);
    let page = match typed.form {
        Some(form) => page.errors_of(form),
        None => page,
    };
    let bench = Workbench::of(casework, &catalogue, ctx, found, typed);
    TaskPage {
        page,
        id: task.id,
        tag: task_tag(case, task),
        case: case_page(&ctx.actor, &case.number),
        clock: clock(casework, case, task, ctx),
        decides: is_decision(task.kind),
        checks: version.step(&task.step).map(|s| s.checks.clone()).unwrap_or_default(),
        dossier: Dossier::of(casework, &catalogue, ctx, &found.data, &places),
        keys: keys(&bench),
        bench,
    }
}

/// Only keys that do something here: what is over, or a colleague's, cannot be concluded.
fn keys(bench: &Workbench) -> KeyHints {
    let keys = KeyHints::new().key("Alt+.", "下一个材料").key("Alt+,", "上一个材料");
    if bench.decide.is_some() { keys.key("Ctrl+Enter", "提交") } else { keys }
}

/// Where those who look at tasks come from.
pub(super) fn home(actor: &Actor) -> (&'static str, &'static str) {
    match actor {
        actor if actor.has(Role::Reviewer) => ("/review", "待办任务"),
        actor if actor.has(Role::Clerk) => ("/desk", "窗口工作台"),
        _ => ("/supervise", "运行总览"),
    }
}

fn case_page(actor: &Actor, number: &str) -> Option<String> {
    match actor {
        actor if actor.has(Role::Reviewer) => Some(format!("/review/cases/{number}")),
        actor if actor.has(Role::Supervisor) => Some(format!("/supervise/cases/{number}")),
        _ => None,
    }
}

fn notice(done: &str) -> Option<Notice> {
    let title = match done {
        "claimed" => "已领取，由您办理",
        "released" => "已退回待领取，本部门其他人可以领取",
        "special" => "特别程序已启动，时限暂停",
        "resumed" => "特别程序已结束，时限继续计算",
        "extension" => "延期申请已提交，等部门负责人批准",
        _ => return None,
    };
    Some(Notice::success(title))
}

/// The clock of the task: its own limit; once it is over, how it ended.
fn clock(casework: &Casework, case: &Case, task: &Task, ctx: &Ctx) -> Clock {
    let opened = task.opened_at.map(|at| format!("{} 送达", moment(at, ctx.now))).unwrap_or_default();
    let limit = task.within.map(|w| format!("本环节时限 {}，", w.zh())).unwrap_or_default();
    let detail = format!("{limit}{opened}");
    let dropped = matches!(task.state, TaskState::Cancelled | TaskState::Skipped);
    if let Some(done) = task.done_at.filter(|_| dropped) {
        let words = format!("{} {}", moment(done, ctx.now), task.state.zh());
        return Clock::new(ClockState::Ended, words, "").detail(detail);
    }
    if let Some(done) = task.done_at {
        return Clock::new(ClockState::Finished, format!("{} 办结", moment(done, ctx.now)), "")
            .detail(detail);
    }
    if let Some(stop) = case.open_stop().filter(|_| task.due_at.is_none()) {
        return Clock::new(ClockState::Paused, format!("（{}）", stop.name), "").detail(detail);
    }
    if task.state == TaskState::Waiting {
        return Clock::new(ClockState::Normal, "还没有开始", "").detail(detail);
    }
    let times = Times {
        opened_at: task.opened_at,
        due_at: task.due_at,
        accepted_at: case.accepted_at,
        promised_due: case.running_due(),
        stopped_since: case.stopped_since,
    };
    task_clock(casework, &times, ctx.now).detail(detail)
}

/// Whether the caller may work on the task, rather than only head its department.
pub(super) fn may_work(policy: &Policy, actor: &Actor, task: &Task) -> bool {
    may_work_on(policy, actor, task)
}

/// The page again, with everything typed and what is wrong with it.
pub(super) fn again(
    casework: &Casework,
    ctx: &Ctx,
    shell: &Shell,
    found: &TaskData,
    typed: Typed<'_>,
) -> Response {
    Html::invalid(page(casework, ctx, shell, found, &Asked::default(), typed)).into_response()
}

/// Whether an opinion that says nothing is let through.
pub(super) fn rules(given: Option<axum::Extension<ReviewRules>>) -> ReviewRules {
    given.map(|rules| rules.0).unwrap_or_default()
}

/// The facts of a form that is not there yet.
pub(super) fn nothing() -> &'static FormState {
    static NOTHING: std::sync::OnceLock<FormState> = std::sync::OnceLock::new();
    NOTHING.get_or_init(FormState::new)
}
