//! What other systems ask without a browser: who we are, our keys, tokens and what they stand for.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use yimen_web::WebError;

use crate::authorize::Query;
use crate::client::{Client, SCOPES};
use crate::grant::{ONE_FACTOR, Refusal, TWO_FACTORS, Tokens, expires_in};
use crate::{Oidc, keys};

const METHODS: [&str; 3] = ["client_secret_basic", "client_secret_post", "none"];

/// For everybody, and to be kept for as long as a new key is announced before it signs.
fn public(body: &Value) -> Response {
    let kept = format!("public, max-age={}", keys::KEPT_MS / 1000);
    let kept = HeaderValue::from_str(&kept).unwrap_or(HeaderValue::from_static("no-store"));
    let json = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, json), (header::CACHE_CONTROL, kept)], body.to_string()).into_response()
}

fn private(status: StatusCode, body: &Value) -> Response {
    let head = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::PRAGMA, HeaderValue::from_static("no-cache")),
    ];
    (status, head, body.to_string()).into_response()
}

pub(super) async fn discovery(State(oidc): State<Oidc>) -> Response {
    let at = |path: &str| format!("{}{path}", oidc.issuer());
    public(&json!({
        "issuer": oidc.issuer(),
        "authorization_endpoint": at("/oauth/authorize"),
        "token_endpoint": at("/oauth/token"),
        "userinfo_endpoint": at("/oauth/userinfo"),
        "revocation_endpoint": at("/oauth/revoke"),
        "end_session_endpoint": at("/oauth/end-session"),
        "jwks_uri": at("/oauth/jwks"),
        "scopes_supported": SCOPES.map(|(scope, _)| scope),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": METHODS,
        "revocation_endpoint_auth_methods_supported": METHODS,
        "code_challenge_methods_supported": ["S256"],
        "acr_values_supported": [ONE_FACTOR, TWO_FACTORS],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "claims_supported": ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash",
            "name", "roles", "department", "office"],
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "authorization_response_iss_parameter_supported": true,
        "ui_locales_supported": ["zh-CN"],
    }))
}

pub(super) async fn jwks(State(oidc): State<Oidc>) -> Result<Response, WebError> {
    let all = oidc.platform.store.read(keys::all).await.map_err(WebError::from)?;
    Ok(public(&keys::jwks(&all, oidc.platform.clock.now())))
}

/// What a client shows of itself: its id and its secret, by one of two ways and not both.
fn shown(headers: &HeaderMap, form: &Query) -> Option<(String, Option<String>)> {
    let by_head = headers.get(header::AUTHORIZATION);
    let by_form = Some(form.get("client_secret")).filter(|secret| !secret.is_empty());
    match (by_head, by_form) {
        (Some(_), Some(_)) => None,
        (Some(head), None) => {
            let (scheme, code) = head.to_str().ok()?.split_once(' ')?;
            let text = String::from_utf8(STANDARD.decode(code.trim()).ok()?).ok()?;
            let (id, secret) = text.split_once(':')?;
            // RFC 6749, 2.3.1: both are encoded like a form before they are put together.
            let plain = |text: &str| {
                let (name, _) = url::form_urlencoded::parse(text.as_bytes()).next()?;
                Some(name.into_owned())
            };
            let id = plain(id)?;
            let fits = form.get("client_id").is_empty() || form.get("client_id") == id;
            (scheme.eq_ignore_ascii_case("basic") && fits).then_some((id, plain(secret)))
        }
        (None, secret) => Some((form.get("client_id").to_owned(), secret.map(str::to_owned))),
    }
}

impl Oidc {
    /// The client that asks, if it is who it says.
    async fn asking(&self, headers: &HeaderMap, form: &Query) -> Result<Result<Client, Response>, WebError> {
        let refused = || {
            let told = json!({ "error": "invalid_client", "error_description": "the client is unknown or its secret is wrong" });
            let mut answer = private(StatusCode::UNAUTHORIZED, &told);
            let basic = HeaderValue::from_static("Basic realm=\"yimen\"");
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, basic);
            answer
        };
        let Some((id, secret)) = shown(headers, form) else { return Ok(Err(refused())) };
        let client = self.client(&id).await?.filter(|client| client.closed_at.is_none());
        let genuine = client.filter(|client| match (client.is_confidential(), &secret) {
            (true, Some(secret)) => self.secret_index(&id, secret) == client.secret_index,
            (false, None) => true,
            _ => false,
        });
        Ok(genuine.ok_or_else(refused))
    }
}

fn refused(refusal: Refusal) -> Response {
    let told = json!({ "error": refusal.code, "error_description": refusal.why });
    private(StatusCode::BAD_REQUEST, &told)
}

const NO_FORM: Refusal = Refusal::new("invalid_request", "the body must be a form");

/// A body that is a form; anything else is no request of a client.
fn read(headers: &HeaderMap, body: &str) -> Option<Query> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    (kind.split(';').next().map(str::trim) == Some("application/x-www-form-urlencoded"))
        .then(|| Query::read(body))
}

pub(super) async fn token(
    State(oidc): State<Oidc>,
    headers: HeaderMap,
    body: String,
) -> Result<Response, WebError> {
    let Some(form) = read(&headers, &body) else { return Ok(refused(NO_FORM)) };
    let client = match oidc.asking(&headers, &form).await? {
        Ok(client) => client,
        Err(answer) => return Ok(answer),
    };
    let invalid = |why| Ok(refused(Refusal::new("invalid_request", why)));
    let told = match form.get("grant_type") {
        _ if form.is_doubtful() => return invalid("a parameter is given twice"),
        "authorization_code" if form.get("code").is_empty() => return invalid("code is missing"),
        "authorization_code" => {
            oidc.redeem(&client, form.get("code"), form.get("redirect_uri"), form.get("code_verifier"))
                .await?
        }
        "refresh_token" if form.get("refresh_token").is_empty() => {
            return invalid("refresh_token is missing");
        }
        "refresh_token" => {
            let scopes = Some(form.get("scope")).filter(|scopes| !scopes.is_empty());
            oidc.refresh(&client, form.get("refresh_token"), scopes).await?
        }
        "" => return invalid("grant_type is missing"),
        _ => {
            return Ok(refused(Refusal::new(
                "unsupported_grant_type",
                "only authorization_code and refresh_token",
            )));
        }
    };
    Ok(match told {
        Ok(Tokens { access, refresh, id_token, scopes }) => private(
            StatusCode::OK,
            &json!({
                "access_token": access,
                "token_type": "Bearer",
                "expires_in": expires_in(),
                "refresh_token": refresh,
                "id_token": id_token,
                "scope": scopes,
            }),
        ),
        Err(refusal) => refused(refusal),
    })
}

pub(super) async fn revoke(
    State(oidc): State<Oidc>,
    headers: HeaderMap,
    body: String,
) -> Result<Response, WebError> {
    let Some(form) = read(&headers, &body) else { return Ok(refused(NO_FORM)) };
    match oidc.asking(&headers, &form).await? {
        Ok(_) if form.get("token").is_empty() => {
            Ok(refused(Refusal::new("invalid_request", "token is missing")))
        }
        Ok(client) => {
            oidc.revoke(&client, form.get("token")).await?;
            // Whether there was such a token is not told (RFC 7009, 2.2).
            Ok(private(StatusCode::OK, &json!({})))
        }
        Err(answer) => Ok(answer),
    }
}

pub(super) async fn user_info(
    State(oidc): State<Oidc>,
    headers: HeaderMap,
    body: String,
) -> Result<Response, WebError> {
    let head = headers.get(header::AUTHORIZATION).and_then(|head| head.to_str().ok()).unwrap_or_default();
    let bearer = head.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let token = match (bearer, read(&headers, &body)) {
        (Some((_, token)), _) => token.trim().to_owned(),
        (None, Some(form)) => form.get("access_token").to_owned(),
        (None, None) => String::new(),
    };
    if let Some(claims) = oidc.user_info(&token).await? {
        return Ok(private(StatusCode::OK, &Value::Object(claims)));
    }
    let told = json!({ "error": "invalid_token", "error_description": "the token is unknown, has expired or has ended" });
    let mut answer = private(StatusCode::UNAUTHORIZED, &told);
    let bearer = HeaderValue::from_static("Bearer realm=\"yimen\", error=\"invalid_token\"");
    answer.headers_mut().insert(header::WWW_AUTHENTICATE, bearer);
    Ok(answer)
}
