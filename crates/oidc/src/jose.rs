//! Signed tokens (RFC 7515, 7517, 7519), as much of them as OpenID Connect needs: compact form, ES256 of our own.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, UnparsedPublicKey,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// Longer ones are not looked at.
const MOST: usize = 16 * 1024;
const COORDINATE: usize = 32;

pub fn encode(bytes: &[u8]) -> String {
    BASE64URL.encode(bytes)
}

/// Only the one way of writing the bytes: no padding, no bits left over.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    BASE64URL.decode(text).ok()
}

/// A public key on P-256 as JWKS writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    pub x: String,
    pub y: String,
}

impl PublicKey {
    /// RFC 7638: the key's name follows from the key.
    pub fn thumbprint(&self) -> String {
        let text = format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, self.x, self.y);
        encode(&Sha256::digest(text.as_bytes()))
    }

    pub fn to_jwk(&self, kid: &str) -> Value {
        json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid, "x": self.x, "y": self.y })
    }

    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let (Some(x), Some(y)) = (decode(&self.x), decode(&self.y)) else { return false };
        let point = [&[4][..], &x, &y].concat();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
    }
}

/// A key that signs.
pub struct SigningKey(EcdsaKeyPair);

impl SigningKey {
    /// A new key, as it is kept (PKCS #8).
    pub fn generate() -> Option<Vec<u8>> {
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        made.ok().map(|document| document.as_ref().to_vec())
    }

    pub fn read(kept: &[u8]) -> Option<Self> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, kept, &SystemRandom::new());
        pair.ok().map(Self)
    }

    pub fn public(&self) -> Option<PublicKey> {
        let (form, point) = self.0.public_key().as_ref().split_first()?;
        (*form == 4 && point.len() == 2 * COORDINATE).then(|| {
            let (x, y) = point.split_at(COORDINATE);
            PublicKey { x: encode(x), y: encode(y) }
        })
    }

    /// The claims as a signed token.
    pub fn sign(&self, kid: &str, claims: &Value) -> Option<String> {
        let head = json!({ "alg": "ES256", "typ": "JWT", "kid": kid }).to_string();
        let message = format!("{}.{}", encode(head.as_bytes()), encode(claims.to_string().as_bytes()));
        let signature = self.0.sign(&SystemRandom::new(), message.as_bytes()).ok()?;
        Some(format!("{message}.{}", encode(signature.as_ref())))
    }
}

#[derive(Deserialize)]
struct Head {
    alg: String,
    #[serde(default)]
    kid: String,
    /// What it names must be understood, and nothing is.
    crit: Option<Value>,
}

/// The claims of a token of our own, whatever its age; `key` finds the key by its name.
pub fn own_claims(token: &str, key: impl Fn(&str) -> Option<PublicKey>) -> Option<Map<String, Value>> {
    if token.len() > MOST {
        return None;
    }
    let (message, signature) = token.rsplit_once('.')?;
    let (head, claims) = message.split_once('.')?;
    let head: Head = serde_json::from_slice(&decode(head)?).ok()?;
    let key = (head.alg == "ES256" && head.crit.is_none()).then(|| key(&head.kid)).flatten()?;
    let genuine = key.verifies(message.as_bytes(), &decode(signature)?);
    let claims = genuine.then(|| decode(claims)).flatten()?;
    serde_json::from_slice(&claims).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> (SigningKey, PublicKey) {
        let key = SigningKey::read(&SigningKey::generate().unwrap()).unwrap();
        let public = key.public().unwrap();
        (key, public)
    }

    #[test]
    fn a_token_is_read_only_unchanged_and_by_its_own_key() {
        let ((key, public), (_, foreign)) = (key(), key());
        let token = key.sign("k", &json!({ "sub": "a" })).unwrap();
        let read = |token: &str, key: &PublicKey| own_claims(token, |kid| (kid == "k").then(|| key.clone()));
        assert_eq!(read(&token, &public).unwrap()["sub"], "a");
        assert!(read(&token, &foreign).is_none());
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert!(read(&String::from_utf8(changed).unwrap(), &public).is_none(), "character {at}");
        }
        let part = |at: usize| token.split('.').nth(at).unwrap().to_owned();
        for head in [
            r#"{"alg":"none","kid":"k"}"#,
            r#"{"alg":"HS256","kid":"k"}"#,
            r#"{"alg":"ES256","kid":"k","crit":["b64"]}"#,
        ] {
            let head = encode(head.as_bytes());
            for signature in [part(2), String::new()] {
                assert!(read(&format!("{head}.{}.{signature}", part(1)), &public).is_none());
            }
        }
        for text in ["", ".", "..", "a.b", &format!("{token}.x"), &"a".repeat(MOST + 1)] {
            assert!(read(text, &public).is_none());
        }
    }

    /// RFC 7638 has no example on this curve; the name is the digest of the members in their order.
    #[test]
    fn a_key_is_named_by_itself() {
        let (_, public) = key();
        assert_eq!(public.thumbprint().len(), 43);
        assert_eq!(public.thumbprint(), public.clone().thumbprint());
        assert_eq!(public.to_jwk("k")["kid"], "k");
    }
}
