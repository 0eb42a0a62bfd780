//! What administrators list and change, and what two of them decide together, as rows.

use yimen_platform::Roles;
use yimen_standards::time::Instant;
use yimen_store::{Read, StoreError, Tx, params, row, sql};

sql! {
    /// Staff by name, also the closed; `$2` and `$3` are where the page before ended.
    STAFF = "select a.id, a.name, l.shown, a.roles, a.department, a.office, a.counter, a.factor,
        case when a.totp_sealed is null then 0 else 1 end, a.closed_at
        from identity_account a join identity_login l on l.account = a.id
        where a.kind = 'staff' and (a.name > $2 or (a.name = $2 and a.id > $3))
        and ($1 = '' or a.name like $1 or l.shown like $1) order by a.name, a.id limit $4";

    ONE_STAFF = "select a.id, a.name, l.shown, a.roles, a.department, a.office, a.counter, a.factor,
        case when a.totp_sealed is null then 0 else 1 end, a.closed_at
        from identity_account a join identity_login l on l.account = a.id where a.id = $1 and a.kind = 'staff'";

    REOPEN = "update identity_account set closed_at = null, updated_at = $2, updated_by = $3
        where id = $1 and kind = 'staff' and closed_at is not null";

    LOCKS = "select t.login_index, t.account, coalesce(a.name, ''), t.address, t.locked_until
        from identity_attempt t left join identity_account a on a.id = t.account
        where t.locked_until > $1 order by t.locked_until desc limit $2";

    LIFT = "delete from identity_attempt where login_index = $1 and locked_until > $2";

    LIFT_ACCOUNT = "delete from identity_attempt where account = $1 and account > 0";

    STAFF_SESSIONS = "select s.id, s.account, a.name, s.created_at, s.seen_at, s.expires_at, s.agent
        from identity_session s join identity_account a on a.id = s.account
        where a.kind = 'staff' and s.seen_at > $1 and s.expires_at > $2 and s.id < $3 order by s.id desc limit $4";

    PROVED = "update identity_session set proved_at = $2 where id = $1";

    INSERT_PROPOSAL = "insert into identity_proposal (id, kind, body_sealed, summary, reason, proposer, proposer_name,
        proposed_at, expires_at, state, decider, decider_name) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open', 0, '')";

    PROPOSALS = "select id, kind, body_sealed, summary, reason, proposer, proposer_name, proposed_at, expires_at, state,
        decider_name from identity_proposal where id < $1 order by id desc limit $2";

    PROPOSAL = "select id, kind, body_sealed, summary, reason, proposer, proposer_name, proposed_at, expires_at, state,
        decider_name from identity_proposal where id = $1";

    DECIDE = "update identity_proposal set state = $2, decider = $3, decider_name = $4, decided_at = $5
        where id = $1 and state = 'open'";
}

row! {
    pub(crate) struct StaffRow {
        pub account: i64,
        pub name: String,
        pub login: String,
        roles: u32,
        pub department: String,
        pub office: String,
        pub counter: String,
        factor: String,
        pub factor_set_up: bool,
        pub closed_at: Option<Instant>,
    }

    pub(crate) struct LockRow {
        pub index: String,
        pub account: i64,
        pub name: String,
        pub address: String,
        pub until: Instant,
    }

    pub(crate) struct StaffSessionRow {
        pub id: i64,
        pub account: i64,
        pub name: String,
        pub created_at: Instant,
        pub seen_at: Instant,
        pub expires_at: Instant,
        pub agent: String,
    }

    pub(crate) struct ProposalRow {
        pub id: i64,
        pub kind: String,
        pub body_sealed: Vec<u8>,
        pub summary: String,
        pub reason: String,
        pub proposer: i64,
        pub proposer_name: String,
        pub proposed_at: Instant,
        pub expires_at: Instant,
        pub state: String,
        pub decider_name: String,
    }
}

impl StaffRow {
    pub fn roles(&self) -> Roles {
        Roles(self.roles)
    }

    pub fn needs_factor(&self) -> bool {
        self.factor != crate::factor::Policy::Off.code()
    }
}

/// `like` is the whole pattern, empty for all.
pub(crate) fn staff(
    q: &mut Read<'_>,
    like: &str,
    (name, id): (&str, i64),
    limit: i64,
) -> Result<Vec<StaffRow>, StoreError> {
    q.all(&STAFF, params![like, name, id, limit])
}

pub(crate) fn one_staff(q: &mut Read<'_>, account: i64) -> Result<Option<StaffRow>, StoreError> {
    q.opt(&ONE_STAFF, params![account])
}

/// `false` when there is no such closed account of staff.
pub(crate) fn reopen(tx: &mut Tx<'_>, account: i64, at: Instant) -> Result<bool, StoreError> {
    let by = tx.name();
    Ok(tx.exec(&REOPEN, params![account, at, by])? == 1)
}

pub(crate) fn locks(q: &mut Read<'_>, now: Instant, limit: i64) -> Result<Vec<LockRow>, StoreError> {
    q.all(&LOCKS, params![now, limit])
}

/// `false` when it ended by itself.
pub(crate) fn lift(tx: &mut Tx<'_>, index: &str, now: Instant) -> Result<bool, StoreError> {
    Ok(tx.exec(&LIFT, params![index, now])? == 1)
}

pub(crate) fn lift_account(tx: &mut Tx<'_>, account: i64) -> Result<u64, StoreError> {
    tx.exec(&LIFT_ACCOUNT, params![account])
}

/// Those seen after `seen`, before the one with id `before`.
pub(crate) fn staff_sessions(
    q: &mut Read<'_>,
    seen: Instant,
    now: Instant,
    before: i64,
    limit: i64,
) -> Result<Vec<StaffSessionRow>, StoreError> {
    q.all(&STAFF_SESSIONS, params![seen, now, before, limit])
}

pub(crate) fn proved(tx: &mut Tx<'_>, session: i64, at: Instant) -> Result<(), StoreError> {
    tx.put(&PROVED, params![session, at])
}

pub(crate) struct NewProposal<'a> {
    pub id: i64,
    pub kind: &'a str,
    pub body_sealed: Vec<u8>,
    pub summary: &'a str,
    pub reason: &'a str,
    pub proposer: i64,
    pub proposer_name: &'a str,
    pub at: Instant,
    pub expires_at: Instant,
}

pub(crate) fn insert_proposal(tx: &mut Tx<'_>, new: &NewProposal<'_>) -> Result<(), StoreError> {
    let NewProposal { id, kind, body_sealed, summary, reason, proposer, proposer_name, at, expires_at } = new;
    tx.put(
        &INSERT_PROPOSAL,
        params![*id, *kind, body_sealed, *summary, *reason, *proposer, *proposer_name, *at, *expires_at],
    )
}

pub(crate) fn proposals(q: &mut Read<'_>, before: i64, limit: i64) -> Result<Vec<ProposalRow>, StoreError> {
    q.all(&PROPOSALS, params![before, limit])
}

pub(crate) fn proposal(q: &mut Read<'_>, id: i64) -> Result<Option<ProposalRow>, StoreError> {
    q.opt(&PROPOSAL, params![id])
}

/// `false` when it was decided before.
pub(crate) fn decide(
    tx: &mut Tx<'_>,
    id: i64,
    state: &str,
    (decider, name): (i64, &str),
    at: Instant,
) -> Result<bool, StoreError> {
    Ok(tx.exec(&DECIDE, params![id, state, decider, name, at])? == 1)
}
