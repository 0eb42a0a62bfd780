//! Pages of the window: the queues of an office, pre-check of what was handed in, intake of a person at the counter.

mod case;
mod fill;
mod intake;
mod precheck;
mod queue;

use axum::Router;
use axum::routing::{get, post};
use yimen_identity::StaffOnly;
use yimen_platform::Role;
use yimen_web::WebError;

use crate::Casework;

pub(crate) fn routes() -> Router<Casework> {
    Router::new()
        .route("/desk", get(queue::page))
        .route("/desk/new", get(intake::page))
        .route("/desk/new/person", post(intake::register))
        .route("/desk/new/start", post(intake::start))
        .route("/desk/cases/{number}", get(case::page))
        .route("/desk/cases/{number}/fill", get(fill::page).post(fill::save))
        .route("/desk/cases/{number}/fill/{slot}", post(fill::upload))
        .route("/desk/cases/{number}/precheck", post(precheck::precheck))
        .route("/desk/cases/{number}/withdraw", post(precheck::withdraw))
        .route("/desk/tasks/{task}/answer", post(precheck::answer))
        .route("/desk/tasks/{task}/done", post(precheck::done))
}

/// The desk is for clerks of an office.
fn clerk(who: &StaffOnly) -> Result<(), WebError> {
    match who.staff.roles.has(Role::Clerk) && !who.staff.office.is_empty() {
        true => Ok(()),
        false => Err(WebError::forbidden("这里是窗口人员的工作台。您的账户没有窗口职责。")),
    }
}
