//! Asking a provider: only its own hosts, no redirects, so much and no more, so long and no longer.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};
use yimen_standards::time::Instant;

use super::config::Provider;
use super::tokens::{Expected, Fault, KeySet, validate};

const CONNECT: Duration = Duration::from_secs(3);
const WHOLE: Duration = Duration::from_secs(8);
/// The largest answer that is read.
const MOST: usize = 256 * 1024;
/// What is known of a provider is asked anew after so long.
const FRESH_MS: i64 = 3_600_000;
/// A key that we do not know has us ask for the keys again, but not more often.
const AGAIN_MS: i64 = 60_000;

#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// It cannot be reached, or answers that it cannot.
    #[error("the provider cannot be reached: {0}")]
    Away(String),
    /// It answers, but not as a provider should.
    #[error("the provider's answer cannot be taken: {0}")]
    Unsound(String),
    #[error("the provider refused: {0}")]
    Refused(String),
    #[error("the ID token cannot be taken: {0}")]
    Token(#[from] Fault),
}

fn unsound(what: impl std::fmt::Display) -> FetchError {
    FetchError::Unsound(what.to_string())
}

#[derive(Deserialize)]
struct Discovered {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
}

/// What is known of a provider for a while.
struct Known {
    about: Discovered,
    keys: KeySet,
    asked_at: Instant,
    keys_at: Instant,
}

/// One provider with what we know of it.
pub struct Peer {
    pub provider: Provider,
    client: reqwest::Client,
    known: Mutex<Option<Arc<Known>>>,
}

#[derive(Deserialize)]
struct Given {
    id_token: String,
    access_token: String,
}

impl Peer {
    pub fn new(provider: Provider) -> Result<Peer, FetchError> {
        // Fails only when another part of the program has installed one, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .timeout(WHOLE)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|e| FetchError::Away(e.to_string()))?;
        Ok(Peer { provider, client, known: Mutex::new(None) })
    }

    async fn body(&self, request: reqwest::RequestBuilder) -> Result<Vec<u8>, FetchError> {
        let away = |e: reqwest::Error| FetchError::Away(e.without_url().to_string());
        let mut answer = request.header("accept", "application/json").send().await.map_err(away)?;
        let status = answer.status();
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(away)? {
            if body.len() + piece.len() > MOST {
                return Err(unsound("it is too long"));
            }
            body.extend_from_slice(&piece);
        }
        match status.as_u16() {
            200 => Ok(body),
            400 | 401 | 403 => Err(FetchError::Refused(status.to_string())),
            500.. => Err(FetchError::Away(status.to_string())),
            _ => Err(unsound(status)),
        }
    }

    async fn get(&self, address: &str) -> Result<Vec<u8>, FetchError> {
        let url = self.provider.address(address).ok_or_else(|| unsound("an address of another host"))?;
        self.body(self.client.get(url)).await
    }

    fn remembered(&self) -> Option<Arc<Known>> {
        // Nothing inside can be half done.
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn known(&self, now: Instant) -> Result<Arc<Known>, FetchError> {
        if let Some(known) = self.remembered()
            && now < known.asked_at.plus_millis(FRESH_MS)
        {
            return Ok(known);
        }
        let issuer = &self.provider.issuer;
        let text =
            self.get(&format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))).await?;
        let about: Discovered = serde_json::from_slice(&text).map_err(unsound)?;
        if about.issuer != *issuer {
            return Err(unsound("it calls itself otherwise"));
        }
        if self.provider.address(&about.authorization_endpoint).is_none() {
            return Err(unsound("an address of another host"));
        }
        let keys = KeySet::read(&self.get(&about.jwks_uri).await?).ok_or_else(|| unsound("no keys"))?;
        Ok(self.remember(Known { about, keys, asked_at: now, keys_at: now }))
    }

    fn remember(&self, known: Known) -> Arc<Known> {
        let known = Arc::new(known);
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known.clone());
        known
    }

    /// Where a browser is sent to sign in, with `pairs` in the query.
    pub async fn start(&self, now: Instant, pairs: &[(&str, &str)]) -> Result<String, FetchError> {
        let known = self.known(now).await?;
        let address = self.provider.address(&known.about.authorization_endpoint);
        let mut url = address.ok_or_else(|| unsound("an address of another host"))?;
        url.query_pairs_mut().extend_pairs(pairs);
        Ok(url.into())
    }

    /// What the provider vouches for in exchange for a code: the claims of the ID token and, where something is missing
    /// there, those it tells for the access token.
    pub async fn redeem(
        &self,
        now: Instant,
        form: &[(&str, &str)],
        nonce: &str,
    ) -> Result<Map<String, Value>, FetchError> {
        let known = self.known(now).await?;
        let token = self.provider.address(&known.about.token_endpoint);
        let token = token.ok_or_else(|| unsound("an address of another host"))?;
        let (id, secret) = (self.provider.client_id.as_str(), self.provider.secret.as_str());
        let methods = &known.about.token_endpoint_auth_methods_supported;
        let by_post = !methods.is_empty() && !methods.iter().any(|method| method == "client_secret_basic");
        let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let mut pairs = form.to_vec();
        let mut request = self.client.post(token);
        match by_post {
            true => pairs.extend([("client_id", id), ("client_secret", secret)]),
            false => request = request.basic_auth(encode(id), Some(encode(secret))),
        }
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        let given: Given = serde_json::from_slice(&self.body(request).await?).map_err(unsound)?;
        let (issuer, access) = (self.provider.issuer.as_str(), given.access_token.as_str());
        let expected = Expected { issuer, client: id, nonce, access, now };
        let mut claims = match validate(&given.id_token, &known.keys, &expected) {
            Err(Fault::UnknownKey) if known.keys_at.plus_millis(AGAIN_MS) <= now => {
                let known = self.other_keys(now).await?;
                validate(&given.id_token, &known.keys, &expected)?
            }
            other => other?,
        };
        let wanted = [
            Some(&self.provider.claims.number),
            Some(&self.provider.claims.name),
            self.provider.claims.level.as_ref(),
        ];
        if wanted.into_iter().flatten().any(|name| !claims.contains_key(name))
            && let Some(address) = &known.about.userinfo_endpoint
        {
            let address =
                self.provider.address(address).ok_or_else(|| unsound("an address of another host"))?;
            let told = self.body(self.client.get(address).bearer_auth(access)).await?;
            let told: Map<String, Value> = serde_json::from_slice(&told).map_err(unsound)?;
            // It must be told of the same person (OpenID Connect Core, 5.3.2).
            if told.get("sub") != claims.get("sub") {
                return Err(Fault::Claim("sub").into());
            }
            for (name, value) in told {
                claims.entry(name).or_insert(value);
            }
        }
        Ok(claims)
    }

    /// The keys may have changed since.
    async fn other_keys(&self, now: Instant) -> Result<Arc<Known>, FetchError> {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.known(now).await
    }
}
