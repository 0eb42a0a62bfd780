//! What can go wrong with a party, with the words for people.

use yimen_platform::SealError;
use yimen_store::StoreError;
use yimen_web::{ErrorKind, FieldError, WebError};

pub type Result<T> = std::result::Result<T, PartyError>;

#[derive(Debug, thiserror::Error)]
pub enum PartyError {
    /// Each names its field: `name`, `number`, `phone`, `address`.
    #[error("请改正填写的内容")]
    Invalid(Vec<FieldError>),
    /// The number belongs to a party of another name. Which one is not said: it would tell whose number it is.
    #[error("这个证件号码已经登记在另一个姓名或名称下，请对照证件核对姓名和号码")]
    NameConflict,
    #[error("没有找到这个人或单位")]
    NotFound,
    #[error("您不能登记或修改别人的信息")]
    Forbidden,
    /// Someone else changed the contact data since the form was opened.
    #[error("联系信息已被更新，请重新打开页面核对后再改")]
    Stale,
    #[error("stored data cannot be opened: {0}")]
    Sealed(#[from] SealError),
    #[error("{0}")]
    Store(StoreError),
}

impl PartyError {
    /// What to write beside which field of a form; empty when no field is to blame.
    pub fn fields(&self) -> Vec<FieldError> {
        match self {
            PartyError::Invalid(fields) => fields.clone(),
            PartyError::NameConflict => vec![FieldError::new("name", self.to_string())],
            _ => Vec::new(),
        }
    }
}

impl From<StoreError> for PartyError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => PartyError::NotFound,
            StoreError::Conflict => PartyError::Stale,
            other => PartyError::Store(other),
        }
    }
}

impl From<PartyError> for WebError {
    fn from(error: PartyError) -> WebError {
        match error {
            PartyError::Invalid(_) | PartyError::NameConflict => WebError::invalid(error.fields()),
            PartyError::NotFound => WebError::not_found(),
            PartyError::Forbidden => WebError::forbidden(format!("{error}。")),
            PartyError::Stale => WebError::conflict(format!("{error}。")),
            PartyError::Sealed(cause) => WebError::internal(cause),
            PartyError::Store(cause) => web_error(cause),
        }
    }
}

/// A failure of the store as a page: what passes by itself is 503, never a sign that something is not there.
pub fn web_error(error: StoreError) -> WebError {
    match error {
        StoreError::NotFound => WebError::not_found(),
        StoreError::Conflict => WebError::new(ErrorKind::Conflict),
        StoreError::Busy | StoreError::Full | StoreError::Unavailable(_) => WebError::unavailable(error),
        other => WebError::internal(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_has_the_page_that_is_true_of_it() {
        let status = |error: PartyError| WebError::from(error).status().as_u16();
        assert_eq!(status(PartyError::NotFound), 404);
        assert_eq!(status(PartyError::Forbidden), 403);
        assert_eq!(status(PartyError::Stale), 409);
        assert_eq!(status(PartyError::NameConflict), 422);
        assert_eq!(status(StoreError::NotFound.into()), 404);
        assert_eq!(status(StoreError::Conflict.into()), 409);
        assert_eq!(status(StoreError::Full.into()), 503);
        assert_eq!(status(StoreError::Busy.into()), 503);
        assert_eq!(status(StoreError::Unavailable("gone".into()).into()), 503);
        assert_eq!(status(StoreError::Other("bug".into()).into()), 500);
    }
}
