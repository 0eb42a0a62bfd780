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

    // A look back in time goes through so many entries ($5) and no further; of these it gives what fits. What is asked for is
    // named by a pattern, so that all, a domain's and one kind of act are asked alike.
    BACKWARD = "select seq, txid, at, verb, actor_kind, actor_id, actor_name, department, office, case_id, task_id,
        request, body
        from (select * from platform_journal where at < $1 and (at, seq) < ($2, $3) and at >= $4
            order by at desc, seq desc limit $5) few
        where verb like $6 order by at desc, seq desc limit $7";

    REACHED = "select at, seq from platform_journal where at < $1 and (at, seq) < ($2, $3) and at >= $4
        order by at desc, seq desc limit 1 offset $5";

    BACKWARD_OF_STAFF = "select seq, txid, at, verb, actor_kind, actor_id, actor_name, department, office, case_id,
        task_id, request, body
        from (select * from platform_journal where actor_kind = 'staff' and actor_id = $8 and at < $1
            and (at, seq) < ($2, $3) and at >= $4 order by at desc, seq desc limit $5) few
        where verb like $6 order by at desc, seq desc limit $7";

    REACHED_OF_STAFF = "select at, seq from platform_journal where actor_kind = 'staff' and actor_id = $6 and at < $1
        and (at, seq) < ($2, $3) and at >= $4 order by at desc, seq desc limit 1 offset $5";

    // A case has few entries.
    BACKWARD_OF_CASE = "select seq, txid, at, verb, actor_kind, actor_id, actor_name, department, office, case_id,
        task_id, request, body from platform_journal
        where case_id = $6 and at < $1 and (at, seq) < ($2, $3) and at >= $4 and verb like $5
        order by at desc, seq desc limit $7";

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

/// What an auditor looks for.
#[derive(Debug, Clone)]
pub struct Search {
    pub from: Instant,
    /// Not this instant any more.
    pub until: Instant,
    /// A kind of act, the beginning of one and `%`, or `%` for all.
    pub verb: String,
    /// The account of one member of staff.
    pub staff: Option<i64>,
    pub case: Option<i64>,
}

/// Where a look back goes on: before this instant and number.
pub type Before = (Instant, i64);

/// The newest entries that fit, as far as one look reached.
pub struct Found {
    pub entries: Vec<Entry>,
    /// Where the next look goes on; None at the end.
    pub before: Option<Before>,
}

/// At most `limit` entries before a place in time, the newest first. It goes through `look` entries at most and says how far
/// it came: a journal of any length makes it no longer.
pub fn search(
    q: &mut Read,
    search: &Search,
    before: Option<Before>,
    limit: i64,
    look: i64,
) -> Result<Found, StoreError> {
    let Search { from, until, verb, staff, case } = search;
    let (at, seq) = before.unwrap_or((Instant(i64::MAX), i64::MAX));
    let (from, until, verb, most) = (*from, *until, verb.as_str(), limit + 1);
    let (mut entries, reached): (Vec<Entry>, Option<Before>) = match (*staff, *case) {
        (staff, Some(case)) => {
            let mut all: Vec<Entry> =
                q.all(&BACKWARD_OF_CASE, params![until, at, seq, from, verb, case, i64::MAX])?;
            all.retain(|entry| staff.is_none_or(|account| is_by_staff(entry, account)));
            (all, None)
        }
        (Some(account), None) => (
            q.all(&BACKWARD_OF_STAFF, params![until, at, seq, from, look, verb, most, account])?,
            q.opt(&REACHED_OF_STAFF, params![until, at, seq, from, look - 1, account])?,
        ),
        (None, None) => (
            q.all(&BACKWARD, params![until, at, seq, from, look, verb, most])?,
            q.opt(&REACHED, params![until, at, seq, from, look - 1])?,
        ),
    };
    let more = entries.len() as i64 > limit;
    entries.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let last = entries.last().filter(|_| more).map(|entry| (entry.at, entry.seq));
    Ok(Found { entries, before: last.or(reached) })
}

fn is_by_staff(entry: &Entry, account: i64) -> bool {
    entry.actor_kind == "staff" && entry.actor_id == account
}

/// How many entries there are in all.
pub fn count(q: &mut Read) -> Result<u64, StoreError> {
    let (count,): (i64,) = q.one(&COUNT, params![])?;
    Ok(count.unsigned_abs())
}
