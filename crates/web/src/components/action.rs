//! Buttons, icons, key hints, and the panel that says it is done.

use std::fmt;

use askama::Template;
use askama::filters::HtmlSafe;

use super::renders_itself;
use crate::page::Link;

/// An icon of the sprite, hidden from screen readers: the words beside it say the same.
pub fn icon(name: &str) -> Icon<'_> {
    Icon(name)
}

#[derive(Debug, Clone, Copy)]
pub struct Icon<'a>(&'a str);

impl fmt::Display for Icon<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name: String = self.0.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        write!(
            f,
            "<svg class=\"icon\" width=\"20\" height=\"20\" viewBox=\"0 0 24 24\" aria-hidden=\"true\" focusable=\"false\"><use href=\"{}#{name}\"/></svg>",
            crate::asset("icons.svg")
        )
    }
}

impl HtmlSafe for Icon<'_> {}

/// A button of a form, or a link that looks like one.
#[derive(Debug, Clone, Template)]
#[template(path = "components/button.html")]
pub struct Button {
    text: String,
    look: &'static str,
    href: Option<String>,
    name: String,
    value: String,
    form: String,
    key: String,
    icon: &'static str,
    confirm: String,
}

impl Button {
    fn new(look: &'static str, text: impl Into<String>) -> Button {
        Button {
            text: text.into(),
            look,
            href: None,
            name: String::new(),
            value: String::new(),
            form: String::new(),
            key: String::new(),
            icon: "",
            confirm: String::new(),
        }
    }

    /// The one thing to do on the page.
    pub fn primary(text: impl Into<String>) -> Button {
        Button::new("primary", text)
    }
    pub fn secondary(text: impl Into<String>) -> Button {
        Button::new("secondary", text)
    }
    /// Looks like a link: 跳过, 稍后再说.
    pub fn quiet(text: impl Into<String>) -> Button {
        Button::new("quiet", text)
    }
    /// What cannot be undone.
    pub fn warning(text: impl Into<String>) -> Button {
        Button::new("warning", text)
    }

    #[must_use]
    pub fn href(mut self, href: impl Into<String>) -> Button {
        self.href = Some(href.into());
        self
    }
    /// Name and value the form gets when this button is the one pressed.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>, value: impl Into<String>) -> Button {
        self.name = name.into();
        self.value = value.into();
        self
    }
    /// The id of the form it belongs to, where it stands outside.
    #[must_use]
    pub fn form(mut self, id: impl Into<String>) -> Button {
        self.form = id.into();
        self
    }
    /// The key that presses it, shown on it: `F2`, `Ctrl+Enter`, `Alt+1`.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Button {
        self.key = key.into();
        self
    }
    #[must_use]
    pub fn icon(mut self, icon: &'static str) -> Button {
        self.icon = icon;
        self
    }
    /// A question the script asks before; without script the next page must ask.
    #[must_use]
    pub fn confirm(mut self, question: impl Into<String>) -> Button {
        self.confirm = question.into();
        self
    }
}

#[derive(Debug, Clone)]
pub struct KeyHint {
    pub key: String,
    pub text: String,
}

/// Which keys do what on this page.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "components/key_hints.html")]
pub struct KeyHints {
    keys: Vec<KeyHint>,
    letters: bool,
}

impl KeyHints {
    pub fn new() -> KeyHints {
        KeyHints::default()
    }
    #[must_use]
    pub fn key(mut self, key: impl Into<String>, text: impl Into<String>) -> KeyHints {
        self.keys.push(KeyHint { key: key.into(), text: text.into() });
        self
    }
    /// Offers to switch single letters on (j, k, o in a table with keys); they are off until someone does.
    #[must_use]
    pub fn letters(mut self) -> KeyHints {
        self.letters = true;
        self
    }
}

/// Done: the number to keep, and what happens next and when.
#[derive(Debug, Clone, Template)]
#[template(path = "components/confirmation_panel.html")]
pub struct ConfirmationPanel {
    title: String,
    label: String,
    number: String,
    next: Vec<String>,
    links: Vec<Link>,
}

impl ConfirmationPanel {
    pub fn new(
        title: impl Into<String>,
        label: impl Into<String>,
        number: impl Into<String>,
    ) -> ConfirmationPanel {
        ConfirmationPanel {
            title: title.into(),
            label: label.into(),
            number: number.into(),
            next: Vec::new(),
            links: Vec::new(),
        }
    }
    /// One sentence of what happens next.
    #[must_use]
    pub fn next(mut self, sentence: impl Into<String>) -> ConfirmationPanel {
        self.next.push(sentence.into());
        self
    }
    #[must_use]
    pub fn link(mut self, href: impl Into<String>, text: impl Into<String>) -> ConfirmationPanel {
        self.links.push(Link::new(href, text));
        self
    }
}

renders_itself!(Button, KeyHints, ConfirmationPanel);

/// `Ctrl+Enter` as `aria-keyshortcuts` spells it.
pub fn aria_key(key: &str) -> String {
    key.replace("Ctrl", "Control")
}
