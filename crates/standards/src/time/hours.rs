//! Office hours of a working day.

use serde::{Deserialize, Serialize};

use super::instant::{DAY, MINUTE};

/// Spans of a working day in which the office is open, in order, not touching.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Hours {
    /// Milliseconds after local midnight, half open.
    spans: Vec<(i64, i64)>,
    total: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HoursError {
    #[error("没有办公时间，请至少写一段，例如 09:00-12:00")]
    Empty,
    #[error("办公时间写法不对，请写成 09:00-12:00 这样的起止时间")]
    Form,
    #[error("办公时间的各段应按先后排列、互不重叠，且结束晚于开始，请核对")]
    Order,
}

impl Hours {
    /// `["09:00-12:00", "13:30-17:00"]`.
    pub fn parse<S: AsRef<str>>(spans: &[S]) -> Result<Hours, HoursError> {
        let spans = spans.iter().map(|s| parse_span(s.as_ref())).collect::<Result<Vec<_>, _>>()?;
        if spans.is_empty() {
            return Err(HoursError::Empty);
        }
        let ordered = spans.iter().all(|s| s.0 < s.1) && spans.windows(2).all(|w| w[0].1 < w[1].0);
        if !ordered {
            return Err(HoursError::Order);
        }
        let total = spans.iter().map(|s| s.1 - s.0).sum();
        Ok(Hours { spans, total })
    }

    /// Minutes of office time in a working day.
    pub fn minutes_per_day(&self) -> u32 {
        (self.total / MINUTE) as u32
    }

    /// Minute of the day at which the office opens.
    pub fn opens(&self) -> u16 {
        self.spans.first().map_or(0, |s| (s.0 / MINUTE) as u16)
    }

    /// Minute of the day at which the office closes: where limits in days end.
    pub fn closes(&self) -> u16 {
        (self.close_ms() / MINUTE) as u16
    }

    pub(crate) fn spans(&self) -> &[(i64, i64)] {
        &self.spans
    }

    pub(crate) fn total_ms(&self) -> i64 {
        self.total
    }

    pub(crate) fn close_ms(&self) -> i64 {
        self.spans.last().map_or(DAY, |s| s.1)
    }

    /// Office time of a working day before `ms` after midnight.
    pub(crate) fn before(&self, ms: i64) -> i64 {
        self.spans.iter().map(|&(a, b)| ms.clamp(a, b) - a).sum()
    }

    /// The first moment of a working day by which `amount` (0 < amount ≤ total) of office time has passed.
    pub(crate) fn after(&self, mut amount: i64) -> i64 {
        for &(a, b) in &self.spans {
            if amount <= b - a {
                return a + amount;
            }
            amount -= b - a;
        }
        self.close_ms()
    }

    /// The first open moment at or after `ms`, if the day has one left.
    pub(crate) fn next_open(&self, ms: i64) -> Option<i64> {
        self.spans.iter().find(|s| ms < s.1).map(|s| s.0.max(ms))
    }
}

/// 09:00–12:00 and 13:30–17:00.
impl Default for Hours {
    fn default() -> Hours {
        let spans = vec![(9 * 60 * MINUTE, 12 * 60 * MINUTE), (810 * MINUTE, 17 * 60 * MINUTE)];
        Hours { total: 390 * MINUTE, spans }
    }
}

impl TryFrom<Vec<String>> for Hours {
    type Error = HoursError;

    fn try_from(spans: Vec<String>) -> Result<Hours, HoursError> {
        Hours::parse(&spans)
    }
}

impl From<Hours> for Vec<String> {
    fn from(hours: Hours) -> Vec<String> {
        let clock = |ms: i64| format!("{:02}:{:02}", ms / MINUTE / 60, ms / MINUTE % 60);
        hours.spans.iter().map(|&(a, b)| format!("{}-{}", clock(a), clock(b))).collect()
    }
}

fn parse_span(text: &str) -> Result<(i64, i64), HoursError> {
    let (from, to) = text.trim().split_once('-').ok_or(HoursError::Form)?;
    match (parse_clock(from), parse_clock(to)) {
        (Some(a), Some(b)) => Ok((i64::from(a) * MINUTE, i64::from(b) * MINUTE)),
        _ => Err(HoursError::Form),
    }
}

/// `HH:MM` as a minute of the day, up to and including 24:00.
pub(super) fn parse_clock(text: &str) -> Option<u16> {
    let (h, m) = text.trim().split_once(':')?;
    let two = |s: &str| {
        (s.len() == 2 && s.bytes().all(|c| c.is_ascii_digit())).then(|| s.parse::<u16>().ok()).flatten()
    };
    let (h, m) = (two(h)?, two(m)?);
    (m < 60 && h * 60 + m <= 24 * 60).then_some(h * 60 + m)
}
