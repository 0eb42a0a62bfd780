//! What the security administrator does with accounts of staff. Nobody does any of it to their own account.

use serde::Serialize;
use yimen_platform::{Actor, Ctx, Role, Roles, journal};
use yimen_standards::time::Instant;
use yimen_store::{Read, Tx};

use crate::login::Login;
use crate::model::{AccountKind, NewAccount, Position};
use crate::proposal::{ADMINISTRATOR, Appointment};
use crate::session::Session;
use crate::store::admin::{self as rows, StaffRow};
use crate::{Identity, IdentityError, Result, factor, store};

/// How old the last proof may be when something dangerous is done.
const PROOF_MS: i64 = 5 * 60_000;
const MOST_LOCKS: i64 = 200;

/// An account of staff as its administrator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffAccount {
    pub account: i64,
    pub name: String,
    pub login: String,
    pub roles: Roles,
    pub department: String,
    pub office: String,
    pub counter: String,
    pub factor_required: bool,
    pub factor_set_up: bool,
    pub is_closed: bool,
}

/// A login or an address that is closed for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    pub index: String,
    /// 0 where nobody has that login, and for an address.
    pub account: i64,
    pub name: String,
    /// Empty for a login.
    pub address: String,
    pub until: Instant,
}

/// A session of a member of staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffSession {
    pub id: i64,
    pub account: i64,
    pub name: String,
    pub created_at: Instant,
    pub seen_at: Instant,
    pub agent: String,
}

#[derive(Serialize)]
struct Lifted<'a> {
    account: i64,
    #[serde(skip_serializing_if = "str::is_empty")]
    network: &'a str,
}

impl From<StaffRow> for StaffAccount {
    fn from(row: StaffRow) -> Self {
        Self {
            roles: row.roles(),
            factor_required: row.needs_factor(),
            account: row.account,
            name: row.name,
            login: row.login,
            department: row.department,
            office: row.office,
            counter: row.counter,
            factor_set_up: row.factor_set_up,
            is_closed: row.closed_at.is_some(),
        }
    }
}

/// Set-up and the security administrator; never for the own account.
pub(crate) fn may_manage(ctx: &Ctx, account: i64) -> Result<()> {
    match &ctx.actor {
        Actor::System(_) => Ok(()),
        actor if actor.has(Role::Security) && actor.account() != account => Ok(()),
        _ => Err(IdentityError::Forbidden),
    }
}

impl Identity {
    /// Staff by name, a page at a time; `find` is part of a name or a login.
    pub fn staff_accounts(
        &self,
        q: &mut Read<'_>,
        find: &str,
        after: (&str, i64),
        limit: i64,
    ) -> Result<Vec<StaffAccount>> {
        // What means something in a pattern is no part of a name.
        let find: String = find.to_lowercase().chars().filter(|c| !matches!(c, '%' | '_' | '\\')).collect();
        let like = if find.is_empty() { String::new() } else { format!("%{find}%") };
        Ok(rows::staff(q, &like, after, limit)?.into_iter().map(StaffAccount::from).collect())
    }

    pub fn staff_account(&self, q: &mut Read<'_>, account: i64) -> Result<StaffAccount> {
        Ok(rows::one_staff(q, account)?.ok_or(IdentityError::NotFound)?.into())
    }

    /// Makes an account of staff; the password that is returned works once, to set one's own.
    pub async fn hire(
        &self,
        ctx: &Ctx,
        name: &str,
        login: &str,
        position: Position,
    ) -> Result<(i64, String)> {
        may_manage(ctx, 0)?;
        let login = Login::staff(login).map_err(|message| IdentityError::field("login", message))?;
        let new = NewAccount { name: name.to_owned(), position, logins: vec![login] };
        let password = initial_password();
        let hash = self.hash_password(password.clone()).await?;
        let (identity, ctx) = (self.clone(), ctx.clone());
        let hire = move |tx: &mut Tx<'_>| -> Result<i64> {
            let id = identity.create_account(tx, &ctx, &new, &hash)?;
            store::set_password(tx, (id, ctx.new_id()), &hash, true, ctx.now)?;
            Ok(id)
        };
        let id = self.platform().store.write("account.hire", hire).await?;
        Ok((id, password))
    }

    /// A new first password, for who forgot the own; all sessions end.
    pub async fn reset_password(&self, ctx: &Ctx, account: i64) -> Result<String> {
        may_manage(ctx, account)?;
        let password = initial_password();
        let hash = self.hash_password(password.clone()).await?;
        let ctx = ctx.clone();
        let reset = move |tx: &mut Tx<'_>| -> Result<()> {
            rows::one_staff(tx, account)?
                .filter(|one| one.closed_at.is_none())
                .ok_or(IdentityError::NotFound)?;
            store::set_password(tx, (account, ctx.new_id()), &hash, true, ctx.now)?;
            store::end_others(tx, account, 0)?;
            store::factor::end_pending_of(tx, account)?;
            factor::note(tx, &ctx, "account.password_reset", account)
        };
        self.platform().store.write("account.reset_password", reset).await?;
        self.forget_sessions_of(account);
        Ok(password)
    }

    pub async fn reopen_account(&self, ctx: &Ctx, account: i64) -> Result<()> {
        may_manage(ctx, account)?;
        let ctx = ctx.clone();
        let reopen = move |tx: &mut Tx<'_>| -> Result<()> {
            if !rows::reopen(tx, account, ctx.now)? {
                return Err(IdentityError::NotFound);
            }
            factor::note(tx, &ctx, "account.reopened", account)
        };
        self.platform().store.write("account.reopen", reopen).await
    }

    /// Proposes to make somebody an administrator: another security administrator has to approve.
    pub async fn propose_administrator(
        &self,
        ctx: &Ctx,
        account: i64,
        role: Role,
        reason: &str,
    ) -> Result<i64> {
        may_manage(ctx, account)?;
        if !role.is_administrator() {
            return Err(IdentityError::field("role", "请选择管理员的种类"));
        }
        let (identity, ctx, reason) = (self.clone(), ctx.clone(), reason.to_owned());
        let propose = move |tx: &mut Tx<'_>| -> Result<i64> {
            let who = rows::one_staff(tx, account)?.ok_or(IdentityError::NotFound)?;
            let body = Appointment { account, roles: Roles::of(&[role]).0 };
            let body = serde_json::to_vec(&body).map_err(|e| IdentityError::Internal(e.to_string()))?;
            let summary = format!("任命{}（{}）为{}", who.name, who.login, role.zh());
            identity.propose(tx, &ctx, ADMINISTRATOR, &body, (&summary, &reason))
        };
        self.platform().store.write("administrator.propose", propose).await
    }

    pub fn locks(&self, q: &mut Read<'_>) -> Result<Vec<Lock>> {
        let rows = rows::locks(q, self.platform().clock.now(), MOST_LOCKS)?;
        let lock = |row: rows::LockRow| {
            let rows::LockRow { index, account, name, address, until } = row;
            Lock { index, account, name, address, until }
        };
        Ok(rows.into_iter().map(lock).collect())
    }

    /// Opens a lock before its time. One's own login never.
    pub async fn lift_lock(&self, ctx: &Ctx, index: &str) -> Result<()> {
        let (ctx, index) = (ctx.clone(), index.to_owned());
        let lift = move |tx: &mut Tx<'_>| -> Result<()> {
            let lock = rows::locks(tx, ctx.now, MOST_LOCKS)?.into_iter().find(|lock| lock.index == index);
            may_manage(&ctx, lock.as_ref().map_or(0, |lock| lock.account))?;
            let lock = lock.ok_or(IdentityError::NotFound)?;
            rows::lift(tx, &index, ctx.now)?;
            note_lifted(tx, &ctx, lock.account, &lock.address)
        };
        self.platform().store.write("lock.lift", lift).await
    }

    /// Opens all locks of an account: of its logins, its password and its codes.
    pub async fn unlock_account(&self, ctx: &Ctx, account: i64) -> Result<()> {
        may_manage(ctx, account)?;
        let ctx = ctx.clone();
        let lift = move |tx: &mut Tx<'_>| -> Result<()> {
            match rows::lift_account(tx, account)? {
                0 => Ok(()),
                _ => note_lifted(tx, &ctx, account, ""),
            }
        };
        self.platform().store.write("lock.lift", lift).await
    }

    /// Sessions of staff in force, the newest first.
    pub fn staff_sessions(&self, q: &mut Read<'_>, before: i64, limit: i64) -> Result<Vec<StaffSession>> {
        let now = self.platform().clock.now();
        let seen = now.plus_millis(-self.settings().limits.idle_ms(AccountKind::Staff));
        let one = |row: rows::StaffSessionRow| StaffSession {
            id: row.id,
            account: row.account,
            name: row.name,
            created_at: row.created_at,
            seen_at: row.seen_at,
            agent: row.agent,
        };
        Ok(rows::staff_sessions(q, seen, now, before, limit)?.into_iter().map(one).collect())
    }

    /// Ends one session (0: all) of an account of staff.
    pub async fn end_staff_session(&self, ctx: &Ctx, account: i64, session: i64) -> Result<u64> {
        may_manage(ctx, account)?;
        let ctx = ctx.clone();
        let end = move |tx: &mut Tx<'_>| -> Result<u64> {
            rows::one_staff(tx, account)?.ok_or(IdentityError::NotFound)?;
            let ended = match session {
                0 => store::end_others(tx, account, 0)?,
                one => u64::from(store::end_session(tx, account, one)?),
            };
            if ended > 0 {
                crate::session::note_ended(tx, &ctx, account, ended)?;
            }
            Ok(ended)
        };
        let ended = self.platform().store.write("session.end_staff", end).await?;
        self.forget_sessions_of(account);
        Ok(ended)
    }

    /// Whether the last proof is too old for something dangerous.
    pub fn must_prove(&self, session: &Session) -> bool {
        session.proved_at.plus_millis(PROOF_MS) <= self.platform().clock.now()
    }

    /// Asks for the factor again before something dangerous, unless it was given within five minutes.
    pub async fn step_up(&self, ctx: &Ctx, session: &Session, code: &str) -> Result<()> {
        if !self.must_prove(session) {
            return Ok(());
        }
        if code.is_empty() {
            return Err(IdentityError::field("code", "请填写动态口令应用里的验证码"));
        }
        let (identity, ctx, code, id) = (self.clone(), ctx.clone(), code.to_owned(), session.id);
        let prove = move |tx: &mut Tx<'_>| -> Result<Option<i64>> {
            match identity.prove(tx, &ctx, &code)? {
                factor::Proved::Wrong { left } => Ok(Some(left)),
                factor::Proved::Right => {
                    rows::proved(tx, id, ctx.now)?;
                    Ok(None)
                }
            }
        };
        let wrong = self.platform().store.write("session.step_up", prove).await?;
        self.forget_sessions_of(session.account);
        match wrong {
            Some(left) => Err(IdentityError::WrongProof { left }),
            None => Ok(()),
        }
    }
}

/// Twelve letters and digits that are not taken for one another, in groups: fit to be read out once.
fn initial_password() -> String {
    use rand::Rng as _;
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0_u8; 12];
    rand::rng().fill_bytes(&mut bytes);
    let text: String = bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte & 31)])).collect();
    // The kinds that the rule asks for stand in front.
    format!("Y7-{}-{}-{}", &text[..4], &text[4..8], &text[8..])
}

fn note_lifted(tx: &mut Tx<'_>, ctx: &Ctx, account: i64, network: &str) -> Result<()> {
    let body = Lifted { account, network };
    Ok(journal::append(tx, ctx, journal::Note { verb: "account.unlocked", case: 0, task: 0, body })?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::password_rule::{Whose, check_new};

    #[test]
    fn first_passwords_keep_to_the_rule_and_are_all_different() {
        let drawn: std::collections::HashSet<String> = (0..200).map(|_| initial_password()).collect();
        assert_eq!(drawn.len(), 200);
        for one in drawn {
            assert!(check_new(&one, &Whose { is_staff: true, name: "", logins: &[] }).is_ok(), "{one}");
        }
    }
}
