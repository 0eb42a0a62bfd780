//! What is open where, what is late or about to be: tiles and tables from one count, each number leading to its cases.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use yimen_catalogue::Catalogue;
use yimen_identity::StaffOnly;
use yimen_standards::time::Instant;
use yimen_store::Read;
use yimen_web::{BarChart, Html, Page, Shell, StatTile, Tone, WebError};

use super::scope::Scope;
use super::standing::Standing;
use super::tally::{Sum, Tally};
use crate::live::{Live, Look, OwnerLoad};
use crate::model::Owner;
use crate::pages::ctx_of;
use crate::pages::review::urgency::bounds;
use crate::pages::words::moment;
use crate::store::board;
use crate::{Casework, CaseworkError, SWEEP_EVERY};

#[derive(Template)]
#[template(path = "casework/board/overview.html")]
struct Overview {
    page: Page,
    fresh: String,
    /// How the rules that time alone carries out are doing.
    sweeps: String,
    tiles: Vec<StatTile>,
    sum: String,
    definitions: Vec<(&'static str, &'static str)>,
    departments: Option<Breakdown>,
    services: Breakdown,
    offices: Breakdown,
    loads: Loads,
    charts: Vec<BarChart>,
    /// How many requests wait; empty where none does.
    extensions: String,
}

/// One table of cases: a row for each department, service or office.
pub(super) struct Breakdown {
    pub caption: &'static str,
    pub head: &'static str,
    pub rows: Vec<BreakdownRow>,
    pub total: Vec<Number>,
    pub open: i64,
}

pub(super) struct BreakdownRow {
    pub name: String,
    pub all: Number,
    pub by: Vec<Number>,
    pub late: bool,
}

/// A number and the list behind it.
pub(super) struct Number {
    pub count: i64,
    pub href: String,
    pub tone: &'static str,
}

/// The tasks that lie at each department, office and with applicants.
pub(super) struct Loads {
    pub rows: Vec<LoadRow>,
}

pub(super) struct LoadRow {
    pub name: String,
    /// All, unclaimed, late, due soon, without a running limit.
    pub numbers: Vec<Number>,
    late: i64,
    live: i64,
}

/// What one read brings.
struct Found {
    tally: Tally,
    loads: Vec<OwnerLoad>,
    extensions: usize,
}

pub(super) async fn overview(
    State(casework): State<Casework>,
    Extension(live): Extension<Arc<Live>>,
    who: StaffOnly,
    shell: Shell,
) -> Result<Response, WebError> {
    let scope = Scope::of(&casework.policy.get(), &who.staff)?;
    let now = ctx_of(&casework, &who.actor).now;
    let soon = bounds(&casework, now).soon;
    let asked = scope.clone();
    let found = casework.platform.store.read(move |q| find(&live, q, &asked, now, soon)).await?;
    let catalogue = casework.catalogue.get();
    let title = format!("运行总览：{}", scope.name(&catalogue));
    let page = shell.board(title).section("supervise");
    let mut overview = view(page, &catalogue, &scope, found, now);
    overview.sweeps = sweeps(casework.sweeps.last(), now);
    Ok(Html::ok(overview).into_response())
}

fn find(
    live: &Live,
    q: &mut Read<'_>,
    scope: &Scope,
    now: Instant,
    soon: Instant,
) -> Result<Found, CaseworkError> {
    let owner = match scope {
        Scope::City => String::new(),
        Scope::Department(id) => Owner::Department(id.clone()).code(),
    };
    let (counts, loads) = live.look(q, Look { now, soon, lead: scope.lead(), owner: &owner })?;
    let extensions = board::extensions(q, scope.lead(), (0, 0), super::PAGE)?.len();
    Ok(Found { tally: Tally::of(&counts, scope.accepted_only()), loads, extensions })
}

fn view(page: Page, catalogue: &Catalogue, scope: &Scope, found: Found, now: Instant) -> Overview {
    let tally = &found.tally;
    let service = |id: &str| catalogue.current(id).map_or(id.to_string(), |v| v.service.name.clone());
    let departments = breakdown("按牵头部门", "部门", "department", &tally.by_lead, |id| {
        catalogue.department_short(id).to_string()
    });
    let services = breakdown("按事项", "事项", "service", &tally.by_service, service);
    let offices = breakdown("按收件大厅", "大厅", "office", &tally.by_office, |id| {
        catalogue.office_name(id).to_string()
    });
    let city = *scope == Scope::City;
    Overview {
        fresh: freshness(catalogue, scope, now),
        sweeps: String::new(),
        tiles: tiles(tally),
        sum: sum(tally, city),
        definitions: Standing::ALL.iter().map(|s| (s.zh(), s.meaning())).collect(),
        charts: charts(city, &departments, &services),
        departments: city.then_some(departments),
        services,
        offices,
        loads: loads(catalogue, &found.loads),
        extensions: match found.extensions {
            0 => String::new(),
            n if n as i64 >= super::PAGE => format!("{n}+"),
            n => n.to_string(),
        },
        page,
    }
}

fn tiles(tally: &Tally) -> Vec<StatTile> {
    let open = StatTile::new("在办", number(tally.total.all()))
        .unit("件")
        .href("/supervise/open")
        .note("已提交、还没有办结的办件");
    let tile = |standing: Standing| {
        let count = tally.total.of(standing);
        // Nothing is wrong where nothing is late.
        let tone = if count == 0 && standing == Standing::Late { Tone::Done } else { standing.tone() };
        let tile = StatTile::new(standing.zh(), number(count)).unit("件").note(standing.meaning());
        let tile = if matches!(standing, Standing::Normal) { tile } else { tile.tone(tone) };
        tile.href(format!("/supervise/{}", standing.key()))
    };
    let main = [Standing::Late, Standing::Soon, Standing::Stopped].map(tile);
    std::iter::once(open).chain(main).collect()
}

/// The equation, so that everyone sees that nothing is left out.
fn sum(tally: &Tally, city: bool) -> String {
    let parts = Standing::ALL.iter().filter(|s| city || **s != Standing::Correcting);
    let parts: Vec<String> = parts.map(|s| format!("{} {}", s.zh(), number(tally.total.of(*s)))).collect();
    let before = if city { format!("。其中待预审 {}", number(tally.submitted)) } else { String::new() };
    format!("在办 {} ＝ {}{before}", number(tally.total.all()), parts.join(" ＋ "))
}

/// When it was counted and what it covers.
pub(super) fn freshness(catalogue: &Catalogue, scope: &Scope, now: Instant) -> String {
    let covers = match scope {
        Scope::City => format!(
            "覆盖全市 {} 个部门、{} 个大厅、{} 个事项",
            catalogue.city().departments.len(),
            catalogue.city().offices.len(),
            catalogue.services().count()
        ),
        Scope::Department(_) => "覆盖本部门牵头的全部已受理办件和送到本部门的全部环节".into(),
    };
    format!("{} 统计，{covers}。每次打开都重新统计。", now.zh())
}

/// The rule, its last run and its next: 视为受理 that nobody carries out would go unnoticed.
fn sweeps(last: Option<(Instant, usize)>, now: Instant) -> String {
    let rule = "到期自动处理（五个工作日未答复视为受理、补正逾期终止、特别程序届满恢复计时）";
    let Some((at, failed)) = last else {
        return format!("{rule}：服务启动以来还没有运行过，请联系系统管理员。");
    };
    let next = at.plus_millis(SWEEP_EVERY.as_millis() as i64);
    let next = if next > now { format!("下次 {}", clock_time(next)) } else { "下次即将运行".into() };
    let failed = match failed {
        0 => "全部处理成功".to_string(),
        n => format!("有 {n} 件没有处理成功，下次再试，请联系系统管理员查看日志"),
    };
    format!("{rule}：{} 运行，{failed}，{next}。", moment(at, now))
}

/// 09:30:15
fn clock_time(at: Instant) -> String {
    let (minute, seconds) = (at.minute_of_day(), at.0.rem_euclid(60_000) / 1000);
    format!("{:02}:{:02}:{seconds:02}", minute / 60, minute % 60)
}

fn breakdown(
    caption: &'static str,
    head: &'static str,
    key: &'static str,
    sums: &std::collections::BTreeMap<String, Sum>,
    name: impl Fn(&str) -> String,
) -> Breakdown {
    let link = |standing: Option<Standing>, id: &str, count: i64| Number {
        count,
        href: match standing {
            Some(standing) => format!("/supervise/{}?{key}={id}", standing.key()),
            None => format!("/supervise/open?{key}={id}"),
        },
        tone: standing.map_or("", |s| s.tone().class()),
    };
    let row = |(id, sum): (&String, &Sum)| BreakdownRow {
        name: name(id),
        all: link(None, id, sum.all()),
        by: Standing::ALL.iter().map(|s| link(Some(*s), id, sum.of(*s))).collect(),
        late: sum.of(Standing::Late) > 0,
    };
    let mut rows: Vec<BreakdownRow> = sums.iter().map(row).collect();
    // Where it burns comes first, then where most is open.
    rows.sort_by_key(|row| (-row.by[Standing::Late as usize].count, -row.all.count, row.name.clone()));
    let total = |s: &Standing| Number {
        count: sums.values().map(|sum| sum.of(*s)).sum(),
        href: format!("/supervise/{}", s.key()),
        tone: s.tone().class(),
    };
    Breakdown {
        caption,
        head,
        total: Standing::ALL.iter().map(total).collect(),
        open: sums.values().map(Sum::all).sum(),
        rows,
    }
}

fn loads(catalogue: &Catalogue, loads: &[OwnerLoad]) -> Loads {
    let row = |load: &OwnerLoad| {
        let (name, at) = match Owner::parse(&load.owner) {
            Some(Owner::Department(id)) => {
                (catalogue.department_short(&id).to_string(), format!("department={id}"))
            }
            Some(Owner::Office(id)) => (catalogue.office_name(&id).to_string(), format!("office={id}")),
            _ => ("申请人（缴费）".to_string(), "applicant=1".to_string()),
        };
        let link = |show: &str, count: i64, tone: &'static str| Number {
            count,
            href: format!("/supervise/tasks?{at}&show={show}"),
            tone,
        };
        LoadRow {
            name,
            numbers: vec![
                link("open", load.live, ""),
                link("unclaimed", load.unclaimed, ""),
                link("late", load.late, "problem"),
                link("soon", load.soon, "warn"),
                link("still", load.still, ""),
            ],
            late: load.late,
            live: load.live,
        }
    };
    let mut rows: Vec<LoadRow> = loads.iter().map(row).collect();
    rows.sort_by_key(|row| (-row.late, -row.live, row.name.clone()));
    Loads { rows }
}

/// Bars of where most is late and where most is open; the table beside them says the same in numbers.
fn charts(city: bool, departments: &Breakdown, services: &Breakdown) -> Vec<BarChart> {
    const BARS: usize = 10;
    let by = if city { departments } else { services };
    let most = |caption: &str, of: &dyn Fn(&BreakdownRow) -> (i64, String), tone: Tone| {
        let mut rows: Vec<(i64, String, &str)> = by
            .rows
            .iter()
            .map(|row| {
                let (count, href) = of(row);
                (count, href, row.name.as_str())
            })
            .filter(|(count, ..)| *count > 0)
            .collect();
        rows.sort_by_key(|(count, ..)| -count);
        let chart = BarChart::new(caption, by.head, "件");
        rows.into_iter()
            .take(BARS)
            .fold(chart, |chart, (count, href, name)| chart.linked(name, count, tone, href))
    };
    let late = |row: &BreakdownRow| {
        let number = &row.by[Standing::Late as usize];
        (number.count, number.href.clone())
    };
    let open = |row: &BreakdownRow| (row.all.count, row.all.href.clone());
    let mut charts = vec![most("在办", &open, Tone::Active)];
    if by.rows.iter().any(|row| row.late) {
        charts.insert(0, most("已逾期", &late, Tone::Problem));
    }
    charts
}

/// 1,284
pub(super) fn number(count: i64) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(
            ["0", "999", "1,000", "12,345", "1,234,567"],
            [0, 999, 1000, 12_345, 1_234_567].map(number).each_ref().map(String::as_str)
        );
    }
}
