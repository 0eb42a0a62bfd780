//! The answer made of a template.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::errors::WebError;

/// A rendered template with its status. A template that cannot render is logged and becomes the page for 500.
#[derive(Debug)]
pub struct Html<T>(pub StatusCode, pub T);

impl<T: Template> Html<T> {
    pub fn ok(template: T) -> Html<T> {
        Html(StatusCode::OK, template)
    }

    /// 422: the form again, with everything the person typed.
    pub fn invalid(template: T) -> Html<T> {
        Html(StatusCode::UNPROCESSABLE_ENTITY, template)
    }
}

impl<T: Template> IntoResponse for Html<T> {
    fn into_response(self) -> Response {
        match self.1.render() {
            Ok(text) => {
                let kind = HeaderValue::from_static("text/html; charset=utf-8");
                let vary = HeaderValue::from_static("X-Fragment, Cookie");
                (self.0, [(header::CONTENT_TYPE, kind), (header::VARY, vary)], text).into_response()
            }
            Err(error) => WebError::internal(error).into_response(),
        }
    }
}

/// `303 See Other`: after a form was posted, the browser gets the next page, and going back does not post again.
pub fn redirect_303(path: impl AsRef<str>) -> Response {
    match HeaderValue::from_str(&encode(path.as_ref())) {
        Ok(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        Err(error) => WebError::internal(error).into_response(),
    }
}

/// Percent-encodes what a header cannot carry; a path that is encoded already stays as it is.
fn encode(path: &str) -> String {
    use std::fmt::Write as _;
    path.bytes().fold(String::with_capacity(path.len()), |mut out, byte| {
        if byte.is_ascii_graphic() {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_carries_chinese_and_spaces_and_no_second_header() {
        let response = redirect_303("/find?q=过户 1&x=%E8\r\nX: 1");
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        assert_eq!(response.headers()[header::LOCATION], "/find?q=%E8%BF%87%E6%88%B7%201&x=%E8%0D%0AX:%201");
    }

    struct Broken;
    impl std::fmt::Display for Broken {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            Err(std::fmt::Error)
        }
    }
    #[derive(Template)]
    #[template(source = "{{ broken }}", ext = "html")]
    struct BrokenPage {
        broken: Broken,
    }

    #[test]
    fn a_template_that_fails_is_a_500() {
        assert_eq!(
            Html::ok(BrokenPage { broken: Broken }).into_response().status(),
            StatusCode::INTERNAL_SERVER_ERROR
        );
    }
}
