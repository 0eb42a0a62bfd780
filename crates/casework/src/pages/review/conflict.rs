//! Someone else was faster: says who and what, and gives back what was typed.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use yimen_store::StoreError;
use yimen_web::{Html, Link, Page, Shell, WebError};

use crate::CaseworkError;

/// What must not be lost.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub label: &'static str,
    pub text: String,
    /// Where one looks at how it stands now.
    pub place: String,
}

impl Kept {
    pub fn new(label: &'static str, text: &str) -> Kept {
        Kept { label, text: text.to_string(), place: String::new() }
    }

    #[must_use]
    pub fn on(self, place: String) -> Kept {
        Kept { place, ..self }
    }
}

#[derive(Template)]
#[template(path = "casework/review/conflict.html")]
struct ConflictPage {
    page: Page,
    text: String,
    kept: Kept,
    home: Link,
}

/// The page for a command that was refused or came too late; every other error stays what it is.
pub(crate) fn refused(
    shell: &Shell,
    (href, words): (&str, &str),
    error: CaseworkError,
    kept: Kept,
) -> Result<Response, WebError> {
    let text = match &error {
        CaseworkError::Refused(refusal) => refusal.to_string(),
        CaseworkError::Store(StoreError::Conflict) => {
            "在您填写期间，这份办件已被更新。为了不覆盖别人的处理，没有保存您的提交。".to_string()
        }
        _ => return Err(error.into()),
    };
    let page = shell.review("这次没有办成").section("review").back(href, words);
    let page = ConflictPage { page, text: crate::pages::sentence(text), kept, home: Link::new(href, words) };
    Ok(Html(StatusCode::CONFLICT, page).into_response())
}
