//! The data keys in the database, and the change to a new one while every process goes on working.

use yimen_standards::time::Instant;
use yimen_store::{Read, Store, StoreError, Tx, params, row, sql};

use crate::{Algorithm, Ctx, DataKey, KEY_NOTICE_MS, SealError, Sealer, journal, setting};

/// How long a data key stays after another took its place: what is under way sealed (a form that is open, a sign-in that
/// is not done, a log of scans) has come to its end by then.
pub const RETIRE_AFTER_MS: i64 = 24 * 3_600_000;

sql! {
    ALL = "select /* scan: a handful of keys */ number, algorithm, wrapped, made_at, used_from from platform_key
        order by number";

    ADD = "insert into platform_key (number, algorithm, wrapped, made_at, used_from) values ($1, $2, $3, $4, $5)
        on conflict (number) do nothing";

    WRAP = "update platform_key set wrapped = $2 where number = $1";

    DROP = "delete from platform_key where number = $1";
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
    #[error(
        "数据库的主密钥已经更换，这台服务器用的还是原来的。请先把新的 keys/master.key 复制到这台服务器，等几秒再试。"
    )]
    OtherMaster,
    #[error("没有第 {0} 把数据密钥。用 yimen key list 查看各把密钥。")]
    NoSuchKey(u32),
    #[error("第 {0} 把数据密钥正在使用或将要使用，不能删除。先用 yimen key rotate 换用新的一把。")]
    InUse(u32),
    #[error("第 {0} 把数据密钥要到 {1} 才能删除：停用满一天，用它加密的未完成的操作才都已结束。")]
    NotYet(u32, String),
}

pub fn all(q: &mut Read<'_>) -> Result<Vec<DataKey>, StoreError> {
    let rows: Vec<KeyRow> = q.all(&ALL, params![])?;
    let key = |row: KeyRow| {
        let unknown = || StoreError::Corrupt(format!("data key {} ({})", row.number, row.algorithm));
        Ok(DataKey {
            number: u32::try_from(row.number).map_err(|_| unknown())?,
            algorithm: DataKey::algorithm_of(&row.algorithm).ok_or_else(unknown)?,
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
    tx.exec(&ADD, params![number, key.code(), wrapped, key.made_at, key.used_from])?;
    Ok(())
}

/// At the start of a process: takes up all keys, and makes those of a new database.
pub fn begin(store: &Store, sealer: &std::sync::Arc<Sealer>, now: Instant) -> Result<(), KeyError> {
    let mut keys = store.read_blocking(all)?;
    let has_index = keys.iter().any(|key| key.algorithm.is_none());
    if !has_index || keys.len() == 1 {
        let first = [sealer.index_key(now), sealer.data_key(1, Algorithm::Aes256Gcm, now, 0)];
        // Of two processes that begin at once the first one's keys stay.
        keys = store.write_blocking("key.begin", move |tx| {
            first.iter().try_for_each(|key| add(tx, key))?;
            all(tx)
        })?;
    }
    sealer.learn(&keys, now)?;
    Ok(())
}

/// Refuses who still has the master key of before: what it wraps nobody else could open. Nobody changes the master key
/// meanwhile.
fn under_its_master(tx: &mut Tx<'_>, sealer: &Sealer) -> Result<(), KeyError> {
    setting::hold(tx, setting::KEY_FINGERPRINT)?;
    match setting::get(tx, setting::KEY_FINGERPRINT)? {
        Some(wants) if wants != sealer.fingerprint() => Err(KeyError::OtherMaster),
        _ => Ok(()),
    }
}

/// A new data key for everything that is sealed after [`KEY_NOTICE_MS`]. What was sealed before stays as it is.
pub fn rotate(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sealer: &Sealer,
    algorithm: Algorithm,
) -> Result<DataKey, KeyError> {
    under_its_master(tx, sealer)?;
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

/// Wraps every key by another master key; data and indexes stay as they are. Who still has the old master key works on until
/// the next data key, which it can neither make nor take up.
pub fn change_master(tx: &mut Tx<'_>, ctx: &Ctx, old: &Sealer, new: &Sealer) -> Result<usize, KeyError> {
    under_its_master(tx, old)?;
    let keys = all(tx)?;
    for key in &keys {
        let anew = old.wrapped_anew(key, new)?;
        tx.put_one(&WRAP, params![i64::from(key.number), anew.wrapped.as_slice()])?;
    }
    setting::set(tx, setting::KEY_FINGERPRINT, &new.fingerprint())?;
    let body = serde_json::json!({ "from": old.fingerprint(), "to": new.fingerprint() });
    journal::append(tx, ctx, journal::Note { verb: "key.master_changed", case: 0, task: 0, body })?;
    Ok(keys.len())
}

/// Whether a data key may be deleted, as far as its time is concerned; that nothing is sealed with it must be seen first.
pub fn may_retire(keys: &[DataKey], number: u32, now: Instant) -> Result<(), KeyError> {
    let known = keys.iter().any(|key| key.number == number && key.algorithm.is_some());
    if !known {
        return Err(KeyError::NoSuchKey(number));
    }
    let after = keys.iter().filter(|key| key.number > number).map(|key| key.used_from).min();
    match after {
        None => Err(KeyError::InUse(number)),
        Some(from) if from > now.0 => Err(KeyError::InUse(number)),
        Some(from) if from + RETIRE_AFTER_MS > now.0 => {
            Err(KeyError::NotYet(number, Instant(from + RETIRE_AFTER_MS).zh().to_string()))
        }
        Some(_) => Ok(()),
    }
}

/// Puts a deleted key back, because something was still sealed with it.
pub fn put_back(tx: &mut Tx<'_>, ctx: &Ctx, key: &DataKey) -> Result<(), KeyError> {
    add(tx, key)?;
    let body = serde_json::json!({ "number": key.number });
    journal::append(tx, ctx, journal::Note { verb: "key.put_back", case: 0, task: 0, body })?;
    Ok(())
}

/// The keys, and whether they are wrapped by the master key this process has.
pub fn seen(q: &mut Read<'_>, sealer: &Sealer) -> Result<(Vec<DataKey>, bool), StoreError> {
    let wants = setting::get(q, setting::KEY_FINGERPRINT)?;
    Ok((all(q)?, wants.is_none_or(|wants| wants == sealer.fingerprint())))
}

/// Deletes a data key that sealed nothing any more. What it sealed elsewhere, in backups, opens with the copy in them.
pub fn retire(tx: &mut Tx<'_>, ctx: &Ctx, number: u32) -> Result<(), KeyError> {
    may_retire(&all(tx)?, number, ctx.now)?;
    tx.put_one(&DROP, params![i64::from(number)])?;
    let body = serde_json::json!({ "number": number });
    journal::append(tx, ctx, journal::Note { verb: "key.retired", case: 0, task: 0, body })?;
    Ok(())
}
