//! The rule that no file speaks of the machine or the folder in which it happened to be written.

use super::docs::resolve;
use super::{Finding, Tree};

pub fn nothing_of_one_machine(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        for (index, line) in file.text.lines().enumerate() {
            if let Some(path) = tree.neighbours.iter().find_map(|name| outside(tree, &file.path, line, name))
            {
                let says =
                    format!("{path:?} is outside of the repository and nobody else has it: do without");
                findings.push(file.finding(index + 1, says));
            }
        }
    }
    findings
}

/// A mention of what lies beside the repository: by its full path, or as `../name` when nothing inside is meant.
fn outside(tree: &Tree, file: &str, line: &str, name: &str) -> Option<String> {
    let full = format!("{}/{name}", tree.parent);
    if tree.parent.len() > 1 && mentions(line, &full) {
        return Some(full);
    }
    let relative = format!("../{name}");
    if !mentions(line, &relative) {
        return None;
    }
    // As seen from the file's folder and every folder above it, which is how code and manifests name paths.
    let mut folder = file;
    while let Some((above, _)) = folder.rsplit_once('/') {
        if resolve(above, &relative).is_some_and(|path| tree.has(&path)) {
            return None;
        }
        folder = above;
    }
    Some(relative)
}

fn mentions(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let after = line[at + path.len()..].chars().next();
        !after.is_some_and(|one| one.is_alphanumeric() || matches!(one, '-' | '_' | '.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        let mut tree =
            Tree::of(&[(path, text), ("crates/web/templates/a.html", ""), ("crates/yimen/askama.toml", "")]);
        tree.parent = "/home/li".to_owned();
        tree.neighbours = vec!["notes".to_owned(), "web".to_owned()];
        nothing_of_one_machine(&tree).len()
    }

    #[test]
    fn paths_beside_the_repository_are_found() {
        assert_eq!(found("README.md", "see /home/li/notes/plan.md"), 1);
        assert_eq!(found("README.md", "see ../notes/plan.md"), 1);
        assert_eq!(found("crates/web/src/lib.rs", "//! as ../notes say"), 1);
    }

    #[test]
    fn paths_inside_are_not() {
        assert_eq!(found("crates/casework/askama.toml", "dirs = [\"../web/templates\"]"), 0);
        assert_eq!(found("crates/casework/src/pages/mod.rs", "path = \"../web/templates\""), 0);
        assert_eq!(found("README.md", "see /home/li/notes-of-mine and /home/wang/notes"), 0);
    }
}
