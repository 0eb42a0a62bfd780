//! A department's inbox: its live tasks by what they run towards, how many there are of each urgency, and what waits for what.

use yimen_standards::time::Instant;
use yimen_store::{Read, StoreError, Value, params, row, sql};

/// Rows of one page; also the number of placeholders in `UNFINISHED`.
pub const PAGE: usize = 50;
/// Counting stops one above what pages show: 999+.
const CAP: i64 = 1000;

/// What keeps the clock of a task's case from running, and until when: the last to end, where there are several.
macro_rules! stop {
    () => {
        "case when c.stopped_since is not null then (select s.name from casework_stop s where s.case_id = c.id
             and s.ended_at is null order by coalesce(s.planned_to, 9007199254740991) desc, s.id limit 1) end as stop_name,
         case when c.stopped_since is not null then (select s.planned_to from casework_stop s where s.case_id = c.id
             and s.ended_at is null order by coalesce(s.planned_to, 9007199254740991) desc, s.id limit 1) end as stop_until"
    };
}

macro_rules! rows {
    ($condition:literal) => {
        concat!(
            "select t.id, t.case_id, c.number, t.service, c.version_id, t.step, t.name, t.kind, t.state, t.assignee,
             t.assignee_name, t.opened_at, t.due_at, t.note, c.applicant_name,
             case when c.state = 'in_review' then c.promised_due end as promised_due, c.stopped_since, c.lead,
             c.accepted_at, t.running, ",
            stop!(),
            " from casework_task t join casework_case c on c.id = t.case_id where ",
            $condition,
            " and (t.running, t.id) > ($2, $3)
             and t.running >= $2 and t.running < $4
             and ($5 = '' or t.state = $5) and ($6 = '' or t.service = $6)
             order by t.running, t.id limit $7"
        )
    };
}

/// How many tasks of each urgency, each counted up to the cap. Read from the index alone. Filters are left out where there
/// are none: they would be asked at each of thousands of entries.
macro_rules! counts {
    ($condition:literal, $filter:literal, $cap:literal) => {
        concat!(
            "select (select count(*) from (select 1 as one from casework_task t where ",
            $condition,
            $filter,
            " and t.running < $2 limit ",
            $cap,
            ") as severe),
             (select count(*) from (select 1 as one from casework_task t where ",
            $condition,
            $filter,
            " and t.running >= $2 and t.running < $3
              limit ",
            $cap,
            ") as late),
             (select count(*) from (select 1 as one from casework_task t where ",
            $condition,
            $filter,
            " and t.running >= $3 and t.running < $4
              limit ",
            $cap,
            ") as soon),
             (select count(*) from (select 1 as one from casework_task t where ",
            $condition,
            $filter,
            " and t.running >= $4
              and t.running < 9007199254740991 limit ",
            $cap,
            ") as normal),
             (select count(*) from (select 1 as one from casework_task t where ",
            $condition,
            $filter,
            " and t.running = 9007199254740991 and t.stopped = 0 limit ",
            $cap,
            ") as endless),
             (select count(*) from (select 1 as one from casework_task t where ",
            $condition,
            $filter,
            " and t.running = 9007199254740991 and t.stopped = 1 limit ",
            $cap,
            ") as stopped)"
        )
    };
}

/// How many tasks each view holds, each counted up to the cap.
macro_rules! views {
    ($filter:literal, $cap:literal) => {
        concat!(
            "select
        (select count(*) from (select 1 as one from casework_task
          where owner = $1 and (state = 'open' or state = 'claimed' or state = 'returned')",
            $filter,
            " limit ",
            $cap,
            ") as everything),
        (select count(*) from (select 1 as one from casework_task
          where assignee = $2 and state in ('claimed', 'returned') and owner = $1",
            $filter,
            " limit ",
            $cap,
            ") as own),
        (select count(*) from (select 1 as one from casework_task
          where owner = $1 and (state = 'open' or state = 'claimed' or state = 'returned') and state = 'open'",
            $filter,
            "
          limit ",
            $cap,
            ") as unclaimed)"
        )
    };
}

sql! {
    OF_OWNER = rows!("t.owner = $1 and (t.state = 'open' or t.state = 'claimed' or t.state = 'returned')");

    OF_ACCOUNT = rows!("t.assignee = $1 and t.state in ('claimed', 'returned') and t.owner = $8");

    COUNTS_OF_OWNER = counts!("t.owner = $1 and (t.state = 'open' or t.state = 'claimed' or t.state = 'returned')", "", "$5");

    FILTERED_COUNTS_OF_OWNER = counts!("t.owner = $1 and (t.state = 'open' or t.state = 'claimed' or t.state = 'returned')",
        " and ($6 = '' or t.state = $6) and ($7 = '' or t.service = $7)", "$5");

    COUNTS_OF_ACCOUNT = counts!("t.assignee = $1 and t.state in ('claimed', 'returned') and t.owner = $6",
        " and ($7 = '' or t.state = $7) and ($8 = '' or t.service = $8)", "$5");

    VIEWS = views!("", "$3");

    FILTERED_VIEWS = views!(" and service = $4", "$3");

    /// Cases of a department in which its own part waits for others, and which it has been sent already.
    WAITING = concat!("select /* scan: walks the index of cases on their way until a page is full */ t.id, t.case_id, c.number, t.service, c.version_id, t.step, t.name, t.kind, t.state, t.assignee,
        t.assignee_name, t.opened_at, t.due_at, t.note, c.applicant_name, c.promised_due, c.stopped_since, c.lead, c.accepted_at,
        c.running, ", stop!(), " from casework_case c join casework_task t on t.case_id = c.id
        where c.running is not null and c.lead = $1 and c.state = 'in_review'
        and c.running >= $3
        and (c.running, c.id) > ($3, $4)
        and t.owner = $2 and t.state = 'waiting' and t.kind in ('review', 'decision', 'registration')
        and exists (select 1 from casework_task s where s.case_id = c.id and s.owner = $2
            and s.state in ('open', 'claimed', 'returned', 'done'))
        and not exists (select 1 from casework_task w where w.case_id = c.id and w.owner = $2 and w.state = 'waiting'
            and w.kind in ('review', 'decision', 'registration') and w.id < t.id)
        order by c.running, c.id limit $5");

    UNFINISHED = "select id, case_id, step, name, kind, owner, state, assignee_name, after_steps, due_at
        from casework_task where state in ('waiting', 'open', 'claimed', 'returned') and case_id in (
        $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25,
        $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48,
        $49, $50) order by case_id, id";
}

row! {
    /// A task in an inbox, with what a row says of its case.
    #[derive(Debug, Clone)]
    pub struct InboxTask {
        pub id: i64,
        pub case_id: i64,
        pub number: String,
        pub service: String,
        pub version_id: i64,
        pub step: String,
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
        pub lead: String,
        pub accepted_at: Option<Instant>,
        /// The key it is sorted by: its own limit or the promise of its case, whichever comes first.
        pub running: i64,
        /// The special procedure that is open.
        pub stop_name: Option<String>,
        pub stop_until: Option<Instant>,
    }

    /// How many tasks there are of each urgency, none counted above the cap.
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
    pub struct Counts {
        pub severe: i64,
        pub late: i64,
        pub soon: i64,
        pub normal: i64,
        /// Neither they nor their cases have a limit.
        pub endless: i64,
        pub stopped: i64,
    }

    /// How many tasks each view holds.
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
    pub struct Views {
        pub all: i64,
        pub mine: i64,
        pub unclaimed: i64,
    }

    /// A task of a case that is not over: what another may wait for.
    #[derive(Debug, Clone)]
    pub struct Unfinished {
        pub id: i64,
        pub case_id: i64,
        pub step: String,
        pub name: String,
        pub kind: String,
        pub owner: String,
        pub state: String,
        pub assignee_name: String,
        pub after_steps: String,
        pub due_at: Option<Instant>,
    }
}

/// Which tasks of an owner.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Which {
    pub owner: String,
    /// Only those this account holds.
    pub assignee: Option<i64>,
    /// Only those in this state; empty for all.
    pub state: String,
    /// Only those of this service; empty for all.
    pub service: String,
}

/// A stretch of due times and where in it a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// After this due time and id.
    pub after: (i64, i64),
    /// Before this due time.
    pub to: i64,
}

impl Stretch {
    /// From the first task to the last, those without a due time included.
    pub const WHOLE: Stretch = Stretch { after: (0, 0), to: i64::MAX };

    #[must_use]
    pub fn from_key(self, key: Option<(i64, i64)>) -> Stretch {
        Stretch { after: key.unwrap_or(self.after), ..self }
    }
}

impl InboxTask {
    /// What the next page begins after.
    pub fn key(&self) -> (i64, i64) {
        (self.running, self.id)
    }
}

/// The tasks by what they run towards, one page.
pub fn page(
    q: &mut Read<'_>,
    which: &Which,
    stretch: Stretch,
    limit: i64,
) -> Result<Vec<InboxTask>, StoreError> {
    let Stretch { after: (due, id), to } = stretch;
    match which.assignee {
        None => q.all(&OF_OWNER, params![&which.owner, due, id, to, &which.state, &which.service, limit]),
        Some(account) => q.all(
            &OF_ACCOUNT,
            params![account, due, id, to, &which.state, &which.service, limit, &which.owner],
        ),
    }
}

/// Where urgency changes: due before `severe` is badly late, before `now` late, before `soon` near.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    pub severe: Instant,
    pub now: Instant,
    pub soon: Instant,
}

pub fn counts(q: &mut Read<'_>, which: &Which, bounds: Bounds) -> Result<Counts, StoreError> {
    let Bounds { severe, now, soon } = bounds;
    let Which { owner, assignee, state, service } = which;
    match assignee {
        None if state.is_empty() && service.is_empty() => {
            q.one(&COUNTS_OF_OWNER, params![owner, severe, now, soon, CAP])
        }
        None => q.one(&FILTERED_COUNTS_OF_OWNER, params![owner, severe, now, soon, CAP, state, service]),
        Some(account) => {
            q.one(&COUNTS_OF_ACCOUNT, params![*account, severe, now, soon, CAP, owner, state, service])
        }
    }
}

pub fn views(q: &mut Read<'_>, owner: &str, account: i64, service: &str) -> Result<Views, StoreError> {
    match service {
        "" => q.one(&VIEWS, params![owner, account, CAP]),
        _ => q.one(&FILTERED_VIEWS, params![owner, account, CAP, service]),
    }
}

/// The department's cases whose next part waits for others, those first that are due first.
pub fn waiting(
    q: &mut Read<'_>,
    department: &str,
    after: (i64, i64),
    limit: i64,
) -> Result<Vec<InboxTask>, StoreError> {
    let owner = format!("dept:{department}");
    q.all(&WAITING, params![department, &owner, after.0, after.1, limit])
}

/// What is not over yet in the cases of one page.
pub fn unfinished(q: &mut Read<'_>, tasks: &[InboxTask]) -> Result<Vec<Unfinished>, StoreError> {
    if tasks.is_empty() {
        return Ok(Vec::new());
    }
    let mut ids = [const { Value::Int(0) }; PAGE];
    for (slot, task) in ids.iter_mut().zip(tasks) {
        *slot = Value::Int(task.case_id);
    }
    q.all(&UNFINISHED, &ids)
}
