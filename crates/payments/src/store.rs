//! Orders and refunds as rows.

use yimen_standards::time::Instant;
use yimen_store::{Read, StoreError, Tx, params, row, sql};

sql! {
    OF_BILL = "select id, bill_id, case_id, case_number, number, total, state, gateway_order, created_at, paid_at
        from payments_order where bill_id = $1";

    BY_NUMBER = "select id, bill_id, case_id, case_number, number, total, state, gateway_order, created_at, paid_at
        from payments_order where number = $1";

    INSERT = "insert into payments_order (id, bill_id, case_id, case_number, number, total, state, gateway_order,
        created_at, updated_by) values ($1, $2, $3, $4, $5, $6, 'created', '', $7, $8)
        on conflict (bill_id) do nothing";

    PAID = "update payments_order set state = 'paid', gateway_order = $2, paid_at = $3, updated_by = $4
        where id = $1 and state = 'created'";

    WANT_REFUND = "insert into payments_refund (order_id, bill_id, state, attempts, next_at, last_error, wanted_at)
        values ($1, $2, 'wanted', 0, $3, '', $3) on conflict (order_id) do nothing";

    WANTED = "select r.order_id, r.bill_id, r.attempts, o.number, o.total from payments_refund r
        join payments_order o on o.id = r.order_id
        where r.state = 'wanted' and r.next_at <= $1 order by r.next_at limit $2";

    REFUND_DONE = "update payments_refund set state = 'done', done_at = $2, last_error = '' where order_id = $1";

    REFUND_FAILED = "update payments_refund set attempts = attempts + 1, next_at = $2, last_error = $3
        where order_id = $1 and state = 'wanted'";
}

row! {
    #[derive(Debug, Clone)]
    pub struct Order {
        pub id: i64,
        pub bill_id: i64,
        pub case_id: i64,
        pub case_number: String,
        pub number: String,
        pub total: i64,
        pub state: String,
        pub gateway_order: String,
        pub created_at: Instant,
        pub paid_at: Option<Instant>,
    }

    #[derive(Debug, Clone)]
    pub struct Wanted {
        pub order_id: i64,
        pub bill_id: i64,
        pub attempts: i64,
        pub number: String,
        pub total: i64,
    }
}

pub fn of_bill(q: &mut Read<'_>, bill: i64) -> Result<Option<Order>, StoreError> {
    q.opt(&OF_BILL, params![bill])
}

pub fn by_number(q: &mut Read<'_>, number: &str) -> Result<Option<Order>, StoreError> {
    q.opt(&BY_NUMBER, params![number])
}

pub fn insert(tx: &mut Tx<'_>, order: &Order) -> Result<(), StoreError> {
    let name = tx.name();
    tx.put(
        &INSERT,
        params![
            order.id,
            order.bill_id,
            order.case_id,
            &order.case_number,
            &order.number,
            order.total,
            order.created_at,
            name
        ],
    )
}

/// False when it was settled before.
pub fn paid(tx: &mut Tx<'_>, order: i64, gateway_order: &str, at: Instant) -> Result<bool, StoreError> {
    let name = tx.name();
    Ok(tx.exec(&PAID, params![order, gateway_order, at, name])? == 1)
}

pub fn want_refund(tx: &mut Tx<'_>, order: &Order, at: Instant) -> Result<(), StoreError> {
    tx.put(&WANT_REFUND, params![order.id, order.bill_id, at])
}

pub fn wanted(q: &mut Read<'_>, now: Instant, limit: i64) -> Result<Vec<Wanted>, StoreError> {
    q.all(&WANTED, params![now, limit])
}

pub fn refund_done(tx: &mut Tx<'_>, order: i64, at: Instant) -> Result<(), StoreError> {
    tx.put_one(&REFUND_DONE, params![order, at])
}

pub fn refund_failed(tx: &mut Tx<'_>, order: i64, next: Instant, error: &str) -> Result<(), StoreError> {
    tx.put(&REFUND_FAILED, params![order, next, error])
}
