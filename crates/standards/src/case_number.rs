//! Case numbers (办件编号): where, when, eight characters that cannot be guessed, and a check character.
//!
//! `330102-261123-7KQ4M2XA-9`: six digits of the division, the date as yyMMdd, eight characters of an alphabet without
//! I, L, O and U, and an ISO 7064 MOD 37,36 check over all of them. No national standard fixes the form (GB/T 39046 only
//! gives it up to 50 characters); numbers that count up would let anyone walk through other people's cases.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::check;
use crate::id::{DivisionCode, Fault, IdError, IdKind, ascii, fixed, text_form, tidy};
use crate::time::Day;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CaseNumber {
    text: [u8; 21],
    day: Day,
}

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

fn error(fault: Fault) -> IdError {
    IdError::new(IdKind::CaseNumber, fault)
}

impl CaseNumber {
    /// The number of a case begun on `day`; its secret part comes from `random` (40 bits of it are used).
    ///
    /// A check character that could be misread (I, L, O, U) is avoided by moving on to the next secret, so that `parse`
    /// can read O as 0 and I or L as 1 everywhere.
    pub fn new(division: &DivisionCode, day: Day, random: u64) -> CaseNumber {
        let head = format!(
            "{}{:02}{:02}{:02}",
            division.county(),
            day.year().rem_euclid(100),
            day.month(),
            day.day_of_month()
        );
        let mut secret = random;
        loop {
            let tail: String =
                (0..8).map(|i| char::from(ALPHABET[(secret >> (35 - 5 * i)) as usize & 31])).collect();
            let body = format!("{head}{tail}");
            match check::mod_37_36(&body).and_then(|c| fixed(&format!("{body}{}", char::from(c)))) {
                Some(text) if ALPHABET.contains(&text[20]) => return CaseNumber { text, day },
                // At most a few turns: the last character alone moves the check through its values.
                _ => secret = secret.wrapping_add(1),
            }
        }
    }

    /// Forgives spaces, hyphens, lower case, and O for 0, I or L for 1.
    pub fn parse(text: &str) -> Result<CaseNumber, IdError> {
        let clear = |c: char| match c {
            'O' => '0',
            'I' | 'L' => '1',
            c => c,
        };
        let text: String = tidy(text).chars().map(clear).collect();
        if text.is_empty() {
            return Err(error(Fault::Empty));
        }
        if !text.bytes().all(|c| ALPHABET.contains(&c)) {
            return Err(error(Fault::Character));
        }
        let bytes: [u8; 21] = fixed(&text).ok_or(error(Fault::Length))?;
        if !bytes[..12].iter().all(u8::is_ascii_digit) {
            return Err(error(Fault::Character));
        }
        if check::mod_37_36(&text[..20]) != Some(bytes[20]) {
            return Err(error(Fault::Check));
        }
        let day = date(&bytes).ok_or(error(Fault::NoSuchDate))?;
        Ok(CaseNumber { text: bytes, day })
    }

    /// 21 characters, as stored.
    pub fn as_str(&self) -> &str {
        ascii(&self.text)
    }

    /// `330102-261123-7KQ4M2XA-9`, as people read it.
    pub fn grouped(&self) -> String {
        let s = self.as_str();
        format!("{}-{}-{}-{}", &s[..6], &s[6..12], &s[12..20], &s[20..])
    }

    pub fn division(&self) -> &str {
        ascii(&self.text[..6])
    }

    /// The day the case began.
    pub fn day(&self) -> Day {
        self.day
    }
}

fn date(text: &[u8; 21]) -> Option<Day> {
    let two = |i: usize| i16::from(text[i] - b'0') * 10 + i16::from(text[i + 1] - b'0');
    Day::new(2000 + two(6), two(8) as i8, two(10) as i8).ok()
}

/// Grouped.
impl fmt::Display for CaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.grouped())
    }
}

text_form!(CaseNumber, IdError);
