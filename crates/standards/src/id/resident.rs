//! 公民身份号码 (GB 11643-1999), residence permits of Hong Kong, Macao and Taiwan residents (81, 82, 83), and the foreign
//! permanent resident card of 2023 (9): 18 characters with a birth date in the middle and a MOD 11-2 check.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Fault, IdError, IdKind, ascii, fixed, text_form, tidy};
use crate::check;
use crate::time::Day;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ResidentId {
    text: [u8; 18],
    birth: Day,
}

/// Whose number it is, by its first digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResidentKind {
    Citizen,
    HongKong,
    Macao,
    Taiwan,
    /// 外国人永久居留身份证.
    Foreigner,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sex {
    Male,
    Female,
}

impl Sex {
    pub fn zh(self) -> &'static str {
        match self {
            Self::Male => "男",
            Self::Female => "女",
        }
    }
}

/// Nobody alive, and no file still open, is older.
const EARLIEST_YEAR: i16 = 1850;
/// Without a clock this is all that can be said of the future; `parse_on` knows today.
const LATEST_YEAR: i16 = 2100;
const LONGEST_LIFE: i32 = 150;

fn error(fault: Fault) -> IdError {
    IdError::new(IdKind::ResidentId, fault)
}

impl ResidentId {
    /// Reads an 18-character number. Birth dates are only checked to exist; where today is known, use `parse_on`.
    pub fn parse(text: &str) -> Result<ResidentId, IdError> {
        let text = tidy(text);
        let shape = |n: usize| text.len() == n && text.bytes().all(|c| c.is_ascii_digit());
        if text.is_empty() {
            return Err(error(Fault::Empty));
        }
        if shape(15) {
            return Err(error(Fault::Historic));
        }
        if !text.bytes().all(|c| c.is_ascii_digit() || c == b'X') {
            return Err(error(Fault::Character));
        }
        let bytes: [u8; 18] = fixed(&text).ok_or(error(Fault::Length))?;
        if bytes[..17].contains(&b'X') {
            return Err(error(Fault::Character));
        }
        let birth = birth(&bytes[6..14])?;
        if check::mod_11_2(&text[..17]) != Some(bytes[17]) {
            return Err(error(Fault::Check));
        }
        Ok(ResidentId { text: bytes, birth })
    }

    /// `parse`, and the birth date must lie within the 150 years up to `today`.
    pub fn parse_on(text: &str, today: Day) -> Result<ResidentId, IdError> {
        let id = ResidentId::parse(text)?;
        match () {
            () if id.birth > today => Err(error(Fault::FutureBirth)),
            () if id.birth.full_years_on(today) > LONGEST_LIFE => Err(error(Fault::AbsurdBirth)),
            () => Ok(id),
        }
    }

    /// The 18-character form of a 15-digit number. Such numbers have had no force since 2013 and appear in old archives
    /// only: use this to match records, never to take in a person.
    pub fn from_historic(text: &str) -> Result<ResidentId, IdError> {
        let text = tidy(text);
        if text.len() != 15 {
            return Err(error(if text.is_empty() { Fault::Empty } else { Fault::Length }));
        }
        if !text.bytes().all(|c| c.is_ascii_digit()) {
            return Err(error(Fault::Character));
        }
        let body = format!("{}19{}", &text[..6], &text[6..]);
        let check = check::mod_11_2(&body).ok_or(error(Fault::Character))?;
        ResidentId::parse(&format!("{body}{}", char::from(check)))
    }

    pub fn as_str(&self) -> &str {
        ascii(&self.text)
    }

    /// `330102********0012`: for pages and logs.
    pub fn masked(&self) -> String {
        format!("{}********{}", ascii(&self.text[..6]), ascii(&self.text[14..]))
    }

    pub fn kind(&self) -> ResidentKind {
        match &self.text[..2] {
            b"81" => ResidentKind::HongKong,
            b"82" => ResidentKind::Macao,
            b"83" => ResidentKind::Taiwan,
            [b'9', _] => ResidentKind::Foreigner,
            _ => ResidentKind::Citizen,
        }
    }

    /// The first six characters: where the number was first issued (the code may be abolished today). Of a foreigner:
    /// `9`, the place of acceptance, the nationality.
    pub fn division(&self) -> &str {
        ascii(&self.text[..6])
    }

    /// Of a foreigner: numeric country code (GB/T 2659).
    pub fn nationality(&self) -> Option<&str> {
        (self.kind() == ResidentKind::Foreigner).then(|| ascii(&self.text[3..6]))
    }

    pub fn birth_date(&self) -> Day {
        self.birth
    }

    pub fn sex(&self) -> Sex {
        if self.text[16] % 2 == 1 { Sex::Male } else { Sex::Female }
    }

    /// 周岁.
    pub fn age_on(&self, today: Day) -> i32 {
        self.birth.full_years_on(today)
    }
}

fn birth(digits: &[u8]) -> Result<Day, IdError> {
    let number = |part: &[u8]| part.iter().fold(0i16, |n, c| n * 10 + i16::from(c - b'0'));
    let (year, month, day) = (number(&digits[..4]), number(&digits[4..6]), number(&digits[6..]));
    let date = Day::new(year, month as i8, day as i8).map_err(|_| error(Fault::NoSuchDate))?;
    if (EARLIEST_YEAR..=LATEST_YEAR).contains(&year) { Ok(date) } else { Err(error(Fault::AbsurdBirth)) }
}

/// Masked, so that a number cannot reach a log by accident. There is no `Display` for the same reason.
impl fmt::Debug for ResidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResidentId({})", self.masked())
    }
}

text_form!(ResidentId, IdError);
