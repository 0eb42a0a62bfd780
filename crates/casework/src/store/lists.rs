//! Lists: a person's cases, a window's queues, a queue of tasks. Each is one index range;
//! nothing here grows with the number of cases, services or permissions.

use yimen_standards::time::Instant;
use yimen_store::{Read, StoreError, params, row, sql};

/// Sorts what runs towards nothing behind all others.
pub const NO_DUE: i64 = 9_007_199_254_740_991;

sql! {
    MINE = "select id, number, service, version_id, state, outcome, applicant_name, office, created_at, submitted_at,
        promised_due, precheck_due, correction_due, supplied_at, stopped_since, accepted_at
        from casework_case where applicant = $1 and id < $2 order by id desc limit $3";

    MINE_OPEN = "select id, number, service, version_id, state, outcome, applicant_name, office, created_at, submitted_at,
        promised_due, precheck_due, correction_due, supplied_at, stopped_since, accepted_at
        from casework_case where applicant = $1 and id < $2 and closed_at is null order by id desc limit $3";

    MINE_OVER = "select id, number, service, version_id, state, outcome, applicant_name, office, created_at, submitted_at,
        promised_due, precheck_due, correction_due, supplied_at, stopped_since, accepted_at
        from casework_case where applicant = $1 and id < $2 and closed_at is not null and submitted_at is not null
        order by id desc limit $3";

    MY_BILLS = "select b.case_id, b.id, b.total from casework_case c join casework_bill b on b.case_id = c.id
        where c.applicant = $1 and c.closed_at is null and c.bills > 0 and b.state = 'due' order by b.id limit $2";

    AT_OFFICE = "select id, number, service, version_id, state, outcome, applicant_name, office, created_at, submitted_at,
        promised_due, precheck_due, correction_due, supplied_at, stopped_since, accepted_at
        from casework_case where office = $1 and state = $2 and closed_at is null and id > $3 order by id limit $4";

    BY_NUMBER = "select id, number, service, version_id, state, outcome, applicant_name, office, created_at, submitted_at,
        promised_due, precheck_due, correction_due, supplied_at, stopped_since, accepted_at
        from casework_case where number = $1";

    BY_NAME = "select id, number, service, version_id, state, outcome, applicant_name, office, created_at, submitted_at,
        promised_due, precheck_due, correction_due, supplied_at, stopped_since, accepted_at
        from casework_case where applicant_name = $1 order by id desc limit $2";

    INBOX = "select t.id, t.case_id, c.number, c.service, c.version_id, t.name, t.kind, t.state, t.assignee,
        t.assignee_name, t.opened_at, t.due_at, t.note, c.applicant_name,
        case when c.state = 'in_review' then c.promised_due end as promised_due, c.stopped_since, c.accepted_at, t.running from casework_task t join casework_case c on c.id = t.case_id
        where t.owner = $1 and (t.state = 'open' or t.state = 'claimed' or t.state = 'returned')
        and (t.running, t.id) > ($2, $3)
        order by t.running, t.id limit $4";

    MY_TASKS = "select t.id, t.case_id, c.number, c.service, c.version_id, t.name, t.kind, t.state, t.assignee,
        t.assignee_name, t.opened_at, t.due_at, t.note, c.applicant_name,
        case when c.state = 'in_review' then c.promised_due end as promised_due, c.stopped_since, c.accepted_at, t.running from casework_task t join casework_case c on c.id = t.case_id
        where t.assignee = $1 and t.state in ('claimed', 'returned')
        and (t.running, t.id) > ($2, $3)
        order by t.running, t.id limit $4";

    RETURNED_AT_OFFICE = "select t.id, t.case_id, c.number, c.service, c.version_id, t.name, t.kind, t.state, t.assignee,
        t.assignee_name, t.opened_at, t.due_at, t.note, c.applicant_name,
        case when c.state = 'in_review' then c.promised_due end as promised_due, c.stopped_since, c.accepted_at, t.running from casework_task t join casework_case c on c.id = t.case_id
        where t.office = $1 and t.state = 'returned' and t.id > $2 and c.state = 'in_review'
        order by t.id limit $3";

    DRAFTS_OF = "select id, number, service, version_id, state, outcome, applicant_name, office, created_at, submitted_at,
        promised_due, precheck_due, correction_due, supplied_at, stopped_since, accepted_at
        from casework_case where created_by = $1 and channel = 'window' and state = 'draft' and closed_at is null
        and office = $2 and id > $3 order by id limit $4";

    // As many people as a clerk's search names; a place not needed holds 0, which is nobody.
    OF_PARTIES = "select id, number, service, version_id, state, outcome, applicant_name, office, created_at, submitted_at,
        promised_due, precheck_due, correction_due, supplied_at, stopped_since, accepted_at
        from casework_case where applicant in ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
        $17, $18, $19, $20) and office = $21 and submitted_at is not null order by id desc limit $22";

    COUNT_AT_OFFICE = "select count(*) as n from (select id from casework_case where office = $1 and state = $2
        and closed_at is null limit $3) as counted";

    COUNT_INBOX = "select count(*) as n from (select id from casework_task where owner = $1
        and (state = 'open' or state = 'claimed' or state = 'returned') limit $2) as counted";
}

row! {
    struct Count {
        n: i64,
    }

    /// A case in a list.
    #[derive(Debug, Clone)]
    pub struct CaseItem {
        pub id: i64,
        pub number: String,
        pub service: String,
        pub version_id: i64,
        pub state: String,
        pub outcome: String,
        pub applicant_name: String,
        pub office: String,
        pub created_at: Instant,
        pub submitted_at: Option<Instant>,
        pub promised_due: Option<Instant>,
        pub precheck_due: Option<Instant>,
        pub correction_due: Option<Instant>,
        /// When the last correction notice was answered.
        pub supplied_at: Option<Instant>,
        pub stopped_since: Option<Instant>,
        pub accepted_at: Option<Instant>,
    }

    /// A bill that waits for its payer.
    #[derive(Debug, Clone)]
    pub struct DueBill {
        pub case_id: i64,
        pub id: i64,
        pub total: i64,
    }

    /// A task in an inbox.
    #[derive(Debug, Clone)]
    pub struct TaskItem {
        pub id: i64,
        pub case_id: i64,
        pub number: String,
        pub service: String,
        pub version_id: i64,
        pub name: String,
        pub kind: String,
        pub state: String,
        pub assignee: Option<i64>,
        pub assignee_name: String,
        pub opened_at: Option<Instant>,
        pub due_at: Option<Instant>,
        pub note: String,
        pub applicant_name: String,
        pub promised_due: Option<Instant>,
        pub stopped_since: Option<Instant>,
        pub accepted_at: Option<Instant>,
        /// The key it is sorted by: its own limit or the promise of its case, whichever comes first.
        pub running: i64,
    }

}

/// Where a page of tasks begins: after this due time and id.
#[derive(Debug, Clone, Copy, Default)]
pub struct TaskCursor {
    pub due: i64,
    pub id: i64,
}

impl TaskCursor {
    pub fn after(item: &TaskItem) -> Self {
        Self { due: item.running, id: item.id }
    }
}

/// An applicant's cases, the newest first; `before` is the id of the last one seen.
pub fn mine(
    q: &mut Read<'_>,
    party: i64,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<CaseItem>, StoreError> {
    q.all(&MINE, params![party, before.unwrap_or(i64::MAX), limit])
}

/// An applicant's cases that are not over, drafts among them; the newest first.
pub fn mine_open(
    q: &mut Read<'_>,
    party: i64,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<CaseItem>, StoreError> {
    q.all(&MINE_OPEN, params![party, before.unwrap_or(i64::MAX), limit])
}

/// An applicant's cases that are over; a draft that was dropped is none of them.
pub fn mine_over(
    q: &mut Read<'_>,
    party: i64,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<CaseItem>, StoreError> {
    q.all(&MINE_OVER, params![party, before.unwrap_or(i64::MAX), limit])
}

/// What an applicant still has to pay.
pub fn my_bills(q: &mut Read<'_>, party: i64, limit: i64) -> Result<Vec<DueBill>, StoreError> {
    q.all(&MY_BILLS, params![party, limit])
}

/// Cases of an office in one state, the oldest first.
pub fn at_office(
    q: &mut Read<'_>,
    office: &str,
    state: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<CaseItem>, StoreError> {
    q.all(&AT_OFFICE, params![office, state, after, limit])
}

pub fn by_number(q: &mut Read<'_>, number: &str) -> Result<Option<CaseItem>, StoreError> {
    q.opt(&BY_NUMBER, params![number])
}

pub fn by_name(q: &mut Read<'_>, name: &str, limit: i64) -> Result<Vec<CaseItem>, StoreError> {
    q.all(&BY_NAME, params![name, limit])
}

/// The live tasks of an owner by what they run towards.
pub fn inbox(
    q: &mut Read<'_>,
    owner: &str,
    after: TaskCursor,
    limit: i64,
) -> Result<Vec<TaskItem>, StoreError> {
    q.all(&INBOX, params![owner, after.due, after.id, limit])
}

pub fn my_tasks(
    q: &mut Read<'_>,
    account: i64,
    after: TaskCursor,
    limit: i64,
) -> Result<Vec<TaskItem>, StoreError> {
    q.all(&MY_TASKS, params![account, after.due, after.id, limit])
}

/// Tasks of this office's cases that departments sent back, the oldest first.
pub fn returned_at_office(
    q: &mut Read<'_>,
    office: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<TaskItem>, StoreError> {
    q.all(&RETURNED_AT_OFFICE, params![office, after, limit])
}

/// What a clerk began to fill in at the counter and has not handed in.
pub fn drafts_of(
    q: &mut Read<'_>,
    clerk: i64,
    office: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<CaseItem>, StoreError> {
    q.all(&DRAFTS_OF, params![clerk, office, after, limit])
}

/// How many people one search can name.
pub const PARTIES: usize = 20;

/// What these people handed in at an office, the newest first; of more than [`PARTIES`] only the first.
pub fn of_parties(
    q: &mut Read<'_>,
    parties: &[i64],
    office: &str,
    limit: i64,
) -> Result<Vec<CaseItem>, StoreError> {
    let mut id = [0_i64; PARTIES];
    for (place, party) in id.iter_mut().zip(parties) {
        *place = *party;
    }
    q.all(
        &OF_PARTIES,
        params![
            id[0], id[1], id[2], id[3], id[4], id[5], id[6], id[7], id[8], id[9], id[10], id[11], id[12],
            id[13], id[14], id[15], id[16], id[17], id[18], id[19], office, limit
        ],
    )
}

/// How many cases of an office are in a state, counted up to `most`.
pub fn count_at_office(q: &mut Read<'_>, office: &str, state: &str, most: i64) -> Result<i64, StoreError> {
    let count: Count = q.one(&COUNT_AT_OFFICE, params![office, state, most])?;
    Ok(count.n)
}

/// How many live tasks an owner has, counted up to `most`.
pub fn count_inbox(q: &mut Read<'_>, owner: &str, most: i64) -> Result<i64, StoreError> {
    let count: Count = q.one(&COUNT_INBOX, params![owner, most])?;
    Ok(count.n)
}
