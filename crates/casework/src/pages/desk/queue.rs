//! What waits at this office: to pre-check, asked by departments, to hand over, waiting for applicants; and finding.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use yimen_catalogue::Catalogue;
use yimen_identity::StaffOnly;
use yimen_standards::case_number::CaseNumber;
use yimen_standards::time::Instant;
use yimen_store::Read;
use yimen_web::{
    Cell, Column, EmptyState, Form, Html, KeyHints, Page, Pager, Row, SearchBox, Shell, Table, WebError,
    redirect_303,
};

use super::{clerk, typed};
use crate::model::{CaseState, Outcome};
use crate::pages::{case_words, ctx_of, grouped, item_clock, moment, supplied_tag, task_clock};
use crate::store::lists::{self, CaseItem, TaskCursor, TaskItem};
use crate::{Casework, CaseworkError};

/// Rows of a queue among the others, and of one looked at alone.
const FEW: i64 = 12;
const ROWS: i64 = 50;
/// Found cases on the page.
const FOUND: i64 = 50;
/// Counted up to here; who has more does not work by the number.
const MOST: i64 = 1000;

#[derive(Template)]
#[template(path = "casework/desk/queue.html")]
struct QueuePage {
    page: Page,
    office: String,
    search: SearchBox,
    asked: String,
    found: Option<Table>,
    shares: Vec<Share>,
    queues: Vec<Shown>,
    empty: EmptyState,
    keys: KeyHints,
}

/// One queue in the line above them.
struct Share {
    href: String,
    title: &'static str,
    count: String,
    current: bool,
    none: bool,
}

struct Shown {
    id: &'static str,
    title: &'static str,
    meaning: &'static str,
    count: String,
    table: Table,
    /// To the whole queue, where only its beginning is shown.
    all: Option<String>,
    pager: Option<Pager>,
}

/// The queues of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Queue {
    Submitted,
    Returned,
    Tasks,
    Correcting,
    Drafts,
}

impl Queue {
    const ALL: [Queue; 5] =
        [Queue::Submitted, Queue::Returned, Queue::Tasks, Queue::Correcting, Queue::Drafts];

    fn id(self) -> &'static str {
        match self {
            Queue::Submitted => "submitted",
            Queue::Returned => "returned",
            Queue::Tasks => "tasks",
            Queue::Correcting => "correcting",
            Queue::Drafts => "draft",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Queue::Submitted => "待预审",
            Queue::Returned => "部门退回",
            Queue::Tasks => "待办理",
            Queue::Correcting => "待补正",
            Queue::Drafts => "我的草稿",
        }
    }

    fn meaning(self) -> &'static str {
        match self {
            Queue::Submitted => "五个工作日内受理、告知补正或不予受理，逾期视为受理",
            Queue::Returned => "审查部门请窗口补充核实，时限照常计算",
            Queue::Tasks => "采集、送达等由窗口办理的环节",
            Queue::Correcting => "等申请人补正，到窗口来的可以代为提交",
            Queue::Drafts => "您代为填报、还没有提交的",
        }
    }
}

/// The rows of a queue: cases or tasks.
enum Rows {
    Cases(Vec<CaseItem>),
    Tasks(Vec<TaskItem>),
}

impl Rows {
    fn len(&self) -> usize {
        match self {
            Rows::Cases(items) => items.len(),
            Rows::Tasks(items) => items.len(),
        }
    }
}

/// Whose queues, and from where on.
#[derive(Clone)]
struct Place {
    account: i64,
    office: String,
    after: i64,
    due: i64,
}

impl Place {
    fn rows(&self, q: &mut Read<'_>, queue: Queue, most: i64) -> Result<Rows, CaseworkError> {
        let (office, after) = (self.office.as_str(), self.after);
        let cases = |q: &mut Read<'_>, state: CaseState| {
            lists::at_office(q, office, state.code(), after, most).map(Rows::Cases)
        };
        Ok(match queue {
            Queue::Submitted => cases(q, CaseState::Submitted)?,
            Queue::Correcting => cases(q, CaseState::Correcting)?,
            Queue::Drafts => Rows::Cases(lists::drafts_of(q, self.account, office, after, most)?),
            Queue::Returned => Rows::Tasks(lists::returned_at_office(q, office, after, most)?),
            Queue::Tasks => {
                let from = TaskCursor { due: self.due, id: after };
                Rows::Tasks(lists::inbox(q, &format!("office:{office}"), from, most)?)
            }
        })
    }

    /// How many there are; what is shown whole counts itself.
    fn count(&self, q: &mut Read<'_>, queue: Queue, rows: &Rows, most: i64) -> Result<i64, CaseworkError> {
        let shown = i64::try_from(rows.len()).unwrap_or(MOST);
        if shown <= most && self.after == 0 {
            return Ok(shown);
        }
        Ok(match queue {
            Queue::Submitted => lists::count_at_office(q, &self.office, CaseState::Submitted.code(), MOST)?,
            Queue::Correcting => lists::count_at_office(q, &self.office, CaseState::Correcting.code(), MOST)?,
            Queue::Tasks => lists::count_inbox(q, &format!("office:{}", self.office), MOST)?,
            Queue::Returned | Queue::Drafts => match self.rows_from_start(q, queue)? {
                Rows::Cases(items) => i64::try_from(items.len()).unwrap_or(MOST),
                Rows::Tasks(items) => i64::try_from(items.len()).unwrap_or(MOST),
            },
        })
    }

    fn rows_from_start(&self, q: &mut Read<'_>, queue: Queue) -> Result<Rows, CaseworkError> {
        let start = Place { after: 0, due: 0, ..self.clone() };
        start.rows(q, queue, MOST)
    }
}

/// What was read: for each queue its rows, one more than are shown, and how many there are.
struct Waiting {
    queues: Vec<(Queue, Rows, i64)>,
    found: Option<Vec<CaseItem>>,
}

pub(super) async fn page(
    State(casework): State<Casework>,
    shell: Shell,
    who: StaffOnly,
    RawQuery(query): RawQuery,
) -> Result<Response, WebError> {
    clerk(&casework, &who)?;
    let ctx = ctx_of(&casework, &who.actor);
    let asked = Form::parse(query.unwrap_or_default().as_bytes())?;
    let alone = Queue::ALL.into_iter().find(|queue| queue.id() == asked.text("queue"));
    let text = typed::open(&casework, asked.text("found")).unwrap_or_default();
    let place = Place {
        account: who.staff.account,
        office: who.staff.office.clone(),
        // What is no place in the list is its beginning.
        after: asked.text("after").parse().unwrap_or(0),
        due: asked.text("due").parse().unwrap_or(0),
    };
    let (handle, words, from) = (casework.clone(), text.clone(), (place.after, place.due));
    let waiting = casework.platform.store.read(move |q| -> Result<Waiting, CaseworkError> {
        let mut queues = Vec::new();
        for queue in Queue::ALL {
            let (most, here) = match alone == Some(queue) {
                true => (ROWS, place.clone()),
                false => (FEW, Place { after: 0, due: 0, ..place.clone() }),
            };
            let rows = here.rows(q, queue, most + 1)?;
            let count = here.count(q, queue, &rows, most)?;
            queues.push((queue, rows, count));
        }
        let found = if words.is_empty() { None } else { Some(find(&handle, q, &place.office, &words)?) };
        Ok(Waiting { queues, found })
    });
    let waiting = waiting.await?;
    let catalogue = casework.catalogue.get();
    let looking = Looking { casework: &casework, catalogue: &catalogue, now: ctx.now, alone, from };
    let page = QueuePage {
        page: shell.desk("窗口工作台").section("desk"),
        office: catalogue.office_name(&who.staff.office).to_string(),
        found: waiting.found.as_deref().map(|found| looking.found(found)),
        search: SearchBox::new("/desk/find", "q", "查找办件")
            .post()
            .value(&text)
            .example("办件编号、证件号码、手机号、姓名、拼音首字母或门牌地址")
            .key("/"),
        asked: text,
        shares: looking.shares(&waiting.queues),
        queues: waiting
            .queues
            .iter()
            .filter_map(|(queue, rows, n)| looking.queue(*queue, rows, *n))
            .collect(),
        empty: EmptyState::new("check", "没有等待处理的办件", "新提交的办件会出现在这里。")
            .link("/desk/new", "受理新办件"),
        keys: KeyHints::new().key("Alt+N", "受理新办件").key("/", "查找").letters(),
    };
    Ok(Html::ok(page).into_response())
}

/// The search itself: a case number leads to the case, everything else to a list. What was typed may be an ID number,
/// so it does not stand in an address.
pub(super) async fn search(
    State(casework): State<Casework>,
    who: StaffOnly,
    form: Form,
) -> Result<Response, WebError> {
    clerk(&casework, &who)?;
    let text = form.text("q").to_string();
    if text.is_empty() {
        return Ok(redirect_303("/desk"));
    }
    if let Ok(number) = CaseNumber::parse(&text) {
        let (stored, office) = (number.as_str().to_string(), who.staff.office.clone());
        let there = casework.platform.store.read(move |q| lists::by_number(q, &stored)).await;
        let there = there.map_err(CaseworkError::from)?;
        if there.is_some_and(|case| case.office == office && case.submitted_at.is_some()) {
            return Ok(redirect_303(format!("/desk/cases/{}", number.as_str())));
        }
    }
    Ok(redirect_303(format!("/desk?found={}", typed::seal(&casework, &text))))
}

/// By the person: ID number, phone, name, pinyin initials, address. Only what was handed in at this office.
fn find(
    casework: &Casework,
    q: &mut Read<'_>,
    office: &str,
    text: &str,
) -> Result<Vec<CaseItem>, CaseworkError> {
    let people = casework.parties.find(q, text, lists::PARTIES)?;
    let ids: Vec<i64> = people.iter().map(|party| party.id).collect();
    match ids.is_empty() {
        true => Ok(Vec::new()),
        false => Ok(lists::of_parties(q, &ids, office, FOUND)?),
    }
}

struct Looking<'a> {
    casework: &'a Casework,
    catalogue: &'a Catalogue,
    now: Instant,
    alone: Option<Queue>,
    /// Where the queue looked at alone begins.
    from: (i64, i64),
}

impl Looking<'_> {
    fn shares(&self, queues: &[(Queue, Rows, i64)]) -> Vec<Share> {
        let share = |(queue, _, count): &(Queue, Rows, i64)| Share {
            href: format!("/desk?queue={}", queue.id()),
            title: queue.title(),
            count: counted(*count),
            current: self.alone == Some(*queue),
            none: *count == 0,
        };
        queues.iter().map(share).collect()
    }

    fn queue(&self, queue: Queue, rows: &Rows, count: i64) -> Option<Shown> {
        let alone = self.alone == Some(queue);
        if !alone && (self.alone.is_some() || rows.len() == 0) {
            return None;
        }
        let most = usize::try_from(if alone { ROWS } else { FEW }).unwrap_or(0);
        let more = rows.len() > most;
        let (table, next) = match rows {
            Rows::Cases(items) => {
                let items = &items[..items.len().min(most)];
                (self.cases(queue.title(), items), items.last().map(|last| format!("&after={}", last.id)))
            }
            Rows::Tasks(items) => {
                let items = &items[..items.len().min(most)];
                let next = |last: &TaskItem| {
                    let cursor = TaskCursor::after(last);
                    format!("&after={}&due={}", cursor.id, cursor.due)
                };
                (self.tasks(queue.title(), items), items.last().map(next))
            }
        };
        let here = format!("/desk?queue={}", queue.id());
        let first = (alone && self.from.0 != 0).then(|| here.clone());
        let next = next.filter(|_| more && alone).map(|after| format!("{here}{after}"));
        Some(Shown {
            id: queue.id(),
            title: queue.title(),
            meaning: queue.meaning(),
            count: counted(count),
            table,
            all: (more && !alone).then_some(here),
            pager: (first.is_some() || next.is_some()).then(|| Pager::new(first, next)),
        })
    }

    fn found(&self, items: &[CaseItem]) -> Table {
        self.cases("查找结果", items).empty("本大厅没有符合的办件。请核对号码，或到办件所在的大厅查询。")
    }

    fn cases(&self, caption: &str, items: &[CaseItem]) -> Table {
        let columns =
            vec![Column::text("办件"), Column::text("申请人"), Column::text("提交"), Column::text("期限")];
        let row = |item: &CaseItem| {
            let (title, note) = (self.service(&item.service, item.version_id), grouped(&item.number));
            let draft = item.state == CaseState::Draft.code();
            let end = if draft { "/fill" } else { "" };
            // What came back mended says so, and when: it is answered from that moment on.
            let mended =
                supplied_tag(CaseState::parse(&item.state).unwrap_or(CaseState::Closed), item.supplied_at);
            let came = match (mended, item.supplied_at) {
                (Some(tag), Some(at)) => Cell::marked(moment(at, self.now), tag),
                _ => Cell::text(moment(item.submitted_at.unwrap_or(item.created_at), self.now)),
            };
            let clock = item_clock(self.casework, item, self.now);
            let row = Row::new(vec![
                Cell::link_with(format!("/desk/cases/{}{end}", item.number), title, note),
                Cell::two(&item.applicant_name, item_words(item)),
                came,
                Cell::from(clock.compact()),
            ]);
            let due = item.precheck_due.filter(|_| item.state == CaseState::Submitted.code());
            if due.is_some_and(|due| due < self.now) { row.late() } else { row }
        };
        let table = Table::new(caption, columns).hide_caption().keys().rows(items.iter().map(row));
        table.empty(format!("现在没有“{caption}”的办件。"))
    }

    fn tasks(&self, caption: &str, items: &[TaskItem]) -> Table {
        let columns =
            vec![Column::text("环节"), Column::text("申请人"), Column::text("要点"), Column::text("期限")];
        let row = |item: &TaskItem| {
            let note = format!("{} {}", self.service(&item.service, item.version_id), grouped(&item.number));
            let row = Row::new(vec![
                Cell::link_with(format!("/desk/cases/{}#task-{}", item.number, item.id), &item.name, note),
                Cell::text(&item.applicant_name),
                Cell::text(item.note.lines().last().unwrap_or_default()),
                Cell::from(task_clock(self.casework, &item.into(), self.now).compact()),
            ]);
            if item.running < self.now.0 { row.late() } else { row }
        };
        let table = Table::new(caption, columns).hide_caption().keys().rows(items.iter().map(row));
        table.empty(format!("现在没有“{caption}”的办件。"))
    }

    /// A service that is no longer offered has its name still: from the version the case began with.
    fn service(&self, id: &str, version: i64) -> String {
        let old = self.casework.catalogue.cached(version);
        let version = old.as_deref().or_else(|| self.catalogue.current(id).map(|v| &**v));
        version.map_or_else(|| id.to_string(), |v| v.service.name.clone())
    }
}

fn counted(n: i64) -> String {
    if n >= MOST { format!("{}+", MOST - 1) } else { n.to_string() }
}

fn item_words(item: &CaseItem) -> &'static str {
    CaseState::parse(&item.state).map_or("", |state| case_words(state, Outcome::parse(&item.outcome)))
}
