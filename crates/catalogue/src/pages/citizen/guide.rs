//! The guide of a service: everything one may want to know before applying, and, once the questions are answered, only
//! what concerns one's own case. It needs no account and no script.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use yimen_platform::Actor;
use yimen_standards::money::Fen;
use yimen_web::{
    Field, Form, FormState, Html, Page, Shell, StepGraph, StepNode, SummaryList, SummaryRow, WebError,
};

use super::{Asker, Public};
use crate::facts::{Fact, Facts, TODAY};
use crate::handle::Catalogue;
use crate::model::{LegalBasis, Material, Office, Question, Service, Step};
use crate::pages::links::query;
use crate::pages::questions::{posted_answers, question_control, take_answers};
use crate::pages::words;
use crate::version::Version;

struct MaterialLine {
    name: String,
    need: &'static str,
    source: String,
    /// Only in some situations; said while the questions are not answered.
    sometimes: bool,
    copies: u8,
    standard: String,
    hint: String,
    basis: String,
    kind: &'static str,
}

struct FeeLine {
    name: String,
    /// What it comes to by the answers; empty while unknown.
    amount: String,
    standard: String,
    basis: String,
    payee: String,
    sometimes: bool,
}

/// How the page ends: the way into the application, or why there is none.
enum Start {
    /// A form with a nonce and the answers.
    Form {
        action: String,
        nonce: String,
        answers: Vec<(String, String)>,
    },
    SignIn {
        href: String,
    },
    /// Staff take cases in at the counter.
    Staff,
    /// By the answers this is not the right service.
    Stopped(Vec<String>),
}

#[derive(Template)]
#[template(path = "catalogue/citizen/guide.html")]
struct Guide<'a> {
    page: Page,
    service: &'a Service,
    lead: &'a str,
    phone: &'a str,
    tags: Vec<String>,
    about: SummaryList,
    questions: Vec<Field>,
    /// All questions that apply are answered.
    is_personal: bool,
    has_answers: bool,
    yours: Vec<MaterialLine>,
    ours: Vec<MaterialLine>,
    fees: Vec<FeeLine>,
    total: String,
    steps: StepGraph,
    basis: &'a [LegalBasis],
    offices: Vec<&'a Office>,
    start: Start,
}

pub(super) async fn guide(
    State(public): State<Public>,
    shell: Shell,
    Asker(actor): Asker,
    Path(id): Path<String>,
    RawQuery(raw): RawQuery,
) -> Result<Response, WebError> {
    let form = Form::parse(raw.unwrap_or_default().as_bytes())?;
    let catalogue = public.catalogue.get();
    let version = catalogue.current(&id).cloned().ok_or_else(gone)?;
    public.opened.count(&id);
    let ctx = public.platform.ctx(actor, "");
    let mut facts = Facts::from([(TODAY.to_string(), Fact::Text(ctx.now.day().to_string()))]);
    let mut form = form.0;
    take_answers(&version, &mut form, &mut facts);
    let nonce = ctx.token();
    let start = start(&version, &facts, &ctx.actor, &shell, nonce);
    let page = shell
        .citizen(&version.service.name)
        .section("services")
        .back("/services", "全部事项")
        .errors_of(&form);
    Ok(Html::ok(Guide::of(page, &catalogue, &version, &facts, &form, start)).into_response())
}

fn gone() -> WebError {
    WebError::not_found()
        .detail("没有这个事项，或者它已经停办。您可以在事项清单里查找。")
        .next("/services", "查看全部事项")
}

fn start(version: &Version, facts: &Facts, actor: &Actor, shell: &Shell, nonce: String) -> Start {
    let stops = version.stops(facts);
    if !stops.is_empty() {
        return Start::Stopped(stops.into_iter().map(|s| s.say.clone()).collect());
    }
    let id = &version.service.id;
    let answers = posted_answers(version, facts);
    match actor {
        Actor::Citizen { .. } => Start::Form { action: format!("/services/{id}/start"), nonce, answers },
        Actor::Staff(_) => Start::Staff,
        Actor::Anyone | Actor::System(_) => {
            let pairs: Vec<(&str, &str)> = answers.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            let to = format!("/services/{id}{}", query(&pairs));
            Start::SignIn { href: format!("{}{}", shell.site().sign_in, query(&[("next", &to)])) }
        }
    }
}

impl<'a> Guide<'a> {
    fn of(
        page: Page,
        catalogue: &'a Catalogue,
        version: &'a Arc<Version>,
        facts: &Facts,
        form: &FormState,
        start: Start,
    ) -> Guide<'a> {
        let service = &version.service;
        let questions = version.questions(facts);
        let has_answers = questions.iter().any(|q| facts.contains_key(&q.id));
        let is_personal = !questions.is_empty() && questions.iter().all(|q| facts.contains_key(&q.id));
        let (ours, yours) = materials(catalogue, version, facts, is_personal);
        let (fees, total) = fees(catalogue, version, facts, is_personal);
        let lead = catalogue.city().departments.iter().find(|d| d.id == service.lead);
        Guide {
            lead: catalogue.department_name(&service.lead),
            phone: lead.map_or("", |d| d.phone.as_str()),
            tags: words::short_facts(service),
            about: about(service),
            questions: questions.iter().map(|q| question_field(q, facts, form)).collect(),
            is_personal,
            has_answers,
            yours,
            ours,
            fees,
            total,
            steps: steps(catalogue, version, facts, is_personal),
            basis: &service.basis,
            offices: offices(catalogue, service),
            start,
            service,
            page,
        }
    }
}

/// A question with its answer, or with what is wrong with it.
fn question_field(question: &Question, facts: &Facts, form: &FormState) -> Field {
    let field = question_control(question, facts.get(&question.id));
    match form.error_of(&question.id) {
        Some(message) => field.error(message),
        None => field,
    }
}

fn about(service: &Service) -> SummaryList {
    let limits = &service.limits;
    let statutory = match (limits.statutory, &limits.statutory_basis) {
        (Some(limit), Some(basis)) => format!("{}（{basis}）", limit.zh()),
        (Some(limit), None) => limit.zh(),
        (None, _) => "法律没有规定".into(),
    };
    let list = SummaryList::new()
        .fact("谁可以申请", words::audiences(service))
        .fact("承诺时限", format!("{}，从受理起算，只算工作时间", limits.promised.zh()))
        .fact("法定时限", statutory)
        .fact(
            "到场次数",
            if service.visits == 0 {
                "不用到场".into()
            } else {
                format!("最多 {} 次", service.visits)
            },
        )
        .fact("通办范围", &service.scope);
    let ways: Vec<&str> = service.result.delivery.iter().map(|w| words::delivery(*w)).collect();
    list.row(SummaryRow::new("办成以后得到", &service.result.name).and(ways.join("、")))
}

/// What the platform sees to, and what one has to bring; each in the order of the pack.
fn materials(
    catalogue: &Catalogue,
    version: &Version,
    facts: &Facts,
    is_personal: bool,
) -> (Vec<MaterialLine>, Vec<MaterialLine>) {
    let needed: Vec<&Material> =
        if is_personal { version.materials(facts) } else { version.service.materials.iter().collect() };
    let line = |m: &Material| MaterialLine {
        name: m.name.clone(),
        need: words::need(m.need),
        source: words::sources(catalogue, &m.from),
        sometimes: !is_personal && m.when.is_some(),
        copies: m.copies,
        standard: m.standard.clone(),
        hint: m.hint.clone().unwrap_or_default(),
        basis: m.basis.clone().unwrap_or_default(),
        kind: words::material_kind(m.kind),
    };
    let (ours, yours): (Vec<&Material>, Vec<&Material>) =
        needed.into_iter().partition(|m| words::is_ours(&m.from));
    (ours.into_iter().map(line).collect(), yours.into_iter().map(line).collect())
}

/// Every fee with its standard; amounts where the answers already fix them.
fn fees(
    catalogue: &Catalogue,
    version: &Version,
    facts: &Facts,
    is_personal: bool,
) -> (Vec<FeeLine>, String) {
    // An amount that cannot be computed yet is shown by its standard alone.
    let due = if is_personal { version.all_fees(facts).unwrap_or_default() } else { Vec::new() };
    let line = |fee: &crate::model::Fee| {
        let amount = due.iter().find(|d| d.id == fee.id && d.fen > 0);
        FeeLine {
            name: fee.name.clone(),
            amount: amount.map(|d| format!("{}元", Fen(d.fen).grouped())).unwrap_or_default(),
            standard: fee.standard.clone(),
            basis: fee.basis.clone(),
            payee: catalogue.department_short(&fee.payee).to_string(),
            sometimes: fee.when.is_some() && amount.is_none(),
        }
    };
    let total = Fen::total(due.iter().map(|d| Fen(d.fen))).filter(|t| t.0 > 0);
    let total = total.map(|t| format!("{}元", t.grouped())).unwrap_or_default();
    (version.service.fees.iter().map(line).collect(), total)
}

fn steps(catalogue: &Catalogue, version: &Version, facts: &Facts, is_personal: bool) -> StepGraph {
    let node = |step: &Step| {
        let by = match step.by.as_str() {
            "applicant" => "申请人",
            "window" => "综合窗口",
            department => catalogue.department_short(department),
        };
        let note = match (step.within, !is_personal && step.when.is_some()) {
            (_, true) => "视情况".into(),
            (Some(limit), false) => limit.zh(),
            (None, false) => String::new(),
        };
        StepNode::new(&step.id, &step.name, by).note(note)
    };
    let graph = StepGraph::new("办理步骤");
    if !is_personal {
        return version
            .service
            .steps
            .iter()
            .fold(graph, |g, step| g.node(node(step).after(step.after.clone())));
    }
    let plan = version.plan(facts);
    let after = |p: &crate::plan::Planned<'_>| -> Vec<String> {
        p.after.iter().map(|i| plan.steps[*i].step.id.clone()).collect()
    };
    plan.steps.iter().fold(graph, |g, p| g.node(node(p.step).after(after(p))))
}

fn offices<'a>(catalogue: &'a Catalogue, service: &Service) -> Vec<&'a Office> {
    let takes_in = |o: &&Office| service.offices.is_empty() || service.offices.contains(&o.id);
    catalogue.city().offices.iter().filter(takes_in).collect()
}
