//! Passwords: hashing by argon2id away from the threads that serve requests, and how many before may not come back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::password_rule::{Whose, check_new};
use crate::{Identity, IdentityError, Result};

/// What one guess costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    pub memory_kib: u32,
    pub passes: u32,
}

impl Default for Cost {
    /// OWASP's first choice for argon2id: about 30 ms of one core.
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2 }
    }
}

/// A PHC string, `$argon2id$…`.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub(crate) String);

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

impl PasswordHash {
    /// Of an account without a password: no password has it, and comparing with it is the same work.
    pub(crate) fn none(cost: Cost) -> Self {
        let (memory, passes) = (cost.memory_kib, cost.passes);
        Self(format!("$argon2id$v=19$m={memory},t={passes},p=1{NOTHING}"))
    }

    pub(crate) fn is_none(&self) -> bool {
        self.0.ends_with(NOTHING)
    }
}

/// Salt and output of zeros.
const NOTHING: &str = "$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// As many at once as leave the machine answering: each takes a core and 19 MiB.
const AT_ONCE: usize = 2;
/// Who waits longer is better told to come back.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Passwords {
    hasher: Argon2<'static>,
    gate: Arc<Semaphore>,
    /// Compared with when there is no account, so that the work is the same.
    nobody: PasswordHash,
    compared: AtomicU64,
}

impl Passwords {
    pub fn new(cost: Cost) -> Self {
        // Only a cost outside of argon2's own limits is refused, and that is a mistake in the configuration.
        let params = Params::new(cost.memory_kib, cost.passes, 1, None).expect("a cost that argon2 accepts");
        Self {
            hasher: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            gate: Arc::new(Semaphore::new(AT_ONCE)),
            nobody: PasswordHash::none(cost),
            compared: AtomicU64::new(0),
        }
    }

    async fn enter(&self) -> Result<OwnedSemaphorePermit> {
        let turn = tokio::time::timeout(PATIENCE, self.gate.clone().acquire_owned()).await;
        // The gate is never closed; only the waiting can end.
        turn.ok().and_then(std::result::Result::ok).ok_or(IdentityError::TooBusy)
    }

    fn hash(&self, password: &str) -> Result<PasswordHash> {
        let hash: phc::PasswordHash = self.hasher.hash_password(password.as_bytes()).map_err(broken)?;
        Ok(PasswordHash(hash.to_string()))
    }
}

fn broken(error: impl std::fmt::Display) -> IdentityError {
    IdentityError::Internal(format!("password hashing: {error}"))
}

fn matches(hasher: &Argon2<'_>, password: &str, hash: &PasswordHash) -> Result<bool> {
    use argon2::password_hash::Error;
    let known = phc::PasswordHash::new(&hash.0).map_err(broken)?;
    match hasher.verify_password(password.as_bytes(), &known) {
        Ok(()) => Ok(true),
        Err(Error::PasswordInvalid) => Ok(false),
        Err(other) => Err(broken(other)),
    }
}

impl Identity {
    /// Checks a new password and hashes it.
    pub async fn hash_password(&self, password: String) -> Result<PasswordHash> {
        check_new(&password, &Whose::anyone())
            .map_err(|message| IdentityError::field("password", message))?;
        let permit = self.inner.passwords.enter().await?;
        let identity = self.clone();
        let hash = move || {
            let _permit = permit;
            identity.inner.passwords.hash(&password)
        };
        tokio::task::spawn_blocking(hash).await.map_err(broken)?
    }

    /// `hash_password` for callers without a runtime: the command line, a demo's set-up.
    pub fn hash_password_blocking(&self, password: &str) -> Result<PasswordHash> {
        check_new(password, &Whose::anyone()).map_err(|message| IdentityError::field("password", message))?;
        self.inner.passwords.hash(password)
    }

    /// Whether the password is the one of `hash`; without a hash the same work, and no.
    pub(crate) async fn matches(&self, password: String, hash: Option<PasswordHash>) -> Result<bool> {
        let permit = self.inner.passwords.enter().await?;
        let identity = self.clone();
        let compare = move || {
            // Held by the thread: a browser that hangs up does not make room for one more.
            let _permit = permit;
            let passwords = &identity.inner.passwords;
            passwords.compared.fetch_add(1, Ordering::Relaxed);
            let same = matches(&passwords.hasher, &password, hash.as_ref().unwrap_or(&passwords.nobody))?;
            Ok(same && hash.is_some())
        };
        tokio::task::spawn_blocking(compare).await.map_err(broken)?
    }

    /// Whether a new password was one of these before. Costs as many comparisons.
    pub(crate) async fn was_before(&self, password: &str, before: Vec<PasswordHash>) -> Result<bool> {
        for hash in before {
            if self.matches(password.to_owned(), Some(hash)).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// How often a password was compared since the start; what an unknown login costs can be seen from it.
    pub fn passwords_compared(&self) -> u64 {
        self.inner.passwords.compared.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_matches_its_own_hash_only() {
        let passwords = Passwords::new(Cost { memory_kib: 256, passes: 1 });
        let (one, two) = (passwords.hash("Yimen-2026").unwrap(), passwords.hash("Yimen-2026").unwrap());
        assert_ne!(one, two, "each has its own salt");
        assert!(one.0.starts_with("$argon2id$v=19$m=256,t=1,p=1$"), "{}", one.0);
        assert!(matches(&passwords.hasher, "Yimen-2026", &one).unwrap());
        assert!(!matches(&passwords.hasher, "yimen-2026", &one).unwrap());
        assert!(!matches(&passwords.hasher, "", &passwords.nobody).unwrap());
        assert!(!format!("{one:?}").contains("argon2id"));
    }

    #[test]
    fn the_default_cost_is_the_recommended_one() {
        let hash = Passwords::new(Cost::default()).hash("Yimen-2026").unwrap();
        assert!(hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.0);
        let nobody = &Passwords::new(Cost::default()).nobody;
        assert!(nobody.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "the same work for nobody");
    }
}
