//! The one way a case changes: fetch through the policy, decide by the rules, write rows, journal, in one transaction.

use std::cell::OnceCell;
use std::sync::{Arc, OnceLock};

use serde::Serialize;
use yimen_catalogue::{Fact, Facts, Settled, Version};
use yimen_platform::{Actor, Ctx, Look, journal};
use yimen_store::{Read, Tx};

use crate::document::{Issue, Made};
use crate::error::{CaseworkError, Result};
use crate::model::{BillItem, Case};
use crate::policy::{self, Act, Relation, Relations};
use crate::result;
use crate::rules::{self, By, Change, Command, Env, Planned, Refusal};
use crate::store::case::{self, Loaded};
use crate::{Casework, FACTS};

/// A case with the right to act on it: only `Casework::fetch` makes one.
pub struct Fetched {
    pub case: Case,
    pub version: Arc<Version>,
    pub relations: Relations,
    pub created_by: i64,
    sealed: Vec<u8>,
    documents: i64,
    facts: OnceLock<Facts>,
}

impl Casework {
    /// The case, if `actor` may do `act` to it. A stranger learns nothing, not even that it exists.
    pub fn fetch(&self, q: &mut Read<'_>, ctx: &Ctx, id: i64, act: Act) -> Result<Fetched> {
        let loaded = case::load(q, id)?.ok_or(CaseworkError::NotFound)?;
        self.allowed(q, ctx, loaded, act)
    }

    pub fn fetch_by_number(&self, q: &mut Read<'_>, ctx: &Ctx, number: &str, act: Act) -> Result<Fetched> {
        let loaded = case::load_by_number(q, number)?.ok_or(CaseworkError::NotFound)?;
        self.allowed(q, ctx, loaded, act)
    }

    fn allowed(&self, q: &mut Read<'_>, ctx: &Ctx, loaded: Loaded, act: Act) -> Result<Fetched> {
        let policy = self.policy.get();
        let relations = policy::relations(&policy, &ctx.actor, &loaded);
        if relations.is_empty() {
            return Err(CaseworkError::NotFound);
        }
        if !policy.any(relations, act) {
            return Err(CaseworkError::Forbidden(act.zh()));
        }
        let role = relations.iter().next().map_or("", |one| one.who.code());
        ctx.saw(Look { party: loaded.case.applicant, case: loaded.case.id, role });
        let version = self.version(q, loaded.case.version_id)?;
        Ok(Fetched::new(loaded, version, relations))
    }

    /// Everything answered and recorded so far.
    pub fn facts<'f>(&self, fetched: &'f Fetched) -> Result<&'f Facts> {
        if let Some(facts) = fetched.facts.get() {
            return Ok(facts);
        }
        let facts = self.open_facts(&fetched.sealed)?;
        Ok(fetched.facts.get_or_init(|| facts))
    }

    pub(crate) fn open_facts(&self, sealed: &[u8]) -> Result<Facts> {
        Ok(serde_json::from_slice(&self.platform.sealer.open(FACTS, sealed)?)?)
    }

    pub(crate) fn seal_facts(&self, facts: &Facts) -> Result<Vec<u8>> {
        Ok(self.platform.sealer.seal(FACTS, &serde_json::to_vec(facts)?))
    }

    /// Runs a command on a fetched case. `new_facts` replaces the facts in the same breath (what an officer recorded).
    pub(crate) fn execute(
        &self,
        tx: &mut Tx<'_>,
        ctx: &Ctx,
        fetched: &Fetched,
        command: &Command,
        new_facts: Option<&Facts>,
    ) -> Result<Case> {
        let changes = self.decide(ctx, fetched, command, new_facts)?;
        if changes.is_empty() {
            return Ok(fetched.case.clone());
        }
        let mut after = fetched.case.clone();
        let mut documents = fetched.documents;
        for change in &changes {
            after.apply(change);
        }
        let made = Made { fetched, case: &after, facts: new_facts, handed_in: OnceCell::new() };
        for change in &changes {
            match change {
                Change::Documented { kind, task, reason } => {
                    documents += 1;
                    self.issue(
                        tx,
                        ctx,
                        &made,
                        &Issue { number: documents, kind: *kind, task: *task, reason },
                    )?;
                }
                Change::ResultMade { .. } => {
                    let facts = match new_facts {
                        Some(facts) => facts,
                        None => self.facts(fetched)?,
                    };
                    result::make(self, tx, ctx, &after, &fetched.version, facts)?;
                }
                _ => {}
            }
        }
        if let Some(facts) = new_facts {
            case::set_facts(tx, after.id, &self.seal_facts(facts)?)?;
        }
        case::update(tx, &fetched.case, &after, documents, ctx.now)?;
        let why = match command {
            Command::Release { why: Some(why), .. } => Some(why.code()),
            _ => None,
        };
        let body = Summary { why, ..Summary::of(&fetched.case, &after, &changes) };
        let note = journal::Note { verb: verb(command), case: after.id, task: task_of(command), body };
        journal::append(tx, ctx, note)?;
        after.revision += 1;
        Ok(after)
    }

    fn decide(
        &self,
        ctx: &Ctx,
        fetched: &Fetched,
        command: &Command,
        new_facts: Option<&Facts>,
    ) -> Result<Vec<Change>> {
        let version = &fetched.version;
        // Few commands ask for them; who asks for the plan and then for its fees asks twice.
        let settled = OnceCell::new();
        let facts = || -> std::result::Result<&Settled, Refusal> {
            if let Some(facts) = settled.get() {
                return Ok(facts);
            }
            let facts = match new_facts {
                Some(facts) => facts.clone(),
                None => self.facts(fetched).map_err(|e| Refusal::Pack(e.to_string()))?.clone(),
            };
            Ok(settled.get_or_init(|| version.derive(with_today(facts, ctx))))
        };
        let plan = || Ok(planned(version, facts()?));
        let fees = |step: &str| bill_items(version, step, facts()?);
        let new_id = || ctx.new_id();
        let env = Env {
            now: ctx.now,
            service: &version.service,
            calendar: &self.calendar,
            hours: &self.hours,
            plan: &plan,
            fees: &fees,
            new_id: &new_id,
        };
        let by = By {
            account: ctx.actor.account(),
            name: ctx.actor.name(),
            heads: match command {
                Command::Release { task, .. } | Command::HandOver { task, .. } => {
                    let task = fetched.case.task(*task);
                    task.is_some_and(|task| {
                        policy::may_take_back(&self.policy.get(), &ctx.actor, &fetched.case, task)
                    })
                }
                _ => {
                    policy::heads(&self.policy.get(), &ctx.actor, &fetched.case)
                        || matches!(ctx.actor, Actor::System(_))
                }
            },
        };
        Ok(rules::decide(&fetched.case, by, command, &env)?)
    }
}

impl Fetched {
    fn new(loaded: Loaded, version: Arc<Version>, relations: Relations) -> Self {
        Self {
            case: loaded.case,
            version,
            relations,
            created_by: loaded.created_by,
            sealed: loaded.facts,
            documents: loaded.documents,
            facts: OnceLock::new(),
        }
    }

    pub fn is(&self, relation: Relation) -> bool {
        self.relations.has(relation)
    }

    /// Whether the correction notice names it: `material:ID` or `field:ID`.
    pub(crate) fn asks_for(&self, target: &str) -> bool {
        self.case.correction.as_ref().is_some_and(|c| c.items.iter().any(|i| i.target == target))
    }

    /// The sealed answers, as a revision keeps them.
    pub(crate) fn sealed_facts(&self) -> &[u8] {
        &self.sealed
    }
}

/// Conditions are judged on the day of the command.
pub(crate) fn with_today(mut facts: Facts, ctx: &Ctx) -> Facts {
    facts.insert(yimen_catalogue::TODAY.into(), Fact::Text(ctx.now.day().to_string()));
    facts
}

fn planned(version: &Version, facts: &Settled) -> Vec<Planned> {
    let plan = version.plan(facts);
    let id = |index: &usize| plan.steps[*index].step.id.clone();
    let planned = |p: &yimen_catalogue::Planned<'_>| Planned {
        step: p.step.id.clone(),
        name: p.step.name.clone(),
        kind: p.step.kind,
        by: p.step.by.clone(),
        after: p.after.iter().map(id).collect(),
        within: p.step.within,
    };
    plan.steps.iter().map(planned).collect()
}

fn bill_items(version: &Version, step: &str, facts: &Settled) -> std::result::Result<Vec<BillItem>, Refusal> {
    let due = version.fees(step, facts).map_err(|e| Refusal::Pack(e.to_string()))?;
    let item = |fee: yimen_catalogue::FeeDue| BillItem {
        fee: fee.id,
        name: fee.name,
        fen: fee.fen,
        basis: fee.basis,
        payee: fee.payee,
    };
    Ok(due.into_iter().map(item).collect())
}

/// What a command did, for the journal: enough to replay a case's history and to mine it; no personal data.
#[derive(Serialize)]
struct Summary<'a> {
    service: &'a str,
    /// Where a document was issued: it ties what the public log says of the document to a case somebody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<&'a str>,
    from: &'static str,
    to: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tasks: Vec<TaskNote<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    documents: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    /// Why a task was taken from whom it lay with.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
}

#[derive(Serialize)]
struct TaskNote<'a> {
    step: &'a str,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    finding: Option<&'static str>,
}

impl<'a> Summary<'a> {
    fn of(before: &Case, after: &'a Case, changes: &[Change]) -> Self {
        let moved = |t: &&crate::model::Task| before.task(t.id).map(|b| b.state) != Some(t.state);
        let note = |t: &'a crate::model::Task| TaskNote {
            step: &t.step,
            state: t.state.code(),
            finding: t.finding.map(|f| f.code()),
        };
        let documents = changes.iter().filter_map(|c| match c {
            Change::Documented { kind, .. } => Some(kind.code()),
            _ => None,
        });
        let documents: Vec<&str> = documents.collect();
        Self {
            service: &after.service,
            number: (!documents.is_empty()).then_some(after.number.as_str()),
            from: before.state.code(),
            to: after.state.code(),
            tasks: after.tasks.iter().filter(moved).map(note).collect(),
            documents,
            outcome: after.outcome.map(|o| o.code()),
            why: None,
        }
    }
}

/// The journal's word for a command.
pub fn verb(command: &Command) -> &'static str {
    match command {
        Command::Submit => "case.submitted",
        Command::Accept => "case.accepted",
        Command::NotAccept { .. } => "case.not_accepted",
        Command::Correct { .. } => "case.correction_issued",
        Command::Supplement => "case.supplemented",
        Command::Claim { .. } => "task.claimed",
        Command::Release { .. } => "task.released",
        Command::HandOver { .. } => "task.handed_over",
        Command::Decide { .. } => "task.decided",
        Command::ReturnToWindow { .. } => "task.returned",
        Command::AnswerReturn { .. } => "task.answered",
        Command::StartSpecial { .. } => "special.started",
        Command::EndSpecial { .. } => "special.ended",
        Command::AskExtension { .. } => "extension.asked",
        Command::AnswerExtension { .. } => "extension.answered",
        Command::Pay { .. } => "bill.paid",
        Command::Refunded { .. } => "bill.refunded",
        Command::Withdraw { .. } => "case.withdrawn",
        Command::Void { .. } => "case.voided",
        Command::Tick => "case.ticked",
    }
}

fn task_of(command: &Command) -> i64 {
    match command {
        Command::Claim { task }
        | Command::Release { task, .. }
        | Command::HandOver { task, .. }
        | Command::Decide { task, .. }
        | Command::ReturnToWindow { task, .. }
        | Command::AnswerReturn { task, .. }
        | Command::StartSpecial { task, .. } => *task,
        _ => 0,
    }
}
