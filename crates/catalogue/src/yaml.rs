//! YAML with positions: a tree in which every key and value knows its line and column.

use std::borrow::Cow;
use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span};

/// Line and column from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    pub line: usize,
    pub column: usize,
}

impl At {
    pub const START: Self = Self { line: 1, column: 1 };
}

impl From<Marker> for At {
    fn from(marker: Marker) -> Self {
        Self { line: marker.line(), column: marker.col() + 1 }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub at: At,
    pub data: Data,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    Null,
    Bool(bool),
    /// Number with the text as written, since `000715` is not 715 to whoever forgot the quotes.
    Int(i64, String),
    Float(f64, String),
    Text(String),
    List(Vec<Node>),
    /// In the order written; a repeated key is reported and dropped.
    Map(Vec<(Key, Node)>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    pub name: String,
    pub at: At,
}

/// Why a file is not a tree.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    Syntax {
        at: At,
        info: String,
    },
    DuplicateKey {
        at: At,
        name: String,
        first: At,
    },
    /// Anchors, aliases, tags, several documents, keys that are not text: YAML that packs do not use.
    NotUsed {
        at: At,
        what: &'static str,
    },
}

/// Deepest nesting taken; packs need seven.
const MAX_DEPTH: usize = 32;

/// The tree of one document and what is wrong with it. `None` for an empty or broken document.
pub fn parse(text: &str) -> (Option<Node>, Vec<Fault>) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader { parser: Parser::new_from_str(text), faults: Vec::new() };
    let node = match reader.document() {
        Ok(node) => node,
        Err(fault) => {
            reader.faults.push(fault);
            None
        }
    };
    (node, reader.faults)
}

type Next<'i> = (Event<'i>, Span);

struct Reader<'i> {
    parser: Parser<'i, saphyr_parser::StrInput<'i>>,
    faults: Vec<Fault>,
}

impl<'i> Reader<'i> {
    fn next(&mut self) -> Result<Next<'i>, Fault> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => {
                Err(Fault::Syntax { at: (*error.marker()).into(), info: error.info().to_owned() })
            }
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn document(&mut self) -> Result<Option<Node>, Fault> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(root),
                Event::DocumentStart(_) | Event::DocumentEnd | Event::StreamStart | Event::Nothing => {}
                event if root.is_none() => root = Some(self.node(event, span, 0)?),
                _ => {
                    return Err(Fault::NotUsed {
                        at: span.start.into(), what: "一个文件里有多个 YAML 文档"
                    });
                }
            }
        }
    }

    fn node(&mut self, event: Event<'i>, span: Span, depth: usize) -> Result<Node, Fault> {
        let at = At::from(span.start);
        if depth > MAX_DEPTH {
            return Err(Fault::NotUsed { at, what: "这样深的嵌套" });
        }
        let refuse = |what| Err(Fault::NotUsed { at, what });
        let data = match event {
            Event::Alias(_) => return refuse("别名（*）"),
            Event::Scalar(_, _, anchor, _)
            | Event::SequenceStart(anchor, _)
            | Event::MappingStart(anchor, _)
                if anchor > 0 =>
            {
                return refuse("锚点（&）");
            }
            Event::Scalar(_, _, _, Some(_))
            | Event::SequenceStart(_, Some(_))
            | Event::MappingStart(_, Some(_)) => return refuse("类型标记（!）"),
            Event::Scalar(text, style, _, _) => scalar(text, style),
            Event::SequenceStart(..) => self.list(depth)?,
            Event::MappingStart(..) => self.map(depth)?,
            _ => return Err(Fault::Syntax { at, info: "unexpected end".to_owned() }),
        };
        Ok(Node { at, data })
    }

    fn list(&mut self, depth: usize) -> Result<Data, Fault> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Data::List(items)),
                (event, span) => items.push(self.node(event, span, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Data, Fault> {
        let mut members: Vec<(Key, Node)> = Vec::new();
        // A file may hold a hundred thousand keys before anything can say that they are too many.
        let mut seen: HashMap<String, At> = HashMap::new();
        loop {
            let (event, span) = self.next()?;
            let at = At::from(span.start);
            let name = match event {
                Event::MappingEnd => return Ok(Data::Map(members)),
                Event::Scalar(text, ..) => text.into_owned(),
                _ => return Err(Fault::NotUsed { at, what: "不是文字的键" }),
            };
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth + 1)?;
            match seen.get(&name) {
                Some(first) => self.faults.push(Fault::DuplicateKey { at, name, first: *first }),
                None => {
                    seen.insert(name.clone(), at);
                    members.push((Key { name, at }, value));
                }
            }
        }
    }
}

/// YAML 1.2 core schema; only plain scalars are anything but text.
fn scalar(text: Cow<'_, str>, style: ScalarStyle) -> Data {
    if style != ScalarStyle::Plain {
        return Data::Text(text.into_owned());
    }
    match text.as_ref() {
        "" | "~" | "null" | "Null" | "NULL" => Data::Null,
        "true" | "True" | "TRUE" => Data::Bool(true),
        "false" | "False" | "FALSE" => Data::Bool(false),
        plain => number(plain).unwrap_or_else(|| Data::Text(text.into_owned())),
    }
}

fn number(plain: &str) -> Option<Data> {
    let digits = plain.strip_prefix(['-', '+']).unwrap_or(plain);
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    if let Some(n) = plain.strip_prefix("0x").and_then(|hex| i64::from_str_radix(hex, 16).ok()) {
        return Some(Data::Int(n, plain.to_owned()));
    }
    if let Some(n) = plain.strip_prefix("0o").and_then(|octal| i64::from_str_radix(octal, 8).ok()) {
        return Some(Data::Int(n, plain.to_owned()));
    }
    if digits.bytes().all(|b| b.is_ascii_digit()) {
        // Longer than an i64 is still a number to YAML; its text is what matters to the message.
        return Some(plain.parse().map_or_else(
            |_| Data::Float(f64::INFINITY, plain.to_owned()),
            |n| Data::Int(n, plain.to_owned()),
        ));
    }
    let sound = digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    let value = sound.then(|| plain.parse::<f64>().ok()).flatten()?;
    Some(Data::Float(value, plain.to_owned()))
}

impl Node {
    /// The node at a JSON pointer, or as far along it as there is one.
    pub fn at_pointer(&self, pointer: &str) -> At {
        self.find(pointer).0
    }

    /// Like [`Node::at_pointer`], telling also the node itself where the whole pointer exists.
    pub fn find(&self, pointer: &str) -> (At, Option<&Node>) {
        let mut node = self;
        let mut at = self.at;
        for part in pointer.split('/').skip(1) {
            let next = match &node.data {
                Data::Map(members) => {
                    members.iter().find(|(key, _)| key.name == part).map(|(key, value)| (key.at, value))
                }
                Data::List(items) => {
                    part.parse().ok().and_then(|i: usize| items.get(i)).map(|item| (item.at, item))
                }
                _ => None,
            };
            let Some((place, value)) = next else { return (at, None) };
            // A scalar is pointed at itself, a list or map at its key.
            at = if matches!(value.data, Data::Map(_) | Data::List(_)) { place } else { value.at };
            node = value;
        }
        (at, Some(node))
    }

    /// The word for this kind of value in messages.
    pub fn zh(&self) -> &'static str {
        match self.data {
            Data::Null => "空",
            Data::Bool(_) => "是否值",
            Data::Int(..) | Data::Float(..) => "数字",
            Data::Text(_) => "文字",
            Data::List(_) => "列表",
            Data::Map(_) => "键值组",
        }
    }
}
