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

use crate::disk::Disks;

#[derive(Clone)]
struct Watched {
    store: Store,
    catalogue: CatalogueHandle,
    sweeps: Arc<Sweeps>,
    disks: Disks,
}

/// `/healthz` and `/livez`: the process answers. `/readyz`: database and catalogue too, and the disks have room.
pub fn routes(casework: &Casework, disks: Disks) -> Router {
    let (store, catalogue) = (casework.platform.store.clone(), casework.catalogue.clone());
    let sweeps = casework.sweeps.clone();
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/version", get(|| async { Json(json!({ "version": env!("CARGO_PKG_VERSION") })) }))
        .with_state(Watched { store, catalogue, sweeps, disks })
}

async fn ready(State(watched): State<Watched>) -> Response {
    let schema = watched.store.schema_version();
    let database = watched.store.read(yimen_catalogue::store::latest_release).await;
    let services = watched.catalogue.get().services().count();
    let faults = watched.disks.faults();
    let ready = database.is_ok() && schema.is_ok() && services > 0 && faults.is_empty();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let word = |fine: bool| if fine { "ok" } else { "failed" };
    let body = json!({
        "ready": ready,
        "database": word(database.is_ok()),
        "disk": word(faults.is_empty()),
        "schema": schema.unwrap_or_default(),
        "services": services,
        "sla_sweep_last_success": watched.sweeps.last().map(|(at, _)| at.0 / 1000),
        "sla_sweep_failed": watched.sweeps.last().map_or(0, |(_, failed)| failed),
        "advice": advice(database.err(), services, &faults),
    });
    (status, Json(body)).into_response()
}

/// What the operator does next; nothing when all is well.
fn advice(error: Option<StoreError>, services: usize, faults: &[String]) -> String {
    match (error, services, faults) {
        (Some(error), ..) => format!("{error}。请确认数据库服务正在运行、能够连上。"),
        (None, _, [_, ..]) => faults.join(""),
        (None, 0, _) => "还没有发布事项包。请运行 yimen pack publish packs/hangzhou。".to_owned(),
        (None, ..) => String::new(),
    }
}
