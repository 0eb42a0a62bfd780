//! Tables that stay readable at two hundred rows.

use askama::Template;

use super::clock::Clock;
use super::messages::StatusTag;
use super::renders_itself;

#[derive(Debug, Clone)]
pub struct Column {
    title: String,
    number: bool,
    whole: bool,
    hide_on_phone: bool,
}

impl Column {
    pub fn text(title: impl Into<String>) -> Column {
        Column { title: title.into(), number: false, whole: false, hide_on_phone: false }
    }
    /// Right-aligned, tabular figures.
    pub fn number(title: impl Into<String>) -> Column {
        Column { title: title.into(), number: true, whole: false, hide_on_phone: false }
    }
    /// Short names, broken over lines only on a phone.
    #[must_use]
    pub fn whole(mut self) -> Column {
        self.whole = true;
        self
    }
    /// The least important columns go first on a narrow screen.
    #[must_use]
    pub fn wide_only(mut self) -> Column {
        self.hide_on_phone = true;
        self
    }

    fn class(&self) -> String {
        let classes = [(self.number, "num"), (self.whole, "whole"), (self.hide_on_phone, "wide-only")];
        classes.iter().filter(|(on, _)| *on).map(|(_, class)| *class).collect::<Vec<_>>().join(" ")
    }
}

#[derive(Debug, Clone)]
pub enum Cell {
    Text(String),
    /// Text with a second, quieter line.
    Two(String, String),
    Link {
        href: String,
        text: String,
        note: String,
    },
    Tag(StatusTag),
    /// Text with a tag that sets the row apart from its neighbours.
    Marked(String, StatusTag),
    Clock(Box<Clock>),
}

impl Cell {
    pub fn text(text: impl Into<String>) -> Cell {
        Cell::Text(text.into())
    }
    pub fn two(text: impl Into<String>, note: impl Into<String>) -> Cell {
        Cell::Two(text.into(), note.into())
    }
    pub fn marked(text: impl Into<String>, tag: StatusTag) -> Cell {
        Cell::Marked(text.into(), tag)
    }
    pub fn link(href: impl Into<String>, text: impl Into<String>) -> Cell {
        Cell::Link { href: href.into(), text: text.into(), note: String::new() }
    }
    pub fn link_with(href: impl Into<String>, text: impl Into<String>, note: impl Into<String>) -> Cell {
        Cell::Link { href: href.into(), text: text.into(), note: note.into() }
    }
}

impl From<StatusTag> for Cell {
    fn from(tag: StatusTag) -> Cell {
        Cell::Tag(tag)
    }
}

impl From<Clock> for Cell {
    fn from(clock: Clock) -> Cell {
        Cell::Clock(Box::new(clock.compact()))
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::Text(text.to_string())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell::Text(text)
    }
}

/// One row; the first cell is its heading.
#[derive(Debug, Clone)]
pub struct Row {
    cells: Vec<Cell>,
    late: bool,
}

impl Row {
    pub fn new(cells: Vec<Cell>) -> Row {
        Row { cells, late: false }
    }
    /// Marked at its edge, besides the words in it.
    #[must_use]
    pub fn late(mut self) -> Row {
        self.late = true;
        self
    }
}

#[derive(Debug, Clone, Template)]
#[template(path = "components/table.html")]
pub struct Table {
    caption: String,
    hide_caption: bool,
    columns: Vec<Column>,
    rows: Vec<Row>,
    stacked: bool,
    empty: String,
    selectable: bool,
}

impl Table {
    pub fn new(caption: impl Into<String>, columns: Vec<Column>) -> Table {
        Table {
            caption: caption.into(),
            hide_caption: false,
            columns,
            rows: Vec::new(),
            stacked: true,
            empty: "没有内容".into(),
            selectable: false,
        }
    }
    /// The caption is only for screen readers: a heading just above says the same.
    #[must_use]
    pub fn hide_caption(mut self) -> Table {
        self.hide_caption = true;
        self
    }
    /// Stays a table on a phone, where by default each row becomes a small list: for a few short columns of numbers.
    #[must_use]
    pub fn keep_columns(mut self) -> Table {
        self.stacked = false;
        self
    }
    /// Rows are moved through with j and k and opened with o.
    #[must_use]
    pub fn keys(mut self) -> Table {
        self.selectable = true;
        self
    }
    #[must_use]
    pub fn empty(mut self, text: impl Into<String>) -> Table {
        self.empty = text.into();
        self
    }
    #[must_use]
    pub fn row(mut self, row: Row) -> Table {
        self.rows.push(row);
        self
    }
    #[must_use]
    pub fn rows(mut self, rows: impl IntoIterator<Item = Row>) -> Table {
        self.rows.extend(rows);
        self
    }

    fn cell_tag(&self, index: &usize) -> &'static str {
        if *index == 0 { "th" } else { "td" }
    }

    /// A row with more cells than columns keeps them, as text.
    fn column(&self, index: &usize) -> &Column {
        static SPARE: Column =
            Column { title: String::new(), number: false, whole: false, hide_on_phone: false };
        self.columns.get(*index).unwrap_or(&SPARE)
    }
}

renders_itself!(Table);
