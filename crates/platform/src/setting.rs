//! What the database knows about itself, one value a name.

use yimen_store::{Read, StoreError, Tx, params, sql};

/// Fingerprint of the key that personal data is sealed with; see [`crate::Sealer::fingerprint`].
pub const KEY_FINGERPRINT: &str = "key_fingerprint";

sql! {
    GET = "select value from platform_setting where name = $1";

    FIX = "insert into platform_setting (name, value) values ($1, $2) on conflict (name) do nothing";

    HOLD = "update platform_setting set value = value where name = $1";

    SET = "insert into platform_setting (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value";
}

pub fn get(q: &mut Read, name: &str) -> Result<Option<String>, StoreError> {
    q.opt(&GET, params![name])
}

/// Sets the value if there is none yet, and answers the one that holds: of two nodes the first one wins.
pub fn fix(tx: &mut Tx, name: &str, value: &str) -> Result<String, StoreError> {
    tx.exec(&FIX, params![name, value])?;
    tx.one(&GET, params![name])
}

pub fn set(tx: &mut Tx, name: &str, value: &str) -> Result<(), StoreError> {
    tx.put_one(&SET, params![name, value])
}

/// Of two units that change what the setting stands for, the later begins again.
pub fn hold(tx: &mut Tx, name: &str) -> Result<(), StoreError> {
    tx.exec(&HOLD, params![name]).map(|_| ())
}
