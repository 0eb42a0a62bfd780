//! Telephone numbers of the mainland: mobile (11 digits) and landline with area code.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{half_width, text_form};

/// Canonical: `13800001234`, `0571-87654321`, `0571-87654321-801`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone {
    text: Box<str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    #[error("请填写联系电话")]
    Empty,
    #[error("联系电话只能填写数字，座机可加区号和分机，例如 0571-87654321-801")]
    Character,
    #[error("手机号码应为11位数字，请检查是否多填或漏填")]
    MobileLength,
    #[error("手机号码应以13至19开头，请核对")]
    MobilePrefix,
    #[error("座机号码请带上区号，例如 0571-87654321")]
    AreaCode,
    #[error("座机号码应为区号加7或8位数字，请核对")]
    Landline,
}

impl PhoneError {
    /// For people: what is wrong and what to do.
    pub fn message(&self) -> String {
        self.to_string()
    }
}

impl Phone {
    /// Forgives spaces, hyphens, brackets, full-width digits and the country code.
    pub fn parse(text: &str) -> Result<Phone, PhoneError> {
        let text = half_width(text);
        let text = ["+86", "0086"].iter().find_map(|p| text.strip_prefix(p)).unwrap_or(&text);
        let groups: Vec<&str> = text.split(separator).filter(|g| !g.is_empty()).collect();
        let number = groups.concat();
        if number.is_empty() && text.is_empty() {
            return Err(PhoneError::Empty);
        }
        if number.is_empty() || !number.bytes().all(|c| c.is_ascii_digit()) {
            return Err(PhoneError::Character);
        }
        let number = number.strip_prefix("86").filter(|n| n.len() == 11).unwrap_or(&number);
        match number.as_bytes()[0] {
            b'0' => landline(number, groups.last().copied().unwrap_or_default()),
            b'1' => mobile(number),
            _ if number.len() <= 8 => Err(PhoneError::AreaCode),
            _ => Err(PhoneError::MobilePrefix),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn is_mobile(&self) -> bool {
        self.text.starts_with('1')
    }

    /// `138****1234`, `0571-****4321`.
    pub fn masked(&self) -> String {
        if self.is_mobile() {
            return format!("{}****{}", &self.text[..3], &self.text[7..]);
        }
        let mut parts = self.text.split('-');
        let (area, number) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        format!("{area}-****{}", &number[number.len().saturating_sub(4)..])
    }
}

fn mobile(number: &str) -> Result<Phone, PhoneError> {
    match number.as_bytes() {
        [_, b'3'..=b'9', ..] if number.len() == 11 => Ok(Phone { text: number.into() }),
        [_, b'3'..=b'9', ..] => Err(PhoneError::MobileLength),
        _ => Err(PhoneError::MobilePrefix),
    }
}

/// Between the groups of a number; the last group of a long landline number is its extension.
fn separator(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '(' | ')' | '.' | '#' | '*' | 'x' | 'X' | '转')
}

fn landline(number: &str, last_group: &str) -> Result<Phone, PhoneError> {
    // 010 and 02x have three digits, all others four.
    let area = if matches!(number.as_bytes(), [_, b'1' | b'2', ..]) { 3 } else { 4 };
    let (area, local) = number.split_at_checked(area).ok_or(PhoneError::Landline)?;
    let whole = |local: &str| matches!(local.len(), 7 | 8);
    // A last group counts as the extension where a whole number is left without it.
    let shorter = local.strip_suffix(last_group).filter(|l| whole(l));
    let (local, extension) = shorter.map_or((local, ""), |shorter| (shorter, last_group));
    if !whole(local) || matches!(local.as_bytes()[0], b'0' | b'1') || extension.len() > 6 {
        return Err(PhoneError::Landline);
    }
    let tail = if extension.is_empty() { String::new() } else { format!("-{extension}") };
    Ok(Phone { text: format!("{area}-{local}{tail}").into() })
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Masked, so that a number cannot reach a log by accident.
impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone({})", self.masked())
    }
}

text_form!(Phone, PhoneError);
