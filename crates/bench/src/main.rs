//! The benchmark: raw engine, commands, HTTP and pages in one run, with the same durable settings.

mod lives;
mod raw;
mod world;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use yimen::open::Place;

use world::{Failure, World};
use yimen_store::Tape;

#[derive(Parser)]
struct Args {
    /// Print the figures as JSON.
    #[arg(long)]
    json: bool,
    /// Fewer lives and a smaller city: under five minutes.
    #[arg(long)]
    quick: bool,
    /// postgres://… of an empty database; without it SQLite in a temporary folder.
    #[arg(long, default_value = "")]
    store: String,
    /// Folder for the SQLite file; its disk is what is measured.
    #[arg(long, default_value = "target/bench")]
    folder: PathBuf,
}

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
    let count = if args.quick { 400 } else { 2_000 };
    let raw = raw_lives(folder.path(), count).await?;
    let place =
        Place { data: folder.path().join("lives"), store: args.store.clone(), blobs: String::new(), node: 0 };
    let world = Arc::new(World::new(&place, 200, None).await?);
    lives::run(&world, count / 4, 7).await?;
    let (took, commands) = lives::run(&world, count, 11).await?;
    let per_second = count as f64 / took.as_secs_f64();
    println!("raw:      {raw:8.1} lives/s");
    println!(
        "commands: {per_second:8.1} lives/s, ratio {:.2}, {commands:.1} commands a life",
        per_second / raw
    );
    Ok(())
}

/// Tapes what lives write, and gives the same to the engine alone.
async fn raw_lives(folder: &Path, count: usize) -> Result<f64, Failure> {
    let tape = Tape::default();
    let place = Place { data: folder.join("taped"), store: String::new(), blobs: String::new(), node: 0 };
    let world = Arc::new(World::new(&place, 200, Some(tape.clone())).await?);
    let file = folder.join("raw.db");
    world.platform.store.backup_to(&file)?;
    tape.take();
    lives::run(&world, count, 5).await?;
    let written = tape.take();
    drop(world);
    let took = raw::sqlite(&file, &written)?;
    Ok(count as f64 / took.as_secs_f64())
}
