//! Second factors, recovery codes and sign-ins half done, as rows.

use yimen_standards::time::Instant;
use yimen_store::{Read, StoreError, Tx, params, row, sql};

use crate::factor::Policy;
use crate::limits::Limits;
use crate::model::AccountKind;
use crate::password_rule::Whose;
use crate::steps::Due;

sql! {
    /// What the steps of a sign-in need to know of an open account.
    STANDING = "select id, kind, name, factor, totp_sealed, totp_step, password_at, password_due from identity_account
        where id = $1 and closed_at is null";

    /// Only where none is: two set-ups at once do not overwrite each other.
    SET_TOTP = "update identity_account set totp_sealed = $2, totp_step = $3, updated_at = $4, updated_by = $5
        where id = $1 and totp_sealed is null and closed_at is null";

    /// Only forward: a code is taken once, however many send it at once.
    TAKE_STEP = "update identity_account set totp_step = $2 where id = $1 and totp_step < $2";

    CLEAR_TOTP = "update identity_account set totp_sealed = null, totp_step = 0, updated_at = $2, updated_by = $3
        where id = $1 and totp_sealed is not null and closed_at is null";

    INSERT_RECOVERY = "insert into identity_recovery (account, code_index) values ($1, $2)";

    TAKE_RECOVERY = "delete from identity_recovery where account = $1 and code_index = $2";

    CLEAR_RECOVERY = "delete from identity_recovery where account = $1";

    COUNT_RECOVERY = "select count(*) from identity_recovery where account = $1";

    INSERT_PENDING = "insert into identity_pending (token_digest, account, password_right, attempt, stage, tries,
        secret_sealed, proof, expires_at) values ($1, $2, $3, $4, $5, 0, $6, '', $7)";

    PENDING = "select account, password_right, attempt, stage, tries, secret_sealed, proof, expires_at
        from identity_pending where token_digest = $1";

    TRY_PENDING = "update identity_pending set tries = tries + 1 where token_digest = $1";

    MOVE_PENDING = "update identity_pending set stage = $2, proof = $3, secret_sealed = $4 where token_digest = $1";

    END_PENDING = "delete from identity_pending where token_digest = $1";

    END_PENDING_OF = "delete from identity_pending where account = $1";

    SWEEP_PENDING = "delete from identity_pending where token_digest in
        (select token_digest from identity_pending where expires_at < $1 order by expires_at limit $2)";
}

row! {
    pub(crate) struct StandingRow {
        pub account: i64,
        kind: String,
        pub name: String,
        factor: String,
        pub totp_sealed: Option<Vec<u8>>,
        pub totp_step: i64,
        password_at: Instant,
        password_due: bool,
    }

    pub(crate) struct Pending {
        pub account: i64,
        pub password_right: bool,
        pub attempt: String,
        pub stage: String,
        pub tries: i64,
        pub secret_sealed: Option<Vec<u8>>,
        pub proof: String,
        pub expires_at: Instant,
    }
}

impl StandingRow {
    /// What is not understood is held to what holds for staff.
    pub fn kind(&self) -> AccountKind {
        AccountKind::parse(&self.kind).unwrap_or(AccountKind::Staff)
    }

    pub fn whose<'a>(&'a self, logins: &'a [String]) -> Whose<'a> {
        Whose { is_staff: self.kind() == AccountKind::Staff, name: &self.name, logins }
    }

    /// Why the password must be changed now, if it must.
    pub fn password_due(&self, limits: &Limits, now: Instant) -> Option<Due> {
        let age = limits.password_age_ms(self.kind());
        match age {
            _ if self.password_due => Some(Due::SetByOther),
            Some(age) if self.password_at.plus_millis(age) <= now => Some(Due::TooOld),
            _ => None,
        }
    }

    /// What is not understood asks for the factor.
    pub fn needs_factor(&self) -> bool {
        self.factor != Policy::Off.code()
    }
}

pub(crate) fn standing(q: &mut Read<'_>, account: i64) -> Result<Option<StandingRow>, StoreError> {
    q.opt(&STANDING, params![account])
}

/// `false` when there is one already.
pub(crate) fn set_totp(
    tx: &mut Tx<'_>,
    account: i64,
    sealed: &[u8],
    step: i64,
    at: Instant,
) -> Result<bool, StoreError> {
    let by = tx.name();
    Ok(tx.exec(&SET_TOTP, params![account, sealed, step, at, by])? == 1)
}

/// `false` when this or a later one was taken before.
pub(crate) fn take_step(tx: &mut Tx<'_>, account: i64, step: i64) -> Result<bool, StoreError> {
    Ok(tx.exec(&TAKE_STEP, params![account, step])? == 1)
}

/// `false` when there was none.
pub(crate) fn clear_totp(tx: &mut Tx<'_>, account: i64, at: Instant) -> Result<bool, StoreError> {
    let by = tx.name();
    tx.exec(&CLEAR_RECOVERY, params![account])?;
    Ok(tx.exec(&CLEAR_TOTP, params![account, at, by])? == 1)
}

/// In place of all there were.
pub(crate) fn set_recovery(tx: &mut Tx<'_>, account: i64, indexes: &[String]) -> Result<(), StoreError> {
    tx.exec(&CLEAR_RECOVERY, params![account])?;
    for index in indexes {
        tx.put(&INSERT_RECOVERY, params![account, index])?;
    }
    Ok(())
}

/// `false` when it is none of the account's, or was used.
pub(crate) fn take_recovery(tx: &mut Tx<'_>, account: i64, index: &str) -> Result<bool, StoreError> {
    Ok(tx.exec(&TAKE_RECOVERY, params![account, index])? == 1)
}

pub(crate) fn count_recovery(q: &mut Read<'_>, account: i64) -> Result<i64, StoreError> {
    q.one(&COUNT_RECOVERY, params![account])
}

/// A sign-in of which the first step is done.
pub(crate) struct NewPending<'a> {
    pub digest: &'a str,
    pub account: i64,
    pub password_right: bool,
    pub attempt: &'a str,
    pub stage: &'a str,
    pub secret_sealed: Option<Vec<u8>>,
    pub expires_at: Instant,
}

pub(crate) fn insert_pending(tx: &mut Tx<'_>, new: &NewPending<'_>) -> Result<(), StoreError> {
    let right = i64::from(new.password_right);
    let NewPending { digest, account, attempt, stage, expires_at, .. } = new;
    let secret = new.secret_sealed.as_deref();
    tx.put(&INSERT_PENDING, params![*digest, account, right, *attempt, *stage, secret, *expires_at])
}

pub(crate) fn pending(q: &mut Read<'_>, digest: &str) -> Result<Option<Pending>, StoreError> {
    q.opt(&PENDING, params![digest])
}

pub(crate) fn try_pending(tx: &mut Tx<'_>, digest: &str) -> Result<(), StoreError> {
    tx.put_one(&TRY_PENDING, params![digest])
}

pub(crate) fn move_pending(
    tx: &mut Tx<'_>,
    digest: &str,
    stage: &str,
    proof: &str,
    secret_sealed: Option<Vec<u8>>,
) -> Result<(), StoreError> {
    tx.put_one(&MOVE_PENDING, params![digest, stage, proof, secret_sealed.as_deref()])
}

pub(crate) fn end_pending(tx: &mut Tx<'_>, digest: &str) -> Result<(), StoreError> {
    tx.put(&END_PENDING, params![digest])
}

pub(crate) fn end_pending_of(tx: &mut Tx<'_>, account: i64) -> Result<(), StoreError> {
    tx.put(&END_PENDING_OF, params![account])
}

pub(crate) fn sweep_pending(tx: &mut Tx<'_>, now: Instant, most: i64) -> Result<u64, StoreError> {
    tx.exec(&SWEEP_PENDING, params![now, most])
}
