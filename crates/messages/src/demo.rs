//! The demo message gateway: a real server that speaks the real protocol and sends nothing. What it was given it shows on a
//! page of its own, so that whoever tries the demo can read the codes.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Json, Response};
use axum::routing::{get, post};
use serde::Serialize;
use yimen_platform::Clock;
use yimen_platform::sign::{SIGNATURE, Signer, TIMESTAMP};
use yimen_standards::phone::Phone;
use yimen_standards::time::Instant;

use crate::gateway::Message;

/// Older ones are forgotten.
const KEPT: usize = 200;
/// As many characters as ten linked messages hold.
const LONGEST: usize = 670;

/// The gateway. Cheap to clone.
#[derive(Clone)]
pub struct DemoGateway {
    signer: Signer,
    clock: Arc<dyn Clock>,
    sent: Arc<Mutex<VecDeque<(Instant, Message)>>>,
}

#[derive(Serialize)]
struct Taken {
    id: String,
}

impl DemoGateway {
    pub fn new(secret: &str, clock: Arc<dyn Clock>) -> Self {
        Self { signer: Signer::new(secret.as_bytes()), clock, sent: Arc::default() }
    }

    pub fn routes(self) -> Router {
        Router::new().route("/", get(show)).route("/messages", post(take)).with_state(self)
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<(Instant, Message)>> {
        // Every change is one insertion or removal, so the list is whole whatever thread died.
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was sent to a phone, the newest first.
    pub fn sent_to(&self, phone: &str) -> Vec<String> {
        let kept = self.kept();
        kept.iter().filter(|(_, one)| one.phone == phone).map(|(_, one)| one.text.clone()).collect()
    }
}

async fn take(State(gateway): State<DemoGateway>, headers: HeaderMap, body: Bytes) -> Response {
    let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let now = gateway.clock.now();
    if !gateway.signer.verify(now, header(TIMESTAMP), header(SIGNATURE), &body) {
        return (StatusCode::UNAUTHORIZED, "bad signature").into_response();
    }
    let Ok(message) = serde_json::from_slice::<Message>(&body) else {
        return (StatusCode::BAD_REQUEST, "unreadable message").into_response();
    };
    let is_mobile = Phone::parse(&message.phone).is_ok_and(|phone| phone.is_mobile());
    if !is_mobile || message.text.is_empty() || message.text.chars().count() > LONGEST {
        return (StatusCode::UNPROCESSABLE_ENTITY, "no mobile number, or no text of a message")
            .into_response();
    }
    let id = message.id.clone();
    let mut kept = gateway.kept();
    if kept.iter().all(|(_, one)| one.id != id) {
        kept.push_front((now, message));
        kept.truncate(KEPT);
    }
    Json(Taken { id }).into_response()
}

async fn show(State(gateway): State<DemoGateway>) -> Response {
    let mut list = String::new();
    for (at, one) in gateway.kept().iter() {
        // Writing to a String cannot fail.
        let _ = write!(
            list,
            "<li><p class=\"to\"><strong>{}</strong> <time>{}</time></p><p>{}</p></li>",
            escaped(&one.phone),
            at.zh(),
            escaped(&one.text)
        );
    }
    let body = match list.is_empty() {
        true => "<p>还没有短信。在登录页选择“验证码登录”，获取验证码后回到这里查看。</p>".to_owned(),
        false => format!("<ul>{list}</ul>"),
    };
    Html(format!(
        "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><title>演示短信平台</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta http-equiv=\"refresh\" content=\"5\">\
         <link rel=\"icon\" href=\"data:,\"><style>\
         body{{font:17px/1.6 system-ui,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif;margin:0;\
         background:#f4f6f8;color:#1b1f24}}*{{box-sizing:border-box}}main{{max-width:36rem;width:calc(100% - 32px);\
         margin:24px auto}}h1{{font-size:20px}}ul{{list-style:none;margin:0;padding:0}}li{{background:#fff;\
         border:1px solid #d5dae0;border-radius:8px;padding:12px 16px;margin:0 0 12px}}p{{margin:0;overflow-wrap:anywhere}}\
         .to{{font-variant-numeric:tabular-nums}}time,small{{color:#55606b}}</style></head>\
         <body><main><h1>演示短信平台</h1><p><small>这里不会真的发短信：演示系统发出的短信都显示在这一页，最新的在前，每5秒自动刷新。\
         </small></p>{body}</main></body></html>"
    ))
    .into_response()
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
        out
    })
}
