//! Fetches the OpenID Connect client and provider of others that the tests of `crates/oidc` talk to. The lock file there
//! pins each package and its SHA-512; npm refuses what does not fit.

use crate::shell::{self, Outcome};
use std::path::PathBuf;
use std::process::Command;

/// The environment variable in which tests find the folder.
pub const VARIABLE: &str = "YIMEN_OIDC_NODE";

const LOCK: &str = "package-lock.json";
/// A copy of the lock file, written when all of it was there.
const DONE: &str = "done.json";

fn pinned() -> PathBuf {
    shell::root().join("crates/oidc/tests/third-party")
}

fn folder() -> PathBuf {
    shell::target().join("xtask").join("third-party")
}

/// Whether the very packages that are pinned are here already.
pub fn is_cached() -> bool {
    let (pinned, done) = (std::fs::read(pinned().join(LOCK)), std::fs::read(folder().join(DONE)));
    matches!((pinned, done), (Ok(pinned), Ok(done)) if pinned == done)
}

/// The folder with the packages, fetched if need be.
pub fn ensure() -> Outcome<PathBuf> {
    shell::work_dir()?;
    let folder = folder();
    if !is_cached() {
        println!("npm ci in {}", folder.display());
        let npm = shell::find("npm").ok_or("npm is missing: apt-get install npm")?;
        let io = |e: std::io::Error| format!("cannot make {}: {e}", folder.display());
        if folder.exists() {
            std::fs::remove_dir_all(&folder).map_err(io)?;
        }
        std::fs::create_dir_all(&folder).map_err(io)?;
        for file in ["package.json", LOCK] {
            std::fs::copy(pinned().join(file), folder.join(file)).map_err(io)?;
        }
        let mut fetch = Command::new(npm);
        fetch.current_dir(&folder).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]);
        shell::output(&mut fetch)?;
        std::fs::copy(folder.join(LOCK), folder.join(DONE)).map_err(io)?;
    }
    Ok(folder)
}
