//! Fetches axe-core, the accessibility checker that browser tests run inside the page.

use crate::shell::{self, Outcome};
use std::path::PathBuf;
use std::process::Command;

const VERSION: &str = "4.14.1";

/// SHA-512 of the package file, as the registry publishes it (there in base64, here in hexadecimal).
const SHA512: &str = "1477dafa598d8d065f273d6af302aa203c02e83131707b7fa648cd41bd3d6b734f8c22a0dab86ee6a6f64b8afbe804b214d36db85a2826965edfb3a0b9d546b5";

/// The environment variable in which tests find the script.
pub const VARIABLE: &str = "YIMEN_AXE_JS";

fn package_file() -> PathBuf {
    shell::target().join("xtask").join(format!("axe-core-{VERSION}.tgz"))
}

/// Whether the right package is here already.
pub fn is_cached() -> bool {
    package_file().is_file() && check(SHA512).is_ok()
}

/// The path of `axe.min.js`, fetched if need be, from a package whose hash was checked just now.
pub fn ensure() -> Outcome<PathBuf> {
    let dir = shell::work_dir()?;
    if !is_cached() {
        println!("npm pack axe-core@{VERSION}");
        let npm = shell::find("npm").ok_or("npm is missing: apt-get install npm")?;
        shell::output(Command::new(npm).current_dir(&dir).args([
            "pack",
            "--silent",
            &format!("axe-core@{VERSION}"),
        ]))?;
        check(SHA512)?;
    }
    let out = dir.join(format!("axe-core-{VERSION}"));
    std::fs::create_dir_all(&out).map_err(|e| format!("cannot make {}: {e}", out.display()))?;
    let mut tar = Command::new("tar");
    tar.arg("-xzf")
        .arg(package_file())
        .arg("-C")
        .arg(&out)
        .args(["--strip-components=1", "package/axe.min.js"]);
    shell::output(&mut tar)?;
    Ok(out.join("axe.min.js"))
}

fn check(expected: &str) -> Outcome {
    let file = package_file();
    let sum = shell::output(Command::new("sha512sum").arg(&file))?;
    let found = sum.split_whitespace().next().unwrap_or_default();
    if found == expected {
        return Ok(());
    }
    // A wrong file must not be taken for the right one by a later run.
    let _ = std::fs::remove_file(&file);
    Err(format!("{} is not axe-core {VERSION}: its SHA-512 is {found}, expected {expected}", file.display()))
}
