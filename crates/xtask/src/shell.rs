//! Running other programs: where the repository is, how a command is built, shown and judged.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a step gives back; the text says what went wrong and, where known, what to do.
pub type Outcome<T = ()> = Result<T, String>;

/// The root of the repository, from where this crate was compiled.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// Where cargo puts what it builds.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// A folder of our own under the target directory, made if absent.
pub fn work_dir() -> Outcome<PathBuf> {
    let dir = target().join("xtask");
    std::fs::create_dir_all(&dir).map_err(|e| format!("cannot make {}: {e}", dir.display()))?;
    Ok(dir)
}

/// A command in the root of the repository.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// The cargo that runs us, in the root of the repository.
pub fn cargo() -> Command {
    let mut command = command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // `cargo run` sets these for us; a nested cargo would take them for changed inputs and rebuild.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command.env_remove("LD_LIBRARY_PATH");
    command
}

/// The command as a person would type it.
pub fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut text = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
    for arg in command.get_args() {
        text.push(' ');
        text.push_str(&arg.to_string_lossy());
    }
    text
}

/// Runs a command with our own input and output; an exit code other than 0 is an error.
pub fn run(command: &mut Command) -> Outcome {
    let text = shown(command);
    let status = command.status().map_err(|e| format!("cannot start `{text}`: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{text}` failed ({status})")) }
}

/// Runs a command and gives back what it printed; on failure the error holds what it complained of.
pub fn output(command: &mut Command) -> Outcome<String> {
    let text = shown(command);
    let done = command.stdin(Stdio::null()).output().map_err(|e| format!("cannot start `{text}`: {e}"))?;
    if done.status.success() {
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    } else {
        let complaint = String::from_utf8_lossy(&done.stderr);
        Err(format!("`{text}` failed ({}): {}", done.status, complaint.trim()))
    }
}

/// Where a program is, looking through PATH and then the places Debian uses outside a user's PATH.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/bin", "/usr/sbin", "/usr/local/bin"].map(PathBuf::from))
        .map(|dir| dir.join(program))
        .find(|file| file.is_file())
}

/// Whether we run as root.
pub fn is_root() -> bool {
    output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// Sends a signal to a process we started, by the shell's own `kill`: the program may be absent.
pub fn signal(name: &str, process: u32) -> Outcome {
    output(Command::new("sh").args(["-c", &format!("kill -{name} {process}")])).map(drop)
}
