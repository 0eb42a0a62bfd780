//! Reads `application/x-www-form-urlencoded` bodies within limits.

use std::ops::{Deref, DerefMut};

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;

use crate::errors::WebError;
use crate::forms::FormState;

/// Largest body of a form without files.
pub const MAX_BODY: usize = 64 * 1024;
/// Most values in one form.
pub const MAX_FIELDS: usize = 500;

/// A posted form. Repeated names are kept in order; what is too large, has too many fields or is no UTF-8 is refused
/// with a page that says so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form(pub FormState);

impl Deref for Form {
    type Target = FormState;
    fn deref(&self) -> &FormState {
        &self.0
    }
}

impl DerefMut for Form {
    fn deref_mut(&mut self) -> &mut FormState {
        &mut self.0
    }
}

impl Form {
    /// Reads a query string or a body.
    pub fn parse(body: &[u8]) -> Result<Form, WebError> {
        let mut form = FormState::new();
        for (index, pair) in body.split(|b| *b == b'&').filter(|p| !p.is_empty()).enumerate() {
            if index == MAX_FIELDS {
                return Err(WebError::too_large(format!("表单最多 {MAX_FIELDS} 项，请减少内容后重试。")));
            }
            let cut = pair.iter().position(|b| *b == b'=');
            let (name, value) = cut.map_or((pair, &[][..]), |at| (&pair[..at], &pair[at + 1..]));
            form.push(decode(name)?, decode(value)?);
        }
        Ok(Form(form))
    }
}

/// Percent-decoding with `+` as space; line ends become `\n`.
fn decode(text: &[u8]) -> Result<String, WebError> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let hex = |i: usize| text.get(i).and_then(|b| char::from(*b).to_digit(16));
        match (byte, hex(at + 1), hex(at + 2)) {
            // Two hexadecimal digits fit into a byte.
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 2;
            }
            (b'+', ..) => out.push(b' '),
            _ => out.push(byte),
        }
        at += 1;
    }
    let text = String::from_utf8(out).map_err(|_| {
        WebError::bad_request("提交的文字不是 UTF-8 编码，无法读取。请用本站页面重新填写并提交。")
    })?;
    if text.contains('\0') {
        return Err(WebError::bad_request("提交的内容含有无法保存的字符。请删除后重新提交。"));
    }
    Ok(if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text })
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = WebError;

    async fn from_request(request: Request, _: &S) -> Result<Form, WebError> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if !kind.trim().to_ascii_lowercase().starts_with("application/x-www-form-urlencoded") {
            return Err(WebError::unsupported("这里只接受网页表单。请从本站页面提交。"));
        }
        let body = to_bytes(request.into_body(), MAX_BODY).await.map_err(|error| {
            if crate::traffic::is_too_slow(&error) {
                return WebError::new(crate::ErrorKind::Slow);
            }
            // The limit is the only other failure that is not a broken connection, whose answer nobody reads.
            tracing::debug!(%error, "form body refused");
            WebError::too_large("提交的文字超过 64 KB，没有保存。请缩短内容后重试。")
        })?;
        Form::parse(&body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::StatusCode;

    #[test]
    fn reads_repeats_plus_and_percent() {
        let form = Form::parse("a=1&a=2&name=%E4%B8%80+%E9%97%A8&empty=&bare&bad=%zz%4".as_bytes()).unwrap();
        assert_eq!(form.all("a"), ["1", "2"]);
        assert_eq!(form.text("name"), "一 门");
        assert_eq!((form.text("empty"), form.text("bare"), form.text("bad")), ("", "", "%zz%4"));
        assert!(form.has("bare"));
    }

    #[test]
    fn keeps_characters_outside_the_basic_plane_and_normalises_line_ends() {
        let form = Form::parse("n=%F0%A0%AE%B7%E4%B6%AE&t=a%0D%0Ab".as_bytes()).unwrap();
        assert_eq!(form.text("n"), "𠮷䶮");
        assert_eq!(form.text("t"), "a\nb");
    }

    #[test]
    fn refuses_what_cannot_be_kept() {
        assert_eq!(Form::parse(b"n=%FF%FE").unwrap_err().status(), StatusCode::BAD_REQUEST);
        assert_eq!(Form::parse(b"n=a%00b").unwrap_err().status(), StatusCode::BAD_REQUEST);
        assert_eq!(
            Form::parse("a=1&".repeat(501).as_bytes()).unwrap_err().status(),
            StatusCode::PAYLOAD_TOO_LARGE
        );
        assert!(Form::parse("a=1&".repeat(500).as_bytes()).is_ok());
    }

    #[tokio::test]
    async fn a_body_over_the_limit_or_of_another_kind_is_refused() {
        let post = |kind: &str, size: usize| {
            Request::post("/").header(CONTENT_TYPE, kind).body(Body::from("a".repeat(size))).unwrap()
        };
        let form = "application/x-www-form-urlencoded; charset=UTF-8";
        assert!(Form::from_request(post(form, MAX_BODY), &()).await.is_ok());
        let large = Form::from_request(post(form, MAX_BODY + 1), &()).await.unwrap_err();
        assert_eq!(large.status(), StatusCode::PAYLOAD_TOO_LARGE);
        let json = Form::from_request(post("application/json", 2), &()).await.unwrap_err();
        assert_eq!(json.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
}
