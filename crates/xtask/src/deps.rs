//! The gate `deps`: what we build from comes from the one registry with its check sum, under licences that go with ours, and
//! without a library that the architecture rules out.
//!
//! Faults that became known after a version was published are not looked up: the lists of them (RustSec) lie in a git
//! repository, and this gate asks nobody outside. `docs/security/mlps3.md` says what the operator does.

use std::collections::{BTreeMap, BTreeSet};

use crate::shell::{self, Outcome};

/// Licences that ask for no more than their text beside the program.
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// What must not come in by a detour, and why.
const BANNED: &[(&str, &str)] = &[
    ("openssl", "TLS is rustls: one library to keep fresh, none of the system's"),
    ("openssl-sys", "TLS is rustls: one library to keep fresh, none of the system's"),
    ("native-tls", "TLS is rustls: one library to keep fresh, none of the system's"),
    ("serde_yaml", "nobody looks after it any more"),
];

/// As many crates may be there in two versions: one more is to be looked at.
const DOUBLED: usize = 30;

pub fn run(args: &[String]) -> Outcome {
    crate::args::Args::new(args).done()?;
    let lock = std::fs::read_to_string(shell::root().join("Cargo.lock"));
    let lock = lock.map_err(|e| format!("cannot read Cargo.lock: {e}"))?;
    let packages = locked(&lock);
    let mut tree = shell::cargo();
    tree.args(["tree", "--workspace", "--locked", "--prefix", "none", "--format", "{p}|{l}"]);
    let told = tree.output().map_err(|e| format!("cargo tree does not run: {e}"))?;
    if !told.status.success() {
        return Err(format!("cargo tree: {}", String::from_utf8_lossy(&told.stderr).trim()));
    }
    let licences = String::from_utf8_lossy(&told.stdout).into_owned();
    let mut found = of_packages(&packages);
    found.extend(of_licences(&licences));
    for one in &found {
        println!("  {one}");
    }
    println!("deps: {} packages, {} in more than one version", packages.len(), doubled(&packages).len());
    if found.is_empty() { Ok(()) } else { Err(format!("{} findings", found.len())) }
}

#[derive(Debug, Default, PartialEq)]
struct Package {
    name: String,
    version: String,
    source: String,
    checksum: String,
}

/// The packages of a lock file.
fn locked(text: &str) -> Vec<Package> {
    let parts = text.split("[[package]]").skip(1);
    parts
        .map(|part| {
            let value = |key: &str| {
                let line = part.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \""));
                line.and_then(|line| line.strip_suffix('"')).unwrap_or_default().to_owned()
            };
            Package {
                name: value("name"),
                version: value("version"),
                source: value("source"),
                checksum: value("checksum"),
            }
        })
        .collect()
}

fn of_packages(packages: &[Package]) -> Vec<String> {
    let mut found = Vec::new();
    for one in packages {
        let name = format!("{} {}", one.name, one.version);
        // Without a source it is our own.
        if !one.source.is_empty() && one.source != REGISTRY {
            found.push(format!("{name} comes from {}: only the registry is allowed", one.source));
        }
        if one.source == REGISTRY && one.checksum.len() != 64 {
            found.push(format!("{name} has no check sum in Cargo.lock"));
        }
        if let Some((_, why)) = BANNED.iter().find(|(banned, _)| *banned == one.name) {
            found.push(format!("{name} is not allowed: {why}"));
        }
    }
    let doubled = doubled(packages);
    if doubled.len() > DOUBLED {
        found.push(format!(
            "{} crates are there in more than one version: {}",
            doubled.len(),
            doubled.join(" ")
        ));
    }
    found
}

fn doubled(packages: &[Package]) -> Vec<&str> {
    let mut versions: BTreeMap<&str, usize> = BTreeMap::new();
    for one in packages {
        *versions.entry(&one.name).or_default() += 1;
    }
    versions.into_iter().filter(|(_, count)| *count > 1).map(|(name, _)| name).collect()
}

/// Of lines like `bytes v1.2.3|MIT OR Apache-2.0`.
fn of_licences(lines: &str) -> Vec<String> {
    let lines: BTreeSet<&str> = lines.lines().filter(|line| !line.is_empty()).collect();
    let mut found = BTreeSet::new();
    for line in lines {
        let (name, licence) = line.split_once('|').unwrap_or((line, ""));
        let licence = licence.trim_end_matches(" (*)").trim();
        let name = name.split(" (").next().unwrap_or(name);
        if !allowed(licence) {
            found.insert(format!("{name} is under {licence:?}, which is not among the licences we take"));
        }
    }
    found.into_iter().collect()
}

/// Of every part one alternative is. Parentheses stand around a whole part only, which is all that crates do.
fn allowed(licence: &str) -> bool {
    let licence = licence.replace(" / ", " OR ").replace('/', " OR ");
    !licence.is_empty()
        && licence.split(" AND ").all(|part| {
            let part = part.trim().trim_start_matches('(').trim_end_matches(')');
            part.split(" OR ").any(|one| LICENCES.contains(&one.trim()))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_each_part_of_a_licence_one_alternative_must_be_allowed() {
        for fine in [
            "MIT",
            "MIT OR Apache-2.0",
            "Apache-2.0/MIT",
            "Apache-2.0 / MIT",
            "GPL-3.0 OR MIT",
            "(MIT OR GPL-3.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR MIT",
        ] {
            assert!(allowed(fine), "{fine}");
        }
        for wrong in [
            "",
            "GPL-3.0",
            "AGPL-3.0 OR SSPL-1.0",
            "MIT AND GPL-3.0",
            "(MIT OR ISC) AND (GPL-2.0 OR GPL-3.0)",
        ] {
            assert!(!allowed(wrong), "{wrong}");
        }
        let lines =
            "a v1.0.0|MIT\nb v2.0.0 (proc-macro)|GPL-3.0\nb v2.0.0 (proc-macro)|GPL-3.0 (*)\nc v0.1.0|\n";
        let found = of_licences(lines);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("b v2.0.0 is under \"GPL-3.0\""), "{found:?}");
    }

    #[test]
    fn only_the_registry_with_its_check_sum_is_taken_and_nothing_that_is_ruled_out() {
        let package =
            |name: &str, more: &str| format!("[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\n{more}\n");
        let sum = format!("source = \"{REGISTRY}\"\nchecksum = \"{}\"", "a".repeat(64));
        let fine = locked(&[package("own", ""), package("serde", &sum)].concat());
        assert_eq!(fine.len(), 2);
        assert_eq!(of_packages(&fine), Vec::<String>::new());
        for (name, more, words) in [
            ("a", "source = \"git+https://github.com/a/a#1\"".to_owned(), "only the registry"),
            ("a", format!("source = \"{REGISTRY}\""), "no check sum"),
            ("openssl-sys", sum.clone(), "not allowed"),
        ] {
            let found = of_packages(&locked(&package(name, &more)));
            assert!(found.len() == 1 && found[0].contains(words), "{found:?}");
        }
        let many: String = (0..=DOUBLED).map(|n| package(&n.to_string(), &sum).repeat(2)).collect();
        assert!(of_packages(&locked(&many))[0].contains("more than one version"));
        assert_eq!(of_packages(&locked(&package("x", &sum).repeat(2))), Vec::<String>::new());
    }
}
