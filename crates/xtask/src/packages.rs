//! Finds out which Debian packages the tests still need, and installs them where that is allowed.

use crate::shell::{self, Outcome};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Something the tests use that neither Rust nor a C compiler brings.
struct Need {
    package: &'static str,
    why: &'static str,
    present: fn() -> bool,
}

const NEEDS: &[Need] = &[
    Need {
        package: "postgresql",
        why: "every test that touches the store runs on SQLite and on PostgreSQL",
        present: || postgres_bin().is_some(),
    },
    Need { package: "chromium", why: "the browser tests", present: || shell::find("chromium").is_some() },
    Need {
        package: "chromium-driver",
        why: "the browser tests",
        present: || shell::find("chromedriver").is_some(),
    },
    Need {
        package: "fonts-noto-cjk",
        why: "Chinese characters in the browser's pages and screenshots",
        present: has_chinese_font,
    },
    Need {
        package: "npm",
        why: "fetching axe-core and the OpenID Connect packages (only when they are not yet in target/xtask)",
        present: || {
            let fetched = crate::axe::is_cached() && crate::third_party::is_cached();
            fetched || shell::find("npm").is_some()
        },
    },
    Need {
        package: "nodejs",
        why: "the OpenID Connect client and provider of others that our own are tested with",
        present: || shell::find("node").is_some(),
    },
];

/// The folder of the newest installed PostgreSQL server's programs.
pub fn postgres_bin() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .filter(|entry| entry.path().join("bin/initdb").is_file())
        .max_by_key(|entry| entry.file_name().to_string_lossy().parse::<u32>().unwrap_or(0))
        .map(|entry| entry.path().join("bin"));
    newest.or_else(|| {
        let bin = shell::find("initdb")?.parent()?.to_path_buf();
        bin.join("postgres").is_file().then_some(bin)
    })
}

fn has_chinese_font() -> bool {
    let listed = shell::output(Command::new("fc-list").args([":lang=zh-cn", "family"]));
    match listed {
        Ok(fonts) => !fonts.trim().is_empty(),
        Err(_) => Path::new("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc").is_file(),
    }
}

/// Makes sure that everything the tests need is there.
pub fn ensure(may_install: bool) -> Outcome {
    toolchain()?;
    let missing: Vec<&Need> = NEEDS.iter().filter(|need| !(need.present)()).collect();
    if missing.is_empty() {
        println!("all packages are there");
        return Ok(());
    }
    for need in &missing {
        println!("missing: {:16} for {}", need.package, need.why);
    }
    let names: Vec<&str> = missing.iter().map(|need| need.package).collect();
    let by_hand = format!("apt-get update && apt-get install -y --no-install-recommends {}", names.join(" "));
    if shell::find("apt-get").is_none() {
        return Err(format!(
            "this is not a Debian machine; install what these Debian packages hold, then run again: {}",
            names.join(" ")
        ));
    }
    let Some(prefix) = (if may_install { authority() } else { None }) else {
        return Err(format!("as root, please run this, then run again:\n\n    {by_hand}\n"));
    };
    install(prefix, &names).map_err(|why| {
        format!("{why}\nThe packages could not be installed. As root, this has to work:\n\n    {by_hand}\n")
    })?;
    match missing.iter().find(|need| !(need.present)()) {
        None => Ok(()),
        Some(need) => Err(format!("{} was installed, yet what it should bring is not found", need.package)),
    }
}

/// rustup's minimal profile has neither formatter nor linter.
fn toolchain() -> Outcome {
    for (tool, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if shell::output(shell::cargo().args([tool, "--version"])).is_err() {
            return Err(format!("`cargo {tool}` is missing; please run: rustup component add {component}"));
        }
    }
    Ok(())
}

/// How this user may install: as root directly, or through sudo if it asks no password.
fn authority() -> Option<&'static [&'static str]> {
    if shell::is_root() {
        Some(&["env"])
    } else if shell::output(Command::new("sudo").args(["-n", "true"])).is_ok() {
        Some(&["sudo", "-n", "env"])
    } else {
        None
    }
}

fn install(prefix: &[&str], names: &[&str]) -> Outcome {
    let apt = |args: &[&str]| {
        let mut command = Command::new(prefix[0]);
        command.args(&prefix[1..]).args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"]).args(args);
        command
    };
    println!("apt-get update");
    // Another apt-get may hold the lists; unlike the install lock, apt cannot be told to wait for that one.
    let mut tries = 0;
    while let Err(why) = shell::output(&mut apt(&["update"])) {
        tries += 1;
        if tries == 10 || !why.contains("lock") {
            return Err(why);
        }
        std::thread::sleep(Duration::from_secs(6));
    }
    println!("apt-get install {}", names.join(" "));
    let mut args = vec!["-o", "DPkg::Lock::Timeout=600", "install", "-y", "--no-install-recommends"];
    args.extend(names);
    shell::output(&mut apt(&args)).map(drop)
}
