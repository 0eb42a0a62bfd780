//! The benchmark: raw engine, commands, HTTP and pages in one run, with the same durable settings.

mod client;
mod engine;
mod fill;
mod guards;
mod http;
mod lives;
mod pages;
mod proofs;
mod raw;
mod report;
mod script;
mod server;
mod stats;
mod world;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use yimen_store::Tape;

use engine::Engine;
use http::Load;
use lives::Until;
use report::Report;
use server::Server;
use stats::median;
use world::{Failure, World};

#[derive(Parser)]
struct Args {
    /// Print the figures as JSON.
    #[arg(long)]
    json: bool,
    /// Fewer lives and a smaller city: under five minutes.
    #[arg(long)]
    quick: bool,
    /// postgres://… of a server on which databases named yimen_bench_… are made and dropped; without it SQLite.
    #[arg(long, default_value = "")]
    store: String,
    /// Folder for the data; its disk is what is measured.
    #[arg(long, default_value = "target/bench")]
    folder: PathBuf,
    /// Only these parts, of: lives, guards, http, pages.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
}

/// How much is done.
struct Scale {
    lives: usize,
    rounds: usize,
    http_lives: usize,
    services: usize,
    city: fill::Size,
    pages: usize,
}

const FULL: Scale = Scale {
    lives: 2_000,
    rounds: 5,
    http_lives: 1_600,
    services: 1_000,
    city: fill::Size { closed: 1_000_000, open: 50_000 },
    pages: 1_500,
};
const QUICK: Scale = Scale {
    lives: 400,
    rounds: 3,
    http_lives: 800,
    services: 1_000,
    city: fill::Size { closed: 1_000_000, open: 50_000 },
    pages: 300,
};

/// Residents who have accounts, as many as apply through HTTP.
const APPLICANTS: usize = 4 * lives::AT_ONCE;

fn main() -> ExitCode {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(bench(&args)),
        Err(error) => Err(error.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn bench(args: &Args) -> Result<(), Failure> {
    std::fs::create_dir_all(&args.folder)?;
    let folder = tempfile::tempdir_in(&args.folder)?;
    let engine = Engine::new(folder.path(), &args.store);
    let mut scale = if args.quick { QUICK } else { FULL };
    if args.quick && engine.name() == "postgres" {
        // A fifth as fast, and what is quick must be over in five minutes.
        scale.lives /= 2;
        scale.http_lives /= 8;
    }
    let wanted = |part: &str| args.only.is_empty() || args.only.iter().any(|o| o == part);
    let mut report = Report::new(engine.name(), args.json);
    if wanted("lives") {
        measure_lives(&engine, &scale, &mut report).await?;
    }
    if wanted("guards") {
        report.guards(&guards::measure(&engine, scale.lives, scale.rounds).await?);
    }
    if wanted("http") {
        measure_http(&engine, &scale, &mut report).await?;
    }
    if wanted("pages") {
        measure_pages(&engine, &scale, &mut report).await?;
    }
    report.finish();
    Ok(())
}

/// Raw engine and commands in turns, so that a busy moment of the machine strikes both.
async fn measure_lives(engine: &Engine, scale: &Scale, report: &mut Report) -> Result<(), Failure> {
    let tape = Tape::default();
    let taped = engine.taped();
    let world = Arc::new(World::new(&taped, 200, 0, Some(tape.clone())).await?);
    let empty = taped.data.join("empty.db");
    world.platform.store.backup_to(&empty)?;
    tape.take();
    lives::run(&world, scale.lives, 5, Until::Closed).await?;
    drop(world);
    let tape = tape.take();
    let world = Arc::new(World::new(&engine.place("commands").await?, 200, 0, None).await?);
    lives::run(&world, scale.lives / 4, 7, Until::Closed).await?;
    let (mut raw, mut own, mut ratio, mut cpu, mut commands) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), 0.0);
    for round in 0..scale.rounds {
        let took = match engine.is_postgres() {
            true => {
                let place = engine.place("raw").await?;
                drop(World::new(&place, 200, 0, None).await?);
                raw::postgres(&place.store_url(), &tape).await?
            }
            false => {
                let file = taped.data.join(format!("raw-{round}.db"));
                std::fs::copy(&empty, &file)?;
                raw::sqlite(&file, &tape)?
            }
        };
        raw.push(scale.lives as f64 / took.as_secs_f64());
        let before = stats::cpu();
        let (took, each) = lives::run(&world, scale.lives, 1_000 * (round as u64 + 1), Until::Closed).await?;
        own.push(scale.lives as f64 / took.as_secs_f64());
        ratio.push(own[round] / raw[round]);
        cpu.push((stats::cpu() - before).as_secs_f64() * 1e3 / scale.lives as f64);
        commands = each;
    }
    report.lives(median(raw), median(own), median(ratio), median(cpu), commands);
    drop(world);
    engine.drop("commands").await?;
    if engine.is_postgres() {
        engine.drop("raw").await?;
    }
    Ok(())
}

async fn measure_http(engine: &Engine, scale: &Scale, report: &mut Report) -> Result<(), Failure> {
    let world = Arc::new(World::new(&engine.place("http").await?, 200, 0, None).await?);
    server::accounts(&world, APPLICANTS).await?;
    let server = Server::start(&world).await?;
    let load = Arc::new(Load::new(world, server, APPLICANTS).await?);
    http::run(&load, scale.http_lives / 4, 21, false).await?;
    let (mut rate, mut cpu, mut times) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..scale.rounds {
        let done = http::run(&load, scale.http_lives, 100_000 * (round as u64 + 1), false).await?;
        rate.push(scale.http_lives as f64 / done.took.as_secs_f64());
        cpu.push(done.cpu.as_secs_f64() * 1e3 / scale.http_lives as f64);
        times.extend(done.requests);
    }
    let each = times.len() as f64 / (scale.http_lives * scale.rounds) as f64;
    report.http(median(rate), stats::spread(times), each, median(cpu), &load.without_pages());
    let done = http::run(&load, scale.http_lives / 2, 900_000, true).await?;
    let lives = scale.http_lives / 2;
    let each = done.requests.len() as f64 / lives as f64;
    let cpu = done.cpu.as_secs_f64() * 1e3 / lives as f64;
    report.browsed(lives as f64 / done.took.as_secs_f64(), stats::spread(done.requests), each, cpu);
    drop(load);
    engine.drop("http").await
}

/// How many acts of the full city are proved.
const PROOFS: usize = 2_000;

async fn measure_pages(engine: &Engine, scale: &Scale, report: &mut Report) -> Result<(), Failure> {
    let place = engine.place("pages").await?;
    let world = Arc::new(World::new(&place, 2_000, scale.services, None).await?);
    server::accounts(&world, APPLICANTS).await?;
    lives::run(&world, 24, 31, Until::Closed).await?;
    lives::run(&world, 120, 32, Until::Scattered(10)).await?;
    let world = Arc::into_inner(world).ok_or("the lives still hold the world")?;
    let started = std::time::Instant::now();
    let city = scale.city;
    let filled = place.clone();
    let world = world.reopened(&place, || async move { fill::fill(&filled, city).await }).await?;
    report.filled(scale.services, scale.city, started.elapsed());
    let server = Server::start(&world).await?;
    let (entries, took) = fill::followed(&place).await?;
    let pages = pages::read(&world, &server, scale.pages).await?;
    let proofs = stats::spread(proofs::prove(&server.ledger, entries, PROOFS).await?);
    report.log(entries, took, proofs);
    report.pages(&pages);
    drop((server, world));
    engine.drop("pages").await
}
