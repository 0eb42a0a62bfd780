//! 不动产单元代码 (GB/T 37346-2019): 28 characters, the first 19 naming the parcel (宗地, 宗海), the last 9 what stands on it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Fault, IdError, IdKind, ascii, fixed, text_form, tidy};

/// `330102 001001 GB00001 F00010001`. A code is never used for another unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EstateUnit([u8; 28]);

impl EstateUnit {
    pub fn parse(text: &str) -> Result<EstateUnit, IdError> {
        let error = |fault| IdError::new(IdKind::EstateUnit, fault);
        let text = tidy(text);
        if text.is_empty() {
            return Err(error(Fault::Empty));
        }
        if !text.bytes().all(|c| c.is_ascii_alphanumeric()) {
            return Err(error(Fault::Character));
        }
        let b: [u8; 28] = fixed(&text).ok_or(error(Fault::Length))?;
        let digits = |range: std::ops::Range<usize>| b[range].iter().all(u8::is_ascii_digit);
        if !(digits(0..12) && digits(14..19) && digits(20..28)) {
            return Err(error(Fault::Character));
        }
        if !parcel_feature(b[12], b[13]) {
            return Err(error(Fault::ParcelFeature));
        }
        let nothing = b[20..] == *b"00000000";
        if !matches!((b[19], nothing), (b'F' | b'L' | b'Q', _) | (b'W', true)) {
            return Err(error(Fault::FixtureFeature));
        }
        Ok(EstateUnit(b))
    }

    pub fn as_str(&self) -> &str {
        ascii(&self.0)
    }

    /// In groups of 6, 6, 7 and 9, as printed on certificates.
    pub fn grouped(&self) -> String {
        let s = self.as_str();
        format!("{} {} {} {}", &s[..6], &s[6..12], &s[12..19], &s[19..])
    }

    /// County; authorities take the jurisdiction from here.
    pub fn division(&self) -> &str {
        ascii(&self.0[..6])
    }

    /// 地籍区.
    pub fn cadastral_area(&self) -> &str {
        ascii(&self.0[6..9])
    }

    /// 地籍子区.
    pub fn cadastral_subarea(&self) -> &str {
        ascii(&self.0[9..12])
    }

    /// 宗地(宗海)代码: the first 19.
    pub fn parcel(&self) -> &str {
        ascii(&self.0[..19])
    }

    /// 宗地特征码: who owns the land (G, J, Z) and what kind of right.
    pub fn parcel_feature(&self) -> &str {
        ascii(&self.0[12..14])
    }

    /// 所有权类型 of the land.
    pub fn ownership_zh(&self) -> &'static str {
        match self.0[12] {
            b'G' => "国家所有",
            b'J' => "集体所有",
            _ => "未确权或有争议",
        }
    }

    pub fn parcel_serial(&self) -> &str {
        ascii(&self.0[14..19])
    }

    /// 定着物特征码: F buildings, L trees, Q other, W nothing.
    pub fn fixture(&self) -> char {
        char::from(self.0[19])
    }

    pub fn fixture_zh(&self) -> &'static str {
        match self.0[19] {
            b'F' => "房屋等建筑物、构筑物",
            b'L' => "森林或林木",
            b'Q' => "其他定着物",
            _ => "无定着物",
        }
    }

    /// 定着物单元号, 8 digits.
    pub fn unit(&self) -> &str {
        ascii(&self.0[20..])
    }

    /// 幢号 and 户号 of a building unit.
    pub fn building(&self) -> Option<(&str, &str)> {
        (self.0[19] == b'F').then(|| (ascii(&self.0[20..24]), ascii(&self.0[24..])))
    }
}

/// Second letters: A collective ownership, B surface, S above, X below ground, C homestead, D contracted farmland,
/// E woodland, F grassland, L and N their newer forms, H sea, G island, W undetermined, Y other.
fn parcel_feature(owner: u8, kind: u8) -> bool {
    match kind {
        b'A' => owner == b'J',
        b'B' | b'S' | b'X' | b'C' | b'D' | b'E' | b'F' | b'L' | b'N' | b'H' | b'G' | b'W' | b'Y' => {
            matches!(owner, b'G' | b'J' | b'Z')
        }
        _ => false,
    }
}

/// Grouped for reading.
impl fmt::Display for EstateUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.grouped())
    }
}

text_form!(EstateUnit, IdError);
