//! Who looked at my data: each look of the staff, by department and role, with what it was for.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use yimen_catalogue::Catalogue;
use yimen_identity::CitizenOnly;
use yimen_web::{EmptyState, Html, Page, Pager, Shell, WebError};

use crate::pages::looks::Kind;
use crate::pages::{ctx_of, grouped, moment};
use crate::policy::Who;
use crate::store::looks::{self, LookRow};
use crate::{Casework, CaseworkError};

const PAGE: usize = 50;

struct Line {
    when: String,
    /// Department or office, and in which role.
    who: String,
    /// Tells two of one office apart, and names neither.
    short: String,
    what: &'static str,
    /// What they gave as their reason, where they were asked for one.
    reason: String,
    /// Empty where it was for no case.
    service: String,
    number: String,
    href: String,
}

#[derive(Template)]
#[template(path = "casework/citizen/looks.html")]
struct Seen {
    page: Page,
    lines: Vec<Line>,
    empty: Option<EmptyState>,
    pager: Option<Pager>,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    before: Option<i64>,
}

pub(super) async fn page(
    State(casework): State<Casework>,
    shell: Shell,
    citizen: CitizenOnly,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let (party, before) = (citizen.party, asked.before.unwrap_or(i64::MAX));
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let read = casework.platform.store.read(move |q| looks::of_party(q, party, before, limit));
    let mut rows: Vec<LookRow> = read.await.map_err(CaseworkError::from)?;
    let next = (rows.len() > PAGE).then(|| {
        rows.truncate(PAGE);
        format!("/my/looks?before={}", rows.last().map_or(0, |row| row.id))
    });
    let prev = asked.before.map(|_| "/my/looks".to_string());
    let (catalogue, now) = (casework.catalogue.get(), ctx_of(&casework, &citizen.actor).now);
    let line = |row: &LookRow| -> Result<Line, CaseworkError> {
        let reason = casework.look_reason(&row.reason, &row.why)?;
        Ok(Line { when: moment(row.at, now), reason, ..Line::of(&catalogue, row) })
    };
    let lines: Vec<Line> = rows.iter().map(line).collect::<Result<_, _>>()?;
    let empty = lines.is_empty().then(|| {
        let words = "窗口和部门的工作人员查看您的办件、材料、文书或登记信息时，会自动记在这里。";
        EmptyState::new("user", "还没有人查看过您的信息", words)
    });
    let pager = (next.is_some() || prev.is_some()).then(|| Pager::new(prev, next));
    let page = shell.citizen("谁看过我的信息").section("my").back("/my", "我的办件");
    Ok(Html::ok(Seen { page, lines, empty, pager }).into_response())
}

impl Line {
    fn of(catalogue: &Catalogue, row: &LookRow) -> Line {
        let place = match row.department.is_empty() {
            true => catalogue.office_name(&row.office),
            false => catalogue.department_name(&row.department),
        };
        let role = match Who::parse(&row.role) {
            Some(Who::Clerk) => "窗口工作人员",
            Some(Who::Reviewer) => "审查人员",
            Some(Who::Supervisor) => "部门负责人",
            Some(Who::Inspector) => "政务服务督查人员",
            Some(Who::Citizen) => "您本人的账户",
            _ => "工作人员",
        };
        let what = match Kind::parse(&row.kind) {
            Some(Kind::File) => "查看了您交的材料",
            Some(Kind::Document) => "查看了文书",
            Some(Kind::Register) => "在窗口查询了您的登记信息",
            Some(Kind::Unmasked) => "查看了完整号码",
            _ => "查看了办件",
        };
        let name = |id: &String| catalogue.current(id).map_or(id.clone(), |v| v.service.name.clone());
        let number = row.number.clone().unwrap_or_default();
        Line {
            when: String::new(),
            who: format!("{place} {role}").trim().to_string(),
            short: format!("{:04}", row.account.rem_euclid(10_000)),
            what,
            reason: String::new(),
            service: row.service.as_ref().map(name).unwrap_or_default(),
            href: if number.is_empty() { String::new() } else { format!("/cases/{number}") },
            number: grouped(&number),
        }
    }
}
