//! What can go wrong in the store, the same words on both engines: Chinese, since an operator reads
//! them in the middle of Chinese sentences. What the engine itself said stays as it is.

use thiserror::Error;

/// A failure of the store. Values of rows never appear in it: it may be logged.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// `one` found no row.
    #[error("数据库里没有这条记录")]
    NotFound,
    /// `put_one` did not touch exactly one row: somebody else was first.
    #[error("这条记录已被别人改动")]
    Conflict,
    /// A unique constraint refused the row; the text is `table.column, table.column`.
    #[error("数据库里已有相同的记录：{0}")]
    Unique(String),
    /// A foreign key, NOT NULL or CHECK refused the row.
    #[error("数据库约束不允许：{0}")]
    Constraint(String),
    /// The disk (or the quota of the database) is full. Nothing was written.
    #[error("数据库所在的磁盘已满（或超过配额），没有写入任何内容，请腾出空间后再试")]
    Full,
    /// The database cannot be reached or its disk fails.
    #[error("连不上数据库，或者它的磁盘出错：{0}")]
    Unavailable(String),
    /// Too much work is waiting, or others hold the lock for too long.
    #[error("数据库太忙，或者被其他程序长时间锁住，请稍后再试")]
    Busy,
    /// The file is damaged or is no database.
    #[error("数据库文件已损坏，或者不是数据库：{0}。请从备份恢复")]
    Corrupt(String),
    /// The schema is not the one this program knows; the text says what to do.
    #[error("数据库结构不对：{0}")]
    Schema(String),
    /// A unit of work panicked; it was undone.
    #[error("程序错误：{0} 中断，已全部撤销：{1}")]
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
        StoreError::Unavailable("数据库已关闭".to_owned())
    }
}
