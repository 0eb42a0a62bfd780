//! Runs the tests, passing their output on line by line and adding up what every test binary says of itself.

use crate::lint;
use crate::shell::{self, Outcome};
use std::ffi::OsString;
use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

/// Which tests, and by which runner.
pub struct Selection {
    pub nextest: bool,
    pub filter: Option<String>,
    pub packages: Vec<String>,
}

impl Selection {
    pub fn is_partial(&self) -> bool {
        self.filter.is_some() || !self.packages.is_empty()
    }
}

/// Sums over all test binaries.
#[derive(Debug, Default, PartialEq)]
pub struct Counts {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 { write!(f, ", {} skipped", self.skipped) } else { Ok(()) }
    }
}

impl Counts {
    /// Adds what a line says, if it is a summary of cargo's own runner
    /// (`test result: ok. 3 passed; 0 failed; 1 ignored; …`) or of nextest (`Summary [ 0.1s] 3 tests run: 3 passed, …`).
    fn add_line(&mut self, line: &str) {
        let line = line.trim_start();
        let sums = if line.starts_with("test result: ") {
            line
        } else if line.starts_with("Summary [") {
            line.split_once(" run: ").map_or("", |(_, sums)| sums)
        } else {
            return;
        };
        let words: Vec<&str> =
            sums.split([' ', ';', ',', '(', ')']).filter(|word| !word.is_empty()).collect();
        for pair in words.windows(2) {
            let Ok(number) = pair[0].parse::<u64>() else {
                continue;
            };
            match pair[1] {
                "passed" => self.passed += number,
                "failed" | "timed" => self.failed += number,
                "ignored" | "skipped" => self.skipped += number,
                _ => {}
            }
        }
    }

    fn ran(&self) -> u64 {
        self.passed + self.failed
    }
}

/// Runs the chosen tests in the given environment.
pub fn run(selection: &Selection, variables: &[(&'static str, OsString)]) -> (Counts, Outcome) {
    let mut counts = Counts::default();
    let mut outcome = Ok(());
    for mut command in commands(selection) {
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        let one = stream(&mut command, &mut counts);
        outcome = outcome.and(one);
    }
    if outcome.is_err() && counts.failed == 0 {
        // Something broke that no test binary could count: a compile error, a crash.
        counts.failed = 1;
    }
    if outcome.is_ok() && counts.ran() == 0 {
        outcome = Err("no test ran".to_owned());
    }
    (counts, outcome)
}

fn commands(selection: &Selection) -> Vec<Command> {
    let scope = || {
        let mut args = Vec::new();
        if selection.packages.is_empty() {
            args.push("--workspace".to_owned());
        }
        for package in &selection.packages {
            args.extend(["-p".to_owned(), package.clone()]);
        }
        args.push("--no-fail-fast".to_owned());
        args
    };
    let mut commands = Vec::new();
    if selection.nextest {
        let mut nextest = lint::cargo();
        nextest.args(["nextest", "run"]).args(scope()).args(&selection.filter);
        commands.push(nextest);
        // nextest leaves the examples in the documentation out.
        let mut docs = lint::cargo();
        docs.args(["test", "--doc"]).args(scope()).args(&selection.filter);
        commands.push(docs);
    } else {
        let mut all = lint::cargo();
        all.arg("test").args(scope()).args(&selection.filter);
        commands.push(all);
    }
    commands
}

/// Both streams come through one pipe, so that their lines stay in order.
fn stream(command: &mut Command, counts: &mut Counts) -> Outcome {
    let text = shell::shown(command);
    let cannot = |e: std::io::Error| format!("cannot start `{text}`: {e}");
    let (reader, writer) = std::io::pipe().map_err(cannot)?;
    command.stdin(Stdio::null()).stdout(writer.try_clone().map_err(cannot)?).stderr(writer);
    let mut child = command.spawn().map_err(cannot)?;
    // The command still holds the writing end; the pipe would never end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let more = pass_on(reader, |line| println!("{line}"));
    counts.passed += more.passed;
    counts.failed += more.failed;
    counts.skipped += more.skipped;
    let status = child.wait().map_err(|e| format!("`{text}`: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{text}` failed ({status})")) }
}

fn pass_on(stream: impl Read, show: impl Fn(&str)) -> Counts {
    let mut counts = Counts::default();
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        // A test may print anything, also what is not UTF-8.
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\n', '\r']);
        counts.add_line(text);
        show(text);
        line.clear();
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(lines: &str) -> Counts {
        pass_on(lines.as_bytes(), |_| ())
    }

    #[test]
    fn cargos_summaries_are_added_up() {
        let sums = counted(
            "running 4 tests\ntest a ... ok\n\
             test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 7 filtered out; finished in 0.10s\n\
             test result: FAILED. 10 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s\n",
        );
        assert_eq!(sums, Counts { passed: 13, failed: 2, skipped: 1 });
        assert_eq!(sums.to_string(), "13 passed, 2 failed, 1 skipped");
    }

    #[test]
    fn nextests_summary_is_understood() {
        let sums =
            counted("     Summary [   0.512s] 12 tests run: 10 passed (1 slow), 2 failed, 3 skipped\n");
        assert_eq!(sums, Counts { passed: 10, failed: 2, skipped: 3 });
    }

    #[test]
    fn what_a_test_prints_is_not_counted() {
        assert_eq!(counted("we had 3 passed; 4 failed\n\u{7f}test results: 9 passed"), Counts::default());
        assert_eq!(pass_on(&b"\xff\xfe 1 passed\n"[..], |_| ()), Counts::default());
    }

    #[test]
    fn sums_without_skipped_tests_end_plainly() {
        assert_eq!(Counts { passed: 5, failed: 0, skipped: 0 }.to_string(), "5 passed, 0 failed");
    }
}
