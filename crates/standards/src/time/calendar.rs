//! Which days are working days: weekends, public holidays and make-up days by year, as data.
//!
//! A year without a published notice is provisional: weekends and the statutory days that are known count as rest days.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

use super::instant::{Day, weekday};

/// What kind of day it is for an office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DayKind {
    Working,
    /// 调休上班: a weekend day worked in exchange for a holiday.
    MakeUp,
    Weekend,
    Holiday(Arc<str>),
}

impl DayKind {
    pub fn is_working(&self) -> bool {
        matches!(self, Self::Working | Self::MakeUp)
    }

    /// 工作日, 调休上班日, 周末, or the name of the holiday.
    pub fn zh(&self) -> &str {
        match self {
            Self::Working => "工作日",
            Self::MakeUp => "调休上班日",
            Self::Weekend => "周末",
            Self::Holiday(name) => name,
        }
    }
}

/// The arrangement of one year, as published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YearTable {
    pub year: i16,
    /// Not yet published: weekends and statutory days only.
    #[serde(default)]
    pub provisional: bool,
    /// Where it was published.
    pub source: String,
    pub holidays: Vec<Holiday>,
    /// Weekend days that are worked.
    pub make_up: Vec<Day>,
}

/// A run of days off, both ends included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    pub name: Arc<str>,
    pub from: Day,
    pub to: Day,
}

#[derive(Debug, thiserror::Error)]
pub enum CalendarError {
    #[error("工作日历不是合法的 JSON，或缺少字段：{0}")]
    Json(#[from] serde_json::Error),
    #[error("工作日历 {0} 年重复出现，请只保留一份")]
    TwiceYear(i16),
    #[error("工作日历 {0} 年超出可用范围（{FIRST_YEAR}–{LAST_YEAR}），请核对年份")]
    Range(i16),
    #[error("工作日历 {year} 年中的 {day} 不属于该年，请核对日期")]
    OtherYear { year: i16, day: Day },
    #[error("工作日历中“{0}”的结束日期早于开始日期，请核对")]
    Backwards(Arc<str>),
    #[error("工作日历中 {0} 被安排了两次（假期重叠，或既放假又上班），请核对通知")]
    TwiceDay(Day),
    #[error("工作日历中调休上班的 {0} 不是周六或周日，请核对通知")]
    NotWeekend(Day),
}

const FIRST_YEAR: i16 = 1970;
const LAST_YEAR: i16 = 2199;

/// Statutory days fixed in the solar calendar, for years without data: (month, from, to, name).
const FIXED: [(i8, i8, i8, &str); 3] = [(1, 1, 1, "元旦"), (5, 1, 2, "劳动节"), (10, 1, 3, "国庆节")];

/// Working days of all years; cheap to clone.
#[derive(Debug, Clone)]
pub struct Calendar(Arc<Tables>);

#[derive(Debug)]
struct Tables {
    years: BTreeMap<i16, YearTable>,
    names: Vec<Arc<str>>,
    /// First day number of the tables.
    first: i64,
    /// Kind of each day from `first`: one of the codes below, or `HOLIDAY` + index into `names`.
    kinds: Vec<u16>,
    /// Serial number of the first working day at or after each day; one entry more than `kinds`.
    serials: Vec<u32>,
    /// Working days (as offsets from `first`) by serial number.
    working: Vec<u32>,
}

const WORKING: u16 = 0;
const MAKE_UP: u16 = 1;
const WEEKEND: u16 = 2;
const HOLIDAY: u16 = 3;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    years: Vec<YearTable>,
}

static BUILTIN: LazyLock<Calendar> = LazyLock::new(|| {
    // The embedded file is covered by tests; it cannot fail at run time.
    Calendar::from_json(include_str!("../../data/calendar.json")).expect("embedded calendar is valid")
});

impl Calendar {
    /// The years known when this program was made: 2024–2026, and 2027 provisionally.
    pub fn builtin() -> Calendar {
        BUILTIN.clone()
    }

    /// Only the years in `text`; every other year is provisional.
    pub fn from_json(text: &str) -> Result<Calendar, CalendarError> {
        Ok(Calendar(Arc::new(Tables::build(read(text)?))))
    }

    /// This calendar with the years of `text` added, or put in place of its own.
    pub fn extended(&self, text: &str) -> Result<Calendar, CalendarError> {
        let mut years = self.0.years.clone();
        years.extend(read(text)?);
        Ok(Calendar(Arc::new(Tables::build(years))))
    }

    pub fn kind(&self, day: Day) -> DayKind {
        self.kind_of(day.number())
    }

    pub fn is_working(&self, day: Day) -> bool {
        self.works(day.number())
    }

    /// True while the arrangement of that year is not published: deadlines in it may move.
    pub fn provisional(&self, year: i16) -> bool {
        self.0.years.get(&year).is_none_or(|y| y.provisional)
    }

    /// The years with data, in order.
    pub fn years(&self) -> impl Iterator<Item = &YearTable> {
        self.0.years.values()
    }

    /// The `n`-th working day after `day`; `n` = 0 gives `day` itself or the next working day.
    pub fn working_day_after(&self, day: Day, n: u32) -> Day {
        let from = self.serial(day.number() + i64::from(n > 0));
        Day::from_number(self.nth(from + i64::from(n.saturating_sub(1))))
    }

    /// Working days in (from, to]; negative when `to` lies before `from`.
    pub fn working_days_between(&self, from: Day, to: Day) -> i64 {
        self.serial(to.number() + 1) - self.serial(from.number() + 1)
    }

    pub(crate) fn kind_of(&self, number: i64) -> DayKind {
        match self.0.code(number) {
            WORKING => DayKind::Working,
            MAKE_UP => DayKind::MakeUp,
            WEEKEND => DayKind::Weekend,
            n => DayKind::Holiday(self.0.names[usize::from(n - HOLIDAY)].clone()),
        }
    }

    pub(crate) fn works(&self, number: i64) -> bool {
        self.0.code(number) <= MAKE_UP
    }

    /// Serial number of the first working day at or after day `number`: the count of working days before it.
    pub(crate) fn serial(&self, number: i64) -> i64 {
        let t = &*self.0;
        let offset = number - t.first;
        let last = t.kinds.len() as i64;
        match offset {
            ..0 => weekdays_before(number) - weekdays_before(t.first),
            _ if offset <= last => i64::from(t.serials[offset as usize]),
            _ => {
                i64::from(t.serials[last as usize]) + weekdays_before(number)
                    - weekdays_before(t.first + last)
            }
        }
    }

    /// The day with that serial number; the inverse of `serial` on working days.
    pub(crate) fn nth(&self, serial: i64) -> i64 {
        let t = &*self.0;
        let known = t.working.len() as i64;
        match serial {
            ..0 => nth_weekday(weekdays_before(t.first) + serial),
            _ if serial < known => t.first + i64::from(t.working[serial as usize]),
            _ => nth_weekday(weekdays_before(t.first + t.kinds.len() as i64) + serial - known),
        }
    }

    /// True when a year touched by the days `from..=to` is provisional.
    pub(crate) fn provisional_between(&self, from: i64, to: i64) -> bool {
        let (from, to) = (Day::from_number(from).year(), Day::from_number(to).year());
        (from..=to).any(|y| self.provisional(y))
    }
}

fn read(text: &str) -> Result<BTreeMap<i16, YearTable>, CalendarError> {
    let file: File = serde_json::from_str(text)?;
    let mut years = BTreeMap::new();
    for table in file.years {
        check(&table)?;
        let year = table.year;
        if years.insert(year, table).is_some() {
            return Err(CalendarError::TwiceYear(year));
        }
    }
    Ok(years)
}

fn check(table: &YearTable) -> Result<(), CalendarError> {
    let year = table.year;
    if !(FIRST_YEAR..=LAST_YEAR).contains(&year) {
        return Err(CalendarError::Range(year));
    }
    let mut seen = std::collections::BTreeSet::new();
    let mut take = |day: Day| match () {
        () if day.year() != year => Err(CalendarError::OtherYear { year, day }),
        () if !seen.insert(day) => Err(CalendarError::TwiceDay(day)),
        () => Ok(()),
    };
    for holiday in &table.holidays {
        if holiday.to < holiday.from {
            return Err(CalendarError::Backwards(holiday.name.clone()));
        }
        (holiday.from.number()..=holiday.to.number()).try_for_each(|n| take(Day::from_number(n)))?;
    }
    for &day in &table.make_up {
        take(day)?;
        if weekday(day.number()) < 5 {
            return Err(CalendarError::NotWeekend(day));
        }
    }
    Ok(())
}

impl Tables {
    fn build(years: BTreeMap<i16, YearTable>) -> Tables {
        let first = first_of(FIRST_YEAR);
        let mut t = Tables {
            years,
            names: Vec::new(),
            first,
            kinds: Vec::new(),
            serials: Vec::new(),
            working: Vec::new(),
        };
        t.kinds = (first..first_of(LAST_YEAR + 1))
            .map(|n| if weekday(n) < 5 { WORKING } else { WEEKEND })
            .collect();
        let tables = std::mem::take(&mut t.years);
        for year in FIRST_YEAR..=LAST_YEAR {
            match tables.get(&year) {
                Some(table) => t.arrange(table),
                None => t.arrange_fixed(year),
            }
        }
        t.years = tables;
        for (offset, kind) in t.kinds.iter().enumerate() {
            t.serials.push(t.working.len() as u32);
            if *kind <= MAKE_UP {
                t.working.push(offset as u32);
            }
        }
        t.serials.push(t.working.len() as u32);
        t
    }

    fn arrange(&mut self, table: &YearTable) {
        for holiday in &table.holidays {
            self.rest(holiday.from.number(), holiday.to.number(), &holiday.name);
        }
        for day in &table.make_up {
            self.kinds[(day.number() - self.first) as usize] = MAKE_UP;
        }
    }

    fn arrange_fixed(&mut self, year: i16) {
        for (month, from, to, name) in FIXED {
            let start = first_of(year) + days_before(year, month) + i64::from(from) - 1;
            self.rest(start, start + i64::from(to - from), &Arc::from(name));
        }
    }

    fn rest(&mut self, from: i64, to: i64, name: &Arc<str>) {
        let index = self.names.iter().position(|n| n == name).unwrap_or_else(|| {
            self.names.push(name.clone());
            self.names.len() - 1
        });
        for number in from..=to {
            self.kinds[(number - self.first) as usize] = HOLIDAY + index as u16;
        }
    }

    fn code(&self, number: i64) -> u16 {
        let inside = usize::try_from(number - self.first).ok().and_then(|i| self.kinds.get(i));
        inside.copied().unwrap_or(if weekday(number) < 5 { WORKING } else { WEEKEND })
    }
}

fn first_of(year: i16) -> i64 {
    // 1 January exists in every year of the range.
    Day::new(year, 1, 1).map_or(0, Day::number)
}

fn days_before(year: i16, month: i8) -> i64 {
    Day::new(year, month, 1).map_or(0, Day::number) - first_of(year)
}

/// Mondays to Fridays before day `number`, counted from Monday 1969-12-29.
fn weekdays_before(number: i64) -> i64 {
    let days = number + 3;
    days.div_euclid(7) * 5 + days.rem_euclid(7).min(5)
}

fn nth_weekday(n: i64) -> i64 {
    n.div_euclid(5) * 7 + n.rem_euclid(5) - 3
}
