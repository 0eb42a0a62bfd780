//! `yimen oidc`: the keys that ID tokens are signed with.

use std::process::ExitCode;

use yimen::open::{Place, open};
use yimen_oidc::keys::{self, Key};
use yimen_platform::Actor;
use yimen_standards::time::Instant;

use crate::serve::Failure;

fn must_be_there(place: &Place) -> Result<(), Failure> {
    match place.key_file().exists() || !place.is_absent() {
        true => Ok(()),
        false => Err(format!("{}里没有一门的数据。请用 --data 指明数据目录。", place.named()).into()),
    }
}

pub fn list(place: &Place) -> Result<ExitCode, Failure> {
    must_be_there(place)?;
    let platform = open(place)?;
    let (all, now) = (platform.store.read_blocking(keys::all)?, platform.clock.now());
    if all.is_empty() {
        println!("还没有签名密钥：第一次有系统登录时自动建立。");
    }
    let current = keys::current(&all, now).map(|key| key.kid.clone());
    for key in &all {
        println!("{}", line(key, current.as_deref(), now));
    }
    println!("每 30 天自动换一把；怀疑泄露的，立即换：yimen oidc rotate --at-once。");
    Ok(ExitCode::SUCCESS)
}

fn line(key: &Key, current: Option<&str>, now: Instant) -> String {
    let state = match key.ends_at {
        _ if current == Some(key.kid.as_str()) => "使用中".to_owned(),
        Some(end) if end <= now => format!("{} 起作废", end.zh()),
        Some(end) => format!("只用于核验，{} 作废", end.zh()),
        None => format!("{} 起使用", key.used_from.zh()),
    };
    format!("{}  {} 建立  {state}", key.kid, key.made_at.zh())
}

pub fn rotate(place: &Place, at_once: bool) -> Result<ExitCode, Failure> {
    must_be_there(place)?;
    let platform = open(place)?;
    let ctx = platform.ctx(Actor::System("命令行"), "oidc");
    let sealer = platform.sealer.clone();
    let make = move |tx: &mut yimen_store::Tx<'_>| keys::rotate(tx, &ctx, &sealer, at_once);
    let key = platform.store.write_blocking("oidc.rotate", make)?;
    println!("已建立签名密钥 {}，{} 起使用。", key.kid, key.used_from.zh());
    match at_once {
        true => {
            println!("以前的密钥已经作废，用它们签的登录凭证不再有效；各系统要重新读取公钥（最迟 5 分钟）。")
        }
        false => println!("以前的密钥继续公布，直到用它们签的登录凭证全部过期。"),
    }
    Ok(ExitCode::SUCCESS)
}
