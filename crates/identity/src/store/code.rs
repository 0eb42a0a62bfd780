//! Codes sent to phones, and how many were asked for, as rows.

use yimen_standards::time::Instant;
use yimen_store::{Read, StoreError, Tx, params, row, sql};

use crate::login::Login;

sql! {
    INSERT_CODE = "insert into identity_code (token_index, purpose, account, code_index, asked_sealed, tries, expires_at,
        ends_at) values ($1, $2, $3, $4, $5, 0, $6, $7)";

    CODE = "select purpose, account, code_index, asked_sealed, tries, expires_at, ends_at from identity_code
        where token_index = $1";

    /// Counted before the code is looked at: a hundred guesses at once are no more than five.
    TRY_CODE = "update identity_code set tries = tries + 1 where token_index = $1 and tries < $2";

    RENEW_CODE = "update identity_code set code_index = $2, tries = 0, expires_at = $3 where token_index = $1";

    END_CODE = "delete from identity_code where token_index = $1";

    SWEEP_CODES = "delete from identity_code where token_index in
        (select token_index from identity_code where ends_at < $1 order by ends_at limit $2)";

    QUOTA = "select since, asked, last_at from identity_quota where subject = $1";

    SET_QUOTA = "insert into identity_quota (subject, since, asked, last_at) values ($1, $2, $3, $4)
        on conflict (subject) do update set since = excluded.since, asked = excluded.asked, last_at = excluded.last_at";

    SWEEP_QUOTAS = "delete from identity_quota where subject in
        (select subject from identity_quota where last_at < $1 order by last_at limit $2)";

    /// The open account of a citizen that both logins lead to. Who has a second factor is not let in by a code alone.
    OF_BOTH = "select a.id from identity_login p join identity_login n on n.account = p.account
        join identity_account a on a.id = p.account
        where p.login_index = $1 and n.login_index = $2 and a.kind = 'citizen' and a.factor = 'off'
        and a.closed_at is null";

    DROP_PHONES = "delete from identity_login where account = $1 and kind = 'phone'";
}

row! {
    pub(crate) struct CodeRow {
        pub purpose: String,
        pub account: i64,
        pub code_index: String,
        pub asked_sealed: Vec<u8>,
        pub tries: i64,
        pub expires_at: Instant,
        pub ends_at: Instant,
    }

    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
    pub(crate) struct Quota {
        pub since: Instant,
        pub asked: i64,
        pub last_at: Instant,
    }
}

/// A code to be written down.
pub(crate) struct NewCode<'a> {
    pub token: &'a str,
    pub purpose: &'a str,
    pub account: i64,
    pub code: &'a str,
    pub asked: &'a [u8],
    pub expires_at: Instant,
    pub ends_at: Instant,
}

pub(crate) fn insert(tx: &mut Tx<'_>, new: &NewCode<'_>) -> Result<(), StoreError> {
    let NewCode { token, purpose, account, code, asked, expires_at, ends_at } = new;
    tx.put(&INSERT_CODE, params![*token, *purpose, *account, *code, *asked, *expires_at, *ends_at])
}

pub(crate) fn code(q: &mut Read<'_>, token: &str) -> Result<Option<CodeRow>, StoreError> {
    q.opt(&CODE, params![token])
}

/// `false` when there were too many wrong answers.
pub(crate) fn begin_try(tx: &mut Tx<'_>, token: &str, most: i64) -> Result<bool, StoreError> {
    Ok(tx.exec(&TRY_CODE, params![token, most])? == 1)
}

pub(crate) fn renew(tx: &mut Tx<'_>, token: &str, code: &str, expires_at: Instant) -> Result<(), StoreError> {
    tx.put_one(&RENEW_CODE, params![token, code, expires_at])
}

/// `false` when somebody was faster: the code is taken once.
pub(crate) fn end(tx: &mut Tx<'_>, token: &str) -> Result<bool, StoreError> {
    Ok(tx.exec(&END_CODE, params![token])? == 1)
}

pub(crate) fn quota(q: &mut Read<'_>, subject: &str) -> Result<Quota, StoreError> {
    Ok(q.opt(&QUOTA, params![subject])?.unwrap_or_default())
}

pub(crate) fn set_quota(tx: &mut Tx<'_>, subject: &str, quota: Quota) -> Result<(), StoreError> {
    tx.put(&SET_QUOTA, params![subject, quota.since, quota.asked, quota.last_at])
}

pub(crate) fn of_both(q: &mut Read<'_>, phone: &str, number: &str) -> Result<Option<i64>, StoreError> {
    q.opt(&OF_BOTH, params![phone, number])
}

/// Gives an account another phone to sign in with; `false` when another account has it.
pub(crate) fn set_phone(
    tx: &mut Tx<'_>,
    account: i64,
    index: &str,
    login: &Login,
) -> Result<bool, StoreError> {
    tx.exec(&DROP_PHONES, params![account])?;
    super::insert_login(tx, index, account, login)
}

/// What is over for good. Quotas count for a day.
pub(crate) fn sweep(tx: &mut Tx<'_>, now: Instant, most: i64) -> Result<u64, StoreError> {
    let codes = tx.exec(&SWEEP_CODES, params![now, most])?;
    Ok(codes + tx.exec(&SWEEP_QUOTAS, params![now.plus_millis(-crate::quota::DAY_MS), most])?)
}
