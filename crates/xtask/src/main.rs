//! The project's own commands: `cargo xtask test`, `tidy`, `sql-check`, `attacks`, `bench`, `shots`.

mod args;
mod attacks;
mod axe;
mod bench;
mod deps;
mod gates;
mod lint;
mod packages;
mod postgres;
mod shell;
mod shots;
mod tests_gate;
mod third_party;
mod tidy;

use std::process::ExitCode;

const HELP: &str = "\
usage: cargo xtask <command>

  test        install what the tests need, then every gate and every test
                --only GATE      one of: fmt tidy deps build sql-check packs tests (repeatable)
                --filter TEXT    only tests whose name contains TEXT (implies --only tests)
                -p CRATE         only tests of this crate (implies --only tests, repeatable)
                --nextest        run the tests with cargo-nextest
                --no-install     install nothing; say what is missing and stop
  tidy        the rules of this code base that a compiler does not know
  sql-check   every SQL statement of the program, prepared on SQLite and PostgreSQL
  deps        licences, sources and check sums of what we build from
  attacks     the attacks on the whole program, with how many of which kind were tried
  bench       the performance table (arguments go to the bench program: --json --quick --store URL)
  shots       screenshots of the demo at 390 and 1280 px into target/shots/demo/
                --only NAME      only shots whose name contains NAME
                --base URL       take them of a server that already runs";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = match args.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", &[] as &[String]),
    };
    let outcome = match command {
        "test" => gates::run(rest),
        "tidy" => tidy::run(rest),
        "sql-check" => gates::sql_check_alone(rest),
        "deps" => deps::run(rest),
        "attacks" => attacks::run(rest),
        "bench" => bench::run(rest),
        "shots" => shots::run(rest),
        "help" | "-h" | "--help" => {
            println!("{HELP}");
            Ok(())
        }
        other => Err(format!("no command {other:?}\n\n{HELP}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}
