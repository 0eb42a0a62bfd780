//! Pages of the window: the queues of an office, pre-check of what was handed in, intake of a person at the counter.

mod answers;
mod case;
mod fill;
mod intake;
mod issued;
mod late;
mod precheck;
mod queue;
mod tasks;
mod typed;
mod verdicts;

use axum::Router;
use axum::routing::{get, post};
use yimen_identity::StaffOnly;
use yimen_web::WebError;

use crate::Casework;
use crate::model::CaseState;
use crate::pages::citizen::correct;
use crate::pages::citizen::opened::Opened;
use crate::policy::{Act, Scope, granted};
use crate::view::Material;

pub(crate) fn routes() -> Router<Casework> {
    Router::new()
        .route("/desk", get(queue::page))
        .route("/desk/find", post(queue::search))
        .route("/desk/new", get(intake::page).post(intake::identify))
        .route("/desk/new/person", post(intake::register))
        .route("/desk/new/start", post(intake::start))
        .route("/desk/cases/{number}", get(case::page))
        .route("/desk/cases/{number}/fill", get(fill::page).post(fill::save))
        .route("/desk/cases/{number}/fill/{slot}", post(fill::upload))
        .route("/desk/cases/{number}/autosave", post(fill::autosave))
        .route("/desk/cases/{number}/precheck", post(precheck::precheck))
        .route("/desk/cases/{number}/withdraw", post(precheck::withdraw))
        .route("/desk/tasks/{task}/answer", post(tasks::answer))
        .route("/desk/tasks/{task}/done", post(tasks::done))
}

/// The desk is for clerks of an office.
fn clerk(casework: &Casework, who: &StaffOnly) -> Result<(), WebError> {
    match granted(&casework.policy.get(), &who.staff, Scope::Office, Act::See) {
        true => Ok(()),
        false => Err(WebError::forbidden("这里是窗口人员的工作台。您的账户没有窗口职责。")),
    }
}

/// The material that a sentence of what is missing or wrong speaks of.
fn material_named<'o>(opened: &'o Opened, line: &str) -> Option<&'o Material> {
    opened.materials.iter().find(|m| names(line, &m.name))
}

/// Whether a sentence speaks of something by its name.
fn names(line: &str, name: &str) -> bool {
    line.contains(&format!("“{name}”"))
}

/// The materials filled in at the counter: all of a draft, of a correction those that were asked for.
fn slots(opened: &Opened) -> impl Iterator<Item = &Material> {
    let correcting = opened.case.state == CaseState::Correcting;
    let asked = move |m: &&Material| {
        let target = format!("material:{}", m.id);
        !correcting || correct::items(opened).iter().any(|item| item.target == target)
    };
    opened.materials.iter().filter(asked)
}
