//! `cargo xtask attacks`: the attacks on the whole program, with how many were tried.

use crate::shell::{self, Outcome};

pub fn run(args: &[String]) -> Outcome {
    crate::args::Args::new(args).done()?;
    let mut tests = shell::cargo();
    tests.args(["test", "--quiet", "--workspace", "--test", "review", "attacks::", "--", "--nocapture"]);
    shell::run(&mut tests)
}
