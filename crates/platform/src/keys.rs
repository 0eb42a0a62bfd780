//! The data keys in the database, and the change to a new one while every process goes on working.

use yimen_standards::time::Instant;
use yimen_store::{Read, Store, StoreError, Tx, params, row, sql};

use crate::{Algorithm, Ctx, DataKey, KEY_NOTICE_MS, SealError, Sealer, journal};

sql! {
    ALL = "select /* scan: a handful of keys */ number, algorithm, wrapped, made_at, used_from from platform_key
        order by number";

    ADD = "insert into platform_key (number, algorithm, wrapped, made_at, used_from) values ($1, $2, $3, $4, $5)
        on conflict (number) do nothing";
}

row! {
    struct KeyRow {
        number: i64,
        algorithm: String,
        wrapped: Vec<u8>,
        made_at: i64,
        used_from: i64,
    }
}

#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error("上一次换密钥还没有生效，请在 {0} 秒后再试。")]
    TooSoon(i64),
}

pub fn all(q: &mut Read<'_>) -> Result<Vec<DataKey>, StoreError> {
    let rows: Vec<KeyRow> = q.all(&ALL, params![])?;
    let key = |row: KeyRow| {
        let unknown = || StoreError::Corrupt(format!("data key {} ({})", row.number, row.algorithm));
        Ok(DataKey {
            number: u32::try_from(row.number).map_err(|_| unknown())?,
            algorithm: Algorithm::parse(&row.algorithm).ok_or_else(unknown)?,
            wrapped: row.wrapped,
            made_at: row.made_at,
            used_from: row.used_from,
        })
    };
    rows.into_iter().map(key).collect()
}

fn add(tx: &mut Tx<'_>, key: &DataKey) -> Result<(), StoreError> {
    let number = i64::from(key.number);
    let wrapped = key.wrapped.as_slice();
    tx.exec(&ADD, params![number, key.algorithm.code(), wrapped, key.made_at, key.used_from])?;
    Ok(())
}

/// At the start of a process: takes up all keys, and makes the first in a new database.
pub fn begin(store: &Store, sealer: &std::sync::Arc<Sealer>, now: Instant) -> Result<(), KeyError> {
    let mut keys = store.read_blocking(all)?;
    if keys.is_empty() {
        let first = sealer.data_key(1, Algorithm::Aes256Gcm, now, 0);
        // Of two processes that begin at once the first one's key stays.
        keys = store.write_blocking("key.begin", move |tx| {
            add(tx, &first)?;
            all(tx)
        })?;
    }
    sealer.learn(&keys, now)?;
    Ok(())
}

/// A new data key for everything that is sealed after [`KEY_NOTICE_MS`]. What was sealed before stays as it is.
pub fn rotate(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sealer: &Sealer,
    algorithm: Algorithm,
) -> Result<DataKey, KeyError> {
    let keys = all(tx)?;
    let newest = keys.last().map_or((0, 0), |key| (key.number, key.used_from));
    if newest.1 > ctx.now.0 {
        return Err(KeyError::TooSoon((newest.1 - ctx.now.0 + 999) / 1000));
    }
    let key = sealer.data_key(newest.0 + 1, algorithm, ctx.now, ctx.now.0 + KEY_NOTICE_MS);
    add(tx, &key)?;
    let body = serde_json::json!({ "number": key.number, "algorithm": algorithm.code() });
    journal::append(tx, ctx, journal::Note { verb: "key.rotated", case: 0, task: 0, body })?;
    Ok(key)
}
