//! We as provider: people sign in to the departments' systems through us. Flows whole with a client library of somebody
//! else's (npm `openid-client`), mistakes by hand.

mod admin;
mod browser;
mod ends;
mod flow;
mod library;
mod mistakes;
mod world;
