//! The log in the open: as machines read it (`/tlog/…`), and a page where anybody checks a receipt.

mod check;
mod tlog;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use yimen_platform::Ctx;
use yimen_web::WebError;

use crate::{Ledger, LedgerError};

/// The act in Chinese, for a verb of the journal.
pub type Words = Arc<dyn Fn(&str) -> String + Send + Sync>;

#[derive(Clone)]
struct Public {
    ledger: Ledger,
    words: Words,
}

pub fn routes(ledger: Ledger, words: Words) -> Router {
    Router::new()
        .route("/tlog/checkpoint", get(tlog::checkpoint))
        .route("/tlog/tile/{*path}", get(tlog::tile))
        .route("/ledger", get(check::page).post(check::posted))
        .with_state(Public { ledger, words })
}

/// The cosigning side: what `yimen ledger witness` serves.
pub fn witness_routes(witness: Arc<crate::witness::Witness>, platform: yimen_platform::Platform) -> Router {
    tlog::witness_routes(witness, platform)
}

impl From<LedgerError> for WebError {
    fn from(error: LedgerError) -> WebError {
        match error {
            LedgerError::Store(yimen_store::StoreError::Unavailable(cause)) => WebError::unavailable(cause),
            other => WebError::internal(other),
        }
    }
}

/// The context of a request nobody has to sign in for.
fn anyone(platform: &yimen_platform::Platform) -> Ctx {
    platform.ctx(yimen_platform::Actor::Anyone, "")
}
