//! `yimen key`: the data keys that personal data is sealed with. Whoever may run it on the server's machine could read the
//! master key anyway.

use std::process::ExitCode;

use clap::ValueEnum;
use yimen::open::{Place, open};
use yimen_platform::{Actor, Algorithm, DataKey, KEY_NOTICE_MS, keys};
use yimen_standards::time::Instant;

use crate::serve::Failure;

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
    for key in platform.sealer.data_keys() {
        println!("  {}", line(&key, current));
    }
    println!("新的数据用“使用中”的一把加密；以前的数据仍用当时的密钥解开，所以每一把都要留着。");
    println!("换一把：yimen key rotate（国密算法加 --cipher sm4）。");
    Ok(ExitCode::SUCCESS)
}

fn line(key: &DataKey, current: u32) -> String {
    let state = match key.number.cmp(&current) {
        std::cmp::Ordering::Less => "只用于解开以前的数据".to_owned(),
        std::cmp::Ordering::Equal => "使用中".to_owned(),
        std::cmp::Ordering::Greater => format!("{} 起使用", Instant(key.used_from).zh()),
    };
    let made = Instant(key.made_at).zh();
    format!("第 {} 把  {:12}  {made} 建立  {state}", key.number, key.algorithm.code())
}

pub fn rotate(place: &Place, cipher: CipherArg) -> Result<ExitCode, Failure> {
    must_be_there(place)?;
    let platform = open(place)?;
    let ctx = platform.ctx(Actor::System("命令行"), "key");
    let sealer = platform.sealer.clone();
    let algorithm = cipher.algorithm();
    let make = move |tx: &mut yimen_store::Tx<'_>| keys::rotate(tx, &ctx, &sealer, algorithm);
    let key = platform.store.write_blocking("key.rotate", make)?;
    println!("已建立第 {} 把数据密钥（{}）。", key.number, key.algorithm.code());
    println!(
        "{} 秒后，各服务对新的数据自动改用这一把，不用重启；以前的数据仍用当时的密钥解开。",
        KEY_NOTICE_MS / 1000
    );
    println!(
        "接下来：再做一次 yimen backup，以前的备份里没有这一把。用 yimen key list 可以看到各把密钥从什么时候起使用。"
    );
    Ok(ExitCode::SUCCESS)
}
