//! Result numbers: the pattern of a pack, its placeholders, and a number made of it.

use crate::facts::{Fact, Facts};

/// A piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece<'a> {
    Text(&'a str),
    Year,
    Date,
    /// Annual serial of the service, padded to this many digits.
    Serial(usize),
    Fact(&'a str),
    /// A brace without its partner, or an unknown width.
    Bad(&'a str),
}

/// Splits a pattern such as `浙(2026)临海市不动产权第{serial:7}号`.
pub fn pieces(pattern: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = pattern;
    while let Some(open) = rest.find(['{', '}']) {
        if open > 0 {
            pieces.push(Piece::Text(&rest[..open]));
        }
        let close = rest[open..].find('}').filter(|_| rest[open..].starts_with('{'));
        let Some(close) = close else {
            pieces.push(Piece::Bad(&rest[open..]));
            return pieces;
        };
        pieces.push(placeholder(&rest[open + 1..open + close]));
        rest = &rest[open + close + 1..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

fn placeholder(name: &str) -> Piece<'_> {
    match (name, name.split_once(':')) {
        ("year", _) => Piece::Year,
        ("date", _) => Piece::Date,
        ("serial", _) => Piece::Serial(1),
        (_, Some(("serial", width))) => match width.parse() {
            Ok(width @ 1..=12) => Piece::Serial(width),
            _ => Piece::Bad(name),
        },
        (_, Some(_)) => Piece::Bad(name),
        _ if name.is_empty() || name.contains('{') => Piece::Bad(name),
        _ => Piece::Fact(name),
    }
}

/// `day` is `YYYY-MM-DD`, of the decision.
pub fn render(pattern: &str, facts: &Facts, day: &str, serial: i64) -> String {
    pieces(pattern)
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Year => day.chars().take(4).collect(),
            Piece::Date => day.replace('-', ""),
            Piece::Serial(width) => format!("{serial:0width$}"),
            Piece::Fact(id) => match facts.get(id) {
                Some(Fact::Text(text)) => text.clone(),
                Some(Fact::Int(n)) => n.to_string(),
                _ => String::new(),
            },
            Piece::Bad(_) => String::new(),
        })
        .collect()
}
