//! Limits of time as the law and the packs write them: working days, calendar days, working minutes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Text form: `30wd` working days, `30cd` calendar days, `4h` or `60m` of office hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Limit {
    WorkingDays(u32),
    CalendarDays(u32),
    WorkingMinutes(u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    #[error("时限写法不对：30 个工作日写 30wd，30 日写 30cd，4 小时写 4h，60 分钟写 60m")]
    Form,
    #[error("时限过长：最多 {} 日或 {} 分钟，请核对数字和单位", Limit::MAX_DAYS, Limit::MAX_MINUTES)]
    TooLong,
}

impl Limit {
    /// A century. Longer limits are mistakes; arithmetic treats them as this long.
    pub const MAX_DAYS: u32 = 36_500;
    pub const MAX_MINUTES: u32 = 5_000_000;

    /// For people: 30个工作日, 30日, 60分钟, 2小时.
    pub fn zh(self) -> String {
        match self {
            Self::WorkingDays(n) => format!("{n}个工作日"),
            Self::CalendarDays(n) => format!("{n}日"),
            Self::WorkingMinutes(n) if n <= 60 || (n < 120 && n % 60 != 0) => format!("{n}分钟"),
            Self::WorkingMinutes(n) if n % 60 == 0 => format!("{}小时", n / 60),
            Self::WorkingMinutes(n) => format!("{}小时{}分钟", n / 60, n % 60),
        }
    }

    /// The number without its unit.
    pub fn count(self) -> u32 {
        match self {
            Self::WorkingDays(n) | Self::CalendarDays(n) | Self::WorkingMinutes(n) => n,
        }
    }

    /// Another amount in the same unit.
    pub fn with_count(self, n: u32) -> Limit {
        match self {
            Self::WorkingDays(_) => Self::WorkingDays(n),
            Self::CalendarDays(_) => Self::CalendarDays(n),
            Self::WorkingMinutes(_) => Self::WorkingMinutes(n),
        }
    }

    pub(crate) fn capped(self) -> Limit {
        self.with_count(self.count().min(self.most()))
    }

    fn most(self) -> u32 {
        match self {
            Self::WorkingMinutes(_) => Self::MAX_MINUTES,
            _ => Self::MAX_DAYS,
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WorkingDays(n) => write!(f, "{n}wd"),
            Self::CalendarDays(n) => write!(f, "{n}cd"),
            Self::WorkingMinutes(n) if *n > 0 && n % 60 == 0 => write!(f, "{}h", n / 60),
            Self::WorkingMinutes(n) => write!(f, "{n}m"),
        }
    }
}

impl FromStr for Limit {
    type Err = LimitError;

    fn from_str(text: &str) -> Result<Limit, LimitError> {
        let text = text.trim();
        let unit = text.find(|c: char| !c.is_ascii_digit()).ok_or(LimitError::Form)?;
        let (digits, unit) = text.split_at(unit);
        if digits.is_empty() {
            return Err(LimitError::Form);
        }
        let n: u32 = digits.parse().map_err(|_| LimitError::TooLong)?;
        let limit = match unit {
            "wd" => Self::WorkingDays(n),
            "cd" => Self::CalendarDays(n),
            "h" => Self::WorkingMinutes(n.checked_mul(60).ok_or(LimitError::TooLong)?),
            "m" => Self::WorkingMinutes(n),
            _ => return Err(LimitError::Form),
        };
        if limit.count() > limit.most() { Err(LimitError::TooLong) } else { Ok(limit) }
    }
}

impl TryFrom<String> for Limit {
    type Error = LimitError;

    fn try_from(text: String) -> Result<Limit, LimitError> {
        text.parse()
    }
}

impl From<Limit> for String {
    fn from(limit: Limit) -> String {
        limit.to_string()
    }
}
