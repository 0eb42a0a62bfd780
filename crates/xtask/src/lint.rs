//! Clippy builds what the tests run: one pass over the workspace instead of one that judges and one that builds.

use crate::shell;
use std::process::Command;

/// Between the arguments that cargo-clippy hands to its driver, and after the last.
const SEPARATOR: &str = "__CLIPPY_HACKERY__";

/// A cargo whose compiler for the crates of the workspace is clippy, and to which a warning is an error. Every gate that
/// builds for the tests takes this one: with another compiler cargo would build the workspace anew.
pub fn cargo() -> Command {
    let mut cargo = shell::cargo();
    cargo.env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver").envs(warnings_are_errors());
    cargo
}

fn warnings_are_errors() -> [(&'static str, String); 1] {
    [("CLIPPY_ARGS", format!("-D{SEPARATOR}warnings{SEPARATOR}"))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Stdio;

    /// As cargo calls it: the wrapper, the compiler, the compiler's arguments.
    fn compiles(name: &str, text: &str) -> bool {
        let folder = shell::work_dir().unwrap().join(format!("lint-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join(format!("{name}.rs"));
        std::fs::write(&file, text).unwrap();
        let mut driver = Command::new("clippy-driver");
        driver.args(["rustc", "--crate-type", "lib", "--edition", "2024", "--emit", "metadata", "--out-dir"]);
        driver.arg(&folder).arg(&file).envs(warnings_are_errors()).stderr(Stdio::null());
        let good = driver.status().unwrap().success();
        std::fs::remove_dir_all(&folder).unwrap();
        good
    }

    #[test]
    fn a_warning_of_clippy_or_of_the_compiler_fails_the_build() {
        assert!(compiles("clean", "pub fn even(n: u32) -> bool { n.is_multiple_of(2) }"));
        assert!(!compiles("unused", "pub fn even(n: u32) -> bool { let m = 1; n.is_multiple_of(2) }"));
        assert!(!compiles("clumsy", "pub fn even(n: u32) -> bool { return n.is_multiple_of(2); }"));
    }
}
