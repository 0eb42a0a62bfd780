//! Evaluation of a checked expression: borrowed values, checked arithmetic.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::{Node, Op, Order, helpers};
use crate::facts::{Fact, FactType, Facts};

/// What even a checked expression can run into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    #[error("计算结果超出可表示的范围")]
    Overflow,
    #[error("除数为零")]
    DivisionByZero,
    #[error("文字过长")]
    TooLong,
}

/// Longest text a `+` may make, in bytes. Without an end, thirty derived facts that double each other fill the memory.
const MAX_TEXT: usize = 64 * 1024;

#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(Cow<'a, str>),
    List(Vec<Cow<'a, str>>),
    /// A list fact, borrowed whole.
    Slice(&'a [String]),
}

impl<'a> Value<'a> {
    pub fn text(&self) -> &str {
        match self {
            Self::Text(s) => s,
            _ => "",
        }
    }

    pub fn int(&self) -> i64 {
        match self {
            Self::Int(n) => *n,
            _ => 0,
        }
    }

    fn bool(&self) -> bool {
        matches!(self, Self::Bool(true))
    }

    pub fn size(&self) -> i64 {
        let n = match self {
            Self::Text(s) => s.chars().count(),
            Self::List(l) => l.len(),
            Self::Slice(l) => l.len(),
            _ => 0,
        };
        i64::try_from(n).unwrap_or(i64::MAX)
    }

    pub fn into_fact(self) -> Fact {
        match self {
            Self::Bool(b) => Fact::Bool(b),
            Self::Int(n) => Fact::Int(n),
            Self::Double(x) => Fact::Double(x),
            Self::Text(s) => Fact::Text(s.into_owned()),
            Self::List(l) => Fact::List(l.into_iter().map(Cow::into_owned).collect()),
            Self::Slice(l) => Fact::List(l.to_vec()),
        }
    }

    fn of(fact: &'a Fact) -> Self {
        match fact {
            Fact::Bool(b) => Self::Bool(*b),
            Fact::Int(n) => Self::Int(*n),
            Fact::Double(x) => Self::Double(*x),
            Fact::Text(s) => Self::Text(Cow::Borrowed(s)),
            Fact::List(l) => Self::Slice(l),
        }
    }

    fn zero(kind: FactType) -> Self {
        match kind {
            FactType::Bool => Self::Bool(false),
            FactType::Int => Self::Int(0),
            FactType::Double => Self::Double(0.0),
            FactType::Text => Self::Text(Cow::Borrowed("")),
            FactType::List => Self::Slice(&[]),
        }
    }
}

pub fn eval<'a>(node: &'a Node, facts: &'a Facts) -> Result<Value<'a>, EvalError> {
    Ok(match node {
        Node::Literal(fact) => Value::of(fact),
        Node::Name(name, kind) => match facts.get(name) {
            Some(fact) if fact.kind() == *kind => Value::of(fact),
            // A stored answer may be of an older type when a pack changed; it is not an answer to this question.
            _ => Value::zero(*kind),
        },
        Node::List(items) => {
            let mut list = Vec::with_capacity(items.len());
            for item in items {
                if let Value::Text(text) = eval(item, facts)? {
                    list.push(text);
                }
            }
            Value::List(list)
        }
        Node::Not(a) => Value::Bool(!eval(a, facts)?.bool()),
        Node::Negate(a) => match eval(a, facts)? {
            Value::Double(x) => Value::Double(-x),
            other => Value::Int(other.int().checked_neg().ok_or(EvalError::Overflow)?),
        },
        Node::And(a, b) => either(a, b, facts, false)?,
        Node::Or(a, b) => either(a, b, facts, true)?,
        Node::If(test, yes, no) => eval(if eval(test, facts)?.bool() { yes } else { no }, facts)?,
        Node::Compare(order, a, b) => Value::Bool(compare(*order, &eval(a, facts)?, &eval(b, facts)?)),
        Node::Arithmetic(op, a, b) => arithmetic(*op, eval(a, facts)?, eval(b, facts)?)?,
        Node::In(item, list) => Value::Bool(contains(&eval(list, facts)?, eval(item, facts)?.text())),
        Node::Call(helper, args) => {
            let args = args.iter().map(|a| eval(a, facts)).collect::<Result<Vec<_>, _>>()?;
            helpers::call(*helper, &args)?
        }
    })
}

/// `&&` and `||` as CEL has them: one side that decides wins over an error on the other.
fn either<'a>(a: &'a Node, b: &'a Node, facts: &'a Facts, decides: bool) -> Result<Value<'a>, EvalError> {
    match eval(a, facts) {
        Ok(value) if value.bool() == decides => Ok(Value::Bool(decides)),
        Ok(_) => Ok(Value::Bool(eval(b, facts)?.bool())),
        Err(error) => match eval(b, facts) {
            Ok(value) if value.bool() == decides => Ok(Value::Bool(decides)),
            _ => Err(error),
        },
    }
}

fn contains(list: &Value<'_>, item: &str) -> bool {
    match list {
        Value::List(l) => l.iter().any(|x| x == item),
        Value::Slice(l) => l.iter().any(|x| x == item),
        _ => false,
    }
}

fn compare(order: Order, a: &Value<'_>, b: &Value<'_>) -> bool {
    let found = match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Double(a), Value::Double(b)) => a.partial_cmp(b),
        (Value::Int(a), Value::Double(b)) => (*a as f64).partial_cmp(b),
        (Value::Double(a), Value::Int(b)) => a.partial_cmp(&(*b as f64)),
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        _ => Some(lists(a).cmp(lists(b))),
    };
    match order {
        Order::Equal => found == Some(Ordering::Equal),
        Order::NotEqual => found != Some(Ordering::Equal),
        Order::Less => found == Some(Ordering::Less),
        Order::LessEqual => matches!(found, Some(Ordering::Less | Ordering::Equal)),
        Order::Greater => found == Some(Ordering::Greater),
        Order::GreaterEqual => matches!(found, Some(Ordering::Greater | Ordering::Equal)),
    }
}

fn lists<'v>(value: &'v Value<'_>) -> Box<dyn Iterator<Item = &'v str> + 'v> {
    match value {
        Value::List(l) => Box::new(l.iter().map(|s| &**s)),
        Value::Slice(l) => Box::new(l.iter().map(String::as_str)),
        _ => Box::new(std::iter::empty()),
    }
}

fn arithmetic<'a>(op: Op, a: Value<'a>, b: Value<'a>) -> Result<Value<'a>, EvalError> {
    Ok(match (a, b) {
        (Value::Int(a), Value::Int(b)) => {
            if b == 0 && matches!(op, Op::Divide | Op::Remainder) {
                return Err(EvalError::DivisionByZero);
            }
            let result = match op {
                Op::Add => a.checked_add(b),
                Op::Subtract => a.checked_sub(b),
                Op::Multiply => a.checked_mul(b),
                Op::Divide => a.checked_div(b),
                Op::Remainder => a.checked_rem(b),
            };
            Value::Int(result.ok_or(EvalError::Overflow)?)
        }
        (Value::Double(a), Value::Double(b)) => Value::Double(match op {
            Op::Add => a + b,
            Op::Subtract => a - b,
            Op::Multiply => a * b,
            Op::Divide | Op::Remainder => a / b,
        }),
        (Value::Text(a), Value::Text(b)) if a.len() + b.len() > MAX_TEXT => return Err(EvalError::TooLong),
        (Value::Text(a), Value::Text(b)) => Value::Text(a + b),
        // The checker admits no other pair.
        (a, _) => a,
    })
}
