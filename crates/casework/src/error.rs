//! What can go wrong in casework, with the words for people. Converted once, at the HTTP edge.

use yimen_catalogue::FieldError;
use yimen_platform::SealError;
use yimen_store::StoreError;

use crate::rules::Refusal;

pub type Result<T> = std::result::Result<T, CaseworkError>;

#[derive(Debug, thiserror::Error)]
pub enum CaseworkError {
    /// No such case, or the caller may not know that it exists.
    #[error("没有找到这个办件，或者您无权查看。")]
    NotFound,
    #[error("您不能进行这项操作：{0}")]
    Forbidden(&'static str),
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// Answers that do not do; each names its field.
    #[error("请改正填写的内容。")]
    Invalid(Vec<FieldError>),
    /// What still stands between a draft and its submission.
    #[error("还有内容没有完成：{}", .0.join("；"))]
    Incomplete(Vec<String>),
    #[error("这个事项目前不能办理：{0}")]
    Unavailable(String),
    #[error("stored data cannot be opened: {0}")]
    Sealed(#[from] SealError),
    #[error("{0}")]
    Store(StoreError),
    #[error("{0}")]
    Internal(String),
}

impl From<StoreError> for CaseworkError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => CaseworkError::NotFound,
            other => CaseworkError::Store(other),
        }
    }
}

impl From<serde_json::Error> for CaseworkError {
    fn from(error: serde_json::Error) -> Self {
        CaseworkError::Internal(format!("stored JSON cannot be read: {error}"))
    }
}
