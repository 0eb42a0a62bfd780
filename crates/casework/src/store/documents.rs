//! Statutory documents and results as rows.

use yimen_standards::time::Instant;
use yimen_store::{Read, StoreError, Tx, params, row, sql};

sql! {
    INSERT = "insert into casework_document (case_id, number, kind, task_id, at, issued_by, department, reason, body)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

    OF_CASE = "select number, kind, task_id, at, issued_by, department, reason, body
        from casework_document where case_id = $1 order by number";

    ONE = "select number, kind, task_id, at, issued_by, department, reason, body
        from casework_document where case_id = $1 and number = $2";

    INSERT_RESULT = "insert into casework_result (case_id, name, kind, number, department, issued_at, valid_until, shows)
        values ($1, $2, $3, $4, $5, $6, $7, $8)";

    RESULT = "select name, kind, number, department, issued_at, valid_until, shows
        from casework_result where case_id = $1";
}

row! {
    /// One statutory document as issued.
    #[derive(Debug, Clone)]
    pub struct Document {
        /// 1, 2, 3 … within the case.
        pub number: i64,
        pub kind: String,
        pub task_id: i64,
        pub at: Instant,
        pub issued_by: String,
        pub department: String,
        pub reason: String,
        /// Due times, items and amounts as they stood, JSON.
        pub body: String,
    }

    /// The result of a granted case.
    #[derive(Debug, Clone)]
    pub struct ResultRow {
        pub name: String,
        pub kind: String,
        pub number: String,
        pub department: String,
        pub issued_at: Instant,
        pub valid_until: String,
        /// Sealed JSON.
        pub shows: Vec<u8>,
    }
}

pub fn insert(tx: &mut Tx<'_>, case: i64, document: &Document) -> Result<(), StoreError> {
    tx.put(
        &INSERT,
        params![
            case,
            document.number,
            &document.kind,
            document.task_id,
            document.at,
            &document.issued_by,
            &document.department,
            &document.reason,
            &document.body
        ],
    )
}

pub fn of_case(q: &mut Read<'_>, case: i64) -> Result<Vec<Document>, StoreError> {
    q.all(&OF_CASE, params![case])
}

pub fn one(q: &mut Read<'_>, case: i64, number: i64) -> Result<Option<Document>, StoreError> {
    q.opt(&ONE, params![case, number])
}

pub fn insert_result(tx: &mut Tx<'_>, case: i64, result: &ResultRow) -> Result<(), StoreError> {
    tx.put(
        &INSERT_RESULT,
        params![
            case,
            &result.name,
            &result.kind,
            &result.number,
            &result.department,
            result.issued_at,
            &result.valid_until,
            &result.shows[..]
        ],
    )
}

pub fn result(q: &mut Read<'_>, case: i64) -> Result<Option<ResultRow>, StoreError> {
    q.opt(&RESULT, params![case])
}
