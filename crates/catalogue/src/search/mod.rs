//! Finding a service: an index in memory over names, aliases, summaries, themes, departments and codes.
//!
//! Scores are BM25 with the fields weighted (a word of the name counts more than one of the summary). People type
//! everyday words, pinyin, initials, and slips of either; when nothing fits, the nearest services are offered as such.

mod index;
mod tokens;

use crate::model::Audience;

pub use index::{Entry, Index};

/// What a search may be narrowed to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Filter<'a> {
    pub audience: Option<Audience>,
    pub theme: Option<&'a str>,
    /// Department that decides or takes part.
    pub department: Option<&'a str>,
}

/// What was found, best first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    pub hits: Vec<Hit>,
    /// Nothing fits: the hits are only the nearest, and the page should say so.
    pub is_guess: bool,
    /// Themes near to what was typed.
    pub themes: Vec<String>,
    /// Number of fitting services before the limit.
    pub total: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Service id.
    pub service: String,
    pub score: f32,
}

#[cfg(test)]
mod tests;
