//! The words of the command line. Its documentation comments are what operators read as help.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, value_parser};
use yimen::open::Place;
use yimen_casework::UNMASKS_AN_HOUR;
use yimen_casework::pages::UnmaskRules;
use yimen_identity::Limits;
use yimen_ledger::witness::KnownWitness;
use yimen_oidc::outside;
use yimen_payments::GatewayConfig;
use yimen_standards::time::Instant;

use crate::account_cli::{self, Administrator};
use crate::traffic_args::TrafficArgs;
use crate::{backup_cli, demo, key_cli, ledger_cli, oidc_cli, pack, serve};

/// 一门：只进一扇门的政务服务平台。
#[derive(Parser)]
#[command(name = "yimen", version, about, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

// One is made in the life of a process.
#[allow(clippy::large_enum_variant)]
#[derive(Subcommand)]
enum Command {
    /// 在 ./data 里造一座演示城市，并对外服务
    Demo {
        #[command(flatten)]
        place: PlaceArgs,
        #[command(flatten)]
        listen: ListenArgs,
        /// 要发布的事项包
        #[arg(long, default_value = "packs/hangzhou")]
        pack: PathBuf,
        /// 城里办过多少件（0 到 1000000）
        #[arg(long, default_value_t = 4_000, value_parser = value_parser!(u32).range(0..=1_000_000), allow_negative_numbers = true)]
        cases: u32,
        /// 在多少天里办的（1 到 1000）
        #[arg(long, default_value_t = 150, value_parser = value_parser!(i64).range(1..=1_000), allow_negative_numbers = true)]
        days: i64,
        /// 种子数：相同的种子造出相同的城市
        #[arg(long, default_value_t = 2026)]
        seed: u64,
        /// Make the city as of this moment (2026-11-20T15:00) and end.
        #[arg(long, hide = true, value_parser = Instant::parse_local)]
        until: Option<Instant>,
    },
    /// 用数据目录或数据库里的内容对外服务
    Serve {
        #[command(flatten)]
        place: PlaceArgs,
        #[command(flatten)]
        listen: ListenArgs,
        /// 经 HTTPS 访问：Cookie 只在 HTTPS 下发送
        #[arg(long)]
        https: bool,
        /// 为公开账本签名的见证方，写作 网址=公钥；可以写多次
        #[arg(long, value_parser = KnownWitness::parse)]
        witness: Vec<KnownWitness>,
        /// 群众用来登录的外部身份平台：写明它们的文件
        #[arg(long, env = "YIMEN_PROVIDERS")]
        providers: Option<PathBuf>,
        #[command(flatten)]
        gateway: GatewayArgs,
        #[command(flatten)]
        messages: MessageArgs,
        #[command(flatten)]
        limits: LimitArgs,
        #[command(flatten)]
        traffic: TrafficArgs,
    },
    /// 把全部数据写进一个文件；服务运行时也可以
    Backup {
        /// 要写的文件；已有的文件不会被覆盖
        file: PathBuf,
        #[command(flatten)]
        place: PlaceArgs,
        /// 把密钥也放进去：得到这个文件的人就能读取全部内容
        #[arg(long)]
        with_key: bool,
    },
    /// 用备份填充空的数据库和材料库
    Restore {
        /// 备份文件
        file: PathBuf,
        #[command(flatten)]
        place: PlaceArgs,
        /// 只检查备份文件，不写任何内容
        #[arg(long)]
        verify: bool,
    },
    /// 公开账本：核对整本账、核验凭证、见证其他城市的账本
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// 检查和发布事项包
    #[command(subcommand)]
    Pack(PackCommand),
    /// 列出数据密钥；换用新的一把，把以前的数据改用它加密，删除旧的；更换主密钥
    #[command(subcommand)]
    Key(KeyCommand),
    /// 单点登录：列出给登录凭证签名的密钥；换一把
    #[command(subcommand)]
    Oidc(OidcCommand),
    /// 建立第一批管理员；全都登录不了时重置
    #[command(subcommand)]
    Account(AccountCommand),
}

#[derive(Subcommand)]
enum OidcCommand {
    /// 列出签名密钥：哪一把在用，各用到什么时候
    Keys {
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// 换一把签名密钥，服务不用停
    Rotate {
        /// 怀疑密钥泄露：新的立即使用，以前的立即作废
        #[arg(long)]
        at_once: bool,
        #[command(flatten)]
        place: PlaceArgs,
    },
}

#[derive(Subcommand)]
enum KeyCommand {
    /// 列出数据密钥：用什么算法，从什么时候起使用
    List {
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// 换用一把新的数据密钥，服务不用停
    Rotate {
        /// 新的一把用什么算法
        #[arg(long, default_value = "aes")]
        cipher: key_cli::CipherArg,
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// 把以前的数据和材料都改用正在使用的数据密钥加密；服务不用停，可以随时停下再来
    Reseal {
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// 删除一把不再有数据使用的数据密钥
    Retire {
        /// 第几把
        number: u32,
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// 更换主密钥：各把数据密钥改由新的主密钥保护，数据不用改动
    Master {
        /// 新的主密钥文件（64 位十六进制数字）；不写就随机生成
        #[arg(long)]
        new: Option<PathBuf>,
        #[command(flatten)]
        place: PlaceArgs,
    },
}

#[derive(Subcommand)]
enum AccountCommand {
    /// 建立一位管理员的账户，显示一次初始密码
    Add {
        /// 登录名：小写字母开头，字母、数字或“.-_”
        login: String,
        /// 姓名
        #[arg(long)]
        name: String,
        /// 哪一种管理员
        #[arg(long)]
        role: Administrator,
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// 重置一个账户的密码和动态口令，显示一次初始密码
    Reset {
        /// 登录名
        login: String,
        #[command(flatten)]
        place: PlaceArgs,
    },
}

#[derive(Subcommand)]
enum LedgerCommand {
    /// 按日志重新计算整本账并比对；或者只核验一张凭证或一个导出文件，不需要数据
    Verify {
        #[command(flatten)]
        place: PlaceArgs,
        /// 改为核验这个凭证文件（.tlog-proof）
        #[arg(long, requires = "key")]
        receipt: Option<PathBuf>,
        /// 改为核验这个导出的操作记录（.csv）
        #[arg(long, requires = "key", conflicts_with = "receipt")]
        export: Option<PathBuf>,
        /// 账本或见证方的公钥；可以写多次，第一个是账本的
        #[arg(long)]
        key: Vec<String>,
    },
    /// 显示本账本的公钥
    Keys {
        #[command(flatten)]
        place: PlaceArgs,
        /// 原来的签名密钥确实找不回来时，生成新的（以前的凭证在本站就核验不了）
        #[arg(long)]
        new: bool,
    },
    /// 为其他城市的账本签名，只要它们只增不改
    Witness {
        #[command(flatten)]
        place: PlaceArgs,
        #[command(flatten)]
        listen: ListenArgs,
        /// 签名用的名称，写作不带 https:// 的网址
        #[arg(long)]
        name: String,
        /// 要见证的账本的公钥；可以写多次
        #[arg(long, required = true)]
        log: Vec<String>,
    },
}

#[derive(Subcommand)]
enum PackCommand {
    /// 找出事项包里的所有错误：文件、行号、怎么改
    Check {
        /// 事项包所在的目录
        folder: PathBuf,
    },
    /// 检查事项包并使它生效
    Publish {
        /// 事项包所在的目录
        folder: PathBuf,
        #[command(flatten)]
        place: PlaceArgs,
    },
}

#[derive(Args)]
pub struct PlaceArgs {
    /// 数据目录：放密钥；没有另外指明时也放数据库和材料
    #[arg(long, default_value = "data", env = "YIMEN_DATA")]
    data: PathBuf,
    /// 数据库：sqlite:PATH 或 postgres://USER@HOST/DB
    #[arg(long, default_value = "", env = "YIMEN_STORE", hide_env_values = true)]
    store: String,
    /// 材料库：file:PATH 或 s3://BUCKET/PREFIX?endpoint=URL&region=NAME&credentials=FILE
    ///
    /// S3 地址用 credentials= 指明密钥文件，里面 access_key_id=… 和 secret_access_key=… 各占一行；没有指明时，密钥取自
    /// AWS_ACCESS_KEY_ID 和 AWS_SECRET_ACCESS_KEY，或者机器的角色。密钥不能写在地址里。
    #[arg(long, default_value = "", env = "YIMEN_BLOBS", hide_env_values = true)]
    blobs: String,
    /// 多台服务器共用一个数据库时，本机的编号（0 到 255）
    #[arg(long, default_value_t = 0, env = "YIMEN_NODE")]
    node: u8,
}

#[derive(Args)]
struct ListenArgs {
    /// 监听的端口（0 到 65535）
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// 监听的 IP 地址
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
}

#[derive(Args)]
struct GatewayArgs {
    /// 支付平台的网址；没有时只能在窗口缴费
    #[arg(long, requires_all = ["gateway_secret_file", "public_url"])]
    gateway: Option<String>,
    /// 存放与支付平台共用密钥的文件
    #[arg(long)]
    gateway_secret_file: Option<PathBuf>,
    /// 支付平台和浏览器访问本服务器的网址
    #[arg(long)]
    public_url: Option<String>,
}

#[derive(Args)]
struct MessageArgs {
    /// 短信平台的网址；没有时不能用短信验证码登录和注册
    #[arg(long, requires = "messages_secret_file")]
    messages: Option<String>,
    /// 存放与短信平台共用密钥的文件
    #[arg(long)]
    messages_secret_file: Option<PathBuf>,
}

#[derive(Args)]
struct LimitArgs {
    /// 工作人员多少分钟没有操作就要重新登录（1 到 480）
    #[arg(long, default_value_t = 30, env = "YIMEN_STAFF_IDLE", value_parser = value_parser!(u32).range(1..=480))]
    staff_idle: u32,
    /// 群众多少分钟没有操作就要重新登录（1 到 720）
    #[arg(long, default_value_t = 120, env = "YIMEN_CITIZEN_IDLE", value_parser = value_parser!(u32).range(1..=720))]
    citizen_idle: u32,
    /// 一个工作账户同时登录几处，再多就退出最久没用的那处；0 表示不限
    #[arg(long, default_value_t = 3, env = "YIMEN_SESSIONS")]
    sessions: u32,
    /// 工作人员的密码用多少天就要更换；0 表示不限
    #[arg(long, default_value_t = 90, env = "YIMEN_PASSWORD_DAYS")]
    password_days: u32,
    /// 群众可以自己在网上注册账户。只有另外核实过是不是本人的，才可以打开：用别人的身份证号码注册的人，会看到那个人的办件
    #[arg(long, env = "YIMEN_SELF_REGISTRATION")]
    self_registration: bool,
    /// 一个账户一小时内最多显示几次完整号码
    #[arg(long, default_value_t = UNMASKS_AN_HOUR, env = "YIMEN_UNMASKS")]
    unmasks: u32,
}

impl LimitArgs {
    fn limits(&self) -> Limits {
        Limits {
            staff_idle: self.staff_idle,
            citizen_idle: self.citizen_idle,
            sessions: self.sessions,
            password_days: self.password_days,
        }
    }
}

impl GatewayArgs {
    fn config(self) -> Result<Option<GatewayConfig>, serve::Failure> {
        let (Some(base), Some(file), Some(own_base)) =
            (self.gateway, self.gateway_secret_file, self.public_url)
        else {
            return Ok(None);
        };
        Ok(Some(GatewayConfig { base, secret: secret(&file)?, own_base }))
    }
}

impl MessageArgs {
    fn config(self) -> Result<Option<yimen_messages::GatewayConfig>, serve::Failure> {
        let (Some(base), Some(file)) = (self.messages, self.messages_secret_file) else { return Ok(None) };
        let base = base.trim_end_matches('/').to_string();
        Ok(Some(yimen_messages::GatewayConfig { base, secret: secret(&file)? }))
    }
}

/// What a file holds that we share with a gateway.
fn secret(file: &std::path::Path) -> Result<String, serve::Failure> {
    let secret = std::fs::read_to_string(file);
    let secret = secret.map_err(|e| format!("不能读取密钥文件 {}：{e}", file.display()))?;
    Ok(secret.trim().into())
}

impl ListenArgs {
    fn address(&self) -> SocketAddr {
        SocketAddr::new(self.host, self.port)
    }
}

impl PlaceArgs {
    fn place(self) -> Place {
        Place { data: self.data, store: self.store, blobs: self.blobs, node: self.node }
    }
}

impl Cli {
    // tidy: long, because each command has its line here
    pub fn run(self) -> Result<ExitCode, serve::Failure> {
        match self.command {
            Command::Demo { place, listen, pack, cases, days, seed, until } => {
                let plan = demo::Demo { pack: &pack, cases: cases as usize, days, seed, until };
                demo::demo(&place.place(), listen.address(), &plan)
            }
            Command::Serve {
                place,
                listen,
                https,
                witness,
                gateway,
                messages,
                providers,
                limits,
                traffic,
            } => {
                let own = || format!("http://{}", listen.address());
                let base = gateway.public_url.clone().unwrap_or_else(own);
                let face = serve::Face {
                    secure: https,
                    base,
                    witnesses: witness,
                    limits: limits.limits(),
                    registers: limits.self_registration,
                    providers: providers.map_or(Ok(Vec::new()), |file| {
                        outside::read(&file, |name| std::env::var(name).ok())
                    })?,
                    unmasks: UnmaskRules { an_hour: limits.unmasks },
                    traffic: traffic.traffic(),
                    scanner: traffic.scanner(),
                    connections: traffic.connections(),
                    messages: messages.config()?,
                };
                serve::serve(&place.place(), listen.address(), face, gateway.config()?)
            }
            Command::Backup { file, place, with_key } => backup_cli::backup(&place.place(), &file, with_key),
            Command::Restore { file, place, verify: true } => backup_cli::verify(&place.place(), &file),
            Command::Restore { file, place, verify: false } => {
                backup_cli::restore_into(&place.place(), &file)
            }
            Command::Ledger(LedgerCommand::Verify { receipt: Some(file), key, .. }) => {
                ledger_cli::check_receipt(&file, &key)
            }
            Command::Ledger(LedgerCommand::Verify { export: Some(file), key, .. }) => {
                ledger_cli::check_export(&file, &key)
            }
            Command::Ledger(LedgerCommand::Verify { place, receipt: None, .. }) => {
                ledger_cli::verify_log(&place.place())
            }
            Command::Ledger(LedgerCommand::Keys { place, new }) => {
                ledger_cli::print_keys(&place.place(), new)
            }
            Command::Ledger(LedgerCommand::Witness { place, listen, name, log }) => {
                ledger_cli::witness(&place.place(), listen.address(), &name, &log)
            }
            Command::Account(AccountCommand::Add { login, name, role, place }) => {
                account_cli::add(&place.place(), &login, &name, role)
            }
            Command::Account(AccountCommand::Reset { login, place }) => {
                account_cli::reset(&place.place(), &login)
            }
            Command::Oidc(OidcCommand::Keys { place }) => oidc_cli::list(&place.place()),
            Command::Oidc(OidcCommand::Rotate { at_once, place }) => {
                oidc_cli::rotate(&place.place(), at_once)
            }
            Command::Key(KeyCommand::List { place }) => key_cli::list(&place.place()),
            Command::Key(KeyCommand::Rotate { cipher, place }) => key_cli::rotate(&place.place(), cipher),
            Command::Key(KeyCommand::Reseal { place }) => key_cli::reseal(&place.place()),
            Command::Key(KeyCommand::Retire { number, place }) => key_cli::retire(&place.place(), number),
            Command::Key(KeyCommand::Master { new, place }) => {
                key_cli::change_master(&place.place(), new.as_deref())
            }
            Command::Pack(PackCommand::Check { folder }) => Ok(pack::check_folder(&folder)),
            Command::Pack(PackCommand::Publish { folder, place }) => {
                pack::publish_folder(&folder, &place.place())
            }
        }
    }
}
