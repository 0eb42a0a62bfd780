//! Stops of the clock, extensions and bills as rows: most cases have few of them, many have none.

use yimen_standards::time::{Instant, Limit};
use yimen_store::{Read, StoreError, Tx, params, row, sql};

use super::case::unknown;
use crate::model::{Bill, BillState, Case, ClockStop, Extension, ExtensionState};

sql! {
    STOPS = "select id, task_id, special, name, reason, started_at, planned_to, ended_at, resets, outcome
        from casework_stop where case_id = $1 order by id";

    INSERT_STOP = "insert into casework_stop (id, case_id, task_id, special, name, reason, started_at, planned_to,
        ended_at, resets, outcome) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

    END_STOP = "update casework_stop set ended_at = $2, outcome = $3 where id = $1 and ended_at is null";

    EXTENSION = "select id, state, reason, by_limit, requested_by, requested_at, answered_by, answered_at
        from casework_extension where case_id = $1 order by id desc limit 1";

    INSERT_EXTENSION = "insert into casework_extension (id, case_id, lead, state, reason, by_limit, requested_by,
        requested_at, answered_by, answered_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

    ANSWER_EXTENSION = "update casework_extension set state = $2, answered_by = $3, answered_at = $4
        where id = $1 and state = 'requested'";

    BILLS = "select id, task_id, items, total, state, raised_at, paid_at, receipt
        from casework_bill where case_id = $1 order by id";

    INSERT_BILL = "insert into casework_bill (id, case_id, task_id, items, total, state, raised_at, paid_at, receipt)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

    UPDATE_BILL = "update casework_bill set state = $2, paid_at = $3, receipt = $4 where id = $1 and state = $5";

    CASE_OF_BILL = "select case_id from casework_bill where id = $1";
}

row! {
    struct StopRow {
        id: i64,
        task_id: i64,
        special: String,
        name: String,
        reason: String,
        started_at: Instant,
        planned_to: Option<Instant>,
        ended_at: Option<Instant>,
        resets: bool,
        outcome: String,
    }
    struct ExtensionRow {
        id: i64,
        state: String,
        reason: String,
        by_limit: String,
        requested_by: i64,
        requested_at: Instant,
        answered_by: i64,
        answered_at: Option<Instant>,
    }
    struct BillRow {
        id: i64,
        task_id: i64,
        items: String,
        total: i64,
        state: String,
        raised_at: Instant,
        paid_at: Option<Instant>,
        receipt: String,
    }
}

pub fn stops(q: &mut Read<'_>, case: i64) -> Result<Vec<ClockStop>, StoreError> {
    let rows: Vec<StopRow> = q.all(&STOPS, params![case])?;
    let stop = |row: StopRow| ClockStop {
        id: row.id,
        task_id: row.task_id,
        special: row.special,
        name: row.name,
        reason: row.reason,
        from: row.started_at,
        planned_to: row.planned_to,
        to: row.ended_at,
        resets: row.resets,
        outcome: row.outcome,
    };
    Ok(rows.into_iter().map(stop).collect())
}

pub fn extension(q: &mut Read<'_>, case: i64) -> Result<Option<Extension>, StoreError> {
    let Some(row) = q.opt::<ExtensionRow>(&EXTENSION, params![case])? else {
        return Ok(None);
    };
    Ok(Some(Extension {
        id: row.id,
        state: ExtensionState::parse(&row.state).ok_or_else(|| unknown("extension state", &row.state))?,
        reason: row.reason,
        by: row.by_limit.parse::<Limit>().map_err(|_| unknown("limit", &row.by_limit))?,
        requested_by: row.requested_by,
        requested_at: row.requested_at,
        answered_by: row.answered_by,
        answered_at: row.answered_at,
    }))
}

pub fn bills(q: &mut Read<'_>, case: i64) -> Result<Vec<Bill>, StoreError> {
    let rows: Vec<BillRow> = q.all(&BILLS, params![case])?;
    let bill = |row: BillRow| {
        Ok(Bill {
            id: row.id,
            task_id: row.task_id,
            items: serde_json::from_str(&row.items).map_err(|e| StoreError::Other(e.to_string()))?,
            total: row.total,
            state: BillState::parse(&row.state).ok_or_else(|| unknown("bill state", &row.state))?,
            raised_at: row.raised_at,
            paid_at: row.paid_at,
            receipt: row.receipt,
        })
    };
    rows.into_iter().map(bill).collect()
}

pub fn case_of_bill(q: &mut Read<'_>, bill: i64) -> Result<Option<i64>, StoreError> {
    q.opt::<i64>(&CASE_OF_BILL, params![bill])
}

/// Writes what differs between the two.
pub fn write(tx: &mut Tx<'_>, before: &Case, after: &Case) -> Result<(), StoreError> {
    for stop in &after.stops {
        match before.stops.iter().find(|s| s.id == stop.id) {
            None => insert_stop(tx, after.id, stop)?,
            Some(old) if old != stop => tx.put_one(&END_STOP, params![stop.id, stop.to, &stop.outcome])?,
            Some(_) => {}
        }
    }
    write_extension(tx, before, after)?;
    for bill in &after.bills {
        match before.bills.iter().find(|b| b.id == bill.id) {
            None => insert_bill(tx, after.id, bill)?,
            Some(old) if old != bill => {
                let (state, was) = (bill.state.code(), old.state.code());
                tx.put_one(&UPDATE_BILL, params![bill.id, state, bill.paid_at, &bill.receipt, was])?;
            }
            Some(_) => {}
        }
    }
    Ok(())
}

fn insert_stop(tx: &mut Tx<'_>, case: i64, stop: &ClockStop) -> Result<(), StoreError> {
    tx.put(
        &INSERT_STOP,
        params![
            stop.id,
            case,
            stop.task_id,
            &stop.special,
            &stop.name,
            &stop.reason,
            stop.from,
            stop.planned_to,
            stop.to,
            stop.resets,
            &stop.outcome
        ],
    )
}

fn write_extension(tx: &mut Tx<'_>, before: &Case, after: &Case) -> Result<(), StoreError> {
    let Some(extension) = &after.extension else {
        return Ok(());
    };
    let state = extension.state.code();
    match &before.extension {
        Some(old) if old == extension => Ok(()),
        Some(old) if old.id == extension.id => {
            let (by, at) = (extension.answered_by, extension.answered_at);
            tx.put_one(&ANSWER_EXTENSION, params![extension.id, state, by, at])
        }
        _ => {
            let by = extension.by.to_string();
            tx.put(
                &INSERT_EXTENSION,
                params![
                    extension.id,
                    after.id,
                    &after.lead,
                    state,
                    &extension.reason,
                    &by,
                    extension.requested_by,
                    extension.requested_at,
                    extension.answered_by,
                    extension.answered_at
                ],
            )
        }
    }
}

fn insert_bill(tx: &mut Tx<'_>, case: i64, bill: &Bill) -> Result<(), StoreError> {
    let items = serde_json::to_string(&bill.items).map_err(|e| StoreError::Other(e.to_string()))?;
    tx.put(
        &INSERT_BILL,
        params![
            bill.id,
            case,
            bill.task_id,
            &items,
            bill.total,
            bill.state.code(),
            bill.raised_at,
            bill.paid_at,
            &bill.receipt
        ],
    )
}
