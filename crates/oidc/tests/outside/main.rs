//! People sign in through an outside provider: npm `oidc-provider` for the whole way, one of our own making for what a
//! provider should never do.

mod flow;
#[path = "../provider/library.rs"]
#[allow(dead_code, reason = "only where the packages are")]
mod library;
mod mistakes;
mod world;
