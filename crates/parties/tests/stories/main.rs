//! Stories of parties, told on both engines.

mod find;
mod numbers;
mod register;
mod world;
