//! Stylesheet, script and icons: in the binary, with the content's fingerprint in the name, cached for ever.

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::errors::WebError;

pub(crate) struct Asset {
    pub name: &'static str,
    pub url: &'static str,
    pub kind: &'static str,
    pub plain: &'static [u8],
    pub gzip: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Address of an asset: `{{ yimen_web::asset("app.css") }}`. An unknown name is an address that answers 404.
pub fn url(name: &str) -> &'static str {
    ASSETS.iter().find(|asset| asset.name == name).map_or("/assets/unknown", |asset| asset.url)
}

/// Bytes as sent to a browser that takes gzip; for weight budgets.
pub fn packed_size(name: &str) -> Option<usize> {
    ASSETS.iter().find(|asset| asset.name == name).map(|asset| asset.gzip.len())
}

/// The icons, as text.
pub(crate) fn sprite() -> &'static str {
    let sprite = ASSETS.iter().find(|asset| asset.name == "icons.svg");
    sprite.and_then(|asset| std::str::from_utf8(asset.plain).ok()).unwrap_or_default()
}

pub(crate) fn routes() -> Router {
    Router::new().route("/assets/{file}", get(asset)).route("/favicon.ico", get(favicon))
}

async fn asset(Path(file): Path<String>, headers: HeaderMap) -> Result<Response, WebError> {
    let found = ASSETS.iter().find(|asset| asset.url.strip_prefix("/assets/") == Some(file.as_str()));
    Ok(send(found.ok_or_else(WebError::not_found)?, &headers))
}

async fn favicon(headers: HeaderMap) -> Result<Response, WebError> {
    let mark = ASSETS.iter().find(|asset| asset.name == "mark.svg");
    Ok(send(mark.ok_or_else(WebError::not_found)?, &headers))
}

fn send(asset: &'static Asset, headers: &HeaderMap) -> Response {
    let gzip = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.split(',').any(|coding| coding.trim().split(';').next() == Some("gzip")));
    let mut response = if gzip { asset.gzip.into_response() } else { asset.plain.into_response() };
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.kind));
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    out.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if gzip {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    #[test]
    fn the_packed_bytes_are_the_plain_ones() {
        for asset in ASSETS {
            let mut unpacked = Vec::new();
            flate2::read::GzDecoder::new(asset.gzip).read_to_end(&mut unpacked).unwrap();
            assert_eq!(unpacked, asset.plain, "{}", asset.name);
            assert!(asset.url.starts_with("/assets/") && asset.url.len() > asset.name.len() + 12);
        }
    }
}
