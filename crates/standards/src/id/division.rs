//! 行政区划代码: province 2, prefecture 4, county 6 (GB/T 2260), township 9 (GB/T 10114), village 12 digits.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Fault, IdError, IdKind, ascii, text_form, tidy};

/// A place and all places under it. Padding zeros carry no meaning: `330100`, `3301` and `330100000000` are equal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DivisionCode {
    padded: [u8; 12],
    level: DivisionLevel,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DivisionLevel {
    Nation,
    Province,
    Prefecture,
    County,
    Township,
    Village,
}

impl DivisionLevel {
    /// Digits of a code of this level.
    pub fn digits(self) -> usize {
        match self {
            Self::Nation => 0,
            Self::Province => 2,
            Self::Prefecture => 4,
            Self::County => 6,
            Self::Township => 9,
            Self::Village => 12,
        }
    }

    pub fn zh(self) -> &'static str {
        match self {
            Self::Nation => "国家级",
            Self::Province => "省级",
            Self::Prefecture => "市级",
            Self::County => "县级",
            Self::Township => "乡级",
            Self::Village => "村级",
        }
    }

    /// The lowest level that a code with these leading digits other than zero can have.
    fn holding(digits: usize) -> DivisionLevel {
        match digits {
            0 => Self::Nation,
            1..=2 => Self::Province,
            3..=4 => Self::Prefecture,
            5..=6 => Self::County,
            7..=9 => Self::Township,
            _ => Self::Village,
        }
    }
}

impl DivisionCode {
    pub fn parse(text: &str) -> Result<DivisionCode, IdError> {
        let error = |fault| IdError::new(IdKind::DivisionCode, fault);
        let text = tidy(text);
        if text.is_empty() {
            return Err(error(Fault::Empty));
        }
        if !text.bytes().all(|c| c.is_ascii_digit()) {
            return Err(error(Fault::Character));
        }
        if !matches!(text.len(), 2 | 4 | 6 | 9 | 12) {
            return Err(error(Fault::Length));
        }
        let mut padded = [b'0'; 12];
        padded[..text.len()].copy_from_slice(text.as_bytes());
        Ok(DivisionCode::of(padded))
    }

    fn of(padded: [u8; 12]) -> DivisionCode {
        let used = padded.iter().rposition(|c| *c != b'0').map_or(0, |last| last + 1);
        DivisionCode { padded, level: DivisionLevel::holding(used) }
    }

    pub fn level(&self) -> DivisionLevel {
        self.level
    }

    /// Only the digits of its level: `33`, `3301`, `330102`, `330102001`, …; of the nation, `00`.
    pub fn as_str(&self) -> &str {
        ascii(&self.padded[..self.level.digits().max(2)])
    }

    /// Twelve digits, as platforms exchange it.
    pub fn padded(&self) -> &str {
        ascii(&self.padded)
    }

    /// Six digits: itself, or the county it lies in.
    pub fn county(&self) -> &str {
        ascii(&self.padded[..6])
    }

    /// The place it lies in. Levels that are not there are skipped: some prefectures (441900 东莞) have townships but no
    /// counties.
    pub fn parent(&self) -> Option<DivisionCode> {
        let keep = match self.level {
            DivisionLevel::Nation => return None,
            DivisionLevel::Province => 0,
            DivisionLevel::Prefecture => 2,
            DivisionLevel::County => 4,
            DivisionLevel::Township => 6,
            DivisionLevel::Village => 9,
        };
        let mut padded = [b'0'; 12];
        padded[..keep].copy_from_slice(&self.padded[..keep]);
        Some(DivisionCode::of(padded))
    }

    /// True when `other` is this place or lies in it.
    pub fn contains(&self, other: &DivisionCode) -> bool {
        let n = self.level.digits();
        self.padded[..n] == other.padded[..n]
    }
}

impl fmt::Display for DivisionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for DivisionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DivisionCode({self})")
    }
}

text_form!(DivisionCode, IdError);
