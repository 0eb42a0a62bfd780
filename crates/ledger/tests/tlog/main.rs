//! The log against its specifications, against a second implementation, and against other programs.

mod notes;
mod proofs;
mod tiles;
