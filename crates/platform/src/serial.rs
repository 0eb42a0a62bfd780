//! Running numbers without gaps (certificate and document numbers), one counter a name and year.

use yimen_store::{StoreError, Tx, params, sql};

sql! {
    /// Draws the next number of a series; the row is locked until the transaction ends, so numbers have no gaps.
    NEXT = "insert into platform_serial (name, value) values ($1, 1)
            on conflict (name) do update set value = platform_serial.value + 1
            returning value";
}

pub fn next(tx: &mut Tx, name: &str) -> Result<i64, StoreError> {
    take_turn(tx)?;
    let (value,): (i64,) = tx.one(&NEXT, params![name])?;
    Ok(value)
}

/// Everybody who issues something draws a number: one after the other, instead of all but one in vain. A unit that has to
/// wait runs again from its beginning; one that must not run twice (it keeps what it did elsewhere) asks first of all.
pub fn take_turn(tx: &mut Tx) -> Result<(), StoreError> {
    tx.turn("platform.serial")
}
