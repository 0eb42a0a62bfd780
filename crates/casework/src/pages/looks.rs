//! The look log: a member of staff sees somebody's data only when it is written down that they did.
//!
//! Rows say who is looked at where they are loaded (`Ctx::saw`); the layer here keeps it before the page leaves. Who looks at
//! the same thing again within `AGAIN` is not written down again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use yimen_platform::{Actor, Look, Looks, Staff};
use yimen_standards::time::Instant;
use yimen_web::WebError;

use crate::store::looks::{self, NewLook};
use crate::{Casework, CaseworkError};

const AGAIN_MS: i64 = 10 * 60_000;

/// So many are remembered as just written down; then all are forgotten, and written down once more.
const REMEMBERED: usize = 100_000;

/// What of it was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Case,
    File,
    Document,
    /// Somebody's entry in the register, at the counter.
    Register,
    /// Numbers in full; written by the act itself (`unmask.rs`).
    Unmasked,
}

impl Kind {
    const ALL: [Kind; 5] = [Kind::Case, Kind::File, Kind::Document, Kind::Register, Kind::Unmasked];

    fn code(self) -> &'static str {
        match self {
            Kind::Case => "case",
            Kind::File => "file",
            Kind::Document => "document",
            Kind::Register => "register",
            Kind::Unmasked => looks::UNMASKED,
        }
    }

    pub(crate) fn parse(code: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.code() == code)
    }

    fn of(look: &Look, path: &str) -> Kind {
        match look.case {
            0 => Kind::Register,
            _ if path.contains("/files/") => Kind::File,
            _ if path.contains("/documents/") => Kind::Document,
            _ => Kind::Case,
        }
    }
}

type Key = (i64, Look, Kind);

/// Who has just looked at what.
#[derive(Clone)]
pub struct LookLog {
    casework: Casework,
    recent: Arc<Mutex<HashMap<Key, Instant>>>,
}

impl LookLog {
    pub fn new(casework: Casework) -> LookLog {
        LookLog { casework, recent: Arc::default() }
    }

    // No code that can panic runs under the lock, so a poisoned one is still consistent.
    fn recent(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Instant>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those not just written down.
    fn new_ones(&self, staff: &Staff, seen: Vec<Look>, path: &str, now: Instant) -> Vec<Key> {
        let recent = self.recent();
        let key = |look: Look| (staff.account, look, Kind::of(&look, path));
        let just = |key: &Key| recent.get(key).is_some_and(|at| now < at.plus_millis(AGAIN_MS));
        seen.into_iter().map(key).filter(|key| !just(key)).collect()
    }

    /// Waits until the looks are kept.
    async fn keep(&self, staff: Arc<Staff>, keys: Vec<Key>) -> Result<(), CaseworkError> {
        let ctx = self.casework.platform.ctx(Actor::Staff(staff.clone()), "");
        let (now, rows) = (ctx.now, keys.clone());
        let write = self.casework.platform.store.write("look", move |tx| -> Result<(), CaseworkError> {
            for (account, look, kind) in &rows {
                let new = NewLook {
                    id: ctx.new_id(),
                    party: look.party,
                    case: look.case,
                    account: *account,
                    department: &staff.department,
                    office: &staff.office,
                    role: look.role,
                    kind: kind.code(),
                    reason: "",
                    why: &[],
                    at: ctx.now,
                };
                looks::add(tx, &new)?;
            }
            Ok(())
        });
        write.await?;
        let mut recent = self.recent();
        if recent.len() + keys.len() > REMEMBERED {
            recent.clear();
        }
        recent.extend(keys.into_iter().map(|key| (key, now)));
        Ok(())
    }
}

/// Keeps what a member of staff looked at before they get the page; a page whose look cannot be kept is not given. A form
/// that is refused comes back as a page of the case, too; one that is taken leads elsewhere and shows nothing.
pub async fn looks_kept(State(log): State<LookLog>, request: Request, next: Next) -> Response {
    let staff = match request.extensions().get::<Actor>() {
        Some(Actor::Staff(staff)) => staff.clone(),
        _ => return next.run(request).await,
    };
    let path = request.uri().path().to_owned();
    let (answer, seen) = Looks::during(next.run(request)).await;
    if answer.status().is_redirection() {
        return answer;
    }
    if seen.is_empty() {
        return answer;
    }
    let keys = log.new_ones(&staff, seen, &path, log.casework.platform.clock.now());
    if keys.is_empty() {
        return answer;
    }
    match log.keep(staff, keys).await {
        Ok(()) => answer,
        Err(error) => WebError::from(error).into_response(),
    }
}
