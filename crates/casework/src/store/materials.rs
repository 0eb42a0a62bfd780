//! Materials and their files as rows. A file is never deleted by a person's click: it is marked removed.

use yimen_standards::time::Instant;
use yimen_store::{Read, StoreError, Tx, params, row, sql};

sql! {
    OF_CASE = "select slot, state, reason, by_name, at from casework_material where case_id = $1";

    SET = "insert into casework_material (case_id, slot, state, reason, by_name, at) values ($1, $2, $3, $4, $5, $6)
        on conflict (case_id, slot) do update set state = excluded.state, reason = excluded.reason,
        by_name = excluded.by_name, at = excluded.at";

    FILES = "select id, slot, name, mime, size, digest, added_by, added_at, removed_at from casework_file
        where case_id = $1 and removed_at is null order by slot, id";

    FILE = "select id, slot, name, mime, size, digest, added_by, added_at, removed_at from casework_file
        where case_id = $1 and id = $2 and removed_at is null";

    REPLACED = "select id, slot, name, mime, size, digest, added_by, added_at, removed_at from casework_file f
        where case_id = $1 and removed_at is not null and exists (select 1 from casework_revision r
        where r.case_id = f.case_id and r.at >= f.added_at and r.at < f.removed_at) order by slot, id";

    ADD_FILE = "insert into casework_file (id, case_id, slot, name, mime, size, digest, added_by, added_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

    REMOVE_FILE = "update casework_file set removed_at = $3 where case_id = $1 and id = $2 and removed_at is null";

    COUNT_FILES = "select count(*) from casework_file where case_id = $1 and removed_at is null";
}

row! {
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct MaterialRow {
        pub slot: String,
        pub state: String,
        pub reason: String,
        pub by_name: String,
        pub at: Instant,
    }

    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct File {
        pub id: i64,
        pub slot: String,
        pub name: String,
        pub mime: String,
        pub size: i64,
        pub digest: String,
        pub added_by: String,
        pub added_at: Instant,
        pub removed_at: Option<Instant>,
    }
}

pub fn of_case(q: &mut Read<'_>, case: i64) -> Result<Vec<MaterialRow>, StoreError> {
    q.all(&OF_CASE, params![case])
}

pub fn set(tx: &mut Tx<'_>, case: i64, row: &MaterialRow) -> Result<(), StoreError> {
    tx.put(&SET, params![case, &row.slot, &row.state, &row.reason, &row.by_name, row.at])
}

pub fn files(q: &mut Read<'_>, case: i64) -> Result<Vec<File>, StoreError> {
    q.all(&FILES, params![case])
}

/// Files that were handed in with the application or a supplement and taken out afterwards. What somebody took out before
/// handing in was never handed in.
pub fn replaced(q: &mut Read<'_>, case: i64) -> Result<Vec<File>, StoreError> {
    q.all(&REPLACED, params![case])
}

pub fn file(q: &mut Read<'_>, case: i64, id: i64) -> Result<Option<File>, StoreError> {
    q.opt(&FILE, params![case, id])
}

pub fn add_file(tx: &mut Tx<'_>, case: i64, file: &File) -> Result<(), StoreError> {
    tx.put(
        &ADD_FILE,
        params![
            file.id,
            case,
            &file.slot,
            &file.name,
            &file.mime,
            file.size,
            &file.digest,
            &file.added_by,
            file.added_at
        ],
    )
}

pub fn remove_file(tx: &mut Tx<'_>, case: i64, id: i64, at: Instant) -> Result<(), StoreError> {
    tx.put_one(&REMOVE_FILE, params![case, id, at])
}

pub fn count_files(q: &mut Read<'_>, case: i64) -> Result<i64, StoreError> {
    q.one(&COUNT_FILES, params![case])
}
