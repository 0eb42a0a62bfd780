//! A throw-away PostgreSQL for one run of the tests: made, started, and gone afterwards.
//!
//! The server is our child and dies with us, even if we are killed (`setpriv --pdeathsig`). PostgreSQL refuses
//! to run as root, so root starts it as the user `postgres` that Debian's package brings.

use crate::packages;
use crate::shell::{self, Outcome};
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The environment variable in which tests find the server.
pub const VARIABLE: &str = "YIMEN_TEST_POSTGRES";

const PREFIX: &str = "yimen-test-postgres-";

/// Data that is thrown away need not survive a power cut, and waiting for the disk is most of a test's time.
const SETTINGS: &[&str] = &[
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=200",
    "shared_buffers=128MB",
    "jit=off",
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
];

/// The running server; dropping it stops it and removes its files.
pub struct Postgres {
    dir: PathBuf,
    server: Option<Child>,
    url: String,
}

impl Postgres {
    /// Makes and starts a new, empty cluster.
    pub fn start() -> Outcome<Postgres> {
        let bin =
            packages::postgres_bin().ok_or("the PostgreSQL server is missing: apt-get install postgresql")?;
        remove_leftovers();
        // Not below the repository: a clone in root's home cannot be read by the user `postgres`.
        let dir = std::env::temp_dir().join(format!("{PREFIX}{}", std::process::id()));
        let mut postgres = Postgres { dir, server: None, url: String::new() };
        postgres.create(&bin)?;
        for _ in 0..3 {
            if postgres.serve(&bin)? {
                return Ok(postgres);
            }
        }
        let log = fs::read_to_string(postgres.log()).unwrap_or_default();
        Err(format!("PostgreSQL did not start:\n{log}"))
    }

    /// `postgres://…/postgres`, for a user who may make databases.
    pub fn url(&self) -> &str {
        &self.url
    }

    fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    fn log(&self) -> PathBuf {
        self.dir.join("log")
    }

    fn password_file(&self) -> PathBuf {
        self.dir.join("password")
    }

    fn create(&self, bin: &Path) -> Outcome {
        let cannot = |e: std::io::Error| format!("cannot prepare {}: {e}", self.dir.display());
        fs::create_dir(&self.dir).map_err(cannot)?;
        fs::set_permissions(&self.dir, std::os::unix::fs::PermissionsExt::from_mode(0o700))
            .map_err(cannot)?;
        fs::write(self.password_file(), random_word()?).map_err(cannot)?;
        if shell::is_root() {
            let id = |flag| -> Outcome<u32> {
                let text = shell::output(Command::new("id").args([flag, "postgres"]))?;
                text.trim().parse().map_err(|_| format!("`id` says {text:?} for the user postgres"))
            };
            let (user, group) = (id("-u")?, id("-g")?);
            for path in [&self.dir, &self.password_file()] {
                std::os::unix::fs::chown(path, Some(user), Some(group)).map_err(cannot)?;
            }
        }
        let mut initdb = self.as_postgres(&bin.join("initdb"));
        initdb.args(["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"]);
        initdb.arg("--no-sync").arg("--pwfile").arg(self.password_file()).arg("-D").arg(self.data());
        shell::output(&mut initdb).map(drop)
    }

    /// Tells whether the server answers; it does not when somebody took the port in between.
    fn serve(&mut self, bin: &Path) -> Outcome<bool> {
        let port = free_port()?;
        let log = fs::File::create(self.log()).map_err(|e| format!("cannot write the server's log: {e}"))?;
        let mut postgres = self.as_postgres(&bin.join("postgres"));
        postgres.arg("-D").arg(self.data()).arg("-p").arg(port.to_string());
        for setting in SETTINGS {
            postgres.arg("-c").arg(setting);
        }
        postgres.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let mut server = postgres.spawn().map_err(|e| format!("cannot start PostgreSQL: {e}"))?;
        let give_up = Instant::now() + Duration::from_secs(60);
        let answers = loop {
            let mut asked = Command::new(bin.join("pg_isready"));
            let ready = asked.args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()]).status();
            if ready.is_ok_and(|status| status.success()) {
                break true;
            }
            if server.try_wait().is_ok_and(|ended| ended.is_some()) || Instant::now() > give_up {
                break false;
            }
            std::thread::sleep(Duration::from_millis(50));
        };
        self.server = Some(server);
        if !answers {
            self.stop();
        }
        let password = fs::read_to_string(self.password_file()).map_err(|e| e.to_string())?;
        self.url = format!("postgres://postgres:{password}@127.0.0.1:{port}/postgres");
        Ok(answers)
    }

    /// A command that runs as the owner of the cluster and is interrupted (a fast shutdown) when we die.
    fn as_postgres(&self, program: &Path) -> Command {
        let mut command = Command::new("setpriv");
        command.current_dir(&self.dir).args(["--pdeathsig", "INT"]);
        if shell::is_root() {
            command.args(["--reuid", "postgres", "--regid", "postgres", "--init-groups"]);
        }
        command.arg(program);
        command
    }

    fn stop(&mut self) {
        let Some(mut server) = self.server.take() else {
            return;
        };
        let _ = shell::signal("INT", server.id());
        let give_up = Instant::now() + Duration::from_secs(20);
        while Instant::now() < give_up {
            if !matches!(server.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = server.kill();
        let _ = server.wait();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// Removes the files of earlier runs that were killed before they could do it themselves.
fn remove_leftovers() {
    let entries = fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        let Some(run) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else {
            continue;
        };
        let of_dead_run = run.parse::<u32>().is_ok_and(|id| !Path::new(&format!("/proc/{id}")).exists());
        if of_dead_run {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// A port that nobody listens on at this moment.
pub fn free_port() -> Outcome<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    listener.map(|address| address.port()).map_err(|e| format!("no free port: {e}"))
}

/// Without a password, everybody on this machine could have the server run programs for them.
fn random_word() -> Outcome<String> {
    let word =
        fs::read_to_string("/proc/sys/kernel/random/uuid").map_err(|e| format!("no randomness: {e}"))?;
    Ok(word.trim().replace('-', ""))
}
