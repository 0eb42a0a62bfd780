//! Facts: what is known about one case, by name. Answers, derived values and what officers record are all facts.

use std::collections::BTreeMap;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// Everything known about one case, by fact id.
pub type Facts = BTreeMap<String, Fact>;

/// The day on which conditions are judged, `YYYY-MM-DD`; the caller puts it among the facts.
pub const TODAY: &str = "today";

/// One known value. Money is `Int` in fen; dates are `Text` as `YYYY-MM-DD`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Fact {
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(String),
    List(Vec<String>),
}

/// By what is there: derived, it would try each kind in turn and word an error for every one that does not fit, which
/// cost the writer 6 % of its time.
impl<'de> Deserialize<'de> for Fact {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Known)
    }
}

struct Known;

impl<'de> Visitor<'de> for Known {
    type Value = Fact;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a boolean, a number, a text or a list of texts")
    }

    fn visit_bool<E>(self, b: bool) -> Result<Fact, E> {
        Ok(Fact::Bool(b))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Fact, E> {
        Ok(Fact::Int(n))
    }

    fn visit_u64<E>(self, n: u64) -> Result<Fact, E> {
        // What no whole number of ours can hold is kept as nearly as possible.
        Ok(i64::try_from(n).map_or(Fact::Double(n as f64), Fact::Int))
    }

    fn visit_f64<E>(self, x: f64) -> Result<Fact, E> {
        Ok(Fact::Double(x))
    }

    fn visit_str<E>(self, s: &str) -> Result<Fact, E> {
        Ok(Fact::Text(s.to_owned()))
    }

    fn visit_string<E>(self, s: String) -> Result<Fact, E> {
        Ok(Fact::Text(s))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Fact, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Fact::List(list))
    }
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
