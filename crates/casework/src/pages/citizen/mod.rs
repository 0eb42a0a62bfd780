//! Pages of applicants: applying, following a case, answering a correction. Phone first, one thing a page.

mod apply;
mod case;
mod check;
pub(in crate::pages) mod correct;
mod flow;
mod form_page;
mod looks;
pub(in crate::pages) mod materials;
mod my;
pub(in crate::pages) mod opened;
mod question;
mod start;
mod status;
mod track;
mod way;
mod withdraw;

use std::sync::Arc;

use axum::routing::{get, post};
use axum::{Extension, Router};
use serde::Deserialize;

use self::flow::Step;
use self::opened::Opened;
use crate::Casework;

pub use my::home_panel;

pub(crate) fn routes() -> Router<Casework> {
    Router::new()
        .route("/services/{id}/start", post(start::start))
        .route("/cases/{number}/apply", get(apply::tasks))
        .route("/cases/{number}/apply/questions/{id}", get(question::page).post(question::save))
        .route("/cases/{number}/apply/stopped", get(question::stopped))
        .route("/cases/{number}/apply/pages/{id}", get(form_page::page).post(form_page::save))
        .route("/cases/{number}/apply/pages/{id}/save", post(form_page::autosave))
        .route("/cases/{number}/apply/materials", get(materials::page))
        .route("/cases/{number}/apply/materials/{slot}", post(materials::upload))
        .route("/cases/{number}/apply/way", get(way::page).post(way::save))
        .route("/cases/{number}/apply/check", get(check::page).post(check::submit))
        .route("/cases/{number}/submitted", get(check::submitted))
        .route("/cases/{number}/correct", get(correct::page).post(correct::save))
        .route("/cases/{number}/correct/save", post(correct::autosave))
        .route("/cases/{number}/withdraw", get(withdraw::page).post(withdraw::withdraw))
        .route("/cases/{number}", get(case::case))
        .route("/my", get(my::my))
        .route("/my/looks", get(looks::page))
        .route(
            "/track",
            get(track::page).post(track::track).layer(Extension(Arc::new(track::Guesses::default()))),
        )
}

/// What an address says of the way back: to the check page, or the same page once more.
#[derive(Debug, Clone, Default, Deserialize)]
struct Return {
    #[serde(default)]
    back: String,
    #[serde(default)]
    more: String,
}

impl Return {
    fn to_check(&self) -> bool {
        self.back == "check"
    }

    fn has_more(&self) -> bool {
        !self.more.is_empty()
    }

    /// The address of a form, with the way back.
    fn carry(&self, path: &str) -> String {
        format!("{path}{}", if self.to_check() { "?back=check" } else { "" })
    }

    /// The same page again, because an answer brought up more fields.
    fn more(&self, path: &str) -> String {
        format!("{path}?more=1{}", if self.to_check() { "&back=check" } else { "" })
    }

    /// The back link: to where one came from, else to the page before.
    fn back_link(&self, opened: &Opened, step: &Step) -> (String, &'static str) {
        if self.to_check() {
            return (Step::Check.path(opened.number()), "核对信息");
        }
        match opened.flow().before(step) {
            Some(before) => (before.path(opened.number()), "上一步"),
            None => (opened.apply_path(), "申请步骤"),
        }
    }
}

/// What a posted page came to in the unit of work that read and kept it. What follows from it is found out after the unit:
/// whoever writes waits for it.
enum Posted<K, W> {
    /// Kept; this tells where to go on.
    Kept(Box<K>),
    /// Not asked any more: where to go on.
    Onward(String),
    /// What is sound is kept; this shows the page again.
    Wrong(Box<W>),
}

/// Where a saved page leads: to why it cannot go on, to what is newly asked, back to the check, or to the next page.
fn next_path(opened: &Opened, step: &Step, back: &Return) -> String {
    let (flow, number) = (opened.flow(), opened.number());
    if flow.stopped {
        return format!("{}/stopped", opened.apply_path());
    }
    if !back.to_check() {
        return flow.after(step).path(number);
    }
    let next = flow.first_open();
    let path = next.path(number);
    if next == Step::Check { path } else { back.carry(&path) }
}
