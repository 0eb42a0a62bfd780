//! The living city of the demo: invented people who apply, windows and departments that work, months of it, made by the
//! real commands under a moved clock. The same seed and the same end give the same city.
//!
//! `people.rs` invents persons, `answers.rs` fills in any service's form, `life.rs` lets time pass.

mod act;
mod answers;
mod life;
mod paper;
mod people;

pub use answers::{fill, records};
pub use life::{City, CityError, KNOWN, Lived, Plan, Progress, file_papers, live};
pub use paper::{Paper, papers};
pub use people::{Person, people};
