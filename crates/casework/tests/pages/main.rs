//! The applicant's pages over HTTP, on both engines.

mod apply;
mod bad_input;
mod correct;
mod day_one;
mod documents;
mod follow;
mod track;
mod typing;
mod upload;
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
