//! A small scanner of Rust text: what is code, what is a comment, what is a string.
//!
//! Not a parser: rules only need to know that a word stands in code, and where its braces end.

/// A string literal and where it begins.
pub struct Text {
    pub line: usize,
    pub value: String,
}

/// A scanned file. Lines count from 1.
pub struct Scan {
    /// The text with every comment and the inside of every literal blanked out, byte for byte as long as before.
    pub code: String,
    pub texts: Vec<Text>,
    /// Comments by the lines they touch.
    comments: Vec<(usize, String)>,
    /// Byte ranges of `#[cfg(test)]` items.
    test_items: Vec<(usize, usize)>,
    line_starts: Vec<usize>,
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    code: Vec<u8>,
    texts: Vec<(usize, String)>,
    comments: Vec<(usize, String)>,
}

impl Scan {
    pub fn new(text: &str) -> Scan {
        let mut scanner =
            Scanner { text, at: 0, code: text.as_bytes().to_vec(), texts: Vec::new(), comments: Vec::new() };
        scanner.run();
        let line_starts: Vec<usize> =
            std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let line = |at: usize| line_starts.partition_point(|start| *start <= at);
        let texts = scanner.texts.into_iter().map(|(at, value)| Text { line: line(at), value }).collect();
        let comments = scanner.comments.iter().flat_map(|(at, value)| {
            let first = line(*at);
            value.lines().enumerate().map(move |(more, part)| (first + more, part.to_owned()))
        });
        let comments = comments.collect();
        // Only whole characters were blanked, each byte by a space.
        let code = String::from_utf8_lossy(&scanner.code).into_owned();
        let test_items = test_items(&code);
        Scan { code, texts, comments, test_items, line_starts }
    }

    /// The line on which a byte stands.
    pub fn line_of(&self, at: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= at)
    }

    /// The code of a line, without comments and the inside of literals.
    pub fn code_line(&self, line: usize) -> &str {
        let start = self.line_starts[line - 1];
        let end = self.line_starts.get(line).copied().unwrap_or(self.code.len());
        self.code[start..end].trim()
    }

    /// What the comments on a line say.
    pub fn comment_on(&self, line: usize) -> Option<&str> {
        let found = self.comments.iter().find(|(on, _)| *on == line);
        found.map(|(_, text)| text.as_str())
    }

    pub fn comments(&self) -> impl Iterator<Item = (usize, &str)> {
        self.comments.iter().map(|(line, text)| (*line, text.as_str()))
    }

    /// Whether a byte stands in an item under `#[cfg(test)]`.
    pub fn in_test(&self, at: usize) -> bool {
        self.test_items.iter().any(|(start, end)| (*start..*end).contains(&at))
    }

    /// The same, for everything on a line.
    pub fn in_test_line(&self, line: usize) -> bool {
        self.in_test(self.line_starts[line - 1])
    }

    /// Where a word stands in code, as a whole word.
    pub fn words<'a>(&'a self, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        let bytes = self.code.as_bytes();
        self.code.match_indices(word).map(|(at, _)| at).filter(move |at| {
            let before = at.checked_sub(1).map(|before| bytes[before]);
            let after = bytes.get(at + word.len()).copied();
            !before.is_some_and(is_word) && !after.is_some_and(is_word)
        })
    }

    /// The byte after the bracket that closes the one at `open`.
    pub fn closing(&self, open: usize) -> Option<usize> {
        closing(self.code.as_bytes(), open)
    }
}

pub fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn closing(code: &[u8], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in code.iter().enumerate().skip(open) {
        match byte {
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

fn test_items(code: &str) -> Vec<(usize, usize)> {
    let bytes = code.as_bytes();
    let starts = code.match_indices("#[cfg(test)]").map(|(at, _)| at);
    let item = |start: usize| {
        // Up to the end of the item's body, or to the semicolon of one without a body.
        let end = start + bytes[start..].iter().position(|byte| matches!(byte, b'{' | b';'))?;
        Some((start, if bytes[end] == b'{' { closing(bytes, end)? } else { end }))
    };
    starts.filter_map(item).collect()
}

impl Scanner<'_> {
    fn run(&mut self) {
        while self.at < self.text.len() {
            let rest = &self.text[self.at..];
            if rest.starts_with("//") {
                let end = rest.find('\n').unwrap_or(rest.len());
                self.comment(end);
            } else if rest.starts_with("/*") {
                let end = block_comment(rest);
                self.comment(end);
            } else if rest.starts_with('"') {
                self.string();
            } else if let Some(opening) = self.raw_string() {
                let hashes = rest[..opening].matches('#').count();
                self.raw(opening, hashes);
            } else if rest.starts_with('\'') {
                self.quote();
            } else {
                self.at += rest.chars().next().map_or(1, char::len_utf8);
            }
        }
    }

    fn blank(&mut self, from: usize, to: usize) {
        for byte in &mut self.code[from..to] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    }

    fn comment(&mut self, length: usize) {
        let (start, end) = (self.at, self.at + length);
        self.comments.push((start, self.text[start..end].to_owned()));
        self.blank(start, end);
        self.at = end;
    }

    /// How long `r#"`, `br"`, … is, if one begins here and not in the middle of a word.
    fn raw_string(&self) -> Option<usize> {
        let bytes = self.text.as_bytes();
        if self.at > 0 && is_word(bytes[self.at - 1]) {
            return None;
        }
        let rest = &self.text[self.at..];
        let after = rest.strip_prefix("br").or(rest.strip_prefix("cr")).or(rest.strip_prefix('r'))?;
        let quoted = after.trim_start_matches('#').strip_prefix('"')?;
        Some(rest.len() - quoted.len())
    }

    fn raw(&mut self, opening: usize, hashes: usize) {
        let start = self.at + opening;
        let close = format!("\"{}", "#".repeat(hashes));
        let length = self.text[start..].find(&close).unwrap_or(self.text.len() - start);
        self.literal(start, start + length);
        self.at = (start + length + close.len()).min(self.text.len());
    }

    fn string(&mut self) {
        let start = self.at + 1;
        let bytes = self.text.as_bytes();
        let mut end = start;
        while end < bytes.len() && bytes[end] != b'"' {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        let end = end.min(bytes.len());
        self.literal(start, end);
        self.at = (end + 1).min(bytes.len());
    }

    fn literal(&mut self, start: usize, end: usize) {
        self.texts.push((start, self.text[start..end].to_owned()));
        self.blank(start, end);
    }

    /// A character, or the tick of a lifetime.
    fn quote(&mut self) {
        let rest = &self.text[self.at + 1..];
        let mut chars = rest.chars();
        let length = match (chars.next(), chars.next()) {
            (Some('\\'), Some(escaped)) => {
                let skip = 1 + escaped.len_utf8();
                rest[skip..].find('\'').map(|end| skip + end)
            }
            (Some(one), Some('\'')) => Some(one.len_utf8()),
            _ => None,
        };
        match length {
            Some(length) => {
                self.blank(self.at + 1, self.at + 1 + length);
                self.at += length + 2;
            }
            None => self.at += 1,
        }
    }
}

fn block_comment(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let (mut at, mut depth) = (0, 0);
    while at < bytes.len() {
        match &bytes[at..(at + 2).min(bytes.len())] {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_texts_are_no_code() {
        let scan =
            Scan::new("let a = \"todo!() // no\"; // todo!()\n/* fn /* x */ { */ let b = r#\"}\"\"#;\n");
        assert_eq!(scan.code_line(1), "let a = \"             \";");
        assert!(!scan.code.contains("todo") && !scan.code.contains("fn") && !scan.code.contains('}'));
        assert_eq!(
            scan.texts.iter().map(|text| text.value.as_str()).collect::<Vec<_>>(),
            ["todo!() // no", "}\""]
        );
        assert_eq!(scan.comment_on(1), Some("// todo!()"));
        assert_eq!(scan.texts[1].line, 2);
    }

    #[test]
    fn quotes_lifetimes_and_escapes_do_not_confuse() {
        let scan =
            Scan::new("fn f<'a>(x: &'a str) -> char { '\"' } fn g() { '\\'' ; \"a\\\"b\" ; '{' ; b'}' }");
        assert_eq!(scan.texts.len(), 1);
        assert_eq!(scan.texts[0].value, "a\\\"b");
        assert_eq!(scan.code.matches('{').count(), 2);
        assert_eq!(scan.code.matches('}').count(), 2);
    }

    #[test]
    fn chinese_text_keeps_the_places() {
        let scan = Scan::new("let 名 = \"办件\"; // 注释\nlet b = '窗';\nstop();");
        assert_eq!(scan.line_of(scan.code.find("stop").unwrap_or(0)), 3);
        assert_eq!(scan.texts[0].value, "办件");
    }

    #[test]
    fn test_items_are_known() {
        let scan = Scan::new(
            "fn a() {}\n#[cfg(test)]\nmod tests { fn b() {} }\nfn c() {}\n#[cfg(test)]\nmod more;\n",
        );
        let place = |word: &str| scan.code.find(word).unwrap_or(0);
        assert!(!scan.in_test(place("fn a")));
        assert!(scan.in_test(place("fn b")));
        assert!(!scan.in_test(place("fn c")));
    }

    #[test]
    fn unfinished_files_do_not_panic() {
        for text in ["\"", "r#\"", "/*", "'", "'\\", "fn a(", "\"\\", "b'"] {
            assert_eq!(Scan::new(text).code.len(), text.len());
        }
    }
}
