//! The catalogue's pages: what can be done here, and what one service asks. Public; nothing is written.

mod citizen;
mod links;
mod questions;
mod words;

pub use citizen::{Panel, Panels, routes};
pub use links::query;
pub use questions::{answer_words, posted_answers, question_control, take_answers};
