//! A fact as people read it, and as an input shows it again.

use yimen_standards::id::ResidentId;
use yimen_standards::money::Fen;

use super::{NO, YES};
use crate::facts::Fact;
use crate::model::{Field, FieldKind};

/// For check-answers pages and printed documents. Identity and phone numbers are masked.
pub fn display(field: &Field, fact: &Fact) -> String {
    match (field.kind, fact) {
        (_, Fact::Bool(true)) => "是".to_owned(),
        (_, Fact::Bool(false)) => "否".to_owned(),
        (FieldKind::Money, Fact::Int(fen)) => format!("{}元", Fen(*fen).grouped()),
        (FieldKind::Area, Fact::Double(area)) => format!("{area:.2}平方米"),
        (FieldKind::Date, Fact::Text(day)) => date(day),
        (FieldKind::Choice, Fact::Text(value)) => label(field, value).to_owned(),
        (_, Fact::List(values)) => values.iter().map(|v| label(field, v)).collect::<Vec<_>>().join("、"),
        (FieldKind::ResidentId, Fact::Text(number)) => mask(number, 6, 4),
        (FieldKind::Phone, Fact::Text(number)) => mask(number, 3, 4),
        (FieldKind::Text | FieldKind::LongText, Fact::Text(text)) => without_ids(text),
        (_, Fact::Text(text)) => text.clone(),
        (_, Fact::Int(n)) => n.to_string(),
        (_, Fact::Double(x)) => x.to_string(),
    }
}

/// The whole of an answer that [`display`] masks; `None` where it masks nothing.
pub fn unmasked<'f>(field: &Field, fact: &'f Fact) -> Option<&'f str> {
    use FieldKind::{LongText, Phone, ResidentId, Text};
    match fact {
        Fact::Text(text) if matches!(field.kind, ResidentId | Phone | Text | LongText) => {
            (display(field, fact) != *text).then_some(text)
        }
        _ => None,
    }
}

/// Identity numbers that stand in a text, or begin another number as on a disability certificate, are masked there, too.
pub fn without_ids(text: &str) -> String {
    const LENGTH: usize = 18;
    let mut shown = text.to_owned();
    let mut at = 0;
    while at + LENGTH <= shown.len() {
        let digits = shown.as_bytes()[at..at + LENGTH - 1].iter().all(u8::is_ascii_digit);
        let found = shown.get(at..at + LENGTH).filter(|part| digits && ResidentId::parse(part).is_ok());
        match found.map(|number| mask(number, 6, 4)) {
            Some(masked) => {
                shown.replace_range(at..at + LENGTH, &masked);
                at += LENGTH;
            }
            None => at += 1,
        }
    }
    shown
}

/// The values an input shows when the page comes again.
pub fn raw(field: &Field, fact: &Fact) -> Vec<String> {
    match (field.kind, fact) {
        (_, Fact::Bool(b)) => vec![if *b { YES } else { NO }.to_owned()],
        (FieldKind::Money, Fact::Int(fen)) => vec![Fen(*fen).plain()],
        (FieldKind::Area, Fact::Double(area)) => vec![format!("{area:.2}")],
        (_, Fact::List(values)) => values.clone(),
        (_, Fact::Text(text)) => vec![text.clone()],
        (_, Fact::Int(n)) => vec![n.to_string()],
        (_, Fact::Double(x)) => vec![x.to_string()],
    }
}

fn label<'a>(field: &'a Field, value: &'a str) -> &'a str {
    field.options.iter().find(|o| o.value == value).map_or(value, |o| &o.label)
}

fn date(day: &str) -> String {
    match day.parse::<jiff::civil::Date>() {
        Ok(date) => format!("{}年{}月{}日", date.year(), date.month(), date.day()),
        Err(_) => day.to_owned(),
    }
}

/// Keeps the head and the tail; what lies between becomes as many stars.
fn mask(number: &str, head: usize, tail: usize) -> String {
    let count = number.chars().count();
    if count <= head + tail {
        return number.to_owned();
    }
    let hidden = |i: usize| i >= head && i < count - tail;
    number.chars().enumerate().map(|(i, c)| if hidden(i) { '*' } else { c }).collect()
}
