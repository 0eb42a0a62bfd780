//! `cargo xtask shots`: starts the demo on a folder of its own and takes pictures of its pages.

use crate::args::Args;
use crate::packages;
use crate::postgres::free_port;
use crate::shell::{self, Outcome};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

const LIST: &str = "crates/xtask/shots.txt";

pub fn run(args: &[String]) -> Outcome {
    let mut args = Args::new(args);
    let only = args.value("--only")?;
    let base = args.value("--base")?;
    args.done()?;
    packages::ensure(true)?;
    let demo = if base.is_none() { Some(Demo::start()?) } else { None };
    let base = base.or(demo.as_ref().map(Demo::address)).unwrap_or_default();
    let out = shell::target().join("shots");
    let mut shots = shell::cargo();
    shots.args(["run", "--quiet", "--package", "yimen-testkit", "--example", "shots", "--", &base, LIST]);
    shots.arg(&out).args(&only);
    shell::run(&mut shots)?;
    println!("the pictures are in {}", out.display());
    Ok(())
}

/// A running demo; dropping it ends it and removes its data.
struct Demo {
    server: Child,
    data: PathBuf,
    port: u16,
}

impl Demo {
    fn start() -> Outcome<Demo> {
        shell::run(shell::cargo().args(["build", "--quiet", "--package", "yimen"]))?;
        let port = free_port()?;
        let data = shell::work_dir()?.join(format!("shots-{port}"));
        // The demo dies with us, even if we are killed.
        let mut demo = shell::command("setpriv");
        demo.args(["--pdeathsig", "TERM"]).arg(shell::target().join("debug/yimen"));
        demo.args(["demo", "--port", &port.to_string(), "--data"]).arg(&data);
        let server = demo.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        let server = server.map_err(|e| format!("cannot start the demo: {e}"))?;
        let mut demo = Demo { server, data, port };
        let give_up = Instant::now() + Duration::from_secs(300);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if demo.server.try_wait().is_ok_and(|ended| ended.is_some()) {
                return Err("the demo ended before it answered; see its words above".to_owned());
            }
            if Instant::now() > give_up {
                return Err("the demo did not answer for five minutes".to_owned());
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        Ok(demo)
    }

    fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = shell::signal("TERM", self.server.id());
        let _ = self.server.wait();
        let _ = std::fs::remove_dir_all(&self.data);
    }
}
