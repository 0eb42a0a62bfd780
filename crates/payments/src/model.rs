//! What platform and gateway say to each other. Amounts are in fen.

use serde::{Deserialize, Serialize};

/// `POST /orders`: asks the gateway for a place to pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewOrder {
    pub order: String,
    pub fen: i64,
    pub subject: String,
    /// Where the gateway reports to.
    pub notify_url: String,
    /// Where the payer's browser goes afterwards.
    pub return_url: String,
}

/// The answer: where to pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Created {
    pub gateway_order: String,
    pub pay_url: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReportState {
    Waiting,
    Paid,
    Refunded,
}

/// What the gateway says of an order: told to `notify_url`, or answered to `GET /orders/{order}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub order: String,
    pub gateway_order: String,
    pub fen: i64,
    pub state: ReportState,
}

/// `POST /refunds`: gives all of an order back. Asked twice, it is one refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewRefund {
    pub order: String,
    pub fen: i64,
}
