//! Check your answers, hand in, and the page that says it is done.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use yimen_catalogue::form::display;
use yimen_catalogue::pages::answer_words;
use yimen_identity::CitizenOnly;
use yimen_platform::Ctx;
use yimen_standards::money::Fen;
use yimen_store::Tx;
use yimen_web::{
    ConfirmationPanel, FieldError, Html, Page, Shell, SummaryList, SummaryRow, WebError, redirect_303,
};

use super::flow::Step;
use super::opened::{Opened, open, refused, stored};
use super::way::way_is_preset;
use crate::model::{Case, CaseState};
use crate::pages::error::sentence;
use crate::pages::{case_words, command, ctx_of, grouped, moment, unmask};
use crate::policy::Act;
use crate::view::MaterialState;
use crate::{Casework, CaseworkError};

#[derive(Template)]
#[template(path = "casework/citizen/check.html")]
struct Check {
    page: Page,
    service: String,
    lists: Vec<SummaryList>,
    /// Where a form goes that shows numbers in full; empty where none is masked.
    unmask: String,
    /// Fees that the answers already fix.
    fees: Vec<(String, String)>,
    /// Their sum, where there are several.
    total: Option<String>,
    /// Where to go on when something is still open.
    unfinished: Option<String>,
    action: String,
    nonce: String,
}

pub(super) async fn page(
    State(casework): State<Casework>,
    shell: Shell,
    citizen: CitizenOnly,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    let ctx = ctx_of(&casework, &citizen.actor);
    let opened = open(&casework, &ctx, &number, Act::See).await?;
    if let Some(elsewhere) = opened.elsewhere() {
        return Ok(redirect_303(elsewhere));
    }
    if opened.flow().stopped {
        return Ok(redirect_303(format!("{}/stopped", opened.apply_path())));
    }
    Ok(Html::ok(Check::of(&casework, &shell, &opened, &[], ctx.token())).into_response())
}

/// Hands in. Sent twice, or sent again after Back, it leads to the same confirmation.
pub(super) async fn submit(
    State(casework): State<Casework>,
    shell: Shell,
    citizen: CitizenOnly,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    let (ctx, number) = (ctx_of(&casework, &citizen.actor), stored(&number)?);
    let own = number.clone();
    let submit = move |casework: &Casework, tx: &mut Tx<'_>, ctx: &Ctx| -> crate::Result<()> {
        let fetched = casework.fetch_by_number(tx, ctx, &own, Act::Submit)?;
        match fetched.case.submitted_at {
            Some(_) => Ok(()),
            None => casework.hand_in(tx, ctx, &fetched).map(|_| ()),
        }
    };
    match command(&casework, &ctx, "case.submit", submit).await {
        Ok(()) => Ok(redirect_303(format!("/cases/{number}/submitted"))),
        Err(CaseworkError::Incomplete(missing)) => {
            let opened = open(&casework, &ctx, &number, Act::Submit).await?;
            let errors: Vec<FieldError> =
                missing.into_iter().map(|m| FieldError::new("check", sentence(m))).collect();
            Ok(Html::invalid(Check::of(&casework, &shell, &opened, &errors, ctx.token())).into_response())
        }
        Err(error) => Err(refused(error, &number)),
    }
}

impl Check {
    fn of(
        casework: &Casework,
        shell: &Shell,
        opened: &Opened,
        errors: &[FieldError],
        nonce: String,
    ) -> Check {
        let flow = opened.flow();
        let (href, text) = match flow.before(&Step::Check) {
            Some(before) => (before.path(opened.number()), "上一步"),
            None => (opened.apply_path(), "申请步骤"),
        };
        let mut lists = vec![answers_list(opened, "您的情况")];
        lists.extend(page_lists(opened));
        lists.push(materials_list(opened));
        lists.push(way_list(casework, opened));
        let due = opened.version.all_fees(&opened.settled).unwrap_or_default();
        let yuan = |fen: i64| format!("{}元", Fen(fen).grouped());
        let due: Vec<_> = due.into_iter().filter(|d| d.fen > 0).collect();
        let total: i64 = due.iter().map(|d| d.fen).sum();
        Check {
            page: shell.citizen("核对信息后提交").section("my").back(href, text).errors(errors),
            service: opened.service().name.clone(),
            lists,
            unmask: unmask::own_path(opened.number(), &opened.version, &opened.settled),
            total: (due.len() > 1).then(|| yuan(total)),
            fees: due.into_iter().map(|d| (d.name, yuan(d.fen))).collect(),
            unfinished: (!flow.is_complete()).then(|| flow.first_open().path(opened.number())),
            action: Step::Check.path(opened.number()),
            nonce,
        }
    }
}

fn change(opened: &Opened, step: &Step) -> String {
    format!("{}?back=check", step.path(opened.number()))
}

/// The guide's answers, each with its change link while the case is a draft.
pub(super) fn answers_list(opened: &Opened, title: &str) -> SummaryList {
    let questions = opened.version.questions(&opened.settled);
    questions.iter().fold(SummaryList::new().title(title), |list, question| {
        let row = SummaryRow::new(&question.ask, answer_words(question, opened.facts.get(&question.id)));
        list.row(row.change(change(opened, &Step::Question(question.id.clone()))))
    })
}

/// Every form page with its answers.
fn page_lists(opened: &Opened) -> Vec<SummaryList> {
    let list = |page: &yimen_catalogue::model::FormPage| {
        let path = change(opened, &Step::Page(page.id.clone()));
        let fields = opened.version.fields(&page.id, &opened.settled);
        fields.into_iter().fold(SummaryList::new().title(&page.title), |list, field| {
            let value = opened.facts.get(&field.id).map(|fact| display(field, fact)).unwrap_or_default();
            list.row(SummaryRow::new(&field.label, value).change(format!("{path}#{}", field.id)))
        })
    };
    opened.version.pages(&opened.settled).into_iter().map(list).collect()
}

fn materials_list(opened: &Opened) -> SummaryList {
    let path = change(opened, &Step::Materials);
    opened.materials.iter().fold(SummaryList::new().title("材料"), |list, material| {
        if material.state == MaterialState::FromForm {
            return list.row(SummaryRow::new(&material.name, "由系统按填写内容生成"));
        }
        let names = material.files.iter().map(|f| f.name.clone());
        let row = names.fold(SummaryRow::new(&material.name, ""), SummaryRow::and);
        list.row(row.change(format!("{path}#material-{}", material.id)))
    })
}

fn way_list(casework: &Casework, opened: &Opened) -> SummaryList {
    let path = change(opened, &Step::Way);
    let catalogue = casework.catalogue.get();
    let preset = if way_is_preset(casework, opened) { "（系统预选，可以修改）" } else { "" };
    let delivery = format!("{}{preset}", opened.case.delivery.zh());
    let office = format!("{}{preset}", catalogue.office_name(&opened.case.office));
    SummaryList::new()
        .title("领取和受理")
        .row(SummaryRow::new("领取方式", delivery).change(&path))
        .row(SummaryRow::new("受理大厅", office).change(&path))
}

#[derive(Template)]
#[template(path = "casework/citizen/submitted.html")]
struct Submitted {
    page: Page,
    panel: ConfirmationPanel,
    facts: SummaryList,
}

/// The confirmation: it can be kept, printed and come back to.
pub(super) async fn submitted(
    State(casework): State<Casework>,
    shell: Shell,
    citizen: CitizenOnly,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    let ctx = ctx_of(&casework, &citizen.actor);
    let opened = open(&casework, &ctx, &number, Act::See).await?;
    let Some(at) = opened.case.submitted_at else {
        return Ok(redirect_303(opened.apply_path()));
    };
    let number = opened.number();
    let panel = ConfirmationPanel::new("申请已提交", "办件编号", grouped(number));
    let panel = next_sentences(&opened, ctx.now).into_iter().fold(panel, ConfirmationPanel::next);
    let panel = panel
        .link(format!("/cases/{number}"), "查看办理进度")
        .link(format!("/cases/{number}/documents/1"), "查看并打印接收回执")
        .link("/my", "我的办件");
    let catalogue = casework.catalogue.get();
    let facts = SummaryList::new()
        .fact("办理事项", &opened.service().name)
        .fact("申请人", &opened.case.applicant_name)
        .fact("提交时间", at.zh())
        .fact("受理大厅", catalogue.office_name(&opened.case.office))
        .fact("目前状态", case_words(opened.case.state, opened.case.outcome));
    let page = shell.citizen("申请已提交").section("my");
    Ok(Html::ok(Submitted { page, panel, facts }).into_response())
}

/// What happens next and when, as the case stands now.
fn next_sentences(opened: &Opened, now: yimen_standards::time::Instant) -> Vec<String> {
    let case: &Case = &opened.case;
    let promised = opened.service().limits.promised.zh();
    match (case.state, case.precheck_due) {
        (CaseState::Submitted, Some(due)) => vec![
            format!(
                "综合窗口预审材料，在 {} 前答复您是否受理；到期没有答复的，从您提交之日起视为受理。",
                moment(due, now)
            ),
            "材料要补正的，会一次告诉您全部内容，请留意“我的办件”。".into(),
            format!("受理后各部门同时办理，承诺 {promised}办结，只算工作时间。"),
            "以后可以用办件编号和身份证号后四位查进度，不用登录。".into(),
        ],
        (CaseState::Correcting, _) => vec!["窗口要您补正材料，请打开办件查看要补什么、什么时候前补。".into()],
        (CaseState::InReview, _) => vec![
            format!("已经受理，各部门正在同时办理，承诺 {promised}办结。"),
            "请在办件页面查看进度。".into(),
        ],
        (state, _) => {
            vec![format!("这份办件目前是“{}”，请打开办件查看详情。", case_words(state, case.outcome))]
        }
    }
}
