//! Every SQL statement of casework, one function each.

pub mod case;
pub mod documents;
pub mod lists;
pub mod materials;
mod records;

pub use records::case_of_bill as records_of_bill;
pub mod task;
