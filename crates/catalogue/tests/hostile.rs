//! Packs nobody means to write: endless files, depths, widths and sizes. Each gets an answer with a place, soon.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use proptest::prelude::*;
use yimen_catalogue::check::{check, is_publishable};
use yimen_catalogue::{Diagnostic, Pack, Severity};

const SERVICE: &str = "services/food-business-licence.yaml";

fn hangzhou() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/hangzhou")
}

fn text_of(name: &str) -> String {
    std::fs::read_to_string(hangzhou().join(name)).unwrap()
}

/// A pack of one service in a folder of its own, gone afterwards.
struct Copy(PathBuf);

impl Copy {
    fn new() -> Copy {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let top = std::env::temp_dir().join(format!("yimen-hostile-{}-{number}", std::process::id()));
        let folder = top.join("hangzhou");
        std::fs::create_dir_all(folder.join("services")).unwrap();
        for name in ["pack.yaml", "city.yaml", SERVICE] {
            std::fs::write(folder.join(name), text_of(name)).unwrap();
        }
        Copy(folder)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Copy {
        std::fs::write(self.0.join(name), bytes).unwrap();
        self
    }

    /// The findings, within a minute: a checker that hangs is no answer.
    fn findings(&self) -> Vec<Diagnostic> {
        let (say, heard) = mpsc::channel();
        let folder = self.0.clone();
        std::thread::spawn(move || say.send(check(&Pack::load(&folder))));
        heard.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|e| panic!("{}: {e}", self.0.display()))
    }

    /// The first finding that forbids publication; it must be in this file.
    fn refused(&self, file: &str) -> Diagnostic {
        let found = self.findings();
        assert!(!is_publishable(&found), "{file} was let pass");
        let first = found.into_iter().find(|d| d.severity == Severity::Error).unwrap();
        assert!(first.file.ends_with(file) && first.line > 0 && !first.fix.is_empty(), "{first}");
        first
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.0.parent().unwrap());
    }
}

/// The service with something put after the first line of these words.
fn with(after: &str, more: &str) -> String {
    let text = text_of(SERVICE);
    assert!(text.contains(after), "{after}");
    text.replacen(after, &format!("{after}{more}"), 1)
}

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect()
}

#[test]
fn what_is_no_file_is_not_waited_for() {
    let pipe = Copy::new();
    let path = pipe.0.join(SERVICE);
    std::fs::remove_file(&path).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    assert!(pipe.refused(SERVICE).message.contains("不是普通文件"));
    for target in ["/dev/zero", "/dev/stdin"] {
        let device = Copy::new();
        let path = device.0.join(SERVICE);
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(target, &path).unwrap();
        // The standard input of a test may be a file.
        assert!(device.findings().iter().any(|d| d.file.ends_with(SERVICE)), "{target}");
    }
    let folder = Copy::new();
    std::fs::remove_file(folder.0.join("city.yaml")).unwrap();
    std::fs::create_dir(folder.0.join("city.yaml")).unwrap();
    assert!(folder.refused("city.yaml").message.contains("文件夹"));
    for target in ["food-business-licence.yaml", "/no/such/file"] {
        let link = Copy::new();
        let path = link.0.join(SERVICE);
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(target, &path).unwrap();
        assert!(link.refused(SERVICE).message.contains("符号链接"), "{target}");
    }
}

#[test]
fn sizes_have_an_end() {
    let refused = |text: String, words: &str| {
        let found = Copy::new().write(SERVICE, &text).refused(SERVICE);
        assert!(found.to_string().contains(words), "{found}");
    };
    refused(lines(100_000, |i| format!("k{i}: 1\n")), "最多");
    refused(format!("{}# {}", text_of(SERVICE), "x".repeat(2 << 20)), "过大");
    refused(format!("a: {}", "[".repeat(400_000)), "YAML");
    refused("{a: ".repeat(200_000), "YAML");
    refused("- ".repeat(300_000), "这样深的嵌套");
    let step = |i: usize, after: String| {
        format!("  - {{id: s{i}, name: 步骤{i}, by: market, kind: review{after}}}\n")
    };
    refused(with("steps:\n", &lines(3_000, |i| step(i, String::new()))), "`steps` 有 3005 项");
    let chain =
        lines(3_000, |i| step(i, if i == 0 { String::new() } else { format!(", after: [s{}]", i - 1) }));
    refused(with("steps:\n", &chain), "`steps` 有 3005 项");
    refused(
        with("derive:\n", &lines(4_000, |i| format!("  - {{id: d{i}, value: diners}}\n"))),
        "`derive` 有",
    );
    let question = |i| format!("  - {{id: g{i}, ask: 问题{i}？}}\n");
    refused(with("guide:\n", &lines(500, question)), "`guide` 有");
    let city = format!("{}{}", text_of("city.yaml"), lines(60_000, |i| format!("  k{i}: [a]\n")));
    assert!(city.len() < 1 << 20);
    assert!(Copy::new().write("city.yaml", &city).refused("city.yaml").message.contains("synonyms"));
}

#[test]
fn the_largest_service_that_is_let_pass_is_checked_soon() {
    let hard = lines(20, |i| format!("{}g{i}", if i == 0 { "" } else { " && " }));
    let guide = lines(40, |i| format!("  - {{id: g{i}, ask: 问题{i}？}}\n"));
    let material = |i: usize| {
        let when = format!("{hard} && !g{}", i % 40);
        let rest = "kind: 其他, from: [upload], need: required, standard: 清楚";
        format!("  - {{id: m{i}, name: 材料甲{i}, {rest}, when: {when}}}\n")
    };
    let materials = format!("materials:\n{}", lines(90, material));
    let text = with("guide:\n", &guide).replacen("materials:\n", &materials, 1);
    let found = Copy::new().write(SERVICE, text).findings();
    assert!(found.len() < 500, "{}", found.len());
}

#[test]
fn facts_that_double_each_other_do_not_fill_the_memory() {
    let doubles = lines(60, |i| match i {
        0 => "  - {id: d0, value: operator_name + \"xxxxxxxxxxxxxxxx\"}\n".to_owned(),
        i => format!("  - {{id: d{i}, value: d{0} + d{0}}}\n", i - 1),
    });
    let text = with("derive:\n", &doubles).replacen("when: site_check_needed", "when: size(d59) > 3", 1);
    Copy::new().write(SERVICE, text).findings();
}

#[test]
fn a_pack_is_named_by_its_folder_however_it_is_reached() {
    let copy = Copy::new();
    let here = copy.0.join("services").join("..");
    let found = check(&Pack::load(&here));
    assert!(is_publishable(&found), "{found:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever happens to a file, the checker has an answer with a line of that file, and no panic.
    #[test]
    fn a_damaged_file_is_told_or_still_fine(
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0usize..40, "\\PC{0,12}|[\\[\\]{}:,\"'#&*!|>%@`\t\n -]{0,8}"), 1..4),
    ) {
        let mut text: Vec<char> = text_of(SERVICE).chars().collect();
        for (at, gone, put) in cuts {
            let at = at.index(text.len());
            let end = (at + gone).min(text.len());
            text.splice(at..end, put.chars());
        }
        let text: String = text.into_iter().collect();
        let last = text.lines().count() + 1;
        let (_, found) = yimen_catalogue::load::parse::<yimen_catalogue::Service>("x.yaml", &text, yimen_catalogue::schema::FileKind::Service);
        for finding in found {
            prop_assert!(finding.line >= 1 && finding.line <= last && !finding.fix.is_empty(), "{} of {}", finding, last);
        }
    }
}
