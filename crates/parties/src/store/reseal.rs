//! What is sealed of a party, sealed anew a batch at a time. That nobody's revision counts up is meant: nothing changed.

use yimen_platform::reseal::{Batch, Pass, SealedTable};
use yimen_store::{StoreError, Tx, params, row, sql};

use super::{ADDRESS, NUMBER, PHONE};

sql! {
    WALK = "select id, number_sealed, phone_sealed, address_sealed from parties_party where id > $1 order by id limit $2";

    PUT = "update parties_party set number_sealed = $2, phone_sealed = $3, address_sealed = $4
        where id = $1 and number_sealed = $5 and phone_sealed = $6 and address_sealed = $7";
}

row! {
    struct Sealed {
        id: i64,
        number_sealed: Vec<u8>,
        phone_sealed: Vec<u8>,
        address_sealed: Vec<u8>,
    }
}

pub const SEALED: &[SealedTable] = &[SealedTable {
    name: "parties_party",
    columns: &["number_sealed", "phone_sealed", "address_sealed"],
    batch,
}];

fn batch(tx: &mut Tx<'_>, pass: &Pass<'_>, after: i64) -> Result<Batch, StoreError> {
    let rows: Vec<Sealed> = tx.all(&WALK, params![after, pass.rows])?;
    let mut batch = Batch { next: rows.last().map(|row| row.id), ..Batch::default() };
    for row in rows {
        let number = batch.value(pass, row.id, NUMBER, &row.number_sealed);
        let phone = batch.value(pass, row.id, PHONE, &row.phone_sealed);
        let address = batch.value(pass, row.id, ADDRESS, &row.address_sealed);
        if number.is_none() && phone.is_none() && address.is_none() {
            continue;
        }
        tx.exec(
            &PUT,
            params![
                row.id,
                number.as_deref().unwrap_or(&row.number_sealed),
                phone.as_deref().unwrap_or(&row.phone_sealed),
                address.as_deref().unwrap_or(&row.address_sealed),
                row.number_sealed.as_slice(),
                row.phone_sealed.as_slice(),
                row.address_sealed.as_slice()
            ],
        )?;
    }
    Ok(batch)
}
