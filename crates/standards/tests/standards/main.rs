//! Tests of the standards: vectors, properties, and deadline tables that can be checked by hand.

mod calendar;
mod clock;
mod codes;
mod golden;
mod people;
mod values;
