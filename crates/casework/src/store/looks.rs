//! Who of the staff looked at whose data. Rows are added and read, never changed.

use yimen_standards::time::Instant;
use yimen_store::{Read, StoreError, Tx, params, row, sql};

sql! {
    ADD = "insert into casework_look (id, party, case_id, account, department, office, role, kind, at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

    OF_PARTY = "select l.id, l.case_id, l.account, l.department, l.office, l.role, l.kind, l.at, c.number, c.service
        from casework_look l left join casework_case c on c.id = l.case_id
        where l.party = $1 and l.id < $2 order by l.id desc limit $3";
}

pub struct NewLook<'a> {
    pub id: i64,
    pub party: i64,
    pub case: i64,
    pub account: i64,
    pub department: &'a str,
    pub office: &'a str,
    pub role: &'a str,
    pub kind: &'a str,
    pub at: Instant,
}

row! {
    pub struct LookRow {
        pub id: i64,
        pub case_id: i64,
        pub account: i64,
        pub department: String,
        pub office: String,
        pub role: String,
        pub kind: String,
        pub at: Instant,
        pub number: Option<String>,
        pub service: Option<String>,
    }
}

pub fn add(tx: &mut Tx<'_>, look: &NewLook<'_>) -> Result<(), StoreError> {
    let NewLook { id, party, case, account, department, office, role, kind, at } = *look;
    tx.put(&ADD, params![id, party, case, account, department, office, role, kind, at])
}

/// The latest first, those before a key.
pub fn of_party(q: &mut Read<'_>, party: i64, before: i64, limit: i64) -> Result<Vec<LookRow>, StoreError> {
    q.all(&OF_PARTY, params![party, before, limit])
}
