//! Assembles, fingerprints and compresses the assets, so that the binary serves them without touching the disk.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("assets");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo::rerun-if-changed=assets");
    println!("cargo::rerun-if-changed=build.rs");

    let mut assets = vec![
        ("app", "css", "text/css; charset=utf-8", stylesheet(&root.join("css"))?),
        ("app", "js", "text/javascript; charset=utf-8", script(&root.join("js"))?),
    ];
    for (stem, ending, kind) in [("icons", "svg", "image/svg+xml"), ("mark", "svg", "image/svg+xml")] {
        assets.push((stem, ending, kind, fs::read_to_string(root.join(format!("{stem}.{ending}")))?));
    }

    let mut table = String::from("pub(crate) static ASSETS: &[Asset] = &[\n");
    for (stem, ending, kind, text) in assets {
        let hash = fingerprint(text.as_bytes());
        let plain = out.join(format!("{stem}.{ending}"));
        let packed = out.join(format!("{stem}.{ending}.gz"));
        fs::write(&plain, &text)?;
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(text.as_bytes())?;
        fs::write(&packed, gzip.finish()?)?;
        writeln!(
            table,
            "    Asset {{ name: \"{stem}.{ending}\", url: \"/assets/{stem}.{hash}.{ending}\", kind: \"{kind}\", \
             plain: include_bytes!({plain:?}), gzip: include_bytes!({packed:?}) }},"
        )?;
    }
    table.push_str("];\n");
    fs::write(out.join("assets.rs"), table)?;
    Ok(())
}

/// The files of a folder in the order of their names.
fn files(folder: &Path, ending: &str) -> std::io::Result<Vec<PathBuf>> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)?
        .filter_map(|entry| entry.ok().map(|e| e.path()))
        .filter(|path| path.extension().is_some_and(|e| e == ending))
        .collect();
    found.sort();
    Ok(found)
}

/// Every stylesheet behind one line that fixes the order of the layers; comments and indentation are dropped.
fn stylesheet(folder: &Path) -> std::io::Result<String> {
    let mut css = String::from("@layer reset,tokens,base,layout,components,utilities;\n");
    for path in files(folder, "css")? {
        let text = fs::read_to_string(path)?;
        let mut rest = text.as_str();
        let mut bare = String::with_capacity(text.len());
        while let Some(start) = rest.find("/*") {
            bare.push_str(&rest[..start]);
            rest = rest[start..].find("*/").map_or("", |end| &rest[start + end + 2..]);
        }
        bare.push_str(rest);
        for line in bare.lines().map(str::trim).filter(|line| !line.is_empty()) {
            css.push_str(line);
            css.push('\n');
        }
    }
    Ok(css)
}

/// One module out of many: the first file holds the shared helpers, each other file is a block of its own, so names do
/// not collide and one request fetches all of it.
fn script(folder: &Path) -> std::io::Result<String> {
    let mut js = String::new();
    for (index, path) in files(folder, "js")?.into_iter().enumerate() {
        let text = fs::read_to_string(path)?;
        let bare: Vec<&str> =
            text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).collect();
        if index == 0 {
            js.push_str(&bare.join("\n"));
            js.push('\n');
        } else {
            js.push_str("{\n");
            js.push_str(&bare.join("\n"));
            js.push_str("\n}\n");
        }
    }
    Ok(js)
}

/// FNV-1a: names a version of a file; it protects nothing.
fn fingerprint(bytes: &[u8]) -> String {
    let hash = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")[..12].to_string()
}
