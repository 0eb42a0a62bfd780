//! 统一社会信用代码 (GB 32100-2015) and the 组织机构代码 (GB 11714) inside it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Fault, IdError, IdKind, ascii, fixed, text_form, tidy};
use crate::check;

/// 18 characters: registering authority, category, division (6), organisation code (9), check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CreditCode([u8; 18]);

impl CreditCode {
    pub fn parse(text: &str) -> Result<CreditCode, IdError> {
        let error = |fault| IdError::new(IdKind::CreditCode, fault);
        let text = tidy(text);
        if text.is_empty() {
            return Err(error(Fault::Empty));
        }
        if !text.bytes().all(|c| check::CREDIT.contains(&c)) {
            return Err(error(Fault::Character));
        }
        let bytes: [u8; 18] = fixed(&text).ok_or(error(Fault::Length))?;
        // The two characters before may be letters (N, Y and newer authorities); the division may not.
        if !bytes[2..8].iter().all(u8::is_ascii_digit) {
            return Err(error(Fault::Character));
        }
        if check::credit(&text[..17]) != Some(bytes[17]) {
            return Err(error(Fault::Check));
        }
        if check::organisation(&text[8..16]) != Some(bytes[16]) {
            return Err(error(Fault::Organisation));
        }
        Ok(CreditCode(bytes))
    }

    pub fn as_str(&self) -> &str {
        ascii(&self.0)
    }

    /// Registering authority and category: `91` company, `92` individual business, `11` state organ.
    pub fn category(&self) -> &str {
        ascii(&self.0[..2])
    }

    /// The category in words, where it is one of the common ones.
    pub fn category_zh(&self) -> Option<&'static str> {
        Some(match self.category() {
            "11" => "机关",
            "12" => "事业单位",
            "13" => "群众团体",
            "51" => "社会团体",
            "52" => "民办非企业单位",
            "53" => "基金会",
            "91" => "企业",
            "92" => "个体工商户",
            "93" => "农民专业合作社",
            "N1" => "组级集体经济组织",
            "N2" => "村级集体经济组织",
            "N3" => "乡镇级集体经济组织",
            _ => return None,
        })
    }

    /// Six digits: where it was registered.
    pub fn division(&self) -> &str {
        ascii(&self.0[2..8])
    }

    pub fn organisation(&self) -> OrganisationCode {
        let mut body = [0; 9];
        body.copy_from_slice(&self.0[8..17]);
        OrganisationCode(body)
    }
}

impl fmt::Display for CreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

text_form!(CreditCode, IdError);

/// 9 characters: body (8) and check; people see `XXXXXXXX-X`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrganisationCode([u8; 9]);

impl OrganisationCode {
    pub fn parse(text: &str) -> Result<OrganisationCode, IdError> {
        let error = |fault| IdError::new(IdKind::OrganisationCode, fault);
        let text = tidy(text);
        if text.is_empty() {
            return Err(error(Fault::Empty));
        }
        if !text.bytes().all(|c| c.is_ascii_alphanumeric()) {
            return Err(error(Fault::Character));
        }
        let bytes: [u8; 9] = fixed(&text).ok_or(error(Fault::Length))?;
        if check::organisation(&text[..8]) != Some(bytes[8]) {
            return Err(error(Fault::Check));
        }
        Ok(OrganisationCode(bytes))
    }

    pub fn as_str(&self) -> &str {
        ascii(&self.0)
    }
}

/// `XXXXXXXX-X`.
impl fmt::Display for OrganisationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", ascii(&self.0[..8]), char::from(self.0[8]))
    }
}

text_form!(OrganisationCode, IdError);
