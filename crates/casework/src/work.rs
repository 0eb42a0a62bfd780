//! Work on tasks by departments and windows, payment, and what heads of departments approve.

use yimen_catalogue::Facts;
use yimen_platform::{Actor, Ctx, journal};
use yimen_store::Tx;

use crate::Casework;
use crate::command::{Fetched, with_today};
use crate::error::{CaseworkError, Result};
use crate::model::{Case, Finding, TakeBack};
use crate::policy::{self, Act};
use crate::rules::{Command, Refusal};
use crate::store::{records_of_bill, task};

/// A conclusion with what the officer recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct DecideTask {
    pub task: i64,
    pub finding: Finding,
    pub opinion: String,
    pub records: Facts,
}

impl Casework {
    pub fn claim(&self, tx: &mut Tx<'_>, ctx: &Ctx, id: i64) -> Result<Case> {
        let fetched = self.fetch_own_task(tx, ctx, id)?;
        self.execute(tx, ctx, &fetched, &Command::Claim { task: id }, None)
    }

    /// Gives a task back to the department; a head who takes it from somebody else says why.
    pub fn release(&self, tx: &mut Tx<'_>, ctx: &Ctx, id: i64, why: Option<TakeBack>) -> Result<Case> {
        let fetched = self.fetch_task(tx, ctx, id)?;
        self.execute(tx, ctx, &fetched, &Command::Release { task: id, why }, None)
    }

    /// Hands a task to a colleague, who must be able to work on it too.
    pub fn hand_over(&self, tx: &mut Tx<'_>, ctx: &Ctx, id: i64, to: &Actor) -> Result<Case> {
        let fetched = self.fetch_task(tx, ctx, id)?;
        let task = fetched.case.task(id).ok_or(Refusal::NoSuchTask)?;
        if !policy::may_work_on(&self.policy.get(), to, task) {
            return Err(CaseworkError::Forbidden("只能转给同一部门的审查人员"));
        }
        let (to, to_name) = (to.account(), to.name().to_string());
        self.execute(tx, ctx, &fetched, &Command::HandOver { task: id, to, to_name }, None)
    }

    /// Concludes a task. What must be recorded is checked against the pack before anything is written.
    pub fn decide_task(&self, tx: &mut Tx<'_>, ctx: &Ctx, decision: &DecideTask) -> Result<Case> {
        let fetched = self.fetch_own_task(tx, ctx, decision.task)?;
        self.conclude(tx, ctx, &fetched, decision)
    }

    /// [`Self::decide_task`] for a task that this unit fetched as the caller's own.
    pub(crate) fn conclude(
        &self,
        tx: &mut Tx<'_>,
        ctx: &Ctx,
        fetched: &Fetched,
        decision: &DecideTask,
    ) -> Result<Case> {
        let command = Command::Decide {
            task: decision.task,
            finding: decision.finding,
            opinion: decision.opinion.clone(),
        };
        let step = fetched.case.task(decision.task).map(|t| t.step.clone()).unwrap_or_default();
        let recorded = self.recorded(fetched, &step, decision)?;
        let case = self.execute(tx, ctx, fetched, &command, recorded.as_ref())?;
        self.note_doubts(tx, ctx, fetched, decision.task, recorded)?;
        Ok(case)
    }

    /// What was recorded although it looked like a slip: later it can be told from what nobody noticed. No values.
    fn note_doubts(
        &self,
        tx: &mut Tx<'_>,
        ctx: &Ctx,
        fetched: &Fetched,
        id: i64,
        recorded: Option<Facts>,
    ) -> Result<()> {
        let (Some(facts), Some(task)) = (recorded, fetched.case.task(id)) else { return Ok(()) };
        let facts = with_today(facts, ctx);
        let doubts = fetched.version.doubts(&task.step, &facts);
        if doubts.is_empty() {
            return Ok(());
        }
        let records: Vec<&str> = doubts.iter().map(|doubt| doubt.record.as_str()).collect();
        let body = serde_json::json!({ "step": task.step, "records": records });
        let note = journal::Note { verb: "task.doubts_confirmed", case: fetched.case.id, task: id, body };
        Ok(journal::append(tx, ctx, note)?)
    }

    /// The facts with what the officer recorded; `None` when the step records nothing.
    fn recorded(&self, fetched: &Fetched, step: &str, decision: &DecideTask) -> Result<Option<Facts>> {
        let spec = fetched.version.step(step);
        if decision.finding == Finding::Fail || spec.is_none_or(|s| s.records.is_empty()) {
            return Ok(None);
        }
        let known = self.facts(fetched)?;
        let mut facts = known.clone();
        for field in fetched.version.records(step, known) {
            match decision.records.get(&field.id) {
                Some(fact) if fact.kind() == field.kind.fact_type() => {
                    facts.insert(field.id.clone(), fact.clone());
                }
                Some(_) | None if !field.optional => {
                    return Err(Refusal::Missing("本环节需要登记的内容").into());
                }
                _ => {}
            }
        }
        Ok(Some(facts))
    }

    pub fn return_to_window(&self, tx: &mut Tx<'_>, ctx: &Ctx, id: i64, note: &str) -> Result<Case> {
        let fetched = self.fetch_own_task(tx, ctx, id)?;
        self.execute(tx, ctx, &fetched, &Command::ReturnToWindow { task: id, note: note.into() }, None)
    }

    pub fn answer_return(&self, tx: &mut Tx<'_>, ctx: &Ctx, id: i64, note: &str) -> Result<Case> {
        let case = task::case_of(tx, id)?.ok_or(CaseworkError::NotFound)?;
        let fetched = self.fetch(tx, ctx, case, Act::AnswerReturn)?;
        self.execute(tx, ctx, &fetched, &Command::AnswerReturn { task: id, note: note.into() }, None)
    }

    pub fn start_special(
        &self,
        tx: &mut Tx<'_>,
        ctx: &Ctx,
        id: i64,
        special: &str,
        reason: &str,
    ) -> Result<Case> {
        let fetched = self.fetch_own_task(tx, ctx, id)?;
        let command = Command::StartSpecial { task: id, special: special.into(), reason: reason.into() };
        self.execute(tx, ctx, &fetched, &command, None)
    }

    pub fn end_special(&self, tx: &mut Tx<'_>, ctx: &Ctx, id: i64, stop: i64, outcome: &str) -> Result<Case> {
        let fetched = self.fetch_task(tx, ctx, id)?;
        self.execute(tx, ctx, &fetched, &Command::EndSpecial { stop, outcome: outcome.into() }, None)
    }

    pub fn ask_extension(&self, tx: &mut Tx<'_>, ctx: &Ctx, case: i64, reason: &str) -> Result<Case> {
        let fetched = self.fetch(tx, ctx, case, Act::Work)?;
        self.execute(tx, ctx, &fetched, &Command::AskExtension { reason: reason.into() }, None)
    }

    pub fn answer_extension(&self, tx: &mut Tx<'_>, ctx: &Ctx, case: i64, approve: bool) -> Result<Case> {
        let fetched = self.fetch(tx, ctx, case, Act::Head)?;
        self.execute(tx, ctx, &fetched, &Command::AnswerExtension { approve }, None)
    }

    pub fn void(&self, tx: &mut Tx<'_>, ctx: &Ctx, case: i64, reason: &str) -> Result<Case> {
        let fetched = self.fetch(tx, ctx, case, Act::Head)?;
        self.execute(tx, ctx, &fetched, &Command::Void { reason: reason.into() }, None)
    }

    /// A bill was paid at the gateway. Told twice, it is one payment.
    pub fn pay(&self, tx: &mut Tx<'_>, ctx: &Ctx, bill: i64, receipt: &str) -> Result<Case> {
        let case = records_of_bill(tx, bill)?.ok_or(CaseworkError::NotFound)?;
        let fetched = self.fetch(tx, ctx, case, Act::Pay)?;
        self.execute(tx, ctx, &fetched, &Command::Pay { bill, receipt: receipt.into() }, None)
    }

    pub fn refunded(&self, tx: &mut Tx<'_>, ctx: &Ctx, bill: i64) -> Result<Case> {
        let case = records_of_bill(tx, bill)?.ok_or(CaseworkError::NotFound)?;
        let fetched = self.fetch(tx, ctx, case, Act::Pay)?;
        self.execute(tx, ctx, &fetched, &Command::Refunded { bill }, None)
    }

    /// A case through one of its tasks, for someone who may work on that very task, or who heads its department or the one
    /// that decides.
    pub fn fetch_task(&self, tx: &mut yimen_store::Read<'_>, ctx: &Ctx, id: i64) -> Result<Fetched> {
        let case = task::case_of(tx, id)?.ok_or(CaseworkError::NotFound)?;
        let fetched = self.fetch(tx, ctx, case, Act::Work).or_else(|error| match error {
            CaseworkError::Forbidden(_) => self.fetch(tx, ctx, case, Act::TakeBack),
            other => Err(other),
        })?;
        let task = fetched.case.task(id).ok_or(CaseworkError::NotFound)?;
        if !policy::may_work_on(&self.policy.get(), &ctx.actor, task)
            && !policy::may_take_back(&self.policy.get(), &ctx.actor, &fetched.case, task)
        {
            return Err(CaseworkError::NotFound);
        }
        Ok(fetched)
    }

    /// The same for those alone who may work on the task. A head takes tasks back and hands them over,
    /// but concludes nothing in another department's name.
    pub(crate) fn fetch_own_task(
        &self,
        tx: &mut yimen_store::Read<'_>,
        ctx: &Ctx,
        id: i64,
    ) -> Result<Fetched> {
        let fetched = self.fetch_task(tx, ctx, id)?;
        match fetched
            .case
            .task(id)
            .is_some_and(|task| policy::may_work_on(&self.policy.get(), &ctx.actor, task))
        {
            true => Ok(fetched),
            false => Err(CaseworkError::Forbidden(Act::Work.zh())),
        }
    }
}
