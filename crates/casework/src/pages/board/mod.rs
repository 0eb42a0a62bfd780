//! Pages of heads of departments and city inspectors: what is open where, what is late or about to be, and the cases
//! behind every number.

mod case;
mod extensions;
mod lists;
mod overview;
mod scope;
mod standing;
mod tally;

use std::sync::Arc;

use axum::routing::{get, post};
use axum::{Extension, Router};

use crate::Casework;
use crate::live::Live;

/// Rows of one page.
const PAGE: i64 = 50;

pub(crate) fn routes() -> Router<Casework> {
    Router::new()
        .route("/supervise", get(overview::overview))
        .route("/supervise/tasks", get(lists::tasks))
        .route("/supervise/extensions", get(extensions::extensions))
        .route("/supervise/cases/{number}", get(case::case))
        .route("/supervise/cases/{number}/extension", post(case::answer_extension))
        .route("/supervise/cases/{number}/void", post(case::void))
        .route("/supervise/{standing}", get(lists::cases))
        .layer(Extension(Arc::<Live>::default()))
}
