//! Paying: an order at the gateway for a bill of casework, its settlement told once however often it is reported, and
//! money given back when a case ends without what was paid for.
//!
//! Invariants: the amount comes from the bill and is checked against what the gateway reports; only a signed report
//! settles; a bill is settled in the same transaction as its order; refunds follow the journal and are retried.

pub mod demo;
mod gateway;
mod model;
mod pages;
mod refund;
mod settle;
mod store;

use std::sync::Arc;

pub use gateway::{Gateway, GatewayConfig, GatewayError, install_crypto};
pub use model::{Created, NewOrder, Report, ReportState};
pub use pages::routes;
pub use refund::FOLLOWER;
pub use settle::PaymentError;
use yimen_casework::Casework;
pub use yimen_platform::sign::{SIGNATURE, Signer, TIMESTAMP};

/// The domain's handle. Cheap to clone.
#[derive(Clone)]
pub struct Payments {
    pub casework: Casework,
    pub gateway: Arc<Gateway>,
}
