//! The log as C2SP tlog-tiles serves it, and a witness as C2SP tlog-witness asks it.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use yimen_platform::Platform;
use yimen_web::WebError;

use super::Public;
use crate::LedgerError;
use crate::receipt::newest;
use crate::store;
use crate::tlog::tile::{Resource, Tile, bundle_entries, bundle_entry};
use crate::witness::{Refused, Witness};

const TEXT: &str = "text/plain; charset=utf-8";
const BYTES: &str = "application/octet-stream";
/// A checkpoint is replaced in seconds, a tile never.
const SHORT: &str = "public, max-age=2";
const FOREVER: &str = "public, max-age=31536000, immutable";
/// The largest request of a witness: 63 hashes and a note.
const MAX_REQUEST: usize = 80 * 1024;

pub(super) async fn checkpoint(State(public): State<Public>) -> Result<Response, WebError> {
    let note = public.ledger.platform.store.read(newest).await?;
    let (note, _) = note.ok_or_else(WebError::not_found)?;
    Ok(([(header::CONTENT_TYPE, TEXT), (header::CACHE_CONTROL, SHORT)], note.to_string()).into_response())
}

pub(super) async fn tile(
    State(public): State<Public>,
    Path(path): Path<String>,
) -> Result<Response, WebError> {
    let resource = Resource::parse(&path).ok_or_else(WebError::not_found)?;
    let read = public.ledger.platform.store.read(move |q| -> Result<Option<Vec<u8>>, LedgerError> {
        // Only what was signed is given out: unsigned leaves may yet be undone by a restored backup.
        let size = store::latest(q)?.map_or(0, |signed| signed.size.unsigned_abs());
        match resource {
            Resource::Hashes(tile) if signed(&tile, size) => Ok(store::tile(q, &tile)?),
            Resource::Entries(tile) if signed(&tile, size) => {
                let bundle = store::bundle(q, tile.index)?;
                Ok(bundle.and_then(|bundle| first(&bundle, tile.width.into())))
            }
            _ => Ok(None),
        }
    });
    let bytes = read.await?.ok_or_else(WebError::not_found)?;
    Ok(([(header::CONTENT_TYPE, BYTES), (header::CACHE_CONTROL, FOREVER)], bytes).into_response())
}

/// Whether a tree of this size has as many hashes in the tile.
fn signed(tile: &Tile, size: u64) -> bool {
    let last = u64::from(tile.width) - 1;
    let first = tile.index.checked_mul(crate::tlog::tile::WIDTH);
    first.and_then(|first| Tile::holding(tile.level, first + last, size)).is_some()
}

/// The first entries of a bundle; none if it has fewer.
fn first(bundle: &[u8], count: usize) -> Option<Vec<u8>> {
    let entries = bundle_entries(bundle)?;
    let mut out = Vec::new();
    for entry in entries.get(..count)? {
        bundle_entry(&mut out, entry).ok()?;
    }
    Some(out)
}

pub(super) fn witness_routes(witness: Arc<Witness>, platform: Platform) -> Router {
    Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .layer(DefaultBodyLimit::max(MAX_REQUEST))
        .with_state((witness, platform))
}

async fn add_checkpoint(
    State((witness, platform)): State<(Arc<Witness>, Platform)>,
    body: String,
) -> Response {
    let ctx = super::anyone(&platform);
    let cosigned =
        platform.store.write("ledger.witness", move |tx| witness.add_checkpoint(tx, &ctx, &body)).await;
    match cosigned {
        Ok(line) => ([(header::CONTENT_TYPE, TEXT)], format!("{line}\n")).into_response(),
        Err(Refused::OtherSize(size)) => {
            (StatusCode::CONFLICT, [(header::CONTENT_TYPE, "text/x.tlog.size")], format!("{size}\n"))
                .into_response()
        }
        Err(refused) => {
            (status(&refused), [(header::CONTENT_TYPE, TEXT)], format!("{refused}\n")).into_response()
        }
    }
}

fn status(refused: &Refused) -> StatusCode {
    match refused {
        Refused::Malformed => StatusCode::BAD_REQUEST,
        Refused::UnknownLog => StatusCode::NOT_FOUND,
        Refused::Unsigned => StatusCode::FORBIDDEN,
        Refused::OtherSize(_) | Refused::OtherRoot => StatusCode::CONFLICT,
        Refused::Inconsistent => StatusCode::UNPROCESSABLE_ENTITY,
        Refused::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
