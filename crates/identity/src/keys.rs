//! Another data key by two people: one security administrator proposes, another approves, and then it is made.

use std::sync::Arc;

use yimen_platform::keys::{self, KeyError};
use yimen_platform::{Algorithm, Ctx, DataKey, Role, Sealer};
use yimen_store::{Read, Tx};

use crate::proposal::{Approved, Kind};
use crate::{Identity, IdentityError, Result};

const KEY: &str = "key";

pub(crate) fn kind(sealer: Arc<Sealer>) -> Kind {
    Kind {
        code: KEY,
        name: "更换数据密钥",
        may: |actor| actor.has(Role::Security),
        apply: Box::new(move |tx, ctx, approved| apply(tx, ctx, approved, &sealer)),
    }
}

fn apply(tx: &mut Tx<'_>, ctx: &Ctx, approved: &Approved<'_>, sealer: &Sealer) -> Result<()> {
    let code = std::str::from_utf8(approved.body).ok().and_then(Algorithm::parse);
    let algorithm = code.ok_or_else(|| IdentityError::Internal("proposed key: unknown cipher".to_owned()))?;
    keys::rotate(tx, ctx, sealer, algorithm).map(|_| ()).map_err(|error| match error {
        KeyError::Store(error) => error.into(),
        early @ (KeyError::TooSoon(_) | KeyError::OtherMaster) => {
            IdentityError::field("answer", early.to_string())
        }
        other => IdentityError::Internal(other.to_string()),
    })
}

impl Identity {
    /// Proposes another data key, for another security administrator to approve.
    pub async fn propose_key(&self, ctx: &Ctx, algorithm: Algorithm, reason: &str) -> Result<i64> {
        let (identity, ctx, reason) = (self.clone(), ctx.clone(), reason.to_owned());
        let summary = format!("换用新的数据密钥（{}）", algorithm.code());
        let propose = move |tx: &mut Tx<'_>| {
            identity.propose(tx, &ctx, KEY, algorithm.code().as_bytes(), (&summary, &reason))
        };
        self.platform().store.write("key.propose", propose).await
    }

    /// The data keys, the newest first.
    pub fn data_keys(&self, q: &mut Read<'_>) -> Result<Vec<DataKey>> {
        let mut all: Vec<DataKey> = keys::all(q)?.into_iter().filter(|key| key.algorithm.is_some()).collect();
        all.reverse();
        Ok(all)
    }
}
