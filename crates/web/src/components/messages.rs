//! What the page says about itself: error summary, status tags, notices, emptiness.

use askama::Template;

use super::renders_itself;
use crate::forms::FieldError;
use crate::page::Link;

/// First in `main`: each message leads to its field and is worded as beside it.
#[derive(Debug, Clone, Template)]
#[template(path = "components/error_summary.html")]
pub struct ErrorSummary<'a> {
    pub errors: &'a [FieldError],
}

impl askama::filters::HtmlSafe for ErrorSummary<'_> {}

/// Colour of a state; the word always stands beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Grey: not yet, not applicable.
    #[default]
    Neutral,
    /// Blue outline: something to do.
    Info,
    /// Blue: in progress.
    Active,
    /// Green.
    Done,
    /// Amber: near the limit, waiting for someone.
    Warn,
    /// Red: errors and lateness only.
    Problem,
}

impl Tone {
    pub fn class(self) -> &'static str {
        match self {
            Tone::Neutral => "neutral",
            Tone::Info => "info",
            Tone::Active => "active",
            Tone::Done => "done",
            Tone::Warn => "warn",
            Tone::Problem => "problem",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "components/status_tag.html")]
pub struct StatusTag {
    text: String,
    tone: Tone,
}

impl StatusTag {
    pub fn new(text: impl Into<String>, tone: Tone) -> StatusTag {
        StatusTag { text: text.into(), tone }
    }
    pub fn text(&self) -> &str {
        &self.text
    }
    pub fn tone(&self) -> Tone {
        self.tone
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeKind {
    Info,
    Success,
    Warning,
    Problem,
}

impl NoticeKind {
    fn class(self) -> &'static str {
        match self {
            NoticeKind::Info => "info",
            NoticeKind::Success => "done",
            NoticeKind::Warning => "warn",
            NoticeKind::Problem => "problem",
        }
    }
    fn icon(self) -> &'static str {
        match self {
            NoticeKind::Info => "info",
            NoticeKind::Success => "check-circle",
            NoticeKind::Warning | NoticeKind::Problem => "alert",
        }
    }
    fn word(self) -> &'static str {
        match self {
            NoticeKind::Info => "提示",
            NoticeKind::Success => "成功",
            NoticeKind::Warning => "注意",
            NoticeKind::Problem => "重要",
        }
    }
}

/// A banner: one heading, some sentences, links.
#[derive(Debug, Clone, Template)]
#[template(path = "components/notice.html")]
pub struct Notice {
    kind: NoticeKind,
    title: String,
    texts: Vec<String>,
    links: Vec<Link>,
}

impl Notice {
    pub fn new(kind: NoticeKind, title: impl Into<String>) -> Notice {
        Notice { kind, title: title.into(), texts: Vec::new(), links: Vec::new() }
    }
    pub fn info(title: impl Into<String>) -> Notice {
        Notice::new(NoticeKind::Info, title)
    }
    pub fn success(title: impl Into<String>) -> Notice {
        Notice::new(NoticeKind::Success, title)
    }
    pub fn warning(title: impl Into<String>) -> Notice {
        Notice::new(NoticeKind::Warning, title)
    }
    pub fn problem(title: impl Into<String>) -> Notice {
        Notice::new(NoticeKind::Problem, title)
    }
    #[must_use]
    pub fn text(mut self, sentence: impl Into<String>) -> Notice {
        self.texts.push(sentence.into());
        self
    }
    #[must_use]
    pub fn link(mut self, href: impl Into<String>, text: impl Into<String>) -> Notice {
        self.links.push(Link::new(href, text));
        self
    }
}

/// Nothing here, why, and what one can do.
#[derive(Debug, Clone, Template)]
#[template(path = "components/empty_state.html")]
pub struct EmptyState {
    icon: &'static str,
    title: String,
    text: String,
    link: Option<Link>,
}

impl EmptyState {
    pub fn new(icon: &'static str, title: impl Into<String>, text: impl Into<String>) -> EmptyState {
        EmptyState { icon, title: title.into(), text: text.into(), link: None }
    }
    #[must_use]
    pub fn link(mut self, href: impl Into<String>, text: impl Into<String>) -> EmptyState {
        self.link = Some(Link::new(href, text));
        self
    }
}

renders_itself!(StatusTag, Notice, EmptyState);
