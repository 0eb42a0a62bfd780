//! What the tests of every crate stand on.

pub mod browser;
pub mod db;
pub mod postgres;

pub use db::{TestDb, on_each_engine, on_each_engine_async, on_each_engine_with, until};
