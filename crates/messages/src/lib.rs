//! Short messages to phones.
//!
//! Invariants (each has a test): a message is written in the transaction of what it tells of, and sent after that was
//! committed; one that cannot be sent is tried again until it is too late for it; neither phone nor text lies readable in
//! the database, and nothing of a message is kept once it is sent; a gateway that is away delays nobody's request.

pub mod demo;
mod gateway;
mod outbox;
mod store;

pub use gateway::{Gateway, GatewayConfig, GatewayError, Message};
pub use outbox::{Messages, NewMessage, Sent};
