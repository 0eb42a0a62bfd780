//! The window clerk's pages over HTTP, on both engines, and by keyboard alone in a real browser.

mod authority;
mod counter;
mod crew;
mod intake;
mod keyboard;
mod look;
mod precheck;
mod queues;
mod running;
mod unmask;
#[path = "../pages/world.rs"]
#[allow(dead_code, reason = "these stories use a part of the world")]
mod world;

use world::World;
use yimen_testkit::on_each_engine_async;

/// Runs a story in a fresh city, on SQLite and on PostgreSQL.
fn story<F: Future<Output = ()>>(name: &str, tell: impl Fn(World) -> F) {
    let _ = tracing_subscriber::fmt().with_test_writer().try_init();
    on_each_engine_async(|db| {
        let world = World::new(db.store.clone(), name);
        let told = tell(world);
        async move {
            told.await;
            drop(db);
        }
    });
}
