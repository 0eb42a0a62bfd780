//! Stories of signing in, told on both engines.

mod accounts;
mod admin;
mod audit;
mod browser;
mod codes;
mod factor;
mod outage;
mod pages;
mod policy;
mod rules;
mod sessions;
mod sign_in;
mod world;
