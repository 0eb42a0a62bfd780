//! The application as a list of tasks: what is done, what is left, where to go on.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use yimen_identity::CitizenOnly;
use yimen_web::{Html, Page, Shell, StatusTag, TaskItem, TaskList, Tone, WebError, redirect_303};

use super::flow::{Flow, Step};
use super::opened::{Opened, open};
use super::way::way_is_preset;
use crate::Casework;
use crate::pages::{ctx_of, grouped};
use crate::policy::Act;

#[derive(Template)]
#[template(path = "casework/citizen/tasks.html")]
struct Tasks {
    page: Page,
    service: String,
    number: String,
    done: usize,
    left: usize,
    tasks: TaskList,
    next: String,
    next_text: &'static str,
    drop: String,
}

pub(super) async fn tasks(
    State(casework): State<Casework>,
    shell: Shell,
    citizen: CitizenOnly,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    let opened = open(&casework, &ctx_of(&casework, &citizen.actor), &number, Act::See).await?;
    if let Some(elsewhere) = opened.elsewhere() {
        return Ok(redirect_303(elsewhere));
    }
    let flow = opened.flow();
    let rows = rows(&casework, &opened, &flow);
    let done = rows.iter().filter(|r| r.done).count();
    let next = if flow.stopped {
        format!("{}/stopped", opened.apply_path())
    } else {
        flow.first_open().path(opened.number())
    };
    let page = Tasks {
        page: shell.citizen("申请步骤").section("my").back("/my", "我的办件"),
        service: opened.service().name.clone(),
        number: grouped(opened.number()),
        left: rows.len() - done,
        done,
        next,
        next_text: match (flow.is_complete(), opened.is_untouched()) {
            (true, _) => "核对并提交",
            (false, true) => "开始填写",
            (false, false) => "继续填写",
        },
        tasks: list(&opened, &flow, rows),
        drop: format!("/cases/{}/withdraw", opened.number()),
    };
    Ok(Html::ok(page).into_response())
}

/// One task: the questions together, each form page, the materials, the way.
struct Task {
    title: String,
    hint: String,
    href: String,
    done: bool,
    /// Done, but not by the applicant.
    preset: bool,
}

fn rows(casework: &Casework, opened: &Opened, flow: &Flow) -> Vec<Task> {
    let number = opened.number();
    let mut rows: Vec<Task> = Vec::new();
    let asked: Vec<&(Step, bool)> =
        flow.steps.iter().filter(|(s, _)| matches!(s, Step::Question(_))).collect();
    if let Some((first, _)) = asked.iter().find(|(_, done)| !done).or_else(|| asked.first()) {
        let done = !flow.stopped && asked.iter().all(|(_, done)| *done);
        let hint = format!("{} 个问题", asked.len());
        rows.push(Task {
            title: "说说您的情况".into(), hint, href: first.path(number), done, preset: false
        });
    }
    for (step, done) in &flow.steps {
        let (title, hint) = match step {
            Step::Page(id) => {
                (opened.version.page(id).map(|p| p.title.clone()).unwrap_or_default(), String::new())
            }
            Step::Materials => ("上传材料".into(), materials_hint(opened)),
            Step::Way => ("领取方式和受理大厅".into(), way_hint(casework, opened)),
            Step::Question(_) | Step::Check => continue,
        };
        let done = if *step == Step::Way { flow.is_complete() } else { *done };
        let preset = *step == Step::Way && way_is_preset(casework, opened);
        rows.push(Task { title, hint, href: step.path(number), done, preset });
    }
    rows
}

/// Delivery and office, which the service chose until the applicant does.
fn way_hint(casework: &Casework, opened: &Opened) -> String {
    let catalogue = casework.catalogue.get();
    let chosen = format!("{}，{}", opened.case.delivery.zh(), catalogue.office_name(&opened.case.office));
    if way_is_preset(casework, opened) { format!("{chosen}。不合适的可以改") } else { chosen }
}

fn materials_hint(opened: &Opened) -> String {
    let files: usize = opened.materials.iter().map(|m| m.files.len()).sum();
    format!("{} 种材料，已上传 {files} 个文件", opened.materials.len())
}

fn list(opened: &Opened, flow: &Flow, rows: Vec<Task>) -> TaskList {
    let tag = |done: bool| match done {
        true => StatusTag::new("已完成", Tone::Done),
        false => StatusTag::new("待完成", Tone::Info),
    };
    let list = rows.into_iter().fold(TaskList::new(), |list, row| {
        let tag = match row.preset {
            true => StatusTag::new("系统预选", Tone::Neutral),
            false => tag(row.done),
        };
        list.item(TaskItem::new(row.title, tag).href(row.href).hint(row.hint))
    });
    let check = "核对并提交";
    list.item(if flow.is_complete() {
        TaskItem::new(check, StatusTag::new("可以提交", Tone::Info)).href(Step::Check.path(opened.number()))
    } else {
        TaskItem::new(check, StatusTag::new("还不能开始", Tone::Neutral)).hint("前面各项完成后才能提交")
    })
}
