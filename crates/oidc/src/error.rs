//! What can go wrong, for people and for programs.

use yimen_identity::IdentityError;
use yimen_platform::SealError;
use yimen_store::StoreError;
use yimen_web::{FieldError, WebError};

pub type Result<T, E = OidcError> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    #[error("请改正填写的内容")]
    Invalid(Vec<FieldError>),
    #[error("没有找到这个系统")]
    NotFound,
    #[error("接入系统由系统管理员和安全管理员管理")]
    Forbidden,
    #[error("上一次更换签名密钥还没有生效，请稍后再试")]
    TooSoon,
    #[error(transparent)]
    Identity(IdentityError),
    #[error(transparent)]
    Store(StoreError),
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error("a key cannot be used: {0}")]
    Key(&'static str),
}

impl From<StoreError> for OidcError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => OidcError::NotFound,
            other => OidcError::Store(other),
        }
    }
}

impl From<IdentityError> for OidcError {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Store(error) => error.into(),
            other => OidcError::Identity(other),
        }
    }
}

impl From<OidcError> for WebError {
    fn from(error: OidcError) -> WebError {
        match error {
            OidcError::Invalid(fields) => WebError::invalid(fields),
            OidcError::NotFound => WebError::not_found(),
            OidcError::Forbidden => WebError::forbidden(format!("{error}。")),
            OidcError::TooSoon => WebError::conflict(format!("{error}。")),
            OidcError::Identity(error) => error.into(),
            OidcError::Store(error) => IdentityError::Store(error).into(),
            OidcError::Seal(_) | OidcError::Key(_) => WebError::internal(error),
        }
    }
}
