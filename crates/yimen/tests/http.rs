//! What no browser sends: broken lines, endless headers, paths and forms that are no text. Each is answered, and the
//! server goes on.

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use common::{Answer, Home, Server, city};

/// Sends bytes as they are and reads what comes back until the server is done.
fn send(server: &Server, bytes: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    // A server that has refused may have closed before all was sent.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let text = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

fn request(server: &Server, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAccept: text/html\r\n{headers}\r\n",
        server.address
    );
    send(server, &[head.as_bytes(), body].concat())
}

/// An error is a page in Chinese that leads on, with the headers of every page.
fn is_page(what: &str, answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{what}: {} {}", answer.head, answer.body);
    assert!(
        answer.body.contains("<html lang=\"zh-CN\"") && answer.body.contains("</html>"),
        "{what}: {}",
        answer.body
    );
    assert!(answer.header("content-security-policy").is_some(), "{what}: {}", answer.head);
    assert!(!answer.body.contains("panicked"), "{what}");
}

fn form(server: &Server, kind: &str, body: &[u8]) -> Answer {
    let headers = format!("Sec-Fetch-Site: same-origin\r\n{kind}Content-Length: {}\r\n", body.len());
    request(server, "POST", "/sign-in", &headers, body)
}

const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";

fn addresses(server: &Server) {
    let get = |path: &str| request(server, "GET", path, "", b"");
    let nowhere = [
        "/nope",
        "/documents/abc",
        "//evil.example/",
        "/services/%zz",
        "/services/%00",
        "/assets/nope.css",
        "/assets/..%2f..%2f..%2fetc%2fpasswd",
        "/assets/../../../etc/passwd",
        "/services/",
        "/cases/x/apply/nope",
    ];
    for path in nowhere {
        let answer = get(path);
        is_page(path, &answer, 404);
        assert!(answer.body.contains("没有找到这个页面"), "{path}: {}", answer.body);
    }
    let answer = server.get("/nope");
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    for path in ["/services/%ff%fe", "/services?q=%ff%fe", "/services?q=%00"] {
        is_page(path, &get(path), 400);
    }
    is_page("many", &get(&format!("/services?{}", "a=1&".repeat(600))), 413);
    for path in
        ["/services?q=%zz", &format!("/services?q={}", "a".repeat(60_000)), "/services?q=%F0%A0%AE%B7"]
    {
        assert!(matches!(get(path).status, 200 | 303), "{path}");
    }
    for method in ["OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "BREW"] {
        is_page(method, &request(server, method, "/services", "", b""), 405);
    }
    let whole = get("/services");
    let head = request(server, "HEAD", "/services", "", b"");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(head.header("content-type"), whole.header("content-type"));
    // A program is told so in its own form.
    let json = request(server, "GET", "/nope", "Accept: application/json\r\n", b"");
    assert_eq!(json.status, 404);
}

fn lines_and_headers(server: &Server) {
    for (what, bytes) in [
        ("tls", &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\0\0\0\0\0\0\0\0\0\0"[..]),
        ("0.9", b"GET /\r\n\r\n"),
        ("negative", b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"),
        (
            "two lengths",
            b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\na=bc",
        ),
        ("split name", b"GET / HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n"),
    ] {
        assert_eq!(send(server, bytes).status, 400, "{what}");
    }
    let many = (0..300).fold(String::new(), |all, i| format!("{all}X-{i}: 1\r\n"));
    assert_eq!(request(server, "GET", "/", &many, b"").status, 431);
    let long = format!("X-Long: {}\r\n", "b".repeat(100_000));
    assert_eq!(request(server, "GET", "/", &long, b"").status, 431);
    for headers in [
        "Cookie: yimen_mode=<script>; yimen_session=../../etc\r\n",
        "Cookie: \u{fffd}\u{fffd}\r\n",
        "Accept-Language: ;;;q=abc\r\nRange: bytes=9-1\r\nIf-None-Match: *\r\n",
        &format!("X-Long: {}\r\n", "b".repeat(30_000)),
    ] {
        assert_eq!(request(server, "GET", "/", headers, b"").status, 200, "{headers:.40}");
    }
}

fn forms(server: &Server) {
    for (what, kind, body, status) in [
        ("escaped no text", FORM, &b"login=%ff%fe"[..], 400),
        ("no text", FORM, b"login=\xff\xfe", 400),
        ("nul", FORM, b"login=a%00b", 400),
        ("nothing", FORM, b"", 422),
        ("json", "Content-Type: application/json\r\n", b"{}", 415),
        ("no kind", "", b"a=b", 415),
        ("kind of no text", "Content-Type: \u{ff}\r\n", b"a=b", 415),
        ("large", FORM, &[b'a'; 100_000], 413),
        ("many", FORM, "a=1&".repeat(501).as_bytes(), 413),
    ] {
        is_page(what, &form(server, kind, body), status);
    }
    // Of a length and chunks it is the chunks that count: nothing can hide behind.
    let both = request(
        server,
        "POST",
        "/sign-in",
        &format!("Sec-Fetch-Site: same-origin\r\n{FORM}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n"),
        b"3\r\na=b\r\n0\r\n\r\n",
    );
    assert!(matches!(both.status, 400 | 422), "{}", both.head);
    let cross =
        format!("Origin: https://evil.example\r\nSec-Fetch-Site: cross-site\r\n{FORM}Content-Length: 3\r\n");
    is_page("cross", &request(server, "POST", "/sign-in", &cross, b"a=b"), 403);
}

#[test]
fn whatever_is_sent_gets_an_answer_and_the_server_goes_on() {
    let home = Home::new();
    let data = home.join("data").display().to_string();
    city(&data, "5", &[]);
    let server = Server::start(&["serve", "--port", "0", "--data", &data]);
    addresses(&server);
    lines_and_headers(&server);
    forms(&server);
    assert_eq!(server.get("/readyz").status, 200);
    server.sign_in("19900000000");
    assert_eq!(server.stop("TERM").0.code(), Some(0));
}

/// One of many requests at once is answered, one too many is told from when on; for a program as for people.
fn too_many(server: &Server) {
    let from = |address: &str| {
        request(server, "GET", "/", &format!("X-Forwarded-For: 198.51.100.9, {address}\r\n"), b"")
    };
    for _ in 0..5 {
        assert_eq!(from("192.0.2.1").status, 200);
    }
    let refused = from("192.0.2.1");
    is_page("one too many", &refused, 429);
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert!(refused.body.contains("您所在的网络发来的请求太多") && refused.body.contains("请过1秒再试"));
    // Others are not concerned, nor is another class of requests of the same.
    assert_eq!(from("192.0.2.2").status, 200);
    let forwarded = "X-Forwarded-For: 192.0.2.1\r\n";
    assert_eq!(request(server, "GET", "/favicon.ico", forwarded, b"").status, 200);
    let program = format!("{forwarded}Accept: application/json\r\n");
    let head = format!("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{program}\r\n");
    let told = send(server, head.as_bytes());
    assert_eq!((told.status, told.header("content-type")), (429, Some("application/problem+json")));
    std::thread::sleep(Duration::from_millis(1100));
    assert_eq!(from("192.0.2.1").status, 200, "when it was told");
    // Whoever watches the server is counted, too, and the account whatever its address is.
    let watch = || request(server, "GET", "/livez", "X-Forwarded-For: 192.0.2.3\r\n", b"").status;
    assert_eq!([watch(), watch(), watch()], [200, 200, 429]);
}

/// Whoever keeps the head of a request, or its body, to themselves is left; whoever opens too many connections as well.
fn slow(server: &Server) {
    let open = || {
        let stream = TcpStream::connect(&server.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(50))).unwrap();
        stream
    };
    let read = |mut stream: TcpStream| {
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    };
    let began = std::time::Instant::now();
    let mut head = open();
    head.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ").unwrap();
    let mut body = open();
    body.write_all(
        format!(
            "POST /sign-in HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\nAccept: text/html\r\n{FORM}Content-Length: 1000\r\n\r\nlogin="
        )
        .as_bytes(),
    )
    .unwrap();
    // Beside them there is room for as many as the server was told of.
    let more: Vec<TcpStream> = (0..6).map(|_| open()).collect();
    let full = open();
    assert!(read(full).starts_with("HTTP/1.1 503"), "one connection too many");
    drop(more);
    let told = read(body);
    assert!(told.starts_with("HTTP/1.1 408") && told.contains("内容没有在限定时间内传完"), "{told}");
    let left = read(head);
    assert!(!left.starts_with("HTTP/1.1 200"), "{left}");
    let took = began.elapsed();
    assert!(took > Duration::from_secs(2) && took < Duration::from_secs(20), "{took:?}");
    assert!(
        common::until(Duration::from_secs(5), || request(server, "GET", "/offices", "", b"").status == 200)
    );
}

#[test]
fn whoever_asks_too_much_or_too_slowly_is_told_when_to_come_back() {
    let home = Home::new();
    let data = home.join("data").display().to_string();
    city(&data, "1", &[]);
    let limits = [
        "--rate",
        "read=1/5",
        "--rate",
        "watch=1/2",
        "--proxy",
        "127.0.0.1",
        "--connections",
        "8",
        "--patience",
        "3",
    ];
    let server = Server::start(&[&["serve", "--data", &data, "--port", "0"][..], &limits].concat());
    too_many(&server);
    slow(&server);
}
