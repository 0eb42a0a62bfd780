//! Speaks HTTP with chromedriver: one request a connection, loopback only, no TLS.
//!
//! A general client would bring its cryptography along and want it chosen by the program, which has other needs.

use std::io::{Error, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use thirtyfour::error::{WebDriverError, WebDriverResult};
use thirtyfour::session::http::{Body, HttpClient};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// No page of a test may take longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// The client that thirtyfour sends its commands through.
pub(super) struct Loopback;

#[async_trait::async_trait]
impl HttpClient for Loopback {
    async fn send(&self, request: Request<Body<'_>>) -> WebDriverResult<Response<Bytes>> {
        let path = request.uri().path().to_owned();
        let failed = |why: String| WebDriverError::RequestFailed(format!("{path}: {why}"));
        match tokio::time::timeout(PATIENCE, exchange(request)).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(e)) => Err(failed(e.to_string())),
            Err(_) => Err(failed(format!("no answer in {} s", PATIENCE.as_secs()))),
        }
    }

    async fn new(&self) -> Arc<dyn HttpClient> {
        Arc::new(Loopback)
    }
}

async fn exchange(request: Request<Body<'_>>) -> std::io::Result<Response<Bytes>> {
    let uri = request.uri();
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let body = match request.body() {
        Body::Empty => Vec::new(),
        Body::Json(value) => value.to_string().into_bytes(),
    };
    let mut sent = format!(
        "{} {} HTTP/1.1\r\nHost: {authority}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        request.method(),
        uri.path(),
        body.len(),
    )
    .into_bytes();
    sent.extend(body);
    let mut stream = TcpStream::connect(authority).await?;
    stream.write_all(&sent).await?;
    let mut received = Vec::new();
    loop {
        if let Some(response) = whole(&received)? {
            return Ok(response);
        }
        if stream.read_buf(&mut received).await? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
    }
}

/// The response, once all of it is there. chromedriver always says how long its answer is.
fn whole(received: &[u8]) -> std::io::Result<Option<Response<Bytes>>> {
    let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let strange = || Error::new(ErrorKind::InvalidData, "not an answer of chromedriver");
    let head = std::str::from_utf8(&received[..end]).map_err(|_| strange())?;
    let status = head.split(' ').nth(1).and_then(|code| code.parse::<u16>().ok()).ok_or_else(strange)?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let (body, length) = (&received[end + 4..], length.ok_or_else(strange)?);
    if body.len() < length {
        return Ok(None);
    }
    let response = Response::builder().status(status).body(Bytes::copy_from_slice(&body[..length]));
    response.map(Some).map_err(Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_when_it_is_whole() {
        let answer = b"HTTP/1.1 404 Not Found\r\ncontent-length:5\r\nX: y\r\n\r\nhello";
        for part in 0..answer.len() {
            assert!(whole(&answer[..part]).expect("well-formed").is_none(), "{part} bytes");
        }
        let response = whole(answer).expect("well-formed").expect("whole");
        assert_eq!((response.status().as_u16(), &response.body()[..]), (404, &b"hello"[..]));
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        assert!(whole(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(whole(b"nonsense\r\nContent-Length: 0\r\n\r\n").is_err());
    }
}
