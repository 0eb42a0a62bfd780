//! Published versions as rows. There is no statement here that updates a version.

use yimen_store::{Read, StoreError, Tx, params, row, sql};

sql! {
    LATEST_RELEASE = "select coalesce(max(id), 0) from catalogue_release";

    INSERT_RELEASE = "insert into catalogue_release (id, pack, published_at, published_by, added, changed, retired)
        values ($1, $2, $3, $4, $5, $6, $7)";

    INSERT_VERSION = "insert into catalogue_version (id, release_id, kind, code, number, digest, body, published_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)";

    CURRENT = "select v.id, v.kind, v.code, v.number, v.digest, v.body from catalogue_current c
        join catalogue_version v on v.id = c.version_id order by v.kind, v.code";

    CURRENT_OF_PACK = "select v.id, v.kind, v.code, v.number, v.digest, v.body from catalogue_current c
        join catalogue_version v on v.id = c.version_id where c.pack = $1 order by v.kind, v.code";

    LAST_NUMBER = "select coalesce(max(number), 0) from catalogue_version where kind = $1 and code = $2";

    BY_ID = "select id, kind, code, number, digest, body from catalogue_version where id = $1";

    SET_CURRENT = "insert into catalogue_current (kind, code, pack, version_id) values ($1, $2, $3, $4)
        on conflict (kind, code) do update set version_id = excluded.version_id, pack = excluded.pack";

    RETIRE = "delete from catalogue_current where kind = $1 and code = $2";
}

row! {
    #[derive(Debug, Clone)]
    pub struct VersionRow {
        pub id: i64,
        pub kind: String,
        pub code: String,
        pub number: i64,
        pub digest: String,
        pub body: String,
    }
}

/// A version to be written.
pub struct NewVersion<'a> {
    pub id: i64,
    pub release: i64,
    pub kind: &'a str,
    pub code: &'a str,
    pub number: i64,
    pub digest: &'a str,
    pub body: &'a str,
    pub at: i64,
}

/// A release to be written.
pub struct NewRelease<'a> {
    pub id: i64,
    pub pack: &'a str,
    pub at: i64,
    pub by: &'a str,
    pub added: i64,
    pub changed: i64,
    pub retired: i64,
}

pub fn latest_release(q: &mut Read<'_>) -> Result<i64, StoreError> {
    q.one(&LATEST_RELEASE, params![])
}

pub fn insert_release(tx: &mut Tx<'_>, new: &NewRelease<'_>) -> Result<(), StoreError> {
    tx.put(&INSERT_RELEASE, params![new.id, new.pack, new.at, new.by, new.added, new.changed, new.retired])
}

pub fn insert_version(tx: &mut Tx<'_>, new: &NewVersion<'_>) -> Result<(), StoreError> {
    tx.put(
        &INSERT_VERSION,
        params![new.id, new.release, new.kind, new.code, new.number, new.digest, new.body, new.at],
    )
}

pub fn current(q: &mut Read<'_>) -> Result<Vec<VersionRow>, StoreError> {
    q.all(&CURRENT, params![])
}

pub fn current_of_pack(q: &mut Read<'_>, pack: &str) -> Result<Vec<VersionRow>, StoreError> {
    q.all(&CURRENT_OF_PACK, params![pack])
}

pub fn last_number(q: &mut Read<'_>, kind: &str, code: &str) -> Result<i64, StoreError> {
    q.one(&LAST_NUMBER, params![kind, code])
}

pub fn by_id(q: &mut Read<'_>, id: i64) -> Result<Option<VersionRow>, StoreError> {
    q.opt(&BY_ID, params![id])
}

pub fn set_current(
    tx: &mut Tx<'_>,
    kind: &str,
    code: &str,
    pack: &str,
    version: i64,
) -> Result<(), StoreError> {
    tx.put(&SET_CURRENT, params![kind, code, pack, version])
}

pub fn retire(tx: &mut Tx<'_>, kind: &str, code: &str) -> Result<(), StoreError> {
    tx.put(&RETIRE, params![kind, code])
}
