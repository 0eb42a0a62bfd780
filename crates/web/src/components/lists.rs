//! Task list of a long application, and the list of answers to check before submitting.

use askama::Template;

use super::messages::StatusTag;
use super::renders_itself;

/// One row of a task list; the whole row is the link, unless it cannot be started yet.
#[derive(Debug, Clone)]
pub struct TaskItem {
    title: String,
    hint: String,
    href: Option<String>,
    status: StatusTag,
}

impl TaskItem {
    pub fn new(title: impl Into<String>, status: StatusTag) -> TaskItem {
        TaskItem { title: title.into(), hint: String::new(), href: None, status }
    }
    #[must_use]
    pub fn href(mut self, href: impl Into<String>) -> TaskItem {
        self.href = Some(href.into());
        self
    }
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> TaskItem {
        self.hint = hint.into();
        self
    }
}

#[derive(Debug, Clone, Default)]
struct TaskSection {
    title: String,
    items: Vec<TaskItem>,
}

#[derive(Debug, Clone, Default, Template)]
#[template(path = "components/task_list.html")]
pub struct TaskList {
    sections: Vec<TaskSection>,
}

impl TaskList {
    pub fn new() -> TaskList {
        TaskList::default()
    }
    /// Begins a section; items before the first one stand without a heading.
    #[must_use]
    pub fn section(mut self, title: impl Into<String>) -> TaskList {
        self.sections.push(TaskSection { title: title.into(), items: Vec::new() });
        self
    }
    #[must_use]
    pub fn item(mut self, item: TaskItem) -> TaskList {
        if self.sections.is_empty() {
            self.sections.push(TaskSection::default());
        }
        if let Some(section) = self.sections.last_mut() {
            section.items.push(item);
        }
        self
    }
}

/// One answer: what was asked, what was said, where to change it.
#[derive(Debug, Clone)]
pub struct SummaryRow {
    key: String,
    values: Vec<String>,
    change: Option<String>,
    source: String,
}

impl SummaryRow {
    /// An empty value reads 未填写.
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> SummaryRow {
        let value = value.into();
        SummaryRow {
            key: key.into(),
            values: if value.is_empty() { Vec::new() } else { vec![value] },
            change: None,
            source: String::new(),
        }
    }
    pub fn key(&self) -> &str {
        &self.key
    }
    pub fn values(&self) -> &[String] {
        &self.values
    }
    /// One more value, on a line of its own.
    #[must_use]
    pub fn and(mut self, value: impl Into<String>) -> SummaryRow {
        self.values.push(value.into());
        self
    }
    #[must_use]
    pub fn change(mut self, href: impl Into<String>) -> SummaryRow {
        self.change = Some(href.into());
        self
    }
    /// The register it was taken from.
    #[must_use]
    pub fn source(mut self, source: impl Into<String>) -> SummaryRow {
        self.source = source.into();
        self
    }
}

/// Check your answers, or the facts of a case.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "components/summary_list.html")]
pub struct SummaryList {
    title: String,
    rows: Vec<SummaryRow>,
    dense: bool,
}

impl SummaryList {
    pub fn new() -> SummaryList {
        SummaryList::default()
    }
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> SummaryList {
        self.title = title.into();
        self
    }
    /// For desks: less air.
    #[must_use]
    pub fn dense(mut self) -> SummaryList {
        self.dense = true;
        self
    }
    #[must_use]
    pub fn row(mut self, row: SummaryRow) -> SummaryList {
        self.rows.push(row);
        self
    }
    /// A row without a change link.
    #[must_use]
    pub fn fact(self, key: impl Into<String>, value: impl Into<String>) -> SummaryList {
        self.row(SummaryRow::new(key, value))
    }
}

renders_itself!(TaskList, SummaryList);
