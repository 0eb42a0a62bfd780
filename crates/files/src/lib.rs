//! Files that people send, looked into before they are kept: pictures are encoded anew, archives have bounds, documents
//! that act by themselves are found, a virus scanner is asked.
//!
//! It knows no page and no database. Whatever the bytes are, nothing here panics, and none takes more memory than its bound.

pub mod clamd;
pub mod pdf;
pub mod picture;
pub mod samples;
pub mod zip;
