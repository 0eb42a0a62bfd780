//! What runs beside the requests: timers, and taking up what other nodes published. Stops with the server.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinHandle;
use yimen_casework::{Casework, SWEEP_EVERY};
use yimen_identity::Identity;
use yimen_ledger::Ledger;
use yimen_ledger::witness::{Answer, KnownWitness};
use yimen_oidc::{Oidc, OidcError};
use yimen_payments::Payments;
use yimen_platform::{Actor, Platform, Sealer, keys, setting};

use crate::App;

const REFRESH: Duration = Duration::from_secs(5);
/// How long another node's change of the policy goes unnoticed here.
const POLICY: Duration = Duration::from_secs(1);
const REFUNDS: Duration = Duration::from_secs(3);
/// How late a receipt may have its proof.
const LEDGER: Duration = Duration::from_secs(5);
const WITNESSES: Duration = Duration::from_secs(60);
const SESSIONS: Duration = Duration::from_secs(300);

/// The tasks in the background; dropping stops them.
pub struct Background(Vec<JoinHandle<()>>);

impl Background {
    /// `stop` is told when the server must not go on.
    pub fn start(app: &App, key_file: PathBuf, stop: Arc<Notify>) -> Self {
        let casework = app.casework.clone();
        let mut tasks = vec![tokio::spawn(sweep(casework.clone())), tokio::spawn(refresh(casework))];
        tasks.push(tokio::spawn(look_for_keys(app.casework.platform.clone(), key_file, stop)));
        tasks.push(tokio::spawn(forget(app.identity.clone())));
        tasks.push(tokio::spawn(follow_policy(app.identity.clone())));
        tasks.push(tokio::spawn(log(app.ledger.clone())));
        tasks.push(tokio::spawn(keep_oidc(crate::app::oidc(app))));
        if !app.ledger.witnesses.is_empty() {
            tasks.push(tokio::spawn(ask_witnesses(app.ledger.clone())));
        }
        tasks.extend(app.identity.outbox().map(|messages| tokio::spawn(messages.run())));
        tasks.extend(app.payments.clone().map(|payments| tokio::spawn(give_back(payments))));
        Self(tasks)
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
    let mut every = tokio::time::interval(SWEEP_EVERY);
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

/// Takes up data keys that were made elsewhere, well before anybody seals with them, and another master key as soon as its
/// file is there. Where a key cannot be taken up, this process must not go on sealing with the one before it, which may be
/// deleted a day later: it stops in time, and says why when it is started.
async fn look_for_keys(platform: Platform, key_file: PathBuf, stop: Arc<Notify>) {
    let mut every = tokio::time::interval(REFRESH);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        let sealer = platform.sealer.clone();
        let (all, ours) = match platform.store.read(move |q| keys::seen(q, &sealer)).await {
            Ok(seen) => seen,
            Err(error) => {
                tracing::error!(%error, "the data keys could not be read; trying again");
                continue;
            }
        };
        if !ours {
            change_master(&platform, &key_file).await;
        }
        let now = platform.clock.now();
        match platform.sealer.learn(&all, now) {
            Ok(Some(number)) => tracing::info!(number, "another data key is in use"),
            Ok(None) => {}
            Err(error) => {
                tracing::error!(%error, "a data key cannot be used; trying again");
                let known = platform.sealer.data_keys();
                let unknown = all.iter().filter(|key| known.iter().all(|known| known.number != key.number));
                let soon = now.plus_millis(2 * REFRESH.as_millis() as i64);
                if unknown.into_iter().any(|key| key.used_from <= soon.0) {
                    tracing::error!(
                        "stopping: others are about to seal with a data key that cannot be used here"
                    );
                    stop.notify_one();
                }
            }
        }
    }
}

/// Goes on under the new master key, if its file is here by now.
async fn change_master(platform: &Platform, key_file: &Path) {
    let file = key_file.to_owned();
    let read = tokio::task::spawn_blocking(move || Sealer::from_existing(&file)).await;
    let wants = platform.store.read(|q| setting::get(q, setting::KEY_FINGERPRINT)).await;
    match (read, wants) {
        (Ok(Ok(new)), Ok(Some(wants))) if new.fingerprint() == wants => {
            platform.sealer.go_on_under(&new);
            tracing::info!(fingerprint = wants, "the new master key is in use");
        }
        _ => tracing::error!(
            file = %key_file.display(),
            "the master key was changed: copy the new key file here before the next data key is made"
        ),
    }
}

/// Puts in force what was approved on another node.
async fn follow_policy(identity: Identity) {
    let mut every = tokio::time::interval(POLICY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        match identity.take_up_policy().await {
            Ok(true) => tracing::info!(version = identity.policy().0, "a newer policy is in force"),
            Ok(false) => {}
            Err(error) => {
                tracing::error!(%error, "the policy could not be read; the one before stays in force; trying again");
            }
        }
    }
}

/// Removes sessions that have ended and attempts that no longer count, a little at a time.
async fn forget(identity: Identity) {
    let mut every = tokio::time::interval(SESSIONS);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        let forgotten = async {
            let mut all = 0;
            loop {
                match identity.sweep().await? {
                    0 => return Ok::<_, yimen_identity::IdentityError>(all),
                    some => all += some,
                }
            }
        };
        match forgotten.await {
            Ok(0) => {}
            Ok(forgotten) => tracing::info!(forgotten, "old sessions and attempts removed"),
            Err(error) => tracing::error!(%error, "old sessions could not be removed; trying again"),
        }
    }
}

/// A new signing key when the last has had its time; codes and tokens that have run out are removed.
async fn keep_oidc(oidc: Oidc) {
    let mut every = tokio::time::interval(SESSIONS);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        let ctx = oidc.platform.ctx(Actor::System("单点登录"), "oidc");
        let kept = async {
            if oidc.renew_key(&ctx).await? {
                tracing::info!("a new key for ID tokens");
            }
            while oidc.sweep().await? > 0 {}
            Ok::<_, OidcError>(())
        };
        if let Err(error) = kept.await {
            tracing::error!(%error, "sign-ins of other systems could not be kept in order; trying again");
        }
    }
}

/// Follows the journal for what is owed to payers and asks the gateway to give it back.
async fn give_back(payments: Payments) {
    let mut every = tokio::time::interval(REFUNDS);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        let ctx = payments.casework.platform.ctx(Actor::System("退费"), "refunds");
        let followed = payments.follow(&ctx).await;
        match (followed, payments.give_back(&ctx).await) {
            (Ok(_), Ok(done)) if done > 0 => tracing::info!(done, "payments given back"),
            (Ok(_), Ok(_)) => {}
            (Err(error), _) | (_, Err(error)) => {
                tracing::error!(%error, "refunds could not be worked on; trying again")
            }
        }
    }
}

/// Takes the journal into the transparency log and signs it.
async fn log(ledger: Ledger) {
    let mut every = tokio::time::interval(LEDGER);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        let ctx = ledger.platform.ctx(Actor::System("公开账本"), "ledger");
        if let Err(error) = ledger.follow(&ctx).await {
            tracing::error!(%error, "the ledger could not follow the journal; trying again");
        }
    }
}

/// Has witnesses cosign the newest checkpoint. One that is away is asked again; the log does not wait for it.
async fn ask_witnesses(ledger: Ledger) {
    let client = match witness_client() {
        Ok(client) => client,
        Err(error) => return tracing::error!(%error, "witnesses cannot be asked"),
    };
    let mut every = tokio::time::interval(WITNESSES);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        for witness in ledger.witnesses.iter() {
            ask_witness(&ledger, witness, &client).await;
        }
    }
}

async fn ask_witness(ledger: &Ledger, witness: &KnownWitness, client: &reqwest::Client) {
    let post = |url: String, body: String| async move {
        let said = client.post(url).body(body).send().await.map_err(|e| e.to_string())?;
        let (status, text) = (said.status(), said.text().await.map_err(|e| e.to_string())?);
        Ok(match (status.as_u16(), text.trim().parse()) {
            (200, _) => Answer::Cosigned(text),
            (409, Ok(seen)) => Answer::LastSaw(seen),
            _ => Answer::Refused(format!("{status}: {}", text.trim())),
        })
    };
    match ledger.ask_witness(witness, post).await {
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "not cosigned"),
    }
}

fn witness_client() -> reqwest::Result<reqwest::Client> {
    yimen_payments::install_crypto();
    reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(3))
        .timeout(Duration::from_secs(10))
        .build()
}
