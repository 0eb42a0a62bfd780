//! What authority and encryption cost: the same lives with data sealed and with data left as it is, in turns, and the check
//! of who may do what by itself.

use std::sync::Arc;
use std::time::Instant;

use sha2::{Digest, Sha256};
use yimen_casework::policy::{Act, relations};
use yimen_casework::store::case;
use yimen_platform::{Actor, Algorithm, DataCipher, MasterKey};

use crate::engine::Engine;
use crate::lives::{self, Until};
use crate::stats::{self, median};
use crate::world::{Failure, World};

/// Leaves everything as it is. For this comparison only: whoever has the database reads it.
pub struct Bare;

impl MasterKey for Bare {
    fn derive(&self, purpose: &str) -> [u8; 32] {
        Sha256::digest(purpose).into()
    }
    fn wrap(&self, _: &str, key: &[u8; 32]) -> Vec<u8> {
        key.to_vec()
    }
    fn unwrap(&self, _: &str, wrapped: &[u8]) -> Option<[u8; 32]> {
        wrapped.try_into().ok()
    }
    fn cipher(&self, _: Algorithm, _: &[u8; 32]) -> Option<Box<dyn DataCipher>> {
        Some(Box::new(Bare))
    }
}

impl DataCipher for Bare {
    fn seal(&self, _: [u8; 12], _: &str, plain: &[u8]) -> Option<Vec<u8>> {
        Some(plain.to_vec())
    }
    fn open(&self, _: [u8; 12], _: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        Some(sealed.to_vec())
    }
}

/// What it came to, in milliseconds of processor time a life.
pub struct Guards {
    pub sealed: f64,
    pub bare: f64,
    /// Of all checks of a life.
    pub checks: f64,
}

impl Guards {
    /// How much longer a life takes with both than it would without.
    pub fn cost(&self) -> f64 {
        self.sealed / (self.bare - self.checks) - 1.0
    }
}

/// Runs the lives in turns on a world whose data is sealed and on one whose is not.
pub async fn measure(engine: &Engine, count: usize, rounds: usize) -> Result<Guards, Failure> {
    let sealed = Arc::new(World::new(&engine.place("sealed").await?, 200, 0, None).await?);
    let bare = Arc::new(World::bare(&engine.place("bare").await?, 200).await?);
    let (mut with, mut without, mut commands) = (Vec::new(), Vec::new(), 0.0);
    for world in [&sealed, &bare] {
        lives::run(world, count / 4, 7, Until::Closed).await?;
    }
    for round in 0..rounds {
        for (world, times) in [(&sealed, &mut with), (&bare, &mut without)] {
            let before = stats::cpu();
            commands = lives::run(world, count, 1_000 * (round as u64 + 1), Until::Closed).await?.1;
            times.push((stats::cpu() - before).as_secs_f64() * 1e3 / count as f64);
        }
    }
    let checks = check(&sealed)? * commands;
    drop((sealed, bare));
    engine.drop("sealed").await?;
    engine.drop("bare").await?;
    Ok(Guards { sealed: median(with), bare: median(without), checks })
}

const CHECKS: usize = 200_000;

/// How long it takes to find out how somebody stands to a case and whether they may act, in milliseconds.
fn check(world: &World) -> Result<f64, Failure> {
    let cases = world.platform.store.read_blocking(|q| {
        let mut some = Vec::new();
        for id in case::newest(q, 64)? {
            some.extend(case::load(q, id)?);
        }
        Ok::<_, yimen_store::StoreError>(some)
    })?;
    if cases.is_empty() {
        return Err("no case to check".into());
    }
    let actors: Vec<Actor> = world.staff.iter().cloned().map(Actor::Staff).collect();
    let policy = world.casework.policy.get();
    let started = Instant::now();
    let mut may = 0;
    for turn in 0..CHECKS {
        let stands = relations(&policy, &actors[turn % actors.len()], &cases[turn % cases.len()]);
        may += usize::from(policy.any(stands, Act::Work));
    }
    let took = started.elapsed().as_secs_f64() * 1e3 / CHECKS as f64;
    // Read, so that nothing of it is left out by the compiler; somebody may always work on something.
    if may == 0 { Err("nobody may do anything".into()) } else { Ok(took) }
}
