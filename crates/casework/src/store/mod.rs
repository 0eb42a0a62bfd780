//! Every SQL statement of casework, one function each.

pub mod board;
pub mod case;
pub mod documents;
pub mod inbox;
pub mod lists;
pub(crate) mod live;
pub mod looks;
pub mod materials;
pub(crate) mod records;
pub mod reseal;

pub use records::{bills, case_of_bill as records_of_bill};
pub mod task;
