//! Ways to other pages: pager, tabs, search box, cards.

use askama::Template;

use super::renders_itself;

/// Keyset paging: only forward and back, because nobody counts the rows.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "components/pager.html")]
pub struct Pager {
    prev: Option<String>,
    next: Option<String>,
    summary: String,
}

impl Pager {
    pub fn new(prev: Option<String>, next: Option<String>) -> Pager {
        Pager { prev, next, summary: String::new() }
    }
    /// 第 1–50 条
    #[must_use]
    pub fn summary(mut self, summary: impl Into<String>) -> Pager {
        self.summary = summary.into();
        self
    }
}

#[derive(Debug, Clone)]
struct Tab {
    href: String,
    text: String,
    count: Option<u64>,
    current: bool,
}

/// Links that look like tabs: each view has an address.
#[derive(Debug, Clone, Template)]
#[template(path = "components/tabs.html")]
pub struct Tabs {
    label: String,
    tabs: Vec<Tab>,
}

impl Tabs {
    /// `label` names the group for screen readers.
    pub fn new(label: impl Into<String>) -> Tabs {
        Tabs { label: label.into(), tabs: Vec::new() }
    }
    #[must_use]
    pub fn tab(
        mut self,
        href: impl Into<String>,
        text: impl Into<String>,
        count: Option<u64>,
        current: bool,
    ) -> Tabs {
        self.tabs.push(Tab { href: href.into(), text: text.into(), count, current });
        self
    }
}

/// A form of one line that asks; by address, unless what is typed must not stand in one.
#[derive(Debug, Clone, Template)]
#[template(path = "components/search_box.html")]
pub struct SearchBox {
    action: String,
    name: String,
    label: String,
    value: String,
    placeholder: String,
    key: String,
    hidden: Vec<(String, String)>,
    large: bool,
    post: bool,
}

impl SearchBox {
    pub fn new(action: impl Into<String>, name: impl Into<String>, label: impl Into<String>) -> SearchBox {
        SearchBox {
            action: action.into(),
            name: name.into(),
            label: label.into(),
            value: String::new(),
            placeholder: String::new(),
            key: String::new(),
            hidden: Vec::new(),
            large: false,
            post: false,
        }
    }
    #[must_use]
    pub fn value(mut self, value: impl Into<String>) -> SearchBox {
        self.value = value.into();
        self
    }
    /// An example of what to type; the label says what the box is.
    #[must_use]
    pub fn example(mut self, example: impl Into<String>) -> SearchBox {
        self.placeholder = example.into();
        self
    }
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> SearchBox {
        self.key = key.into();
        self
    }
    /// A value that goes along with the search: the current tab.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> SearchBox {
        self.hidden.push((name.into(), value.into()));
        self
    }
    /// Sends what was typed in the body: numbers of people do not belong into addresses and logs.
    #[must_use]
    pub fn post(mut self) -> SearchBox {
        self.post = true;
        self
    }
    /// For the home page.
    #[must_use]
    pub fn large(mut self) -> SearchBox {
        self.large = true;
        self
    }
}

/// A link with a little more to say.
#[derive(Debug, Clone, Template)]
#[template(path = "components/card.html")]
pub struct Card {
    href: String,
    title: String,
    text: String,
    icon: &'static str,
    facts: Vec<String>,
}

impl Card {
    pub fn new(href: impl Into<String>, title: impl Into<String>) -> Card {
        Card { href: href.into(), title: title.into(), text: String::new(), icon: "", facts: Vec::new() }
    }
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Card {
        self.text = text.into();
        self
    }
    #[must_use]
    pub fn icon(mut self, icon: &'static str) -> Card {
        self.icon = icon;
        self
    }
    /// A short fact in the last line: 1小时办结, 最多跑1次.
    #[must_use]
    pub fn fact(mut self, fact: impl Into<String>) -> Card {
        self.facts.push(fact.into());
        self
    }
}

renders_itself!(Pager, Tabs, SearchBox, Card);
