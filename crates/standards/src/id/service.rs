//! Codes of government service items (GB/T 39554.1-2020): base code 12, implementing code 31, handling code 33.
//!
//! ```text
//! handling      = implementing (31) + serial (2)
//! implementing  = credit code of the implementing body (18) + level of exercise (1) + base (12)
//! base          = region (2) + kind (2) + department (2) + main item (3) + sub-item (3, 000 for none)
//! ```

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{CreditCode, Fault, IdError, IdKind, text_form, tidy};

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ServiceCode {
    text: Box<str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ServiceScheme {
    /// 基本编码, 12.
    Base,
    /// 实施编码, 31.
    Implementing,
    /// 业务办理项编码, 33.
    Handling,
}

/// 行使层级.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExerciseLevel {
    Nation,
    Province,
    City,
    County,
    Township,
    Village,
    /// 分级管理.
    Tiered,
}

const LEVELS: [(ExerciseLevel, &str); 7] = [
    (ExerciseLevel::Nation, "国家级"),
    (ExerciseLevel::Province, "省级"),
    (ExerciseLevel::City, "市级"),
    (ExerciseLevel::County, "县级"),
    (ExerciseLevel::Township, "镇（乡、街道）级"),
    (ExerciseLevel::Village, "村（社区）级"),
    (ExerciseLevel::Tiered, "分级管理"),
];

impl ExerciseLevel {
    /// `1` to `7`, as in the code.
    pub fn digit(self) -> char {
        char::from(b'1' + self as u8)
    }

    pub fn zh(self) -> &'static str {
        LEVELS[self as usize].1
    }

    fn from_digit(digit: u8) -> Option<ExerciseLevel> {
        LEVELS.get(usize::from(digit.wrapping_sub(b'1'))).map(|l| l.0)
    }
}

fn error(fault: Fault) -> IdError {
    IdError::new(IdKind::ServiceCode, fault)
}

impl ServiceCode {
    pub fn parse(text: &str) -> Result<ServiceCode, IdError> {
        let text = tidy(text);
        if text.is_empty() {
            return Err(error(Fault::Empty));
        }
        if !text.is_ascii() {
            return Err(error(Fault::Character));
        }
        let digits = |s: &str| {
            if s.bytes().all(|c| c.is_ascii_digit()) { Ok(()) } else { Err(error(Fault::Character)) }
        };
        match text.len() {
            12 => digits(&text)?,
            31 | 33 => {
                CreditCode::parse(&text[..18]).map_err(|_| error(Fault::Credit))?;
                digits(&text[18..])?;
                ExerciseLevel::from_digit(text.as_bytes()[18]).ok_or(error(Fault::ExerciseLevel))?;
            }
            _ => return Err(error(Fault::Length)),
        }
        Ok(ServiceCode { text: text.into() })
    }

    /// The implementing code of `base` at one body.
    pub fn implementing(body: &CreditCode, level: ExerciseLevel, base: &ServiceCode) -> ServiceCode {
        ServiceCode { text: format!("{body}{}{}", level.digit(), base.base()).into() }
    }

    /// The `serial`-th handling item of an implementing code; `None` for a base code or a serial above 99.
    pub fn handling(&self, serial: u8) -> Option<ServiceCode> {
        let code = self.implementing_part()?;
        (serial <= 99).then(|| ServiceCode { text: format!("{code}{serial:02}").into() })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn scheme(&self) -> ServiceScheme {
        match self.text.len() {
            12 => ServiceScheme::Base,
            31 => ServiceScheme::Implementing,
            _ => ServiceScheme::Handling,
        }
    }

    /// The 12 digits of the base code, in every scheme.
    pub fn base(&self) -> &str {
        match self.scheme() {
            ServiceScheme::Base => &self.text,
            _ => &self.text[19..31],
        }
    }

    /// The 31 characters of the implementing code, if it has one.
    pub fn implementing_part(&self) -> Option<&str> {
        self.text.get(..31)
    }

    /// Who carries it out.
    pub fn body(&self) -> Option<CreditCode> {
        CreditCode::parse(self.text.get(..18)?).ok()
    }

    pub fn level(&self) -> Option<ExerciseLevel> {
        ExerciseLevel::from_digit(*self.text.as_bytes().get(18)?)
    }

    /// `00` the nation, or the code of a province.
    pub fn region(&self) -> &str {
        &self.base()[..2]
    }

    /// 事项类型 by its code: `01` 行政许可, `20` 公共服务.
    pub fn item_kind(&self) -> &str {
        &self.base()[2..4]
    }

    /// 主管部门.
    pub fn department(&self) -> &str {
        &self.base()[4..6]
    }

    pub fn main_item(&self) -> &str {
        &self.base()[6..9]
    }

    /// Absent where the main item has no sub-items (`000`).
    pub fn sub_item(&self) -> Option<&str> {
        Some(&self.base()[9..]).filter(|s| *s != "000")
    }

    /// The two digits that make a handling code.
    pub fn serial(&self) -> Option<&str> {
        self.text.get(31..33)
    }
}

impl fmt::Display for ServiceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

text_form!(ServiceCode, IdError);
