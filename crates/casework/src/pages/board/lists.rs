//! The lists behind the numbers: cases by how they stand, tasks by where they lie. Keyset paged.

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use yimen_catalogue::Catalogue;
use yimen_identity::StaffOnly;
use yimen_standards::time::Instant;
use yimen_store::Read;
use yimen_web::{
    Cell, Clock, ClockState, Column, EmptyState, Form, Html, KeyHints, Page, Pager, Row, Shell, Table,
    WebError, redirect_303,
};

use super::PAGE;
use super::overview::freshness;
use super::scope::Scope;
use super::standing::Standing;
use crate::model::{CaseState, Outcome, Owner, TaskState};
use crate::pages::ctx_of;
use crate::pages::review::address::{Address, key};
use crate::pages::review::people;
use crate::pages::review::urgency::bounds;
use crate::pages::words::{grouped, inbox_clock, short_clock, state_tag, until};
use crate::store::board::{self, BoardCase, CaseFilter};
use crate::store::inbox::{self, Bounds, InboxTask, Stretch, Which};
use crate::store::lists::NO_DUE;
use crate::{Casework, CaseworkError};

#[derive(Template)]
#[template(path = "casework/board/list.html")]
struct ListPage {
    page: Page,
    keys: KeyHints,
    meaning: String,
    fresh: String,
    filters: Vec<Filter>,
    action: String,
    hidden: Vec<(&'static str, String)>,
    table: Option<Table>,
    empty: EmptyState,
    first: Option<String>,
    pager: Pager,
}

/// One choice of the filter form.
struct Filter {
    name: &'static str,
    label: &'static str,
    all: &'static str,
    options: Vec<(String, String, bool)>,
}

impl Filter {
    fn of(
        name: &'static str,
        label: &'static str,
        all: &'static str,
        chosen: &str,
        options: Vec<(String, String)>,
    ) -> Filter {
        let options = options.into_iter().map(|(id, words)| {
            let is = id == chosen;
            (id, words, is)
        });
        Filter { name, label, all, options: options.collect() }
    }
}

fn departments(catalogue: &Catalogue) -> Vec<(String, String)> {
    catalogue.city().departments.iter().map(|d| (d.id.clone(), d.short.clone())).collect()
}

fn services(catalogue: &Catalogue, lead: &str) -> Vec<(String, String)> {
    let of = catalogue.services().filter(|v| lead.is_empty() || v.service.lead == lead);
    of.map(|v| (v.service.id.clone(), v.service.name.clone())).collect()
}

fn offices(catalogue: &Catalogue) -> Vec<(String, String)> {
    catalogue.city().offices.iter().map(|o| (o.id.clone(), o.name.clone())).collect()
}

/// `/supervise/late?department=…`: cases that stand so.
pub(super) async fn cases(
    State(casework): State<Casework>,
    who: StaffOnly,
    shell: Shell,
    Path(standing): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, WebError> {
    let scope = Scope::of(&casework.policy.get(), &who.staff)?;
    let standing = match standing.as_str() {
        "open" => None,
        other => Some(Standing::from_key(other).ok_or_else(WebError::not_found)?),
    };
    let form = Form::parse(query.unwrap_or_default().as_bytes())?;
    let path = standing.map_or("/supervise/open", path_of);
    let address = Address::asked(path, &["department", "service", "office"], &form);
    let filter = scope.narrow(CaseFilter {
        standing: standing.map_or(String::new(), |s| s.key().to_string()),
        lead: address.get("department").to_string(),
        service: address.get("service").to_string(),
        office: address.get("office").to_string(),
        accepted: false,
    });
    let now = ctx_of(&casework, &who.actor).now;
    let soon = bounds(&casework, now).soon;
    let after = key(&form);
    let asked = filter.clone();
    let read = move |q: &mut Read<'_>| -> Result<_, CaseworkError> {
        Ok(board::cases(q, (now, soon), &asked, after, PAGE + 1)?)
    };
    let mut found = casework.platform.store.read(read).await?;
    let more = found.len() > PAGE as usize;
    found.truncate(PAGE as usize);
    let catalogue = casework.catalogue.get();
    let next = found.last().filter(|_| more).map(|c| address.after((c.running, c.id)));
    let word = standing.map_or("在办", Standing::zh);
    let mut filters = Vec::new();
    if scope == Scope::City {
        filters.push(Filter::of("department", "部门", "全部部门", &filter.lead, departments(&catalogue)));
    }
    filters.push(Filter::of(
        "service",
        "事项",
        "全部事项",
        &filter.service,
        services(&catalogue, &filter.lead),
    ));
    filters.push(Filter::of("office", "大厅", "全部大厅", &filter.office, offices(&catalogue)));
    let page = ListPage {
        page: shell.board(format!("{word}的办件")).section("supervise").back("/supervise", "运行总览"),
        keys: KeyHints::new().letters(),
        meaning: format!("{}。", standing.map_or("已提交、还没有办结的办件", Standing::meaning)),
        fresh: freshness(&catalogue, &scope, now),
        filters,
        action: path.to_string(),
        hidden: Vec::new(),
        table: (!found.is_empty()).then(|| case_table(&casework, &catalogue, word, &found, now)),
        empty: empty(after.is_some(), &address),
        first: after.map(|_| address.href()),
        pager: Pager::new(None, next),
    };
    Ok(Html::ok(page).into_response())
}

fn path_of(standing: Standing) -> &'static str {
    match standing {
        Standing::Late => "/supervise/late",
        Standing::Soon => "/supervise/soon",
        Standing::Normal => "/supervise/normal",
        Standing::Stopped => "/supervise/stopped",
        Standing::Correcting => "/supervise/correcting",
        Standing::Decided => "/supervise/decided",
    }
}

fn empty(later: bool, address: &Address) -> EmptyState {
    match later {
        true => EmptyState::new("check-circle", "后面没有了", "已经看完最后一件。")
            .link(address.href(), "回到第一页"),
        false => EmptyState::new("check-circle", "没有这样的办件", "换一个部门、事项或大厅，或回到总览。")
            .link("/supervise", "回到总览"),
    }
}

fn case_table(
    casework: &Casework,
    catalogue: &Catalogue,
    word: &str,
    cases: &[BoardCase],
    now: Instant,
) -> Table {
    let columns = vec![
        Column::text("办件"),
        Column::text("申请人"),
        Column::text("状态"),
        Column::text("期限"),
        Column::text("牵头部门").wide_only(),
        Column::text("收件大厅").wide_only(),
    ];
    let row = |case: &BoardCase| {
        let version = casework.catalogue.cached(case.version_id);
        let version = version.as_deref().or_else(|| catalogue.current(&case.service).map(|v| &**v));
        let service = version.map_or(case.service.as_str(), |v| v.service.name.as_str());
        let state = CaseState::parse(&case.state).unwrap_or(CaseState::Closed);
        let clock = case_clock(casework, case, state, now);
        let late = clock.state() == ClockState::Overdue;
        let cells = vec![
            Cell::link_with(format!("/supervise/cases/{}", case.number), service, grouped(&case.number)),
            people::applicant(version, &case.applicant_name).into(),
            state_tag(state, Outcome::parse(&case.outcome)).into(),
            clock.into(),
            catalogue.department_short(&case.lead).into(),
            catalogue.office_name(&case.office).into(),
        ];
        if late { Row::new(cells).late() } else { Row::new(cells) }
    };
    Table::new(format!("{word}的办件，按到期先后"), columns).hide_caption().keys().rows(cases.iter().map(row))
}

fn case_clock(casework: &Casework, case: &BoardCase, state: CaseState, now: Instant) -> Clock {
    if case.stopped_since.is_some() && case.running == NO_DUE {
        return Clock::new(ClockState::Paused, "（特别程序）", "");
    }
    match (state, case.running) {
        (CaseState::Decided, _) => Clock::new(ClockState::Finished, "等待送达", ""),
        (_, NO_DUE) => Clock::new(ClockState::Normal, "没有时限", ""),
        (_, running) => short_clock(until(casework, now, since(case, state), Instant(running))),
    }
}

/// When what it runs towards began, as far as a list knows.
fn since(case: &BoardCase, state: CaseState) -> Option<Instant> {
    if state == CaseState::InReview { case.accepted_at } else { None }
}

/// `/supervise/tasks?department=…&show=late`: tasks that lie somewhere.
pub(super) async fn tasks(
    State(casework): State<Casework>,
    who: StaffOnly,
    shell: Shell,
    RawQuery(query): RawQuery,
) -> Result<Response, WebError> {
    let scope = Scope::of(&casework.policy.get(), &who.staff)?;
    let form = Form::parse(query.unwrap_or_default().as_bytes())?;
    let address =
        Address::asked("/supervise/tasks", &["department", "office", "applicant", "service", "show"], &form);
    let owner = match owner(&scope, &address) {
        Some(owner) => owner,
        // A place has to be chosen, which the overview is for.
        None if ["department", "office", "applicant"].iter().all(|place| address.get(place).is_empty()) => {
            return Ok(redirect_303("/supervise"));
        }
        None => return Err(WebError::not_found()),
    };
    let now = ctx_of(&casework, &who.actor).now;
    let bounds = bounds(&casework, now);
    let show = Show::of(address.get("show"));
    let which = Which {
        owner: owner.code(),
        assignee: None,
        state: if show == Show::Unclaimed { TaskState::Open.code().into() } else { String::new() },
        service: address.get("service").to_string(),
    };
    let after = key(&form);
    let stretch = show.stretch(bounds).from_key(after);
    let mut found = casework
        .platform
        .store
        .read(move |q| inbox::page(q, &which, stretch, PAGE + 1))
        .await
        .map_err(CaseworkError::from)?;
    let more = found.len() > PAGE as usize;
    found.truncate(PAGE as usize);
    let catalogue = casework.catalogue.get();
    let place = match &owner {
        Owner::Department(id) => catalogue.department_name(id).to_string(),
        Owner::Office(id) => catalogue.office_name(id).to_string(),
        Owner::Applicant => "申请人".to_string(),
    };
    let next = found.last().filter(|_| more).map(|t| address.after(t.key()));
    let keep =
        ["department", "office", "applicant", "show"].map(|name| (name, address.get(name).to_string()));
    let page = ListPage {
        page: shell
            .board(format!("{place}：{}的环节", show.zh()))
            .section("supervise")
            .back("/supervise", "运行总览"),
        keys: KeyHints::new().letters(),
        meaning: show.meaning().to_string(),
        fresh: freshness(&catalogue, &scope, now),
        filters: vec![Filter::of(
            "service",
            "事项",
            "全部事项",
            address.get("service"),
            services(&catalogue, ""),
        )],
        action: "/supervise/tasks".into(),
        hidden: keep.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
        table: (!found.is_empty()).then(|| task_table(&casework, &catalogue, &scope, show, &found, now)),
        empty: empty(after.is_some(), &address),
        first: after.map(|_| address.href()),
        pager: Pager::new(None, next),
    };
    Ok(Html::ok(page).into_response())
}

/// Whose tasks; a head asks only for those of the own department.
fn owner(scope: &Scope, address: &Address) -> Option<Owner> {
    let asked = match (address.get("department"), address.get("office"), address.get("applicant")) {
        ("", "", "") => None,
        ("", "", _) => Some(Owner::Applicant),
        ("", office, _) => Some(Owner::Office(office.to_string())),
        (department, ..) => Some(Owner::Department(department.to_string())),
    };
    match scope {
        Scope::City => asked,
        Scope::Department(id) => {
            let own = Owner::Department(id.clone());
            (asked.is_none() || asked.as_ref() == Some(&own)).then_some(own)
        }
    }
}

/// Which of an owner's tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Show {
    Open,
    Unclaimed,
    Late,
    Soon,
    Still,
}

impl Show {
    fn of(key: &str) -> Show {
        match key {
            "unclaimed" => Show::Unclaimed,
            "late" => Show::Late,
            "soon" => Show::Soon,
            "still" => Show::Still,
            _ => Show::Open,
        }
    }

    fn zh(self) -> &'static str {
        match self {
            Show::Open => "手上",
            Show::Unclaimed => "待领取",
            Show::Late => "已逾期",
            Show::Soon => "一个工作日内到期",
            Show::Still => "不计时",
        }
    }

    fn meaning(self) -> &'static str {
        match self {
            Show::Open => "已经送到、还没有办完的环节。",
            Show::Unclaimed => "已经送到、还没有人领取的环节。",
            Show::Late => "过了本环节时限，或者整件过了承诺时限，还没有办完。",
            Show::Soon => "今天或下一个工作日到期。",
            Show::Still => "时限暂停，或者没有时限。",
        }
    }

    fn stretch(self, bounds: Bounds) -> Stretch {
        let (from, to) = match self {
            Show::Open | Show::Unclaimed => (0, i64::MAX),
            Show::Late => (0, bounds.now.0),
            Show::Soon => (bounds.now.0, bounds.soon.0),
            Show::Still => (NO_DUE, i64::MAX),
        };
        Stretch { after: (from - 1, i64::MAX), to }
    }
}

fn task_table(
    casework: &Casework,
    catalogue: &Catalogue,
    scope: &Scope,
    show: Show,
    tasks: &[InboxTask],
    now: Instant,
) -> Table {
    let columns = vec![
        Column::text("环节"),
        Column::text("办件"),
        Column::text("申请人").wide_only(),
        Column::text("状态"),
        Column::text("期限"),
        Column::text("牵头部门").wide_only(),
    ];
    let row = |task: &InboxTask| {
        let version = casework.catalogue.cached(task.version_id);
        let version = version.as_deref().or_else(|| catalogue.current(&task.service).map(|v| &**v));
        let service = version.map_or(task.service.as_str(), |v| v.service.name.as_str());
        let number = grouped(&task.number);
        // A head opens the cases the own department decides; of others they see that a task lies here.
        let case = match scope {
            Scope::Department(id) if *id != task.lead => Cell::two(service, number),
            _ => Cell::link_with(format!("/supervise/cases/{}", task.number), service, number),
        };
        let state = TaskState::parse(&task.state).map_or("", TaskState::zh);
        let holder = if task.assignee_name.is_empty() { String::new() } else { task.assignee_name.clone() };
        let clock = inbox_clock(casework, task, now);
        let late = task.running < now.0;
        let cells = vec![
            task.name.as_str().into(),
            case,
            people::applicant(version, &task.applicant_name).into(),
            Cell::two(state, holder),
            clock.into(),
            catalogue.department_short(&task.lead).into(),
        ];
        if late { Row::new(cells).late() } else { Row::new(cells) }
    };
    Table::new(format!("{}的环节，按到期先后", show.zh()), columns)
        .hide_caption()
        .keys()
        .rows(tasks.iter().map(row))
}
