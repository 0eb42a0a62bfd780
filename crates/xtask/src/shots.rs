//! `cargo xtask shots`: starts the demo on a folder of its own and takes pictures of its pages.

use crate::args::Args;
use crate::packages;
use crate::postgres::free_port;
use crate::shell::{self, Outcome};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Stdio};

const LIST: &str = "crates/xtask/shots.txt";

pub fn run(args: &[String]) -> Outcome {
    let mut args = Args::new(args);
    let only = args.value("--only")?;
    let base = args.value("--base")?;
    args.done()?;
    packages::ensure(true)?;
    let demo = if base.is_none() { Some(Demo::start()?) } else { None };
    let base = base.or(demo.as_ref().map(|demo| demo.address.clone())).unwrap_or_default();
    // Tests leave their pictures one folder above.
    let out = shell::target().join("shots/demo");
    let mut shots = shell::cargo();
    shots.args(["run", "--quiet", "--package", "yimen-testkit", "--example", "shots", "--", &base, LIST]);
    shots.arg(&out).args(&only);
    // In it stand the accounts of this city, whose people are invented anew for each seed.
    shots.env("SHOTS_DEMO_SAYS", demo.as_ref().map_or("", |demo| demo.says.as_str()));
    shell::run(&mut shots)?;
    println!("the pictures are in {}", out.display());
    Ok(())
}

/// A running demo; dropping it ends it and removes its data.
struct Demo {
    server: Child,
    data: PathBuf,
    address: String,
    says: String,
}

impl Demo {
    fn start() -> Outcome<Demo> {
        shell::run(shell::cargo().args(["build", "--quiet", "--package", "yimen"]))?;
        let port = free_port()?;
        let data = shell::work_dir()?.join(format!("shots-{port}"));
        // The demo dies with us, even if we are killed.
        let mut demo = shell::command("setpriv");
        demo.args(["--pdeathsig", "TERM"]).arg(shell::target().join("debug/yimen"));
        // An unoptimised build invents slowly, and a page is full long before four thousand cases.
        demo.args(["demo", "--cases", "600", "--port", &port.to_string(), "--data"]).arg(&data);
        let server = demo.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut server = server.map_err(|e| format!("cannot start the demo: {e}"))?;
        let address = format!("http://127.0.0.1:{port}");
        let output = server.stdout.take();
        let mut demo = Demo { server, data, address, says: String::new() };
        let mut lines = BufReader::new(output.ok_or("the demo has no output")?).lines();
        for line in lines.by_ref().map_while(Result::ok) {
            println!("  {line}");
            demo.says.push_str(&line);
            demo.says.push('\n');
            // The last line of its greeting; by then it answers.
            if line.contains("Ctrl+C") {
                std::thread::spawn(move || lines.for_each(drop));
                return Ok(demo);
            }
        }
        Err("the demo ended before it was ready".to_owned())
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = shell::signal("TERM", self.server.id());
        let _ = self.server.wait();
        let _ = std::fs::remove_dir_all(&self.data);
    }
}
