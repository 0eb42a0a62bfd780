//! `/dev/components`: every component in every state.

use axum::Router;

/// Routes of the gallery; the binary mounts them in demo and development only.
pub fn routes() -> Router {
    Router::new()
}
