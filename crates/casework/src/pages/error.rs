//! What a failed command becomes at the HTTP edge; the one place where it is decided.

use yimen_parties::PartyError;
use yimen_store::StoreError;
use yimen_web::{ErrorKind, FieldError, WebError};

use crate::CaseworkError;

impl From<CaseworkError> for WebError {
    fn from(error: CaseworkError) -> WebError {
        let words = error.to_string();
        match error {
            CaseworkError::NotFound => WebError::not_found(),
            CaseworkError::Forbidden(_) => WebError::forbidden(sentence(words)),
            CaseworkError::Refused(_) | CaseworkError::Unavailable(_) => WebError::conflict(sentence(words)),
            CaseworkError::Invalid(fields) => {
                let field = |f: yimen_catalogue::FieldError| FieldError::new(f.field, sentence(f.message));
                WebError::invalid(fields.into_iter().map(field).collect::<Vec<_>>())
            }
            CaseworkError::Incomplete(missing) => {
                let all: Vec<FieldError> =
                    missing.into_iter().map(|m| FieldError::new("", sentence(m))).collect();
                WebError::invalid(all)
            }
            CaseworkError::Store(cause) => of_store(cause),
            CaseworkError::Sealed(cause) => WebError::internal(cause),
            CaseworkError::Internal(cause) => WebError::internal(cause),
        }
    }
}

/// Errors of people and bodies, where a command of casework looked them up.
impl From<PartyError> for CaseworkError {
    fn from(error: PartyError) -> CaseworkError {
        match error {
            PartyError::NotFound => CaseworkError::NotFound,
            PartyError::Store(cause) => CaseworkError::from(cause),
            PartyError::Sealed(cause) => CaseworkError::Sealed(cause),
            other => CaseworkError::Internal(other.to_string()),
        }
    }
}

/// A failure of the store as a page.
fn of_store(error: StoreError) -> WebError {
    match error {
        StoreError::NotFound => WebError::not_found(),
        // Numbers within a case and nonces are drawn under what was read: taken ones mean that somebody was faster.
        StoreError::Conflict | StoreError::Unique(_) => WebError::new(ErrorKind::Conflict),
        StoreError::Full | StoreError::Busy | StoreError::Unavailable(_) => WebError::unavailable(error),
        other => WebError::internal(other),
    }
}

/// Messages end as sentences do, wherever they were written.
pub(crate) fn sentence(mut words: String) -> String {
    if !words.is_empty() && !words.ends_with(['。', '！', '？']) {
        words.push('。');
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Refusal;

    #[test]
    fn each_error_has_the_page_that_is_true_of_it() {
        let status = |error: CaseworkError| WebError::from(error).status().as_u16();
        assert_eq!(status(CaseworkError::NotFound), 404);
        assert_eq!(status(CaseworkError::Forbidden("审批")), 403);
        assert_eq!(status(Refusal::NoSuchTask.into()), 409);
        assert_eq!(status(CaseworkError::Unavailable("已停办".into())), 409);
        assert_eq!(status(CaseworkError::Incomplete(vec!["请填写“姓名”".into()])), 422);
        assert_eq!(status(StoreError::Conflict.into()), 409);
        assert_eq!(status(StoreError::Full.into()), 503);
        assert_eq!(status(StoreError::Unavailable("gone".into()).into()), 503);
        assert_eq!(status(StoreError::Other("bug".into()).into()), 500);
        assert_eq!(status(CaseworkError::Internal("bug".into())), 500);
    }

    #[test]
    fn a_message_ends_as_a_sentence() {
        assert_eq!(sentence("请填写姓名".into()), "请填写姓名。");
        assert_eq!(sentence("请刷新页面。".into()), "请刷新页面。");
        assert_eq!(sentence("请上传“合同”".into()), "请上传“合同”。");
        assert_eq!(sentence(String::new()), "");
    }
}
