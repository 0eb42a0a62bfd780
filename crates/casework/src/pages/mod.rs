//! The pages of casework, by audience. A handler extracts, makes a `Ctx`, reads or writes in one closure, builds a view
//! model and answers; what is said to people in more than one place stands in `words.rs`.

mod citizen;
mod error;
mod explained;
pub mod fields;
mod files;
mod timeline;
mod words;

use axum::Router;
use axum::routing::get;
use yimen_platform::{Actor, Ctx};

pub use citizen::home_panel;
pub use explained::detailed_clock;
pub use timeline::timeline;
pub use words::{
    Until, case_clock, case_words, due_line, grouped, item_clock, minutes_words, moment, owner_words,
    state_tag, task_clock, task_step_state, until,
};

use crate::Casework;

/// Every page of casework. The binary puts the session layer and `yimen_web::wrap` around it.
pub fn routes(casework: Casework) -> Router {
    Router::new()
        .merge(citizen::routes())
        .route("/cases/{number}/clock", get(explained::page))
        .route("/cases/{number}/files/{file}", get(files::file))
        .with_state(casework)
}

/// The context of this request; the actor comes from one of identity's extractors.
pub fn ctx_of(casework: &Casework, actor: &Actor) -> Ctx {
    casework.platform.ctx(actor.clone(), "")
}
