//! A row of an answer, and the types made from one.

use yimen_standards::time::{Day, Instant};

use crate::error::{Result, StoreError};
use crate::value::{FromValue, Value};

/// One row, valid until the next is fetched.
pub struct Row<'r> {
    pub(crate) cells: Cells<'r>,
    pub(crate) statement: &'r str,
}

pub(crate) enum Cells<'r> {
    Sqlite(&'r rusqlite::Row<'r>, usize),
    Postgres(&'r tokio_postgres::Row),
}

impl Row<'_> {
    /// How many columns it has.
    pub fn len(&self) -> usize {
        match &self.cells {
            Cells::Sqlite(_, len) => *len,
            Cells::Postgres(row) => row.len(),
        }
    }

    /// Whether it has no column.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The cell at `index` as it lies in the database.
    pub fn value(&self, index: usize) -> Result<Value<'_>> {
        let outcome = match &self.cells {
            Cells::Sqlite(row, _) => crate::sqlite::cell(row, index),
            Cells::Postgres(row) => crate::pg::cell(row, index),
        };
        outcome.map_err(|error| self.named(error))
    }

    /// The cell at `index` as a Rust value.
    pub fn get<T: FromValue>(&self, index: usize) -> Result<T> {
        T::from_value(self.value(index)?).map_err(|error| match error {
            StoreError::Other(text) => self.named(StoreError::Other(format!("column {}: {text}", index + 1))),
            other => other,
        })
    }

    fn named(&self, error: StoreError) -> StoreError {
        match error {
            StoreError::Other(text) => StoreError::Other(format!("{}: {text}", self.statement)),
            other => other,
        }
    }
}

/// A type that can be read from a row, by position.
pub trait FromRow: Sized {
    /// How many columns it takes; a row with more or fewer is an error.
    const COLUMNS: usize;
    fn from_row(row: &Row<'_>) -> Result<Self>;
}

/// Reads a row after checking that it has as many columns as the type takes.
pub(crate) fn decode<T: FromRow>(row: &Row<'_>) -> Result<T> {
    if row.len() != T::COLUMNS {
        return Err(StoreError::Other(format!(
            "{} returns {} columns, {} takes {}",
            row.statement,
            row.len(),
            std::any::type_name::<T>(),
            T::COLUMNS
        )));
    }
    T::from_row(row)
}

macro_rules! tuple_rows {
    ($(($count:literal: $($type:ident $index:tt),+))+) => {$(
        impl<$($type: FromValue),+> FromRow for ($($type,)+) {
            const COLUMNS: usize = $count;
            fn from_row(row: &Row<'_>) -> Result<Self> {
                Ok(($(row.get::<$type>($index)?,)+))
            }
        }
    )+};
}
tuple_rows! {
    (1: A 0)
    (2: A 0, B 1)
    (3: A 0, B 1, C 2)
    (4: A 0, B 1, C 2, D 3)
    (5: A 0, B 1, C 2, D 3, E 4)
    (6: A 0, B 1, C 2, D 3, E 4, F 5)
    (7: A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (8: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
    (9: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8)
    (10: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9)
    (11: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10)
    (12: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11)
    (13: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12)
    (14: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13)
    (15: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14)
    (16: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14, P 15)
}

/// A single column needs no tuple: `one::<i64>(…)`.
macro_rules! scalar_rows {
    ($($type:ty),+ $(,)?) => {$(
        impl FromRow for $type {
            const COLUMNS: usize = 1;
            fn from_row(row: &Row<'_>) -> Result<Self> { row.get(0) }
        }
    )+};
}
scalar_rows!(i64, i32, i16, u32, u16, u8, bool, f64, String, Vec<u8>, Instant, Day);

impl<T: FromValue> FromRow for Option<T> {
    const COLUMNS: usize = 1;
    fn from_row(row: &Row<'_>) -> Result<Self> {
        row.get(0)
    }
}

/// A struct read from a row by position: fields in the order of the columns.
#[macro_export]
macro_rules! row {
    ($($(#[$meta:meta])* $vis:vis struct $name:ident {
        $($(#[$field_meta:meta])* $field_vis:vis $field:ident : $type:ty),+ $(,)?
    })+) => {$(
        $(#[$meta])* $vis struct $name {
            $($(#[$field_meta])* $field_vis $field: $type),+
        }
        impl $crate::FromRow for $name {
            const COLUMNS: usize = [$(stringify!($field)),+].len();
            fn from_row(row: &$crate::Row<'_>) -> ::std::result::Result<Self, $crate::StoreError> {
                let mut column = 0..;
                // The range is endless: `next` always answers.
                Ok($name { $($field: row.get(column.next().unwrap_or(usize::MAX))?),+ })
            }
        }
    )+};
}
