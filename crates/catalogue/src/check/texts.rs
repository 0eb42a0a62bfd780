//! Texts anywhere in a pack file: none empty, none too long for the place that shows it.

use crate::diagnostic::{Code, Diagnostic};
use crate::load::diagnostic;
use crate::yaml::{Data, Node};

/// Longest text by key, in characters.
const LONGEST: &[(&str, usize)] = &[
    ("name", 100),
    ("short", 12),
    ("summary", 150),
    ("aliases", 30),
    ("ask", 100),
    ("hint", 300),
    ("label", 60),
    ("title", 60),
    ("say", 500),
    ("conditions", 300),
    ("checks", 150),
    ("faults", 80),
    ("law", 150),
    ("article", 200),
    ("text", 1_000),
    ("basis", 300),
    ("statutory_basis", 300),
    ("standard", 600),
    ("scope", 30),
    ("address", 200),
    ("open", 200),
    ("note", 600),
    ("q", 100),
    ("a", 1_500),
];

/// Keys whose emptiness has a finding of its own.
const OWN_FINDING: &[&str] = &["basis", "statutory_basis"];

/// What nobody sees but turns the text around, or makes two equal words differ. The joiners some scripts need are none.
fn is_hidden(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffd}')
}

pub fn check(path: &str, node: &Node, found: &mut Vec<Diagnostic>) {
    visit(path, node, "", found);
}

fn visit(path: &str, node: &Node, key: &str, found: &mut Vec<Diagnostic>) {
    match &node.data {
        Data::List(items) => items.iter().for_each(|item| visit(path, item, key, found)),
        Data::Map(members) => members.iter().for_each(|(key, value)| visit(path, value, &key.name, found)),
        Data::Text(text) => {
            if let Some(hidden) = text.chars().find(|c| is_hidden(*c)) {
                let message = format!("`{key}` 里有看不见的字符 U+{:04X}", u32::from(hidden));
                let fix = "删去它，或重新输入这段文字；从网页或文档复制来的文字常带着它";
                found.push(diagnostic(path, node.at, Code::Invisible, message, fix));
            }
            let count = text.trim().chars().count();
            if count == 0 && !OWN_FINDING.contains(&key) {
                let fix = "写上内容；可以不写的键整个删去";
                found.push(diagnostic(path, node.at, Code::EmptyText, format!("`{key}` 的内容为空"), fix));
            }
            let longest = LONGEST.iter().find(|(name, _)| *name == key).map(|(_, n)| *n);
            if let Some(longest) = longest.filter(|longest| count > *longest) {
                let message = format!("`{key}` 有 {count} 个字，最多 {longest} 个字");
                found.push(diagnostic(
                    path,
                    node.at,
                    Code::TextTooLong,
                    message,
                    "改短；细节写进 hint 或 faq",
                ));
            }
        }
        _ => {}
    }
}
