//! Accounts, logins, attempts and sessions as rows.

pub(crate) mod admin;
pub(crate) mod code;
pub(crate) mod factor;
pub(crate) mod policy;
pub(crate) mod reseal;

use yimen_platform::Roles;
use yimen_standards::time::Instant;
use yimen_store::{Read, StoreError, Tx, params, row, sql};

use crate::factor::Policy;
use crate::login::Login;
use crate::model::{AccountKind, NewAccount, Position};
use crate::password::PasswordHash;

/// None of so many, the present one among them, comes back.
const PASSWORDS_KEPT: i64 = 5;

sql! {
    INSERT_ACCOUNT = "insert into identity_account (id, kind, name, password_hash, party, roles, department, office,
        counter, factor, totp_step, password_at, password_due, created_at, updated_at, updated_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $12, 0, $10, 0, $10, $10, $11)";

    INSERT_LOGIN = "insert into identity_login (login_index, account, kind, shown) values ($1, $2, $3, $4)
        on conflict (login_index) do nothing";

    LOGINS = "select shown from identity_login where account = $1 order by shown";

    ACCOUNT_OF_LOGIN = "select account from identity_login where login_index = $1";

    /// The open accounts that one of three readings of a typed login names.
    BY_LOGIN = "select a.id, a.password_hash from identity_login l join identity_account a on a.id = l.account
        where l.login_index in ($1, $2, $3) and a.closed_at is null order by l.login_index limit 1";

    PASSWORD = "select id, password_hash from identity_account where id = $1 and closed_at is null";

    SET_PASSWORD = "update identity_account set password_hash = $2, password_at = $3, password_due = $5,
        updated_at = $3, updated_by = $4 where id = $1 and closed_at is null";

    KEEP_PASSWORD = "insert into identity_password (id, account, hash) values ($1, $2, $3)";

    /// All but the newest so many.
    FORGET_PASSWORDS = "delete from identity_password where account = $1 and id not in
        (select id from identity_password where account = $1 order by id desc limit $2)";

    PASSWORDS = "select hash from identity_password where account = $1 order by id desc";

    SET_POSITION = "update identity_account set roles = $2, department = $3, office = $4, counter = $5,
        updated_at = $6, updated_by = $7 where id = $1 and kind = 'staff' and closed_at is null";

    CLOSE = "update identity_account set closed_at = $2, updated_at = $2, updated_by = $3
        where id = $1 and closed_at is null";

    OF_PARTY = "select id from identity_account where party = $1 and closed_at is null order by id limit 1";

    COLLEAGUE = "select id, name, roles, department, office, counter from identity_account
        where id = $1 and kind = 'staff' and closed_at is null";

    OF_DEPARTMENT = "select id, name, roles, department, office, counter from identity_account
        where department = $1 and closed_at is null order by name, id limit $2";

    OF_OFFICE = "select id, name, roles, department, office, counter from identity_account
        where office = $1 and closed_at is null order by name, id limit $2";

    ATTEMPT = "select failures, first_at, last_at, locked_until from identity_attempt where login_index = $1";

    SET_ATTEMPT = "insert into identity_attempt (login_index, account, address, failures, first_at, last_at,
        locked_until) values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (login_index) do update set account = excluded.account, failures = excluded.failures,
        first_at = excluded.first_at, last_at = excluded.last_at, locked_until = excluded.locked_until";

    CLEAR_ATTEMPT = "delete from identity_attempt where login_index = $1";

    /// Everything a request needs to know of its session, in one read.
    SESSION = "select s.id, s.account, s.created_at, s.seen_at, s.expires_at, s.proved_at, a.kind, a.name, a.party, a.roles,
        a.department, a.office, a.counter from identity_session s join identity_account a on a.id = s.account
        where s.token_digest = $1 and a.closed_at is null";

    /// The same by its number, for who knows it by that.
    SESSION_BY_ID = "select s.id, s.account, s.created_at, s.seen_at, s.expires_at, s.proved_at, a.kind, a.name, a.party,
        a.roles, a.department, a.office, a.counter from identity_session s join identity_account a on a.id = s.account
        where s.id = $1 and a.closed_at is null";

    INSERT_SESSION = "insert into identity_session (id, token_digest, account, created_at, seen_at, expires_at,
        proved_at, agent) values ($1, $2, $3, $4, $4, $5, $4, $6)";

    TOUCH = "update identity_session set seen_at = $2 where id = $1 and seen_at < $2";

    OWN_SESSIONS = "select id, created_at, seen_at, expires_at, agent from identity_session
        where account = $1 order by id desc limit 100";

    END_SESSION = "delete from identity_session where account = $1 and id = $2";

    END_BY_DIGEST = "delete from identity_session where token_digest = $1";

    END_OTHERS = "delete from identity_session where account = $1 and id <> $2";

    /// All but the ones used last.
    END_EXCESS = "delete from identity_session where account = $1 and id not in
        (select id from identity_session where account = $1 order by seen_at desc, id desc limit $2)";

    SWEEP_SESSIONS = "delete from identity_session where id in
        (select id from identity_session where expires_at < $1 order by expires_at limit $2)";

    SWEEP_ATTEMPTS = "delete from identity_attempt where login_index in
        (select login_index from identity_attempt where last_at < $1 order by last_at limit $2)";
}

row! {
    pub(crate) struct SessionRow {
        pub id: i64,
        pub account: i64,
        pub created_at: Instant,
        pub seen_at: Instant,
        pub expires_at: Instant,
        pub proved_at: Instant,
        kind: String,
        pub name: String,
        party: i64,
        roles: u32,
        department: String,
        office: String,
        counter: String,
    }

    /// Failures since the last success.
    #[derive(Debug, Clone, Copy, Default)]
    pub(crate) struct Attempt {
        pub failures: i64,
        pub first_at: Instant,
        pub last_at: Instant,
        pub locked_until: Instant,
    }

    pub(crate) struct OwnSessionRow {
        pub id: i64,
        pub created_at: Instant,
        pub seen_at: Instant,
        pub expires_at: Instant,
        pub agent: String,
    }

    pub(crate) struct ColleagueRow {
        pub account: i64,
        pub name: String,
        pub roles: u32,
        pub department: String,
        pub office: String,
        pub counter: String,
    }
}

impl SessionRow {
    pub fn position(self) -> Result<(Position, String), StoreError> {
        let position = match AccountKind::parse(&self.kind) {
            Some(AccountKind::Citizen) => Position::Citizen { party: self.party },
            Some(AccountKind::Staff) => Position::Staff {
                roles: Roles(self.roles),
                department: self.department,
                office: self.office,
                counter: self.counter,
            },
            // The schema is newer, or somebody wrote by hand.
            None => return Err(StoreError::Other(format!("unknown kind of account '{}'", self.kind))),
        };
        Ok((position, self.name))
    }
}

pub(crate) fn insert_account(
    tx: &mut Tx<'_>,
    id: i64,
    new: &NewAccount,
    (hash, factor): (&PasswordHash, Policy),
    at: Instant,
) -> Result<(), StoreError> {
    let by = tx.name();
    let none = (0, Roles::default(), "", "", "");
    let (party, roles, department, office, counter) = match &new.position {
        Position::Citizen { party } => (*party, none.1, none.2, none.3, none.4),
        Position::Staff { roles, department, office, counter } => {
            (none.0, *roles, department.as_str(), office.as_str(), counter.as_str())
        }
    };
    let kind = new.position.kind().code();
    tx.put(
        &INSERT_ACCOUNT,
        params![
            id,
            kind,
            &new.name,
            &hash.0,
            party,
            roles.0,
            department,
            office,
            counter,
            at,
            by,
            factor.code()
        ],
    )
}

/// `false` when another account has it.
pub(crate) fn insert_login(
    tx: &mut Tx<'_>,
    index: &str,
    account: i64,
    login: &Login,
) -> Result<bool, StoreError> {
    Ok(tx.exec(&INSERT_LOGIN, params![index, account, login.kind(), login.shown()])? == 1)
}

pub(crate) fn logins(q: &mut Read<'_>, account: i64) -> Result<Vec<String>, StoreError> {
    q.all(&LOGINS, params![account])
}

pub(crate) fn account_of_login(q: &mut Read<'_>, index: &str) -> Result<Option<i64>, StoreError> {
    q.opt(&ACCOUNT_OF_LOGIN, params![index])
}

pub(crate) fn by_login(
    q: &mut Read<'_>,
    [staff, phone, number]: &[String; 3],
) -> Result<Option<(i64, PasswordHash)>, StoreError> {
    let found: Option<(i64, String)> = q.opt(&BY_LOGIN, params![staff, phone, number])?;
    Ok(found.map(|(id, hash)| (id, PasswordHash(hash))))
}

pub(crate) fn password(q: &mut Read<'_>, account: i64) -> Result<Option<PasswordHash>, StoreError> {
    let found: Option<(i64, String)> = q.opt(&PASSWORD, params![account])?;
    Ok(found.map(|(_, hash)| PasswordHash(hash)))
}

/// `due`: it was set by somebody else and must be changed. `id` is the new row's that keeps the one before.
pub(crate) fn set_password(
    tx: &mut Tx<'_>,
    (account, id): (i64, i64),
    hash: &PasswordHash,
    due: bool,
    at: Instant,
) -> Result<(), StoreError> {
    let by = tx.name();
    if let Some(before) = password(tx, account)? {
        tx.put(&KEEP_PASSWORD, params![id, account, &before.0])?;
        tx.exec(&FORGET_PASSWORDS, params![account, PASSWORDS_KEPT - 1])?;
    }
    tx.put_one(&SET_PASSWORD, params![account, &hash.0, at, by, i64::from(due)])
}

/// The present one first, then those before.
pub(crate) fn passwords(q: &mut Read<'_>, account: i64) -> Result<Vec<PasswordHash>, StoreError> {
    let before: Vec<String> = q.all(&PASSWORDS, params![account])?;
    Ok(password(q, account)?.into_iter().chain(before.into_iter().map(PasswordHash)).collect())
}

/// `false` when there is no such open account of staff.
pub(crate) fn set_position(
    tx: &mut Tx<'_>,
    account: i64,
    roles: Roles,
    [department, office, counter]: [&str; 3],
    at: Instant,
) -> Result<bool, StoreError> {
    let by = tx.name();
    let touched = tx.exec(&SET_POSITION, params![account, roles.0, department, office, counter, at, by])?;
    Ok(touched == 1)
}

/// `false` when there is no such open account.
pub(crate) fn close(tx: &mut Tx<'_>, account: i64, at: Instant) -> Result<bool, StoreError> {
    let by = tx.name();
    Ok(tx.exec(&CLOSE, params![account, at, by])? == 1)
}

pub(crate) fn of_party(q: &mut Read<'_>, party: i64) -> Result<Option<i64>, StoreError> {
    q.opt(&OF_PARTY, params![party])
}

pub(crate) fn colleague(q: &mut Read<'_>, account: i64) -> Result<Option<ColleagueRow>, StoreError> {
    q.opt(&COLLEAGUE, params![account])
}

pub(crate) fn of_department(q: &mut Read<'_>, id: &str, limit: i64) -> Result<Vec<ColleagueRow>, StoreError> {
    q.all(&OF_DEPARTMENT, params![id, limit])
}

pub(crate) fn of_office(q: &mut Read<'_>, id: &str, limit: i64) -> Result<Vec<ColleagueRow>, StoreError> {
    q.all(&OF_OFFICE, params![id, limit])
}

pub(crate) fn attempt(q: &mut Read<'_>, index: &str) -> Result<Attempt, StoreError> {
    Ok(q.opt(&ATTEMPT, params![index])?.unwrap_or_default())
}

/// `account` and `address` say whose attempts these are, as far as that is known.
pub(crate) fn set_attempt(
    tx: &mut Tx<'_>,
    index: &str,
    (account, address): (i64, &str),
    attempt: Attempt,
) -> Result<(), StoreError> {
    let Attempt { failures, first_at, last_at, locked_until } = attempt;
    tx.put(&SET_ATTEMPT, params![index, account, address, failures, first_at, last_at, locked_until])
}

pub(crate) fn clear_attempt(tx: &mut Tx<'_>, index: &str) -> Result<(), StoreError> {
    tx.put(&CLEAR_ATTEMPT, params![index])
}

pub(crate) fn session(q: &mut Read<'_>, digest: &str) -> Result<Option<SessionRow>, StoreError> {
    q.opt(&SESSION, params![digest])
}

pub(crate) fn session_by_id(q: &mut Read<'_>, id: i64) -> Result<Option<SessionRow>, StoreError> {
    q.opt(&SESSION_BY_ID, params![id])
}

/// A session to be written.
pub(crate) struct NewSession<'a> {
    pub id: i64,
    pub digest: &'a str,
    pub account: i64,
    pub at: Instant,
    pub expires_at: Instant,
    pub agent: &'a str,
}

pub(crate) fn insert_session(tx: &mut Tx<'_>, new: &NewSession<'_>) -> Result<(), StoreError> {
    tx.put(&INSERT_SESSION, params![new.id, new.digest, new.account, new.at, new.expires_at, new.agent])
}

pub(crate) fn touch(tx: &mut Tx<'_>, session: i64, at: Instant) -> Result<(), StoreError> {
    tx.put(&TOUCH, params![session, at])
}

pub(crate) fn own_sessions(q: &mut Read<'_>, account: i64) -> Result<Vec<OwnSessionRow>, StoreError> {
    q.all(&OWN_SESSIONS, params![account])
}

/// `false` when the account has no such session.
pub(crate) fn end_session(tx: &mut Tx<'_>, account: i64, session: i64) -> Result<bool, StoreError> {
    Ok(tx.exec(&END_SESSION, params![account, session])? == 1)
}

pub(crate) fn end_by_digest(tx: &mut Tx<'_>, digest: &str) -> Result<(), StoreError> {
    tx.put(&END_BY_DIGEST, params![digest])
}

/// How many ended. `keep` 0 ends all.
pub(crate) fn end_others(tx: &mut Tx<'_>, account: i64, keep: i64) -> Result<u64, StoreError> {
    tx.exec(&END_OTHERS, params![account, keep])
}

/// Leaves the `keep` sessions that were used last; says how many ended.
pub(crate) fn end_excess(tx: &mut Tx<'_>, account: i64, keep: i64) -> Result<u64, StoreError> {
    tx.exec(&END_EXCESS, params![account, keep])
}

pub(crate) fn sweep(
    tx: &mut Tx<'_>,
    now: Instant,
    attempts_before: Instant,
    most: i64,
) -> Result<u64, StoreError> {
    let sessions = tx.exec(&SWEEP_SESSIONS, params![now, most])?;
    let pending = factor::sweep_pending(tx, now, most)? + code::sweep(tx, now, most)?;
    Ok(sessions + pending + tx.exec(&SWEEP_ATTEMPTS, params![attempts_before, most])?)
}
