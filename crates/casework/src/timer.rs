//! The clock at work: deemed acceptance, lapse, end of special procedures. One case's failure stops no other's.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use yimen_platform::Ctx;
use yimen_standards::time::Instant;
use yimen_store::{StoreError, Tx};

use crate::Casework;
use crate::error::Result;
use crate::model::Case;
use crate::policy::Act;
use crate::rules::Command;
use crate::store::case;

/// How many cases one look-up takes.
const BATCH: i64 = 200;

/// How often the clock is looked at; a deemed acceptance may come so much late.
pub const SWEEP_EVERY: Duration = Duration::from_secs(15);

/// When timers were last looked at by this process, and how many cases could not be moved then. A rule that nobody carries
/// out is worse than none: supervisors see this on their page, machines on `/readyz`.
#[derive(Debug, Default)]
pub struct Sweeps(Mutex<Option<(Instant, usize)>>);

impl Sweeps {
    fn note(&self, at: Instant, failed: usize) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((at, failed));
    }

    /// The last sweep that came to its end: when, and how many cases failed in it.
    pub fn last(&self) -> Option<(Instant, usize)> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a sweep did.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Swept {
    pub moved: usize,
    /// Cases whose command failed; they are tried again at the next sweep.
    pub failed: Vec<i64>,
}

impl Casework {
    /// Does to one case what time alone brings about.
    pub fn tick(&self, tx: &mut Tx<'_>, ctx: &Ctx, id: i64) -> Result<Case> {
        let fetched = self.fetch(tx, ctx, id, Act::Tick)?;
        self.execute(tx, ctx, &fetched, &Command::Tick, None)
    }

    /// Ticks every case that is due. `ctx` must be the system's. Each is looked at once a sweep, so that however many fail,
    /// those behind them get their turn.
    pub async fn sweep(&self, ctx: &Ctx) -> std::result::Result<Swept, StoreError> {
        let mut swept = Swept::default();
        let (now, mut after) = (ctx.now, (0, 0));
        loop {
            let due = self.platform.store.read(move |q| case::timers(q, now, after, BATCH)).await?;
            let Some(last) = due.last() else {
                self.sweeps.note(now, swept.failed.len());
                return Ok(swept);
            };
            after = *last;
            for (_, id) in due {
                let (casework, ctx) = (self.clone(), ctx.clone());
                let ticked =
                    self.platform.store.write("case.tick", move |tx| casework.tick(tx, &ctx, id)).await;
                match ticked {
                    Ok(_) => swept.moved += 1,
                    Err(error) => {
                        tracing::error!(case = id, %error, "timer could not move a case");
                        swept.failed.push(id);
                    }
                }
            }
        }
    }
}
