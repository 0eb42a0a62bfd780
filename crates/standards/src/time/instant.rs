//! Points in time: an instant in UTC milliseconds and a civil day, both seen in China Standard Time.
//!
//! China has kept UTC+8 without daylight saving since 1991, so the zone is a constant and needs no time-zone data.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const DAY: i64 = 24 * 60 * MINUTE;
const OFFSET: i64 = 8 * 60 * MINUTE;

/// Milliseconds since the epoch, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Instant(pub i64);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("时间写法不对，请写成 2026-11-23 10:30 这样的年月日和时分")]
pub struct InstantError;

impl Instant {
    /// The civil day this instant falls on in China.
    pub fn day(self) -> Day {
        Day::from_number(self.day_number())
    }

    /// Minutes since midnight in China.
    pub fn minute_of_day(self) -> u16 {
        (self.millis_of_day() / MINUTE) as u16
    }

    /// `2026-11-23 10:30`, local time, as tables show it.
    pub fn text(self) -> String {
        let minute = self.minute_of_day();
        format!("{} {:02}:{:02}", self.day(), minute / 60, minute % 60)
    }

    /// `2026年11月23日 10:30`.
    pub fn zh(self) -> String {
        let minute = self.minute_of_day();
        format!("{} {:02}:{:02}", self.day().zh(), minute / 60, minute % 60)
    }

    /// `2026-11-23T10:30:00.000+08:00` (RFC 3339), for programs.
    pub fn rfc3339(self) -> String {
        let ms = self.millis_of_day();
        let (h, m, s) = (ms / 3_600_000, ms / MINUTE % 60, ms / 1000 % 60);
        format!("{}T{h:02}:{m:02}:{s:02}.{:03}+08:00", self.day(), ms % 1000)
    }

    /// Reads what [`Instant::text`] prints; `T` instead of the space, as browsers send it, is fine too.
    pub fn parse_local(text: &str) -> Result<Instant, InstantError> {
        let (day, time) = text.trim().split_once([' ', 'T']).ok_or(InstantError)?;
        let day: Day = day.parse().map_err(|_| InstantError)?;
        let minute = super::hours::parse_clock(time).filter(|m| *m < 24 * 60);
        Ok(day.at_minute(minute.ok_or(InstantError)?))
    }

    pub fn plus_millis(self, ms: i64) -> Instant {
        Instant(self.0.saturating_add(ms))
    }

    pub(crate) fn day_number(self) -> i64 {
        self.0.saturating_add(OFFSET).div_euclid(DAY)
    }

    pub(crate) fn millis_of_day(self) -> i64 {
        self.0.saturating_add(OFFSET).rem_euclid(DAY)
    }

    /// `ms` milliseconds after local midnight of day `number`.
    pub(crate) fn on(number: i64, ms: i64) -> Instant {
        Instant(number.saturating_mul(DAY).saturating_add(ms - OFFSET))
    }
}

/// A civil date; `YYYY-MM-DD` as text and in serde.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(Date);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("日期不存在或写法不对，请写成 2026-11-23 这样的年月日")]
pub struct DayError;

const WEEKDAYS: [&str; 7] = ["星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"];

impl Day {
    pub fn new(year: i16, month: i8, day: i8) -> Result<Day, DayError> {
        Date::new(year, month, day).map(Day).map_err(|_| DayError)
    }

    pub fn date(self) -> Date {
        self.0
    }

    pub fn year(self) -> i16 {
        self.0.year()
    }

    pub fn month(self) -> i8 {
        self.0.month()
    }

    pub fn day_of_month(self) -> i8 {
        self.0.day()
    }

    /// `2026年11月23日`.
    pub fn zh(self) -> String {
        format!("{}年{}月{}日", self.year(), self.month(), self.day_of_month())
    }

    /// `星期一`.
    pub fn weekday_zh(self) -> &'static str {
        WEEKDAYS[weekday(self.number()) as usize]
    }

    /// Midnight in China, where the day begins.
    pub fn start(self) -> Instant {
        Instant::on(self.number(), 0)
    }

    /// The instant `hour:minute` of this day in China.
    pub fn at(self, hour: u8, minute: u8) -> Instant {
        self.at_minute(u16::from(hour) * 60 + u16::from(minute))
    }

    pub fn at_minute(self, minute_of_day: u16) -> Instant {
        Instant::on(self.number(), i64::from(minute_of_day) * MINUTE)
    }

    /// Stops at the years -9999 and 9999.
    pub fn plus_days(self, days: i64) -> Day {
        Day::from_number(self.number().saturating_add(days))
    }

    /// Calendar days from `self` to `later`; negative when it lies before.
    pub fn days_until(self, later: Day) -> i64 {
        later.number() - self.number()
    }

    /// 周岁 on `today`; the birthday itself completes the year.
    pub fn full_years_on(self, today: Day) -> i32 {
        let years = i32::from(today.year()) - i32::from(self.year());
        years - i32::from((today.month(), today.day_of_month()) < (self.month(), self.day_of_month()))
    }

    /// Days since 1970-01-01.
    pub(crate) fn number(self) -> i64 {
        let (y, m, d) = (i64::from(self.year()), i64::from(self.month()), i64::from(self.day_of_month()));
        // Years begin in March so that the leap day is the last of its year.
        let y = if m <= 2 { y - 1 } else { y };
        let (era, of_era) = (y.div_euclid(400), y.rem_euclid(400));
        let of_year = (153 * ((m + 9) % 12) + 2) / 5 + d - 1;
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
    }

    pub(crate) fn from_number(number: i64) -> Day {
        let z = number.saturating_add(719_468);
        let (era, of_era) = (z.div_euclid(146_097), z.rem_euclid(146_097));
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let march_month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * march_month + 2) / 5 + 1;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        let year = year + era * 400 + i64::from(month <= 2);
        match i16::try_from(year).ok().and_then(|y| Date::new(y, month as i8, day as i8).ok()) {
            Some(date) => Day(date),
            None if number < 0 => Day(Date::MIN),
            None => Day(Date::MAX),
        }
    }
}

/// Monday is 0.
pub(crate) fn weekday(number: i64) -> i64 {
    (number + 3).rem_euclid(7)
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year(), self.month(), self.day_of_month())
    }
}

impl FromStr for Day {
    type Err = DayError;

    fn from_str(text: &str) -> Result<Day, DayError> {
        let b = text.trim().as_bytes();
        if b.len() != 10 || b[4] != b'-' || b[7] != b'-' {
            return Err(DayError);
        }
        let number = |part: &[u8]| {
            part.iter().try_fold(0i16, |n, c| c.is_ascii_digit().then(|| n * 10 + i16::from(c - b'0')))
        };
        match (number(&b[..4]), number(&b[5..7]), number(&b[8..])) {
            (Some(y), Some(m), Some(d)) => Day::new(y, m as i8, d as i8),
            _ => Err(DayError),
        }
    }
}

impl TryFrom<String> for Day {
    type Error = DayError;

    fn try_from(text: String) -> Result<Day, DayError> {
        text.parse()
    }
}

impl From<Day> for String {
    fn from(day: Day) -> String {
        day.to_string()
    }
}

impl From<Date> for Day {
    fn from(date: Date) -> Day {
        Day(date)
    }
}
