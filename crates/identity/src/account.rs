//! Accounts: making, changing and closing them, and who works where.

use serde::Serialize;
use yimen_platform::{Actor, Ctx, Role, Roles, journal};
use yimen_standards::name;
use yimen_store::{Read, Tx};

use crate::admin::may_manage;
use crate::attempt::{self, Allowed};
use crate::factor::Policy;
use crate::login::Typed;
use crate::model::{NewAccount, Position};
use crate::password::PasswordHash;
use crate::password_rule::check_new;
use crate::session::Session;
use crate::store::{self, ColleagueRow};
use crate::{Identity, IdentityError, Result};

/// A member of staff as others see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Colleague {
    pub account: i64,
    pub name: String,
    pub roles: Roles,
    pub department: String,
    pub office: String,
    pub counter: String,
}

#[derive(Serialize)]
struct Changed {
    account: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    roles: Option<Vec<&'static str>>,
}

const MOST_COLLEAGUES: i64 = 1000;

impl Identity {
    /// Makes an account and its logins; set-up and the security administrator may. Only set-up makes administrators alone.
    pub fn create_account(
        &self,
        tx: &mut Tx<'_>,
        ctx: &Ctx,
        new: &NewAccount,
        hash: &PasswordHash,
    ) -> Result<i64> {
        let factor = match new.position {
            Position::Staff { .. } if self.settings().staff_factor => Policy::Required,
            _ => Policy::Off,
        };
        self.create_with(tx, ctx, new, hash, factor)
    }

    pub(crate) fn create_with(
        &self,
        tx: &mut Tx<'_>,
        ctx: &Ctx,
        new: &NewAccount,
        hash: &PasswordHash,
        factor: Policy,
    ) -> Result<i64> {
        may_manage(ctx, 0)?;
        let name = name::parse(&new.name).map_err(|e| IdentityError::field("name", e.message()))?;
        if let Position::Staff { roles, .. } = &new.position {
            may_give(ctx, *roles)?;
        }
        if new.logins.is_empty() {
            return Err(IdentityError::field("login", "请填写登录名"));
        }
        let new = NewAccount { name, ..new.clone() };
        let id = ctx.new_id();
        store::insert_account(tx, id, &new, (hash, factor), ctx.now)?;
        for login in &new.logins {
            if !store::insert_login(tx, &login.index(&self.platform().sealer), id, login)? {
                return Err(IdentityError::LoginTaken);
            }
        }
        let roles = match &new.position {
            Position::Staff { roles, .. } => Some(codes(*roles)),
            Position::Citizen { .. } => None,
        };
        let kind = Some(new.position.kind().code());
        note(tx, ctx, "account.created", Changed { account: id, kind, roles })?;
        Ok(id)
    }

    /// Changes where somebody works and what they may do; in force within a second, also for who is signed in.
    pub async fn change_position(&self, ctx: &Ctx, account: i64, position: Position) -> Result<()> {
        may_manage(ctx, account)?;
        let Position::Staff { roles, department, office, counter } = position else {
            return Err(IdentityError::Forbidden);
        };
        let ctx = ctx.clone();
        let change = move |tx: &mut Tx<'_>| -> Result<()> {
            may_give(&ctx, roles)?;
            set_roles(tx, &ctx, account, roles, [&department, &office, &counter])
        };
        self.platform().store.write("account.change_position", change).await?;
        self.forget_sessions_of(account);
        Ok(())
    }

    /// Nobody signs in with it any more, and whoever is signed in is out.
    pub async fn close_account(&self, ctx: &Ctx, account: i64) -> Result<()> {
        may_manage(ctx, account)?;
        let ctx = ctx.clone();
        let close = move |tx: &mut Tx<'_>| -> Result<()> {
            if !store::close(tx, account, ctx.now)? {
                return Err(IdentityError::NotFound);
            }
            store::end_others(tx, account, 0)?;
            note(tx, &ctx, "account.closed", Changed { account, kind: None, roles: None })
        };
        self.platform().store.write("account.close", close).await?;
        self.forget_sessions_of(account);
        Ok(())
    }

    /// Whether an account has one; who registered by code may have none.
    pub(crate) async fn has_password(&self, account: i64) -> Result<bool> {
        let hash = self.platform().store.read(move |q| store::password(q, account)).await?;
        Ok(hash.is_some_and(|hash| !hash.is_none()))
    }

    /// The first password of who has signed in by code a moment ago and has none.
    pub(crate) async fn set_first_password(&self, ctx: &Ctx, new: &str, session: &Session) -> Result<()> {
        let account = ctx.actor.account();
        if self.has_password(account).await? || !session.is_fresh(ctx.now) {
            return Err(IdentityError::Forbidden);
        }
        self.check_password(account, new).await?;
        let hash = self.hash_password(new.to_owned()).await?;
        let (ctx, keep) = (ctx.clone(), session.id);
        let set = move |tx: &mut Tx<'_>| -> Result<()> {
            // Somebody was faster: then the present one is asked for.
            if store::password(tx, account)?.is_some_and(|hash| !hash.is_none()) {
                return Err(IdentityError::Forbidden);
            }
            store::set_password(tx, (account, ctx.new_id()), &hash, false, ctx.now)?;
            store::end_others(tx, account, keep)?;
            note(tx, &ctx, "account.password_changed", Changed { account, kind: None, roles: None })
        };
        self.platform().store.write("password.first", set).await?;
        self.inner.sessions.end(|one| one.account == account && one.id != keep);
        Ok(())
    }

    /// Changes the caller's own password and ends all sessions but `keep`. Wrong old passwords count like wrong sign-ins.
    pub async fn change_password(&self, ctx: &Ctx, old: &str, new: &str, keep: i64) -> Result<()> {
        let account = ctx.actor.account();
        self.check_password(account, new).await?;
        if old == new {
            return Err(IdentityError::field("new", "新密码不能与现在的密码相同，请换一个"));
        }
        let (asked, index) = (ctx.clone(), format!("account:{account}"));
        let begin = move |tx: &mut Tx<'_>| -> Result<(i64, PasswordHash)> {
            let hash = store::password(tx, account)?.ok_or(IdentityError::NotFound)?;
            match attempt::begin(tx, &asked, &index, account)? {
                Allowed::Yes { left } => Ok((left, hash)),
                Allowed::No { until } => Err(IdentityError::Locked { until }),
            }
        };
        let (left, hash) = self.platform().store.write("password.attempt", begin).await?;
        if !self.matches(old.to_owned(), Some(hash)).await? {
            return Err(IdentityError::WrongPassword { left });
        }
        let hash = self.fresh_password(account, new).await?;
        let ctx = ctx.clone();
        let change = move |tx: &mut Tx<'_>| -> Result<()> {
            store::set_password(tx, (account, ctx.new_id()), &hash, false, ctx.now)?;
            store::end_others(tx, account, keep)?;
            store::clear_attempt(tx, &format!("account:{account}"))?;
            note(tx, &ctx, "account.password_changed", Changed { account, kind: None, roles: None })
        };
        self.platform().store.write("password.change", change).await?;
        self.inner.sessions.end(|one| one.account == account && one.id != keep);
        Ok(())
    }

    /// Whether a new password of an account keeps to the rule; nothing is compared.
    pub(crate) async fn check_password(&self, account: i64, new: &str) -> Result<()> {
        let read = move |q: &mut Read<'_>| -> Result<_> {
            let standing = store::factor::standing(q, account)?.ok_or(IdentityError::NotFound)?;
            Ok((standing, store::logins(q, account)?))
        };
        let (standing, logins) = self.platform().store.read(read).await?;
        check_new(new, &standing.whose(&logins)).map_err(|message| IdentityError::field("new", message))
    }

    /// A new password's hash, unless it is the present one or one of those before. Only for whoever proved to know the
    /// present one: the answer tells it.
    pub(crate) async fn fresh_password(&self, account: i64, new: &str) -> Result<PasswordHash> {
        let read = move |q: &mut Read<'_>| store::passwords(q, account);
        let before = self.platform().store.read(read).await?;
        if self.was_before(new, before).await? {
            return Err(IdentityError::field("new", "最近用过的5个密码不能再用，请换一个"));
        }
        self.hash_password(new.to_owned()).await
    }

    /// What the account signs in with; masked where it is a number or a phone.
    pub fn logins(&self, q: &mut Read<'_>, account: i64) -> Result<Vec<String>> {
        Ok(store::logins(q, account)?)
    }

    /// The account a login belongs to, closed ones too.
    pub fn account_of_login(&self, q: &mut Read<'_>, login: &str) -> Result<Option<i64>> {
        for index in &Typed::read(&self.platform().sealer, login).logins {
            if let Some(account) = store::account_of_login(q, index)? {
                return Ok(Some(account));
            }
        }
        Ok(None)
    }

    /// The open account that acts for a party.
    pub fn account_of_party(&self, q: &mut Read<'_>, party: i64) -> Result<Option<i64>> {
        Ok(store::of_party(q, party)?)
    }

    pub fn colleague(&self, q: &mut Read<'_>, account: i64) -> Result<Option<Colleague>> {
        Ok(store::colleague(q, account)?.map(Colleague::from))
    }

    /// Those of a department who have a role, by name.
    pub fn staff_of_department(
        &self,
        q: &mut Read<'_>,
        department: &str,
        role: Role,
    ) -> Result<Vec<Colleague>> {
        Ok(with_role(store::of_department(q, department, MOST_COLLEAGUES)?, role))
    }

    /// Those of an office who have a role, by name.
    pub fn staff_of_office(&self, q: &mut Read<'_>, office: &str, role: Role) -> Result<Vec<Colleague>> {
        Ok(with_role(store::of_office(q, office, MOST_COLLEAGUES)?, role))
    }
}

impl From<ColleagueRow> for Colleague {
    fn from(row: ColleagueRow) -> Self {
        let ColleagueRow { account, name, roles, department, office, counter } = row;
        Self { account, name, roles: Roles(roles), department, office, counter }
    }
}

fn with_role(rows: Vec<ColleagueRow>, role: Role) -> Vec<Colleague> {
    rows.into_iter().map(Colleague::from).filter(|one| one.roles.has(role)).collect()
}

/// An administrator is nothing else, and made by two people; set-up makes the first ones.
fn may_give(ctx: &Ctx, roles: Roles) -> Result<()> {
    if !roles.may_be_together() {
        return Err(IdentityError::RolesTogether);
    }
    let alone = matches!(ctx.actor, Actor::System(_));
    if alone || roles.administrator().is_none() { Ok(()) } else { Err(IdentityError::Forbidden) }
}

/// The one place where the roles of an account change.
pub(crate) fn set_roles(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    account: i64,
    roles: Roles,
    place: [&str; 3],
) -> Result<()> {
    if !roles.may_be_together() {
        return Err(IdentityError::RolesTogether);
    }
    if !store::set_position(tx, account, roles, place, ctx.now)? {
        return Err(IdentityError::NotFound);
    }
    let body = Changed { account, kind: None, roles: Some(codes(roles)) };
    note(tx, ctx, "account.position_changed", body)
}

fn codes(roles: Roles) -> Vec<&'static str> {
    roles.iter().map(Role::code).collect()
}

fn note(tx: &mut Tx<'_>, ctx: &Ctx, verb: &str, body: Changed) -> Result<()> {
    Ok(journal::append(tx, ctx, journal::Note { verb, case: 0, task: 0, body })?)
}
