//! Accounts of a demo: many at once, each distinct password hashed once, some shown on the sign-in page. None is asked for a
//! second factor but those that are made with one.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use yimen_platform::Ctx;
use yimen_store::Tx;

use crate::factor::{self, Policy};
use crate::model::NewAccount;
use crate::password::PasswordHash;
use crate::totp::Secret;
use crate::{Identity, Result};

/// What a visitor of the demo needs to sign in as somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemoAccount {
    /// As it is typed.
    pub login: String,
    pub password: String,
    /// Who that is, in words: 综合窗口 3号窗口 周明.
    pub role: String,
    /// What the codes of its second factor are made of, where it has one.
    pub secret: Option<String>,
}

/// The accounts of a demo to be made.
#[derive(Default)]
pub struct DemoPlan {
    accounts: Vec<(NewAccount, String, Option<Secret>)>,
    shown: Vec<DemoAccount>,
}

impl DemoPlan {
    pub fn new() -> Self {
        Self::default()
    }

    /// An account that the demo does not speak of.
    #[must_use]
    pub fn quiet(mut self, account: NewAccount, password: impl Into<String>) -> Self {
        self.accounts.push((account, password.into(), None));
        self
    }

    /// A listed account with a second factor, set up with a secret that is listed, too.
    #[must_use]
    pub fn guarded(
        self,
        account: NewAccount,
        (login, password, role): (&str, &str, &str),
        secret: Secret,
    ) -> Self {
        let mut plan = self.shown(account, login, password, role);
        if let (Some(made), Some(shown)) = (plan.accounts.last_mut(), plan.shown.last_mut()) {
            shown.secret = Some(secret.base32());
            made.2 = Some(secret);
        }
        plan
    }

    /// An account that is listed, under the login that is typed and with its role in words.
    #[must_use]
    pub fn shown(self, account: NewAccount, login: &str, password: &str, role: impl Into<String>) -> Self {
        let (login, role) = (login.to_owned(), role.into());
        let shown = DemoAccount { login, password: password.to_owned(), role, secret: None };
        let mut plan = self.quiet(account, password);
        plan.shown.push(shown);
        plan
    }

    /// Hashes each distinct password once. Blocks for as many times 30 ms.
    pub fn prepare(self, identity: &Identity) -> Result<DemoAccounts> {
        let mut hashes: HashMap<String, PasswordHash> = HashMap::new();
        let mut accounts = Vec::with_capacity(self.accounts.len());
        for (account, password, secret) in self.accounts {
            let hash = match hashes.get(&password) {
                Some(hash) => hash.clone(),
                None => identity.hash_password_blocking(&password)?,
            };
            hashes.insert(password, hash.clone());
            accounts.push((account, hash, secret));
        }
        Ok(DemoAccounts { accounts, shown: self.shown })
    }
}

/// The accounts of a demo, ready to be written.
pub struct DemoAccounts {
    accounts: Vec<(NewAccount, PasswordHash, Option<Secret>)>,
    shown: Vec<DemoAccount>,
}

impl DemoAccounts {
    /// Writes them in order; returns their ids in the same order.
    pub fn create(&self, identity: &Identity, tx: &mut Tx<'_>, ctx: &Ctx) -> Result<Vec<i64>> {
        let sealer = &identity.platform().sealer;
        let mut ids = Vec::with_capacity(self.accounts.len());
        for (new, hash, secret) in &self.accounts {
            let policy = if secret.is_some() { Policy::Required } else { Policy::Off };
            let id = identity.create_with(tx, ctx, new, hash, policy)?;
            if let Some(secret) = secret {
                factor::plant(tx, sealer, id, secret, ctx.now)?;
            }
            ids.push(id);
        }
        Ok(ids)
    }

    /// To print, and for [`crate::Settings::demo`].
    pub fn shown(&self) -> &[DemoAccount] {
        &self.shown
    }
}
