//! Signing keys as rows.

use yimen_platform::reseal::{SealedTable, one_column};
use yimen_standards::time::Instant;
use yimen_store::{Read, StoreError, Tx, params, row, sql};

use crate::jose::PublicKey;
use crate::keys::LABEL;

sql! {
    ALL = "select /* scan: a handful of keys */ kid, x, y, made_at, used_from, ends_at from oidc_key
        order by used_from, made_at, kid";

    PRIVATE = "select private_sealed from oidc_key where kid = $1";

    INSERT = "insert into oidc_key (id, kid, x, y, private_sealed, made_at, used_from)
        values ($1, $2, $3, $4, $5, $6, $7)";

    SEALED_ROWS = "select id, private_sealed from oidc_key where id > $1 order by id limit $2";

    PUT_SEALED = "update oidc_key set private_sealed = $2 where id = $1 and private_sealed = $3";

    /// None ends later than it was to.
    END = "update /* scan: a handful of keys */ oidc_key set ends_at = $1 where ends_at is null or ends_at > $1";

    FORGET = "delete /* scan: a handful of keys */ from oidc_key where ends_at < $1";
}

/// What is sealed here, to be sealed anew.
pub const SEALED: &[SealedTable] = &[SealedTable {
    name: "oidc_key",
    columns: &["private_sealed"],
    batch: |tx, pass, after| one_column(tx, pass, after, LABEL, (&SEALED_ROWS, &PUT_SEALED)),
}];

row! {
    pub struct KeyRow {
        pub kid: String,
        pub x: String,
        pub y: String,
        pub made_at: Instant,
        pub used_from: Instant,
        pub ends_at: Option<Instant>,
    }
}

pub fn all(q: &mut Read<'_>) -> Result<Vec<KeyRow>, StoreError> {
    q.all(&ALL, params![])
}

pub fn private(q: &mut Read<'_>, kid: &str) -> Result<Vec<u8>, StoreError> {
    q.one(&PRIVATE, params![kid])
}

pub fn insert(
    tx: &mut Tx<'_>,
    (id, kid): (i64, &str),
    public: &PublicKey,
    sealed: &[u8],
    (made_at, used_from): (Instant, Instant),
) -> Result<(), StoreError> {
    tx.put(&INSERT, params![id, kid, &public.x, &public.y, sealed, made_at, used_from])
}

/// All that there are end then, if not before.
pub fn end(tx: &mut Tx<'_>, at: Instant) -> Result<(), StoreError> {
    tx.exec(&END, params![at]).map(drop)
}

pub fn forget(tx: &mut Tx<'_>, before: Instant) -> Result<(), StoreError> {
    tx.exec(&FORGET, params![before]).map(drop)
}
