//! Rules for Rust files: said what it is, short, finished, and no panic without a reason.

use super::scan::{Scan, is_word};
use super::{Finding, Tree};

const LONGEST_FILE: usize = 600;
const LONGEST_FUNCTION: usize = 70;

/// The comment that lets a function be long.
const MAY_BE_LONG: &str = "tidy: long, because ";

pub fn begins_with_docs(tree: &Tree) -> Vec<Finding> {
    let silent = tree.rust().filter(|(file, _)| !file.text.trim_start().starts_with("//!"));
    silent.map(|(file, _)| file.finding(1, "begin the file with a `//!` line that says what it is")).collect()
}

pub fn files_are_short(tree: &Tree) -> Vec<Finding> {
    let lengths = tree.rust().map(|(file, _)| (file, file.text.lines().count()));
    let long = lengths.filter(|(_, lines)| *lines > LONGEST_FILE);
    long.map(|(file, lines)| {
        let says = format!("{lines} lines; split the file by what it speaks of (at most {LONGEST_FILE})");
        file.finding(LONGEST_FILE, says)
    })
    .collect()
}

pub fn functions_are_short(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, scan) in tree.rust() {
        for function in functions(scan) {
            let lines = function.last - function.first + 1;
            if lines > LONGEST_FUNCTION && !may_be_long(scan, function.first) {
                let says = format!(
                    "`{}` has {lines} lines; split it (at most {LONGEST_FUNCTION}), \
                     or write `// {MAY_BE_LONG}…` above it",
                    function.name
                );
                findings.push(file.finding(function.first, says));
            }
        }
    }
    findings
}

struct Function {
    name: String,
    first: usize,
    last: usize,
}

fn functions(scan: &Scan) -> Vec<Function> {
    let code = scan.code.as_bytes();
    let mut found = Vec::new();
    for at in scan.words("fn") {
        let rest = scan.code[at + 2..].trim_start();
        let name: String = rest.bytes().take_while(|byte| is_word(*byte)).map(char::from).collect();
        if name.is_empty() {
            continue; // the type `fn(…)`
        }
        // The body's brace is the first one outside the brackets of the parameters; a declaration ends before.
        let mut next = at;
        while next < code.len() && !matches!(code[next], b'{' | b';') {
            next = match code[next] {
                b'(' | b'[' => scan.closing(next).unwrap_or(code.len()),
                _ => next + 1,
            };
        }
        if code.get(next) == Some(&b'{') {
            let end = scan.closing(next).unwrap_or(code.len());
            found.push(Function { name, first: scan.line_of(at), last: scan.line_of(end - 1) });
        }
    }
    found
}

/// Looks through the comments and attributes right above.
fn may_be_long(scan: &Scan, first: usize) -> bool {
    for line in (1..first).rev() {
        let comment = scan.comment_on(line);
        if comment.is_some_and(|text| text.contains(MAY_BE_LONG)) {
            return true;
        }
        if comment.is_none() && !scan.code_line(line).starts_with("#[") {
            return false;
        }
    }
    false
}

pub fn nothing_is_left_open(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, scan) in tree.rust() {
        for macro_name in ["todo", "unimplemented"] {
            for at in scan.words(macro_name).filter(|at| scan.code[at + macro_name.len()..].starts_with('!'))
            {
                findings
                    .push(file.finding(scan.line_of(at), format!("finish it instead of `{macro_name}!`")));
            }
        }
        let ignored = scan.code.match_indices("#[ignore").map(|(at, _)| scan.line_of(at));
        findings.extend(ignored.map(|line| {
            file.finding(line, "a test that is not run proves nothing: make it pass or take it away")
        }));
        for (line, text) in scan.comments() {
            if let Some(word) = ["TODO", "FIXME"].into_iter().find(|word| text.contains(word)) {
                findings
                    .push(file.finding(line, format!("do it, or file an issue, instead of writing {word}")));
            }
        }
    }
    findings
}

/// `unwrap()` and `expect(` in the product need a comment that says why they cannot fail.
pub fn panics_have_reasons(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, scan) in
        tree.rust().filter(|(file, _)| !file.is_for_tests() && !file.path.ends_with("/build.rs"))
    {
        for call in [".unwrap()", ".expect("] {
            for (at, _) in scan.code.match_indices(call) {
                let line = scan.line_of(at);
                if !scan.in_test(at)
                    && takes_one_argument(scan, at + call.len() - 1)
                    && !has_reason(scan, line)
                {
                    let says = format!(
                        "`{call}` can stop the program: give back an error, \
                         or say in a comment on this line or above why it cannot happen"
                    );
                    findings.push(file.finding(line, says));
                }
            }
        }
    }
    findings
}

/// `Option` and `Result` expect one text; what takes more is somebody else's `expect`.
fn takes_one_argument(scan: &Scan, at: usize) -> bool {
    if scan.code.as_bytes()[at] != b'(' {
        return true;
    }
    let end = scan.closing(at).unwrap_or(scan.code.len());
    let inside = &scan.code[at + 1..end - 1];
    let mut depth = 0;
    let mut commas = inside.char_indices().filter(|(_, one)| {
        match one {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        depth == 0 && *one == ','
    });
    commas.all(|(comma, _)| inside[comma + 1..].trim().is_empty())
}

/// A comment on the line, or right above the statement whose later lines formatting may have split off.
fn has_reason(scan: &Scan, line: usize) -> bool {
    let mut line = line;
    loop {
        if scan.comment_on(line).is_some() {
            return true;
        }
        if line == 1 {
            return false;
        }
        let above = scan.code_line(line - 1);
        let ends_statement = above.is_empty() || above.ends_with([';', '{', '}', ',']);
        if ends_statement {
            return scan.comment_on(line - 1).is_some();
        }
        line -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(rule: fn(&Tree) -> Vec<Finding>, path: &str, text: &str) -> Vec<usize> {
        rule(&Tree::of(&[(path, text)])).iter().map(|finding| finding.line).collect()
    }

    const PATH: &str = "crates/casework/src/decide.rs";

    #[test]
    fn a_file_says_what_it_is() {
        assert_eq!(lines(begins_with_docs, PATH, "//! Decisions.\n\nfn a() {}\n"), []);
        assert_eq!(lines(begins_with_docs, PATH, "// Decisions.\nfn a() {}\n"), [1]);
        assert_eq!(lines(begins_with_docs, "packs/readme.md", "no Rust"), []);
    }

    #[test]
    fn a_long_file_is_split() {
        assert_eq!(lines(files_are_short, PATH, &"a();\n".repeat(600)), []);
        assert_eq!(lines(files_are_short, PATH, &"a();\n".repeat(601)), [600]);
    }

    #[test]
    fn a_long_function_is_split_or_has_a_reason() {
        let function = |lines: usize| {
            format!("fn long<'a>(a: [u8; 3]) -> u8 {{\n{}}}\n", "    a();\n".repeat(lines - 2))
        };
        assert_eq!(lines(functions_are_short, PATH, &function(70)), []);
        assert_eq!(lines(functions_are_short, PATH, &function(71)), [1]);
        let excused = format!("// tidy: long, because one table\n#[inline]\n{}", function(90));
        assert_eq!(lines(functions_are_short, PATH, &excused), []);
        let elsewhere = format!("// tidy: long, because one table\nconst A: u8 = 1;\n{}", function(90));
        assert_eq!(lines(functions_are_short, PATH, &elsewhere), [3]);
    }

    #[test]
    fn declarations_types_and_braces_in_texts_are_no_bodies() {
        let text = format!(
            "trait T {{ fn a(&self) -> u8; }}\ntype F = fn(u8);\nconst B: &str = \"fn x() {{\";\n{}",
            "\n".repeat(90)
        );
        assert_eq!(lines(functions_are_short, PATH, &text), []);
    }

    #[test]
    fn nothing_unfinished_passes() {
        assert_eq!(
            lines(nothing_is_left_open, PATH, "fn a() { todo!() }\nfn b() { unimplemented!(\"x\") }"),
            [1, 2]
        );
        assert_eq!(lines(nothing_is_left_open, PATH, "#[test]\n#[ignore = \"slow\"]\nfn a() {}"), [2]);
        assert_eq!(lines(nothing_is_left_open, PATH, &["// TO", "DO later"].concat()), [1]);
        assert_eq!(
            lines(nothing_is_left_open, PATH, "fn todo() -> &'static str { \"todo!()\" } // ignore"),
            []
        );
    }

    #[test]
    fn a_panic_in_the_product_needs_a_reason() {
        assert_eq!(lines(panics_have_reasons, PATH, "fn a() {\n    b().unwrap();\n}\n"), [2]);
        assert_eq!(lines(panics_have_reasons, PATH, "fn a() {\n    b().expect(\"b\");\n}\n"), [2]);
        assert_eq!(lines(panics_have_reasons, PATH, "fn a() {\n    b().unwrap_or(1);\n}\n"), []);
        let reasoned = "fn a() {\n    b().unwrap(); // never fails: …\n    // A constant.\n    c()\n        .d()\n        .expect(\"c\");\n}\n";
        assert_eq!(lines(panics_have_reasons, PATH, reasoned), []);
        let comment_of_another = "fn a() {\n    // Speaks of b.\n    b();\n    c().unwrap();\n}\n";
        assert_eq!(lines(panics_have_reasons, PATH, comment_of_another), [4]);
    }

    #[test]
    fn an_expect_of_its_own_kind_passes() {
        let own = "fn a() {\n    draft.expect(&[State::Draft, State::New], \"提交\")?;\n}\n";
        assert_eq!(lines(panics_have_reasons, PATH, own), []);
        let split = "fn a() {\n    b().expect(\n        &format!(\"{}\", x(1, 2)),\n    );\n}\n";
        assert_eq!(lines(panics_have_reasons, PATH, split), [2]);
    }

    #[test]
    fn tests_may_panic() {
        let inline = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() { c().unwrap(); }\n}\n";
        assert_eq!(lines(panics_have_reasons, PATH, inline), []);
        assert_eq!(
            lines(panics_have_reasons, "crates/casework/tests/story.rs", "fn a() { b().unwrap(); }"),
            []
        );
    }
}
