//! What a client asks for when it sends somebody here, read and checked. Pure: what is answered follows from the request and
//! the client alone.

use std::collections::BTreeMap;

use crate::client::Client;
use crate::grant::Refusal;

/// A sound request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub redirect: String,
    pub state: String,
    pub scopes: Vec<&'static str>,
    pub nonce: String,
    pub challenge: String,
    pub prompt: Prompt,
    /// Milliseconds since the sign-in that are allowed.
    pub max_age: Option<i64>,
    /// An ID token of whom the client means.
    pub hint: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Prompt {
    /// No page may be shown.
    pub none: bool,
    /// Signing in anew, whoever is signed in.
    pub login: bool,
    pub consent: bool,
}

/// Why a request is refused: told to the person where it cannot be told to the client without sending them to an address
/// that nobody registered.
#[derive(Debug, PartialEq, Eq)]
pub enum Fault {
    Here(&'static str),
    There { redirect: String, state: String, refusal: Refusal },
}

/// The values of a query by name; of a name that comes twice nothing is taken (RFC 6749, 3.1).
pub struct Query {
    values: BTreeMap<String, String>,
    twice: bool,
}

impl Query {
    pub fn read(query: &str) -> Query {
        let mut values = BTreeMap::new();
        let mut twice = false;
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            // A value without content counts as left out.
            if !value.is_empty() && values.insert(name.into_owned(), value.into_owned()).is_some() {
                twice = true;
            }
        }
        Query { values, twice }
    }

    /// Whether a parameter came twice.
    pub fn is_doubtful(&self) -> bool {
        self.twice
    }

    pub fn get(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }
}

const LONGEST: usize = 512;

/// Reads a request of `client`, the open client it names.
pub fn read(query: &Query, client: &Client) -> Result<Asked, Fault> {
    let redirect = query.get("redirect_uri");
    if !client.redirects.iter().any(|own| own == redirect) {
        return Err(Fault::Here("登录请求里的回调地址没有登记。"));
    }
    let state = query.get("state");
    let there = |code, why| Fault::There {
        redirect: redirect.to_owned(),
        state: state.to_owned(),
        refusal: Refusal::new(code, why),
    };
    let invalid = |why| Err(there("invalid_request", why));
    if query.twice {
        return invalid("a parameter is given twice");
    }
    if [state, query.get("nonce")].iter().any(|text| text.len() > LONGEST) {
        return invalid("state or nonce is too long");
    }
    if !query.get("request").is_empty() {
        return Err(there("request_not_supported", "request objects are not supported"));
    }
    if !query.get("request_uri").is_empty() {
        return Err(there("request_uri_not_supported", "request objects are not supported"));
    }
    match query.get("response_type") {
        "code" => {}
        "" => return invalid("response_type is missing"),
        _ => return Err(there("unsupported_response_type", "only code")),
    }
    if !matches!(query.get("response_mode"), "" | "query") {
        return invalid("response_mode can only be query");
    }
    let scopes = client.granted(query.get("scope"));
    if !scopes.contains(&"openid") {
        return Err(there("invalid_scope", "scope must contain openid"));
    }
    let challenge = query.get("code_challenge");
    let is_digest = challenge.len() == 43 && crate::jose::decode(challenge).is_some_and(|it| it.len() == 32);
    if query.get("code_challenge_method") != "S256" || !is_digest {
        return invalid("PKCE is required: code_challenge with code_challenge_method S256");
    }
    let prompt =
        prompt(query.get("prompt")).ok_or_else(|| there("invalid_request", "prompt is not understood"))?;
    let max_age = match query.get("max_age") {
        "" => None,
        text => match text.parse::<u32>() {
            Ok(seconds) => Some(i64::from(seconds) * 1000),
            Err(_) => return invalid("max_age is no number of seconds"),
        },
    };
    Ok(Asked {
        redirect: redirect.to_owned(),
        state: state.to_owned(),
        scopes,
        nonce: query.get("nonce").to_owned(),
        challenge: challenge.to_owned(),
        prompt,
        max_age,
        hint: query.get("id_token_hint").to_owned(),
    })
}

/// Choosing an account is signing in anew: a browser has one session.
fn prompt(text: &str) -> Option<Prompt> {
    let mut prompt = Prompt::default();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match word {
            "none" => prompt.none = true,
            "login" | "select_account" => prompt.login = true,
            "consent" => prompt.consent = true,
            _ => return None,
        }
    }
    (!prompt.none || prompt == Prompt { none: true, ..Prompt::default() }).then_some(prompt)
}

/// A registered address with an answer in its query.
pub fn address(redirect: &str, answer: &[(&str, &str)]) -> String {
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in answer.iter().filter(|(_, value)| !value.is_empty()) {
        pairs.append_pair(name, value);
    }
    let sign = if redirect.contains('?') { '&' } else { '?' };
    format!("{redirect}{sign}{}", pairs.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use yimen_platform::Roles;
    use yimen_standards::time::Instant;

    const GOOD: &str = "client_id=c&redirect_uri=https%3A%2F%2Ftax.example%2Fcb&response_type=code&scope=openid+profile+x\
        &state=s&nonce=n&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

    fn client() -> Client {
        Client {
            id: "c".into(),
            name: "税务".into(),
            secret_index: String::new(),
            redirects: vec!["https://tax.example/cb".into()],
            logouts: Vec::new(),
            scopes: vec!["openid".into(), "profile".into()],
            roles: Roles(1),
            departments: Vec::new(),
            citizens: false,
            trusted: true,
            created_at: Instant(0),
            closed_at: None,
        }
    }

    fn asked(query: &str) -> Result<Asked, Fault> {
        read(&Query::read(query), &client())
    }

    fn code(query: &str) -> &'static str {
        match asked(query) {
            Err(Fault::There { refusal, redirect, .. }) => {
                assert_eq!(redirect, "https://tax.example/cb");
                refusal.code
            }
            Err(Fault::Here(_)) => "here",
            Ok(_) => "",
        }
    }

    #[test]
    fn a_sound_request_is_read_and_asks_for_no_more_than_it_may() {
        let good = asked(GOOD).unwrap();
        assert_eq!(
            (good.scopes, good.state.as_str(), good.nonce.as_str()),
            (vec!["openid", "profile"], "s", "n")
        );
        assert_eq!(asked(&format!("{GOOD}&max_age=60&prompt=login")).unwrap().max_age, Some(60_000));
    }

    #[test]
    fn what_is_wrong_is_told_there_and_a_foreign_address_never() {
        let with = |what: &str, other: &str| GOOD.replace(what, other);
        for (query, told) in [
            (with("tax.example%2Fcb", "tax.example%2Fcb%2F"), "here"),
            (with("tax.example", "evil.example"), "here"),
            (with("https%3A%2F%2Ftax.example%2Fcb", ""), "here"),
            (format!("{GOOD}&redirect_uri=https%3A%2F%2Fevil.example"), "here"),
            (with("response_type=code", "response_type=token"), "unsupported_response_type"),
            (with("response_type=code&", ""), "invalid_request"),
            (with("S256", "plain"), "invalid_request"),
            (with("&code_challenge_method=S256", ""), "invalid_request"),
            (with("E9Mel", "E9M"), "invalid_request"),
            (with("openid+", ""), "invalid_scope"),
            (format!("{GOOD}&state=t"), "invalid_request"),
            (format!("{GOOD}&prompt=none+login"), "invalid_request"),
            (format!("{GOOD}&prompt=sing"), "invalid_request"),
            (format!("{GOOD}&max_age=-1"), "invalid_request"),
            (format!("{GOOD}&response_mode=fragment"), "invalid_request"),
            (format!("{GOOD}&request=x"), "request_not_supported"),
            (format!("{GOOD}&request_uri=https://evil.example"), "request_uri_not_supported"),
        ] {
            assert_eq!(code(&query), told, "{query}");
        }
    }

    #[test]
    fn an_answer_is_added_to_the_address() {
        assert_eq!(address("https://a/cb", &[("code", "x y"), ("state", "")]), "https://a/cb?code=x+y");
        assert_eq!(address("https://a/cb?b=1", &[("error", "e&f")]), "https://a/cb?b=1&error=e%26f");
    }
}
