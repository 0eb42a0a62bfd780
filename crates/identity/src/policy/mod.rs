//! Changing who may do what to a case: proposed by one security administrator, approved by another, kept in versions.
//!
//! This node has a new version in force before the approver is answered; every other asks for one each second. A text is
//! read again whenever it is taken up, so that nothing is in force that does not read.

mod effect;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use yimen_platform::{Ctx, Role, Roles, journal};
use yimen_policy::{Act, Change, Mistake, Policy, PolicyHandle, Scope, Who};
use yimen_standards::time::Instant;
use yimen_store::{Read, Tx};

pub use effect::{Affected, Effect, Same};

use crate::proposal::{Approved, Kind};
use crate::store::admin as rows;
use crate::store::policy::{self as versions, PolicyRow, VersionRow};
use crate::{Identity, IdentityError, Result};

pub(crate) const POLICY: &str = "policy";
/// Changes named in the summary of a proposal; its page has all of them.
const NAMED: usize = 3;

/// Who a member of staff is to the policy. Administrators are nobody to it.
const STAFF: [(Role, Who); 4] = [
    (Role::Clerk, Who::Clerk),
    (Role::Reviewer, Who::Reviewer),
    (Role::Supervisor, Who::Supervisor),
    (Role::Inspector, Who::Inspector),
];

pub fn whos(roles: Roles) -> impl Iterator<Item = Who> {
    STAFF.into_iter().filter(move |(role, _)| roles.has(*role)).map(|(_, who)| who)
}

/// Whether a scope means anything for somebody of staff who works there; the texts are empty where they have no such place.
pub fn is_placed(scope: Scope, department: &str, office: &str) -> bool {
    match scope {
        Scope::Own => false,
        Scope::Office => !office.is_empty(),
        Scope::Task | Scope::Department => !department.is_empty(),
        Scope::City => true,
    }
}

/// One version of the policy, with who made it. The program's own is version 0 and nobody's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    pub version: i64,
    pub text: String,
    pub digest: String,
    pub made: Option<Made>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    pub reason: String,
    pub proposer: String,
    pub proposed_at: Instant,
    pub approver: String,
    pub approved_at: Instant,
}

/// What somebody proposed.
#[derive(Debug, Clone)]
pub struct Proposed {
    pub text: String,
    /// Another version is in force since: it cannot be approved any more.
    pub is_stale: bool,
}

/// What lies in the proposal, sealed.
#[derive(Serialize, Deserialize)]
struct Body {
    base: i64,
    /// The program's own policy may come in another text with another release.
    base_digest: String,
    text: String,
}

#[derive(Serialize)]
struct Noted<'a> {
    version: i64,
    digest: &'a str,
    replaced: i64,
    replaced_digest: &'a str,
    proposal: i64,
    proposer: i64,
    proposer_name: &'a str,
    approver: i64,
    approver_name: &'a str,
}

impl Version {
    fn own() -> Version {
        let text = Policy::STANDARD.to_owned();
        Version { version: 0, digest: digest(&text), text, made: None }
    }

    fn of(row: VersionRow) -> Version {
        let VersionRow { version, text, digest, reason, proposer_name, proposed_at, .. } = row;
        let approved_at = row.approved_at.unwrap_or(proposed_at);
        let (proposer, approver) = (proposer_name, row.approver_name);
        Version {
            version,
            text,
            digest,
            made: Some(Made { reason, proposer, proposed_at, approver, approved_at }),
        }
    }

    /// What it allows. What does not read any more allows nothing.
    pub fn policy(&self) -> Policy {
        Policy::parse(&self.text).unwrap_or_else(|_| Policy::nothing())
    }
}

/// Of a text, as the journal has it.
fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// What was typed, as it is kept: lines end as they do everywhere, and nothing is left behind them.
pub fn tidied(typed: &str) -> String {
    let typed = typed.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<&str> = typed.trim_end().lines().map(str::trim_end).collect();
    lines.iter().map(|line| format!("{line}\n")).collect()
}

pub(crate) fn kind() -> Kind {
    Kind {
        code: POLICY,
        name: "修改权限规则",
        may: |actor| actor.has(Role::Security),
        apply: Box::new(apply),
    }
}

fn apply(tx: &mut Tx<'_>, ctx: &Ctx, approved: &Approved<'_>) -> Result<()> {
    let Body { base, base_digest, text } = body_of(approved.body)?;
    // Every node reads it again: what does not read must never be written.
    Policy::for_city(&text)
        .map_err(|wrong| IdentityError::Internal(format!("proposed policy: {wrong:?}")))?;
    let now = current(tx)?;
    if now.version != base || now.digest != base_digest {
        return Err(IdentityError::PolicyMoved);
    }
    let new = PolicyRow { version: base + 1, digest: digest(&text), text };
    // Of two approvals that did not see each other one fails at this row: as `PolicyMoved`, too.
    versions::insert(tx, &new, &now.digest, approved.proposal)?;
    let body = Noted {
        version: new.version,
        digest: &new.digest,
        replaced: base,
        replaced_digest: &now.digest,
        proposal: approved.proposal,
        proposer: approved.proposer,
        proposer_name: approved.proposer_name,
        approver: ctx.actor.account(),
        approver_name: ctx.actor.name(),
    };
    Ok(journal::append(tx, ctx, journal::Note { verb: "policy.changed", case: 0, task: 0, body })?)
}

fn body_of(body: &[u8]) -> Result<Body> {
    serde_json::from_slice(body).map_err(|e| IdentityError::Internal(format!("proposed policy: {e}")))
}

/// The newest version in the database.
fn current(q: &mut Read<'_>) -> Result<PolicyRow> {
    let own = || {
        let Version { version, text, digest, .. } = Version::own();
        PolicyRow { version, text, digest }
    };
    Ok(versions::newer(q, 0)?.unwrap_or_else(own))
}

/// Puts the newest version in force here, if it is newer than what is. Answers whether it was.
pub fn take_up(q: &mut Read<'_>, handle: &PolicyHandle) -> Result<bool> {
    let Some(row) = versions::newer(q, handle.version())? else { return Ok(false) };
    let policy = Policy::in_force(&row.text).map_err(|wrong| {
        let wrong = wrong.first().map(Mistake::to_string).unwrap_or_default();
        IdentityError::Internal(format!("policy {}: {wrong}", row.version))
    })?;
    handle.put(row.version, policy);
    Ok(true)
}

impl Identity {
    /// What is in force on this node, with its version.
    pub fn policy(&self) -> (i64, Policy) {
        self.settings().policy.in_force()
    }

    /// Takes up what was changed since, here or on another node. Answers whether anything was.
    pub async fn take_up_policy(&self) -> Result<bool> {
        let handle = self.settings().policy.clone();
        self.platform().store.read(move |q| take_up(q, &handle)).await
    }

    /// Versions before one, the newest first; the program's own is the last.
    pub fn policy_versions(&self, q: &mut Read<'_>, before: i64, limit: usize) -> Result<Vec<Version>> {
        let found = versions::versions(q, before, i64::try_from(limit).unwrap_or(i64::MAX))?;
        let mut found: Vec<Version> = found.into_iter().map(Version::of).collect();
        if found.len() < limit && before > 0 {
            found.push(Version::own());
        }
        Ok(found)
    }

    pub fn policy_version(&self, q: &mut Read<'_>, version: i64) -> Result<Version> {
        match version {
            0 => Ok(Version::own()),
            other => versions::version(q, other)?.map(Version::of).ok_or(IdentityError::NotFound),
        }
    }

    /// The newest version there is: what a proposal is to replace.
    pub fn newest_policy(&self, q: &mut Read<'_>) -> Result<Version> {
        let newest = self.policy_versions(q, i64::MAX, 1)?;
        newest.into_iter().next().ok_or(IdentityError::NotFound)
    }

    /// What a proposal of this kind is to change; none where it is of another.
    pub fn proposed_policy(&self, q: &mut Read<'_>, id: i64) -> Result<Option<Proposed>> {
        let row = rows::proposal(q, id)?.ok_or(IdentityError::NotFound)?;
        if row.kind != POLICY {
            return Ok(None);
        }
        let Body { base, base_digest, text } = body_of(&self.body(&row)?)?;
        let now = current(q)?;
        Ok(Some(Proposed { is_stale: now.version != base || now.digest != base_digest, text }))
    }

    /// Proposes a text in the place of version `base`: another security administrator has to approve.
    pub async fn propose_policy(&self, ctx: &Ctx, base: i64, text: &str, reason: &str) -> Result<i64> {
        let text = tidied(text);
        let next = Policy::for_city(&text).map_err(|wrong| IdentityError::Invalid(told(&wrong)))?;
        let (identity, ctx, reason) = (self.clone(), ctx.clone(), reason.to_owned());
        let propose = move |tx: &mut Tx<'_>| {
            let now = identity.newest_policy(tx)?;
            if now.version != base {
                return Err(IdentityError::PolicyMoved);
            }
            if now.text == text {
                return Err(IdentityError::field("text", "和现在的规则完全一样，没有可以提出的修改"));
            }
            let effect = identity.effect_of(tx, &now.policy(), &next)?;
            let summary = summary(base + 1, &effect);
            let body = Body { base, base_digest: now.digest, text: text.clone() };
            let body = serde_json::to_vec(&body).map_err(|e| IdentityError::Internal(e.to_string()))?;
            identity.propose(tx, &ctx, POLICY, &body, (&summary, &reason))
        };
        self.platform().store.write("policy.propose", propose).await
    }
}

/// Every mistake beside its line, and the first beside the text.
pub(crate) fn told(wrong: &[Mistake]) -> Vec<yimen_web::FieldError> {
    let field = |name: String, words: String| yimen_web::FieldError::new(name, words);
    let count = match wrong {
        [one] => one.to_string(),
        more => format!("有 {} 行要改，逐行列在下面。", more.len()),
    };
    let lines = wrong.iter().map(|one| field(format!("line-{}", one.line), one.to_string()));
    let all = lines.filter(|_| wrong.len() > 1);
    std::iter::once(field("text".to_owned(), count)).chain(all).collect()
}

/// 第 2 版权限规则：督查人员“全市的办件”取消查看（得到权限 0 人，失去权限 1 人）
fn summary(version: i64, effect: &Effect) -> String {
    let named = effect.changes.iter().take(NAMED).map(|(change, _)| in_words(change));
    let mut words = named.collect::<Vec<_>>().join("；");
    if effect.changes.len() > NAMED {
        words.push_str(&format!("；等 {} 处", effect.changes.len()));
    }
    if words.is_empty() {
        words.push_str("授权不变，只改说明");
    }
    let (gain, lose) = (effect.gain.count, effect.lose.count);
    format!("第 {version} 版权限规则：{words}（得到权限 {gain} 人，失去权限 {lose} 人）")
}

fn in_words(change: &Change) -> String {
    let list = |what: &str, acts: &[Act]| {
        let acts: Vec<&str> = acts.iter().map(|act| act.zh()).collect();
        (!acts.is_empty()).then(|| format!("{what}{}", acts.join("、")))
    };
    let both = [list("增加", &change.gains), list("取消", &change.loses)];
    let both: Vec<String> = both.into_iter().flatten().collect();
    format!("{}“{}”{}", change.relation.who.zh(), change.relation.scope.zh(), both.join("，"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_the_same_whatever_typed_it() {
        let kept = "# 权限\n\nclerk office see\n";
        for typed in [kept, "# 权限\r\n\r\nclerk office see  \r\n\r\n", "# 权限\r\rclerk office see"] {
            assert_eq!(tidied(typed), kept);
        }
        assert_eq!(tidied(Policy::STANDARD), Policy::STANDARD);
        assert_eq!(digest(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn a_summary_names_three_changes_and_counts_the_rest() {
        let next = Policy::for_city("citizen own see\nprogram city see pay tick").unwrap();
        let changes = Policy::standard().changes(&next).into_iter().map(|one| (one, 1)).collect();
        let words = summary(2, &Effect { changes, ..Effect::default() });
        assert!(
            words.starts_with("第 2 版权限规则：申请人“自己的办件”取消填写、提交、撤回、缴费；"),
            "{words}"
        );
        assert!(words.ends_with("；等 6 处（得到权限 0 人，失去权限 0 人）"), "{words}");
    }
}
