//! `yimen demo`: a living city in an empty folder, and a server to walk through it.

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use yimen::cast;
use yimen::disk::Disks;
use yimen::hold::Hold;
use yimen::listen::Connections;
use yimen::open::{Place, casework, open_held};
use yimen_casework::pages::UnmaskRules;
use yimen_catalogue::Pack;
use yimen_demo::{City, Plan, file_papers, live};
use yimen_identity::{DemoAccount, DemoAccounts, Identity, Limits, Settings};
use yimen_payments::GatewayConfig;
use yimen_payments::demo::DemoGateway;
use yimen_platform::{Actor, Ids, ManualClock, Platform, setting};
use yimen_standards::time::Instant;
use yimen_web::traffic::Traffic;

use crate::pack;
use crate::serve::{Face, Failure, bind, build, run, runtime};

/// Where the database keeps the accounts that visitors are told of, for the next start.
const TOLD: &str = "demo_accounts";

/// How the demo city is made.
pub struct Demo<'a> {
    pub pack: &'a Path,
    pub cases: usize,
    pub days: i64,
    pub seed: u64,
    /// Make the city as of this moment and end, without serving it.
    pub until: Option<Instant>,
}

pub fn demo(place: &Place, listen: SocketAddr, demo: &Demo<'_>) -> Result<ExitCode, Failure> {
    let listener = bind(listen)?;
    let listen = listener.local_addr()?;
    // A pack with errors is told before anything is made.
    let checked = if place.is_absent() { Some(pack::for_demo(demo.pack)?) } else { None };
    let hold = Hold::take(place)?;
    let platform = open_held(place, &hold)?;
    let runtime = runtime()?;
    let accounts = match pack::is_empty(&platform)? {
        true => {
            let pack = checked.map_or_else(|| pack::for_demo(demo.pack), Ok)?;
            settle(&platform, &pack, demo, &runtime)?
        }
        false => {
            println!("沿用 {} 中已有的演示数据。要重新生成，请先删除该目录。", place.data.display());
            remembered(&platform)?
        }
    };
    if demo.until.is_some() {
        return Ok(ExitCode::SUCCESS);
    }
    let gateway = runtime.block_on(gateway(&platform, listen))?;
    // Many visitors share the accounts, and nobody is to change the password they share.
    let limits = Limits { sessions: 0, password_days: 0, ..Limits::default() };
    let base = format!("http://{listen}");
    let unmasks = UnmaskRules::default();
    let messages = Some(runtime.block_on(messages(&platform, listen))?);
    let told = messages.as_ref().map(|config| config.base.clone()).unwrap_or_default();
    let face = Face {
        secure: false,
        base,
        witnesses: Vec::new(),
        limits,
        registers: true,
        providers: Vec::new(),
        unmasks,
        messages,
        traffic: Traffic::default(),
        scanner: None,
        connections: Connections::default(),
    };
    let wire = face.wire();
    let app = build(place, &platform, face, accounts.clone(), Some(gateway))?;
    runtime.block_on(run(app, place, wire, Disks::of(place), listener, |address| {
        println!("\n一门演示已启动：http://{address}\n");
        println!("演示账户（密码都是 {}）：", cast::PASSWORD);
        for account in &accounts {
            let secret = account.secret.as_ref().map(|secret| format!("　动态口令密钥 {secret}"));
            println!("  {:<22} {}{}", account.login, account.role, secret.unwrap_or_default());
        }
        println!("\n短信验证码显示在演示短信平台：{told}");
        println!(
            "\n管理员登录时还要填写验证码：把密钥输入手机上的动态口令应用，或者用 oathtool --totp -b 密钥。"
        );
        println!("只有演示允许其他工作人员只凭密码登录；正式服务（yimen serve）的工作账户都要设置动态口令。");
        println!("\n停止：Ctrl+C");
    }))?;
    Ok(ExitCode::SUCCESS)
}

/// Starts the demo payment gateway on a port of its own and answers how to reach it.
async fn gateway(platform: &Platform, listen: SocketAddr) -> Result<GatewayConfig, Failure> {
    let listener = tokio::net::TcpListener::bind((listen.ip(), 0)).await?;
    let base = format!("http://{}", listener.local_addr()?);
    let secret = platform.ids.token();
    let routes = DemoGateway::new(&secret, base.clone(), platform.clock.clone()).routes();
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, routes).await {
            tracing::error!(%error, "the demo payment gateway stopped");
        }
    });
    Ok(GatewayConfig { base, secret, own_base: format!("http://{listen}") })
}

/// Starts the demo message gateway on a port of its own and answers how to reach it; its page shows what was sent.
async fn messages(platform: &Platform, listen: SocketAddr) -> Result<yimen_messages::GatewayConfig, Failure> {
    let listener = tokio::net::TcpListener::bind((listen.ip(), 0)).await?;
    let base = format!("http://{}", listener.local_addr()?);
    let secret = platform.ids.token();
    let routes = yimen_messages::demo::DemoGateway::new(&secret, platform.clock.clone()).routes();
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, routes).await {
            tracing::error!(%error, "the demo message gateway stopped");
        }
    });
    Ok(yimen_messages::GatewayConfig { base, secret })
}

/// Publishes the pack, invents the city and lets it live until now.
fn settle(
    platform: &Platform,
    pack: &Pack,
    demo: &Demo<'_>,
    runtime: &tokio::runtime::Runtime,
) -> Result<Vec<DemoAccount>, Failure> {
    let until = demo.until.unwrap_or_else(|| platform.clock.now());
    let platform = &of_the_city(platform, demo.seed, until);
    println!("{}", pack::publish_pack(platform, pack)?.0);
    let casework = casework(platform)?;
    let plan = Plan { cases: demo.cases, days: demo.days, seed: demo.seed, until };
    let papers = runtime.block_on(file_papers(&platform.blobs))?;
    let mut city = City::settle(casework.clone(), Vec::new(), papers, &plan)?;
    let cast = cast::staff(&casework.catalogue.get(), demo.seed, until.day());
    let citizens: Vec<_> = city.residents.iter().map(|(person, party, _)| (person.clone(), *party)).collect();
    let prepared = prepare(platform, &cast, &citizens)?;
    let shown = prepared.1.shown().to_vec();
    let known = yimen_demo::KNOWN.min(citizens.len());
    let ids = create(platform, prepared)?;
    city.staff = cast::employed(cast, &ids[known..]);
    println!("正在生成演示城市：{} 人，{} 件办件，{} 天 …", citizens.len(), demo.cases, demo.days);
    let lived = live(city, &plan, &ids[..known], progress)?;
    println!("已生成：{} 件办件，{} 次操作。", lived.cases, lived.commands);
    Ok(shown)
}

/// The platform with the time and the ids of the city: seed and end decide everything but the sealing.
fn of_the_city(platform: &Platform, seed: u64, until: Instant) -> Platform {
    // Nodes 0 and 1 are those of the people and of what they do.
    let (clock, ids) = (Arc::new(ManualClock::at(until)), Arc::new(Ids::seeded(2, seed)));
    Platform { clock, ids, ..platform.clone() }
}

fn progress(commands: usize, moment: Instant) {
    if commands % 5_000 < 400 {
        println!("  … {commands} 次操作，城市时间 {}", moment.day());
    }
}

fn prepare(
    platform: &Platform,
    cast: &[cast::Member],
    citizens: &[(yimen_demo::Person, i64)],
) -> Result<(Identity, DemoAccounts), Failure> {
    let identity = Identity::new(platform.clone(), Settings::default());
    let prepared = cast::plan(cast, citizens)?.prepare(&identity)?;
    Ok((identity, prepared))
}

fn create(platform: &Platform, (identity, accounts): (Identity, DemoAccounts)) -> Result<Vec<i64>, Failure> {
    let ctx = platform.ctx(Actor::System("演示城市"), "demo");
    let accounts = Arc::new(accounts);
    let told = serde_json::to_string(accounts.shown())?;
    Ok(platform.store.write_blocking("demo.accounts", move |tx| {
        setting::fix(tx, TOLD, &told)?;
        accounts.create(&identity, tx, &ctx)
    })?)
}

/// The accounts that were told when the city was made.
fn remembered(platform: &Platform) -> Result<Vec<DemoAccount>, Failure> {
    let told = platform.store.read_blocking(|q| setting::get(q, TOLD))?;
    Ok(told.map_or_else(|| Ok(Vec::new()), |told| serde_json::from_str(&told))?)
}
