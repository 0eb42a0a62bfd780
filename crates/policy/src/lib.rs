//! The policy: who may do what to a case, as data. A grant gives a role some acts within a scope; how somebody stands to
//! a case is a set of roles within scopes, and an act is allowed if one of them was granted it.
//!
//! Pure: no I/O, no clock. Invariants (each has a test): what no grant names is refused; who may do anything to a case may
//! see it; the cost of a question depends on neither the number of grants nor that of services and departments.

mod change;
mod handle;
mod parse;
mod words;

use std::collections::BTreeSet;

pub use change::{Change, NEEDS, Need};
pub use handle::PolicyHandle;
pub use parse::Mistake;
pub use words::{Act, Scope, Who};

/// A role within a scope: one way to stand to a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Relation {
    pub who: Who,
    pub scope: Scope,
}

/// Every way in which somebody stands to one case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Relations(u32);

/// The grants, by act: a set of relations each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy([Relations; Act::ALL.len()]);

impl Relation {
    /// It is theirs.
    pub const APPLICANT: Relation = Relation { who: Who::Citizen, scope: Scope::Own };
    /// A clerk of the office that took it in.
    pub const WINDOW: Relation = Relation { who: Who::Clerk, scope: Scope::Office };
    /// Timers, payments, followers.
    pub const PROGRAM: Relation = Relation { who: Who::Program, scope: Scope::City };

    pub fn all() -> impl Iterator<Item = Relation> {
        Who::ALL.into_iter().flat_map(|who| Scope::ALL.map(|scope| Relation { who, scope }))
    }

    const fn bit(self) -> u32 {
        1 << (self.who as u32 * Scope::ALL.len() as u32 + self.scope as u32)
    }
}

impl Relations {
    pub const NONE: Relations = Relations(0);

    pub fn add(&mut self, relation: Relation) {
        self.0 |= relation.bit();
    }

    pub fn has(self, relation: Relation) -> bool {
        self.0 & relation.bit() != 0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn iter(self) -> impl Iterator<Item = Relation> {
        Relation::all().filter(move |one| self.has(*one))
    }
}

impl FromIterator<Relation> for Relations {
    fn from_iter<I: IntoIterator<Item = Relation>>(relations: I) -> Self {
        let mut all = Relations::NONE;
        relations.into_iter().for_each(|one| all.add(one));
        all
    }
}

impl Policy {
    /// The text of the policy that a city begins with.
    pub const STANDARD: &str = include_str!("../standard.policy");

    /// Nobody may do anything.
    pub const fn nothing() -> Policy {
        Policy([Relations::NONE; Act::ALL.len()])
    }

    pub fn standard() -> Policy {
        // The text is part of the program, and a test reads it.
        Policy::parse(Policy::STANDARD).unwrap_or_else(|_| Policy::nothing())
    }

    /// What somebody who stands so may do becomes what they may do by the other.
    fn take_from(&mut self, other: &Policy, relation: Relation) {
        for (own, other) in self.0.iter_mut().zip(other.0) {
            own.0 = own.0 & !relation.bit() | other.0 & relation.bit();
        }
    }

    fn grant(&mut self, relation: Relation, acts: &[Act]) {
        for act in acts {
            self.0[*act as usize].add(relation);
        }
    }

    pub fn allows(&self, relation: Relation, act: Act) -> bool {
        self.0[act as usize].has(relation)
    }

    /// Whether somebody who stands so may do it.
    pub fn any(&self, relations: Relations, act: Act) -> bool {
        self.0[act as usize].0 & relations.0 != 0
    }

    /// Those of the relations to which the case exists at all.
    pub fn seeing(&self, relations: Relations) -> Relations {
        Relations(self.0[Act::See as usize].0 & relations.0)
    }

    /// Whoever was granted anything, in the order of the words.
    pub fn granted(&self) -> impl Iterator<Item = Relation> {
        self.0[Act::See as usize].iter()
    }

    /// What somebody with these roles can come to do, and within which scopes, wherever they work.
    pub fn reach(&self, whos: &[Who], is_within: impl Fn(Scope) -> bool) -> BTreeSet<(Scope, Act)> {
        let granted = self.granted().filter(|one| whos.contains(&one.who) && is_within(one.scope));
        let acts = |one: Relation| {
            Act::ALL.into_iter().filter(move |act| self.allows(one, *act)).map(move |act| (one.scope, act))
        };
        granted.flat_map(acts).collect()
    }

    /// The text that reads as this policy.
    pub fn text(&self) -> String {
        let line = |relation: Relation| {
            let acts = Act::ALL.into_iter().filter(|act| self.allows(relation, *act)).map(Act::code);
            let acts: Vec<_> = acts.collect();
            format!("{:<12} {:<11} {}\n", relation.who.code(), relation.scope.code(), acts.join(" "))
        };
        self.granted().map(line).collect()
    }
}

#[cfg(test)]
mod tests;
