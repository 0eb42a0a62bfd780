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
    println!("接下来：旧的密钥停用满一天以后，用 yimen key retire 删除；以前的备份仍用备份里的密钥解开。");
    Ok(ExitCode::SUCCESS)
}

pub fn retire(place: &Place, number: u32) -> Result<ExitCode, Failure> {
    must_be_there(place)?;
    let platform = open(place)?;
    keys::may_retire(&platform.store.read_blocking(keys::all)?, number, platform.clock.now())?;
    newest_in_use(&platform)?;
    println!("检查还有没有数据使用以前的密钥：");
    let walked = walk(&platform, &runtime()?, true, &mut say)?;
    if walked.old > 0 {
        return Err(format!(
            "还有 {} 项用的是以前的密钥，什么也没有删除。请先运行 yimen key reseal。",
            walked.old
        )
        .into());
    }
    let ctx = platform.ctx(Actor::System("命令行"), "key");
    platform.store.write_blocking("key.retire", move |tx| keys::retire(tx, &ctx, number))?;
    println!("已删除第 {number} 把数据密钥。");
    println!("接下来：再做一次 yimen backup。以前的备份里还有这一把，同样要保管好，或者到期销毁。");
    Ok(ExitCode::SUCCESS)
}

/// The new key is on the disk before the database knows of it, and takes the old one's place after: whatever breaks off in
/// between, running it again ends it.
pub fn change_master(place: &Place, new: Option<&Path>) -> Result<ExitCode, Failure> {
    must_be_there(place)?;
    let next = place.next_key_file();
    let sealer = Arc::new(prepare(&next, new)?);
    let known = open_store(place)?.read_blocking(|q| setting::get(q, setting::KEY_FINGERPRINT))?;
    if known.as_deref() == Some(sealer.fingerprint()) {
        println!("数据库已改用这把主密钥，只差换上密钥文件。");
    } else {
        let platform = open(place)?;
        let (old, new) = (platform.sealer.clone(), sealer.clone());
        let ctx = platform.ctx(Actor::System("命令行"), "key");
        let change = move |tx: &mut yimen_store::Tx<'_>| keys::change_master(tx, &ctx, &old, &new);
        let count = platform.store.write_blocking("key.master", change)?;
        println!("{count} 把密钥已改由新的主密钥（指纹 {}）保护。", sealer.fingerprint());
    }
    let file = place.key_file();
    if file.exists() {
        let old = Sealer::from_existing(&file)?;
        let kept = file.with_extension(format!("key.old-{}", old.fingerprint()));
        std::fs::rename(&file, &kept)?;
        println!("原来的主密钥放在 {}：更换以前的备份要用它恢复。", kept.display());
    }
    std::fs::rename(&next, &file)?;
    if let Some(folder) = file.parent() {
        std::fs::File::open(folder)?.sync_all()?;
    }
    println!("新的主密钥在 {}。", file.display());
    println!(
        "接下来：把它复制到每台服务器并重新启动各服务（运行中的服务在下一次 yimen key rotate 以前照常工作）；另存一份到安全的地方；再做一次 yimen backup。"
    );
    Ok(ExitCode::SUCCESS)
}

/// The key that is to be brought into use: the one of an earlier run that broke off, the one given, or a new one.
fn prepare(next: &Path, given: Option<&Path>) -> Result<Sealer, Failure> {
    if let Some(given) = given {
        let sealer = Sealer::from_existing(given)?;
        if !next.exists() {
            Sealer::write_key(next, std::fs::read_to_string(given)?.trim())?;
        } else if Sealer::from_existing(next)?.fingerprint() != sealer.fingerprint() {
            return Err(format!(
                "{} 是上一次更换时留下的另一把主密钥。请不带 --new 再运行一次，先把上一次做完。",
                next.display()
            )
            .into());
        }
    }
    Ok(Sealer::from_file(next)?)
}
