//! Pages of applicants: applying, following a case, answering a correction. Phone first, one thing a page.

use axum::Router;

use crate::Casework;

pub(crate) fn routes() -> Router<Casework> {
    Router::new()
}
