//! The five kinds of value both engines share, and conversions to and from Rust types.

use yimen_standards::time::{Day, Instant};

use crate::error::{Result, StoreError};

/// A parameter of a statement or a cell of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    Null,
    Int(i64),
    Real(f64),
    Text(&'a str),
    Blob(&'a [u8]),
    /// A civil date as its ten ASCII bytes `YYYY-MM-DD`: text without an owner.
    Date([u8; 10]),
}

impl<'a> Value<'a> {
    /// What kind it is, for messages. Never the value itself: it may be personal.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Int(_) => "integer",
            Value::Real(_) => "real",
            Value::Text(_) | Value::Date(_) => "text",
            Value::Blob(_) => "bytes",
        }
    }

    /// The text of `Text` and `Date`.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            Value::Date(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }
}

/// The parameters of a statement: `params![id, name, &note]` for `$1`, `$2`, `$3`.
#[macro_export]
macro_rules! params {
    () => { &[] as &[$crate::Value<'_>] };
    ($($value:expr),+ $(,)?) => { &[$($crate::Value::from($value)),+] as &[$crate::Value<'_>] };
}

macro_rules! from_int {
    ($($type:ty),+) => {$(
        impl From<$type> for Value<'_> {
            fn from(value: $type) -> Self { Value::Int(i64::from(value)) }
        }
        impl From<&$type> for Value<'_> {
            fn from(value: &$type) -> Self { Value::Int(i64::from(*value)) }
        }
    )+};
}
from_int!(i64, i32, i16, u32, u16, u8, bool);

impl From<f64> for Value<'_> {
    fn from(value: f64) -> Self {
        Value::Real(value)
    }
}

impl From<&f64> for Value<'_> {
    fn from(value: &f64) -> Self {
        Value::Real(*value)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Value::Text(value)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(value: &'a String) -> Self {
        Value::Text(value)
    }
}

impl<'a> From<&'a &'a str> for Value<'a> {
    fn from(value: &'a &'a str) -> Self {
        Value::Text(value)
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(value: &'a [u8]) -> Self {
        Value::Blob(value)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Value<'a> {
    fn from(value: &'a [u8; N]) -> Self {
        Value::Blob(value)
    }
}

impl<'a> From<&'a Vec<u8>> for Value<'a> {
    fn from(value: &'a Vec<u8>) -> Self {
        Value::Blob(value)
    }
}

/// Milliseconds since the epoch.
impl From<Instant> for Value<'_> {
    fn from(value: Instant) -> Self {
        Value::Int(value.0)
    }
}

/// Text, `YYYY-MM-DD`.
impl From<Day> for Value<'_> {
    fn from(value: Day) -> Self {
        let (year, month, day) = (value.year().unsigned_abs(), value.month(), value.day_of_month());
        let digit = |number: u16| b'0' + (number % 10) as u8;
        let (month, day) = (month.unsigned_abs().into(), day.unsigned_abs().into());
        Value::Date([
            digit(year / 1000),
            digit(year / 100),
            digit(year / 10),
            digit(year),
            b'-',
            digit(month / 10),
            digit(month),
            b'-',
            digit(day / 10),
            digit(day),
        ])
    }
}

impl<'a, T> From<Option<T>> for Value<'a>
where
    Value<'a>: From<T>,
{
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, <Value<'a> as From<T>>::from)
    }
}

/// Listed one by one: a generic `From<&Option<T>>` makes the compiler's search endless.
macro_rules! from_option_ref {
    ($($type:ty),+) => {$(
        impl<'a> From<&'a Option<$type>> for Value<'a> {
            fn from(value: &'a Option<$type>) -> Self {
                value.as_ref().map_or(Value::Null, <Value<'a> as From<&'a $type>>::from)
            }
        }
    )+};
}
from_option_ref!(i64, i32, u32, bool, f64, String, &'a str, Vec<u8>);

impl<'a> From<&Value<'a>> for Value<'a> {
    fn from(value: &Value<'a>) -> Self {
        *value
    }
}

/// A type that can be read from one cell.
pub trait FromValue: Sized {
    fn from_value(value: Value<'_>) -> Result<Self>;
}

/// The error of a cell that is not what the program expects.
pub fn unexpected(wanted: &str, value: Value<'_>) -> StoreError {
    StoreError::Other(format!("wanted {wanted}, the column holds {}", value.kind()))
}

impl FromValue for i64 {
    fn from_value(value: Value<'_>) -> Result<Self> {
        match value {
            Value::Int(number) => Ok(number),
            other => Err(unexpected("integer", other)),
        }
    }
}

impl FromValue for Instant {
    fn from_value(value: Value<'_>) -> Result<Self> {
        i64::from_value(value).map(Instant)
    }
}

impl FromValue for Day {
    fn from_value(value: Value<'_>) -> Result<Self> {
        let day = value.as_text().and_then(|text| text.parse().ok());
        day.ok_or_else(|| unexpected("a date YYYY-MM-DD", value))
    }
}

macro_rules! small_int {
    ($($type:ty),+) => {$(
        impl FromValue for $type {
            fn from_value(value: Value<'_>) -> Result<Self> {
                let wide = i64::from_value(value)?;
                <$type>::try_from(wide).map_err(|_| {
                    StoreError::Other(format!("{wide} does not fit {}", stringify!($type)))
                })
            }
        }
    )+};
}
small_int!(i32, i16, u32, u16, u8);

impl FromValue for bool {
    fn from_value(value: Value<'_>) -> Result<Self> {
        match value {
            Value::Int(0) => Ok(false),
            Value::Int(1) => Ok(true),
            other => Err(unexpected("0 or 1", other)),
        }
    }
}

impl FromValue for f64 {
    fn from_value(value: Value<'_>) -> Result<Self> {
        match value {
            Value::Real(number) => Ok(number),
            other => Err(unexpected("real", other)),
        }
    }
}

impl FromValue for String {
    fn from_value(value: Value<'_>) -> Result<Self> {
        match value.as_text() {
            Some(text) => Ok(text.to_owned()),
            None => Err(unexpected("text", value)),
        }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: Value<'_>) -> Result<Self> {
        match value {
            Value::Blob(bytes) => Ok(bytes.to_vec()),
            other => Err(unexpected("bytes", other)),
        }
    }
}

impl<const N: usize> FromValue for [u8; N] {
    fn from_value(value: Value<'_>) -> Result<Self> {
        match value {
            Value::Blob(bytes) => bytes.try_into().map_err(|_| {
                StoreError::Other(format!("wanted {N} bytes, the column holds {}", bytes.len()))
            }),
            other => Err(unexpected("bytes", other)),
        }
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value<'_>) -> Result<Self> {
        match value {
            Value::Null => Ok(None),
            other => T::from_value(other).map(Some),
        }
    }
}
