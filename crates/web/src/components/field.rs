//! A form field of any kind: label, hint, control, error, tied together for people who cannot see them together.

use askama::Template;

use super::renders_itself;
use crate::forms::FormState;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    Text,
    TextArea,
    Number,
    /// Yuan with at most two decimals.
    Money,
    /// Three inputs: 年 月 日.
    Date,
    /// One input, for desks: 2026-11-22 or 20261122.
    DateLine,
    Radios,
    Checkboxes,
    Select,
    Phone,
    /// Resident id, credit code: capitals, no spelling help.
    Identifier,
    Email,
    Password,
    /// 是 / 否.
    YesNo,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub hint: String,
    /// Stands apart, after 或者: 以上都没有.
    pub apart: bool,
}

impl Choice {
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Choice {
        Choice { value: value.into(), label: label.into(), hint: String::new(), apart: false }
    }
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Choice {
        self.hint = hint.into();
        self
    }
    #[must_use]
    pub fn apart(mut self) -> Choice {
        self.apart = true;
        self
    }
}

/// How wide the control is: as wide as the expected answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// About four digits.
    Xs,
    /// About eight.
    S,
    /// About twenty: numbers, names.
    M,
    /// The whole measure.
    Full,
}

/// One field. The control's id is its name, so that `#name` of the error summary leads to it.
#[derive(Debug, Clone, Template)]
#[template(path = "components/field.html")]
pub struct Field {
    kind: FieldKind,
    name: String,
    label: String,
    hint: String,
    optional: bool,
    values: Vec<String>,
    error: Option<String>,
    choices: Vec<Choice>,
    width: Width,
    suffix: String,
    heading: bool,
    source: String,
    autocomplete: &'static str,
    rows: u8,
    max: Option<u32>,
    key: String,
    readonly: bool,
    inline: bool,
    hide_label: bool,
}

impl Field {
    fn new(kind: FieldKind, name: impl Into<String>, label: impl Into<String>) -> Field {
        let width = match kind {
            FieldKind::Number | FieldKind::DateLine => Width::S,
            FieldKind::Money | FieldKind::Phone | FieldKind::Identifier => Width::M,
            _ => Width::Full,
        };
        Field {
            kind,
            name: name.into(),
            label: label.into(),
            hint: String::new(),
            optional: false,
            values: Vec::new(),
            error: None,
            choices: Vec::new(),
            width,
            suffix: if kind == FieldKind::Money { "元".into() } else { String::new() },
            heading: false,
            source: String::new(),
            autocomplete: "",
            rows: 5,
            max: None,
            key: String::new(),
            readonly: false,
            inline: kind == FieldKind::YesNo,
            hide_label: false,
        }
    }

    pub fn text(name: impl Into<String>, label: impl Into<String>) -> Field {
        Field::new(FieldKind::Text, name, label)
    }
    pub fn textarea(name: impl Into<String>, label: impl Into<String>) -> Field {
        Field::new(FieldKind::TextArea, name, label)
    }
    pub fn number(name: impl Into<String>, label: impl Into<String>) -> Field {
        Field::new(FieldKind::Number, name, label)
    }
    pub fn money(name: impl Into<String>, label: impl Into<String>) -> Field {
        Field::new(FieldKind::Money, name, label)
    }
    pub fn date(name: impl Into<String>, label: impl Into<String>) -> Field {
        Field::new(FieldKind::Date, name, label)
    }
    pub fn date_line(name: impl Into<String>, label: impl Into<String>) -> Field {
        Field::new(FieldKind::DateLine, name, label)
    }
    pub fn radios(name: impl Into<String>, label: impl Into<String>, choices: Vec<Choice>) -> Field {
        Field { choices, ..Field::new(FieldKind::Radios, name, label) }
    }
    pub fn checkboxes(name: impl Into<String>, label: impl Into<String>, choices: Vec<Choice>) -> Field {
        Field { choices, ..Field::new(FieldKind::Checkboxes, name, label) }
    }
    pub fn select(name: impl Into<String>, label: impl Into<String>, choices: Vec<Choice>) -> Field {
        Field { choices, ..Field::new(FieldKind::Select, name, label) }
    }
    /// 是 / 否, sent as `yes` / `no`.
    pub fn yes_no(name: impl Into<String>, label: impl Into<String>) -> Field {
        let choices = vec![Choice::new("yes", "是"), Choice::new("no", "否")];
        Field { choices, ..Field::new(FieldKind::YesNo, name, label) }
    }
    pub fn phone(name: impl Into<String>, label: impl Into<String>) -> Field {
        Field::new(FieldKind::Phone, name, label)
    }
    /// 身份证号, 统一社会信用代码 and the like.
    pub fn identifier(name: impl Into<String>, label: impl Into<String>) -> Field {
        Field::new(FieldKind::Identifier, name, label)
    }
    pub fn email(name: impl Into<String>, label: impl Into<String>) -> Field {
        Field::new(FieldKind::Email, name, label)
    }
    pub fn password(name: impl Into<String>, label: impl Into<String>) -> Field {
        Field::new(FieldKind::Password, name, label)
    }

    /// Short, without links: screen readers read all of it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Field {
        self.hint = hint.into();
        self
    }
    #[must_use]
    pub fn optional(mut self) -> Field {
        self.optional = true;
        self
    }
    #[must_use]
    pub fn value(mut self, value: impl Into<String>) -> Field {
        self.values = vec![value.into()];
        self
    }
    #[must_use]
    pub fn values(mut self, values: Vec<String>) -> Field {
        self.values = values;
        self
    }
    #[must_use]
    pub fn error(mut self, message: impl Into<String>) -> Field {
        self.error = Some(message.into());
        self
    }
    /// Takes what the person typed, and the error, from a form. A password is never shown again.
    #[must_use]
    pub fn from(mut self, form: &FormState) -> Field {
        self.error = form.error_of(&self.name).map(str::to_string);
        let parts = ["y", "m", "d"].map(|part| format!("{}-{part}", self.name));
        if self.kind == FieldKind::Password {
            self.values.clear();
        } else if self.kind == FieldKind::Date && parts.iter().any(|part| form.has(part)) {
            self.values = parts.iter().map(|part| form.raw(part).to_string()).collect();
        } else if form.has(&self.name) {
            self.values = form.all(&self.name).to_vec();
        } else if self.kind == FieldKind::Checkboxes && form.names().next().is_some() {
            self.values.clear();
        }
        self
    }
    /// The label is the page's heading (one question a page).
    #[must_use]
    pub fn heading(mut self) -> Field {
        self.heading = true;
        self
    }
    /// Where a prefilled value comes from: 公安人口库.
    #[must_use]
    pub fn source(mut self, source: impl Into<String>) -> Field {
        self.source = source.into();
        self
    }
    #[must_use]
    pub fn width(mut self, width: Width) -> Field {
        self.width = width;
        self
    }
    /// Unit after the control: 平方米.
    #[must_use]
    pub fn suffix(mut self, unit: impl Into<String>) -> Field {
        self.suffix = unit.into();
        self
    }
    #[must_use]
    pub fn autocomplete(mut self, token: &'static str) -> Field {
        self.autocomplete = token;
        self
    }
    #[must_use]
    pub fn rows(mut self, rows: u8) -> Field {
        self.rows = rows;
        self
    }
    /// Most characters; counted beside the control, not enforced by it.
    #[must_use]
    pub fn max(mut self, characters: u32) -> Field {
        self.max = Some(characters);
        self
    }
    /// The key that moves the focus here.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Field {
        self.key = key.into();
        self
    }
    /// Shown but not changed here: taken from a register.
    #[must_use]
    pub fn readonly(mut self) -> Field {
        self.readonly = true;
        self
    }
    /// Choices side by side.
    #[must_use]
    pub fn inline(mut self) -> Field {
        self.inline = true;
        self
    }
    /// The label is only for screen readers; something visible beside the control must say it.
    #[must_use]
    pub fn hide_label(mut self) -> Field {
        self.hide_label = true;
        self
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    fn first(&self) -> &str {
        self.values.first().map_or("", String::as_str)
    }

    fn chosen(&self, value: &str) -> bool {
        self.values.iter().any(|v| v == value)
    }

    fn is_group(&self) -> bool {
        matches!(self.kind, FieldKind::Radios | FieldKind::Checkboxes | FieldKind::YesNo | FieldKind::Date)
    }

    /// A radio button once chosen cannot be taken back by itself: what may stay open needs a choice that says so.
    fn can_be_left(&self) -> bool {
        self.optional && matches!(self.kind, FieldKind::Radios | FieldKind::YesNo)
    }

    /// The id of the n-th choice: the first carries the field's own, so that the error summary leads to it.
    fn choice_id(&self, index: &usize) -> String {
        if *index == 0 { self.name.clone() } else { format!("{}-{}", self.name, index + 1) }
    }

    fn leave_id(&self) -> String {
        self.choice_id(&self.choices.len())
    }

    /// The ids that describe the control, in reading order.
    fn described_by(&self) -> String {
        let parts = [
            (!self.hint.is_empty(), "hint"),
            (!self.source.is_empty(), "source"),
            (self.error.is_some(), "error"),
            (self.max.is_some(), "count"),
        ];
        let ids: Vec<String> = parts
            .iter()
            .filter(|(there, _)| *there)
            .map(|(_, part)| format!("{}-{part}", self.name))
            .collect();
        ids.join(" ")
    }

    fn input_type(&self) -> &'static str {
        match self.kind {
            FieldKind::Phone => "tel",
            FieldKind::Email => "email",
            FieldKind::Password => "password",
            _ => "text",
        }
    }

    fn input_mode(&self) -> &'static str {
        match self.kind {
            FieldKind::Number | FieldKind::DateLine => "numeric",
            FieldKind::Money => "decimal",
            FieldKind::Phone => "tel",
            FieldKind::Email => "email",
            _ => "",
        }
    }

    fn width_class(&self) -> &'static str {
        match self.width {
            Width::Xs => "w-xs",
            Width::S => "w-s",
            Width::M => "w-m",
            Width::Full => "w-full",
        }
    }

    /// Year, month and day for the three inputs.
    fn date_parts(&self) -> [DatePart; 3] {
        let whole: Vec<String> = match self.values.as_slice() {
            [one] => one.splitn(3, '-').map(str::to_string).collect(),
            many => many.to_vec(),
        };
        let value = |index: usize| whole.get(index).cloned().unwrap_or_default();
        [("y", "年", Width::S), ("m", "月", Width::Xs), ("d", "日", Width::Xs)].map(|(part, unit, width)| {
            DatePart {
                id: if part == "y" { self.name.clone() } else { format!("{}-{part}", self.name) },
                name: format!("{}-{part}", self.name),
                unit,
                value: value(match part {
                    "y" => 0,
                    "m" => 1,
                    _ => 2,
                }),
                wide: width == Width::S,
            }
        })
    }
}

struct DatePart {
    id: String,
    name: String,
    unit: &'static str,
    value: String,
    wide: bool,
}

renders_itself!(Field);
