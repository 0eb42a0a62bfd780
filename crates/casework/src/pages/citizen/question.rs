//! One question a page, and the page that says this is not the right service.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use yimen_catalogue::Facts;
use yimen_catalogue::form::{self, FieldError};
use yimen_catalogue::model::{Question, Stop};
use yimen_catalogue::pages::question_control;
use yimen_identity::CitizenOnly;
use yimen_platform::Ctx;
use yimen_store::Tx;
use yimen_web::{Field, Form, FormState, Html, Page, Shell, WebError, redirect_303};

use super::flow::Step;
use super::opened::{Opened, open, refused, stored};
use super::{Posted, Return, next_path};
use crate::Casework;
use crate::pages::error::sentence;
use crate::pages::{command, ctx_of};
use crate::policy::Act;
use crate::rules::Refusal;

#[derive(Template)]
#[template(path = "casework/citizen/question.html")]
struct QuestionPage {
    page: Page,
    action: String,
    nonce: String,
    field: Field,
}

#[derive(Template)]
#[template(path = "casework/citizen/stopped.html")]
struct Stopped {
    page: Page,
    reasons: Vec<Reason>,
    /// Nothing but answers that contradict each other.
    wrong: bool,
    /// Questions one may have answered by mistake.
    answers: yimen_web::SummaryList,
    drop: String,
}

/// Why it does not go on, and where that is corrected, if it can be.
struct Reason {
    say: String,
    /// Address and title of the page.
    correct: Option<(String, String)>,
}

impl Reason {
    fn of(opened: &Opened, stop: &Stop) -> Reason {
        let page = stop.correct.as_deref().and_then(|id| opened.version.page(id));
        let correct = page.map(|page| {
            let path = Step::Page(page.id.clone()).path(opened.number());
            (format!("{path}?back=check"), page.title.clone())
        });
        Reason { say: stop.say.clone(), correct }
    }
}

pub(super) async fn page(
    State(casework): State<Casework>,
    shell: Shell,
    citizen: CitizenOnly,
    Path((number, id)): Path<(String, String)>,
    Query(back): Query<Return>,
) -> Result<Response, WebError> {
    let ctx = ctx_of(&casework, &citizen.actor);
    let opened = open(&casework, &ctx, &number, Act::See).await?;
    if let Some(elsewhere) = opened.elsewhere() {
        return Ok(redirect_303(elsewhere));
    }
    let Some(question) = asked(&opened, &id) else {
        return Ok(redirect_303(opened.apply_path()));
    };
    let field = question_control(question, opened.facts.get(&id)).heading();
    let page = titled(&shell, &opened, &id, question, &back);
    Ok(Html::ok(QuestionPage {
        page,
        action: back.carry(&step(&id).path(opened.number())),
        nonce: ctx.token(),
        field,
    })
    .into_response())
}

pub(super) async fn save(
    State(casework): State<Casework>,
    shell: Shell,
    citizen: CitizenOnly,
    Path((number, id)): Path<(String, String)>,
    Query(back): Query<Return>,
    mut form: Form,
) -> Result<Response, WebError> {
    let (ctx, number) = (ctx_of(&casework, &citizen.actor), stored(&number)?);
    let (own, asks, values) = (number.clone(), id.clone(), form.all(&id).to_vec());
    let answer = move |casework: &Casework,
                       tx: &mut Tx<'_>,
                       ctx: &Ctx|
          -> crate::Result<Posted<(Opened, Facts), (Opened, FieldError)>> {
        let opened = Opened::read(casework, tx, ctx, &own, (Act::FillIn, false))?;
        opened.must_be_draft()?;
        let Some(question) = asked(&opened, &asks) else {
            let known = opened.version.service.guide.iter().any(|question| question.id == asks);
            return if known {
                Ok(Posted::Onward(opened.apply_path()))
            } else {
                Err(Refusal::NoSuchPage.into())
            };
        };
        match form::answer(question, &values) {
            Ok(fact) => {
                let answers = Facts::from([(asks.clone(), fact)]);
                casework.keep_answers(tx, ctx, &opened, &answers, &[])?;
                Ok(Posted::Kept(Box::new((opened, answers))))
            }
            Err(error) => Ok(Posted::Wrong(Box::new((opened, error)))),
        }
    };
    let saved = command(&casework, &ctx, "case.answer", answer).await;
    match saved.map_err(|error| refused(error, &number))? {
        Posted::Kept(kept) => {
            let (opened, answers) = *kept;
            Ok(redirect_303(next_path(&opened.answered(answers, &[]), &step(&id), &back)))
        }
        Posted::Onward(path) => Ok(redirect_303(path)),
        Posted::Wrong(wrong) => {
            let (opened, error) = *wrong;
            let Some(question) = asked(&opened, &id) else {
                return Ok(redirect_303(opened.apply_path()));
            };
            form.error(&error.field, sentence(error.message));
            Ok(again(&shell, &opened, &id, question, &back, &form, ctx.token()))
        }
    }
}

fn again(
    shell: &Shell,
    opened: &Opened,
    id: &str,
    question: &Question,
    back: &Return,
    form: &FormState,
    nonce: String,
) -> Response {
    let field = question_control(question, None).from(form).heading();
    let page = titled(shell, opened, id, question, back).errors_of(form);
    let action = back.carry(&step(id).path(opened.number()));
    Html::invalid(QuestionPage { page, action, nonce, field }).into_response()
}

pub(super) async fn stopped(
    State(casework): State<Casework>,
    shell: Shell,
    citizen: CitizenOnly,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    let opened = open(&casework, &ctx_of(&casework, &citizen.actor), &number, Act::See).await?;
    if let Some(elsewhere) = opened.elsewhere() {
        return Ok(redirect_303(elsewhere));
    }
    let stops = opened.version.stops(&opened.settled);
    if stops.is_empty() {
        return Ok(redirect_303(opened.apply_path()));
    }
    // What only has to be corrected is said only where nothing else is in the way.
    let wrong = stops.iter().all(|stop| stop.correct.is_some());
    let title = if wrong { "填写的内容有矛盾，请改正" } else { "不能办理这个事项" };
    let page = shell.citizen(title).section("my").back(opened.apply_path(), "申请步骤");
    let reasons = stops.iter().map(|stop| Reason::of(&opened, stop)).collect();
    let drop = format!("/cases/{}/withdraw", opened.number());
    let answers = super::check::answers_list(&opened, "您的回答");
    Ok(Html::ok(Stopped { page, reasons, wrong, answers, drop }).into_response())
}

fn step(id: &str) -> Step {
    Step::Question(id.to_string())
}

/// The question, if it is asked in this case.
fn asked<'a>(opened: &'a Opened, id: &str) -> Option<&'a Question> {
    opened.version.questions(&opened.settled).into_iter().find(|q| q.id == id)
}

fn titled(shell: &Shell, opened: &Opened, id: &str, question: &Question, back: &Return) -> Page {
    let (href, text) = back.back_link(opened, &step(id));
    shell.citizen(&question.ask).section("my").back(href, text)
}
