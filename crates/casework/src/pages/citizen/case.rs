//! A case as its applicant follows it: what to do now, how long it takes, who works on it, what was handed in, what came out.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use yimen_catalogue::Catalogue;
use yimen_catalogue::form::display;
use yimen_catalogue::pages::answer_words;
use yimen_identity::CitizenOnly;
use yimen_platform::Ctx;
use yimen_standards::money::Fen;
use yimen_standards::time::Day;
use yimen_web::{
    Clock, Html, MaterialRow, Notice, Page, Shell, StatusTag, SummaryList, Timeline, UploadedFile, WebError,
    redirect_303,
};

use super::opened::stored;
use super::status::{self, Todo};
use crate::document::title;
use crate::model::{Bill, BillState, Case, CaseState, DocumentKind};
use crate::pages::timeline::timeline;
use crate::pages::{ctx_of, explained, grouped, moment, state_tag, unmask};
use crate::view::{CaseView, Material, MaterialState};
use crate::{Casework, CaseworkError};

struct BillLine {
    items: Vec<(String, String)>,
    total: String,
    state: &'static str,
    /// Where its form goes; empty when there is nothing to pay.
    pay: String,
}

struct DocumentLine {
    href: String,
    name: &'static str,
    at: String,
}

#[derive(Template)]
#[template(path = "casework/citizen/case.html")]
struct CasePage {
    page: Page,
    service: String,
    number: String,
    tag: StatusTag,
    sentence: String,
    todo: Option<Todo>,
    clock: Option<Clock>,
    timeline: Timeline,
    bills: Vec<BillLine>,
    result: Option<SummaryList>,
    documents: Vec<DocumentLine>,
    materials: Vec<MaterialRow>,
    answers: Vec<SummaryList>,
    /// Where a form goes that shows numbers in full; empty where none is masked.
    unmask: String,
    facts: SummaryList,
    withdraw: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    done: String,
}

pub(super) async fn case(
    State(casework): State<Casework>,
    shell: Shell,
    citizen: CitizenOnly,
    Path(number): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, WebError> {
    let ctx = ctx_of(&casework, &citizen.actor);
    let number = stored(&number)?;
    let (handle, ctx2) = (casework.clone(), ctx.clone());
    let view = casework
        .platform
        .store
        .read(move |q| -> Result<CaseView, CaseworkError> { handle.view(q, &ctx2, &number) });
    let view = view.await?;
    if view.fetched.case.state == CaseState::Draft {
        return Ok(redirect_303(format!("/cases/{}/apply", view.fetched.case.number)));
    }
    let mut page = shell.citizen(&view.fetched.version.service.name).section("my").back("/my", "我的办件");
    match done.done.as_str() {
        "corrected" => {
            page = page.notice(Notice::success("补正已提交").text("窗口会重新核对，结果在这里查看。"))
        }
        "withdrawn" => {
            let back = |b: &Bill| matches!(b.state, BillState::Refunding | BillState::Refunded);
            let text = match view.fetched.case.bills.iter().any(back) {
                true => "已缴的费用会原路退回。需要时可以重新申请。",
                false => "需要时可以重新申请。",
            };
            page = page.notice(Notice::success("已撤回").text(text))
        }
        "paid" if view.fetched.case.bills.iter().any(|b| b.state == BillState::Paid) => {
            page = page.notice(Notice::success("缴费成功").text("不用再做什么，部门会继续往下办。"))
        }
        _ => {}
    }
    Ok(Html::ok(CasePage::of(&casework, &ctx, page, view)).into_response())
}

impl CasePage {
    fn of(casework: &Casework, ctx: &Ctx, page: Page, view: CaseView) -> CasePage {
        let catalogue: Arc<Catalogue> = casework.catalogue.get();
        let case = &view.fetched.case;
        CasePage {
            page,
            service: view.fetched.version.service.name.clone(),
            number: grouped(&case.number),
            tag: state_tag(case.state, case.outcome),
            sentence: status::sentence(casework, &catalogue, case, ctx.now),
            todo: status::todo(case),
            clock: explained::detailed_clock(casework, case, &view.fetched.version.service, ctx.now),
            timeline: timeline(&catalogue, case, ctx.now),
            bills: case.bills.iter().map(|bill| BillLine::of(case, bill)).collect(),
            result: result(&catalogue, &view),
            documents: documents(&view, ctx),
            materials: view.materials.iter().map(|m| material(case, m)).collect(),
            answers: answers(&view),
            unmask: unmask::own_path(&case.number, &view.fetched.version, &view.facts),
            facts: facts(&catalogue, case),
            withdraw: status::can_withdraw(case).then(|| format!("/cases/{}/withdraw", case.number)),
        }
    }
}

impl BillLine {
    fn of(case: &Case, bill: &Bill) -> BillLine {
        let amount = |fen: i64| format!("{}元", Fen(fen).grouped());
        BillLine {
            items: bill.items.iter().map(|i| (i.name.clone(), amount(i.fen))).collect(),
            total: amount(bill.total),
            state: bill.state.zh(),
            pay: if bill.state == BillState::Due { status::pay_path(case, bill) } else { String::new() },
        }
    }
}

fn result(catalogue: &Catalogue, view: &CaseView) -> Option<SummaryList> {
    let row = view.result.as_ref()?;
    let until: Option<Day> = row.valid_until.parse().ok();
    let list = SummaryList::new()
        .title(&row.name)
        .fact("编号", &row.number)
        .fact("颁发机关", catalogue.department_name(&row.department))
        .fact("颁发日期", row.issued_at.day().zh())
        .fact("有效期至", until.map_or_else(|| "长期".into(), Day::zh));
    let shown = view.shows.iter().filter(|(_, value)| !value.is_empty());
    Some(shown.fold(list, |list, (label, value)| list.fact(label, value)))
}

/// Documents for the applicant; the slip between window and departments is none of them.
fn documents(view: &CaseView, ctx: &Ctx) -> Vec<DocumentLine> {
    let number = &view.fetched.case.number;
    let line = |d: &crate::store::documents::Document| {
        let kind = DocumentKind::parse(&d.kind).filter(|k| *k != DocumentKind::TransferSlip)?;
        Some(DocumentLine {
            href: format!("/cases/{number}/documents/{}", d.number),
            name: title(kind, &d.reason),
            at: moment(d.at, ctx.now),
        })
    };
    view.documents.iter().filter_map(line).collect()
}

fn material(case: &Case, material: &Material) -> MaterialRow {
    use yimen_web::MaterialState as Shown;
    let state = match material.state {
        MaterialState::FromForm => Shown::Exempt,
        MaterialState::Missing => Shown::Optional,
        MaterialState::Rejected if case.state == CaseState::Correcting => Shown::Returned,
        _ => Shown::Have,
    };
    let row = MaterialRow::new(&material.id, &material.name, state);
    let row = match material.state {
        MaterialState::FromForm => row.source("由系统按填写内容生成"),
        MaterialState::Original => row.source("窗口已核验原件"),
        MaterialState::Rejected => row.note(format!("退回原因：{}", material.reason)),
        _ => row,
    };
    material.files.iter().fold(row, |row, file| {
        let href = format!("/cases/{}/files/{}", case.number, file.id);
        row.file(UploadedFile::new(&file.name, u64::try_from(file.size).unwrap_or_default(), href))
    })
}

/// What was answered, numbers of people masked.
fn answers(view: &CaseView) -> Vec<SummaryList> {
    let (version, facts) = (&view.fetched.version, &view.facts);
    let questions = version.questions(facts);
    let mut lists = Vec::new();
    if !questions.is_empty() {
        let list = SummaryList::new().title("您的情况");
        lists.push(
            questions.iter().fold(list, |list, q| list.fact(&q.ask, answer_words(q, facts.get(&q.id)))),
        );
    }
    for page in version.pages(facts) {
        let list = SummaryList::new().title(&page.title);
        let fields = version.fields(&page.id, facts);
        lists.push(fields.into_iter().fold(list, |list, field| {
            list.fact(&field.label, facts.get(&field.id).map(|fact| display(field, fact)).unwrap_or_default())
        }));
    }
    lists
}

fn facts(catalogue: &Catalogue, case: &Case) -> SummaryList {
    let list = SummaryList::new()
        .fact("办件编号", grouped(&case.number))
        .fact("申请人", &case.applicant_name)
        .fact("办理部门", catalogue.department_name(&case.lead))
        .fact("受理大厅", catalogue.office_name(&case.office))
        .fact("领取方式", case.delivery.zh())
        .fact("申请方式", format!("{}提交", case.channel.zh()));
    let times = [
        ("提交时间", case.submitted_at),
        ("受理时间", case.accepted_at),
        ("决定时间", case.decided_at),
        ("办结时间", case.closed_at),
    ];
    times
        .into_iter()
        .filter_map(|(name, at)| Some((name, at?)))
        .fold(list, |list, (name, at)| list.fact(name, at.zh()))
}
