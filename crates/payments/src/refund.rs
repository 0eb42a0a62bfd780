//! Giving money back: a follower of the journal notes what is owed, a worker asks the gateway until it is done.

use yimen_casework::model::BillState;
use yimen_platform::journal::Entry;
use yimen_platform::{Actor, Ctx, follower};
use yimen_standards::time::Instant;
use yimen_store::{StoreError, Tx};

use crate::Payments;
use crate::model::NewRefund;
use crate::store::{self, Wanted};

pub const FOLLOWER: &str = "payments.refunds";

/// What a case's end leaves to be given back shows in entries of these verbs.
const VERBS: [&str; 4] = ["task.decided", "case.withdrawn", "case.voided", "bill.paid"];

const AT_ONCE: i64 = 50;
const FIRST_RETRY_MS: i64 = 60_000;
const LONGEST_RETRY_MS: i64 = 6 * 3_600_000;

impl Payments {
    /// Follows the journal up to its end. Returns how many entries were looked at.
    pub async fn follow(&self, ctx: &Ctx) -> Result<usize, StoreError> {
        let mut looked = 0;
        loop {
            let payments = self.clone();
            let apply =
                move |tx: &mut Tx<'_>, ctx: &Ctx, entry: &Entry| payments.note_refunds(tx, ctx, entry);
            match follower::step(&self.casework.platform.store, FOLLOWER, ctx, apply).await? {
                0 => return Ok(looked),
                n => looked += n,
            }
        }
    }

    fn note_refunds(&self, tx: &mut Tx<'_>, ctx: &Ctx, entry: &Entry) -> Result<(), StoreError> {
        if !VERBS.contains(&entry.verb.as_str()) {
            return Ok(());
        }
        let bills = yimen_casework::store::bills(tx, entry.case_id)?;
        for bill in bills.iter().filter(|b| b.state == BillState::Refunding) {
            // A bill settled outside the gateway has no order here; its money goes back by hand.
            if let Some(order) = store::of_bill(tx, bill.id)? {
                store::want_refund(tx, &order, ctx.now)?;
            }
        }
        Ok(())
    }

    /// Asks the gateway for every refund that is due. Returns how many were done.
    pub async fn give_back(&self, ctx: &Ctx) -> Result<usize, StoreError> {
        let now = ctx.now;
        let platform_store = &self.casework.platform.store;
        let wanted = platform_store.read(move |q| store::wanted(q, now, AT_ONCE)).await?;
        let mut done = 0;
        for refund in wanted {
            let new = NewRefund { order: refund.number.clone(), fen: refund.total };
            match self.gateway.refund(&new).await {
                Ok(_) => {
                    self.refunded(&refund).await?;
                    done += 1;
                }
                Err(error) => {
                    tracing::warn!(order = refund.number, %error, "refund failed; it is tried again");
                    let next = retry_at(now, refund.attempts);
                    let text = error.to_string();
                    platform_store
                        .write("payment.refund_failed", move |tx| {
                            store::refund_failed(tx, refund.order_id, next, &text)
                        })
                        .await?;
                }
            }
        }
        Ok(done)
    }

    async fn refunded(&self, refund: &Wanted) -> Result<(), StoreError> {
        let (payments, refund) = (self.clone(), refund.clone());
        let ctx = self.casework.platform.ctx(Actor::System("支付网关"), refund.number.as_str());
        self.casework
            .platform
            .store
            .write("payment.refunded", move |tx| {
                store::refund_done(tx, refund.order_id, ctx.now)?;
                let settled = payments.casework.refunded(tx, &ctx, refund.bill_id);
                settled.map(|_| ()).map_err(|e| StoreError::Other(e.to_string()))
            })
            .await
    }
}

/// Doubles from a minute to six hours.
fn retry_at(now: Instant, attempts: i64) -> Instant {
    let wait = FIRST_RETRY_MS << attempts.clamp(0, 12);
    now.plus_millis(wait.min(LONGEST_RETRY_MS))
}
