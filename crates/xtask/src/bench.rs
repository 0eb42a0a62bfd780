//! `cargo xtask bench`: hands over to the bench program, a release build.

use crate::shell::{self, Outcome};

pub fn run(args: &[String]) -> Outcome {
    if !shell::root().join("crates/bench/Cargo.toml").is_file() {
        return Err("there is no bench program in this version: crates/bench is missing".to_owned());
    }
    let mut bench = shell::cargo();
    bench.args(["run", "--quiet", "--release", "--package", "yimen-bench", "--"]).args(args);
    shell::run(&mut bench)
}
