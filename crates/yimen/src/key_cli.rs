//! `yimen key`: the data keys that personal data is sealed with. Whoever may run it on the server's machine could read the
//! master key anyway.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::ValueEnum;
use yimen::open::{Place, open, open_store};
use yimen::reseal::walk;
use yimen_platform::{Actor, Algorithm, DataKey, KEY_NOTICE_MS, Platform, Sealer, keys, setting};
use yimen_standards::time::Instant;

use crate::serve::{Failure, runtime};

/// How the cipher is named on the command line.
#[derive(Clone, Copy, ValueEnum)]
pub enum CipherArg {
    /// AES-256-GCM
    Aes,
    /// 国密 SM4-GCM
    Sm4,
}

impl CipherArg {
    fn algorithm(self) -> Algorithm {
        match self {
            CipherArg::Aes => Algorithm::Aes256Gcm,
            CipherArg::Sm4 => Algorithm::Sm4Gcm,
        }
    }
}

fn must_be_there(place: &Place) -> Result<(), Failure> {
    // A database without its key is told so when it is opened.
    match place.key_file().exists() || !place.is_absent() {
        true => Ok(()),
        false => Err(format!("{}里没有一门的密钥。请用 --data 指明数据目录。", place.named()).into()),
    }
}

pub fn list(place: &Place) -> Result<ExitCode, Failure> {
    must_be_there(place)?;
    let platform = open(place)?;
    let current = platform.sealer.current();
    println!("主密钥 {}，指纹 {}", place.key_file().display(), platform.sealer.fingerprint());
    println!("数据密钥：");
    let known = platform.sealer.data_keys();
    for key in known.iter().filter(|key| key.algorithm.is_some()) {
        println!("  {}", line(key, current));
    }
    println!("新的数据用“使用中”的一把加密；以前的数据仍用当时的密钥解开。");
    println!("换一把：yimen key rotate（国密算法加 --cipher sm4）。");
    if known.iter().any(|key| key.algorithm.is_some() && key.number < current) {
        println!(
            "不再使用以前的密钥：yimen key reseal 把以前的数据改用“使用中”的一把，再用 yimen key retire 删除旧的。"
        );
    }
    println!("更换主密钥：yimen key master。");
    Ok(ExitCode::SUCCESS)
}

fn line(key: &DataKey, current: u32) -> String {
    let state = match key.number.cmp(&current) {
        std::cmp::Ordering::Less => "只用于解开以前的数据".to_owned(),
        std::cmp::Ordering::Equal => "使用中".to_owned(),
        std::cmp::Ordering::Greater => format!("{} 起使用", Instant(key.used_from).zh()),
    };
    let made = Instant(key.made_at).zh();
    format!("第 {} 把  {:12}  {made} 建立  {state}", key.number, key.code())
}

pub fn rotate(place: &Place, cipher: CipherArg) -> Result<ExitCode, Failure> {
    must_be_there(place)?;
    let platform = open(place)?;
    let ctx = platform.ctx(Actor::System("命令行"), "key");
    let sealer = platform.sealer.clone();
    let algorithm = cipher.algorithm();
    let make = move |tx: &mut yimen_store::Tx<'_>| keys::rotate(tx, &ctx, &sealer, algorithm);
    let key = platform.store.write_blocking("key.rotate", make)?;
    println!("已建立第 {} 把数据密钥（{}）。", key.number, key.code());
    println!(
        "{} 秒后，各服务对新的数据自动改用这一把，不用重启；以前的数据仍用当时的密钥解开。",
        KEY_NOTICE_MS / 1000
    );
    println!(
        "接下来：再做一次 yimen backup，以前的备份里没有这一把。用 yimen key list 可以看到各把密钥从什么时候起使用；用 yimen key reseal 把以前的数据也改用这一把。"
    );
    Ok(ExitCode::SUCCESS)
}

/// Whether the newest key is in use already: what is sealed anew before that would be so by the one before.
fn newest_in_use(platform: &Platform) -> Result<u32, Failure> {
    let current = platform.sealer.current();
    match platform.sealer.data_keys().iter().find(|key| key.number > current) {
        None => Ok(current),
        Some(next) => Err(format!(
            "第 {} 把数据密钥从 {} 起使用，现在还早。请到时再运行。",
            next.number,
            Instant(next.used_from).zh()
        )
        .into()),
    }
}

fn say(line: String) {
    println!("  {line}");
}

pub fn reseal(place: &Place) -> Result<ExitCode, Failure> {
    must_be_there(place)?;
    let platform = open(place)?;
    let current = newest_in_use(&platform)?;
    println!("把以前的数据改用第 {current} 把数据密钥加密。可以随时停下（Ctrl+C），做完的不用再做：");
    let walked = walk(&platform, &runtime()?, false, &mut say)?;
    println!("做完了：{} 项里有 {} 项改用了第 {current} 把。", walked.seen, walked.old);
    if !walked.broken.is_empty() {
        // A few say where to look; a whole disk of them is one finding.
        let some: Vec<&str> = walked.broken.iter().take(20).map(String::as_str).collect();
        return Err(format!(
            "有 {} 项解不开，保持原样，例如：{}。请从备份恢复它们，或者查明是怎样损坏的。",
            walked.broken.len(),
            some.join("、")
        )
        .into());
    }
    println!("接下来：旧的密钥停用满一天以后，用 yimen key retire 删除；以前的备份仍用备份里的密钥解开。");
    Ok(ExitCode::SUCCESS)
}

pub fn retire(place: &Place, number: u32) -> Result<ExitCode, Failure> {
    must_be_there(place)?;
    let platform = open(place)?;
    let known = platform.store.read_blocking(keys::all)?;
    keys::may_retire(&known, number, platform.clock.now())?;
    newest_in_use(&platform)?;
    if let Some(log) = platform.blobs.unsettled_log()? {
        return Err(format!(
            "材料库里有一份没有整理完的日志 {}，里面可能还有用旧密钥加密的材料。请重新启动服务，再运行 yimen key reseal。",
            log.display()
        )
        .into());
    }
    println!("检查还有没有数据使用以前的密钥：");
    let runtime = runtime()?;
    let walked = walk(&platform, &runtime, true, &mut say)?;
    if walked.old > 0 {
        return Err(format!(
            "还有 {} 项用的是以前的密钥，什么也没有删除。请先运行 yimen key reseal。",
            walked.old
        )
        .into());
    }
    let ctx = platform.ctx(Actor::System("命令行"), "key");
    let deleting = ctx.clone();
    platform.store.write_blocking("key.retire", move |tx| keys::retire(tx, &deleting, number))?;
    // Somebody may have sealed with it while the rest was gone through.
    println!("再检查一遍：");
    if walk(&platform, &runtime, true, &mut say)?.old > 0 {
        let key = known.into_iter().find(|key| key.number == number).ok_or("the key is gone")?;
        platform.store.write_blocking("key.put_back", move |tx| keys::put_back(tx, &ctx, &key))?;
        return Err(
            "检查期间又有数据用了以前的密钥，已把密钥放回，什么也没有丢失。请重新启动还在用旧密钥的服务，再运行 yimen key reseal。".into(),
        );
    }
    println!("已删除第 {number} 把数据密钥。");
    println!("接下来：再做一次 yimen backup。以前的备份里还有这一把，同样要保管好，或者到期销毁。");
    Ok(ExitCode::SUCCESS)
}

/// The new key is on the disk before the database knows of it, and takes the old one's place after: whatever breaks off in
/// between, running it again ends it.
pub fn change_master(place: &Place, new: Option<&Path>) -> Result<ExitCode, Failure> {
    must_be_there(place)?;
    let (file, next) = (place.key_file(), place.next_key_file());
    let store = open_store(place)?;
    if store.schema_version()? == 0 {
        return Err(format!("{}里还没有数据，不用更换主密钥。", place.named()).into());
    }
    let known = store.read_blocking(|q| setting::get(q, setting::KEY_FINGERPRINT))?;
    drop(store);
    let is_known = |key: &Sealer| known.as_ref() == Some(&key.fingerprint());
    let begun = Sealer::from_existing(&next).ok().filter(is_known);
    if begun.is_some() {
        println!("数据库已改用这把主密钥，只差换上密钥文件。");
    } else {
        // Says which key the database wants, where it is not the one that lies here.
        let platform = open(place)?;
        let sealer = Arc::new(prepare(&next, new)?);
        let (old, new) = (platform.sealer.clone(), sealer.clone());
        let ctx = platform.ctx(Actor::System("命令行"), "key");
        let change = move |tx: &mut yimen_store::Tx<'_>| keys::change_master(tx, &ctx, &old, &new);
        let count = platform.store.write_blocking("key.master", change)?;
        println!("{count} 把密钥已改由新的主密钥（指纹 {}）保护。", sealer.fingerprint());
    }
    if file.exists() {
        let old = Sealer::from_existing(&file)?;
        let kept = file.with_extension(format!("key.old-{}", old.fingerprint()));
        std::fs::rename(&file, &kept)?;
        println!(
            "原来的主密钥放在 {}：更换以前的备份要用它恢复，那些备份都销毁以后再删除它。",
            kept.display()
        );
    }
    std::fs::rename(&next, &file)?;
    if let Some(folder) = file.parent() {
        std::fs::File::open(folder)?.sync_all()?;
    }
    println!("新的主密钥在 {}。", file.display());
    println!(
        "接下来：这台服务器上的服务几秒内自动换用，不用重启；其他服务器要先把它复制过去，再做 yimen key rotate，没有它的服务到时会自行停止。另存一份到安全的地方，再做一次 yimen backup。"
    );
    Ok(ExitCode::SUCCESS)
}

/// The key that is to be brought into use: the one given, or a new one. What an earlier run left that never got as far as the
/// database is nobody's.
fn prepare(next: &Path, given: Option<&Path>) -> Result<Sealer, Failure> {
    if next.exists() {
        std::fs::remove_file(next)?;
    }
    if let Some(given) = given {
        Sealer::from_existing(given)?;
        Sealer::write_key(next, std::fs::read_to_string(given)?.trim())?;
    }
    Ok(Sealer::from_file(next)?)
}
