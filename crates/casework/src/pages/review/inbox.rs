//! The department's inbox: one list, sorted by due time and grouped by urgency.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use yimen_catalogue::Catalogue;
use yimen_identity::StaffOnly;
use yimen_platform::Staff;
use yimen_standards::time::Instant;
use yimen_web::{EmptyState, Form, FormState, Html, KeyHints, Notice, Page, Pager, Shell, Tabs, WebError};

use super::address::{Address, key};
use super::reviewer;
use super::rows::{Line, Rows};
use super::urgency::{Urgency, bounds, capped};
use crate::pages::ctx_of;
use crate::store::inbox::{self, Bounds, Counts, InboxTask, Stretch, Unfinished, Views, Which};
use crate::{Casework, CaseworkError};

const FILTERS: &[&str] = &["mine", "unclaimed", "all", "service", "from"];

#[derive(Template)]
#[template(path = "casework/review/inbox.html")]
struct InboxPage {
    page: Page,
    department: String,
    keys: KeyHints,
    tabs: Tabs,
    filter: ServiceFilter,
    summary: Vec<Share>,
    groups: Vec<Group>,
    /// Where claim and release come back to.
    here: String,
    first: Option<String>,
    pager: Pager,
    empty: EmptyState,
    /// Key of a draft in the browser that the server has now.
    kept: String,
}

/// One urgency in the line of counts; leads to where it begins.
struct Share {
    urgency: Urgency,
    count: String,
    some: bool,
    href: String,
    current: bool,
}

struct Group {
    urgency: Urgency,
    count: String,
    lines: Vec<Line>,
}

struct Choice {
    version: Arc<yimen_catalogue::Version>,
    chosen: bool,
}

struct ServiceFilter {
    services: Vec<Choice>,
    hidden: Vec<(&'static str, String)>,
}

/// What one read brings.
struct Found {
    tasks: Vec<InboxTask>,
    counts: Counts,
    views: Views,
    unfinished: Vec<Unfinished>,
    /// The address with the view that was chosen where none was asked for.
    address: Address,
}

pub(super) async fn inbox(
    State(casework): State<Casework>,
    who: StaffOnly,
    shell: Shell,
    RawQuery(query): RawQuery,
) -> Result<Response, WebError> {
    reviewer(&casework, &who.staff)?;
    let form = Form::parse(query.unwrap_or_default().as_bytes())?;
    let address = Address::asked("/review", FILTERS, &form);
    let now = ctx_of(&casework, &who.actor).now;
    let bounds = bounds(&casework, now);
    let after = key(&form);
    let here = if address.has_view() { shell.path.clone() } else { String::new() };
    let staff = who.staff.clone();
    let found = casework.platform.store.read(move |q| find(q, &staff, &address, after, bounds)).await?;
    let address = found.address.clone();
    let here = if here.is_empty() { address.href() } else { here };
    let view = Looking { casework: &casework, staff: &who.staff, now, bounds, address, here };
    let page = view.page(&shell, &form, after.is_some(), found);
    Ok(Html::ok(page).into_response())
}

/// Four statements, however many tasks there are.
fn find(
    q: &mut yimen_store::Read<'_>,
    staff: &Staff,
    asked: &Address,
    after: Option<(i64, i64)>,
    bounds: Bounds,
) -> Result<Found, CaseworkError> {
    let owner = format!("dept:{}", staff.department);
    let views = inbox::views(q, &owner, staff.account, asked.get("service"))?;
    let address = pre_filtered(asked, &views);
    let which = &which(&address, staff);
    let stretch = begin(&address, bounds).from_key(after);
    let tasks = inbox::page(q, which, stretch, inbox::PAGE as i64 + 1)?;
    let counts = inbox::counts(q, which, bounds)?;
    let unfinished = inbox::unfinished(q, &tasks)?;
    Ok(Found { tasks, counts, views, unfinished, address })
}

/// Where no view was asked for, what one has taken on comes first; who has taken on nothing sees the whole department's.
fn pre_filtered(asked: &Address, views: &Views) -> Address {
    match (asked.has_view(), views.mine) {
        (true, _) => asked.clone(),
        (false, 0) => asked.with("all", "1"),
        (false, _) => asked.with("mine", "1"),
    }
}

impl Address {
    fn has_view(&self) -> bool {
        ["mine", "unclaimed", "all"].iter().any(|view| self.get(view) == "1")
    }
}

fn which(address: &Address, staff: &Staff) -> Which {
    let mine = address.get("mine") == "1";
    Which {
        owner: format!("dept:{}", staff.department),
        assignee: mine.then_some(staff.account),
        state: if !mine && address.get("unclaimed") == "1" { "open".into() } else { String::new() },
        service: address.get("service").to_string(),
    }
}

/// Where the list begins when one urgency was asked for.
fn begin(address: &Address, bounds: Bounds) -> Stretch {
    let from = match Urgency::from_key(address.get("from")) {
        Some(Urgency::Late) => bounds.severe.0,
        Some(Urgency::Soon) => bounds.now.0,
        Some(Urgency::Normal) => bounds.soon.0,
        Some(Urgency::Stopped) => crate::store::lists::NO_DUE,
        Some(Urgency::Severe) | None => return Stretch::WHOLE,
    };
    Stretch { after: (from - 1, i64::MAX), ..Stretch::WHOLE }
}

/// Who looks at what, when.
struct Looking<'a> {
    casework: &'a Casework,
    staff: &'a Staff,
    now: Instant,
    bounds: Bounds,
    address: Address,
    /// The address of the list as it is shown.
    here: String,
}

impl Looking<'_> {
    fn page(&self, shell: &Shell, form: &Form, later: bool, mut found: Found) -> InboxPage {
        let catalogue = self.casework.catalogue.get();
        let more = found.tasks.len() > inbox::PAGE;
        found.tasks.truncate(inbox::PAGE);
        let next = found.tasks.last().filter(|_| more).map(|task| self.address.after(task.key()));
        let shown = found.tasks.len();
        let section = if self.address.get("mine") == "1" { "mine" } else { "review" };
        let mut page = shell.review("待办任务").section(section);
        page.notice = notice(form);
        InboxPage {
            page,
            department: catalogue.department_name(&self.staff.department).to_string(),
            keys: KeyHints::new().letters(),
            tabs: tabs(&self.address, &found.views, view_of(&self.address)),
            filter: self.filter(&catalogue),
            summary: self.summary(&found.counts),
            here: self.here.clone(),
            first: (later || !self.address.get("from").is_empty())
                .then(|| self.address.with("from", "").href()),
            pager: Pager::new(None, next).summary(if shown == 0 {
                String::new()
            } else {
                format!("本页 {shown} 件")
            }),
            empty: self.empty(later),
            kept: form
                .text("done")
                .strip_prefix("decided-")
                .map(|id| format!("task-{id}"))
                .unwrap_or_default(),
            groups: self.groups(&catalogue, &found),
        }
    }

    /// The services this department has a part in.
    fn filter(&self, catalogue: &Catalogue) -> ServiceFilter {
        let asked = self.address.get("service");
        let services = catalogue.services_of(&self.staff.department).iter();
        let services = services.map(|version| {
            let chosen = version.service.id == asked;
            Choice { version: version.clone(), chosen }
        });
        let hidden = ["mine", "unclaimed", "all"].map(|name| (name, self.address.get(name).to_string()));
        ServiceFilter {
            services: services.collect(),
            hidden: hidden.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
        }
    }

    fn summary(&self, counts: &Counts) -> Vec<Share> {
        let share = |urgency: Urgency| Share {
            urgency,
            count: capped(urgency.count(counts)),
            some: urgency.count(counts) > 0,
            href: self.address.with("from", urgency.key()).href(),
            current: self.address.get("from") == urgency.key(),
        };
        Urgency::ALL.into_iter().map(share).collect()
    }

    fn groups(&self, catalogue: &Catalogue, found: &Found) -> Vec<Group> {
        let rows = Rows {
            casework: self.casework,
            catalogue,
            account: self.staff.account,
            now: self.now,
            bounds: self.bounds,
        };
        let group = |urgency: Urgency| {
            let own = found.tasks.iter().filter(|task| Urgency::of(task, self.bounds) == urgency);
            let lines: Vec<Line> = own.map(|task| rows.line(task, &found.unfinished)).collect();
            Group { urgency, count: capped(urgency.count(&found.counts)), lines }
        };
        Urgency::ALL.into_iter().map(group).filter(|group| !group.lines.is_empty()).collect()
    }

    fn empty(&self, later: bool) -> EmptyState {
        let filters = FILTERS.iter().filter(|name| **name != "all");
        let filtered = filters.into_iter().any(|name| !self.address.get(name).is_empty());
        let all = || Address::asked("/review", &[], &FormState::new()).with("all", "1").href();
        match (later, filtered) {
            (true, _) => EmptyState::new("check-circle", "后面没有了", "已经看完最后一件。")
                .link(self.address.href(), "回到第一页"),
            (_, true) => {
                EmptyState::new("filter", "没有符合条件的任务", "换一个条件，或查看本部门全部任务。")
                    .link(all(), "查看全部")
            }
            _ => EmptyState::new("check-circle", "没有待办任务", "有新任务送到本部门时会出现在这里。"),
        }
    }
}

/// What the last click did.
fn notice(form: &Form) -> Option<Notice> {
    let (did, id) = form.text("done").split_once('-')?;
    let id: i64 = id.parse().ok()?;
    let title = match did {
        "claimed" => "已领取",
        "released" => "已退回待领取，其他同事可以领取",
        "decided" => "结论已提交",
        "handed" => "已转办给同事",
        "returned" => "已退回窗口，答复后会回到您这里",
        _ => return None,
    };
    Some(Notice::success(title).link(format!("/review/tasks/{id}"), "打开这项任务"))
}

/// Which of the views is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    All,
    Mine,
    Unclaimed,
    Waiting,
}

fn view_of(address: &Address) -> View {
    match (address.get("mine"), address.get("unclaimed")) {
        ("1", _) => View::Mine,
        (_, "1") => View::Unclaimed,
        _ => View::All,
    }
}

/// The views as links; `inbox` carries the service that stays chosen.
pub(super) fn tabs(inbox: &Address, views: &Views, current: View) -> Tabs {
    let at = |mine: &str, unclaimed: &str| {
        let all = if mine.is_empty() && unclaimed.is_empty() { "1" } else { "" };
        inbox.with("mine", mine).with("unclaimed", unclaimed).with("all", all).with("from", "").href()
    };
    let tab = |tabs: Tabs, href: String, text: &str, count: i64, view: View| match u64::try_from(count) {
        Ok(count) if count <= 999 => tabs.tab(href, text, Some(count), current == view),
        _ => tabs.tab(href, format!("{text} 999+"), None, current == view),
    };
    let tabs = tab(Tabs::new("查看哪些任务"), at("", ""), "全部", views.all, View::All);
    let tabs = tab(tabs, at("1", ""), "我的", views.mine, View::Mine);
    let tabs = tab(tabs, at("", "1"), "待领取", views.unclaimed, View::Unclaimed);
    tabs.tab("/review/waiting", "待他人", None, current == View::Waiting)
}
