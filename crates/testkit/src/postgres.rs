//! Throw-away PostgreSQL servers for tests: one shared by a run, or one of a test's own.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// A PostgreSQL cluster in a folder of its own, reached through a Unix socket. Not durable.
pub struct Cluster {
    folder: PathBuf,
    programs: PathBuf,
    /// PostgreSQL refuses to run as root: then this user and group do.
    owner: Option<(u32, u32)>,
}

/// How to stop a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Disconnects everybody and shuts down cleanly.
    Fast,
    /// As if the power had failed, as far as the clients can see.
    Immediate,
}

const SETTINGS: &str = "
listen_addresses = ''
max_connections = 400
shared_buffers = 64MB
fsync = off
full_page_writes = off
autovacuum = off
max_wal_size = 2GB
log_min_messages = error
log_min_error_statement = panic
";

impl Cluster {
    /// Makes and starts a new cluster for one test; it is gone when dropped.
    pub fn own(name: &str) -> OwnCluster {
        let cluster = Cluster::at(base().join(format!("own-{name}-{}", std::process::id())));
        cluster.create();
        cluster.start();
        OwnCluster(cluster)
    }

    fn at(folder: PathBuf) -> Cluster {
        Cluster { folder, programs: programs(), owner: owner() }
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The URL of a database of this cluster.
    pub fn url(&self, database: &str) -> String {
        let host: String = self
            .folder
            .to_string_lossy()
            .bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' => char::from(byte).to_string(),
                other => format!("%{other:02X}"),
            })
            .collect();
        format!("postgres://postgres@{host}/{database}")
    }

    /// An empty cluster, replacing whatever a crashed run left in the folder.
    fn create(&self) {
        let _ = std::fs::remove_dir_all(&self.folder);
        std::fs::create_dir_all(&self.folder).unwrap_or_else(|e| panic!("{}: {e}", self.folder.display()));
        if let Some((user, group)) = self.owner {
            std::os::unix::fs::chown(&self.folder, Some(user), Some(group))
                .unwrap_or_else(|e| panic!("{}: {e}", self.folder.display()));
        }
        self.run(
            "initdb",
            &["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C"],
        );
        let settings = format!("{SETTINGS}unix_socket_directories = '{}'\n", self.folder.display());
        std::fs::write(self.data().join("postgresql.auto.conf"), settings)
            .unwrap_or_else(|e| panic!("{}: {e}", self.folder.display()));
    }

    /// Starts the server and waits until it answers.
    pub fn start(&self) {
        let log = self.folder.join("log").display().to_string();
        self.run("pg_ctl", &["start", "--silent", "--wait", "--log", &log]);
    }

    pub fn stop(&self, how: Stop) {
        let mode = match how {
            Stop::Fast => "fast",
            Stop::Immediate => "immediate",
        };
        self.run("pg_ctl", &["stop", "--silent", "--wait", "--mode", mode]);
    }

    fn running(&self) -> bool {
        self.command("pg_ctl", &["status"]).status().is_ok_and(|status| status.success())
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.args(arguments).arg("--pgdata").arg(self.data()).current_dir("/");
        // Nothing of ours may stay open in a server that outlives us.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        command
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let told = self.folder.join(format!("{program}.err"));
        let mut command = self.command(program, arguments);
        if let Ok(file) = File::create(&told) {
            command.stderr(file);
        }
        let status = command.status().unwrap_or_else(|e| panic!("{program}: {e}"));
        assert!(
            status.success(),
            "{program} failed ({status}): {}{}",
            std::fs::read_to_string(&told).unwrap_or_default(),
            std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
        );
    }
}

/// A cluster that is stopped and deleted when dropped.
pub struct OwnCluster(Cluster);

impl std::ops::Deref for OwnCluster {
    type Target = Cluster;
    fn deref(&self) -> &Cluster {
        &self.0
    }
}

impl Drop for OwnCluster {
    fn drop(&mut self) {
        if self.0.running() {
            let _ = self.0.command("pg_ctl", &["stop", "--silent", "--wait", "--mode", "immediate"]).status();
        }
        let _ = std::fs::remove_dir_all(&self.0.folder);
    }
}

/// The URL of the maintenance database every test of this run may use: the server named by
/// `YIMEN_TEST_POSTGRES`, or one started here and shared by all test processes.
pub fn shared() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| match std::env::var("YIMEN_TEST_POSTGRES") {
        Ok(url) if !url.is_empty() => url,
        _ => start_shared(),
    })
}

/// Seconds without a test before the shared server is stopped.
const IDLE: u32 = 60;

/// Every process holds `users` shared for as long as it lives; starting and stopping happen
/// under `lock`. So the watchdog never stops a server that somebody is about to use.
fn start_shared() -> String {
    let folder = base();
    std::fs::create_dir_all(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let users = open(&folder.join("users"));
    users.lock_shared().unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    // Kept to the end of the process on purpose.
    std::mem::forget(users);
    let lock = open(&folder.join("lock"));
    lock.lock().unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let cluster = Cluster::at(folder.join("shared"));
    if !cluster.running() {
        cluster.create();
        cluster.start();
        watch(&folder, &cluster);
    }
    cluster.url("postgres")
}

fn open(path: &Path) -> File {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Leaves a small shell behind that stops the server once nobody has used it for a while.
fn watch(folder: &Path, cluster: &Cluster) {
    const SCRIPT: &str = r#"
        idle=0
        while sleep 5; do
            [ -d "$DATA" ] || exit 0
            if flock --nonblock --exclusive "$FOLDER/users" true; then idle=$((idle + 5)); else idle=0; fi
            if [ $idle -ge $IDLE ]; then
                exec 9>>"$FOLDER/lock"
                if flock --nonblock --exclusive 9 && flock --nonblock --exclusive "$FOLDER/users" true; then
                    "$PROGRAMS/pg_ctl" stop --silent --mode immediate --pgdata "$DATA"
                    rm -rf "$DATA"
                    exit 0
                fi
                exec 9>&-
                idle=0
            fi
        done"#;
    // The lock files are ours, the data the server's: its owner must be able to lock ours.
    for name in ["users", "lock"] {
        let _ = std::fs::set_permissions(folder.join(name), PermissionsExt::from_mode(0o666));
    }
    let mut command = Command::new("sh");
    command.arg("-c").arg(SCRIPT).current_dir("/").process_group(0);
    command.env("FOLDER", folder).env("DATA", cluster.data()).env("PROGRAMS", &cluster.programs);
    command.env("IDLE", IDLE.to_string());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if let Some((user, group)) = cluster.owner {
        command.uid(user).gid(group);
    }
    // It outlives us on purpose and is nobody's zombie then.
    #[allow(clippy::zombie_processes)]
    let _left_behind = command.spawn().unwrap_or_else(|e| panic!("sh: {e}"));
}

/// A folder both we and the server's user can reach, with a path short enough for a socket.
fn base() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"), PathBuf::from);
    let target = target.canonicalize().unwrap_or(target);
    let folder = target.join("test-postgres");
    let reachable = owner().is_none()
        || target.ancestors().all(|part| part.metadata().is_ok_and(|meta| meta.mode() & 0o001 != 0));
    if reachable && folder.as_os_str().len() < 60 {
        return folder;
    }
    // One folder per checkout, whatever its path.
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in target.to_string_lossy().bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    PathBuf::from(format!("/tmp/yimen-test-postgres-{hash:016x}"))
}

/// Whom the server runs as when we are root.
fn owner() -> Option<(u32, u32)> {
    let me = std::fs::metadata("/proc/self").map_or(1, |meta| meta.uid());
    if me != 0 {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let line =
        users.lines().find(|line| line.starts_with("postgres:")).unwrap_or_else(|| panic!("{MISSING}"));
    let mut fields = line.split(':').skip(2).map(|field| field.parse::<u32>());
    match (fields.next(), fields.next()) {
        (Some(Ok(user)), Some(Ok(group))) => Some((user, group)),
        _ => panic!("/etc/passwd: the line of postgres is odd"),
    }
}

const MISSING: &str = "PostgreSQL is not installed; the tests need its server: \
    apt-get install postgresql (or set YIMEN_TEST_POSTGRES=postgres://user@host/postgres)";

/// The folder of `initdb` and `pg_ctl`: Debian's newest, else the first on PATH.
fn programs() -> PathBuf {
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = debian
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|version| Path::new(&format!("/usr/lib/postgresql/{version}/bin/initdb")).exists())
        .max();
    if let Some(version) = newest {
        return PathBuf::from(format!("/usr/lib/postgresql/{version}/bin"));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .find(|folder| folder.join("initdb").exists())
        .unwrap_or_else(|| panic!("{MISSING}"))
}
