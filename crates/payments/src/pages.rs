//! The payer's way to the gateway and back, and the address the gateway reports to.

use askama::Template;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use yimen_casework::pages::ctx_of;
use yimen_identity::CitizenOnly;
use yimen_platform::sign::{SIGNATURE, TIMESTAMP};
use yimen_web::{Html, Page, Shell, WebError, redirect_303};

use crate::settle::PaymentError;
use crate::{Payments, Report};

pub fn routes(payments: Payments) -> Router {
    Router::new()
        .route("/cases/{number}/bills/{bill}/pay", post(pay))
        .route("/cases/{number}/bills/{bill}/paid", get(paid))
        .route("/api/payments/report", post(report))
        .with_state(payments)
}

impl From<PaymentError> for WebError {
    fn from(error: PaymentError) -> WebError {
        let words = error.to_string();
        match error {
            PaymentError::Casework(error) => error.into(),
            PaymentError::NotDue(_) => WebError::conflict(words),
            PaymentError::Gateway(cause) => {
                tracing::warn!(%cause, "payment gateway");
                WebError::unavailable(words)
            }
            PaymentError::Store(cause) => yimen_casework::CaseworkError::from(cause).into(),
            PaymentError::NotTheirs | PaymentError::Mismatch => WebError::forbidden(words),
        }
    }
}

async fn pay(
    State(payments): State<Payments>,
    citizen: CitizenOnly,
    Path((number, bill)): Path<(String, i64)>,
) -> Result<Response, WebError> {
    let ctx = ctx_of(&payments.casework, &citizen.actor);
    let address = payments.begin(&ctx, &number, bill).await?;
    Ok(Redirect::to(&address).into_response())
}

/// The payer is back. Asks the gateway; while it does not know yet, a page says so and looks again by itself.
async fn paid(
    State(payments): State<Payments>,
    citizen: CitizenOnly,
    shell: Shell,
    Path((number, bill)): Path<(String, i64)>,
) -> Result<Response, WebError> {
    let ctx = ctx_of(&payments.casework, &citizen.actor);
    if payments.look(&ctx, &number, bill).await? {
        return Ok(redirect_303(format!("/cases/{number}?done=paid")));
    }
    let page = shell.citizen("正在确认缴费结果").section("my").refresh(5);
    Ok(Html::ok(Waiting { page, number, bill }).into_response())
}

#[derive(Template)]
#[template(path = "payments/waiting.html")]
struct Waiting {
    page: Page,
    number: String,
    bill: i64,
}

async fn report(
    State(payments): State<Payments>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, WebError> {
    let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !payments.gateway.is_theirs(header(TIMESTAMP), header(SIGNATURE), &body) {
        return Err(PaymentError::NotTheirs.into());
    }
    let report: Report = serde_json::from_slice(&body).map_err(|_| WebError::from(PaymentError::Mismatch))?;
    payments.settle(report).await?;
    Ok((StatusCode::OK, "success").into_response())
}
