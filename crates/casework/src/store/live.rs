//! Cases on their way and live tasks as the board's memory takes them in: all of them once, then those that changed.

use yimen_standards::time::Instant;
use yimen_store::{Read, StoreError, Value, params, row, sql};

/// Cases asked for by one statement; also the number of placeholders below.
pub const LOT: usize = 50;

macro_rules! lot {
    () => {
        "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
          $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46,
          $47, $48, $49, $50)"
    };
}

sql! {
    ON_THEIR_WAY = "select /* scan: every case on its way, once, by an index of their own */
        id, lead, service, office, state, stopped_since, running from casework_case where running is not null";

    LIVE_TASKS = "select /* scan: every live task, once, by the index of inboxes */
        id, owner, state, running from casework_task
        where (state = 'open' or state = 'claimed' or state = 'returned')";

    CASES = concat!(
        "select id, lead, service, office, state, stopped_since, running from casework_case where id in ", lot!()
    );

    TASKS = concat!(
        "select id, owner, state, running from casework_task where case_id in ", lot!()
    );
}

row! {
    /// What the board counts of a case.
    pub struct CaseMark {
        pub id: i64,
        pub lead: String,
        pub service: String,
        pub office: String,
        pub state: String,
        pub stopped_since: Option<Instant>,
        /// Null when it is not on its way.
        pub running: Option<i64>,
    }

    /// What the board counts of a task.
    pub struct TaskMark {
        pub id: i64,
        pub owner: String,
        pub state: String,
        pub due: i64,
    }
}

/// Every case on its way.
pub fn cases_on_their_way<F>(q: &mut Read<'_>, mut take: F) -> Result<(), StoreError>
where
    F: FnMut(CaseMark) -> Result<(), StoreError>,
{
    q.each(&ON_THEIR_WAY, params![], |row| take(yimen_store::FromRow::from_row(row)?))
}

/// Every live task.
pub fn live_tasks<F>(q: &mut Read<'_>, mut take: F) -> Result<(), StoreError>
where
    F: FnMut(TaskMark) -> Result<(), StoreError>,
{
    q.each(&LIVE_TASKS, params![], |row| take(yimen_store::FromRow::from_row(row)?))
}

/// These cases as they are, on their way or not; at most `LOT`.
pub fn cases(q: &mut Read<'_>, ids: &[i64]) -> Result<Vec<CaseMark>, StoreError> {
    q.all(&CASES, &placed(ids))
}

/// Every task of these cases, live or not; at most `LOT` cases.
pub fn tasks(q: &mut Read<'_>, cases: &[i64]) -> Result<Vec<TaskMark>, StoreError> {
    q.all(&TASKS, &placed(cases))
}

/// No row has the id 0, which fills the places that are left.
fn placed(ids: &[i64]) -> [Value<'static>; LOT] {
    let mut values = [const { Value::Int(0) }; LOT];
    for (value, id) in values.iter_mut().zip(ids) {
        *value = Value::Int(*id);
    }
    values
}
