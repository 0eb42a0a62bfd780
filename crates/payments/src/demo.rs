//! The demo payment gateway: a real server that speaks the real protocol, takes orders, shows a page to pay, reports
//! with a signature and gives back. It keeps its books in memory and moves no money.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Json, Redirect, Response};
use axum::routing::{get, post};
use yimen_platform::Clock;
use yimen_platform::sign::{SIGNATURE, Signer, TIMESTAMP};
use yimen_standards::money::Fen;

use crate::model::{Created, NewOrder, NewRefund, Report, ReportState};

/// How often a report is tried before the payer's return is relied on.
const REPORTS: u64 = 4;

/// The gateway. Cheap to clone.
#[derive(Clone)]
pub struct DemoGateway {
    signer: Signer,
    clock: Arc<dyn Clock>,
    /// Its own address as payers reach it.
    base: String,
    books: Arc<Mutex<Books>>,
    client: reqwest::Client,
}

#[derive(Default)]
struct Books {
    orders: HashMap<String, (NewOrder, Report)>,
    /// Gateway order → order.
    numbers: HashMap<String, String>,
}

impl DemoGateway {
    pub fn new(secret: &str, base: impl Into<String>, clock: Arc<dyn Clock>) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            signer: Signer::new(secret.as_bytes()),
            clock,
            base: base.into(),
            books: Arc::default(),
            client: reqwest::Client::new(),
        }
    }

    pub fn routes(self) -> Router {
        Router::new()
            .route("/orders", post(create))
            .route("/orders/{order}", get(state_of))
            .route("/refunds", post(refund))
            .route("/pay/{gateway_order}", get(show).post(pay))
            .with_state(self)
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        // Every change is one insertion, so the books are whole whatever thread died.
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_theirs(&self, headers: &HeaderMap, body: &[u8]) -> bool {
        let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
        self.signer.verify(self.clock.now(), header(TIMESTAMP), header(SIGNATURE), body)
    }

    /// Marks an order paid, as the payer's bank would. `None` when there is no such order.
    pub fn mark_paid(&self, order: &str) -> Option<Report> {
        let mut books = self.books();
        let (_, report) = books.orders.get_mut(order)?;
        if report.state == ReportState::Waiting {
            report.state = ReportState::Paid;
        }
        Some(report.clone())
    }

    /// Reports a payment until it is heard, a few times.
    async fn tell(self, url: String, report: Report) {
        let Ok(body) = serde_json::to_vec(&report) else { return };
        for attempt in 0..REPORTS {
            let now = self.clock.now().0;
            let request = self.client.post(&url).body(body.clone());
            let request =
                request.header(TIMESTAMP, now.to_string()).header(SIGNATURE, self.signer.sign(now, &body));
            match request.send().await {
                Ok(answer) if answer.status().is_success() => return,
                _ => tokio::time::sleep(Duration::from_millis(200 << attempt)).await,
            }
        }
    }
}

fn refused(why: &str) -> Response {
    (StatusCode::BAD_REQUEST, why.to_string()).into_response()
}

async fn create(State(gateway): State<DemoGateway>, headers: HeaderMap, body: Bytes) -> Response {
    if !gateway.is_theirs(&headers, &body) {
        return (StatusCode::UNAUTHORIZED, "bad signature").into_response();
    }
    let Ok(new) = serde_json::from_slice::<NewOrder>(&body) else {
        return refused("unreadable order");
    };
    if new.fen <= 0 {
        return refused("the amount must be positive");
    }
    let mut books = gateway.books();
    let known = books.orders.get(&new.order).map(|(_, report)| report.clone());
    let report = match known {
        Some(report) if report.fen != new.fen => return refused("the order exists with another amount"),
        Some(report) => report,
        None => {
            let gateway_order = format!("G{:010}", books.orders.len() + 1);
            let report =
                Report { order: new.order.clone(), gateway_order, fen: new.fen, state: ReportState::Waiting };
            books.numbers.insert(report.gateway_order.clone(), new.order.clone());
            books.orders.insert(new.order.clone(), (new, report.clone()));
            report
        }
    };
    let pay_url = format!("{}/pay/{}", gateway.base, report.gateway_order);
    Json(Created { gateway_order: report.gateway_order, pay_url }).into_response()
}

async fn state_of(
    State(gateway): State<DemoGateway>,
    headers: HeaderMap,
    Path(order): Path<String>,
) -> Response {
    if !gateway.is_theirs(&headers, format!("/orders/{order}").as_bytes()) {
        return (StatusCode::UNAUTHORIZED, "bad signature").into_response();
    }
    let report = gateway.books().orders.get(&order).map(|(_, report)| report.clone());
    match report {
        Some(report) => Json(report).into_response(),
        None => (StatusCode::NOT_FOUND, "no such order").into_response(),
    }
}

async fn refund(State(gateway): State<DemoGateway>, headers: HeaderMap, body: Bytes) -> Response {
    if !gateway.is_theirs(&headers, &body) {
        return (StatusCode::UNAUTHORIZED, "bad signature").into_response();
    }
    let Ok(new) = serde_json::from_slice::<NewRefund>(&body) else {
        return refused("unreadable refund");
    };
    let mut books = gateway.books();
    match books.orders.get_mut(&new.order) {
        Some((_, report)) if report.state != ReportState::Waiting && report.fen == new.fen => {
            report.state = ReportState::Refunded;
            Json(report.clone()).into_response()
        }
        Some(_) => refused("not paid, or another amount"),
        None => (StatusCode::NOT_FOUND, "no such order").into_response(),
    }
}

async fn show(State(gateway): State<DemoGateway>, Path(gateway_order): Path<String>) -> Response {
    let books = gateway.books();
    let order = books.numbers.get(&gateway_order).and_then(|order| books.orders.get(order));
    match order {
        Some((new, _)) => Html(pay_page(&gateway_order, new)).into_response(),
        None => (StatusCode::NOT_FOUND, "没有这张订单").into_response(),
    }
}

/// Our own subjects and numbers only; nothing here needs escaping but the subject is checked all the same.
fn pay_page(gateway_order: &str, order: &NewOrder) -> String {
    let subject: String = order.subject.chars().filter(|c| !matches!(c, '<' | '>' | '&' | '"')).collect();
    format!(
        "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><title>演示支付平台</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><link rel=\"icon\" href=\"data:,\"><style>\
         body{{font:17px/1.6 system-ui,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif;margin:0;\
         background:#f4f6f8;color:#1b1f24}}*{{box-sizing:border-box}}main{{max-width:26rem;width:calc(100% - 32px);margin:10vh auto;background:#fff;\
         border:1px solid #d5dae0;border-radius:8px;padding:24px}}h1{{font-size:20px;margin:0 0 16px}}\
         .of{{overflow-wrap:anywhere}}.sum{{font-size:32px;font-variant-numeric:tabular-nums;margin:8px 0 24px}}\
         button{{font:inherit;min-height:48px;width:100%;border:0;border-radius:6px;background:#0b4f8a;color:#fff}}\
         button:focus-visible{{outline:3px solid #ffb000;outline-offset:2px}}small{{color:#55606b}}</style></head>\
         <body><main><h1>演示支付平台</h1><p class=\"of\">{subject}<br><small>订单号 {gateway_order}</small></p><p class=\"sum\">{}元</p>\
         <form method=\"post\" action=\"/pay/{gateway_order}\"><button>确认支付</button></form>\
         <p><small>这是演示系统，不会发生真实扣款。</small></p></main></body></html>",
        Fen(order.fen).grouped()
    )
}

async fn pay(State(gateway): State<DemoGateway>, Path(gateway_order): Path<String>) -> Response {
    let order = {
        let books = gateway.books();
        let order = books.numbers.get(&gateway_order).and_then(|order| books.orders.get(order));
        order.map(|(new, _)| new.clone())
    };
    let Some(order) = order else {
        return (StatusCode::NOT_FOUND, "没有这张订单").into_response();
    };
    if let Some(report) = gateway.mark_paid(&order.order) {
        tokio::spawn(gateway.clone().tell(order.notify_url.clone(), report));
    }
    Redirect::to(&order.return_url).into_response()
}
