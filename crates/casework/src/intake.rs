//! Handing in and pre-checking: submit, supplement, accept, return for correction, not accept.

use std::collections::HashSet;

use yimen_catalogue::Facts;
use yimen_catalogue::model::{Need, Source};
use yimen_platform::Ctx;
use yimen_store::{Read, Tx};

use crate::Casework;
use crate::command::{Fetched, with_today};
use crate::error::{CaseworkError, Result};
use crate::material::Verdict;
use crate::model::{Case, CaseState, Channel, CorrectionItem};
use crate::policy::Act;
use crate::rules::{Command, Refusal};
use crate::store::{case, materials};

impl Casework {
    /// Hands a draft in. Sent twice, it is the same case.
    pub fn submit(&self, tx: &mut Tx<'_>, ctx: &Ctx, id: i64) -> Result<Case> {
        let fetched = self.fetch(tx, ctx, id, Act::Submit)?;
        self.hand_in(tx, ctx, &fetched)
    }

    /// [`Self::submit`] for a case that this unit fetched to be submitted.
    pub(crate) fn hand_in(&self, tx: &mut Tx<'_>, ctx: &Ctx, fetched: &Fetched) -> Result<Case> {
        if fetched.case.state == CaseState::Submitted && fetched.case.correction.is_none() {
            return Ok(fetched.case.clone());
        }
        if fetched.case.state == CaseState::Draft {
            self.is_current(fetched)?;
            let missing = self.missing(tx, ctx, fetched)?;
            if !missing.is_empty() {
                return Err(CaseworkError::Incomplete(missing));
            }
        }
        let case = self.execute(tx, ctx, fetched, &Command::Submit, None)?;
        case::add_revision(tx, case.id, ctx.now, fetched.sealed_facts())?;
        Ok(case)
    }

    /// A draft may have been started on a version that is no longer in force; its answers are kept, the rules are not.
    fn is_current(&self, fetched: &Fetched) -> Result<()> {
        match self.catalogue.get().current(&fetched.case.service) {
            Some(_) => Ok(()),
            None => Err(CaseworkError::Unavailable("事项已停办，不能再提交".into())),
        }
    }

    /// What still stands between a draft and its submission, in the order a person meets it.
    pub fn missing(&self, q: &mut Read<'_>, ctx: &Ctx, fetched: &Fetched) -> Result<Vec<String>> {
        let version = &fetched.version;
        // Settled once: settling again what is settled copies nothing.
        let facts = version.derive(with_today(self.facts(fetched)?.clone(), ctx));
        let mut missing = Vec::new();
        if let Some(question) = version.next_question(&facts) {
            missing.push(format!("请回答“{}”", question.ask));
        }
        for stop in version.stops(&facts) {
            missing.push(stop.say.clone());
        }
        for (_, field) in version.unanswered(&facts) {
            missing.push(format!("请填写“{}”", field.label));
        }
        let rows = materials::of_case(q, fetched.case.id)?;
        let there: HashSet<&str> =
            rows.iter().filter(|r| r.state != "missing").map(|r| r.slot.as_str()).collect();
        let at_window = fetched.case.channel == Channel::Window;
        for material in version.materials(&facts) {
            let made_here = material.from.contains(&Source::Form);
            if material.need == Need::Required
                && !made_here
                && !there.contains(material.id.as_str())
                && !at_window
            {
                missing.push(format!("请上传“{}”", material.name));
            }
        }
        Ok(missing)
    }

    /// Hands in what a correction notice asked for.
    pub fn supplement(&self, tx: &mut Tx<'_>, ctx: &Ctx, id: i64) -> Result<Case> {
        let fetched = self.fetch(tx, ctx, id, Act::Submit)?;
        if fetched.case.state == CaseState::Submitted {
            return Ok(fetched.case);
        }
        let rows = materials::of_case(tx, id)?;
        let items = fetched.case.correction.as_ref().map(|c| c.items.as_slice()).unwrap_or_default();
        let open = |item: &&CorrectionItem| match item.target.split_once(':') {
            Some(("material", slot)) => {
                !rows.iter().any(|r| r.slot == slot && !matches!(r.state.as_str(), "missing" | "rejected"))
            }
            _ => false,
        };
        let open: Vec<String> = items.iter().filter(open).map(|i| format!("请补充“{}”", i.name)).collect();
        let mut missing = open;
        let facts = with_today(self.facts(&fetched)?.clone(), ctx);
        missing.extend(self.untouched(tx, id, items, &facts)?);
        missing
            .extend(fetched.version.unanswered(&facts).iter().map(|(_, f)| format!("请填写“{}”", f.label)));
        if !missing.is_empty() {
            return Err(CaseworkError::Incomplete(missing));
        }
        let case = self.execute(tx, ctx, &fetched, &Command::Supplement, None)?;
        case::add_revision(tx, id, ctx.now, fetched.sealed_facts())?;
        Ok(case)
    }

    /// The answers a notice asked to correct that are as they were handed in.
    fn untouched(
        &self,
        q: &mut Read<'_>,
        id: i64,
        items: &[CorrectionItem],
        facts: &Facts,
    ) -> Result<Vec<String>> {
        let asked = |item: &CorrectionItem| Some(item.target.strip_prefix("field:")?.to_owned());
        if !items.iter().any(|item| asked(item).is_some()) {
            return Ok(Vec::new());
        }
        let Some(before) = case::revisions(q, id)?.pop() else { return Ok(Vec::new()) };
        let before = self.open_facts(&before.facts)?;
        let same = |item: &&CorrectionItem| {
            asked(item)
                .is_some_and(|field| before.contains_key(&field) && before.get(&field) == facts.get(&field))
        };
        let words = |item: &CorrectionItem| {
            format!("“{}”还没有修改。如果原来填写的没有错，请联系受理窗口", item.name)
        };
        Ok(items.iter().filter(same).map(words).collect())
    }

    /// Accepts. Every required material must be there and none rejected; the verdicts given are written down first.
    pub fn accept(&self, tx: &mut Tx<'_>, ctx: &Ctx, id: i64, verdicts: &[Verdict]) -> Result<Case> {
        let fetched = self.fetch(tx, ctx, id, Act::PreCheck)?;
        self.known(&fetched, verdicts)?;
        self.judge(tx, ctx, id, verdicts)?;
        let rows = materials::of_case(tx, id)?;
        let facts = with_today(self.facts(&fetched)?.clone(), ctx);
        let mut wanting = Vec::new();
        for material in fetched.version.materials(&facts) {
            let row = rows.iter().find(|r| r.slot == material.id);
            let state = row.map_or("missing", |r| r.state.as_str());
            let made_here = material.from.contains(&Source::Form);
            match state {
                "rejected" => wanting.push(format!("“{}”未通过，不能受理，请发补正通知", material.name)),
                "missing" if material.need == Need::Required && !made_here => {
                    wanting.push(format!("缺少“{}”", material.name));
                }
                _ => {}
            }
        }
        // What the law has accepted by now is not undone by what is missing; a department asks for it.
        let answerable =
            fetched.case.state == CaseState::Submitted && !fetched.case.is_overdue_for_precheck(ctx.now);
        if answerable && !wanting.is_empty() {
            return Err(CaseworkError::Incomplete(wanting));
        }
        self.execute(tx, ctx, &fetched, &Command::Accept, None)
    }

    /// Returns for correction: once, and everything at once.
    pub fn correct(&self, tx: &mut Tx<'_>, ctx: &Ctx, id: i64, items: &[CorrectionItem]) -> Result<Case> {
        let fetched = self.fetch(tx, ctx, id, Act::PreCheck)?;
        let mut verdicts = Vec::new();
        for item in items {
            match item.target.split_once(':') {
                Some(("material", slot)) if fetched.version.material(slot).is_some() => {
                    verdicts.push(Verdict {
                        slot: slot.into(),
                        accepted: false,
                        reason: item.reason.clone(),
                    });
                }
                Some(("field", field)) if fetched.version.field(field).is_some() => {}
                _ => return Err(Refusal::Missing("办件中确有的补正项目").into()),
            }
        }
        let command = Command::Correct { items: items.to_vec() };
        let case = self.execute(tx, ctx, &fetched, &command, None)?;
        self.judge(tx, ctx, id, &verdicts)?;
        Ok(case)
    }

    pub fn not_accept(&self, tx: &mut Tx<'_>, ctx: &Ctx, id: i64, reason: &str) -> Result<Case> {
        let fetched = self.fetch(tx, ctx, id, Act::PreCheck)?;
        self.execute(tx, ctx, &fetched, &Command::NotAccept { reason: reason.into() }, None)
    }

    fn known(&self, fetched: &Fetched, verdicts: &[Verdict]) -> Result<()> {
        match verdicts.iter().all(|v| fetched.version.material(&v.slot).is_some()) {
            true => Ok(()),
            false => Err(Refusal::Missing("办件材料清单中的材料").into()),
        }
    }
}
