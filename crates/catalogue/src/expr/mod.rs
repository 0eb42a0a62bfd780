//! Conditions and computed values: CEL text, checked and compiled once, evaluated over facts.
//!
//! The language is a subset of CEL: literals, fact names, operators, `? :`, `in`, `size`, `contains`, `startsWith`,
//! `endsWith` and the helpers of [`helpers`]. The `cel` crate parses; the types are checked here and the checked tree is
//! evaluated here, because a condition runs on every command of every case: no context to build, no value boxed, cost
//! linear in the text, and nothing that can be left undefined except arithmetic that overflows or divides by zero.
//! `tests/cel.rs` compares the evaluator with the crate's interpreter.

mod compile;
mod eval;
pub mod helpers;

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::{Fact, FactType, Facts};

pub use compile::{ExprError, ExprErrorKind};
pub use eval::EvalError;

/// Longest expression, in bytes.
pub const MAX_LENGTH: usize = 1_000;
/// Deepest nesting of an expression.
pub const MAX_DEPTH: usize = 32;

/// The names an expression may use, with their types.
pub type Scope = BTreeMap<String, FactType>;

/// A checked expression of known type.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    source: String,
    node: Node,
    kind: FactType,
    /// Facts it depends on.
    names: BTreeSet<String>,
}

/// The checked tree. Every operand has the type its operator wants.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Literal(Fact),
    Name(String, FactType),
    List(Vec<Node>),
    Not(Box<Node>),
    Negate(Box<Node>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    If(Box<Node>, Box<Node>, Box<Node>),
    Compare(Order, Box<Node>, Box<Node>),
    Arithmetic(Op, Box<Node>, Box<Node>),
    In(Box<Node>, Box<Node>),
    Call(helpers::Helper, Vec<Node>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Expr {
    /// Parses and checks `source` against the names in scope; the result must be of type `want`.
    pub fn compile(source: &str, scope: &Scope, want: FactType) -> Result<Self, ExprError> {
        let expr = Self::infer(source, scope)?;
        if expr.kind != want {
            return Err(ExprError::result(expr.kind, want));
        }
        Ok(expr)
    }

    /// Like [`Expr::compile`], taking whatever type the expression has.
    pub fn infer(source: &str, scope: &Scope) -> Result<Self, ExprError> {
        let (node, kind) = compile::compile(source, scope)?;
        let mut names = BTreeSet::new();
        node.collect_names(&mut names);
        Ok(Self { source: source.to_owned(), node, kind, names })
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    pub(crate) fn node(&self) -> &Node {
        &self.node
    }

    pub fn kind(&self) -> FactType {
        self.kind
    }

    /// The facts it depends on.
    pub fn names(&self) -> &BTreeSet<String> {
        &self.names
    }

    /// The value over these facts; an absent fact, or one of another type, counts as the zero of its type.
    pub fn eval(&self, facts: &Facts) -> Result<Fact, EvalError> {
        eval::eval(&self.node, facts).map(eval::Value::into_fact)
    }

    /// Whether a condition holds. One that cannot be computed counts as holding: rather ask and check once too often.
    pub fn holds(&self, facts: &Facts) -> bool {
        !matches!(eval::eval(&self.node, facts), Ok(eval::Value::Bool(false)))
    }

    /// Literals each name is compared with; the checker tries these values and their neighbours.
    pub(crate) fn literals(&self, into: &mut BTreeMap<String, Vec<Fact>>) {
        self.node.collect_literals(into);
    }
}

impl Node {
    pub(crate) fn children(&self) -> Vec<&Node> {
        match self {
            Self::Literal(_) | Self::Name(..) => Vec::new(),
            Self::Not(a) | Self::Negate(a) => vec![a],
            Self::And(a, b) | Self::Or(a, b) | Self::In(a, b) => vec![a, b],
            Self::Compare(_, a, b) | Self::Arithmetic(_, a, b) => vec![a, b],
            Self::If(a, b, c) => vec![a, b, c],
            Self::List(all) | Self::Call(_, all) => all.iter().collect(),
        }
    }

    fn collect_names(&self, into: &mut BTreeSet<String>) {
        if let Self::Name(name, _) = self {
            into.insert(name.clone());
        }
        for child in self.children() {
            child.collect_names(into);
        }
    }

    fn collect_literals(&self, into: &mut BTreeMap<String, Vec<Fact>>) {
        let mut names = BTreeSet::new();
        self.collect_names(&mut names);
        let mut all = Vec::new();
        self.every_literal(&mut all);
        for name in names {
            into.entry(name).or_default().extend(all.iter().cloned());
        }
    }

    fn every_literal(&self, into: &mut Vec<Fact>) {
        if let Self::Literal(fact) = self {
            into.push(fact.clone());
        }
        for child in self.children() {
            child.every_literal(into);
        }
    }
}

#[cfg(test)]
mod tests;
