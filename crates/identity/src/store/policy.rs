//! Versions of the policy, and whom a change of it is about, as rows.

use yimen_platform::Roles;
use yimen_standards::time::Instant;
use yimen_store::{Read, StoreError, Tx, params, row, sql};

sql! {
    /// Asked every second on every node: nothing is read while nothing is newer.
    NEWER_POLICY = "select version, text, digest from identity_policy where version > $1 order by version desc limit 1";

    INSERT_POLICY = "insert into identity_policy (version, text, digest, replaced, proposal) values ($1, $2, $3, $4, $5)";

    POLICIES = "select v.version, v.text, v.digest, p.reason, p.proposer_name, p.proposed_at, p.decider_name, p.decided_at
        from identity_policy v join identity_proposal p on p.id = v.proposal
        where v.version < $1 order by v.version desc limit $2";

    POLICY = "select v.version, v.text, v.digest, p.reason, p.proposer_name, p.proposed_at, p.decider_name, p.decided_at
        from identity_policy v join identity_proposal p on p.id = v.proposal where v.version = $1";

    /// Open accounts of staff that stand alike: by roles, and by whether they have a department and an office.
    STAFF_ALIKE = "select roles, case when department = '' then 0 else 1 end, case when office = '' then 0 else 1 end,
        count(*) from identity_account where kind = 'staff' and closed_at is null
        group by roles, case when department = '' then 0 else 1 end, case when office = '' then 0 else 1 end
        order by roles";

    ALIKE = "select a.name, l.shown from identity_account a join identity_login l on l.account = a.id
        where a.kind = 'staff' and a.closed_at is null and a.roles = $1
        and case when a.department = '' then 0 else 1 end = $2 and case when a.office = '' then 0 else 1 end = $3
        order by a.name, a.id limit $4";

    OPEN_CITIZENS = "select count(*) from identity_account where kind = 'citizen' and closed_at is null";
}

row! {
    pub(crate) struct PolicyRow {
        pub version: i64,
        pub text: String,
        pub digest: String,
    }

    pub(crate) struct VersionRow {
        pub version: i64,
        pub text: String,
        pub digest: String,
        pub reason: String,
        pub proposer_name: String,
        pub proposed_at: Instant,
        pub approver_name: String,
        pub approved_at: Option<Instant>,
    }

    pub(crate) struct AlikeRow {
        roles: u32,
        pub has_department: bool,
        pub has_office: bool,
        pub accounts: i64,
    }

    pub(crate) struct NameRow {
        pub name: String,
        pub login: String,
    }
}

impl AlikeRow {
    pub fn roles(&self) -> Roles {
        Roles(self.roles)
    }
}

/// The newest version after one, if there is any.
pub(crate) fn newer(q: &mut Read<'_>, than: i64) -> Result<Option<PolicyRow>, StoreError> {
    q.opt(&NEWER_POLICY, params![than])
}

pub(crate) fn insert(
    tx: &mut Tx<'_>,
    new: &PolicyRow,
    replaced: &str,
    proposal: i64,
) -> Result<(), StoreError> {
    let (text, digest) = (new.text.as_str(), new.digest.as_str());
    tx.put(&INSERT_POLICY, params![new.version, text, digest, replaced, proposal])
}

/// The newest versions before one.
pub(crate) fn versions(q: &mut Read<'_>, before: i64, limit: i64) -> Result<Vec<VersionRow>, StoreError> {
    q.all(&POLICIES, params![before, limit])
}

pub(crate) fn version(q: &mut Read<'_>, version: i64) -> Result<Option<VersionRow>, StoreError> {
    q.opt(&POLICY, params![version])
}

pub(crate) fn staff_alike(q: &mut Read<'_>) -> Result<Vec<AlikeRow>, StoreError> {
    q.all(&STAFF_ALIKE, params![])
}

pub(crate) fn names(q: &mut Read<'_>, of: &AlikeRow, limit: i64) -> Result<Vec<NameRow>, StoreError> {
    let (department, office) = (i64::from(of.has_department), i64::from(of.has_office));
    q.all(&ALIKE, params![of.roles, department, office, limit])
}

pub(crate) fn citizens(q: &mut Read<'_>) -> Result<i64, StoreError> {
    q.one(&OPEN_CITIZENS, params![])
}
