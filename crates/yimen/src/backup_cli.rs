//! `yimen backup` and `yimen restore`.

use std::path::Path;
use std::process::ExitCode;

use yimen::backup::{Archive, BackupError, LedgerKey, Manifest, Source, restore, take};
use yimen::open::{Place, open_blobs, open_store, without_password};
use yimen_platform::{Clock, Sealer, SystemClock, keys, setting};

use crate::serve::{Failure, runtime};

pub fn backup(place: &Place, file: &Path, with_key: bool) -> Result<ExitCode, Failure> {
    let url = place.store_url();
    let nothing = || BackupError::Nothing(without_password(&url));
    // Opening a file that is not there would make one.
    if place.is_absent() {
        return Err(nothing().into());
    }
    let key_file = place.key_file();
    let sealer = std::sync::Arc::new(Sealer::from_existing(&key_file)?);
    let store = open_store(place)?;
    if store.schema_version()? == 0 {
        return Err(nothing().into());
    }
    let known = store.read_blocking(|q| setting::get(q, setting::KEY_FINGERPRINT))?;
    if let Some(wants) = known.filter(|wants| *wants != sealer.fingerprint()) {
        return Err(BackupError::WrongKey { has: sealer.fingerprint(), wants }.into());
    }
    sealer.learn(&store.read_blocking(keys::all)?, SystemClock.now())?;
    let blobs = open_blobs(place, sealer.clone())?;
    let key = if with_key { Some(std::fs::read_to_string(&key_file)?) } else { None };
    let ledger_file = place.ledger_key_file();
    let ledger_key = if ledger_file.exists() { Some(std::fs::read_to_string(&ledger_file)?) } else { None };
    let has_ledger_key = ledger_key.is_some();
    let source =
        Source { store: &store, blobs: &blobs, sealer: &sealer, key, ledger_key, now: SystemClock.now() };
    println!("正在备份 {} …", without_password(&url));
    let manifest = take(&source, &runtime()?, file, &mut say)?;
    println!("备份完成：{}（{}）", file.display(), size(file));
    match with_key {
        true => println!("备份里有密钥：得到这个文件的人可以读取全部个人信息，请妥善保管。"),
        false => println!(
            "备份里没有密钥（指纹 {}）。请另外保管 {}：没有它，备份无法恢复。",
            manifest.key_fingerprint,
            key_file.display()
        ),
    }
    match has_ledger_key {
        true => println!("公开账本的签名密钥已用上述密钥加密，放在备份里。"),
        false => println!("没有找到公开账本的签名密钥 {}，备份里没有它。", ledger_file.display()),
    }
    Ok(lost(&manifest))
}

/// A backup with known gaps is kept, but no success: whoever watches the exit code must hear of it.
fn lost(manifest: &Manifest) -> ExitCode {
    let missing = &manifest.blobs.missing;
    if missing.is_empty() {
        return ExitCode::SUCCESS;
    }
    eprintln!("注意：{} 件材料在材料库中缺失或已损坏，备份里没有：", missing.len());
    for digest in missing.iter().take(20) {
        eprintln!("  {digest}");
    }
    if missing.len() > 20 {
        eprintln!("  … 全部列在备份的 manifest.json 里");
    }
    ExitCode::from(2)
}

pub fn restore_into(place: &Place, file: &Path) -> Result<ExitCode, Failure> {
    let archive = Archive::open(file)?;
    describe(&archive.manifest);
    let restored = restore(&archive, place, &runtime()?, &mut say)?;
    println!("恢复完成：{} 行，{} 件材料。", restored.rows, restored.blobs + restored.present);
    if restored.key_written {
        println!("已写入密钥 {}。", place.key_file().display());
    }
    match restored.ledger_key {
        LedgerKey::Written => println!("已写入公开账本的签名密钥 {}。", place.ledger_key_file().display()),
        LedgerKey::Kept => {}
        LedgerKey::Missing => println!(
            "注意：备份里没有公开账本的签名密钥。请先把原服务器的 keys/ledger.key 复制到 {}，再启动服务；没有它，启动时会生成新的密钥，以前的凭证在本站就核验不了。",
            place.ledger_key_file().display()
        ),
    }
    if restored.migrated > 0 {
        println!("数据库结构已更新 {} 步到本程序的版本。", restored.migrated);
    }
    let code = lost(&archive.manifest);
    println!(
        "下一步：用同样的 --data、--store、--blobs 运行 yimen serve，打开 /readyz 和几件办件核对后再对外服务。"
    );
    Ok(code)
}

/// Checks an archive; with the key, also who made it.
pub fn verify(place: &Place, file: &Path) -> Result<ExitCode, Failure> {
    let archive = Archive::open(file)?;
    describe(&archive.manifest);
    let key_file = place.key_file();
    let sealer = if key_file.exists() { Some(Sealer::from_existing(&key_file)?) } else { None };
    let sealer = sealer.filter(|sealer| sealer.fingerprint() == archive.manifest.key_fingerprint);
    archive.verify(sealer.as_ref(), &mut say)?;
    match sealer {
        Some(_) => println!("备份完好，确由持有这把密钥的服务器写成。"),
        None => println!("备份完好。没有对应的密钥（{}），未核对是谁写的。", key_file.display()),
    }
    Ok(lost(&archive.manifest))
}

fn describe(manifest: &Manifest) {
    println!(
        "备份：{} 取自 {}，程序 {}，数据库结构 {}，{} 行，{} 件材料，密钥指纹 {}{}。",
        manifest.taken_at,
        manifest.engine,
        manifest.product_version,
        manifest.schema_version,
        manifest.rows(),
        manifest.blobs.count,
        manifest.key_fingerprint,
        if manifest.with_key { "（含密钥）" } else { "" }
    );
}

fn say(line: String) {
    println!("  {line}");
}

fn size(file: &Path) -> String {
    let bytes = std::fs::metadata(file).map_or(0, |meta| meta.len());
    match bytes {
        0..1_000_000 => format!("{} KB", bytes.div_ceil(1000)),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}
