//! For machines that watch the server: is the process alive, can it serve.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use yimen_casework::{Casework, Sweeps};
use yimen_catalogue::CatalogueHandle;
use yimen_store::{Store, StoreError};

#[derive(Clone)]
struct Watched {
    store: Store,
    catalogue: CatalogueHandle,
    sweeps: Arc<Sweeps>,
}

/// `/healthz` and `/livez`: the process answers. `/readyz`: database and catalogue too.
pub fn routes(casework: &Casework) -> Router {
    let (store, catalogue) = (casework.platform.store.clone(), casework.catalogue.clone());
    let sweeps = casework.sweeps.clone();
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/version", get(|| async { Json(json!({ "version": env!("CARGO_PKG_VERSION") })) }))
        .with_state(Watched { store, catalogue, sweeps })
}

async fn ready(State(watched): State<Watched>) -> Response {
    let schema = watched.store.schema_version();
    let database = watched.store.read(yimen_catalogue::store::latest_release).await;
    let services = watched.catalogue.get().services().count();
    let ready = database.is_ok() && schema.is_ok() && services > 0;
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let word = |fine: bool| if fine { "ok" } else { "failed" };
    let body = json!({
        "ready": ready,
        "database": word(database.is_ok()),
        "schema": schema.unwrap_or_default(),
        "services": services,
        "sla_sweep_last_success": watched.sweeps.last().map(|(at, _)| at.0 / 1000),
        "sla_sweep_failed": watched.sweeps.last().map_or(0, |(_, failed)| failed),
        "advice": advice(database.err(), services),
    });
    (status, Json(body)).into_response()
}

fn advice(error: Option<StoreError>, services: usize) -> &'static str {
    match (error, services) {
        (Some(_), _) => "check that the database runs and can be reached",
        (None, 0) => "publish a pack: yimen pack publish packs/hangzhou",
        (None, _) => "",
    }
}
