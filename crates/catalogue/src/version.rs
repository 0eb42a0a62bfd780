//! One published version of a service, compiled: what is asked, needed, done and paid, given the facts of a case.
//!
//! Every function takes the facts as answered and settles them first (see [`Version::settle`]), so a caller cannot
//! forget a derived fact or be misled by an answer to a question that no longer applies; or takes them [`Settled`].

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::digest::digest_of;
use crate::expr::{EvalError, Expr};
use crate::facts::{Fact, Facts};
use crate::model::{Doubt, Field, FormPage, Material, Question, Service, Step, StepKind, Stop};
use crate::plan::Plan;
use crate::program::{Program, ProgramError};

/// A service as published: it never changes, and a case stays on the one it began with.
#[derive(Debug)]
pub struct Version {
    /// Row id in the store; 0 for one that is not published.
    pub id: i64,
    /// 1, 2, 3 … within the service.
    pub number: i64,
    /// Of the canonical body: equal digests are equal services.
    pub digest: String,
    pub service: Service,
    pub(crate) program: Program,
}

/// Facts settled by the version that is asked about them: only [`Version::derive`] makes them, and nothing changes them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settled(Facts);

impl std::ops::Deref for Settled {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.0
    }
}

/// Facts a version can be asked about. Settling costs more than most questions, so what is settled stays so.
pub trait Given {
    fn settled<'a>(&'a self, version: &Version) -> Cow<'a, Facts>;
}

impl Given for Facts {
    fn settled<'a>(&'a self, version: &Version) -> Cow<'a, Facts> {
        version.settle(self)
    }
}

impl Given for Settled {
    fn settled<'a>(&'a self, _: &Version) -> Cow<'a, Facts> {
        Cow::Borrowed(&self.0)
    }
}

/// A fee that is due now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeeDue {
    pub id: String,
    pub name: String,
    pub fen: i64,
    pub standard: String,
    pub basis: String,
    /// Department that receives it.
    pub payee: String,
}

/// A value the pack computes that came out impossible for these facts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComputeError {
    #[error("收费“{fee}”无法计算：{error}")]
    Fee { fee: String, error: EvalError },
    #[error("收费“{fee}”算得负数")]
    NegativeFee { fee: String },
    #[error("有效期无法计算：{0}")]
    ValidUntil(EvalError),
    #[error("有效期“{0}”不是日期")]
    NotADay(String),
}

impl Version {
    /// Compiles a service; the errors are those `check` would have found.
    pub fn new(id: i64, number: i64, service: Service) -> Result<Self, Vec<ProgramError>> {
        let (program, errors) = Program::compile(&service);
        if !errors.is_empty() {
            return Err(errors);
        }
        let digest = digest_of(&service);
        Ok(Self { id, number, digest, service, program })
    }

    /// The facts that count: answers to questions and fields that apply, what officers recorded, and the derived ones.
    pub fn settle<'a>(&self, facts: &'a Facts) -> Cow<'a, Facts> {
        settle(&self.service, &self.program, Cow::Borrowed(facts))
    }

    /// [`Version::settle`], kept: whoever asks more than once begins here.
    pub fn derive(&self, facts: Facts) -> Settled {
        Settled(settle(&self.service, &self.program, Cow::Owned(facts)).into_owned())
    }

    /// Whether every condition and every derived fact comes out the same for both: what they differ in nothing looks at.
    pub fn decides_alike(&self, a: &Facts, b: &Facts) -> bool {
        self.program.decisive.iter().all(|id| a.get(id) == b.get(id))
    }

    /// Guide questions that apply, in order, answered or not.
    pub fn questions(&self, facts: &impl Given) -> Vec<&Question> {
        let facts = facts.settled(self);
        applying(&self.service.guide, &self.program.questions, &facts).collect()
    }

    /// The first guide question that applies and has no answer.
    pub fn next_question(&self, facts: &impl Given) -> Option<&Question> {
        let facts = facts.settled(self);
        applying(&self.service.guide, &self.program.questions, &facts).find(|q| !facts.contains_key(&q.id))
    }

    /// Form pages that apply and have a field that applies.
    pub fn pages(&self, facts: &impl Given) -> Vec<&FormPage> {
        let facts = facts.settled(self);
        applying(&self.service.form, &self.program.pages, &facts)
            .filter(|page| !self.fields_settled(&page.id, &facts).is_empty())
            .collect()
    }

    pub fn page(&self, id: &str) -> Option<&FormPage> {
        self.service.form.iter().find(|page| page.id == id)
    }

    /// The fields of a page that apply, in order. A field may depend on one before it on the same page.
    pub fn fields(&self, page: &str, facts: &impl Given) -> Vec<&Field> {
        match self.service.form.iter().position(|p| p.id == page) {
            // Where nothing depends on anything, nothing need be settled.
            Some(i) if self.program.pages[i].is_none() && unconditional(&self.program.fields[i]) => {
                self.service.form[i].fields.iter().collect()
            }
            _ => self.fields_settled(page, &facts.settled(self)),
        }
    }

    fn fields_settled(&self, page: &str, facts: &Facts) -> Vec<&Field> {
        let Some(i) = self.service.form.iter().position(|p| p.id == page) else {
            return Vec::new();
        };
        if !holds(&self.program.pages[i], facts) {
            return Vec::new();
        }
        applying(&self.service.form[i].fields, &self.program.fields[i], facts).collect()
    }

    /// What the officer of a step records, given what is known so far.
    pub fn records(&self, step: &str, facts: &impl Given) -> Vec<&Field> {
        let Some(i) = self.service.steps.iter().position(|s| s.id == step) else {
            return Vec::new();
        };
        let (records, whens) = (&self.service.steps[i].records, &self.program.records[i]);
        match unconditional(whens) {
            true => records.iter().collect(),
            false => applying(records, whens, &facts.settled(self)).collect(),
        }
    }

    /// What an officer must look at again in what they record; `facts` hold it.
    pub fn doubts(&self, step: &str, facts: &impl Given) -> Vec<&Doubt> {
        let Some(i) = self.service.steps.iter().position(|s| s.id == step) else {
            return Vec::new();
        };
        let doubts = &self.service.steps[i].doubts;
        if doubts.is_empty() {
            return Vec::new();
        }
        let settled = facts.settled(self);
        let holds = |when: &Option<Expr>| when.as_ref().is_some_and(|when| when.holds(&settled));
        let doubted = doubts.iter().zip(&self.program.doubts[i]).filter(|(_, when)| holds(when));
        doubted.map(|(doubt, _)| doubt).filter(|doubt| settled.contains_key(&doubt.record)).collect()
    }

    /// Required fields without an answer: (page, field) in order. Empty means the form is complete.
    pub fn unanswered(&self, facts: &impl Given) -> Vec<(&FormPage, &Field)> {
        let settled = facts.settled(self);
        let mut missing = Vec::new();
        for page in applying(&self.service.form, &self.program.pages, &settled) {
            for field in self.fields_settled(&page.id, &settled) {
                if !field.optional && !settled.contains_key(&field.id) {
                    missing.push((page, field));
                }
            }
        }
        missing
    }

    /// The reasons this service is not the right one. A reason waits until what it depends on has been asked.
    pub fn stops(&self, facts: &impl Given) -> Vec<&Stop> {
        let settled = facts.settled(self);
        let stops = self.service.stops.iter().zip(&self.program.stops);
        stops
            .filter(|(_, when)| {
                when.as_ref().is_some_and(|when| self.is_known(when, &settled) && when.holds(&settled))
            })
            .map(|(stop, _)| stop)
            .collect()
    }

    /// Whether nothing an expression depends on is still to be asked.
    fn is_known(&self, expr: &Expr, facts: &Facts) -> bool {
        let mut names = BTreeSet::new();
        base_names(&self.service, &self.program, expr, &mut names);
        let asked = applying(&self.service.guide, &self.program.questions, facts).map(|q| q.id.as_str());
        let pages = applying(&self.service.form, &self.program.pages, facts);
        let fields = pages.flat_map(|page| self.fields_settled(&page.id, facts));
        let required = fields.filter(|f| !f.optional).map(|f| f.id.as_str());
        asked.chain(required).all(|id| !names.contains(id) || facts.contains_key(id))
    }

    /// The materials this case needs.
    pub fn materials(&self, facts: &impl Given) -> Vec<&Material> {
        let facts = facts.settled(self);
        applying(&self.service.materials, &self.program.materials, &facts).collect()
    }

    pub fn material(&self, id: &str) -> Option<&Material> {
        self.service.materials.iter().find(|m| m.id == id)
    }

    /// A material if this case needs it. Few depend on anything: only those ask for the facts.
    pub fn needed<E>(
        &self,
        id: &str,
        facts: impl FnOnce() -> Result<Facts, E>,
    ) -> Result<Option<&Material>, E> {
        let Some(i) = self.service.materials.iter().position(|m| m.id == id) else { return Ok(None) };
        let needed = match &self.program.materials[i] {
            None => true,
            Some(when) => when.holds(&self.settle(&facts()?)),
        };
        Ok(needed.then(|| &self.service.materials[i]))
    }

    pub fn step(&self, id: &str) -> Option<&Step> {
        self.service.steps.iter().find(|s| s.id == id)
    }

    /// The steps of this case and their order.
    pub fn plan(&self, facts: &impl Given) -> Plan<'_> {
        let facts = facts.settled(self);
        let applies = applying_steps(&self.service, &self.program, &facts);
        Plan::new(&self.service.steps, &applies)
    }

    /// What a payment step collects, in the order of its list. A fee of zero is listed: the payer sees it is waived.
    pub fn fees(&self, step: &str, facts: &impl Given) -> Result<Vec<FeeDue>, ComputeError> {
        let facts = facts.settled(self);
        let ids = self.step(step).map_or(&[][..], |s| &s.fees);
        let mut due = Vec::new();
        for id in ids {
            if let Some(i) = self.service.fees.iter().position(|f| &f.id == id) {
                due.extend(self.fee(i, &facts)?);
            }
        }
        Ok(due)
    }

    /// All fees that apply, wherever collected: an estimate for the guide once the questions are answered.
    pub fn all_fees(&self, facts: &impl Given) -> Result<Vec<FeeDue>, ComputeError> {
        let facts = facts.settled(self);
        let each = (0..self.service.fees.len()).map(|i| self.fee(i, &facts));
        Ok(each.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    fn fee(&self, i: usize, facts: &Facts) -> Result<Option<FeeDue>, ComputeError> {
        let (fee, Some(amount)) = (&self.service.fees[i], &self.program.amounts[i]) else {
            return Ok(None);
        };
        if !holds(&self.program.fees[i], facts) {
            return Ok(None);
        }
        let value = amount.eval(facts).map_err(|error| ComputeError::Fee { fee: fee.name.clone(), error })?;
        let fen = value.as_int().unwrap_or(0);
        if fen < 0 {
            return Err(ComputeError::NegativeFee { fee: fee.name.clone() });
        }
        Ok(Some(FeeDue {
            id: fee.id.clone(),
            name: fee.name.clone(),
            fen,
            standard: fee.standard.clone(),
            basis: fee.basis.clone(),
            payee: fee.payee.clone(),
        }))
    }

    /// Last day of validity, `YYYY-MM-DD`; `None` means no end.
    pub fn valid_until(&self, facts: &impl Given) -> Result<Option<String>, ComputeError> {
        let Some(expr) = &self.program.valid_until else {
            return Ok(None);
        };
        let value = expr.eval(&facts.settled(self)).map_err(ComputeError::ValidUntil)?;
        match value.as_text() {
            None | Some("") => Ok(None),
            Some(day) if day.parse::<jiff::civil::Date>().is_ok() => Ok(Some(day.to_owned())),
            Some(other) => Err(ComputeError::NotADay(other.to_owned())),
        }
    }

    /// The field or record whose answer is the fact `id`.
    pub fn field(&self, id: &str) -> Option<&Field> {
        crate::program::every_field(&self.service).find(|f| f.id == id)
    }
}

pub(crate) fn holds(when: &Option<Expr>, facts: &Facts) -> bool {
    when.as_ref().is_none_or(|expr| expr.holds(facts))
}

fn unconditional(whens: &[Option<Expr>]) -> bool {
    whens.iter().all(Option::is_none)
}

/// The items whose condition holds.
fn applying<'a, 'f, T>(
    items: &'a [T],
    whens: &'a [Option<Expr>],
    facts: &'f Facts,
) -> impl Iterator<Item = &'a T> + use<'a, 'f, T> {
    items.iter().zip(whens).filter(move |(_, when)| holds(when, facts)).map(|(item, _)| item)
}

/// Which steps apply. A payment step with nothing to collect does not.
pub(crate) fn applying_steps(service: &Service, program: &Program, facts: &Facts) -> Vec<bool> {
    let collects = |step: &Step| {
        let fees = service.fees.iter().zip(&program.fees);
        fees.filter(|(fee, _)| step.fees.contains(&fee.id)).any(|(_, when)| holds(when, facts))
    };
    let steps = service.steps.iter().zip(&program.steps);
    steps
        .map(|(step, when)| holds(when, facts) && (step.kind != StepKind::Payment || collects(step)))
        .collect()
}

/// See [`Version::settle`]. Conditions look only backwards (the checker sees to it), so one pass in order is enough.
pub(crate) fn settle<'a>(service: &Service, program: &Program, facts: Cow<'a, Facts>) -> Cow<'a, Facts> {
    let mut settled = facts;
    derive_into(service, program, &mut settled);
    for (question, when) in service.guide.iter().zip(&program.questions) {
        drop_unless(holds(when, &settled), &question.id, service, program, &mut settled);
    }
    for (p, page) in service.form.iter().enumerate() {
        let shown = holds(&program.pages[p], &settled);
        for (field, when) in page.fields.iter().zip(&program.fields[p]) {
            let applies = shown && holds(when, &settled);
            drop_unless(applies, &field.id, service, program, &mut settled);
        }
    }
    settled
}

fn drop_unless(applies: bool, id: &str, service: &Service, program: &Program, facts: &mut Cow<'_, Facts>) {
    if !applies && facts.contains_key(id) {
        facts.to_mut().remove(id);
        if program.derive.iter().flatten().any(|expr| expr.names().contains(id)) {
            derive_into(service, program, facts);
        }
    }
}

fn derive_into(service: &Service, program: &Program, facts: &mut Cow<'_, Facts>) {
    for (derived, expr) in service.derive.iter().zip(&program.derive) {
        let Some(expr) = expr else { continue };
        match expr.eval(facts) {
            Ok(value) if facts.get(&derived.id) != Some(&value) => {
                facts.to_mut().insert(derived.id.clone(), value);
            }
            Ok(_) => {}
            Err(_) => {
                if facts.contains_key(&derived.id) {
                    facts.to_mut().remove(&derived.id);
                }
            }
        }
    }
}

/// The answered facts an expression rests on, seen through the derived ones.
pub(crate) fn base_names(service: &Service, program: &Program, expr: &Expr, into: &mut BTreeSet<String>) {
    for name in expr.names() {
        match service.derive.iter().position(|d| &d.id == name) {
            // A derived fact sees only those before it, so this ends.
            Some(i) => {
                if let Some(inner) = &program.derive[i] {
                    base_names(service, program, inner, into);
                }
            }
            None => {
                into.insert(name.clone());
            }
        }
    }
}

impl Version {
    /// The number of the result by the pack's pattern: `{year}`, `{date}`, `{serial:7}` and any fact in braces.
    pub fn result_number(&self, facts: &impl Given, day: &str, serial: i64) -> String {
        crate::number::render(&self.service.result.number, &facts.settled(self), day, serial)
    }

    /// What is printed on the result: (label, text).
    pub fn shown(&self, facts: &impl Given) -> Vec<(&str, String)> {
        let facts = facts.settled(self);
        let shows = self.service.result.shows.iter();
        shows.map(|shown| (shown.label.as_str(), self.text_of(&shown.fact, &facts))).collect()
    }

    /// A fact as people read it: the label of a choice, yuan for money, 是/否.
    pub fn text_of(&self, id: &str, facts: &Facts) -> String {
        let Some(fact) = facts.get(id) else {
            return String::new();
        };
        if let Some(field) = self.field(id) {
            return crate::form::display(field, fact);
        }
        let question = self.service.guide.iter().find(|q| q.id == id);
        match (question, fact) {
            (Some(q), Fact::Text(value)) => {
                let label = q.options.iter().find(|o| &o.value == value).map(|o| &o.label);
                label.unwrap_or(value).clone()
            }
            (_, Fact::Bool(b)) => if *b { "是" } else { "否" }.to_owned(),
            (_, Fact::Int(n)) => n.to_string(),
            (_, Fact::Double(x)) => x.to_string(),
            (_, Fact::Text(s)) => crate::form::without_ids(s),
            (_, Fact::List(l)) => l.join("、"),
        }
    }
}
