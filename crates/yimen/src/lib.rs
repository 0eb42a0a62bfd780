//! The binary as a library: opening the platform, wiring the domains, so that tests and benchmarks run what is served.

pub mod app;
pub mod audit;
pub mod background;
pub mod backup;
pub mod cast;
pub mod disk;
pub mod health;
pub mod hold;
pub mod ledger;
pub mod listen;
pub mod open;
pub mod reseal;
pub mod rows;

pub use app::{App, router};
pub use open::{OpenError, Place, open};

/// Cases, facts and pages are many small pieces: glibc's allocator took a fifth of the processor's time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
