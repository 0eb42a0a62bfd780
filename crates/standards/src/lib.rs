//! National standards and the working-time law as plain functions: no input or output, no clock, no randomness.

pub mod time;
