//! What casework keeps sealed, sealed anew a batch at a time.

use yimen_platform::reseal::{Batch, Pass, SealedTable, one_column};
use yimen_store::{StoreError, Tx, params, row, sql};

use crate::{FACTS, SHOWS, WHY};

sql! {
    CASES = "select id, facts from casework_case where id > $1 order by id limit $2";

    PUT_CASE = "update casework_case set facts = $2 where id = $1 and facts = $3";

    // A case has few revisions; a batch is those of so many cases.
    UNTIL = "select max(id) from (select id from casework_case where id > $1 order by id limit $2) few";

    REVISIONS = "select case_id, number, facts from casework_revision where case_id > $1 and case_id <= $2";

    PUT_REVISION = "update casework_revision set facts = $3 where case_id = $1 and number = $2 and facts = $4";

    RESULTS = "select case_id, shows from casework_result where case_id > $1 order by case_id limit $2";

    PUT_RESULT = "update casework_result set shows = $2 where case_id = $1 and shows = $3";



    LOOKS = "select id, why from casework_look where id > $1 order by id limit $2";

    PUT_LOOK = "update casework_look set why = $2 where id = $1 and why = $3";
}

row! {
    struct Revision {
        case_id: i64,
        number: i64,
        facts: Vec<u8>,
    }
}

pub const SEALED: &[SealedTable] = &[
    SealedTable {
        name: "casework_case",
        columns: &["facts"],
        batch: |tx, pass, after| one_column(tx, pass, after, FACTS, (&CASES, &PUT_CASE)),
    },
    SealedTable { name: "casework_revision", columns: &["facts"], batch: revisions },
    SealedTable {
        name: "casework_result",
        columns: &["shows"],
        batch: |tx, pass, after| one_column(tx, pass, after, SHOWS, (&RESULTS, &PUT_RESULT)),
    },
    SealedTable {
        name: "casework_look",
        columns: &["why"],
        batch: |tx, pass, after| one_column(tx, pass, after, WHY, (&LOOKS, &PUT_LOOK)),
    },
];

fn revisions(tx: &mut Tx<'_>, pass: &Pass<'_>, after: i64) -> Result<Batch, StoreError> {
    let next: Option<i64> = tx.one(&UNTIL, params![after, pass.rows])?;
    let mut batch = Batch { next, ..Batch::default() };
    let Some(until) = next else { return Ok(batch) };
    let rows: Vec<Revision> = tx.all(&REVISIONS, params![after, until])?;
    for Revision { case_id, number, facts } in rows {
        if let Some(anew) = batch.value(pass, case_id, FACTS, &facts) {
            tx.exec(&PUT_REVISION, params![case_id, number, anew.as_slice(), facts.as_slice()])?;
        }
    }
    Ok(batch)
}
