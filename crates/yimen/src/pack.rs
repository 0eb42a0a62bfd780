//! `yimen pack …`: checking packs and publishing them.

use std::path::Path;
use std::process::ExitCode;

use yimen::open::{Place, open};
use yimen_catalogue::check::{check, is_publishable};
use yimen_catalogue::{Catalogue, Pack, publish};
use yimen_platform::{Actor, Platform};

/// Prints every finding with file, line and what to do.
pub fn check_folder(folder: &Path) -> ExitCode {
    match load(folder) {
        Some(pack) => {
            println!(
                "{}：{} 个事项，检查通过。下一步：yimen pack publish {}",
                folder.display(),
                pack.services.len(),
                folder.display()
            );
            ExitCode::SUCCESS
        }
        None => ExitCode::FAILURE,
    }
}

/// The pack, if it may be published; findings are printed either way.
fn load(folder: &Path) -> Option<Pack> {
    let pack = Pack::load(folder);
    let found = check(&pack);
    for diagnostic in &found {
        eprintln!("{diagnostic}");
    }
    if !is_publishable(&found) {
        eprintln!(
            "{}：有 {} 处问题，未通过检查。请按上面的提示修改后再检查。",
            folder.display(),
            found.len()
        );
        return None;
    }
    Some(pack)
}

pub fn publish_folder(folder: &Path, place: &Place) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let Some(pack) = load(folder) else {
        return Ok(ExitCode::FAILURE);
    };
    let platform = open(place)?;
    println!("{}", publish_pack(&platform, &pack)?);
    println!("正在运行的服务会在几秒内启用新版本；在办的办件仍按原版本办理。");
    Ok(ExitCode::SUCCESS)
}

/// Publishes a checked pack and says what changed.
pub fn publish_pack(platform: &Platform, pack: &Pack) -> Result<String, yimen_store::StoreError> {
    let ctx = platform.ctx(Actor::System("命令行"), "pack publish");
    let city = pack.city.as_ref().map(|c| c.value.clone());
    let services: Vec<_> = pack.services.iter().map(|s| s.value.clone()).collect();
    let name = pack.name.clone();
    let published = platform
        .store
        .write_blocking("catalogue.publish", move |tx| publish(tx, &ctx, &name, city.as_ref(), &services))?;
    Ok(format!(
        "已发布：新增 {}，更新 {}，未变 {}，停用 {}。",
        published.added.len(),
        published.changed.len(),
        published.unchanged,
        published.retired.len()
    ))
}

/// Loads a pack for the demo: any finding that forbids publication ends it.
pub fn for_demo(folder: &Path) -> Result<Pack, String> {
    if !folder.join("pack.yaml").exists() {
        return Err(format!("没有找到事项包 {}。请在项目根目录运行，或用 --pack 指定。", folder.display()));
    }
    load(folder).ok_or_else(|| "演示用的事项包没有通过检查".to_string())
}

/// Whether anything is in force.
pub fn is_empty(platform: &Platform) -> Result<bool, Box<dyn std::error::Error>> {
    Ok(platform.store.read_blocking(Catalogue::load)?.services().next().is_none())
}
