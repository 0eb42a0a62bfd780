//! A material's file: only for those who may see the case, never as anything but what it is.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use yimen_identity::Known;
use yimen_standards::case_number::CaseNumber;
use yimen_web::{ErrorKind, WebError};

use super::ctx_of;
use crate::policy::Act;
use crate::store::materials;
use crate::{Casework, CaseworkError};

const ALONE: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; object-src 'self'; frame-ancestors 'self'";

#[derive(Deserialize)]
pub(super) struct Wanted {
    /// `?save=1`: as a download, whatever the browser could show.
    #[serde(default)]
    save: String,
}

pub(super) async fn file(
    State(casework): State<Casework>,
    Known(actor): Known,
    Path((number, id)): Path<(String, i64)>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, WebError> {
    let number = CaseNumber::parse(&number).map_err(|_| WebError::not_found())?;
    let (handle, ctx) = (casework.clone(), ctx_of(&casework, &actor));
    let found = casework.platform.store.read(move |q| -> Result<materials::File, CaseworkError> {
        let fetched = handle.fetch_by_number(q, &ctx, number.as_str(), Act::See)?;
        let id_of_case = fetched.case.id;
        if let Some(file) = materials::file(q, id_of_case, id)? {
            return Ok(file);
        }
        // Those who decide on the case may see what a correction replaced; its owner took it out.
        if ctx.actor.staff().is_none() {
            return Err(CaseworkError::NotFound);
        }
        let replaced = materials::replaced(q, id_of_case)?;
        replaced.into_iter().find(|file| file.id == id).ok_or(CaseworkError::NotFound)
    });
    let file = found.await?;
    let bytes = casework.platform.blobs.get(&file.digest).await.map_err(|error| {
        tracing::error!(file = file.id, %error, "file of a case cannot be read");
        WebError::new(ErrorKind::Unavailable).detail("这个文件暂时打不开，请稍后再试。")
    })?;
    let shown = matches!(file.mime.as_str(), "application/pdf" | "image/jpeg" | "image/png")
        && wanted.save.is_empty();
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    let kind =
        HeaderValue::from_str(&file.mime).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::CONTENT_DISPOSITION, disposition(shown, &file.name));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if shown {
        // Our own pages show it beside a form; by itself it does nothing, and nobody else may frame it.
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(ALONE));
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Ok(response)
}

/// `inline` or `attachment` with the file's own name, in the form every browser reads (RFC 6266, RFC 5987).
fn disposition(shown: bool, name: &str) -> HeaderValue {
    let how = if shown { "inline" } else { "attachment" };
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ') { c } else { '_' })
        .collect();
    let encoded: String = name
        .bytes()
        .map(|b| match b {
            b if b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_') => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect();
    let value = format!("{how}; filename=\"{plain}\"; filename*=UTF-8''{encoded}");
    HeaderValue::from_str(&value).unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::disposition;

    #[test]
    fn a_name_in_any_script_neither_breaks_the_header_nor_is_lost() {
        let value = disposition(false, "𠮷野 \"合同\"\r\n.pdf");
        let text = value.to_str().unwrap();
        assert!(
            text.starts_with("attachment; filename=\"__ ______.pdf\"; filename*=UTF-8''%F0%A0%AE%B7"),
            "{text}"
        );
        assert!(!text.contains('\n'));
        assert!(disposition(true, "a.png").to_str().unwrap().starts_with("inline; "));
    }
}
