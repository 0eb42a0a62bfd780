//! Accounts of a demo: many at once, each distinct password hashed once, some shown on the sign-in page.

use std::collections::HashMap;

use yimen_platform::Ctx;
use yimen_store::Tx;

use crate::model::NewAccount;
use crate::password::PasswordHash;
use crate::{Identity, Result};

/// What a visitor of the demo needs to sign in as somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoAccount {
    /// As it is typed.
    pub login: String,
    pub password: String,
    /// Who that is, in words: 综合窗口 3号窗口 周明.
    pub role: String,
}

/// The accounts of a demo to be made.
#[derive(Default)]
pub struct DemoPlan {
    accounts: Vec<(NewAccount, String)>,
    shown: Vec<DemoAccount>,
}

impl DemoPlan {
    pub fn new() -> Self {
        Self::default()
    }

    /// An account that the demo does not speak of.
    #[must_use]
    pub fn quiet(mut self, account: NewAccount, password: impl Into<String>) -> Self {
        self.accounts.push((account, password.into()));
        self
    }

    /// An account that is listed, under the login that is typed and with its role in words.
    #[must_use]
    pub fn shown(self, account: NewAccount, login: &str, password: &str, role: impl Into<String>) -> Self {
        let shown = DemoAccount { login: login.to_owned(), password: password.to_owned(), role: role.into() };
        let mut plan = self.quiet(account, password);
        plan.shown.push(shown);
        plan
    }

    /// Hashes each distinct password once. Blocks for as many times 30 ms.
    pub fn prepare(self, identity: &Identity) -> Result<DemoAccounts> {
        let mut hashes: HashMap<String, PasswordHash> = HashMap::new();
        let mut accounts = Vec::with_capacity(self.accounts.len());
        for (account, password) in self.accounts {
            let hash = match hashes.get(&password) {
                Some(hash) => hash.clone(),
                None => identity.hash_password_blocking(&password)?,
            };
            hashes.insert(password, hash.clone());
            accounts.push((account, hash));
        }
        Ok(DemoAccounts { accounts, shown: self.shown })
    }
}

/// The accounts of a demo, ready to be written.
pub struct DemoAccounts {
    accounts: Vec<(NewAccount, PasswordHash)>,
    shown: Vec<DemoAccount>,
}

impl DemoAccounts {
    /// Writes them in order; returns their ids in the same order.
    pub fn create(&self, identity: &Identity, tx: &mut Tx<'_>, ctx: &Ctx) -> Result<Vec<i64>> {
        self.accounts.iter().map(|(new, hash)| identity.create_account(tx, ctx, new, hash)).collect()
    }

    /// To print, and for [`crate::Settings::demo`].
    pub fn shown(&self) -> &[DemoAccount] {
        &self.shown
    }
}
