//! The keys that ID tokens are signed with: made here, sealed at rest, renewed with an overlap.
//!
//! A new key is published before it signs, so that whoever keeps our list of keys for a while has it by then; the one
//! before stays published until the last token it signed has run out.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use yimen_platform::{Ctx, Sealer, journal};
use yimen_standards::time::Instant;
use yimen_store::{Read, Tx};

use crate::grant::ID_TOKEN_MS;
use crate::jose::{PublicKey, SigningKey};
use crate::store::keys as rows;
use crate::{Oidc, OidcError, Result};

/// How long others may keep our list of keys.
pub const KEPT_MS: i64 = 5 * 60_000;
/// From when a new key signs.
const NOTICE_MS: i64 = 2 * KEPT_MS;
/// After so long the background brings a new one.
const AGE_MS: i64 = 30 * 24 * 3_600_000;
/// Rows of keys that have ended are kept so long: a sign-out may still show a token of theirs.
const REMEMBERED_MS: i64 = 30 * 24 * 3_600_000;
pub(crate) const LABEL: &str = "oidc_key.private";

/// A key as the command line lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub kid: String,
    pub made_at: Instant,
    pub used_from: Instant,
    pub ends_at: Option<Instant>,
    pub(crate) public: PublicKey,
}

/// All there are, the oldest first.
pub fn all(q: &mut Read<'_>) -> Result<Vec<Key>> {
    let key = |row: rows::KeyRow| Key {
        kid: row.kid,
        made_at: row.made_at,
        used_from: row.used_from,
        ends_at: row.ends_at,
        public: PublicKey { x: row.x, y: row.y },
    };
    Ok(rows::all(q)?.into_iter().map(key).collect())
}

/// Which of them signs.
pub fn current(keys: &[Key], now: Instant) -> Option<&Key> {
    keys.iter().rev().find(|key| key.used_from <= now && key.ends_at.is_none_or(|end| now < end))
}

/// The list of keys that others check our tokens with.
pub(crate) fn jwks(keys: &[Key], now: Instant) -> Value {
    let published = keys.iter().filter(|key| key.ends_at.is_none_or(|end| now < end));
    json!({ "keys": published.map(|key| key.public.to_jwk(&key.kid)).collect::<Vec<_>>() })
}

/// Every key by its name, those that have ended, too.
pub(crate) fn by_name(q: &mut Read<'_>) -> Result<BTreeMap<String, PublicKey>> {
    Ok(all(q)?.into_iter().map(|key| (key.kid, key.public)).collect())
}

/// Signs with the key whose time it is; makes the first one.
pub(crate) fn sign(tx: &mut Tx<'_>, ctx: &Ctx, sealer: &Sealer, claims: &Value) -> Result<String> {
    let mut keys = all(tx)?;
    if current(&keys, ctx.now).is_none() {
        make(tx, ctx, sealer, ctx.now)?;
        keys = all(tx)?;
    }
    let key = current(&keys, ctx.now).ok_or(OidcError::Key("none signs"))?;
    let sealed = rows::private(tx, &key.kid)?;
    let signer = SigningKey::read(&sealer.open(LABEL, &sealed)?).ok_or(OidcError::Key("unreadable"))?;
    signer.sign(&key.kid, claims).ok_or(OidcError::Key("does not sign"))
}

/// A new key, and the end of those before it. `at_once`: one of them is in other hands, and nothing it signed counts any
/// more.
pub fn rotate(tx: &mut Tx<'_>, ctx: &Ctx, sealer: &Sealer, at_once: bool) -> Result<Key> {
    let keys = all(tx)?;
    if !at_once && keys.last().is_some_and(|key| key.used_from > ctx.now) {
        return Err(OidcError::TooSoon);
    }
    let first = current(&keys, ctx.now).is_none();
    let used_from = if at_once || first { ctx.now } else { ctx.now.plus_millis(NOTICE_MS) };
    let ends_at = if at_once { ctx.now } else { used_from.plus_millis(ID_TOKEN_MS + KEPT_MS) };
    rows::end(tx, ends_at)?;
    rows::forget(tx, ctx.now.plus_millis(-REMEMBERED_MS))?;
    make(tx, ctx, sealer, used_from)
}

fn make(tx: &mut Tx<'_>, ctx: &Ctx, sealer: &Sealer, used_from: Instant) -> Result<Key> {
    let kept = SigningKey::generate().ok_or(OidcError::Key("cannot be made"))?;
    let public = SigningKey::read(&kept).and_then(|key| key.public()).ok_or(OidcError::Key("unreadable"))?;
    let kid = public.thumbprint();
    rows::insert(tx, (ctx.new_id(), &kid), &public, &sealer.seal(LABEL, &kept), (ctx.now, used_from))?;
    let body = json!({ "kid": kid, "used_from": used_from.0 });
    journal::append(tx, ctx, journal::Note { verb: "oidc.key_made", case: 0, task: 0, body })?;
    Ok(Key { kid, made_at: ctx.now, used_from, ends_at: None, public })
}

impl Oidc {
    /// In the background: a new key when the last one has had its time.
    pub async fn renew_key(&self, ctx: &Ctx) -> Result<bool> {
        let (ctx, sealer) = (ctx.clone(), self.platform.sealer.clone());
        let renew = move |tx: &mut Tx<'_>| -> Result<bool> {
            let old = all(tx)?.last().is_none_or(|key| key.made_at.plus_millis(AGE_MS) <= ctx.now);
            if old {
                rotate(tx, &ctx, &sealer, false)?;
            }
            Ok(old)
        };
        self.platform.store.write("oidc.renew_key", renew).await
    }
}
