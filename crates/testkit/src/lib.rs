//! What the tests of every crate stand on.

pub mod db;

pub use db::{TestDb, on_each_engine};
