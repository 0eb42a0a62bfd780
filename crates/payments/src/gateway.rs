//! The platform's side of the payment gateway: signed JSON over HTTP, short time-outs, typed failures.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use yimen_platform::Clock;
use yimen_platform::sign::{SIGNATURE, Signer, TIMESTAMP};

use crate::model::{Created, NewOrder, NewRefund, Report};

/// Where the gateway is and what it calls us by.
#[derive(Clone)]
pub struct GatewayConfig {
    /// `http://127.0.0.1:8090` for the demo counterpart.
    pub base: String,
    pub secret: String,
    /// Our own address as the gateway and the payer's browser reach it.
    pub own_base: String,
}

#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    #[error("the payment gateway cannot be reached: {0}")]
    Unreachable(String),
    #[error("the payment gateway refused: {0}")]
    Refused(String),
    #[error("the payment gateway answered what cannot be read: {0}")]
    Unreadable(String),
}

pub struct Gateway {
    pub(crate) config: GatewayConfig,
    signer: Signer,
    client: reqwest::Client,
    clock: Arc<dyn Clock>,
}

/// TLS of every client in the program is done by ring.
pub fn install_crypto() {
    // Fails only when another part of the program has installed one, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

impl Gateway {
    pub fn new(config: GatewayConfig, clock: Arc<dyn Clock>) -> Result<Self, GatewayError> {
        install_crypto();
        let client = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(3))
            .timeout(Duration::from_secs(10))
            .build()
            .map_err(|e| GatewayError::Unreachable(e.to_string()))?;
        Ok(Self { signer: Signer::new(config.secret.as_bytes()), config, client, clock })
    }

    /// The gateway's origin, for the pages' form policy.
    pub fn origin(&self) -> &str {
        &self.config.base
    }

    pub async fn create(&self, order: &NewOrder) -> Result<Created, GatewayError> {
        self.post("/orders", order).await
    }

    pub async fn refund(&self, refund: &NewRefund) -> Result<Report, GatewayError> {
        self.post("/refunds", refund).await
    }

    pub async fn ask(&self, order: &str) -> Result<Report, GatewayError> {
        let now = self.clock.now().0;
        let path = format!("/orders/{order}");
        let signature = self.signer.sign(now, path.as_bytes());
        let request = self.client.get(format!("{}{path}", self.config.base));
        self.send(request.header(TIMESTAMP, now.to_string()).header(SIGNATURE, signature)).await
    }

    /// Whether a report to us is the gateway's.
    pub fn is_theirs(&self, timestamp: &str, signature: &str, body: &[u8]) -> bool {
        self.signer.verify(self.clock.now(), timestamp, signature, body)
    }

    async fn post<A: DeserializeOwned>(
        &self,
        path: &str,
        message: &impl Serialize,
    ) -> Result<A, GatewayError> {
        let body = serde_json::to_vec(message).map_err(|e| GatewayError::Unreadable(e.to_string()))?;
        let now = self.clock.now().0;
        let signature = self.signer.sign(now, &body);
        let request = self.client.post(format!("{}{path}", self.config.base)).body(body);
        let request = request.header("content-type", "application/json");
        self.send(request.header(TIMESTAMP, now.to_string()).header(SIGNATURE, signature)).await
    }

    async fn send<A: DeserializeOwned>(&self, request: reqwest::RequestBuilder) -> Result<A, GatewayError> {
        let answer = request.send().await.map_err(|e| GatewayError::Unreachable(e.to_string()))?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(|e| GatewayError::Unreachable(e.to_string()))?;
        if status.is_server_error() {
            return Err(GatewayError::Unreachable(status.to_string()));
        }
        if !status.is_success() {
            return Err(GatewayError::Refused(format!("{status} {}", String::from_utf8_lossy(&body))));
        }
        serde_json::from_slice(&body).map_err(|e| GatewayError::Unreadable(e.to_string()))
    }
}
