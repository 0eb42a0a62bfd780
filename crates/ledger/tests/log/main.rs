//! The log over a real journal, on both engines: growing, receipts, tampering, witnesses, and what the web sees of it.

mod receipts;
mod tampering;
mod web;
mod witnesses;
mod world;
