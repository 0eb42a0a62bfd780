//! 电子证照标识 (GB/T 36904-2018): root, licence type, issuer, serial, version, and a MOD 37,36 check over the four.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{CreditCode, Fault, IdError, IdKind, text_form};
use crate::check;

/// `1.2.156.3005.2.` type `.` issuer `.` serial `.` version `.` check.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LicenceId {
    text: Box<str>,
}

const ROOT: &str = "1.2.156.3005.2.";

fn error(fault: Fault) -> IdError {
    IdError::new(IdKind::LicenceId, fault)
}

impl LicenceId {
    /// Kept as written but for surrounding spaces and letter case.
    pub fn parse(text: &str) -> Result<LicenceId, IdError> {
        let text = text.trim().to_ascii_uppercase();
        if text.is_empty() {
            return Err(error(Fault::Empty));
        }
        let body = text.strip_prefix(ROOT).ok_or(error(Fault::Root))?;
        let parts: Vec<&str> = body.split('.').collect();
        let [kind, issuer, serial, version, check] = parts[..] else {
            return Err(error(Fault::Length));
        };
        if LicenceId::compose(kind, issuer, serial, version)?.check_part() != check {
            return Err(error(Fault::Check));
        }
        Ok(LicenceId { text: text.into() })
    }

    /// Puts the parts together and computes the check. `kind` is the credit code of the body that defined the licence type
    /// and its number there; `issuer` a credit code or, in old data, a division code.
    pub fn compose(kind: &str, issuer: &str, serial: &str, version: &str) -> Result<LicenceId, IdError> {
        let upper = |part: &str, room: std::ops::RangeInclusive<usize>| {
            let fine = room.contains(&part.len())
                && part.bytes().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase());
            if fine { Ok(()) } else { Err(error(Fault::Part)) }
        };
        upper(kind, 19..=24)?;
        upper(issuer, 6..=18)?;
        upper(serial, 1..=32)?;
        upper(version, 3..=3)?;
        if !version.bytes().all(|c| c.is_ascii_digit()) {
            return Err(error(Fault::Part));
        }
        CreditCode::parse(&kind[..18]).map_err(|_| error(Fault::Credit))?;
        match issuer.len() {
            18 => drop(CreditCode::parse(issuer).map_err(|_| error(Fault::Credit))?),
            6 | 9 | 12 if issuer.bytes().all(|c| c.is_ascii_digit()) => {}
            _ => return Err(error(Fault::Part)),
        }
        let body = format!("{kind}{issuer}{serial}{version}");
        let check = check::mod_37_36(&body).ok_or(error(Fault::Part))?;
        let text = format!("{ROOT}{kind}.{issuer}.{serial}.{version}.{}", char::from(check));
        Ok(LicenceId { text: text.into() })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn part(&self, n: usize) -> &str {
        self.text[ROOT.len()..].split('.').nth(n).unwrap_or_default()
    }

    /// 证照类型代码.
    pub fn kind(&self) -> &str {
        self.part(0)
    }

    /// 证照颁发机构代码.
    pub fn issuer(&self) -> &str {
        self.part(1)
    }

    /// 流水号.
    pub fn serial(&self) -> &str {
        self.part(2)
    }

    /// 版本号, `001` for the first.
    pub fn version(&self) -> &str {
        self.part(3)
    }

    fn check_part(&self) -> &str {
        self.part(4)
    }

    /// The same licence after a change; `None` after version 999.
    pub fn next_version(&self) -> Option<LicenceId> {
        let next = self.version().parse::<u16>().ok()? + 1;
        LicenceId::compose(self.kind(), self.issuer(), self.serial(), &format!("{next:03}")).ok()
    }
}

impl fmt::Display for LicenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

text_form!(LicenceId, IdError);
