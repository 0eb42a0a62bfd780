//! The words of the command line.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, value_parser};
use yimen::open::Place;
use yimen_ledger::witness::KnownWitness;
use yimen_payments::GatewayConfig;
use yimen_standards::time::Instant;

use crate::{backup_cli, demo, ledger_cli, pack, serve};

/// 一门：只进一扇门的政务服务平台。
#[derive(Parser)]
#[command(name = "yimen", version, about, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a living demo city in ./data and serve it.
    Demo {
        #[command(flatten)]
        place: PlaceArgs,
        #[command(flatten)]
        listen: ListenArgs,
        /// Pack to publish.
        #[arg(long, default_value = "packs/hangzhou")]
        pack: PathBuf,
        /// How many applications the city has seen.
        #[arg(long, default_value_t = 4_000, value_parser = value_parser!(u32).range(0..=1_000_000), allow_negative_numbers = true)]
        cases: u32,
        /// Over how many days.
        #[arg(long, default_value_t = 150, value_parser = value_parser!(i64).range(1..=1_000), allow_negative_numbers = true)]
        days: i64,
        /// The same seed invents the same city.
        #[arg(long, default_value_t = 2026)]
        seed: u64,
        /// Make the city as of this moment (2026-11-20T15:00) and end.
        #[arg(long, hide = true, value_parser = Instant::parse_local)]
        until: Option<Instant>,
    },
    /// Serve what is in the data folder or database.
    Serve {
        #[command(flatten)]
        place: PlaceArgs,
        #[command(flatten)]
        listen: ListenArgs,
        /// Reached by HTTPS: cookies are bound to it.
        #[arg(long)]
        https: bool,
        /// A witness that cosigns the public log, as URL=KEY; may be given several times.
        #[arg(long, value_parser = KnownWitness::parse)]
        witness: Vec<KnownWitness>,
        #[command(flatten)]
        gateway: GatewayArgs,
    },
    /// Write everything into one file, also while the server runs.
    Backup {
        /// The file to write; nothing is ever written over.
        file: PathBuf,
        #[command(flatten)]
        place: PlaceArgs,
        /// Pack the key as well: whoever has the file can then read everything.
        #[arg(long)]
        with_key: bool,
    },
    /// Fill an empty database and blob store from a backup.
    Restore {
        file: PathBuf,
        #[command(flatten)]
        place: PlaceArgs,
        /// Only check the file; nothing is written.
        #[arg(long)]
        verify: bool,
    },
    /// The public log: verify it, check a receipt, witness another city's.
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Check and publish packs of services.
    #[command(subcommand)]
    Pack(PackCommand),
}

#[derive(Subcommand)]
enum LedgerCommand {
    /// Make the whole log again from the journal and compare; or check one receipt, without any data.
    Verify {
        #[command(flatten)]
        place: PlaceArgs,
        /// A receipt (.tlog-proof) to check instead.
        #[arg(long, requires = "key")]
        receipt: Option<PathBuf>,
        /// Public key of the log, or of a witness; may be given several times. The first is the log's.
        #[arg(long)]
        key: Vec<String>,
    },
    /// Print the public keys of this log.
    Keys {
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Cosign the logs of other cities, as long as they only grow.
    Witness {
        #[command(flatten)]
        place: PlaceArgs,
        #[command(flatten)]
        listen: ListenArgs,
        /// Name to cosign under, as an address without scheme.
        #[arg(long)]
        name: String,
        /// Public key of a log to witness; may be given several times.
        #[arg(long, required = true)]
        log: Vec<String>,
    },
}

#[derive(Subcommand)]
enum PackCommand {
    /// Find every mistake of a pack, with file, line and what to do.
    Check { folder: PathBuf },
    /// Check a pack and put it in force.
    Publish {
        folder: PathBuf,
        #[command(flatten)]
        place: PlaceArgs,
    },
}

#[derive(Args)]
pub struct PlaceArgs {
    /// Folder of keys, and of database and materials unless named.
    #[arg(long, default_value = "data", env = "YIMEN_DATA")]
    data: PathBuf,
    /// sqlite:PATH or postgres://USER@HOST/DB
    #[arg(long, default_value = "", env = "YIMEN_STORE", hide_env_values = true)]
    store: String,
    /// file:PATH or s3://BUCKET/PREFIX?endpoint=URL&region=NAME&credentials=FILE
    ///
    /// An S3 address names the file with access_key_id=… and secret_access_key=…, each on a line; without it the keys come
    /// from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or from the machine's role. Keys never stand in the address.
    #[arg(long, default_value = "", env = "YIMEN_BLOBS", hide_env_values = true)]
    blobs: String,
    /// Number of this node among those that share a database.
    #[arg(long, default_value_t = 0, env = "YIMEN_NODE")]
    node: u8,
}

#[derive(Args)]
struct ListenArgs {
    #[arg(long, default_value_t = 8080)]
    port: u16,
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
}

#[derive(Args)]
struct GatewayArgs {
    /// Address of the payment gateway; without it people pay at the window.
    #[arg(long, requires_all = ["gateway_secret_file", "public_url"])]
    gateway: Option<String>,
    /// File that holds the secret shared with the gateway.
    #[arg(long)]
    gateway_secret_file: Option<PathBuf>,
    /// Address under which gateway and browsers reach this server.
    #[arg(long)]
    public_url: Option<String>,
}

impl GatewayArgs {
    fn config(self) -> Result<Option<GatewayConfig>, serve::Failure> {
        let (Some(base), Some(file), Some(own_base)) =
            (self.gateway, self.gateway_secret_file, self.public_url)
        else {
            return Ok(None);
        };
        let secret = std::fs::read_to_string(&file);
        let secret = secret.map_err(|e| format!("不能读取密钥文件 {}：{e}", file.display()))?;
        Ok(Some(GatewayConfig { base, secret: secret.trim().into(), own_base }))
    }
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
    pub fn run(self) -> Result<ExitCode, serve::Failure> {
        match self.command {
            Command::Demo { place, listen, pack, cases, days, seed, until } => {
                let plan = demo::Demo { pack: &pack, cases: cases as usize, days, seed, until };
                demo::demo(&place.place(), listen.address(), &plan)
            }
            Command::Serve { place, listen, https, witness, gateway } => {
                let own = || format!("http://{}", listen.address());
                let base = gateway.public_url.clone().unwrap_or_else(own);
                let face = serve::Face { secure: https, base, witnesses: witness };
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
            Command::Ledger(LedgerCommand::Verify { place, receipt: None, .. }) => {
                ledger_cli::verify_log(&place.place())
            }
            Command::Ledger(LedgerCommand::Keys { place }) => ledger_cli::print_keys(&place.place()),
            Command::Ledger(LedgerCommand::Witness { place, listen, name, log }) => {
                ledger_cli::witness(&place.place(), listen.address(), &name, &log)
            }
            Command::Pack(PackCommand::Check { folder }) => Ok(pack::check_folder(&folder)),
            Command::Pack(PackCommand::Publish { folder, place }) => {
                pack::publish_folder(&folder, &place.place())
            }
        }
    }
}
