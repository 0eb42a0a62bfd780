//! Signing of what goes between the platform and a gateway (payments, messages): HMAC-SHA256 over time and body, refused when old.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use yimen_standards::time::Instant;

pub const SIGNATURE: &str = "x-yimen-signature";
pub const TIMESTAMP: &str = "x-yimen-timestamp";

/// How far the clocks of the two may differ, and how old a message may be.
const TOLERANCE_MS: i64 = 300_000;

/// The secret both sides share.
#[derive(Clone)]
pub struct Signer {
    secret: Vec<u8>,
}

impl Signer {
    pub fn new(secret: impl Into<Vec<u8>>) -> Self {
        Self { secret: secret.into() }
    }

    pub fn sign(&self, timestamp: i64, body: &[u8]) -> String {
        hex::encode(self.mac(timestamp, body).finalize().into_bytes())
    }

    /// Whether the message is theirs and fresh. Compares in constant time.
    pub fn verify(&self, now: Instant, timestamp: &str, signature: &str, body: &[u8]) -> bool {
        let (Ok(timestamp), Ok(signature)) = (timestamp.parse::<i64>(), hex::decode(signature)) else {
            return false;
        };
        let fresh = now.0.checked_sub(timestamp).is_some_and(|age| age.abs() <= TOLERANCE_MS);
        fresh && self.mac(timestamp, body).verify_slice(&signature).is_ok()
    }

    fn mac(&self, timestamp: i64, body: &[u8]) -> Hmac<Sha256> {
        // HMAC takes a key of any length.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).expect("any key length");
        mac.update(timestamp.to_string().as_bytes());
        mac.update(b".");
        mac.update(body);
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_body_at_about_the_same_time_under_the_same_secret_is_accepted() {
        let signer = Signer::new("s");
        let now = Instant(1_790_000_000_000);
        let signature = signer.sign(now.0, b"{}");
        let verify =
            |now, timestamp: i64, body: &[u8]| signer.verify(now, &timestamp.to_string(), &signature, body);
        assert!(verify(now, now.0, b"{}"));
        assert!(!verify(now, now.0 + 1, b"{}"));
        assert!(!verify(now, now.0, b"{ }"));
        assert!(!verify(Instant(now.0 + TOLERANCE_MS + 1), now.0, b"{}"));
        assert!(!Signer::new("t").verify(now, &now.0.to_string(), &signature, b"{}"));
        assert!(!signer.verify(now, "soon", &signature, b"{}"));
        assert!(!signer.verify(now, &i64::MIN.to_string(), &signature, b"{}"));
        assert!(!signer.verify(now, &now.0.to_string(), "zz", b"{}"));
    }
}
