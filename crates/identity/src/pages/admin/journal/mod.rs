//! The audit administrator reads the journal: who did what and when, never what stands in a case.

mod export;

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
pub(super) use export::{file, form_page};
use yimen_parties::{PartyKind, mask_name};
use yimen_platform::journal::Entry;
use yimen_platform::{Actor, Role};
use yimen_web::{
    Button, Cell, Column, FieldError, FormState, Html, Notice, Page, Pager, Row, Shell, SummaryList,
    SummaryRow, Table, WebError,
};

use super::page_of;
use crate::audit::{Asked, KINDS, Understood, place, read_place, shown};
use crate::next::encode;
use crate::{Identity, IdentityError, SignedIn};

const A_PAGE: i64 = 50;
const PATH: &str = "/admin/journal";

#[derive(Template)]
#[template(path = "identity/admin/journal.html")]
struct ListPage {
    page: Page,
    asked: Asked,
    /// Value, words, whether it is chosen.
    kinds: Vec<(&'static str, &'static str, bool)>,
    wrong: Wrong,
    /// Who is meant, where somebody is.
    who: String,
    table: Option<Table>,
    /// How far the look came, where it did not reach the end.
    reached: String,
    pager: Pager,
    export: Button,
}

/// The fields that were not understood.
#[derive(Default)]
struct Wrong(Vec<FieldError>);

impl Wrong {
    fn is(&self, field: &str) -> bool {
        self.0.iter().any(|one| one.field == field)
    }
}

#[derive(Template)]
#[template(path = "identity/admin/journal_entry.html")]
struct EntryPage {
    page: Page,
    facts: SummaryList,
    body: String,
    proof: Option<String>,
}

fn auditor(actor: &Actor) -> Result<(), WebError> {
    match actor.has(Role::Audit) {
        true => Ok(()),
        false => Err(WebError::forbidden("操作记录由审计管理员查看。")),
    }
}

/// The address of a search.
fn address(path: &str, asked: &Asked, before: &str) -> String {
    let fields = [
        ("from", &asked.from),
        ("until", &asked.until),
        ("who", &asked.who),
        ("kind", &asked.kind),
        ("case", &asked.case),
    ];
    let given = fields.iter().filter(|(_, value)| !value.is_empty());
    let mut parts: Vec<String> = given.map(|(name, value)| format!("{name}={}", encode(value))).collect();
    parts.extend((!before.is_empty()).then(|| format!("before={before}")));
    if parts.is_empty() { path.to_owned() } else { format!("{path}?{}", parts.join("&")) }
}

/// Who acted. People of the city stand with their family name only.
fn who(entry: &Entry) -> String {
    match entry.actor_kind.as_str() {
        "citizen" => mask_name(PartyKind::Natural, &entry.actor_name),
        "system" => format!("系统（{}）", entry.actor_name),
        "anyone" => "未登录的人".to_owned(),
        _ => entry.actor_name.clone(),
    }
}

/// Departments and offices in the city's words.
struct Names(HashMap<String, String>);

impl Names {
    fn of(identity: &Identity) -> Names {
        let places = (identity.settings().places)();
        let offices = places.offices.into_iter().map(|(office, _)| office);
        Names(places.departments.into_iter().chain(offices).map(|place| (place.id, place.name)).collect())
    }

    /// Where somebody works.
    fn place(&self, entry: &Entry) -> String {
        let ids = [&entry.department, &entry.office];
        let words = ids.into_iter().filter(|id| !id.is_empty());
        words.map(|id| self.0.get(id).unwrap_or(id).as_str()).collect::<Vec<_>>().join(" ")
    }
}

pub(super) async fn page(
    State(identity): State<Identity>,
    shell: Shell,
    SignedIn { actor, .. }: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    auditor(&actor)?;
    let (reading, ctx, wanted) = (identity.clone(), identity.ctx(actor), asked.clone());
    let read = move |q: &mut yimen_store::Read<'_>| -> Result<_, IdentityError> {
        let Understood { search, staff } = reading.audit_search(q, &ctx, &wanted)?;
        let found = reading.audit_page(q, &ctx, &search, read_place(&wanted.before), A_PAGE)?;
        let cases = reading.audit_cases(q, &found.entries)?;
        Ok((staff, found, cases))
    };
    let found = identity.platform().store.read(read).await;
    let mut view = list_view(page_of(&shell, "操作记录").section("journal"), &asked);
    let (staff, found, cases) = match found {
        Ok(found) => found,
        Err(IdentityError::Invalid(wrong)) => {
            let told = wrong.iter().map(|one| one.message.clone()).collect::<Vec<_>>().join("；");
            view.page = view.page.notice(Notice::problem(told));
            view.wrong = Wrong(wrong);
            return Ok(Html(StatusCode::UNPROCESSABLE_ENTITY, view).into_response());
        }
        Err(error) => return Err(error.into()),
    };
    let (source, names) = (identity.source()?, Names::of(&identity));
    let rows = found.entries.iter().map(|entry| {
        let number = cases.iter().find(|(case, _)| *case == entry.case_id).map(|(_, number)| number.clone());
        Row::new(vec![
            Cell::link(format!("{PATH}/{}", entry.seq), entry.at.zh()),
            Cell::two(who(entry), names.place(entry)),
            Cell::text(source.words(&entry.verb)),
            Cell::text(number.unwrap_or_default()),
        ])
    });
    let columns = vec![
        Column::text("时间").whole(),
        Column::text("谁"),
        Column::text("做了什么"),
        Column::text("办件").whole(),
    ];
    let table = Table::new("操作记录，最新的在前", columns).hide_caption();
    let ended = found.before.is_none();
    if let Some(before) = found.before.filter(|_| (found.entries.len() as i64) < A_PAGE) {
        view.reached = format!("已经找到 {} 为止；更早的记录里可能还有，请继续往前找。", before.0.zh());
    }
    let empty = if ended { "没有这样的记录" } else { "这一段里没有" };
    view.table = Some(table.empty(empty).rows(rows));
    let next = found.before.map(|before| address(PATH, &asked, &place(before)));
    view.pager = Pager::new((!asked.before.is_empty()).then(|| address(PATH, &asked, "")), next);
    view.who = staff.map(|one| format!("{}（{}）", one.name, one.login)).unwrap_or_default();
    Ok(Html::ok(view).into_response())
}

fn list_view(page: Page, asked: &Asked) -> ListPage {
    let kinds = KINDS.iter().map(|(value, words)| (*value, *words, asked.kind == *value)).collect();
    ListPage {
        page,
        asked: asked.clone(),
        kinds,
        wrong: Wrong::default(),
        who: String::new(),
        table: None,
        reached: String::new(),
        pager: Pager::default(),
        export: Button::secondary("导出这些记录").href(address("/admin/journal/export", asked, "")),
    }
}

pub(super) async fn entry_page(
    State(identity): State<Identity>,
    shell: Shell,
    SignedIn { actor, .. }: SignedIn,
    Path(seq): Path<i64>,
) -> Result<Response, WebError> {
    auditor(&actor)?;
    let (reading, ctx) = (identity.clone(), identity.ctx(actor));
    let read = move |q: &mut yimen_store::Read<'_>| -> Result<_, IdentityError> {
        let entry = reading.audit_entry(q, &ctx, seq)?;
        let cases = reading.audit_cases(q, std::slice::from_ref(&entry))?;
        let proof = reading.source()?.proof(q, &entry)?;
        Ok((entry, cases, proof))
    };
    let (entry, cases, proof) = identity.platform().store.read(read).await?;
    let mut facts = SummaryList::new()
        .row(SummaryRow::new("时间", entry.at.zh()))
        .row(SummaryRow::new("做了什么", identity.source()?.words(&entry.verb)).and(entry.verb.clone()))
        .row(SummaryRow::new("谁", who(&entry)).and(Names::of(&identity).place(&entry)));
    if let Some((_, number)) = cases.first() {
        facts = facts.row(SummaryRow::new("办件", number.clone()));
    }
    if entry.actor_id != 0 {
        facts = facts.row(SummaryRow::new("账户编号", entry.actor_id.to_string()));
    }
    if entry.task_id != 0 {
        facts = facts.row(SummaryRow::new("任务编号", entry.task_id.to_string()));
    }
    if !entry.request.is_empty() {
        facts = facts.row(SummaryRow::new("请求编号", entry.request.clone()));
    }
    let page =
        page_of(&shell, format!("操作记录 第 {} 条", entry.seq)).section("journal").back(PATH, "操作记录");
    let body = serde_json::to_string_pretty(&shown(&entry)).map_err(WebError::internal)?;
    Ok(Html::ok(EntryPage { page, facts, body, proof }).into_response())
}

/// What an export form begins with.
fn export_shell(shell: &Shell, asked: &Asked, form: &FormState) -> Page {
    let back = address(PATH, asked, "");
    page_of(shell, "导出操作记录").section("journal").back(back, "操作记录").errors_of(form)
}
