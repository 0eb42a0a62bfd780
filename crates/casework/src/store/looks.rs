//! Who looked at whose data. Rows are added and read, never changed.

use yimen_standards::time::Instant;
use yimen_store::{Read, StoreError, Tx, params, row, sql};

sql! {
    ADD = "insert into casework_look (id, party, case_id, account, department, office, role, kind, reason, why, at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

    UNMASKED_SINCE = "select at from casework_look where kind = 'unmasked' and account = $1 and at > $2
        order by at desc limit 1 offset $3";

    OF_PARTY = "select l.id, l.case_id, l.account, l.department, l.office, l.role, l.kind, l.reason, l.why, l.at,
        c.number, c.service
        from casework_look l left join casework_case c on c.id = l.case_id
        where l.party = $1 and l.id < $2 order by l.id desc limit $3";
}

/// The kind of a look at numbers in full.
pub const UNMASKED: &str = "unmasked";

pub struct NewLook<'a> {
    pub id: i64,
    pub party: i64,
    pub case: i64,
    pub account: i64,
    pub department: &'a str,
    pub office: &'a str,
    pub role: &'a str,
    pub kind: &'a str,
    /// Empty where nobody asked for one.
    pub reason: &'a str,
    /// The reason in their own words, sealed; empty where there are none.
    pub why: &'a [u8],
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
        pub reason: String,
        pub why: Vec<u8>,
        pub at: Instant,
        pub number: Option<String>,
        pub service: Option<String>,
    }
}

pub fn add(tx: &mut Tx<'_>, look: &NewLook<'_>) -> Result<(), StoreError> {
    let NewLook { id, party, case, account, department, office, role, kind, reason, why, at } = *look;
    tx.put(&ADD, params![id, party, case, account, department, office, role, kind, reason, why, at])
}

/// When an account had numbers in full before it, the `most`th time back; nothing where it was not so often since then.
pub fn unmasked_since(
    q: &mut Read<'_>,
    account: i64,
    since: Instant,
    most: u32,
) -> Result<Option<Instant>, StoreError> {
    let before = i64::from(most) - 1;
    let found: Option<(Instant,)> = q.opt(&UNMASKED_SINCE, params![account, since, before])?;
    Ok(found.map(|(at,)| at))
}

/// The latest first, those before a key.
pub fn of_party(q: &mut Read<'_>, party: i64, before: i64, limit: i64) -> Result<Vec<LookRow>, StoreError> {
    q.all(&OF_PARTY, params![party, before, limit])
}
