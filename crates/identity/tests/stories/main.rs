//! Stories of signing in, told on both engines.

mod accounts;
mod outage;
mod pages;
mod sessions;
mod sign_in;
mod world;
