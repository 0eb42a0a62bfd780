//! The session cookie and the token in it.

use axum::http::{HeaderMap, HeaderValue, header};
use sha2::{Digest, Sha256};

/// What the browser holds: 32 random bytes as hex. Whoever has it is signed in, so it is never logged or stored.
#[derive(Clone)]
pub struct Token(String);

/// SHA-256 of a token: enough to know it again.
pub(crate) type TokenDigest = [u8; 32];

const LENGTH: usize = 64;

impl Token {
    /// From the system's randomness, never from a demo's seeded numbers, which everybody could draw again.
    pub(crate) fn draw() -> Self {
        use rand::Rng as _;
        let mut bytes = [0_u8; 32];
        rand::rng().fill_bytes(&mut bytes);
        Self(hex::encode(bytes))
    }

    fn read(text: &str) -> Option<Self> {
        let fits = text.len() == LENGTH && text.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
        fits.then(|| Self(text.to_owned()))
    }

    pub(crate) fn digest(&self) -> TokenDigest {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// The value of the cookie, for clients that are no browser (measures, tests).
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Which of two cookies: the session's, and that of a sign-in half done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Session,
    Step,
}

/// The prefix makes the browser refuse the cookie from another host, another path or plain HTTP.
fn name(kind: Kind, secure: bool) -> &'static str {
    match (kind, secure) {
        (Kind::Session, true) => "__Host-yimen",
        (Kind::Session, false) => "yimen",
        (Kind::Step, true) => "__Host-yimen-step",
        (Kind::Step, false) => "yimen-step",
    }
}

/// The token of a session that a request carries.
pub(crate) fn token(headers: &HeaderMap, secure: bool) -> Option<Token> {
    token_of(Kind::Session, headers, secure)
}

pub(crate) fn token_of(kind: Kind, headers: &HeaderMap, secure: bool) -> Option<Token> {
    let name = name(kind, secure);
    let pairs =
        headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';'));
    let values = pairs.filter_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='));
    values.filter_map(Token::read).next()
}

/// Ends with the browser: no date, so nothing stays on a shared machine.
pub(crate) fn set(kind: Kind, token: &Token, secure: bool) -> HeaderValue {
    header_value(kind, &token.0, "", secure)
}

pub(crate) fn clear(kind: Kind, secure: bool) -> HeaderValue {
    header_value(kind, "", "; Max-Age=0", secure)
}

fn header_value(kind: Kind, value: &str, age: &str, secure: bool) -> HeaderValue {
    let mark = if secure { "; Secure" } else { "" };
    let text = format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{age}{mark}", name(kind, secure));
    // Name, hex digits and our own words: all of it may stand in a header.
    HeaderValue::from_str(&text).expect("plain ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(cookie: &str, secure: bool) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_str(cookie).unwrap());
        token(&headers, secure).map(|token| token.0)
    }

    #[test]
    fn the_token_is_read_by_its_exact_name_only() {
        let value = "ab".repeat(32);
        assert_eq!(read(&format!("a=1; yimen={value}; b=2"), false), Some(value.clone()));
        assert_eq!(read(&format!("__Host-yimen={value}"), true), Some(value.clone()));
        for (cookie, secure) in [
            (format!("yimen={value}"), true),
            (format!("__Host-yimen={value}"), false),
            (format!("xyimen={value}"), false),
            (format!("yimen_mode={value}"), false),
            (format!("yimen={}", &value[1..]), false),
            (format!("yimen={}g", &value[1..]), false),
            (format!("yimen={}", value.to_uppercase()), false),
        ] {
            assert_eq!(read(&cookie, secure), None, "{cookie}");
        }
    }

    #[test]
    fn no_two_tokens_are_alike_and_none_is_shown() {
        let (a, b) = (Token::draw(), Token::draw());
        assert_ne!(a.as_str(), b.as_str());
        assert_ne!(a.digest(), b.digest());
        assert!(!format!("{a:?}").contains(a.as_str()));
        assert!(Token::read(a.as_str()).is_some());
    }
}
