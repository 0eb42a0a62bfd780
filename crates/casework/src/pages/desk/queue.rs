//! What waits at this office: to pre-check, asked by departments, to hand over, waiting for applicants; and finding.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use yimen_catalogue::Catalogue;
use yimen_identity::StaffOnly;
use yimen_standards::case_number::CaseNumber;
use yimen_standards::time::Instant;
use yimen_store::Read;
use yimen_web::{Cell, Column, EmptyState, Html, Page, Row, SearchBox, Shell, Table, WebError};

use super::clerk;
use crate::model::{CaseState, Outcome};
use crate::pages::{case_words, ctx_of, grouped, item_clock, moment, task_clock};
use crate::store::lists::{self, CaseItem, TaskCursor, TaskItem};
use crate::{Casework, CaseworkError};

/// Rows of one queue on the page.
const ROWS: i64 = 50;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
    /// Which queue, and after which case.
    #[serde(default)]
    queue: String,
    #[serde(default)]
    after: i64,
}

#[derive(Template)]
#[template(path = "casework/desk/queue.html")]
struct QueuePage {
    page: Page,
    office: String,
    search: SearchBox,
    asked: String,
    found: Option<Table>,
    queues: Vec<Queue>,
    empty: EmptyState,
}

struct Queue {
    id: &'static str,
    title: &'static str,
    meaning: &'static str,
    count: String,
    table: Table,
    more: Option<String>,
}

struct Waiting {
    submitted: Vec<CaseItem>,
    returned: Vec<TaskItem>,
    tasks: Vec<TaskItem>,
    correcting: Vec<CaseItem>,
    drafts: Vec<CaseItem>,
    found: Option<Vec<CaseItem>>,
}

pub(super) async fn page(
    State(casework): State<Casework>,
    shell: Shell,
    who: StaffOnly,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    clerk(&who)?;
    let ctx = ctx_of(&casework, &who.actor);
    let (office, handle) = (who.staff.office.clone(), casework.clone());
    let (text, queue, after) = (asked.q.trim().to_string(), asked.queue.clone(), asked.after);
    let waiting = casework.platform.store.read(move |q| -> Result<Waiting, CaseworkError> {
        let after = |name: &str| if queue == name { after } else { 0 };
        let list = |q: &mut Read<'_>, state: CaseState| {
            lists::at_office(q, &office, state.code(), after(state.code()), ROWS + 1)
        };
        let owner = format!("office:{office}");
        Ok(Waiting {
            submitted: list(q, CaseState::Submitted)?,
            returned: lists::returned_at_office(q, &office, ROWS + 1)?,
            tasks: lists::inbox(q, &owner, TaskCursor::default(), ROWS + 1)?,
            correcting: list(q, CaseState::Correcting)?,
            drafts: list(q, CaseState::Draft)?,
            found: if text.is_empty() { None } else { Some(find(&handle, q, &office, &text)?) },
        })
    });
    let waiting = waiting.await?;
    let catalogue = casework.catalogue.get();
    let looking = Looking { casework: &casework, catalogue: &catalogue, now: ctx.now };
    let page = QueuePage {
        page: shell.desk("窗口工作台").section("desk"),
        office: catalogue.office_name(&who.staff.office).to_string(),
        search: SearchBox::new("/desk", "q", "查找办件")
            .value(&asked.q)
            .example("办件编号、证件号码、手机号或姓名")
            .key("/"),
        found: waiting.found.as_deref().map(|found| looking.cases("查找结果", found)),
        asked: asked.q,
        queues: looking.queues(&waiting),
        empty: EmptyState::new("check", "没有等待处理的办件", "新提交的办件会出现在这里。")
            .link("/desk/new", "受理新办件"),
    };
    Ok(Html::ok(page).into_response())
}

/// By case number, or by the person: ID number, phone, name. Only cases of this office.
fn find(
    casework: &Casework,
    q: &mut Read<'_>,
    office: &str,
    text: &str,
) -> Result<Vec<CaseItem>, CaseworkError> {
    let mut found = Vec::new();
    if let Ok(number) = CaseNumber::parse(text) {
        found.extend(lists::by_number(q, number.as_str())?);
    } else {
        for party in casework.parties.find(q, text, 5)? {
            found.extend(lists::mine(q, party.id, None, ROWS)?);
        }
    }
    found.retain(|case| case.office == office && case.state != CaseState::Draft.code());
    Ok(found)
}

struct Looking<'a> {
    casework: &'a Casework,
    catalogue: &'a Catalogue,
    now: Instant,
}

impl Looking<'_> {
    fn queues(&self, waiting: &Waiting) -> Vec<Queue> {
        let submitted = ("submitted", "待预审", "五个工作日内受理、告知补正或不予受理，逾期视为受理。");
        let returned = ("returned", "部门退回", "审查部门请窗口补充核实，时限照常计算。");
        let tasks = ("tasks", "待办理", "送达等由窗口办理的环节。");
        let correcting = ("correcting", "待补正", "等申请人补正，逾期不补正的自动终止。");
        let drafts = ("draft", "窗口草稿", "还没有提交的代录办件。");
        let mut queues = vec![
            self.case_queue(submitted, &waiting.submitted),
            self.task_queue(returned, &waiting.returned),
            self.task_queue(tasks, &waiting.tasks),
            self.case_queue(correcting, &waiting.correcting),
            self.case_queue(drafts, &waiting.drafts),
        ];
        queues.retain(|queue| queue.count != "0");
        queues
    }

    fn case_queue(
        &self,
        (id, title, meaning): (&'static str, &'static str, &'static str),
        items: &[CaseItem],
    ) -> Queue {
        let shown = &items[..items.len().min(ROWS as usize)];
        let more = shown.last().filter(|_| items.len() > shown.len());
        let more = more.map(|last| format!("/desk?queue={id}&after={}#{id}", last.id));
        Queue { id, title, meaning, count: counted(items.len()), table: self.cases(title, shown), more }
    }

    fn task_queue(
        &self,
        (id, title, meaning): (&'static str, &'static str, &'static str),
        items: &[TaskItem],
    ) -> Queue {
        let shown = &items[..items.len().min(ROWS as usize)];
        Queue { id, title, meaning, count: counted(items.len()), table: self.tasks(title, shown), more: None }
    }

    fn cases(&self, caption: &str, items: &[CaseItem]) -> Table {
        let columns =
            vec![Column::text("办件"), Column::text("申请人"), Column::text("提交"), Column::text("期限")];
        let row = |item: &CaseItem| {
            let (title, note) = (self.service(&item.service), grouped(&item.number));
            let draft = item.state == CaseState::Draft.code();
            let end = if draft { "/fill" } else { "" };
            Row::new(vec![
                Cell::link_with(format!("/desk/cases/{}{end}", item.number), title, note),
                Cell::two(&item.applicant_name, item_words(item)),
                Cell::text(item.submitted_at.map(|at| moment(at, self.now)).unwrap_or_default()),
                Cell::from(item_clock(self.casework, item, self.now).compact()),
            ])
        };
        Table::new(caption, columns).rows(items.iter().map(row))
    }

    fn tasks(&self, caption: &str, items: &[TaskItem]) -> Table {
        let columns =
            vec![Column::text("环节"), Column::text("申请人"), Column::text("要点"), Column::text("期限")];
        let row = |item: &TaskItem| {
            let note = format!("{} {}", self.service(&item.service), grouped(&item.number));
            Row::new(vec![
                Cell::link_with(format!("/desk/cases/{}#task-{}", item.number, item.id), &item.name, note),
                Cell::text(&item.applicant_name),
                Cell::text(item.note.lines().last().unwrap_or_default()),
                Cell::from(task_clock(self.casework, item, self.now).compact()),
            ])
        };
        Table::new(caption, columns).rows(items.iter().map(row))
    }

    fn service(&self, id: &str) -> String {
        self.catalogue.current(id).map_or_else(|| id.to_string(), |v| v.service.name.clone())
    }
}

fn counted(n: usize) -> String {
    if n > ROWS as usize { format!("{ROWS}+") } else { n.to_string() }
}

fn item_words(item: &CaseItem) -> &'static str {
    CaseState::parse(&item.state).map_or("", |state| case_words(state, Outcome::parse(&item.outcome)))
}
