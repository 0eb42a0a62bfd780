//! What runs beside the requests: timers, and taking up what other nodes published. Stops with the server.

use std::time::Duration;

use tokio::task::JoinHandle;
use yimen_casework::Casework;
use yimen_platform::Actor;

/// How often timers are looked at; a deemed acceptance may come so much late.
const SWEEP: Duration = Duration::from_secs(15);
const REFRESH: Duration = Duration::from_secs(5);

/// The tasks in the background; dropping stops them.
pub struct Background(Vec<JoinHandle<()>>);

impl Background {
    pub fn start(casework: Casework) -> Self {
        Self(vec![tokio::spawn(sweep(casework.clone())), tokio::spawn(refresh(casework))])
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        for task in &self.0 {
            task.abort();
        }
    }
}

async fn sweep(casework: Casework) {
    let mut every = tokio::time::interval(SWEEP);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        let ctx = casework.platform.ctx(Actor::System("时限"), "sweep");
        match casework.sweep(&ctx).await {
            Ok(swept) if swept.moved > 0 => tracing::info!(moved = swept.moved, "timers moved cases"),
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "timers could not be read; trying again"),
        }
    }
}

async fn refresh(casework: Casework) {
    let mut every = tokio::time::interval(REFRESH);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        let catalogue = casework.catalogue.clone();
        match casework.platform.store.read(move |q| catalogue.refresh(q)).await {
            Ok(true) => tracing::info!("a newer catalogue is in use"),
            Ok(false) => {}
            Err(error) => tracing::error!(%error, "the catalogue could not be refreshed; trying again"),
        }
    }
}
