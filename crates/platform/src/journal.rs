//! The journal: one entry for each command, written in the command's own transaction and never changed.

use serde::Serialize;
use yimen_standards::time::Instant;
use yimen_store::{Read, StoreError, Tx, params, row, sql};

use crate::Ctx;

sql! {
    APPEND = "insert into platform_journal
        (at, verb, actor_kind, actor_id, actor_name, department, office, case_id, task_id, request, body)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

    OF_CASE = "select seq, txid, at, verb, actor_kind, actor_id, actor_name, department, office, case_id, task_id,
        request, body from platform_journal where case_id = $1 and seq > $2 order by seq limit $3";

    BETWEEN = "select seq, txid, at, verb, actor_kind, actor_id, actor_name, department, office, case_id, task_id,
        request, body from platform_journal where seq >= $1 and seq <= $2 order by seq";

    COUNT = "select /* scan: counts the whole journal, for its verification only */ count(*) from platform_journal";
}

row! {
    /// One entry, as followers and history pages read it.
    pub struct Entry {
        pub seq: i64,
        pub txid: i64,
        pub at: Instant,
        pub verb: String,
        pub actor_kind: String,
        pub actor_id: i64,
        pub actor_name: String,
        pub department: String,
        pub office: String,
        pub case_id: i64,
        pub task_id: i64,
        pub request: String,
        pub body: String,
    }
}

impl Entry {
    pub fn body(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or(serde_json::Value::Null)
    }
}

/// What a command did to a case (0 where there is none) and one of its tasks (0 where none).
pub struct Note<'a, B: Serialize> {
    pub verb: &'a str,
    pub case: i64,
    pub task: i64,
    /// Facts of the act; no identity numbers, phones or addresses.
    pub body: B,
}

pub fn append<B: Serialize>(tx: &mut Tx, ctx: &Ctx, note: Note<'_, B>) -> Result<(), StoreError> {
    let body = serde_json::to_string(&note.body).map_err(|e| StoreError::Other(e.to_string()))?;
    let (department, office) = match ctx.actor.staff() {
        Some(s) => (s.department.as_str(), s.office.as_str()),
        None => ("", ""),
    };
    tx.put(
        &APPEND,
        params![
            ctx.now.0,
            note.verb,
            ctx.actor.kind(),
            ctx.actor.account(),
            ctx.actor.name(),
            department,
            office,
            note.case,
            note.task,
            &*ctx.request,
            &body
        ],
    )
}

/// The entries of one case in order, after `seq`.
pub fn of_case(q: &mut Read, case: i64, after: i64, limit: i64) -> Result<Vec<Entry>, StoreError> {
    q.all(&OF_CASE, params![case, after, limit])
}

/// The entries with numbers from `first` to `last`; the caller sees to it that they are not too many.
pub fn between(q: &mut Read, first: i64, last: i64) -> Result<Vec<Entry>, StoreError> {
    q.all(&BETWEEN, params![first, last])
}

/// How many entries there are in all.
pub fn count(q: &mut Read) -> Result<u64, StoreError> {
    let (count,): (i64,) = q.one(&COUNT, params![])?;
    Ok(count.unsigned_abs())
}
