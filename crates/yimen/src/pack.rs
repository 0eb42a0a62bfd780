//! `yimen pack …`: checking packs and publishing them.

use std::path::Path;
use std::process::ExitCode;

use yimen::open::{Place, open};
use yimen_catalogue::check::{check, is_publishable};
use yimen_catalogue::{Catalogue, Pack, Severity, publish};
use yimen_platform::{Actor, Platform};

/// Prints every finding with file, line and what to do.
pub fn check_folder(folder: &Path) -> ExitCode {
    let Some((pack, warnings)) = load(folder) else {
        return ExitCode::FAILURE;
    };
    let warned = if warnings == 0 { String::new() } else { format!("（{warnings} 处警告）") };
    println!(
        "{}：{} 个事项，检查通过{warned}。下一步：yimen pack publish {}",
        folder.display(),
        pack.services.len(),
        folder.display()
    );
    ExitCode::SUCCESS
}

/// The pack and its number of warnings, if it may be published; findings are printed either way.
fn load(folder: &Path) -> Option<(Pack, usize)> {
    if !folder.is_dir() {
        eprintln!("{} 不是文件夹\n    怎么办：写事项包文件夹的路径，例如 packs/hangzhou", folder.display());
        return None;
    }
    let pack = Pack::load(folder);
    let found = check(&pack);
    for diagnostic in &found {
        eprintln!("{diagnostic}");
    }
    let warnings = found.iter().filter(|d| d.severity == Severity::Warning).count();
    if !is_publishable(&found) {
        eprintln!(
            "{}：{} 处错误，{warnings} 处警告，未通过检查。请按上面的提示修改后再检查。",
            folder.display(),
            found.len() - warnings
        );
        return None;
    }
    Some((pack, warnings))
}

pub fn publish_folder(folder: &Path, place: &Place) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let Some((pack, _)) = load(folder) else {
        return Ok(ExitCode::FAILURE);
    };
    let platform = open(place)?;
    let (said, is_new) = publish_pack(&platform, &pack)?;
    println!("{said}");
    match is_new {
        true => println!("正在运行的服务会在几秒内启用新版本；在办的办件仍按原版本办理。"),
        false => println!("与正在使用的版本相同，没有任何改动。"),
    }
    println!("还没有启动服务的，下一步：yimen serve，用同样的 --data、--store。");
    Ok(ExitCode::SUCCESS)
}

/// Publishes a checked pack; says what changed, and whether anything did.
pub fn publish_pack(platform: &Platform, pack: &Pack) -> Result<(String, bool), yimen_store::StoreError> {
    let ctx = platform.ctx(Actor::System("命令行"), "pack publish");
    let city = pack.city.as_ref().map(|c| c.value.clone());
    let services: Vec<_> = pack.services.iter().map(|s| s.value.clone()).collect();
    let name = pack.name.clone();
    let published = platform
        .store
        .write_blocking("catalogue.publish", move |tx| publish(tx, &ctx, &name, city.as_ref(), &services))?;
    let said = format!(
        "已发布：新增 {}，更新 {}，未变 {}，停用 {}。",
        published.added.len(),
        published.changed.len(),
        published.unchanged,
        published.retired.len()
    );
    Ok((said, !published.is_nothing()))
}

/// Loads a pack for the demo: any finding that forbids publication ends it.
pub fn for_demo(folder: &Path) -> Result<Pack, String> {
    if !folder.join("pack.yaml").exists() {
        return Err(format!("没有找到事项包 {}。请在项目根目录运行，或用 --pack 指定。", folder.display()));
    }
    load(folder).map(|(pack, _)| pack).ok_or_else(|| "演示用的事项包没有通过检查".to_string())
}

/// Whether anything is in force.
pub fn is_empty(platform: &Platform) -> Result<bool, Box<dyn std::error::Error>> {
    Ok(platform.store.read_blocking(Catalogue::load)?.services().next().is_none())
}
