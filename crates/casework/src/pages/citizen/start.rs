//! Beginning an application: one nonce, one draft. A draft left lying is offered before a second one is begun.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use yimen_catalogue::Facts;
use yimen_catalogue::pages::{posted_answers, take_answers};
use yimen_identity::CitizenOnly;
use yimen_platform::Ctx;
use yimen_store::Tx;
use yimen_web::{Form, Html, Page, Shell, WebError, redirect_303};

use crate::model::{CaseState, Channel};
use crate::pages::{command, ctx_of, grouped, moment};
use crate::store::{case, lists};
use crate::{Casework, StartDraft};

/// How far back a forgotten draft is looked for.
const LOOK_BACK: i64 = 50;

struct Waiting {
    number: String,
    grouped: String,
    begun: String,
}

#[derive(Template)]
#[template(path = "casework/citizen/again.html")]
struct Again {
    page: Page,
    service: String,
    action: String,
    nonce: String,
    answers: Vec<(String, String)>,
    drafts: Vec<Waiting>,
}

/// What the form came to.
enum Begun {
    Draft(String),
    /// There is one already.
    Waiting(Vec<Waiting>),
}

pub(super) async fn start(
    State(casework): State<Casework>,
    shell: Shell,
    citizen: CitizenOnly,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, WebError> {
    let ctx = ctx_of(&casework, &citizen.actor);
    let nonce = form.nonce().to_string();
    if nonce.is_empty() || nonce.len() > 100 {
        return Err(stale(&id));
    }
    let version = casework.catalogue.get().current(&id).cloned().ok_or_else(WebError::not_found)?;
    let mut answers = Facts::new();
    take_answers(&version, &mut form.0.clone(), &mut answers);
    let given = posted_answers(&version, &answers);
    let again = form.text("again") == "yes";
    let (service, sent) = (id.clone(), nonce.clone());
    let begin = move |casework: &Casework, tx: &mut Tx<'_>, ctx: &Ctx| -> crate::Result<Begun> {
        if !again && case::by_nonce(tx, citizen.party, &sent)?.is_none() {
            let mine = lists::mine(tx, citizen.party, None, LOOK_BACK)?;
            let drafts = mine.iter().filter(|c| c.service == service && c.state == CaseState::Draft.code());
            let waiting = |c: &lists::CaseItem| Waiting {
                number: c.number.clone(),
                grouped: grouped(&c.number),
                begun: moment(c.created_at, ctx.now),
            };
            let waiting: Vec<Waiting> = drafts.map(waiting).collect();
            if !waiting.is_empty() {
                return Ok(Begun::Waiting(waiting));
            }
        }
        let new = StartDraft {
            service: &service,
            applicant: citizen.party,
            applicant_name: &citizen.name,
            channel: Channel::Online,
            nonce: &sent,
            office: "",
        };
        let known = case::by_nonce(tx, citizen.party, &sent)?;
        let (case, number) = casework.start_draft(tx, ctx, &new)?;
        // Sent twice, the form must not undo what was answered since.
        if known.is_none() && !answers.is_empty() {
            casework.answer(tx, ctx, case, &answers, &[])?;
        }
        Ok(Begun::Draft(number))
    };
    match command(&casework, &ctx, "case.start", begin).await? {
        Begun::Draft(number) => Ok(redirect_303(format!("/cases/{number}/apply"))),
        Begun::Waiting(drafts) => {
            let page = shell
                .citizen("您有一份没有提交的申请")
                .section("services")
                .back(format!("/services/{id}"), "办事指南");
            let service = version.service.name.clone();
            let action = format!("/services/{id}/start");
            Ok(Html::ok(Again { page, service, action, nonce, answers: given, drafts }).into_response())
        }
    }
}

fn stale(service: &str) -> WebError {
    WebError::bad_request("这个页面不完整或已经过期，没有开始申请。请重新打开办事指南，再点“开始办理”。")
        .next(format!("/services/{service}"), "重新打开办事指南")
}
