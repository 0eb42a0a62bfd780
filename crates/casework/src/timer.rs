//! The clock at work: deemed acceptance, lapse, end of special procedures. One case's failure stops no other's.

use std::collections::HashSet;

use yimen_platform::Ctx;
use yimen_store::{StoreError, Tx};

use crate::Casework;
use crate::error::Result;
use crate::model::Case;
use crate::policy::Act;
use crate::rules::Command;
use crate::store::case;

/// How many cases one look-up takes.
const BATCH: i64 = 200;

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

    /// Ticks every case that is due. `ctx` must be the system's.
    pub async fn sweep(&self, ctx: &Ctx) -> std::result::Result<Swept, StoreError> {
        let mut swept = Swept::default();
        let mut seen = HashSet::new();
        loop {
            let now = ctx.now;
            let due = self.platform.store.read(move |q| case::timers(q, now, BATCH)).await?;
            let fresh: Vec<i64> = due.into_iter().filter(|id| seen.insert(*id)).collect();
            if fresh.is_empty() {
                return Ok(swept);
            }
            for id in fresh {
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
