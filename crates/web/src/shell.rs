//! The extractor that carries what the layouts need from the request.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::{COOKIE, REFERER};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};

use crate::page::{Audience, Mode, Page, UserBadge};
use crate::site::{AskedPath, Site, local_path};

/// Who looks, in which mode, at which path; turns into a [`Page`].
#[derive(Debug, Clone)]
pub struct Shell {
    pub user: Option<UserBadge>,
    pub mode: Mode,
    /// Path and query as asked for.
    pub path: String,
    /// The page to come back to, which can be opened: where a form was sent, the page it stood on.
    pub here: String,
    /// The element the script asked for alone (`X-Fragment`); see [`crate::Html::fragment`].
    pub fragment: Option<String>,
    site: Arc<Site>,
}

impl Shell {
    pub(crate) fn of(parts: &Parts) -> Shell {
        let user = parts
            .extensions
            .get::<Option<UserBadge>>()
            .cloned()
            .flatten()
            .or_else(|| parts.extensions.get::<UserBadge>().cloned());
        let asked = parts.extensions.get::<AskedPath>().map(|p| p.0.clone());
        let fragment = parts.headers.get("x-fragment").and_then(|v| v.to_str().ok()).map(str::to_string);
        let path =
            asked.unwrap_or_else(|| parts.uri.path_and_query().map_or("/", |p| p.as_str()).to_string());
        let here = match parts.method {
            Method::GET | Method::HEAD => None,
            _ => referring_path(&parts.headers),
        };
        Shell {
            user,
            mode: mode_of(parts),
            here: here.unwrap_or_else(|| path.clone()),
            path,
            fragment,
            site: parts.extensions.get::<Arc<Site>>().cloned().unwrap_or_else(Site::plain),
        }
    }

    pub(crate) fn sample(site: Arc<Site>, mode: Mode) -> Shell {
        let path = "/dev/components".to_string();
        Shell { user: None, mode, here: path.clone(), path, fragment: None, site }
    }

    /// Completes a page with the person, the mode, the path and the navigation.
    pub fn page(&self, page: Page) -> Page {
        let nav = (self.site.nav)(page.audience, self.user.as_ref());
        Page {
            user: self.user.clone(),
            mode: self.mode,
            path: self.here.clone(),
            nav,
            site: self.site.clone(),
            ..page
        }
    }

    pub fn citizen(&self, title: impl Into<String>) -> Page {
        self.page(Page::new(Audience::Citizen, title))
    }
    pub fn desk(&self, title: impl Into<String>) -> Page {
        self.page(Page::new(Audience::Desk, title))
    }
    pub fn review(&self, title: impl Into<String>) -> Page {
        self.page(Page::new(Audience::Review, title))
    }
    pub fn board(&self, title: impl Into<String>) -> Page {
        self.page(Page::new(Audience::Board, title))
    }
    pub fn print(&self, title: impl Into<String>) -> Page {
        self.page(Page::new(Audience::Print, title))
    }

    /// Whether the script asked for this element alone.
    pub fn wants(&self, fragment: &str) -> bool {
        self.fragment.as_deref() == Some(fragment)
    }

    pub fn site(&self) -> &Site {
        &self.site
    }
}

/// Path and query of the page a form was on; whether it was ours does not matter, for only its path is used.
pub fn referring_path(headers: &HeaderMap) -> Option<String> {
    let referer = headers.get(REFERER)?.to_str().ok()?;
    let (_, rest) = referer.split_once("://")?;
    let path = &rest[rest.find('/')?..];
    (local_path(path) == path).then(|| path.to_owned())
}

fn mode_of(parts: &Parts) -> Mode {
    parts
        .headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .filter_map(|pair| pair.trim().strip_prefix("yimen_mode="))
        .find_map(Mode::from_key)
        .unwrap_or_default()
}

impl<S: Send + Sync> FromRequestParts<S> for Shell {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Shell, Infallible> {
        Ok(Shell::of(parts))
    }
}
