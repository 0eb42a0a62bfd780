//! ID tokens of somebody else, validated whole (OpenID Connect Core, 3.1.3.7): whose they are, for whom, how old.

use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use yimen_standards::time::Instant;

use crate::jose::{decode, encode};

/// Longer ones are not looked at.
const MOST: usize = 16 * 1024;
/// How far clocks may differ, in seconds.
const SKEW: i64 = 60;
/// How old a token may be that was made for us just now.
const OLDEST: i64 = 600;

/// Why a token does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("it is no token")]
    Malformed,
    #[error("its algorithm is not taken")]
    Algorithm,
    #[error("its key is not among the provider's")]
    UnknownKey,
    #[error("its signature is wrong")]
    Signature,
    #[error("it is another's: {0}")]
    Claim(&'static str),
}

enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
}

struct Key {
    kid: String,
    material: Material,
}

/// The keys of a provider, as far as we understand them.
#[derive(Default)]
pub struct KeySet(Vec<Key>);

impl KeySet {
    pub fn read(text: &[u8]) -> Option<KeySet> {
        let all: Value = serde_json::from_slice(text).ok()?;
        let keys = all.get("keys")?.as_array()?;
        Some(KeySet(keys.iter().filter_map(key).collect()))
    }

    /// The claims of a token whose signature is right.
    fn claims(&self, token: &str) -> Result<Map<String, Value>, Fault> {
        #[derive(Deserialize)]
        struct Head {
            alg: String,
            kid: Option<String>,
            crit: Option<Value>,
        }
        let (message, signature) = token.rsplit_once('.').ok_or(Fault::Malformed)?;
        let (head, claims) = message.split_once('.').ok_or(Fault::Malformed)?;
        if token.len() > MOST {
            return Err(Fault::Malformed);
        }
        let head = decode(head)
            .and_then(|head| serde_json::from_slice::<Head>(&head).ok())
            .ok_or(Fault::Malformed)?;
        let signature = decode(signature).ok_or(Fault::Malformed)?;
        if head.crit.is_some() || !["RS256", "ES256", "EdDSA"].contains(&head.alg.as_str()) {
            return Err(Fault::Algorithm);
        }
        let fitting = self.0.iter().filter(|key| match key.material {
            Material::Rsa { .. } => head.alg == "RS256",
            Material::P256(_) => head.alg == "ES256",
            Material::Ed25519(_) => head.alg == "EdDSA",
        });
        let mut named = fitting.filter(|key| head.kid.as_ref().is_none_or(|kid| *kid == key.kid));
        let key = named.next().ok_or(Fault::UnknownKey)?;
        // Without a name there must be one key only: none is tried after another.
        if named.next().is_some() {
            return Err(Fault::UnknownKey);
        }
        if !key.verifies(message.as_bytes(), &signature) {
            return Err(Fault::Signature);
        }
        let claims = decode(claims).ok_or(Fault::Malformed)?;
        serde_json::from_slice(&claims).map_err(|_| Fault::Malformed)
    }
}

fn key(jwk: &Value) -> Option<Key> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    let bytes = |name: &str| text(name).and_then(decode);
    if text("use").is_some_and(|purpose| purpose != "sig") {
        return None;
    }
    let material = match (text("kty")?, text("crv")) {
        ("RSA", _) => Material::Rsa { n: bytes("n")?, e: bytes("e")? },
        ("EC", Some("P-256")) => Material::P256([&[4][..], &bytes("x")?, &bytes("y")?].concat()),
        ("OKP", Some("Ed25519")) => Material::Ed25519(bytes("x")?),
        _ => return None,
    };
    Some(Key { kid: text("kid").unwrap_or_default().to_owned(), material })
}

impl Key {
    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.material {
            // Shorter than 2048 bits is refused there.
            Material::Rsa { n, e } => RsaPublicKeyComponents { n, e }
                .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
                .is_ok(),
            Material::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
            }
            Material::Ed25519(point) => {
                UnparsedPublicKey::new(&ED25519, point).verify(message, signature).is_ok()
            }
        }
    }
}

/// What a token has to be, to be the answer to one request.
pub struct Expected<'a> {
    pub issuer: &'a str,
    pub client: &'a str,
    pub nonce: &'a str,
    pub access: &'a str,
    pub now: Instant,
}

/// The claims of the token that answers the request.
pub fn validate(token: &str, keys: &KeySet, expected: &Expected<'_>) -> Result<Map<String, Value>, Fault> {
    let claims = keys.claims(token)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let seconds = |name: &str| claims.get(name).and_then(Value::as_i64);
    let wrong = |what| Err(Fault::Claim(what));
    if text("iss") != Some(expected.issuer) {
        return wrong("iss");
    }
    let audience: Vec<&str> = match claims.get("aud") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !audience.contains(&expected.client) {
        return wrong("aud");
    }
    let party = text("azp");
    if party.is_some_and(|party| party != expected.client) || (audience.len() > 1 && party.is_none()) {
        return wrong("azp");
    }
    let now = expected.now.0 / 1000;
    if seconds("exp").is_none_or(|exp| exp <= now - SKEW) {
        return wrong("exp");
    }
    if seconds("iat").is_none_or(|iat| iat > now + SKEW || iat < now - OLDEST) {
        return wrong("iat");
    }
    if text("nonce") != Some(expected.nonce) {
        return wrong("nonce");
    }
    if text("sub").is_none_or(|sub| sub.is_empty() || sub.len() > 255) {
        return wrong("sub");
    }
    let half = encode(&Sha256::digest(expected.access.as_bytes())[..16]);
    // Of a token by Ed25519 it is made by another digest, and the code flow needs none.
    let by_sha256 = text("at_hash").is_none_or(|hash| hash.len() != half.len() || hash == half);
    if by_sha256 { Ok(claims) } else { wrong("at_hash") }
}
