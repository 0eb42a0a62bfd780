//! `yimen account`: the first administrators of a city, and the way back in when all of them are locked out. Whoever may run
//! it on the server's machine could read the key anyway.

use std::process::ExitCode;

use clap::ValueEnum;
use yimen::open::{Place, open};
use yimen_identity::{Identity, IdentityError, Position, Settings};
use yimen_platform::{Actor, Ctx, Platform, Role, Roles};

use crate::serve::{Failure, runtime};

/// Which of the three.
#[derive(Clone, Copy, ValueEnum)]
pub enum Administrator {
    /// 系统管理员：保障运行
    System,
    /// 安全管理员：管理账户
    Security,
    /// 审计管理员：审计操作
    Audit,
}

impl Administrator {
    fn role(self) -> Role {
        match self {
            Administrator::System => Role::System,
            Administrator::Security => Role::Security,
            Administrator::Audit => Role::Audit,
        }
    }
}

fn begin(place: &Place) -> Result<(Platform, Identity, Ctx), Failure> {
    let platform = open(place)?;
    let ctx = platform.ctx(Actor::System("命令行"), "account");
    let identity = Identity::new(platform.clone(), Settings::default());
    Ok((platform, identity, ctx))
}

pub fn add(place: &Place, login: &str, name: &str, role: Administrator) -> Result<ExitCode, Failure> {
    let (_, identity, ctx) = begin(place)?;
    let role = role.role();
    let none = String::new;
    let position =
        Position::Staff { roles: Roles::of(&[role]), department: none(), office: none(), counter: none() };
    let (_, password) = runtime()?.block_on(identity.hire(&ctx, name, login, position)).map_err(told)?;
    println!("已建立{}账户 {login}（{name}）。", role.zh());
    tell(&password);
    Ok(ExitCode::SUCCESS)
}

pub fn reset(place: &Place, login: &str) -> Result<ExitCode, Failure> {
    let (platform, identity, ctx) = begin(place)?;
    let (reading, typed) = (identity.clone(), login.to_owned());
    let find = move |q: &mut yimen_store::Read<'_>| -> Result<_, IdentityError> {
        reading.account_of_login(q, &typed)
    };
    let account = platform
        .store
        .read_blocking(find)?
        .ok_or_else(|| format!("没有登录名为 {login} 的账户。请核对登录名。"))?;
    let runtime = runtime()?;
    match runtime.block_on(identity.reset_factor(&ctx, account)) {
        // None had been set up yet.
        Ok(()) | Err(IdentityError::NotFound) => {}
        Err(error) => return Err(told(error)),
    }
    let password = runtime.block_on(identity.reset_password(&ctx, account)).map_err(told)?;
    runtime.block_on(identity.unlock_account(&ctx, account)).map_err(told)?;
    println!("已重置 {login} 的密码和动态口令，登录都已退出。");
    tell(&password);
    Ok(ExitCode::SUCCESS)
}

fn tell(password: &str) {
    println!("初始密码：{password}");
    println!("只显示这一次。第一次登录时设置动态口令，并换成自己的密码。");
}

/// What is wrong with what was typed is said as on a page.
fn told(error: IdentityError) -> Failure {
    let fields: Vec<String> = error.fields().into_iter().map(|one| one.message).collect();
    if fields.is_empty() { error.into() } else { fields.join("；").into() }
}
