//! `yimen pack check` as people and pipelines call it.

mod common;

use std::path::Path;

use common::{Home, done, refused, root};

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).unwrap()),
        }
    }
}

const SERVICE: &str = "services/existing-home-transfer.yaml";

/// A copy with a department nobody knows, and the line it stands on.
fn broken(home: &Home) -> (String, usize) {
    let folder = home.join("broken");
    copy(&root().join("packs/hangzhou"), &folder);
    let file = folder.join(SERVICE);
    let text = std::fs::read_to_string(&file).unwrap();
    let line = text.lines().position(|line| line.trim() == "by: housing").unwrap() + 1;
    std::fs::write(&file, text.replacen("    by: housing\n", "    by: housin\n", 1)).unwrap();
    (folder.display().to_string(), line)
}

#[test]
fn a_good_pack_passes() {
    let said = done(&["pack", "check", "packs/hangzhou"]);
    assert!(said.out.contains("检查通过") && said.out.contains("pack publish"), "{said:#?}");
}

#[test]
fn a_mistake_is_told_with_its_file_and_line_and_what_to_do() {
    let home = Home::new();
    let (folder, line) = broken(&home);
    let place = format!("{folder}/{SERVICE}:{line}:");
    let said = refused(&["pack", "check", &folder], &[&place, "housin", "怎么办：", "housing", "未通过检查"]);
    assert_eq!(said.out, "");
    // Publishing says the same and changes nothing.
    let data = home.join("data").display().to_string();
    refused(&["pack", "publish", &folder, "--data", &data], &[&place, "未通过检查"]);
    assert!(!home.join("data").exists());
}

#[test]
fn a_folder_that_is_no_pack_is_told() {
    refused(&["pack", "check", "/no/such/pack"], &["/no/such/pack", "怎么办："]);
    let empty = Home::new();
    refused(&["pack", "check", empty.path().to_str().unwrap()], &["pack.yaml", "怎么办："]);
    refused(&["pack", "check", "Cargo.toml"], &["Cargo.toml"]);
}

#[test]
fn the_demo_refuses_a_broken_pack_at_start_with_the_same_words() {
    let home = Home::new();
    let (folder, line) = broken(&home);
    let checked = refused(&["pack", "check", &folder], &[]);
    let data = home.join("data").display().to_string();
    let args = ["demo", "--port", "0", "--data", &data, "--pack", &folder];
    let said = refused(&args, &[&format!("{folder}/{SERVICE}:{line}:"), "演示用的事项包没有通过检查"]);
    let findings = checked.err.lines().filter(|line| line.contains(SERVICE) || line.contains("怎么办"));
    for finding in findings {
        assert!(said.err.contains(finding), "{finding:?} is not in {}", said.err);
    }
    refused(
        &["demo", "--port", "0", "--data", &data, "--pack", "/no/such/pack"],
        &["/no/such/pack", "--pack"],
    );
    // With the pack mended the same folder will do.
    common::city(&data, "5", &[]);
}

#[test]
fn a_pack_is_published_once_and_a_second_time_changes_nothing() {
    let home = Home::new();
    let data = home.join("data").display().to_string();
    let first = done(&["pack", "publish", "packs/hangzhou", "--data", &data]);
    assert!(first.out.contains("新增 20") && first.out.contains("下一步：yimen serve"), "{first:#?}");
    let again = done(&["pack", "publish", "packs/hangzhou", "--data", &data]);
    assert!(again.out.contains("未变 20") && again.out.contains("没有任何改动"), "{again:#?}");
    // From inside its own folder a pack has the same name.
    let mut inside = common::yimen(&["pack", "check", "."]);
    let said: common::Said = inside.current_dir(root().join("packs/hangzhou")).output().unwrap().into();
    assert_eq!(said.code, Some(0), "{said:#?}");
}

/// Warnings are counted apart: they do not hinder publication.
#[test]
fn errors_and_warnings_are_counted_apart() {
    let said = refused(&["pack", "check", "crates/catalogue/tests/broken/linhai"], &["处错误", "处警告"]);
    assert!(!said.err.contains(" 0 处错误"), "{said:#?}");
    done(&["pack", "check", "crates/catalogue/tests/broken/whole"]);
}
