//! The command line: reads the arguments, runs one command, says what went wrong and what to do.

mod account_cli;
mod backup_cli;
mod cli;
mod demo;
mod key_cli;
mod ledger_cli;
mod oidc_cli;
mod pack;
mod serve;
mod traffic_args;
mod usage;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage::told(&error, &cli::Cli::command()),
    };
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("YIMEN_LOG")
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,yimen=info")),
        )
        // Colours are for a terminal; in a file they are noise.
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    match cli.run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("yimen: {error}");
            ExitCode::FAILURE
        }
    }
}
