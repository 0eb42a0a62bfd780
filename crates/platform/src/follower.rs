//! Followers: work that follows the journal with a cursor, applies each entry once in effect and never skips one.
//!
//! On PostgreSQL entries may commit out of order. A follower reads in the order of (transaction, seq) and only below
//! the horizon, under which no transaction is open any more, so nothing can appear behind its cursor.

use yimen_store::{Read, Store, StoreError, Tx, params, row, sql};

use crate::Ctx;
use crate::journal::Entry;

sql! {
    CURSOR = "select txid, seq from platform_follower where name = $1";

    START = "insert into platform_follower (name, txid, seq, updated_at) values ($1, $2, $2, $3)
        on conflict (name) do nothing";

    ADVANCE = "update platform_follower set txid = $1, seq = $2, updated_at = $3
        where name = $4 and txid = $5 and seq = $6";

    REST_OF_TRANSACTION = "select seq, txid, at, verb, actor_kind, actor_id, actor_name, department, office, case_id,
        task_id, request, body from platform_journal
        where txid = $1 and seq > $2 and txid < $3 order by seq limit $4";

    LATER_TRANSACTIONS = "select seq, txid, at, verb, actor_kind, actor_id, actor_name, department, office, case_id,
        task_id, request, body from platform_journal
        where txid > $1 and txid < $2 order by txid, seq limit $3";

    REWIND = "update platform_follower set txid = $2, seq = $2, updated_at = $3 where name = $1";
}

row! {
    struct Cursor {
        txid: i64,
        seq: i64,
    }
}

/// Before every entry. Restored journals have transaction numbers below zero.
const BEGINNING: i64 = i64::MIN;

/// How many entries one step takes at most.
const BATCH: i64 = 500;

/// Takes the next entries one by one. Returns how many were applied; 0 means it has caught up.
pub async fn step<F>(store: &Store, name: &'static str, ctx: &Ctx, apply: F) -> Result<usize, StoreError>
where
    F: Fn(&mut Tx, &Ctx, &Entry) -> Result<(), StoreError> + Send + Sync + 'static,
{
    let all = move |tx: &mut Tx, ctx: &Ctx, entries: &[Entry]| {
        entries.iter().try_for_each(|entry| apply(tx, ctx, entry))
    };
    batch(store, name, ctx, BATCH, all).await
}

/// Takes up to `limit` of the next entries together, in the transaction that also moves the cursor.
pub async fn batch<F>(
    store: &Store,
    name: &'static str,
    ctx: &Ctx,
    limit: i64,
    apply: F,
) -> Result<usize, StoreError>
where
    F: Fn(&mut Tx, &Ctx, &[Entry]) -> Result<(), StoreError> + Send + Sync + 'static,
{
    let ctx = ctx.clone();
    store
        .write(name, move |tx| {
            tx.put(&START, params![name, BEGINNING, ctx.now.0])?;
            let cursor: Cursor = tx.one(&CURSOR, params![name])?;
            let entries = read(tx, &cursor, limit)?;
            if let Some(last) = entries.last() {
                // First, so that a second node with the same entries waits here and finds the cursor moved.
                let at = ctx.now.0;
                tx.put_one(&ADVANCE, params![last.txid, last.seq, at, name, cursor.txid, cursor.seq])?;
                apply(tx, &ctx, &entries)?;
            }
            Ok(entries.len())
        })
        .await
}

fn read(q: &mut Read, cursor: &Cursor, limit: i64) -> Result<Vec<Entry>, StoreError> {
    let horizon = q.horizon()?;
    // Asked in two steps, because neither engine follows an index through `(txid, seq) > (…)` as well.
    let mut entries: Vec<Entry> =
        q.all(&REST_OF_TRANSACTION, params![cursor.txid, cursor.seq, horizon, limit])?;
    let room = limit - entries.len() as i64;
    if room > 0 {
        entries.extend(q.all::<Entry>(&LATER_TRANSACTIONS, params![cursor.txid, horizon, room])?);
    }
    Ok(entries)
}

/// Sends a follower back to the beginning, to rebuild what it keeps.
pub fn rewind(tx: &mut Tx, ctx: &Ctx, name: &str) -> Result<(), StoreError> {
    tx.put(&REWIND, params![name, BEGINNING, ctx.now.0])
}
