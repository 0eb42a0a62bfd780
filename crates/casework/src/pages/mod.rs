//! The pages of casework, by audience. A handler extracts, makes a `Ctx`, reads or writes in one closure, builds a view
//! model and answers; what is said to people in more than one place stands in `words.rs`.

mod board;
mod citizen;
mod desk;
mod documents;
mod error;
mod explained;
pub mod fields;
mod files;
mod looks;
mod review;
mod timeline;
mod unmask;
mod words;

use axum::Router;
use axum::routing::get;
use yimen_platform::{Actor, Ctx};
use yimen_store::{StoreError, Tx};

pub use citizen::home_panel;
pub use documents::{DocumentMark, Mark};
pub(crate) use error::sentence;
pub use explained::detailed_clock;
pub use looks::{LookLog, looks_kept};
pub use review::ReviewRules;
pub use timeline::timeline;
pub use unmask::UnmaskRules;
pub use words::{
    act_words, case_clock, case_words, due_line, grouped, item_clock, minutes_words, moment, owner_words,
    state_tag, supplied_tag, task_clock, task_step_state,
};

use crate::{Casework, CaseworkError, Result};

/// Every page of casework. The binary puts the session layer and `yimen_web::wrap` around it.
pub fn routes(casework: Casework) -> Router {
    Router::new()
        .merge(citizen::routes())
        .merge(desk::routes())
        .merge(documents::routes())
        .merge(review::routes())
        .merge(board::routes())
        .route("/cases/{number}/clock", get(explained::page))
        .route("/cases/{number}/files/{file}", get(files::file))
        .route("/cases/{number}/unmask", get(unmask::page).post(unmask::show))
        .with_state(casework)
}

/// The context of this request; the actor comes from one of identity's extractors.
pub fn ctx_of(casework: &Casework, actor: &Actor) -> Ctx {
    casework.platform.ctx(actor.clone(), "")
}

/// Runs a command in a transaction of its own. When somebody was faster on the same rows (a second click, a second
/// device), it runs once more and sees what they did.
pub async fn command<T, F>(casework: &Casework, ctx: &Ctx, name: &'static str, act: F) -> Result<T>
where
    T: Send + 'static,
    F: Fn(&Casework, &mut Tx<'_>, &Ctx) -> Result<T> + Clone + Send + 'static,
{
    let run = || {
        let (casework, ctx, act) = (casework.clone(), ctx.clone(), act.clone());
        let store = casework.platform.store.clone();
        async move { store.write(name, move |tx| act(&casework, tx, &ctx)).await }
    };
    match run().await {
        Err(CaseworkError::Store(StoreError::Conflict | StoreError::Unique(_))) => run().await,
        done => done,
    }
}
