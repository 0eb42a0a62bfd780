//! A party and what of it may be shown where.

use yimen_standards::phone::Phone;

use crate::number::{self, NumberKind};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PartyKind {
    Natural,
    /// Companies, organisations, individual businesses: whoever is known by a credit code.
    Legal,
}

impl PartyKind {
    pub fn code(self) -> &'static str {
        match self {
            PartyKind::Natural => "natural",
            PartyKind::Legal => "legal",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        [PartyKind::Natural, PartyKind::Legal].into_iter().find(|kind| kind.code() == code)
    }

    pub fn zh(self) -> &'static str {
        match self {
            PartyKind::Natural => "自然人",
            PartyKind::Legal => "法人和其他组织",
        }
    }

    pub fn of(number: NumberKind) -> Self {
        if number == NumberKind::CreditCode { PartyKind::Legal } else { PartyKind::Natural }
    }
}

/// A person or body, opened.
#[derive(Clone, PartialEq, Eq)]
pub struct Party {
    pub id: i64,
    pub kind: PartyKind,
    pub name: String,
    pub number_kind: NumberKind,
    pub number: String,
    /// Empty where none is known.
    pub phone: String,
    /// Empty where none is known.
    pub address: String,
    /// Goes up with every change; a form of contact data carries it.
    pub revision: i64,
}

impl Party {
    /// `330102********0012`; the code of a body is public and stays whole.
    pub fn masked_number(&self) -> String {
        number::mask(self.number_kind, &self.number)
    }

    /// `138****1234`
    pub fn masked_phone(&self) -> String {
        mask_phone(&self.phone)
    }

    /// `张*三`; the name of a body is public and stays whole.
    pub fn masked_name(&self) -> String {
        mask_name(self.kind, &self.name)
    }

    /// The document in words: 居民身份证, 台湾居民居住证, 统一社会信用代码 …
    pub fn document(&self) -> &'static str {
        number::document_zh(self.number_kind, &self.number)
    }
}

/// Masked, so that personal data cannot reach a log by accident.
impl std::fmt::Debug for Party {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Party")
            .field("id", &self.id)
            .field("name", &self.masked_name())
            .field("number", &self.masked_number())
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}

/// First and last character, at most three stars between: the length of a long name tells too much.
pub fn mask_name(kind: PartyKind, name: &str) -> String {
    if kind == PartyKind::Legal {
        return name.to_owned();
    }
    let chars: Vec<char> = name.chars().collect();
    match chars[..] {
        [] => String::new(),
        [_] => "*".to_owned(),
        [first, _] => format!("{first}*"),
        [first, .., last] => format!("{first}{}{last}", "*".repeat((chars.len() - 2).min(3))),
    }
}

pub(crate) fn mask_phone(phone: &str) -> String {
    Phone::parse(phone).map(|phone| phone.masked()).unwrap_or_default()
}
