//! The page kit of Yimen: layouts by audience, components, forms and errors, guards and assets.
//!
//! It knows no domain and no database. A handler takes a [`Shell`], asks it for a [`Page`], and answers with [`Html`];
//! what goes wrong is a [`WebError`], which becomes a page for people and `application/problem+json` for programs.
//! How to add a page: `docs/pages.md`.

// Templates name this crate by its full path, so that they work the same from every domain crate.
extern crate self as yimen_web;

pub mod assets;
pub mod check;
mod chrome;
pub mod components;
mod errors;
mod form_body;
mod forms;
pub mod gallery;
mod guard;
mod html;
mod page;
pub mod samples;
mod shell;
mod site;
pub mod traffic;
pub mod upload;

pub use assets::url as asset;
pub use components::*;
pub use errors::{ErrorKind, WebError, error_pages};
pub use form_body::{Form, MAX_BODY, MAX_FIELDS};
pub use forms::{FieldError, FormState};
pub use guard::{guard_unsafe, security_headers};
pub use html::{Html, redirect_303};
pub use page::{Audience, Link, Mode, NavItem, Page, UserBadge};
pub use shell::{Shell, referring_path};
pub use site::{Site, wrap};
