//! The layers around the routes, asked as a browser and as a program would.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use tower::ServiceExt;
use yimen_web::traffic::Traffic;
use yimen_web::{FieldError, Form, Html, Site, UserBadge, WebError, redirect_303, wrap};

async fn sign_in(mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(Some(UserBadge::new("周小满", "个人")));
    next.run(request).await
}

#[allow(clippy::unused_async)]
async fn panics() -> Response {
    panic!("a secret in the message");
}

#[derive(askama::Template)]
#[template(source = "<form>请改正</form>", ext = "html")]
struct Again;

fn app() -> Router {
    let inner = Router::new()
        .route(
            "/stale",
            get(|| async {
                WebError::conflict("顾青已作出决定。").next("/case/1", "查看这份办件")
            }),
        )
        .route("/api/stale", get(|| async { WebError::conflict("顾青已作出决定。") }))
        .route(
            "/api/invalid",
            get(|| async { WebError::invalid(vec![FieldError::new("id", "请填写身份证号。")]) }),
        )
        .route("/down", get(|| async { WebError::unavailable("connection refused to 10.0.0.7") }))
        .route("/panic", get(panics))
        .route("/save", post(|form: Form| async move { redirect_303(format!("/done?{}", form.text("a"))) }))
        .route("/again", get(|| async { Html::invalid(Again) }))
        .route(
            "/named",
            get(|| async { WebError::too_many("请在10:00之后再试。").shown_as(Html::ok(Again)) }),
        )
        .route("/plain", get(|| async { (StatusCode::OK, "ok") }))
        .layer(middleware::from_fn(yimen_web::error_pages))
        .layer(middleware::from_fn(sign_in));
    let site = Site { form_targets: vec!["https://pay.example".into()], https: true, ..Site::default() };
    wrap(inner.merge(yimen_web::gallery::routes()), Arc::new(site))
}

struct Answer {
    status: u16,
    head: axum::http::HeaderMap,
    text: String,
}

async fn ask(request: axum::http::request::Builder, body: &str) -> Answer {
    let response = app().oneshot(request.body(Body::from(body.to_string())).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Answer { status: parts.status.as_u16(), head: parts.headers, text }
}

async fn visit(path: &str) -> Answer {
    ask(Request::get(path).header("accept", "text/html,application/xhtml+xml,*/*;q=0.8"), "").await
}

fn form(path: &str) -> axum::http::request::Builder {
    Request::post(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("host", "yimen.gov.cn")
}

#[tokio::test]
async fn an_error_is_a_page_for_people() {
    let page = visit("/stale").await;
    assert_eq!(page.status, 409);
    yimen_web::check::assert_page("409", &page.text);
    for words in ["顾青已作出决定。", "查看这份办件", "周小满"] {
        assert!(page.text.contains(words), "{words}");
    }
}

#[tokio::test]
async fn an_error_is_a_problem_for_programs() {
    let by_path = ask(Request::get("/api/stale"), "").await;
    let by_accept = ask(Request::get("/stale").header("accept", "application/json"), "").await;
    for answer in [by_path, by_accept] {
        assert_eq!(
            (answer.status, &answer.head[header::CONTENT_TYPE]),
            (409, &"application/problem+json".parse().unwrap())
        );
        let body: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
        assert_eq!((body["status"].as_u64(), body["detail"].as_str()), (Some(409), Some("顾青已作出决定。")));
    }
    let invalid = ask(Request::get("/api/invalid"), "").await;
    let body: serde_json::Value = serde_json::from_str(&invalid.text).unwrap();
    assert_eq!(body["errors"][0]["pointer"], "/id");
}

#[tokio::test]
async fn a_form_shown_again_is_a_page_for_people_and_a_problem_for_programs() {
    for (path, status, words) in [("/again", 422, "提交的内容有误"), ("/named", 429, "请在10:00之后再试。")]
    {
        let page = visit(path).await;
        assert_eq!((page.status, page.text.as_str()), (status, "<form>请改正</form>"));
        let answer = ask(Request::get(path).header("accept", "application/json"), "").await;
        assert_eq!(
            (answer.status, &answer.head[header::CONTENT_TYPE]),
            (status, &"application/problem+json".parse().unwrap())
        );
        assert!(answer.text.contains(words), "{}", answer.text);
    }
}

#[tokio::test]
async fn the_frameworks_own_refusals_are_pages_too() {
    for (answer, status) in [
        (visit("/no-such-page").await, 404),
        (ask(form("/plain"), "").await, 405),
        (ask(Request::post("/save").header("content-type", "text/plain"), "a=1").await, 415),
        (ask(form("/save"), &format!("a={}", "x".repeat(70_000))).await, 413),
        (ask(form("/save"), "a=%FF").await, 400),
    ] {
        assert_eq!(answer.status, status);
        yimen_web::check::assert_page(&status.to_string(), &answer.text);
    }
    assert_eq!(visit("/plain").await.text, "ok");
}

#[tokio::test]
async fn a_panic_and_a_lost_database_tell_nothing_of_the_inside() {
    let panicked = visit("/panic").await;
    assert_eq!(panicked.status, 500);
    assert!(!panicked.text.contains("secret"));
    let down = visit("/down").await;
    assert_eq!((down.status, down.head[header::RETRY_AFTER].to_str().unwrap()), (503, "30"));
    assert!(!down.text.contains("10.0.0.7"));
}

#[tokio::test]
async fn only_our_own_pages_may_post() {
    let ours = ask(form("/save").header("sec-fetch-site", "same-origin"), "a=1").await;
    assert_eq!((ours.status, ours.head[header::LOCATION].to_str().unwrap()), (303, "/done?1"));
    let theirs = ask(form("/save").header("sec-fetch-site", "cross-site"), "a=1").await;
    assert_eq!(theirs.status, 403);
    assert!(theirs.text.contains("不是从本站页面发出"));
    assert_eq!(ask(form("/save").header("origin", "https://evil.example"), "a=1").await.status, 403);
    assert_eq!(ask(form("/save").header("cookie", "s=1"), "a=1").await.status, 403);
}

#[tokio::test]
async fn pages_carry_the_headers_and_are_not_kept() {
    let page = visit("/dev/pages/home").await;
    let policy = page.head[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    for part in [
        "default-src 'none'",
        "script-src 'self';",
        "style-src 'self';",
        "form-action 'self' https://pay.example;",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(part), "{part} in {policy}");
    }
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
        ("referrer-policy", "same-origin"),
    ] {
        assert_eq!(page.head[name], value);
    }
    assert!(page.head.contains_key("strict-transport-security"));
}

#[tokio::test]
async fn assets_are_kept_for_ever_and_sent_packed() {
    let path = yimen_web::asset("app.css");
    let plain = ask(Request::get(path), "").await;
    assert_eq!(
        (plain.status, &plain.head["cache-control"]),
        (200, &"public, max-age=31536000, immutable".parse().unwrap())
    );
    let packed = ask(Request::get(path).header("accept-encoding", "br, gzip;q=0.8"), "").await;
    assert_eq!(packed.head["content-encoding"], "gzip");
    assert!(packed.text.len() < plain.text.len());
    assert_eq!(visit("/assets/app.000000000000.css").await.status, 404);
}

#[tokio::test]
async fn the_mode_is_chosen_by_a_form_and_kept_in_a_cookie() {
    let chosen =
        ask(form("/mode").header("sec-fetch-site", "same-origin"), "mode=large&to=/dev/pages/case").await;
    assert_eq!((chosen.status, chosen.head[header::LOCATION].to_str().unwrap()), (303, "/dev/pages/case"));
    let cookie = chosen.head[header::SET_COOKIE].to_str().unwrap();
    assert!(
        cookie.starts_with("yimen_mode=large; Path=/;")
            && cookie.contains("Secure")
            && cookie.contains("SameSite=Lax")
    );
    let page = ask(Request::get("/dev/pages/case").header("cookie", "s=1; yimen_mode=large"), "").await;
    assert!(page.text.contains("mode-large"));
    let elsewhere =
        ask(form("/mode").header("sec-fetch-site", "same-origin"), "mode=odd&to=//evil.example").await;
    assert_eq!(elsewhere.head[header::LOCATION], "/");
}

/// Where a form was sent often cannot be opened; a change of mode must not lead there.
#[tokio::test]
async fn a_page_that_answers_a_form_leads_back_to_the_page_the_form_stood_on() {
    let to = |referer: Option<&'static str>| async move {
        let request = referer.into_iter().fold(form("/plain"), |r, from| r.header("referer", from));
        let page = ask(request.header("sec-fetch-site", "same-origin"), "").await;
        let (_, rest) = page.text.split_once("name=\"to\" value=\"").unwrap();
        rest.split_once('"').unwrap().0.to_string()
    };
    assert_eq!(to(Some("https://yimen.gov.cn/cases/1/apply?x=1")).await, "/cases/1/apply?x=1");
    for nowhere in [None, Some("https://yimen.gov.cn"), Some("https://yimen.gov.cn//evil.example/")] {
        assert_eq!(to(nowhere).await, "/plain", "{nowhere:?}");
    }
}

#[tokio::test]
async fn an_upload_answers_with_the_list_or_the_reason() {
    let send = |name: &str, bytes: &str| {
        let body = format!(
            "--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{bytes}\r\n--X--\r\n"
        );
        let request = Request::post("/dev/upload").header("content-type", "multipart/form-data; boundary=X");
        async move { ask(request, &body).await }
    };
    let taken = send("合同.pdf", "%PDF-1.7\n%%EOF\n").await;
    assert_eq!(taken.status, 200);
    assert!(taken.text.contains("合同.pdf") && taken.text.contains("15 字节"));
    let refused = send("合同.pdf", "MZ\u{1}").await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("内容却是 Windows 程序"));
    yimen_web::check::assert_page("refused upload", &refused.text);
}

#[tokio::test]
async fn the_server_that_is_full_says_when_to_come_back_and_gives_each_place_back() {
    let (begin, mut begun) = tokio::sync::mpsc::channel::<()>(1);
    let (end, ended) = tokio::sync::watch::channel(false);
    let routes = Router::new().route(
        "/long",
        get(move || {
            let (begin, mut ended) = (begin.clone(), ended.clone());
            async move {
                begin.send(()).await.unwrap();
                ended.wait_for(|over| *over).await.unwrap();
                "done"
            }
        }),
    );
    let traffic = Traffic { at_once: 1, ..Traffic::default() };
    let app = wrap(routes, Arc::new(Site { traffic, ..Site::default() }));
    let ask = |path: &str| {
        let request = Request::get(path).header("accept", "text/html").body(Body::empty()).unwrap();
        app.clone().oneshot(request)
    };
    let first = tokio::spawn(ask("/long"));
    begun.recv().await.unwrap();
    let second = ask("/long").await.unwrap();
    assert_eq!(
        (second.status(), &second.headers()["retry-after"]),
        (StatusCode::SERVICE_UNAVAILABLE, &"2".parse().unwrap())
    );
    end.send(true).unwrap();
    assert_eq!(first.await.unwrap().unwrap().status(), StatusCode::OK);
    let again = tokio::spawn(ask("/long"));
    begun.recv().await.unwrap();
    assert_eq!(again.await.unwrap().unwrap().status(), StatusCode::OK);
    // Whoever goes away in the middle of it gives the place back, too.
    end.send(false).unwrap();
    let gone = tokio::spawn(ask("/long"));
    begun.recv().await.unwrap();
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    end.send(true).unwrap();
    let after = tokio::spawn(ask("/long"));
    begun.recv().await.unwrap();
    assert_eq!(after.await.unwrap().unwrap().status(), StatusCode::OK);
}

/// A small server speaks the scanner's protocol; the bytes it gets are looked at where the protocol is (`yimen-files`).
#[tokio::test]
async fn a_file_is_taken_when_the_scanner_says_so_and_only_then() {
    async fn send(scanner: &str) -> (StatusCode, String) {
        let scanner = Some(yimen_web::upload::Clamd::parse(scanner).unwrap());
        let app = wrap(yimen_web::gallery::routes(), Arc::new(Site { scanner, ..Site::default() }));
        let body = "--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"合同.pdf\"\r\n\r\n%PDF-1.7\n%%EOF\n\r\n--X--\r\n";
        let request = Request::post("/dev/upload")
            .header("content-type", "multipart/form-data; boundary=X")
            .header("accept", "text/html");
        let answer = app.oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let (head, body) = answer.into_parts();
        (head.status, String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap())
    }
    for (says, status, words) in [
        (&b"stream: OK\0"[..], 200, "合同.pdf"),
        (b"stream: Win.Test.EICAR_HDB-1 FOUND\0", 422, "“合同.pdf”含有病毒或恶意内容，没有保存"),
        (b"INSTREAM size limit exceeded. ERROR\0", 503, "病毒检查暂时不能进行，文件没有保存"),
    ] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let daemon = tokio::spawn(async move {
            use tokio::io::{AsyncReadExt, AsyncWriteExt};
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut got = Vec::new();
            while !got.ends_with(&[0; 4]) {
                stream.read_buf(&mut got).await.unwrap();
            }
            stream.write_all(says).await.unwrap();
        });
        let (got, page) = send(&address).await;
        assert_eq!(got, status, "{page}");
        assert!(page.contains(words), "{page}");
        daemon.await.unwrap();
    }
    // Nobody listens there.
    let (got, page) = send("127.0.0.1:1").await;
    assert!(got == 503 && page.contains("请过几分钟再上传"), "{page}");
}
