//! My cases: what waits for me first, then what runs; what is over has a list of its own. Also the strip on the home page.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use yimen_catalogue::Catalogue;
use yimen_catalogue::pages::{Panel, query};
use yimen_identity::CitizenOnly;
use yimen_platform::{Actor, Ctx};
use yimen_standards::money::Fen;
use yimen_standards::time::Instant;
use yimen_web::{EmptyState, Html, Notice, Page, Pager, Shell, StatusTag, Tabs, WebError};

use crate::model::{CaseState, Outcome};
use crate::pages::{ctx_of, due_line, grouped, moment, state_tag};
use crate::store::lists::{self, CaseItem, DueBill};
use crate::{Casework, CaseworkError};

/// Cases on a page, and on the strip of the home page.
const PAGE: usize = 50;
const STRIP: usize = 3;

/// A case in the list.
struct Item {
    href: String,
    service: String,
    number: String,
    tag: StatusTag,
    /// What there is to know now: until when, since when.
    line: String,
    /// What there is to do, in two words; empty where there is nothing.
    action: &'static str,
}

struct Group {
    title: &'static str,
    items: Vec<Item>,
}

#[derive(Template)]
#[template(path = "casework/citizen/my.html")]
struct My {
    page: Page,
    tabs: Tabs,
    groups: Vec<Group>,
    empty: Option<EmptyState>,
    pager: Option<Pager>,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    show: String,
    before: Option<i64>,
    #[serde(default)]
    done: String,
}

pub(super) async fn my(
    State(casework): State<Casework>,
    shell: Shell,
    citizen: CitizenOnly,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let ctx = ctx_of(&casework, &citizen.actor);
    let over = asked.show == "over";
    let (mut items, bills) = load(&casework, citizen.party, over, asked.before, PAGE + 1).await?;
    let next = (items.len() > PAGE).then(|| {
        items.truncate(PAGE);
        let last = items.last().map_or(0, |i| i.id).to_string();
        format!("/my{}", query(&[("show", &asked.show), ("before", &last)]))
    });
    let first = format!("/my{}", query(&[("show", &asked.show)]));
    let prev = asked.before.map(|_| first);
    let groups = groups(&casework, ctx.now, &items, &bills, over);
    let page = shell.citizen("我的办件").section("my");
    let page = match asked.done.as_str() {
        "dropped" => page.notice(Notice::success("草稿已撤销")),
        _ => page,
    };
    let empty = items.is_empty().then(|| empty(over));
    let pager = (next.is_some() || prev.is_some()).then(|| Pager::new(prev, next));
    let tabs = Tabs::new("办件").tab("/my", "进行中", None, !over).tab("/my?show=over", "已结束", None, over);
    Ok(Html::ok(My { page, tabs, groups, empty, pager }).into_response())
}

async fn load(
    casework: &Casework,
    party: i64,
    over: bool,
    before: Option<i64>,
    limit: usize,
) -> Result<(Vec<CaseItem>, Vec<DueBill>), WebError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let read = casework.platform.store.read(move |q| -> Result<_, CaseworkError> {
        if over {
            return Ok((lists::mine_over(q, party, before, limit)?, Vec::new()));
        }
        Ok((lists::mine_open(q, party, before, limit)?, lists::my_bills(q, party, limit)?))
    });
    Ok(read.await?)
}

fn empty(over: bool) -> EmptyState {
    if over {
        return EmptyState::new(
            "file",
            "还没有结束的办件",
            "办结、撤回或不予受理的办件会留在这里，随时可以查。",
        );
    }
    EmptyState::new("inbox", "没有正在办的事", "开始申请以后，草稿和进度都在这里。")
        .link("/services", "找要办的事")
}

fn groups(
    casework: &Casework,
    now: Instant,
    items: &[CaseItem],
    bills: &[DueBill],
    over: bool,
) -> Vec<Group> {
    let catalogue = casework.catalogue.get();
    let item = |c: &CaseItem| Item::of(casework, &catalogue, now, c, bills);
    let kind = |c: &&CaseItem| match CaseState::parse(&c.state) {
        Some(CaseState::Draft) => 0,
        Some(CaseState::Correcting) => 1,
        _ if bills.iter().any(|b| b.case_id == c.id) => 1,
        _ => 2,
    };
    if over && items.is_empty() {
        return Vec::new();
    }
    if over {
        return vec![Group { title: "", items: items.iter().map(item).collect() }];
    }
    let titled = [(1, "等您处理"), (0, "没有提交的草稿"), (2, "办理中")];
    let group = |(nth, title): (i32, &'static str)| Group {
        title,
        items: items.iter().filter(|c| kind(c) == nth).map(item).collect(),
    };
    titled.into_iter().map(group).filter(|g| !g.items.is_empty()).collect()
}

impl Item {
    fn of(
        casework: &Casework,
        catalogue: &Catalogue,
        now: Instant,
        case: &CaseItem,
        bills: &[DueBill],
    ) -> Item {
        let state = CaseState::parse(&case.state).unwrap_or(CaseState::Closed);
        let bill = bills.iter().find(|b| b.case_id == case.id);
        let service = catalogue.current(&case.service).map(|v| v.service.name.clone());
        let cached = || casework.catalogue.cached(case.version_id).map(|v| v.service.name.clone());
        let (href, action) = match (state, bill) {
            (CaseState::Draft, _) => (format!("/cases/{}/apply", case.number), "继续填写"),
            (CaseState::Correcting, _) => (format!("/cases/{}/correct", case.number), "去补正"),
            (_, Some(_)) => (format!("/cases/{}", case.number), "去缴费"),
            _ => (format!("/cases/{}", case.number), ""),
        };
        Item {
            href,
            // A service that was given up keeps the name it had; at worst its id.
            service: service.or_else(cached).unwrap_or_else(|| case.service.clone()),
            number: grouped(&case.number),
            tag: state_tag(state, Outcome::parse(&case.outcome)),
            line: line(casework, now, state, case, bill),
            action,
        }
    }
}

fn line(
    casework: &Casework,
    now: Instant,
    state: CaseState,
    case: &CaseItem,
    bill: Option<&DueBill>,
) -> String {
    let due = |at: Option<Instant>| at.map(|at| due_line(casework, now, at)).unwrap_or_default();
    let begun = format!("{} 开始", moment(case.created_at, now));
    let submitted = case.submitted_at.map(|at| format!("{} 提交", moment(at, now)));
    match (state, bill, case.stopped_since) {
        (CaseState::Draft, ..) => begun,
        (_, Some(bill), _) => format!("待缴费 {}元", Fen(bill.total).grouped()),
        (CaseState::Correcting, ..) => format!("补正：{}", due(case.correction_due)),
        (CaseState::Submitted, ..) => format!("预审：{}", due(case.precheck_due)),
        (CaseState::InReview, _, Some(since)) => format!("特别程序，时限从 {} 起暂停", moment(since, now)),
        (CaseState::InReview, ..) => format!("办结：{}", due(case.promised_due)),
        _ => submitted.unwrap_or(begun),
    }
}

#[derive(Template)]
#[template(path = "casework/citizen/parts/strip.html")]
struct Strip {
    items: Vec<Item>,
    more: bool,
}

/// The running cases of the person signed in, for the home page: what waits for them first.
pub fn home_panel(casework: Casework) -> Panel {
    Arc::new(move |ctx| {
        let casework = casework.clone();
        Box::pin(async move { strip(&casework, &ctx).await.unwrap_or_default() })
    })
}

/// A strip that cannot be made is left out: the home page is more than it.
async fn strip(casework: &Casework, ctx: &Ctx) -> Option<String> {
    let Actor::Citizen { party, .. } = ctx.actor else {
        return None;
    };
    let (items, bills) = load(casework, party, false, None, PAGE).await.ok()?;
    let mut groups = groups(casework, ctx.now, &items, &bills, false);
    // Drafts come after what others wait for.
    groups.sort_by_key(|g| match g.title {
        "等您处理" => 0,
        "办理中" => 1,
        _ => 2,
    });
    let mut items: Vec<Item> = groups.into_iter().flat_map(|g| g.items).collect();
    if items.is_empty() {
        return None;
    }
    let more = items.len() > STRIP;
    items.truncate(STRIP);
    Strip { items, more }.render().ok()
}
