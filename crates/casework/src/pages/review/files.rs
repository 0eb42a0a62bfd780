//! The bytes of a material, for whoever may see its case.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use yimen_blobs::BlobError;
use yimen_identity::StaffOnly;
use yimen_web::WebError;

use super::viewer::Look;
use crate::pages::ctx_of;
use crate::policy::Act;
use crate::store::materials;
use crate::{Casework, CaseworkError};

/// What is shown may be framed by our own pages and does nothing by itself.
const ALONE: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; object-src 'self'; plugin-types application/pdf; frame-ancestors 'self'";

pub(crate) async fn file(
    State(casework): State<Casework>,
    who: StaffOnly,
    Path((number, id)): Path<(String, i64)>,
) -> Result<Response, WebError> {
    let ctx = ctx_of(&casework, &who.actor);
    let own = casework.clone();
    let found = casework.platform.store.read(move |q| {
        let fetched = own.fetch_by_number(q, &ctx, &number, Act::See)?;
        materials::file(q, fetched.case.id, id)?.ok_or(CaseworkError::NotFound)
    });
    let file = found.await?;
    let bytes = casework.platform.blobs.get(&file.digest).await.map_err(|error| match error {
        BlobError::NotFound => WebError::gone("这个文件在存储中找不到了，请联系系统管理员。"),
        other => WebError::internal(other),
    })?;
    let shown = Look::of(&file.mime) != Look::Save;
    let headers = [
        (header::CONTENT_TYPE, file.mime.clone()),
        (header::CONTENT_DISPOSITION, disposition(if shown { "inline" } else { "attachment" }, &file.name)),
        // Immutable under its number, and private: the browser may keep it while the page is read.
        (header::CACHE_CONTROL, "private, max-age=600".to_string()),
    ];
    let mut response = bytes.into_response();
    for (name, value) in headers {
        let value = HeaderValue::from_str(&value).map_err(WebError::internal)?;
        response.headers_mut().insert(name, value);
    }
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(ALONE));
    response.headers_mut().insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    Ok(response)
}

/// RFC 6266 with the name in UTF-8; a plain name for programs that do not read it.
fn disposition(kind: &str, name: &str) -> String {
    use std::fmt::Write as _;
    let encoded = name.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_') {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    });
    format!("{kind}; filename=\"file\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::disposition;

    #[test]
    fn a_file_name_cannot_break_out_of_the_header() {
        assert_eq!(disposition("inline", "合同\"\r\n.pdf"), "inline; filename=\"file\"; filename*=UTF-8''%E5%90%88%E5%90%8C%22%0D%0A.pdf");
    }
}
