//! The platform's side of the message gateway: signed JSON over HTTP, short time-outs, typed failures.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use yimen_platform::Clock;
use yimen_platform::sign::{SIGNATURE, Signer, TIMESTAMP};

/// Where the gateway is and what we share with it.
#[derive(Clone)]
pub struct GatewayConfig {
    /// `http://127.0.0.1:8091` for the demo counterpart.
    pub base: String,
    pub secret: String,
}

/// One message as the gateway takes it. The same `id` again is the same message: it is not sent twice.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub id: String,
    /// A mobile number, eleven digits.
    pub phone: String,
    pub text: String,
}

#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    #[error("the message gateway cannot be reached: {0}")]
    Unreachable(String),
    /// It will not take this message, now or later.
    #[error("the message gateway refused: {0}")]
    Refused(String),
}

pub struct Gateway {
    config: GatewayConfig,
    signer: Signer,
    client: reqwest::Client,
    clock: Arc<dyn Clock>,
}

impl Gateway {
    pub fn new(config: GatewayConfig, clock: Arc<dyn Clock>) -> Result<Self, GatewayError> {
        // Fails only when another part of the program has installed one, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(3))
            .timeout(Duration::from_secs(10))
            .build()
            .map_err(|e| GatewayError::Unreachable(e.to_string()))?;
        Ok(Self { signer: Signer::new(config.secret.as_bytes()), config, client, clock })
    }

    pub async fn send(&self, message: &Message) -> Result<(), GatewayError> {
        let body = serde_json::to_vec(message).map_err(|e| GatewayError::Refused(e.to_string()))?;
        let now = self.clock.now().0;
        let signature = self.signer.sign(now, &body);
        let request = self.client.post(format!("{}/messages", self.config.base)).body(body);
        let request = request.header("content-type", "application/json");
        let request = request.header(TIMESTAMP, now.to_string()).header(SIGNATURE, signature);
        // Without the address: the message's text is in no log.
        let away = |e: reqwest::Error| GatewayError::Unreachable(e.without_url().to_string());
        let status = request.send().await.map_err(away)?.status();
        match status.as_u16() {
            200..=299 => Ok(()),
            // Only these say something about the message; all others are the gateway's trouble and pass.
            400 | 413 | 422 => Err(GatewayError::Refused(status.to_string())),
            _ => Err(GatewayError::Unreachable(status.to_string())),
        }
    }
}
