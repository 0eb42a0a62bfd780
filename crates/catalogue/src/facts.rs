//! Facts: what is known about one case, by name. Answers, derived values and what officers record are all facts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Everything known about one case, by fact id.
pub type Facts = BTreeMap<String, Fact>;

/// The day on which conditions are judged, `YYYY-MM-DD`; the caller puts it among the facts.
pub const TODAY: &str = "today";

/// One known value. Money is `Int` in fen; dates are `Text` as `YYYY-MM-DD`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Fact {
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(String),
    List(Vec<String>),
}

/// The type of a fact, which is also the type of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FactType {
    Bool,
    Int,
    Double,
    Text,
    List,
}

impl FactType {
    /// The word for it in messages to pack authors.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Bool => "是否（bool）",
            Self::Int => "整数（int，金额以分计）",
            Self::Double => "小数（double）",
            Self::Text => "文字（string）",
            Self::List => "文字列表（list）",
        }
    }

    /// What an unanswered fact of this type counts as.
    pub fn zero(self) -> Fact {
        match self {
            Self::Bool => Fact::Bool(false),
            Self::Int => Fact::Int(0),
            Self::Double => Fact::Double(0.0),
            Self::Text => Fact::Text(String::new()),
            Self::List => Fact::List(Vec::new()),
        }
    }
}

impl Fact {
    pub fn kind(&self) -> FactType {
        match self {
            Self::Bool(_) => FactType::Bool,
            Self::Int(_) => FactType::Int,
            Self::Double(_) => FactType::Double,
            Self::Text(_) => FactType::Text,
            Self::List(_) => FactType::List,
        }
    }

    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(b) => Some(*b),
            _ => None,
        }
    }

    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(n) => Some(*n),
            _ => None,
        }
    }

    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(s) => Some(s),
            _ => None,
        }
    }

    pub fn as_list(&self) -> Option<&[String]> {
        match self {
            Self::List(l) => Some(l),
            _ => None,
        }
    }
}

impl From<bool> for Fact {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}
impl From<i64> for Fact {
    fn from(n: i64) -> Self {
        Self::Int(n)
    }
}
impl From<f64> for Fact {
    fn from(x: f64) -> Self {
        Self::Double(x)
    }
}
impl From<&str> for Fact {
    fn from(s: &str) -> Self {
        Self::Text(s.to_owned())
    }
}
impl From<String> for Fact {
    fn from(s: String) -> Self {
        Self::Text(s)
    }
}
