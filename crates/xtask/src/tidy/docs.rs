//! Rules for what people read: the map names every crate, the glossary is one to one, links lead somewhere.

use super::{File, Finding, Tree};
use std::collections::{HashMap, HashSet};

fn missing(path: &str, says: &str) -> Finding {
    Finding { path: path.to_owned(), line: 1, says: says.to_owned() }
}

pub fn every_crate_is_on_the_map(tree: &Tree) -> Vec<Finding> {
    const MAP: &str = "ARCHITECTURE.md";
    let Some(map) = tree.get(MAP) else {
        return vec![missing(MAP, "write the map of the code: every crate, and what it is for")];
    };
    let manifests = tree.files.iter().filter(|file| file.path.ends_with("/Cargo.toml"));
    let crates: HashSet<&str> = manifests.filter_map(File::krate).collect();
    let is_named = |name: &str| {
        [format!("crates/{name}`"), format!("crates/{name}/"), format!("`{name}`")]
            .iter()
            .any(|written| map.text.contains(written))
    };
    let absent = crates.into_iter().filter(|name| !is_named(name));
    absent.map(|name| map.finding(1, format!("name `crates/{name}` here and say what it is for"))).collect()
}

/// The tables' first column is Chinese, the second what the code says for it. `、` joins terms that share a row,
/// brackets hold what is no part of the word.
pub fn glossary_is_one_to_one(tree: &Tree) -> Vec<Finding> {
    const GLOSSARY: &str = "GLOSSARY.md";
    let Some(glossary) = tree.get(GLOSSARY) else {
        return vec![missing(GLOSSARY, "write the glossary: each Chinese term and its one English word")];
    };
    let code = written_code(tree);
    let mut findings = Vec::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    for Entry { line, chinese, english } in entries(&glossary.text) {
        if let Some(before) = seen.insert(chinese.clone(), line) {
            let says = format!("{chinese} stands already on line {before}: keep one of them");
            findings.push(glossary.finding(line, says));
        }
        let (terms, words) = (parts(&chinese).len(), parts(&english));
        if words.is_empty() || words.len() > 1 && words.len() != terms {
            let says = format!("give {chinese} one English word, not {english:?}");
            findings.push(glossary.finding(line, says));
        } else if let Some(word) = words.iter().find(|word| !is_written(&code, word)) {
            let says = format!("no code says {word:?}: use the word that the code uses for {chinese}");
            findings.push(glossary.finding(line, says));
        }
    }
    if seen.is_empty() {
        findings.push(glossary.finding(1, "no row `| 中文 | word | … |` found"));
    }
    findings
}

struct Entry {
    line: usize,
    chinese: String,
    english: String,
}

fn entries(text: &str) -> Vec<Entry> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let is_rule =
        |at: usize| lines.get(at).is_some_and(|line| line.starts_with("|--") || line.starts_with("| --"));
    let row = |at: usize| {
        let mut cells = lines[at].strip_prefix('|')?.split('|').map(|cell| cell.replace(['`', '*'], ""));
        let (chinese, english) = (cells.next()?.trim().to_owned(), without_brackets(&cells.next()?));
        Some(Entry { line: at + 1, chinese, english })
    };
    // The row above a rule is the heading.
    (0..lines.len()).filter(|at| !is_rule(*at) && !is_rule(at + 1)).filter_map(row).collect()
}

fn without_brackets(cell: &str) -> String {
    let kept = cell.split('(').enumerate().map(|(nth, part)| match part.split_once(')') {
        Some((_, after)) if nth > 0 => after,
        _ => part,
    });
    kept.collect::<String>().trim().to_owned()
}

fn parts(cell: &str) -> Vec<&str> {
    cell.split(['、', '，', '/', ',', ';']).map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// `pre-check`, `pre_check` and `PreCheck` are the same word. Of a phrase, the code may say each word elsewhere:
/// `statutory limit` is `limit.statutory`.
fn is_written(code: &str, phrase: &str) -> bool {
    code.contains(&plain(phrase)) || phrase.split([' ', '-']).all(|word| code.contains(&plain(word)))
}

fn plain(word: &str) -> String {
    word.chars().filter(|one| one.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// All names in the product's code, schema and packs, made plain.
fn written_code(tree: &Tree) -> String {
    let mut all = String::new();
    for file in tree.files.iter().filter(|file| file.krate() != Some("xtask")) {
        let source = match &file.scan {
            Some(scan) => &scan.code,
            None if file.path.starts_with("migrations/") || file.path.starts_with("packs/") => &file.text,
            None => continue,
        };
        for word in source.split(|one: char| !one.is_alphanumeric() && one != '_' && one != '-') {
            if !word.is_empty() {
                all.push_str(&plain(word));
                // Words that only stand beside each other are not one: `one case` is not `onecase`.
                all.push(' ');
            }
        }
    }
    all
}

pub fn links_lead_somewhere(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.path.ends_with(".md")) {
        for (line, target) in links(&file.text) {
            let path = target.split(['#', '?']).next().unwrap_or_default();
            let is_elsewhere = target.contains("://") || target.starts_with("mailto:");
            if path.is_empty() || is_elsewhere {
                continue;
            }
            let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let found = resolve(folder, path).is_some_and(|path| tree.has(&path));
            if !found {
                findings.push(
                    file.finding(line, format!("the link to {target:?} leads nowhere: correct or remove it")),
                );
            }
        }
    }
    findings
}

/// A sentence with underscores between backticks names a test, which must be there: a claim is as good as what shows it.
pub fn named_tests_are_there(tree: &Tree) -> Vec<Finding> {
    const SENTENCE: usize = 4;
    let word = |one: char| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '_';
    let is_sentence = |code: &&str| code.matches('_').count() >= SENTENCE && code.chars().all(word);
    let there: HashSet<&str> = tree.rust().flat_map(|(_, scan)| functions(&scan.code)).collect();
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.path.ends_with(".md")) {
        for (index, line) in file.text.lines().enumerate() {
            let named = line.split('`').skip(1).step_by(2).filter(is_sentence);
            for test in named.filter(|test| !there.contains(test)) {
                let says = format!("there is no test {test}: name the one that shows this");
                findings.push(file.finding(index + 1, says));
            }
        }
    }
    findings
}

fn functions(code: &str) -> impl Iterator<Item = &str> {
    code.match_indices("fn ").map(|(at, _)| {
        let rest = &code[at + 3..];
        let end = rest.find(|one: char| !one.is_alphanumeric() && one != '_').unwrap_or(rest.len());
        &rest[..end]
    })
}

/// A relative path seen from a folder; nothing if it leaves the repository.
pub fn resolve(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = match path.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => folder.split('/').filter(|part| !part.is_empty()).collect(),
    };
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Targets of links and pictures, outside of code.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut in_code = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        // Every second part between backticks is code.
        for prose in line.split('`').step_by(2) {
            for opening in ["](", "src=\"", "href=\""] {
                let close = if opening == "](" { ')' } else { '"' };
                for (at, _) in prose.match_indices(opening) {
                    let rest = &prose[at + opening.len()..];
                    if let Some(end) = rest.find(close) {
                        let target = rest[..end].split(" \"").next().unwrap_or_default();
                        found.push((index + 1, target.trim_matches(['<', '>'])));
                    }
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(findings: Vec<Finding>) -> Vec<(usize, String)> {
        findings.into_iter().map(|finding| (finding.line, finding.says)).collect()
    }

    #[test]
    fn every_crate_has_its_place_on_the_map() {
        let manifest = ("crates/casework/Cargo.toml", "[package]");
        let tree = Tree::of(&[manifest, ("ARCHITECTURE.md", "| `crates/casework` | cases |")]);
        assert_eq!(every_crate_is_on_the_map(&tree), []);
        let tree = Tree::of(&[manifest, ("ARCHITECTURE.md", "| casework | cases |")]);
        assert_eq!(every_crate_is_on_the_map(&tree).len(), 1);
        assert_eq!(every_crate_is_on_the_map(&Tree::of(&[manifest])).len(), 1);
    }

    const CODE: (&str, &str) =
        ("crates/casework/src/lib.rs", "struct PreCheck; fn correct_case() {} // mandate");

    #[test]
    fn a_good_glossary_passes() {
        let table = "| 中文 | In code | 说明 |\n|---|---|---|\n| 预审 | pre-check (`PreCheck`) | … |\n\
                     | 补正、更正 | `correct` | … |\n| 补正案、预审案 | correct case, pre-check | … |\n\n\
                     | 中文 | In code |\n|---|---|\n| 办件 | case |\n";
        assert_eq!(glossary_is_one_to_one(&Tree::of(&[CODE, ("GLOSSARY.md", table)])), []);
    }

    #[test]
    fn a_bad_glossary_is_told_where() {
        let table = "| 中文 | English |\n|---|---|\n| 预审 | pre-check |\n| 预审 | correct |\n\
                     | 办件 | case / check |\n| 授权 | mandate |\n| 空 | (none) |\n";
        let found = says(glossary_is_one_to_one(&Tree::of(&[CODE, ("GLOSSARY.md", table)])));
        assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [4, 5, 6, 7]);
        assert!(found[2].1.contains("no code says"));
    }

    #[test]
    fn an_empty_or_absent_glossary_is_found() {
        assert_eq!(glossary_is_one_to_one(&Tree::of(&[CODE])).len(), 1);
        assert_eq!(glossary_is_one_to_one(&Tree::of(&[CODE, ("GLOSSARY.md", "later")])).len(), 1);
    }

    #[test]
    fn a_test_that_is_named_must_be_there() {
        let code = ("crates/a/tests/a.rs", "fn a_story_that_is_told() {}\n// fn a_story_that_is_not_told()");
        let docs = "`a_story_that_is_told`, `a_story_that_is_not_told`\n`set_by_hand` and `YIMEN_A_B_C_D`\n";
        let found = says(named_tests_are_there(&Tree::of(&[code, ("docs/a.md", docs)])));
        assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn links_to_local_files_are_followed() {
        let readme = "[map](ARCHITECTURE.md#invariants) ![home](docs/home.png \"home\") [site](https://example.org)\n\
                      [top](#top) [folder](docs/) `[no](link.md)`\n```\n[no](link.md)\n```\n[gone](docs/gone.md)\n";
        let tree = Tree::of(&[("README.md", readme), ("ARCHITECTURE.md", ""), ("docs/home.png", "")]);
        assert_eq!(says(links_lead_somewhere(&tree)).iter().map(|(line, _)| *line).collect::<Vec<_>>(), [6]);
    }

    #[test]
    fn links_are_seen_from_their_file() {
        let tree = Tree::of(&[
            ("docs/a.md", "[up](../README.md) [out](../../b.md) [root](/README.md)"),
            ("README.md", ""),
        ]);
        assert_eq!(says(links_lead_somewhere(&tree)).len(), 1);
    }
}
