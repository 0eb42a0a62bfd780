//! Two people for one act: one proposes, another approves, and only then it is done, in the approver's transaction.
//!
//! Other domains bring their own kinds by [`crate::Settings::kinds`]: a change of policy, a bulk export, a change of keys.
//! A kind says who may propose and approve, and does the act from the body it was given; the body lies sealed.

use serde::{Deserialize, Serialize};
use yimen_platform::{Actor, Ctx, Role, Roles, journal};
use yimen_standards::time::Instant;
use yimen_store::{Read, Tx};

use crate::store::admin::{self as rows, NewProposal, ProposalRow};
use crate::{Identity, IdentityError, Result, store};

/// Whoever does not decide within this proposes anew.
const EXPIRES_MS: i64 = 7 * 24 * 3_600_000;
pub(crate) const LABEL: &str = "identity_proposal.body";
pub(crate) const ADMINISTRATOR: &str = "administrator";

type Apply = Box<dyn Fn(&mut Tx<'_>, &Ctx, &Approved<'_>) -> Result<()> + Send + Sync>;

/// What the approver's transaction is to do, and who wanted it.
pub struct Approved<'a> {
    pub proposal: i64,
    pub proposer: i64,
    pub proposer_name: &'a str,
    pub body: &'a [u8],
}

/// A sort of act that takes two people.
pub struct Kind {
    /// Never changes: it stands in rows and in the journal.
    pub code: &'static str,
    /// 任命管理员
    pub name: &'static str,
    /// Who may propose it, and who may approve what another proposed.
    pub may: fn(&Actor) -> bool,
    /// Does it. Its error undoes the approval.
    pub apply: Apply,
}

/// A proposal as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    pub id: i64,
    pub kind: String,
    pub summary: String,
    pub reason: String,
    pub proposer: i64,
    pub proposer_name: String,
    pub proposed_at: Instant,
    pub expires_at: Instant,
    pub state: State,
    pub decider_name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Open,
    Approved,
    Refused,
    Withdrawn,
    /// Nobody decided in time.
    Expired,
}

/// What became of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Approve,
    Refuse,
    /// By the one who proposed.
    Withdraw,
}

impl State {
    fn parse(code: &str, expires_at: Instant, now: Instant) -> Self {
        match code {
            "approved" => State::Approved,
            "refused" => State::Refused,
            "withdrawn" => State::Withdrawn,
            _ if expires_at <= now => State::Expired,
            _ => State::Open,
        }
    }
}

impl Decision {
    fn code(self) -> &'static str {
        match self {
            Decision::Approve => "approved",
            Decision::Refuse => "refused",
            Decision::Withdraw => "withdrawn",
        }
    }
}

#[derive(Serialize)]
struct Noted<'a> {
    proposal: i64,
    kind: &'a str,
}

/// The body of the kind that this domain brings itself.
#[derive(Serialize, Deserialize)]
pub(crate) struct Appointment {
    pub account: i64,
    pub roles: u32,
}

/// Making somebody an administrator.
pub(crate) fn administrator() -> Kind {
    Kind {
        code: ADMINISTRATOR,
        name: "任命管理员",
        may: |actor| actor.has(Role::Security),
        apply: Box::new(appoint),
    }
}

fn appoint(tx: &mut Tx<'_>, ctx: &Ctx, approved: &Approved<'_>) -> Result<()> {
    let wanted: Appointment = serde_json::from_slice(approved.body)
        .map_err(|e| IdentityError::Internal(format!("appointment: {e}")))?;
    let roles = Roles(wanted.roles);
    // Nobody has a part in their own appointment.
    if wanted.account == ctx.actor.account() || roles.administrator().is_none() || !roles.may_be_together() {
        return Err(IdentityError::Forbidden);
    }
    crate::account::set_roles(tx, ctx, wanted.account, roles, ["", "", ""])?;
    store::end_others(tx, wanted.account, 0)?;
    Ok(())
}

impl Identity {
    fn kind(&self, code: &str) -> Result<&Kind> {
        self.inner.kinds.iter().find(|kind| kind.code == code).ok_or(IdentityError::NotFound)
    }

    /// What a kind is called.
    pub fn kind_name(&self, code: &str) -> &'static str {
        self.kind(code).map_or("其他", |kind| kind.name)
    }

    /// Writes down what another is to approve. Nothing is done yet.
    pub fn propose(
        &self,
        tx: &mut Tx<'_>,
        ctx: &Ctx,
        kind: &str,
        body: &[u8],
        (summary, reason): (&str, &str),
    ) -> Result<i64> {
        let kind = self.kind(kind)?;
        if ctx.actor.account() == 0 || !(kind.may)(&ctx.actor) {
            return Err(IdentityError::Forbidden);
        }
        let id = ctx.new_id();
        let new = NewProposal {
            id,
            kind: kind.code,
            body_sealed: self.platform().sealer.seal(LABEL, body),
            summary,
            reason,
            proposer: ctx.actor.account(),
            proposer_name: ctx.actor.name(),
            at: ctx.now,
            expires_at: ctx.now.plus_millis(EXPIRES_MS),
        };
        rows::insert_proposal(tx, &new)?;
        note(tx, ctx, "proposal.made", Noted { proposal: id, kind: kind.code })?;
        Ok(id)
    }

    /// Decides a proposal that is open: the proposer may only withdraw it, everybody else who may only not.
    pub async fn decide(&self, ctx: &Ctx, id: i64, decision: Decision) -> Result<()> {
        let (identity, ctx) = (self.clone(), ctx.clone());
        let decide = move |tx: &mut Tx<'_>| -> Result<()> {
            let row = rows::proposal(tx, id)?.ok_or(IdentityError::NotFound)?;
            let kind = identity.kind(&row.kind)?;
            let by = ctx.actor.account();
            let own = by == row.proposer;
            if by == 0 || !(kind.may)(&ctx.actor) {
                return Err(IdentityError::Forbidden);
            }
            if own != (decision == Decision::Withdraw) {
                return Err(IdentityError::SecondPerson);
            }
            let open = State::parse(&row.state, row.expires_at, ctx.now) == State::Open;
            if !open || !rows::decide(tx, id, decision.code(), (by, ctx.actor.name()), ctx.now)? {
                return Err(IdentityError::Decided);
            }
            if decision == Decision::Approve {
                let body = identity.body(&row)?;
                let (proposer, proposer_name) = (row.proposer, row.proposer_name.as_str());
                let approved = Approved { proposal: id, proposer, proposer_name, body: &body };
                (kind.apply)(tx, &ctx, &approved)?;
            }
            let verb = format!("proposal.{}", decision.code());
            note(tx, &ctx, &verb, Noted { proposal: id, kind: kind.code })
        };
        self.platform().store.write("proposal.decide", decide).await?;
        // Whatever it changed is in force at the next request.
        self.inner.sessions.end(|_| true);
        // It is decided, whatever comes of this: what could not be read now is read again within a second.
        if let Err(error) = self.take_up_policy().await {
            tracing::error!(%error, "the policy in force could not be read; trying again");
        }
        Ok(())
    }

    /// What is to be done, as its kind wrote it.
    pub(crate) fn body(&self, row: &ProposalRow) -> Result<Vec<u8>> {
        let body = self.platform().sealer.open(LABEL, &row.body_sealed);
        body.map_err(|e| IdentityError::Internal(e.to_string()))
    }

    pub fn proposal(&self, q: &mut Read<'_>, id: i64) -> Result<Proposal> {
        let row = rows::proposal(q, id)?.ok_or(IdentityError::NotFound)?;
        Ok(Proposal::of(row, self.platform().clock.now()))
    }

    /// The newest proposals before one.
    pub fn proposals(&self, q: &mut Read<'_>, before: i64, limit: i64) -> Result<Vec<Proposal>> {
        let now = self.platform().clock.now();
        Ok(rows::proposals(q, before, limit)?.into_iter().map(|row| Proposal::of(row, now)).collect())
    }
}

impl Proposal {
    fn of(row: ProposalRow, now: Instant) -> Self {
        Self {
            state: State::parse(&row.state, row.expires_at, now),
            id: row.id,
            kind: row.kind,
            summary: row.summary,
            reason: row.reason,
            proposer: row.proposer,
            proposer_name: row.proposer_name,
            proposed_at: row.proposed_at,
            expires_at: row.expires_at,
            decider_name: row.decider_name,
        }
    }
}

fn note(tx: &mut Tx<'_>, ctx: &Ctx, verb: &str, body: Noted<'_>) -> Result<()> {
    Ok(journal::append(tx, ctx, journal::Note { verb, case: 0, task: 0, body })?)
}
