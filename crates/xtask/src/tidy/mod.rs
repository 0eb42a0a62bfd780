//! `cargo xtask tidy`: the rules of this code base that neither rustc nor clippy knows.
//!
//! A rule looks at the whole tree and gives findings: file, line, what is wrong, what to do.

mod docs;
mod rust;
mod scan;
mod sql;
mod templates;
mod words;

use crate::args::Args;
use crate::shell::{self, Outcome};
use scan::Scan;
use std::collections::HashSet;
use std::fmt;
use std::path::Path;

/// Something that should be otherwise.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    path: String,
    line: usize,
    says: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.says)
    }
}

/// One file of the tree; Rust files come with a scan that knows code from comments and texts.
pub struct File {
    path: String,
    text: String,
    scan: Option<Scan>,
}

impl File {
    fn new(path: String, text: String) -> File {
        let scan = path.ends_with(".rs").then(|| Scan::new(&text));
        File { path, text, scan }
    }

    fn finding(&self, line: usize, says: impl Into<String>) -> Finding {
        Finding { path: self.path.clone(), line, says: says.into() }
    }

    /// The folder under `crates/`, if the file belongs to a crate.
    fn krate(&self) -> Option<&str> {
        self.path.strip_prefix("crates/")?.split_once('/').map(|(name, _)| name)
    }

    /// Files that only tests, examples and the developer's own tools are made of.
    fn is_for_tests(&self) -> bool {
        let folders = ["tests", "examples", "benches"];
        matches!(self.krate(), Some("testkit" | "xtask" | "bench"))
            || self.path.split('/').any(|part| folders.contains(&part) || part == "tests.rs")
    }
}

/// All text files of the repository.
#[derive(Default)]
pub struct Tree {
    files: Vec<File>,
    /// Every path in it: text or not, file or folder.
    paths: HashSet<String>,
    /// Where the repository lies, and what else lies there.
    parent: String,
    neighbours: Vec<String>,
}

impl Tree {
    fn read(root: &Path) -> Outcome<Tree> {
        let mut tree = Tree::default();
        tree.collect(root, "")?;
        tree.files.sort_by(|a, b| a.path.cmp(&b.path));
        if let Some(parent) = root.parent() {
            tree.parent = parent.to_string_lossy().into_owned();
            let beside = std::fs::read_dir(parent).into_iter().flatten().flatten();
            tree.neighbours = beside.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        }
        Ok(tree)
    }

    #[cfg(test)]
    fn of(files: &[(&str, &str)]) -> Tree {
        let mut tree = Tree::default();
        for (path, text) in files {
            for (at, _) in path.match_indices('/') {
                tree.paths.insert(path[..at].to_owned());
            }
            tree.paths.insert((*path).to_owned());
            tree.files.push(File::new((*path).to_owned(), (*text).to_owned()));
        }
        tree
    }

    fn rust(&self) -> impl Iterator<Item = (&File, &Scan)> {
        self.files.iter().filter_map(|file| Some((file, file.scan.as_ref()?)))
    }

    fn get(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    fn has(&self, path: &str) -> bool {
        self.paths.contains(path)
    }

    fn collect(&mut self, root: &Path, folder: &str) -> Outcome {
        let cannot = |e: std::io::Error| format!("cannot read {folder:?}: {e}");
        for entry in std::fs::read_dir(root.join(folder)).map_err(cannot)? {
            let entry = entry.map_err(cannot)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            let kind = entry.file_type().map_err(cannot)?;
            // What git ignores, and git itself.
            if matches!(path.as_str(), "target" | "data" | ".git") || name == "node_modules" {
                continue;
            }
            if kind.is_dir() {
                self.collect(root, &path)?;
            } else if kind.is_file() {
                // Pictures and fonts are not text; no rule reads them.
                if let Ok(text) = std::fs::read_to_string(entry.path()) {
                    self.files.push(File::new(path.clone(), text));
                }
            }
            self.paths.insert(path);
        }
        Ok(())
    }
}

/// A rule looks at everything and complains of what it finds.
type Rule = fn(&Tree) -> Vec<Finding>;

const RULES: &[Rule] = &[
    rust::begins_with_docs,
    rust::files_are_short,
    rust::functions_are_short,
    rust::nothing_is_left_open,
    rust::panics_have_reasons,
    sql::only_in_stores,
    sql::only_own_tables,
    templates::no_dead_template,
    templates::pages_extend_a_layout,
    templates::nothing_inline,
    docs::every_crate_is_on_the_map,
    docs::glossary_is_one_to_one,
    docs::links_lead_somewhere,
    docs::named_tests_are_there,
    words::nothing_of_one_machine,
];

/// The command.
pub fn run(args: &[String]) -> Outcome {
    Args::new(args).done()?;
    let tree = Tree::read(&shell::root())?;
    let mut findings: Vec<Finding> = RULES.iter().flat_map(|rule| rule(&tree)).collect();
    findings.sort();
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => {
            println!("tidy: {} files, {} rules, nothing to say", tree.files.len(), RULES.len());
            Ok(())
        }
        many => Err(format!("tidy found {many} things to put right")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_can_be_clicked_in_an_editor() {
        let file = File::new("crates/a/src/lib.rs".to_owned(), String::new());
        assert_eq!(file.finding(3, "say why").to_string(), "crates/a/src/lib.rs:3: say why");
    }

    #[test]
    fn files_know_their_crate_and_whether_they_are_tests() {
        let file = |path: &str| File::new(path.to_owned(), String::new());
        assert_eq!(file("crates/casework/src/lib.rs").krate(), Some("casework"));
        assert_eq!(file("packs/a.yaml").krate(), None);
        assert!(file("crates/casework/tests/story.rs").is_for_tests());
        assert!(file("crates/casework/src/decide/tests.rs").is_for_tests());
        assert!(file("crates/testkit/src/lib.rs").is_for_tests());
        assert!(!file("crates/casework/src/contests.rs").is_for_tests());
    }

    #[test]
    fn the_tree_is_read_whole_but_for_what_is_built() {
        let tree = Tree::read(&shell::root()).expect("the repository can be read");
        assert!(tree.get("crates/xtask/src/tidy/mod.rs").is_some());
        assert!(tree.files.iter().all(|file| !file.path.starts_with("target/")));
    }
}
