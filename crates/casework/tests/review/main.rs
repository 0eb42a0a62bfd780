//! Reviewers' and supervisors' pages over HTTP, on both engines.

mod attacks;
mod authority;
mod board;
mod crew;
mod day_one;
mod doors;
mod inbox;
mod life;
mod looks;
mod policy;
mod task;
mod unmask;
#[path = "../pages/world.rs"]
#[allow(dead_code, reason = "these stories use a part of the world")]
mod world;

use world::World;
use yimen_testkit::on_each_engine_async;

/// Runs a story in a fresh city, on SQLite and on PostgreSQL.
fn story<F: Future<Output = ()>>(name: &str, tell: impl Fn(World) -> F) {
    on_each_engine_async(|db| {
        let world = World::new(db.store.clone(), name);
        let told = tell(world);
        async move {
            told.await;
            drop(db);
        }
    });
}
