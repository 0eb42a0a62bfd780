//! Helper functions of conditions: dates, money, text. Each is total: nonsense in gives the zero of its result type.

use std::borrow::Cow;

use jiff::civil::Date;
use jiff::{Span, Unit};

use super::eval::{EvalError, Value};
use crate::facts::FactType;

/// A function a pack may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Helper {
    Size,
    Contains,
    StartsWith,
    EndsWith,
    YearsBetween,
    MonthsBetween,
    DaysBetween,
    AddYears,
    AddMonths,
    AddDays,
    Percent,
    Yuan,
    Min,
    Max,
}

/// Name, parameter types, result type of every helper. `size` also takes a list.
pub const HELPERS: &[(&str, Helper, &[FactType], FactType)] = {
    use FactType::{Bool, Int, Text};
    &[
        ("size", Helper::Size, &[Text], Int),
        ("contains", Helper::Contains, &[Text, Text], Bool),
        ("startsWith", Helper::StartsWith, &[Text, Text], Bool),
        ("endsWith", Helper::EndsWith, &[Text, Text], Bool),
        ("years_between", Helper::YearsBetween, &[Text, Text], Int),
        ("months_between", Helper::MonthsBetween, &[Text, Text], Int),
        ("days_between", Helper::DaysBetween, &[Text, Text], Int),
        ("add_years", Helper::AddYears, &[Text, Int], Text),
        ("add_months", Helper::AddMonths, &[Text, Int], Text),
        ("add_days", Helper::AddDays, &[Text, Int], Text),
        ("percent", Helper::Percent, &[Int, Text], Int),
        ("yuan", Helper::Yuan, &[Text], Int),
        ("min", Helper::Min, &[Int, Int], Int),
        ("max", Helper::Max, &[Int, Int], Int),
    ]
};

/// Text parameters that must be decimal literals, so that a wrong one is found when the pack is checked.
pub(crate) fn wants_decimal_literal(helper: Helper, index: usize) -> bool {
    matches!((helper, index), (Helper::Percent, 1) | (Helper::Yuan, 0))
}

pub(super) fn call<'a>(helper: Helper, args: &[Value<'a>]) -> Result<Value<'a>, EvalError> {
    let text = |i: usize| args.get(i).map_or("", Value::text);
    let int = |i: usize| args.get(i).map_or(0, Value::int);
    Ok(match helper {
        Helper::Size => Value::Int(args.first().map_or(0, Value::size)),
        Helper::Contains => Value::Bool(text(0).contains(text(1))),
        Helper::StartsWith => Value::Bool(text(0).starts_with(text(1))),
        Helper::EndsWith => Value::Bool(text(0).ends_with(text(1))),
        Helper::YearsBetween => Value::Int(months_between(text(0), text(1)) / 12),
        Helper::MonthsBetween => Value::Int(months_between(text(0), text(1))),
        Helper::DaysBetween => Value::Int(days_between(text(0), text(1))),
        Helper::AddYears => add(text(0), int(1), Unit::Year),
        Helper::AddMonths => add(text(0), int(1), Unit::Month),
        Helper::AddDays => add(text(0), int(1), Unit::Day),
        Helper::Percent => Value::Int(percent(int(0), text(1))?),
        Helper::Yuan => Value::Int(decimal(text(0)).map_or(Ok(0), |(n, scale)| to_fen(n, scale))?),
        Helper::Min => Value::Int(int(0).min(int(1))),
        Helper::Max => Value::Int(int(0).max(int(1))),
    })
}

fn day(text: &str) -> Option<Date> {
    text.parse().ok()
}

/// Whole months from the first day to the second, negative if it lies before.
fn months_between(from: &str, to: &str) -> i64 {
    let (Some(from), Some(to)) = (day(from), day(to)) else {
        return 0;
    };
    if to < from {
        return -whole_months(to, from);
    }
    whole_months(from, to)
}

/// A birthday on 29 February is reached on 1 March of other years, as 民法典 reckons ages.
fn whole_months(from: Date, to: Date) -> i64 {
    let months = i64::from(to.year() - from.year()) * 12 + i64::from(to.month()) - i64::from(from.month());
    if to.day() < from.day() { months - 1 } else { months }
}

fn days_between(from: &str, to: &str) -> i64 {
    let (Some(from), Some(to)) = (day(from), day(to)) else {
        return 0;
    };
    (to - from).get_days().into()
}

fn add<'a>(from: &str, n: i64, unit: Unit) -> Value<'a> {
    let span = match unit {
        Unit::Year => Span::new().try_years(n),
        Unit::Month => Span::new().try_months(n),
        _ => Span::new().try_days(n),
    };
    let sum = day(from).zip(span.ok()).and_then(|(date, span)| date.checked_add(span).ok());
    Value::Text(Cow::Owned(sum.map_or_else(String::new, |date| date.to_string())))
}

/// A decimal such as `1.5` as (15, 1): digits and the number of places.
pub(crate) fn decimal(text: &str) -> Option<(i64, u32)> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let sound = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !sound(whole) || !sound(part) || whole.len() + part.len() > 15 {
        return None;
    }
    if text.ends_with('.') {
        return None;
    }
    let digits: i64 = format!("{whole}{part}").parse().ok()?;
    Some((digits, part.len() as u32))
}

/// `rate` per cent of an amount in fen, rounded half up (away from zero) to a fen.
fn percent(fen: i64, rate: &str) -> Result<i64, EvalError> {
    let Some((digits, places)) = decimal(rate) else {
        return Ok(0);
    };
    let product = i128::from(fen) * i128::from(digits);
    half_up(product, 100 * 10_i128.pow(places))
}

fn to_fen(digits: i64, places: u32) -> Result<i64, EvalError> {
    half_up(i128::from(digits) * 100, 10_i128.pow(places))
}

fn half_up(dividend: i128, divisor: i128) -> Result<i64, EvalError> {
    let rounded = (2 * dividend.abs() + divisor) / (2 * divisor) * dividend.signum();
    i64::try_from(rounded).map_err(|_| EvalError::Overflow)
}
