//! What of the command line says how many requests and connections are taken, and who looks at what they bring.

use std::time::Duration;

use clap::{Args, value_parser};
use yimen::listen::Connections;
use yimen_web::traffic::{Class, Network, Patience, Rate, Rates, Traffic, parse_rate};
use yimen_web::upload::Clamd;

#[derive(Args)]
pub struct TrafficArgs {
    /// 一个地址发来的请求：种类=每秒次数/一次最多（一次最多不小于每秒次数），0 表示不限；可以写多次
    ///
    /// 种类：read 看页面、write 提交表单、upload 上传、search 查找、api 接口、tile 公开账本、asset 页面的样式和图片、watch 监测。
    #[arg(long, value_parser = parse_rate, env = "YIMEN_RATES", value_delimiter = ',')]
    rate: Vec<(Class, Rate)>,
    /// 一个账户发来的请求，写法同 --rate
    #[arg(long, value_parser = parse_rate, env = "YIMEN_ACCOUNT_RATES", value_delimiter = ',')]
    account_rate: Vec<(Class, Rate)>,
    /// 同时处理多少个请求，再多的请稍后再来
    #[arg(long, default_value_t = 1024, env = "YIMEN_AT_ONCE")]
    at_once: usize,
    /// 最多保持多少个连接
    #[arg(long, default_value_t = 8192, env = "YIMEN_CONNECTIONS")]
    connections: usize,
    /// 一个地址最多保持多少个连接
    #[arg(long, default_value_t = 2048, env = "YIMEN_ADDRESS_CONNECTIONS")]
    address_connections: usize,
    /// 请求头最多等几秒，请求内容也是（传得多的按传来的字节延长）；两次请求之间同样
    #[arg(long, default_value_t = 30, env = "YIMEN_PATIENCE", value_parser = value_parser!(u32).range(1..=600))]
    patience: u32,
    /// 检查上传文件的 ClamAV（clamd）：主机:端口，或者套接字的完整路径；它不应答时不接受上传
    #[arg(long, value_parser = Clamd::parse, env = "YIMEN_CLAMD")]
    clamd: Option<Clamd>,
    /// 反向代理的 IP 地址或网段：只有它们写的 X-Forwarded-For 算数；可以写多次
    #[arg(long, value_parser = Network::parse, env = "YIMEN_PROXIES", value_delimiter = ',')]
    proxy: Vec<Network>,
}

impl TrafficArgs {
    pub fn scanner(&self) -> Option<Clamd> {
        self.clamd.clone()
    }

    pub fn traffic(&self) -> Traffic {
        Traffic {
            address: Rates::ADDRESS.changed(&self.rate),
            account: Rates::ACCOUNT.changed(&self.account_rate),
            at_once: self.at_once,
            proxies: self.proxy.clone(),
            body: Patience { seconds: self.patience, ..Patience::default() },
        }
    }

    pub fn connections(&self) -> Connections {
        Connections {
            most: self.connections,
            of_address: self.address_connections,
            proxies: self.proxy.clone(),
            head: Duration::from_secs(self.patience.into()),
        }
    }
}
