//! Messages that wait, as rows.

use yimen_standards::time::Instant;
use yimen_store::{Read, StoreError, Tx, params, row, sql};

sql! {
    INSERT = "insert into messages_outbox (id, kind, phone_sealed, text_sealed, tries, next_at, expires_at, created_at)
        values ($1, $2, $3, $4, 0, $5, $6, $5)";

    DUE = "select id, kind, phone_sealed, text_sealed, tries, next_at, expires_at from messages_outbox
        where next_at <= $1 order by next_at, id limit $2";

    CLAIM = "update messages_outbox set next_at = $3, tries = tries + 1 where id = $1 and next_at = $2";

    PUT_OFF = "update messages_outbox set next_at = $3 where id = $1 and next_at = $2";

    REMOVE = "delete from messages_outbox where id = $1";

    EXPIRE = "delete from messages_outbox where id = $1 and expires_at <= $2";

    WAITING = "select count(*) from messages_outbox";
}

row! {
    #[derive(Clone)]
    pub(crate) struct Waiting {
        pub id: i64,
        pub kind: String,
        pub phone_sealed: Vec<u8>,
        pub text_sealed: Vec<u8>,
        pub tries: i64,
        pub next_at: Instant,
        pub expires_at: Instant,
    }
}

pub(crate) fn insert(
    tx: &mut Tx<'_>,
    (id, kind): (i64, &str),
    (phone, text): (&[u8], &[u8]),
    at: Instant,
    expires_at: Instant,
) -> Result<(), StoreError> {
    tx.put(&INSERT, params![id, kind, phone, text, at, expires_at])
}

pub(crate) fn due(q: &mut Read<'_>, now: Instant, most: i64) -> Result<Vec<Waiting>, StoreError> {
    q.all(&DUE, params![now, most])
}

/// `false` when another node has it.
pub(crate) fn claim(tx: &mut Tx<'_>, one: &Waiting, next: Instant) -> Result<bool, StoreError> {
    Ok(tx.exec(&CLAIM, params![one.id, one.next_at, next])? == 1)
}

/// To be tried again at `next`, by whoever looks then.
pub(crate) fn put_off(tx: &mut Tx<'_>, one: &Waiting, next: Instant) -> Result<(), StoreError> {
    tx.put(&PUT_OFF, params![one.id, one.next_at, next])
}

/// `false` when it is gone already.
pub(crate) fn remove(tx: &mut Tx<'_>, id: i64) -> Result<bool, StoreError> {
    Ok(tx.exec(&REMOVE, params![id])? == 1)
}

/// `false` when it is gone, or not too late yet.
pub(crate) fn expire(tx: &mut Tx<'_>, id: i64, now: Instant) -> Result<bool, StoreError> {
    Ok(tx.exec(&EXPIRE, params![id, now])? == 1)
}

pub(crate) fn waiting(q: &mut Read<'_>) -> Result<i64, StoreError> {
    q.one(&WAITING, params![])
}
