//! The routes, as the sources name them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Every `.route("…", get(…).post(…))` of the product.
pub fn routes_of_the_sources() -> BTreeSet<(String, String)> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = BTreeSet::new();
    for one in std::fs::read_dir(&crates).unwrap().map(|e| e.unwrap().path()) {
        let name = one.file_name().unwrap().to_string_lossy().into_owned();
        // Not part of the product.
        if !["bench", "testkit", "xtask"].contains(&name.as_str()) {
            files(&one.join("src"), &mut |text| routes_of(text, &mut found));
        }
    }
    found
}

fn files(folder: &Path, look: &mut impl FnMut(&str)) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let paths: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    for path in paths {
        match path.is_dir() {
            true => files(&path, look),
            false if path.extension().is_some_and(|e| e == "rs") => {
                look(&std::fs::read_to_string(&path).unwrap());
            }
            false => {}
        }
    }
}

fn routes_of(text: &str, found: &mut BTreeSet<(String, String)>) {
    let product = text.split("#[cfg(test)]").next().unwrap_or(text);
    for piece in product.split(".route(").skip(1) {
        let mut depth = 1;
        let end = piece.find(|c| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            depth == 0
        });
        let call = &piece[..end.unwrap_or(piece.len())];
        let path = call.split('"').nth(1).unwrap_or_else(|| panic!("a route without a literal path: {call}"));
        for method in ["get", "post", "put", "delete", "patch", "any"] {
            let is = |before: &str| call.contains(&format!("{before}{method}("));
            if is(" ") || is(".") || is(":") || is("\n") || is(",") {
                found.insert((method.to_string(), path.to_string()));
            }
        }
    }
}
