//! Money in fen: what people type, plain display, and the formal capital form of vouchers (人民币大写, after 支付结算办法).

use std::fmt;

use serde::{Deserialize, Serialize};

/// An amount in fen (1/100 yuan).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fen(pub i64);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("请填写金额")]
    Empty,
    #[error("金额应为数字，例如 80 或 80.50，请重新填写")]
    Form,
    #[error("金额最多两位小数（精确到分），请重新填写")]
    Decimals,
    #[error("金额不能为负数，请重新填写")]
    Negative,
    #[error("金额过大，请核对是否多填了数字")]
    TooLarge,
}

impl MoneyError {
    /// For people: what is wrong and what to do.
    pub fn message(&self) -> String {
        self.to_string()
    }
}

impl Fen {
    pub const ZERO: Fen = Fen(0);

    /// Reads yuan as people type them: `80`, `80.5`, `1,234.00`, `￥80`, `80元`, full-width digits.
    pub fn parse(text: &str) -> Result<Fen, MoneyError> {
        let text = crate::id::half_width(text);
        let text = text.strip_prefix(['¥', '￥']).unwrap_or(&text);
        let text = text.strip_suffix('元').unwrap_or(text);
        if text.is_empty() {
            return Err(MoneyError::Empty);
        }
        if text.starts_with('-') {
            return Err(MoneyError::Negative);
        }
        let (yuan, cents) = text.split_once('.').unwrap_or((text, "0"));
        let fen = match (cents.len(), cents.bytes().all(|c| c.is_ascii_digit())) {
            (0, _) | (_, false) => return Err(MoneyError::Form),
            (1, _) => i64::from(cents.as_bytes()[0] - b'0') * 10,
            (2, _) => cents.bytes().fold(0, |n, c| n * 10 + i64::from(c - b'0')),
            _ => return Err(MoneyError::Decimals),
        };
        let whole = ungrouped(yuan).ok_or(MoneyError::Form)?;
        let whole: i64 = whole.parse().map_err(|_| MoneyError::TooLarge)?;
        whole.checked_mul(100).and_then(|n| n.checked_add(fen)).map(Fen).ok_or(MoneyError::TooLarge)
    }

    /// `80.00`.
    pub fn plain(self) -> String {
        let (yuan, fen) = (self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100);
        format!("{}{yuan}.{fen:02}", if self.0 < 0 { "-" } else { "" })
    }

    /// `1,234.00`.
    pub fn grouped(self) -> String {
        let plain = self.plain();
        let (yuan, fen) = plain.split_at(plain.len() - 3);
        let (sign, digits) = yuan.strip_prefix('-').map_or(("", yuan), |d| ("-", d));
        let mut out = sign.to_owned();
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i) % 3 == 0 {
                out.push(',');
            }
            out.push(digit);
        }
        out + fen
    }

    /// 捌拾元整: the form of receipts, which cannot be altered by adding a stroke.
    pub fn capitals(self) -> String {
        let (yuan, jiao, fen) =
            (self.0.unsigned_abs() / 100, self.0.unsigned_abs() / 10 % 10, self.0.unsigned_abs() % 10);
        let mut out = String::from(if self.0 < 0 { "负" } else { "" });
        if yuan > 0 || (jiao, fen) == (0, 0) {
            out.push_str(&capital_number(yuan));
            out.push('元');
        }
        // A zero between yuan and smaller coins is written, so that nothing can be put between.
        if yuan > 0 && (jiao, fen) != (0, 0) && (jiao == 0 || yuan % 10 == 0) {
            out.push('零');
        }
        if jiao > 0 {
            out.push(DIGITS[jiao as usize]);
            out.push('角');
        }
        match fen {
            0 => out.push('整'),
            n => out.extend([DIGITS[n as usize], '分']),
        }
        out
    }

    pub fn checked_add(self, other: Fen) -> Option<Fen> {
        self.0.checked_add(other.0).map(Fen)
    }

    pub fn checked_sub(self, other: Fen) -> Option<Fen> {
        self.0.checked_sub(other.0).map(Fen)
    }

    /// The sum of all, unless it is out of range.
    pub fn total(amounts: impl IntoIterator<Item = Fen>) -> Option<Fen> {
        amounts.into_iter().try_fold(Fen::ZERO, Fen::checked_add)
    }
}

/// `80.00元`.
impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}元", self.plain())
    }
}

/// Digits without grouping commas; commas must stand where thousands end.
fn ungrouped(yuan: &str) -> Option<String> {
    let parts: Vec<&str> = yuan.split(',').collect();
    let digits = parts.iter().all(|p| !p.is_empty() && p.bytes().all(|c| c.is_ascii_digit()));
    let grouped = parts.len() == 1 || (parts[0].len() <= 3 && parts[1..].iter().all(|p| p.len() == 3));
    (digits && grouped).then(|| parts.concat())
}

const DIGITS: [char; 10] = ['零', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'];

/// 壹拾万零叁仟; 零 for nothing.
fn capital_number(n: u64) -> String {
    const YI: u64 = 100_000_000;
    const WAN: u64 = 10_000;
    match n {
        0 => "零".to_owned(),
        YI.. => joined(n / YI, "亿", n % YI, YI),
        WAN.. => joined(n / WAN, "万", n % WAN, WAN),
        _ => capital_group(n),
    }
}

/// High part, its unit, and the low part, with 零 where the low part does not fill its places.
fn joined(high: u64, unit: &str, low: u64, room: u64) -> String {
    let mut out = capital_number(high) + unit;
    if low > 0 {
        if low < room / 10 {
            out.push('零');
        }
        out.push_str(&capital_number(low));
    }
    out
}

fn capital_group(n: u64) -> String {
    let mut out = String::new();
    let mut gap = false;
    for (unit, size) in [("仟", 1000), ("佰", 100), ("拾", 10), ("", 1)] {
        let digit = n / size % 10;
        if digit == 0 {
            gap = !out.is_empty();
            continue;
        }
        if gap {
            out.push('零');
            gap = false;
        }
        out.push(DIGITS[digit as usize]);
        out.push_str(unit);
    }
    out
}
