//! Tasks as rows.

use yimen_catalogue::model::StepKind;
use yimen_standards::time::{Instant, Limit};
use yimen_store::{Read, StoreError, Tx, params, row, sql};

use super::case::unknown;
use super::lists::NO_DUE;
use crate::model::{Case, Finding, Owner, Task, TaskState};

sql! {
    OF_CASE = "select id, step, name, kind, owner, after_steps, within_limit, state, assignee, assignee_name, opened_at,
        due_at, done_at, finding, opinion, note, revision from casework_task where case_id = $1 order by id";

    CASE_OF = "select case_id from casework_task where id = $1";

    INSERT = "insert into casework_task (id, case_id, service, office, step, name, kind, owner, after_steps, within_limit, state,
        assignee, assignee_name, opened_at, due_at, done_at, finding, opinion, note, stopped, running,
        revision, updated_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
        0, $22)";

    UPDATE = "update casework_task set state = $3, assignee = $4, assignee_name = $5, opened_at = $6, due_at = $7,
        done_at = $8, finding = $9, opinion = $10, note = $11, stopped = $12, running = $13,
        revision = revision + 1, updated_by = $14
        where id = $1 and revision = $2";
}

row! {
    struct TaskRow {
        id: i64,
        step: String,
        name: String,
        kind: String,
        owner: String,
        after_steps: String,
        within_limit: String,
        state: String,
        assignee: Option<i64>,
        assignee_name: String,
        opened_at: Option<Instant>,
        due_at: Option<Instant>,
        done_at: Option<Instant>,
        finding: String,
        opinion: String,
        note: String,
        revision: i64,
    }
}

pub const KINDS: [(StepKind, &str); 6] = [
    (StepKind::Review, "review"),
    (StepKind::Payment, "payment"),
    (StepKind::Decision, "decision"),
    (StepKind::Registration, "registration"),
    (StepKind::Issue, "issue"),
    (StepKind::Delivery, "delivery"),
];

pub fn kind_code(kind: StepKind) -> &'static str {
    KINDS.iter().find(|(k, _)| *k == kind).map_or("", |(_, code)| code)
}

pub fn parse_kind(code: &str) -> Option<StepKind> {
    KINDS.iter().find(|(_, c)| *c == code).map(|(k, _)| *k)
}

pub fn of_case(q: &mut Read<'_>, case: i64) -> Result<Vec<Task>, StoreError> {
    let rows: Vec<TaskRow> = q.all(&OF_CASE, params![case])?;
    rows.into_iter().map(task).collect()
}

pub fn case_of(q: &mut Read<'_>, task: i64) -> Result<Option<i64>, StoreError> {
    q.opt::<i64>(&CASE_OF, params![task])
}

fn task(row: TaskRow) -> Result<Task, StoreError> {
    let within = match row.within_limit.as_str() {
        "" => None,
        text => Some(text.parse::<Limit>().map_err(|_| unknown("limit", text))?),
    };
    let finding = match row.finding.as_str() {
        "" => None,
        code => Some(Finding::parse(code).ok_or_else(|| unknown("finding", code))?),
    };
    Ok(Task {
        id: row.id,
        kind: parse_kind(&row.kind).ok_or_else(|| unknown("step kind", &row.kind))?,
        owner: Owner::parse(&row.owner).ok_or_else(|| unknown("owner", &row.owner))?,
        state: TaskState::parse(&row.state).ok_or_else(|| unknown("task state", &row.state))?,
        after: row.after_steps.split(' ').filter(|s| !s.is_empty()).map(String::from).collect(),
        step: row.step,
        name: row.name,
        within,
        assignee: row.assignee,
        assignee_name: row.assignee_name,
        opened_at: row.opened_at,
        due_at: row.due_at,
        done_at: row.done_at,
        finding,
        opinion: row.opinion,
        note: row.note,
        revision: row.revision,
    })
}

/// Inserts the new tasks and updates those that changed; others are not touched. When the clock of the case stops or goes
/// on, or what the case runs towards changes, that is news of every task that lists may show.
pub fn write(tx: &mut Tx<'_>, before: &Case, after: &Case) -> Result<(), StoreError> {
    let turned = before.stopped_since.is_some() != after.stopped_since.is_some()
        || before.running_due() != after.running_due();
    for task in &after.tasks {
        match before.tasks.iter().find(|t| t.id == task.id) {
            None => insert(tx, after, task)?,
            Some(old) if old != task || (turned && task.state.is_live()) => update(tx, after, task)?,
            Some(_) => {}
        }
    }
    Ok(())
}

/// What a task runs towards, as lists sort it: what its case is late with, it is late with.
fn running(case: &Case, task: &Task) -> i64 {
    let first = [task.due_at, case.running_due()].into_iter().flatten().min();
    first.map_or(NO_DUE, |due| due.0)
}

fn insert(tx: &mut Tx<'_>, case: &Case, task: &Task) -> Result<(), StoreError> {
    let within = task.within.map(|l| l.to_string()).unwrap_or_default();
    let (owner, after, name) = (task.owner.code(), task.after.join(" "), tx.name());
    tx.put(
        &INSERT,
        params![
            task.id,
            case.id,
            &case.service,
            &case.office,
            &task.step,
            &task.name,
            kind_code(task.kind),
            &owner,
            &after,
            &within,
            task.state.code(),
            task.assignee,
            &task.assignee_name,
            task.opened_at,
            task.due_at,
            task.done_at,
            task.finding.map_or("", Finding::code),
            &task.opinion,
            &task.note,
            i64::from(case.stopped_since.is_some()),
            running(case, task),
            name
        ],
    )
}

fn update(tx: &mut Tx<'_>, case: &Case, task: &Task) -> Result<(), StoreError> {
    let name = tx.name();
    tx.put_one(
        &UPDATE,
        params![
            task.id,
            task.revision,
            task.state.code(),
            task.assignee,
            &task.assignee_name,
            task.opened_at,
            task.due_at,
            task.done_at,
            task.finding.map_or("", Finding::code),
            &task.opinion,
            &task.note,
            i64::from(case.stopped_since.is_some()),
            running(case, task),
            name
        ],
    )
}
