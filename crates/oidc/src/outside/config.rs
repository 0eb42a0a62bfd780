//! Which outside providers people may sign in through: a file that the operator writes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use url::{Host, Url};

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("不能读取身份平台的配置 {0}：{1}")]
    File(PathBuf, std::io::Error),
    #[error("身份平台的配置 {0} 写得不对：{1}")]
    Json(PathBuf, serde_json::Error),
    #[error("身份平台 {0}：{1}")]
    Provider(String, String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    providers: Vec<Written>,
}

/// One provider as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    name: String,
    issuer: String,
    client_id: String,
    client_secret_file: Option<PathBuf>,
    client_secret_env: Option<String>,
    #[serde(default)]
    scopes: Vec<String>,
    claims: Claims,
    #[serde(default)]
    levels: Vec<String>,
    #[serde(default)]
    hosts: Vec<String>,
}

/// Under which names the provider tells what we need.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// The resident ID number.
    pub number: String,
    pub name: String,
    /// How well the person was made sure of.
    pub level: Option<String>,
}

/// One provider, checked.
#[derive(Clone)]
pub struct Provider {
    /// Part of addresses.
    pub id: String,
    /// On the button.
    pub name: String,
    pub issuer: String,
    pub client_id: String,
    pub(crate) secret: String,
    pub scopes: Vec<String>,
    pub claims: Claims,
    /// Levels that are enough; empty where none is asked for.
    pub levels: Vec<String>,
    /// `host` or `host:port` of every address that is ever asked or led to.
    hosts: BTreeSet<String>,
}

/// Host and port as they are compared.
fn host_of(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

impl Provider {
    /// An address of this provider: over TLS (or on this machine), on a host that the operator named.
    pub fn address(&self, text: &str) -> Option<Url> {
        let url = Url::parse(text).ok()?;
        let safe = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
        let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        (safe && plain && self.hosts.contains(&host_of(&url)?)).then_some(url)
    }
}

/// All providers of a file.
pub fn read(path: &Path, environment: impl Fn(&str) -> Option<String>) -> Result<Vec<Provider>, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|e| ConfigError::File(path.to_owned(), e))?;
    let file: File = serde_json::from_str(&text).map_err(|e| ConfigError::Json(path.to_owned(), e))?;
    let mut ids = BTreeSet::new();
    let mut all = Vec::new();
    for one in file.providers {
        let id = one.id.clone();
        let told = |why: String| ConfigError::Provider(id.clone(), why);
        if !ids.insert(one.id.clone()) {
            return Err(told("id 重复了".into()));
        }
        all.push(check(one, &environment).map_err(told)?);
    }
    Ok(all)
}

fn check(one: Written, environment: &impl Fn(&str) -> Option<String>) -> Result<Provider, String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if one.id.is_empty() || one.id.len() > 32 || !one.id.chars().all(plain) {
        return Err("id 应为小写字母、数字和“-”，最多32位".into());
    }
    if one.name.is_empty() || one.client_id.is_empty() {
        return Err("请填写 name 和 client_id".into());
    }
    let secret = match (&one.client_secret_file, &one.client_secret_env) {
        (Some(file), None) => {
            std::fs::read_to_string(file).map_err(|e| format!("不能读取 {}：{e}", file.display()))?
        }
        (None, Some(name)) => environment(name).ok_or(format!("环境变量 {name} 没有设置"))?,
        _ => {
            return Err(
                "请用 client_secret_file 或 client_secret_env 指明密钥（只写一种，密钥不写在本文件里）"
                    .into(),
            );
        }
    };
    let issuer = Url::parse(&one.issuer).map_err(|_| "issuer 不是完整的网址".to_owned())?;
    let mut hosts: BTreeSet<String> = one.hosts.into_iter().collect();
    hosts.extend(host_of(&issuer));
    let mut scopes = vec!["openid".to_owned()];
    scopes.extend(one.scopes.into_iter().filter(|scope| scope != "openid"));
    if one.claims.level.is_none() && !one.levels.is_empty() {
        return Err("写了 levels，还要用 claims.level 指明等级在哪一项里".into());
    }
    let provider = Provider {
        id: one.id,
        name: one.name,
        issuer: one.issuer,
        client_id: one.client_id,
        secret: secret.trim().to_owned(),
        scopes,
        claims: one.claims,
        levels: one.levels,
        hosts,
    };
    if provider.address(&provider.issuer).is_none() || issuer.query().is_some() {
        return Err("issuer 应以 https:// 开头（本机调试可以用 http://127.0.0.1）".into());
    }
    if provider.secret.is_empty() {
        return Err("密钥是空的".into());
    }
    Ok(provider)
}
