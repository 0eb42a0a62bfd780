//! What can go wrong in the store, the same words on both engines.

use thiserror::Error;

/// A failure of the store. Values of rows never appear in it: it may be logged.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// `one` found no row.
    #[error("no such row")]
    NotFound,
    /// `put_one` did not touch exactly one row: somebody else was first.
    #[error("the row was changed by someone else")]
    Conflict,
    /// A unique constraint refused the row; the text is `table.column, table.column`.
    #[error("not unique: {0}")]
    Unique(String),
    /// A foreign key, NOT NULL or CHECK refused the row.
    #[error("constraint: {0}")]
    Constraint(String),
    /// The disk (or the quota of the database) is full. Nothing was written.
    #[error("no space left for the database")]
    Full,
    /// The database cannot be reached or its disk fails.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// Too much work is waiting, or others hold the lock for too long.
    #[error("the database is busy")]
    Busy,
    /// The file is damaged or is no database.
    #[error("the database is damaged: {0}")]
    Corrupt(String),
    /// The schema is not the one this program knows; the text says what to do.
    #[error("schema: {0}")]
    Schema(String),
    /// A unit of work panicked; it was undone.
    #[error("{0} panicked and was undone: {1}")]
    Panicked(&'static str, String),
    /// Misuse and everything else.
    #[error("{0}")]
    Other(String),
}

/// The result of everything in this crate.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

impl StoreError {
    pub(crate) fn other(text: impl Into<String>) -> StoreError {
        StoreError::Other(text.into())
    }

    pub(crate) fn closed() -> StoreError {
        StoreError::Unavailable("the store is closed".to_owned())
    }
}
