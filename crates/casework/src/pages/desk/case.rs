//! A case at the window: what was answered beside what was handed in, and what the clerk may do with it now.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use yimen_catalogue::Catalogue;
use yimen_identity::StaffOnly;
use yimen_web::{Clock, Field, Html, Page, Shell, StatusTag, SummaryList, WebError};

use super::clerk;
use crate::model::{CaseState, DocumentKind, Owner, Task, TaskState};
use crate::pages::citizen::opened::stored;
use crate::pages::{case_clock, ctx_of, grouped, moment, state_tag};
use crate::policy::Relation;
use crate::view::{Material, MaterialState};
use crate::{CaseView, Casework, CaseworkError};

/// Reasons that fit any paper; each material adds its own.
const COMMON_FAULTS: [&str; 4] =
    ["扫描件不清晰，看不清关键内容", "缺页或不完整", "与填报内容不一致", "已过有效期"];

#[derive(Template)]
#[template(path = "casework/desk/case.html")]
pub(super) struct CasePage {
    page: Page,
    number: String,
    case_number: String,
    tag: StatusTag,
    clock: Clock,
    applicant: SummaryList,
    answers: Vec<SummaryList>,
    fields: Vec<(String, String)>,
    materials: Vec<Judged>,
    /// The pre-check is open.
    checking: bool,
    /// What went wrong with the last attempt, above the buttons.
    problems: Vec<String>,
    second_notice: bool,
    returned: Vec<(i64, String, Vec<String>)>,
    tasks: Vec<Own>,
    documents: Vec<(i64, String, String)>,
    may_withdraw: bool,
}

/// A material under the clerk's eye.
struct Judged {
    id: String,
    name: String,
    standard: String,
    state: MaterialState,
    reason: String,
    required: bool,
    files: Vec<(i64, String)>,
    faults: Vec<String>,
    bad: bool,
}

/// A task of this window, with what is to be recorded.
struct Own {
    id: i64,
    name: String,
    records: Vec<Field>,
}

pub(super) async fn page(
    State(casework): State<Casework>,
    shell: Shell,
    who: StaffOnly,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    clerk(&who)?;
    Ok(Html::ok(load(&casework, &shell, &who, &number, Vec::new()).await?).into_response())
}

/// The page again, with what stood in the way.
pub(super) async fn again(
    casework: &Casework,
    shell: &Shell,
    who: &StaffOnly,
    number: &str,
    problems: Vec<String>,
) -> Result<Response, WebError> {
    Ok(Html::invalid(load(casework, shell, who, number, problems).await?).into_response())
}

async fn load(
    casework: &Casework,
    shell: &Shell,
    who: &StaffOnly,
    number: &str,
    problems: Vec<String>,
) -> Result<CasePage, WebError> {
    let ctx = ctx_of(casework, &who.actor);
    let (handle, context, stored) = (casework.clone(), ctx.clone(), stored(number)?);
    let read = casework.platform.store.read(move |q| -> Result<_, CaseworkError> {
        let view = handle.view(q, &context, &stored)?;
        let party = handle.parties.by_id(q, view.fetched.case.applicant).ok();
        Ok((view, party))
    });
    let (view, party) = read.await?;
    if !view.fetched.is(Relation::Window) {
        return Err(WebError::not_found());
    }
    let (case, version) = (&view.fetched.case, &view.fetched.version);
    let catalogue = casework.catalogue.get();
    let page = shell.desk(version.service.name.clone()).section("desk").back("/desk", "窗口工作台").errors(
        &problems.iter().map(|p| yimen_web::FieldError::new("actions", p.clone())).collect::<Vec<_>>(),
    );
    let own = |task: &&Task| {
        matches!(task.owner, Owner::Office(_)) && matches!(task.state, TaskState::Open | TaskState::Claimed)
    };
    Ok(CasePage {
        page,
        number: case.number.clone(),
        case_number: grouped(&case.number),
        tag: state_tag(case.state, case.outcome),
        clock: case_clock(casework, case, ctx.now),
        applicant: applicant(&catalogue, &view, party.as_ref()),
        answers: answers(&view),
        fields: form_fields(&view),
        materials: view.materials.iter().map(judged).collect(),
        checking: case.state == CaseState::Submitted,
        second_notice: case.correction.is_some(),
        returned: returned(&view),
        tasks: case.tasks.iter().filter(own).map(|t| own_task(&view, t)).collect(),
        documents: documents(&view, ctx.now),
        may_withdraw: matches!(
            case.state,
            CaseState::Submitted | CaseState::Correcting | CaseState::InReview
        ),
        problems,
    })
}

fn applicant(catalogue: &Catalogue, view: &CaseView, party: Option<&yimen_parties::Party>) -> SummaryList {
    let case = &view.fetched.case;
    let list = SummaryList::new().dense().fact("申请人", &case.applicant_name);
    let list = match party {
        Some(party) => {
            let list = list.fact(party.document(), party.masked_number());
            if party.phone.is_empty() { list } else { list.fact("联系电话", party.masked_phone()) }
        }
        None => list,
    };
    list.fact("提交方式", case.channel.zh())
        .fact("牵头部门", catalogue.department_name(&case.lead))
        .fact("领取方式", case.delivery.zh())
}

fn answers(view: &CaseView) -> Vec<SummaryList> {
    let (version, facts) = (&view.fetched.version, &view.facts);
    let mut lists = Vec::new();
    let questions = version.questions(facts);
    if !questions.is_empty() {
        let list = SummaryList::new().dense().title("情形");
        lists.push(questions.iter().fold(list, |list, q| list.fact(&q.ask, version.text_of(&q.id, facts))));
    }
    for page in version.pages(facts) {
        let list = SummaryList::new().dense().title(&page.title);
        let fields = version.fields(&page.id, facts);
        lists.push(fields.iter().fold(list, |list, f| list.fact(&f.label, version.text_of(&f.id, facts))));
    }
    lists
}

/// Fields a correction may name: (id, label).
fn form_fields(view: &CaseView) -> Vec<(String, String)> {
    let (version, facts) = (&view.fetched.version, &view.facts);
    let pages = version.pages(facts);
    let fields = pages.iter().flat_map(|page| version.fields(&page.id, facts));
    fields.map(|f| (f.id.clone(), f.label.clone())).collect()
}

fn judged(material: &Material) -> Judged {
    let mut faults = material.faults.clone();
    faults.extend(COMMON_FAULTS.iter().map(|f| (*f).to_string()));
    let required = material.need == yimen_catalogue::model::Need::Required;
    let lacking = required && material.state == MaterialState::Missing;
    if lacking {
        faults.insert(0, "未提交，请补充".into());
    }
    Judged {
        id: material.id.clone(),
        name: material.name.clone(),
        standard: material.standard.clone(),
        state: material.state,
        reason: material.reason.clone(),
        required,
        files: material.files.iter().map(|f| (f.id, f.name.clone())).collect(),
        faults,
        bad: lacking || material.state == MaterialState::Rejected,
    }
}

fn returned(view: &CaseView) -> Vec<(i64, String, Vec<String>)> {
    let tasks = view.fetched.case.tasks.iter().filter(|t| t.state == TaskState::Returned);
    tasks
        .map(|t| {
            (t.id, format!("{}（{}）", t.name, t.assignee_name), t.note.lines().map(String::from).collect())
        })
        .collect()
}

fn own_task(view: &CaseView, task: &Task) -> Own {
    let records = view.fetched.version.records(&task.step, &view.facts);
    let control = |spec: &yimen_catalogue::model::Field| crate::pages::fields::control(spec, &view.facts);
    Own { id: task.id, name: task.name.clone(), records: records.into_iter().map(control).collect() }
}

fn documents(view: &CaseView, now: yimen_standards::time::Instant) -> Vec<(i64, String, String)> {
    let name = |kind: &str| DocumentKind::parse(kind).map_or("", DocumentKind::zh).to_string();
    view.documents.iter().map(|d| (d.number, name(&d.kind), moment(d.at, now))).collect()
}
