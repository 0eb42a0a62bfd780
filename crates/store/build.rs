//! Embeds the numbered files of `/migrations`.

use std::path::Path;
use std::{env, fs};

fn main() {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("set by cargo")).join("../../migrations");
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut files: Vec<_> = fs::read_dir(&folder)
        .expect("the migrations folder lies beside crates/")
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|e| e == "sql"))
        .collect();
    files.sort();
    let mut code = String::from(
        "/// Every migration of this program, in order.\npub static MIGRATIONS: &[Migration] = &[\n",
    );
    let mut last = 0;
    for path in &files {
        println!("cargo:rerun-if-changed={}", path.display());
        let stem = path.file_stem().and_then(|s| s.to_str()).expect("a UTF-8 file name");
        let (number, name) = stem.split_once('_').expect("NNNN_name.sql");
        let number: u32 = number.parse().expect("NNNN_name.sql");
        assert!(number > last, "{stem}: two migrations have this number");
        last = number;
        let path = path.canonicalize().expect("an existing file");
        code +=
            &format!("    Migration {{ number: {number}, name: {name:?}, text: include_str!({path:?}) }},\n");
    }
    code += "];\n";
    let out = Path::new(&env::var("OUT_DIR").expect("set by cargo")).join("migrations.rs");
    fs::write(out, code).expect("a writable OUT_DIR");
}
