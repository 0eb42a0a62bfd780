//! Pages of departments that review: the inbox, one task, one case. Dense, keyboard first, two panes.

mod actions;
pub(crate) mod address;
mod answers;
mod case;
mod conflict;
pub(crate) mod decide;
pub(crate) mod dossier;
pub(crate) mod findings;
mod history;
mod inbox;
mod money;
mod opinion;
pub(crate) mod people;
mod presence;
mod progress;
mod rows;
mod task;
mod timing;
pub(crate) mod urgency;
pub(crate) mod viewer;
mod waiting;
mod waits;
mod workbench;

use std::sync::Arc;

use axum::routing::{get, post};
use axum::{Extension, Router};
use yimen_platform::Staff;
use yimen_web::WebError;

pub(crate) use conflict::{Kept, refused};
pub use opinion::ReviewRules;

use crate::Casework;
use crate::policy::{Act, Scope, granted};

pub(crate) fn routes() -> Router<Casework> {
    Router::new()
        .route("/review", get(inbox::inbox))
        .route("/review/waiting", get(waiting::waiting))
        .route(
            "/review/tasks/{id}",
            get(task::task).layer(Extension(Arc::new(presence::Presence::default()))),
        )
        .route("/review/tasks/{id}/claim", post(actions::claim))
        .route("/review/tasks/{id}/release", post(actions::release))
        .route("/review/tasks/{id}/decide", post(decide::decide))
        .route("/review/tasks/{id}/hand-over", post(actions::hand_over))
        .route("/review/tasks/{id}/return", post(actions::return_to_window))
        .route("/review/tasks/{id}/special", post(actions::start_special))
        .route("/review/tasks/{id}/special/{stop}/end", post(actions::end_special))
        .route("/review/tasks/{id}/extension", post(actions::ask_extension))
        .route("/review/cases/{number}", get(case::case))
}

/// The inbox and the cases of a department are its reviewers'.
fn reviewer(casework: &Casework, staff: &Staff) -> Result<(), WebError> {
    match granted(&casework.policy.get(), staff, Scope::Task, Act::Work) {
        true => Ok(()),
        false => Err(WebError::forbidden("这里是部门审查人员的待办。您的账户没有审查职责。")),
    }
}
