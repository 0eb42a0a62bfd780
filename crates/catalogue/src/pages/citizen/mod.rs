//! Public pages for applicants: home, finding a service, its guide, the offices.

mod find;
mod guide;
mod home;
mod offices;

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::routing::get;
use yimen_platform::{Actor, Ctx, Platform};

use crate::handle::CatalogueHandle;
use crate::model::Audience;

/// What another domain shows of the person who asks: markup, already escaped; empty where there is nothing.
pub type Panel = Arc<dyn Fn(Ctx) -> Pin<Box<dyn Future<Output = String> + Send>> + Send + Sync>;

/// The places on these pages that other domains fill; wired by the binary.
#[derive(Clone, Default)]
pub struct Panels {
    /// Home, above the themes: the cases of the person signed in.
    pub home: Option<Panel>,
}

#[derive(Clone)]
struct Public {
    catalogue: CatalogueHandle,
    platform: Platform,
    panels: Panels,
    opened: Arc<Opened>,
}

/// How often each guide was opened on this node since it started: the order of the popular services.
#[derive(Default)]
struct Opened(Mutex<HashMap<String, u64>>);

/// Who asks; anyone may.
struct Asker(Actor);

pub fn routes(catalogue: CatalogueHandle, platform: Platform, panels: Panels) -> Router {
    Router::new()
        .route("/", get(home::home))
        .route("/services", get(find::find))
        .route("/services/{id}", get(guide::guide))
        .route("/offices", get(offices::offices))
        .with_state(Public { catalogue, platform, panels, opened: Arc::default() })
}

impl Public {
    async fn panel(&self, panel: Option<&Panel>, actor: &Actor) -> String {
        match (panel, actor) {
            (None, _) | (_, Actor::Anyone) => String::new(),
            (Some(panel), actor) => panel(self.platform.ctx(actor.clone(), "")).await,
        }
    }
}

impl Opened {
    fn count(&self, service: &str) {
        // A poisoned lock still holds whole numbers.
        let mut opened = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *opened.entry(service.to_string()).or_default() += 1;
    }

    fn of(&self, service: &str) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(service).copied().unwrap_or_default()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Asker {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Asker, Self::Rejection> {
        Ok(Asker(parts.extensions.get::<Actor>().cloned().unwrap_or(Actor::Anyone)))
    }
}

/// The value of `for` in an address.
fn audience_key(audience: Audience) -> &'static str {
    match audience {
        Audience::Natural => "natural",
        Audience::Legal => "legal",
    }
}

fn audience_of(key: &str) -> Option<Audience> {
    [Audience::Natural, Audience::Legal].into_iter().find(|a| audience_key(*a) == key)
}
