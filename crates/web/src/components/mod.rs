//! The components: each is plain data with a builder, and a template of the same name in `templates/components`.
//!
//! A page puts one in by naming it, `{{ field }}`, `{{ timeline }}`: it renders itself, escaped inside, and its template
//! is compiled once here instead of in every page that uses it.

mod action;
mod chart;
mod clock;
mod document;
mod field;
mod lists;
mod materials;
mod messages;
mod navigation;
mod progress;
mod step_picture;
mod steps;
mod table;

pub use action::{Button, ConfirmationPanel, KeyHint, KeyHints, aria_key, icon};
pub use chart::{BarChart, StatTile};
pub use clock::{Clock, ClockState};
pub use document::Document;
pub use field::{Choice, Field, FieldKind, Width};
pub use lists::{SummaryList, SummaryRow, TaskItem, TaskList};
pub use materials::{FileKindWords, MaterialRow, MaterialState, UploadBox, UploadedFile};
pub use messages::{EmptyState, ErrorSummary, Notice, NoticeKind, StatusTag, Tone};
pub use navigation::{Card, Pager, SearchBox, Tabs};
pub use progress::{Lane, LaneStep, StepState, Timeline};
pub use steps::{StepGraph, StepNode};
pub use table::{Cell, Column, Row, Table};

/// Marks components as already escaped, so that `{{ component }}` puts their markup in.
macro_rules! renders_itself {
    ($($component:ty),* $(,)?) => { $(impl askama::filters::HtmlSafe for $component {})* };
}
pub(crate) use renders_itself;
