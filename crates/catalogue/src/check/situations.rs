//! Situations: the answers that make a difference to some conditions, combined in every way that the form allows.
//!
//! The checker tries a pack on them instead of reasoning about formulas: what it finds it can name.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::expr::Expr;
use crate::facts::{Fact, FactType, Facts, TODAY};
use crate::model::{Choice, Field, Service};
use crate::program::Program;
use crate::version::{base_names, settle};

/// Most combinations tried; above it they are drawn evenly by a fixed rule, so a finding is the same on every run.
const MOST: usize = 2_048;

pub struct Situations {
    /// Settled facts, each different.
    pub list: Vec<Facts>,
    /// Every combination of the tried values is in the list, and every value that matters was tried.
    pub is_complete: bool,
}

/// Those that differ in anything the seeds rest on. Cases that a stop would end are left out if asked.
pub fn situations(service: &Service, program: &Program, seeds: &[&Expr], skip_stopped: bool) -> Situations {
    let names = relevant(service, program, seeds);
    let mut literals = BTreeMap::new();
    let exprs = seeds
        .iter()
        .copied()
        .chain(program.derive.iter().flatten())
        .chain(program.questions.iter().flatten());
    for expr in exprs {
        expr.literals(&mut literals);
    }
    let values = Values { service, program, literals: &literals };
    let axes: Vec<(String, Vec<Option<Fact>>)> = order(service)
        .into_iter()
        .filter(|n| names.contains(n))
        .map(|n| (n.clone(), values.of(&n)))
        .collect();
    let total = axes.iter().try_fold(1_usize, |n, (_, v)| n.checked_mul(v.len())).unwrap_or(usize::MAX);
    let is_complete = total <= MOST && axes.iter().all(|(name, _)| values.is_exhaustive(name));
    let (mut list, mut seen) = (Vec::new(), BTreeSet::new());
    for index in (0..total.min(MOST)).map(|i| if total <= MOST { i } else { spread(i, total) }) {
        let facts = settle(service, program, Cow::Owned(combine(&axes, index))).into_owned();
        if seen.insert(format!("{facts:?}")) && !(skip_stopped && is_stopped(program, &names, &facts)) {
            list.push(facts);
        }
    }
    Situations { list, is_complete }
}

/// A fixed even draw.
fn spread(i: usize, total: usize) -> usize {
    let mixed = (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((u128::from(mixed) * total as u128) >> 64) as usize
}

fn combine(axes: &[(String, Vec<Option<Fact>>)], mut index: usize) -> Facts {
    let mut facts = Facts::from([(TODAY.to_owned(), Fact::from("2026-06-15"))]);
    for (name, values) in axes {
        if let Some(value) = &values[index % values.len()] {
            facts.insert(name.clone(), value.clone());
        }
        index /= values.len();
    }
    facts
}

/// What the seeds rest on, and what decides whether that is asked at all.
fn relevant(service: &Service, program: &Program, seeds: &[&Expr]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for seed in seeds {
        base_names(service, program, seed, &mut names);
    }
    loop {
        let before = names.len();
        let questions = service.guide.iter().zip(&program.questions).map(|(q, when)| (&q.id, when));
        let pages = service.form.iter().zip(program.pages.iter().zip(&program.fields));
        let fields = pages.flat_map(|(page, (shown, whens))| {
            let own = page.fields.iter().zip(whens).map(|(f, when)| (&f.id, when));
            own.chain(page.fields.iter().map(move |f| (&f.id, shown)))
        });
        let needed: Vec<&Expr> = questions
            .chain(fields)
            .filter(|(id, _)| names.contains(*id))
            .filter_map(|(_, w)| w.as_ref())
            .collect();
        for expr in needed {
            base_names(service, program, expr, &mut names);
        }
        if names.len() == before {
            return names;
        }
    }
}

/// Facts in the order in which they become known.
fn order(service: &Service) -> Vec<String> {
    let guide = service.guide.iter().map(|q| q.id.clone());
    guide.chain(crate::program::every_field(service).map(|f| f.id.clone())).collect()
}

fn is_stopped(program: &Program, names: &BTreeSet<String>, facts: &Facts) -> bool {
    let rests_on_names = |expr: &&Expr| expr.names().iter().all(|n| names.contains(n));
    program.stops.iter().flatten().filter(rests_on_names).any(|stop| stop.holds(facts))
}

struct Values<'a> {
    service: &'a Service,
    program: &'a Program,
    literals: &'a BTreeMap<String, Vec<Fact>>,
}

impl Values<'_> {
    fn field(&self, name: &str) -> Option<&Field> {
        crate::program::every_field(self.service).find(|f| f.id == name)
    }

    /// Only yes-or-no and choice answers can be tried in full.
    fn is_exhaustive(&self, name: &str) -> bool {
        self.service.guide.iter().any(|q| q.id == name)
            || self.field(name).is_some_and(|f| f.kind.fact_type() == FactType::Bool || !f.options.is_empty())
    }

    fn of(&self, name: &str) -> Vec<Option<Fact>> {
        if let Some(question) = self.service.guide.iter().find(|q| q.id == name) {
            return match question.fact_type() {
                FactType::Bool => booleans(),
                _ => texts(&question.options),
            };
        }
        let Some(field) = self.field(name) else { return vec![None] };
        let is_record = !self.service.form.iter().any(|p| p.fields.iter().any(|f| f.id == name));
        let mut values = match field.kind.fact_type() {
            FactType::Bool => booleans(),
            FactType::List => lists(&field.options),
            _ if !field.options.is_empty() => texts(&field.options),
            kind => self.around_literals(name, kind),
        };
        // A record is absent until its step is done.
        if (field.optional || is_record) && !values.contains(&None) {
            values.push(None);
        }
        values
    }

    /// Numbers and texts that conditions compare with, and their neighbours; through derived facts, every literal.
    fn around_literals(&self, name: &str, kind: FactType) -> Vec<Option<Fact>> {
        let mut literals = self.literals.get(name).cloned().unwrap_or_default();
        for (derived, expr) in self.service.derive.iter().zip(&self.program.derive) {
            if expr.as_ref().is_some_and(|e| e.names().contains(name)) {
                literals.extend(self.literals.get(&derived.id).cloned().unwrap_or_default());
            }
        }
        let mut values: Vec<Option<Fact>> = Vec::new();
        let mut add = |fact: Fact| {
            if fact.kind() == kind && values.len() < 9 && !values.contains(&Some(fact.clone())) {
                values.push(Some(fact));
            }
        };
        match kind {
            FactType::Int => add(Fact::Int(1)),
            FactType::Double => add(Fact::Double(1.0)),
            _ => add(Fact::from("示例")),
        }
        for literal in literals {
            match literal {
                Fact::Int(n) if kind == FactType::Int => {
                    (-1..=1).for_each(|d| add(Fact::Int(n.saturating_add(d).max(0))));
                }
                Fact::Int(n) => add(Fact::Double(n as f64 + 1.0)),
                Fact::Double(x) => [x - 0.01, x, x + 0.01].into_iter().for_each(|x| add(Fact::Double(x))),
                other => add(other),
            }
        }
        values
    }
}

fn booleans() -> Vec<Option<Fact>> {
    vec![Some(Fact::Bool(true)), Some(Fact::Bool(false))]
}

fn texts(options: &[Choice]) -> Vec<Option<Fact>> {
    let values: Vec<_> = options.iter().map(|o| Some(Fact::Text(o.value.clone()))).collect();
    if values.is_empty() { vec![None] } else { values }
}

/// None, each alone, all.
fn lists(options: &[Choice]) -> Vec<Option<Fact>> {
    let all: Vec<String> = options.iter().map(|o| o.value.clone()).collect();
    let mut values = vec![None, Some(Fact::List(all.clone()))];
    values.extend(all.into_iter().map(|one| Some(Fact::List(vec![one]))));
    values
}

/// A situation in words, by the answers that were varied: «property_use=home，held=five-only».
pub fn describe(facts: &Facts, names: &BTreeSet<String>) -> String {
    let said: Vec<String> = facts
        .iter()
        .filter(|(name, _)| names.contains(*name) && *name != TODAY)
        .take(6)
        .map(|(name, fact)| format!("{name}={}", value(fact)))
        .collect();
    if said.is_empty() { "什么都没有回答".to_owned() } else { said.join("，") }
}

fn value(fact: &Fact) -> String {
    match fact {
        Fact::Bool(true) => "是".to_owned(),
        Fact::Bool(false) => "否".to_owned(),
        Fact::Int(n) => n.to_string(),
        Fact::Double(x) => x.to_string(),
        Fact::Text(text) => text.clone(),
        Fact::List(all) => all.join("+"),
    }
}
