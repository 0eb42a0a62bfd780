//! People sign in through an outside provider: the national or the provincial identity platform. It vouches for a resident ID
//! number and a name; whose account that is, is found out here. Staff never come in this way.

mod config;
mod fetch;
mod tokens;

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use yimen_identity::{Identity, IdentityError, Vouched, local_path};
use yimen_parties::{LegalNumber, NumberKind};
use yimen_platform::Platform;
use yimen_standards::time::Instant;
use yimen_web::traffic::CallerAddress;
use yimen_web::{WebError, redirect_303};

pub use config::{Claims, ConfigError, Provider, read};
use fetch::{FetchError, Peer};

use crate::{jose, secret};

/// Who goes there comes back within this.
const PATIENCE_MS: i64 = 10 * 60_000;
const LABEL: &str = "oidc.outside";

/// The providers of this server. Cheap to clone.
#[derive(Clone)]
pub struct Outside {
    platform: Platform,
    identity: Identity,
    /// Where browsers reach this server.
    base: Arc<str>,
    secure: bool,
    peers: Arc<Vec<Peer>>,
}

/// What a browser keeps, sealed, while it is away: it binds the answer to this browser and this request.
#[derive(Serialize, Deserialize)]
struct Away {
    provider: String,
    state: String,
    nonce: String,
    verifier: String,
    next: String,
    until: i64,
}

#[derive(Debug, Default, Deserialize)]
struct Asked {
    #[serde(default)]
    next: String,
}

#[derive(Debug, Default, Deserialize)]
struct Answered {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    error: String,
    /// RFC 9207.
    iss: Option<String>,
}

pub fn routes(outside: Outside) -> Router {
    Router::new()
        .route("/sign-in/with/{provider}", get(start))
        .route("/sign-in/with/{provider}/back", get(back))
        .with_state(outside)
}

impl Outside {
    pub fn new(
        platform: Platform,
        identity: Identity,
        base: &str,
        secure: bool,
        providers: Vec<Provider>,
    ) -> Result<Self, String> {
        let peers = providers.into_iter().map(Peer::new).collect::<Result<Vec<_>, _>>();
        let peers = Arc::new(peers.map_err(|e| e.to_string())?);
        Ok(Self { platform, identity, base: base.trim_end_matches('/').into(), secure, peers })
    }

    fn peer(&self, id: &str) -> Result<&Peer, WebError> {
        self.peers.iter().find(|peer| peer.provider.id == id).ok_or_else(WebError::not_found)
    }

    fn now(&self) -> Instant {
        self.platform.clock.now()
    }

    fn address(&self, provider: &str) -> String {
        format!("{}/sign-in/with/{provider}/back", self.base)
    }

    fn cookie_name(&self) -> &'static str {
        if self.secure { "__Host-yimen-outside" } else { "yimen-outside" }
    }

    /// The cookie with this value; without one it is taken back.
    fn cookie(&self, value: Option<&str>) -> HeaderValue {
        let (mark, age) =
            (if self.secure { "; Secure" } else { "" }, if value.is_some() { PATIENCE_MS / 1000 } else { 0 });
        let (name, value) = (self.cookie_name(), value.unwrap_or_default());
        let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}{mark}");
        // A name of ours and base64url: all of it may stand in a header.
        HeaderValue::from_str(&text).expect("plain ASCII")
    }

    fn away(&self, headers: &HeaderMap) -> Option<Away> {
        let all = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
        let mut pairs = all.flat_map(|v| v.split(';'));
        let value = pairs.find_map(|pair| pair.trim().strip_prefix(self.cookie_name())?.strip_prefix('='))?;
        let open = self.platform.sealer.open(LABEL, &jose::decode(value)?).ok()?;
        let away: Away = serde_json::from_slice(&open).ok()?;
        (self.now().0 < away.until).then_some(away)
    }

    /// Who the provider vouches for.
    fn vouched(
        &self,
        peer: &Peer,
        told: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<Vouched, WebError> {
        let Provider { id, name: provider, claims, levels, .. } = &peer.provider;
        let text = |name: &str| told.get(name).and_then(|it| it.as_str()).unwrap_or_default();
        let level = claims.level.as_deref().map(text).unwrap_or_default();
        if !levels.is_empty() && !levels.iter().any(|enough| enough == level) {
            return Err(refused(format!("您在{provider}的实名等级不够，请先到那里提高等级。")));
        }
        let number = LegalNumber::parse(NumberKind::ResidentId, text(&claims.number));
        let name = text(&claims.name).to_owned();
        match number {
            Ok(number) if !name.is_empty() => Ok(Vouched { provider: id.clone(), number, name }),
            _ => Err(refused(format!("{provider}没有提供可以核对的姓名和身份证号码。"))),
        }
    }
}

fn refused(what: String) -> WebError {
    WebError::forbidden(format!("{what}这次没有登录。")).next("/sign-in", "用其他方式登录")
}

fn told(error: &FetchError, provider: &str) -> WebError {
    tracing::warn!(%error, provider, "an outside sign-in failed");
    match error {
        FetchError::Away(_) => WebError::new(yimen_web::ErrorKind::Unavailable)
            .detail(format!("{provider}暂时没有应答。请过几分钟再试，或者用其他方式登录。"))
            .next("/sign-in", "用其他方式登录"),
        _ => refused(format!("{provider}的应答不能确认您的身份。")),
    }
}

async fn start(
    State(outside): State<Outside>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let peer = outside.peer(&id)?;
    let (state, nonce, verifier) = (secret::draw(), secret::draw(), secret::draw());
    let challenge = jose::encode(&Sha256::digest(verifier.as_bytes()));
    let (scopes, address) = (peer.provider.scopes.join(" "), outside.address(&id));
    let pairs = [
        ("response_type", "code"),
        ("client_id", peer.provider.client_id.as_str()),
        ("redirect_uri", &address),
        ("scope", &scopes),
        ("state", &state),
        ("nonce", &nonce),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        // Who signed out here is mostly still signed in there: on the screen of a hall the next one would be them.
        ("prompt", "login"),
    ];
    let to = peer.start(outside.now(), &pairs).await.map_err(|e| told(&e, &peer.provider.name))?;
    let next = local_path(&asked.next).unwrap_or_default().to_owned();
    let until = outside.now().plus_millis(PATIENCE_MS).0;
    let away = Away { provider: id, state, nonce, verifier, next, until };
    let open = serde_json::to_vec(&away).map_err(WebError::internal)?;
    let sealed = jose::encode(&outside.platform.sealer.seal(LABEL, &open));
    let mut answer = redirect_303(to);
    answer.headers_mut().append(header::SET_COOKIE, outside.cookie(Some(&sealed)));
    Ok(answer)
}

async fn back(
    State(outside): State<Outside>,
    Path(id): Path<String>,
    Query(answered): Query<Answered>,
    headers: HeaderMap,
    caller: Option<Extension<CallerAddress>>,
) -> Result<Response, WebError> {
    let peer = outside.peer(&id)?;
    let provider = &peer.provider.name;
    // Of another browser, of another request, or too late.
    let away = outside.away(&headers).filter(|away| away.provider == id && away.state == answered.state);
    let foreign = answered.iss.as_ref().is_some_and(|issuer| *issuer != peer.provider.issuer);
    let Some(away) = away.filter(|_| !foreign) else {
        return Err(refused("这次登录已经过期，或者不是从这个浏览器开始的。".into()));
    };
    let took = async {
        if !answered.error.is_empty() || answered.code.is_empty() {
            return Err(refused(format!("您没有在{provider}完成登录。")));
        }
        let address = outside.address(&id);
        let form = [
            ("grant_type", "authorization_code"),
            ("code", answered.code.as_str()),
            ("redirect_uri", &address),
            ("code_verifier", &away.verifier),
        ];
        let claims = peer.redeem(outside.now(), &form, &away.nonce).await.map_err(|e| told(&e, provider))?;
        let who = outside.vouched(peer, &claims)?;
        let caller = caller.map(|Extension(CallerAddress(address))| address);
        let entered = outside.identity.enter_vouched(&who, &headers, caller, &away.next).await;
        entered.map_err(|error| match error {
            IdentityError::NotVouched => refused(format!("{error}。")),
            other => other.into(),
        })
    };
    let mut answer = match took.await {
        Ok(answer) => answer,
        Err(error) => axum::response::IntoResponse::into_response(error),
    };
    // Good for one answer, whatever came of it.
    answer.headers_mut().append(header::SET_COOKIE, outside.cookie(None));
    Ok(answer)
}
