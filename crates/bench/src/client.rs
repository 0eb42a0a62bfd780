//! A small HTTP client: one kept-alive connection, nothing it does not need, so that the load costs little beside what
//! is measured.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::world::Failure;

pub struct Client {
    stream: TcpStream,
    host: String,
    buffer: Vec<u8>,
}

/// What came back, as far as the load cares.
#[derive(Debug, Default)]
pub struct Answer {
    pub status: u16,
    pub location: String,
    /// `name=value` of the cookies that were set.
    pub cookie: String,
    pub body: Vec<u8>,
}

impl Answer {
    /// A cookie without a value is taken away.
    fn keep_cookie(&mut self, pair: &str) {
        if pair.split_once('=').is_some_and(|(_, value)| !value.is_empty()) {
            let between = if self.cookie.is_empty() { "" } else { "; " };
            self.cookie.push_str(between);
            self.cookie.push_str(pair);
        }
    }

    /// The answer, if it is a redirect; anything else is a form that was not taken.
    pub fn taken(self, what: &str) -> Result<Answer, Failure> {
        match self.status {
            302 | 303 => Ok(self),
            status => Err(format!("{what}: answered {status}: {}", excerpt(&self.body)).into()),
        }
    }
}

/// The words of a page, for an error message.
fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let main = text.split("<main").nth(1).unwrap_or(&text);
    let mut words = String::new();
    let mut tag = false;
    for c in main.chars() {
        match c {
            '<' => tag = true,
            '>' => tag = false,
            c if !tag && !c.is_whitespace() => words.push(c),
            _ => {}
        }
    }
    words.chars().take(300).collect()
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Result<Client, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Client { stream, host: address.to_string(), buffer: Vec::with_capacity(64 * 1024) })
    }

    pub async fn get(&mut self, path: &str, cookie: &str, kind: &str) -> Result<Answer, Failure> {
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nCookie: {cookie}\r\nAccept-Encoding: gzip\r\nX-Bench: {kind}\r\n\r\n",
            self.host
        );
        self.send(head.as_bytes(), &[]).await
    }

    pub async fn post(
        &mut self,
        path: &str,
        cookie: &str,
        fields: &[(String, String)],
    ) -> Result<Answer, Failure> {
        self.post_form(path, cookie, &encode(fields)).await
    }

    /// A form as [`encode`] wrote it.
    pub async fn post_form(&mut self, path: &str, cookie: &str, form: &str) -> Result<Answer, Failure> {
        self.post_body(path, cookie, "application/x-www-form-urlencoded", form.as_bytes()).await
    }

    pub async fn post_body(
        &mut self,
        path: &str,
        cookie: &str,
        kind: &str,
        body: &[u8],
    ) -> Result<Answer, Failure> {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nCookie: {cookie}\r\nSec-Fetch-Site: same-origin\r\n\
             Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            self.host,
            body.len()
        );
        self.send(head.as_bytes(), body).await
    }

    async fn send(&mut self, head: &[u8], body: &[u8]) -> Result<Answer, Failure> {
        self.buffer.clear();
        let mut message = Vec::with_capacity(head.len() + body.len());
        message.extend_from_slice(head);
        message.extend_from_slice(body);
        self.stream.write_all(&message).await?;
        let end = loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end;
            }
            self.more().await?;
        };
        let head = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
        let mut answer = Answer::default();
        let (mut length, mut chunked) = (0_usize, false);
        let mut lines = head.lines();
        answer.status =
            lines.next().and_then(|l| l.split(' ').nth(1)).and_then(|s| s.parse().ok()).unwrap_or(0);
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            match name {
                "content-length" => length = value.parse()?,
                "transfer-encoding" => chunked = value == "chunked",
                "location" => answer.location = value.to_owned(),
                "set-cookie" => answer.keep_cookie(value.split(';').next().unwrap_or_default()),
                _ => {}
            }
        }
        self.buffer.drain(..end + 4);
        answer.body = match chunked {
            true => self.chunks().await?,
            false => self.take(length).await?,
        };
        Ok(answer)
    }

    async fn more(&mut self) -> Result<(), Failure> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err("the server closed the connection".into()),
            _ => Ok(()),
        }
    }

    async fn take(&mut self, length: usize) -> Result<Vec<u8>, Failure> {
        while self.buffer.len() < length {
            self.more().await?;
        }
        Ok(self.buffer.drain(..length).collect())
    }

    async fn chunks(&mut self) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        loop {
            let end = loop {
                if let Some(end) = find(&self.buffer, b"\r\n") {
                    break end;
                }
                self.more().await?;
            };
            let size = usize::from_str_radix(std::str::from_utf8(&self.buffer[..end])?.trim(), 16)?;
            self.buffer.drain(..end + 2);
            body.extend(self.take(size).await?);
            self.take(2).await?;
            if size == 0 {
                return Ok(body);
            }
        }
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|w| w == what)
}

/// `a=1&b=2`, as a browser sends a form.
pub fn encode(fields: &[(String, String)]) -> String {
    let mut out = String::new();
    for (name, value) in fields {
        if !out.is_empty() {
            out.push('&');
        }
        escape(name, &mut out);
        out.push('=');
        escape(value, &mut out);
    }
    out
}

pub fn escape(text: &str, out: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
}
