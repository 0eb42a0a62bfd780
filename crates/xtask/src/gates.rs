//! `cargo xtask test`: every gate in order, cheap ones first, the tests last, one verdict.

use crate::args::Args;
use crate::postgres::Postgres;
use crate::shell::{self, Outcome};
use crate::tests_gate::{self, Counts, Selection};
use crate::{axe, deps, lint, packages, postgres, third_party, tidy};
use std::time::{Duration, Instant};

/// What the gates share: the prepared surroundings and the tests asked for.
pub struct Surroundings {
    postgres: Option<Postgres>,
    axe: Option<std::path::PathBuf>,
    third_party: Option<std::path::PathBuf>,
    selection: Selection,
    counts: Counts,
}

struct Gate {
    name: &'static str,
    /// Needs PostgreSQL and the browser.
    prepared: bool,
    run: fn(&mut Surroundings) -> Outcome,
}

/// The order matters: what costs a second comes before what costs minutes, and the test runner's word is the last.
const GATES: &[Gate] = &[
    Gate { name: "fmt", prepared: false, run: fmt },
    Gate { name: "tidy", prepared: false, run: |_| tidy::run(&[]) },
    Gate { name: "deps", prepared: false, run: |_| deps::run(&[]) },
    Gate { name: "build", prepared: false, run: build },
    Gate { name: "packs", prepared: false, run: packs },
    Gate { name: "sql-check", prepared: true, run: sql_check },
    Gate { name: "tests", prepared: true, run: tests },
];

pub fn run(args: &[String]) -> Outcome {
    let mut args = Args::new(args);
    let may_install = !args.flag("--no-install");
    let selection = Selection {
        nextest: args.flag("--nextest"),
        filter: args.value("--filter")?,
        packages: args.values("-p")?,
    };
    let mut only = args.values("--only")?;
    args.done()?;
    if selection.is_partial() && only.is_empty() {
        only.push("tests".to_owned());
    }
    if let Some(unknown) = only.iter().find(|name| !GATES.iter().any(|gate| gate.name == **name)) {
        let known: Vec<&str> = GATES.iter().map(|gate| gate.name).collect();
        return Err(format!("no gate {unknown:?}; there are: {}", known.join(" ")));
    }
    let chosen: Vec<&Gate> =
        GATES.iter().filter(|gate| only.is_empty() || only.iter().any(|name| name == gate.name)).collect();
    let counts = Counts::default();
    let mut around = Surroundings { postgres: None, axe: None, third_party: None, selection, counts };
    let mut times = Vec::new();
    if chosen.iter().any(|gate| gate.prepared) {
        let (outcome, time) = timed("set-up", || prepare(&mut around, may_install));
        if outcome.is_err() {
            return Err("nothing was run: what the tests need is not there (see above)".to_owned());
        }
        times.push(("set-up", true, time));
    }
    for gate in chosen {
        let (outcome, time) = timed(gate.name, || (gate.run)(&mut around));
        times.push((gate.name, outcome.is_ok(), time));
    }
    verdict(&times, &around.counts)
}

/// `cargo xtask sql-check` on its own.
pub fn sql_check_alone(args: &[String]) -> Outcome {
    Args::new(args).done()?;
    run(&["--only".to_owned(), "sql-check".to_owned()])
}

fn timed(name: &str, work: impl FnOnce() -> Outcome) -> (Outcome, Duration) {
    println!("── {name} {}", "─".repeat(70 - name.len()));
    let start = Instant::now();
    let outcome = work();
    let time = start.elapsed();
    match &outcome {
        Ok(()) => println!("{name}: ok, {:.1} s", time.as_secs_f64()),
        Err(why) => println!("{name}: {why} ({:.1} s)", time.as_secs_f64()),
    }
    (outcome, time)
}

fn prepare(around: &mut Surroundings, may_install: bool) -> Outcome {
    packages::ensure(may_install)?;
    around.axe = Some(axe::ensure()?);
    around.third_party = Some(third_party::ensure()?);
    let server = Postgres::start()?;
    println!("a PostgreSQL of our own is running");
    around.postgres = Some(server);
    Ok(())
}

impl Surroundings {
    /// The environment in which tests find what was prepared.
    pub fn variables(&self) -> Vec<(&'static str, std::ffi::OsString)> {
        let mut variables = Vec::new();
        if let Some(server) = &self.postgres {
            variables.push((postgres::VARIABLE, server.url().into()));
        }
        if let Some(script) = &self.axe {
            variables.push((axe::VARIABLE, script.into()));
        }
        if let Some(folder) = &self.third_party {
            variables.push((third_party::VARIABLE, folder.into()));
        }
        variables
    }
}

fn fmt(_: &mut Surroundings) -> Outcome {
    shell::run(shell::cargo().args(["fmt", "--all", "--check"]))
        .map_err(|why| format!("{why}; run: cargo fmt --all"))
}

/// The same selection as the tests: with another one, cargo would choose other features and build all twice.
fn build(_: &mut Surroundings) -> Outcome {
    shell::run(lint::cargo().args(["test", "--workspace", "--no-run", "--quiet"]))
}

/// By the program that the tests built (cargo makes it for the integration tests of its crate).
fn packs(around: &mut Surroundings) -> Outcome {
    build(around)?;
    let folders = std::fs::read_dir(shell::root().join("packs")).map_err(|e| format!("packs: {e}"))?;
    let mut names: Vec<_> =
        folders.flatten().filter(|entry| entry.path().join("pack.yaml").is_file()).collect();
    names.sort_by_key(|entry| entry.file_name());
    if names.is_empty() {
        return Err("no pack.yaml in packs/*: there should be one".to_owned());
    }
    for entry in names {
        let mut check = shell::command(shell::target().join("debug/yimen"));
        check.args(["pack", "check"]).arg(format!("packs/{}", entry.file_name().to_string_lossy()));
        shell::run(&mut check)?;
    }
    Ok(())
}

fn sql_check(around: &mut Surroundings) -> Outcome {
    let mut check = lint::cargo();
    check.args(["test", "--workspace", "--quiet", "--test", "sql_check", "--", "--nocapture"]);
    shell::run(check.envs(around.variables()))
}

fn tests(around: &mut Surroundings) -> Outcome {
    let (counts, outcome) = tests_gate::run(&around.selection, &around.variables());
    around.counts = counts;
    outcome
}

fn verdict(times: &[(&str, bool, Duration)], counts: &Counts) -> Outcome {
    println!("── verdict {}", "─".repeat(63));
    let total: Duration = times.iter().map(|(_, _, time)| *time).sum();
    for (name, good, time) in times {
        println!("{name:10} {:>7.1} s  {}", time.as_secs_f64(), if *good { "ok" } else { "FAILED" });
    }
    println!("{:10} {:>7.1} s", "all", total.as_secs_f64());
    let failed: Vec<&str> = times.iter().filter(|(_, good, _)| !good).map(|(name, _, _)| *name).collect();
    if times.iter().any(|(name, _, _)| *name == "tests") {
        println!("{counts}");
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
}
