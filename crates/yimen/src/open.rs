//! Opening the place where the data lives: database, blobs, key. Runs the migrations.

use std::path::PathBuf;
use std::sync::Arc;

use yimen_blobs::Blobs;
use yimen_casework::Casework;
use yimen_casework::policy::PolicyHandle;
use yimen_catalogue::{Catalogue, CatalogueError, CatalogueHandle};
use yimen_parties::Parties;
use yimen_platform::keys::{self, KeyError};
use yimen_platform::{Clock, Ids, Platform, SealError, Sealer, SystemClock, setting};
use yimen_standards::time::{Calendar, Hours, Instant};
use yimen_store::{Engine, MIGRATIONS, Options, Store, StoreError};

use crate::hold::Hold;

/// Where the data lives.
#[derive(Debug, Clone)]
pub struct Place {
    /// Folder of the key, and of database and blobs unless those are named.
    pub data: PathBuf,
    /// `sqlite:PATH` or `postgres://…`; empty: a file in `data`.
    pub store: String,
    /// `file:PATH` or `s3://…`; empty: a folder in `data`.
    pub blobs: String,
    /// Tells the nodes of one database apart.
    pub node: u8,
}

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("不能使用数据目录 {0}：{1}。请检查目录权限，或用 --data 换一个目录。")]
    Folder(PathBuf, std::io::Error),
    #[error(
        "{place}正在被另一个一门程序使用{process}：一个 SQLite 数据库只能由一个服务使用。请先停止那个程序再试，或用 --data 换一个目录。"
    )]
    InUse { place: String, process: String },
    #[error(
        "不能锁定 {0}：{1}。一个 SQLite 数据库只能由一个服务使用，要靠这个文件上的锁来保证：请把数据放在支持文件锁的磁盘上，用 --data 换一个目录。"
    )]
    Lock(PathBuf, std::io::Error),
    #[error("不能打开数据库 {0}：{1}。请检查 --store，并确认数据库服务正在运行。")]
    Store(String, StoreError),
    #[error("不能使用数据库 {0}：{1}。请改正 --store。")]
    StoreUrl(String, StoreError),
    #[error("不能更新数据库结构：{0}")]
    Migrate(StoreError),
    #[error(
        "更新数据库结构之前要先备份数据库，但不能写入 {0}：{1}。数据库没有改动。请检查磁盘空间和目录权限后再启动。"
    )]
    Copy(PathBuf, String),
    #[error("不能打开材料库 {0}：{1}。")]
    Blobs(String, String),
    #[error("密钥不可用：{0}。个人信息用密钥加密，没有它无法读取。")]
    Key(#[from] SealError),
    #[error("不能建立数据密钥：{0}")]
    DataKey(KeyError),
    #[error(
        "缺少密钥 {0}，而数据库 {1} 里已有用密钥加密的数据。请把原来的 keys/master.key（原服务器或其他节点上）复制到这里；更换主密钥时中断过的，请再运行一次 yimen key master。"
    )]
    KeyMissing(PathBuf, String),
    #[error(
        "{file} 不是这个数据库的密钥：数据库用指纹 {wants} 的密钥加密，这把的指纹是 {has}。请换成正确的密钥文件；更换主密钥时中断过的，请再运行一次 yimen key master。"
    )]
    KeyOther { file: PathBuf, has: String, wants: String },
    #[error("不能读取事项目录：{0}")]
    Catalogue(#[from] CatalogueError),
    #[error("不能使用数据库里的权限规则：{0}。它可能是由更新的程序写的，请换用那个程序。")]
    Policy(yimen_identity::IdentityError),
    #[error("不能读取城市的办公时间：{0}。请修改 city.yaml 的 hours，再重新发布事项包。")]
    Hours(String),
}

impl Place {
    pub fn store_url(&self) -> String {
        match self.store.is_empty() {
            true => format!("sqlite:{}", self.data.join("yimen.db").display()),
            false => self.store.clone(),
        }
    }

    pub fn blobs_url(&self) -> String {
        match self.blobs.is_empty() {
            true => format!("file:{}", self.data.join("blobs").display()),
            false => self.blobs.clone(),
        }
    }

    /// The file of the database, on SQLite.
    pub fn sqlite_file(&self) -> Option<PathBuf> {
        let url = self.store_url();
        let path = url.strip_prefix("sqlite:")?;
        let path = path.strip_prefix("//").unwrap_or(path);
        (!path.is_empty()).then(|| PathBuf::from(path))
    }

    /// The folder of the blobs, where they are in one.
    pub fn blobs_folder(&self) -> Option<PathBuf> {
        let url = self.blobs_url();
        let path = url.strip_prefix("file:")?;
        Some(PathBuf::from(path.strip_prefix("//").unwrap_or(path)))
    }

    /// Whether opening the database would make it.
    pub fn is_absent(&self) -> bool {
        self.sqlite_file().is_some_and(|file| !file.exists())
    }

    /// The place as its operator named it.
    pub fn named(&self) -> String {
        match self.store.is_empty() {
            true => format!("数据目录 {} ", self.data.display()),
            false => format!("数据库 {} ", without_password(&self.store)),
        }
    }

    pub fn key_file(&self) -> PathBuf {
        self.data.join("keys").join("master.key")
    }

    /// A master key that is being brought into use; it is there only while `yimen key master` runs or has broken off.
    pub fn next_key_file(&self) -> PathBuf {
        self.data.join("keys").join("master.key.next")
    }

    /// What the transparency log signs with.
    pub fn ledger_key_file(&self) -> PathBuf {
        self.data.join("keys").join("ledger.key")
    }
}

/// Opens everything a command needs that does its work beside a server, if one runs.
pub fn open(place: &Place) -> Result<Platform, OpenError> {
    open_with(place, Arc::new(SystemClock), Options::default())
}

/// Opens everything a server needs.
pub fn open_held(place: &Place, hold: &Hold) -> Result<Platform, OpenError> {
    open_as(place, Some(hold), Arc::new(SystemClock), Options::default())
}

/// `open` with another clock or other limits of the store.
pub fn open_with(place: &Place, clock: Arc<dyn Clock>, options: Options) -> Result<Platform, OpenError> {
    open_as(place, None, clock, options)
}

fn open_as(
    place: &Place,
    hold: Option<&Hold>,
    clock: Arc<dyn Clock>,
    options: Options,
) -> Result<Platform, OpenError> {
    let folder = |error| OpenError::Folder(place.data.clone(), error);
    std::fs::create_dir_all(&place.data).map_err(folder)?;
    let store = open_store_with(place, options)?;
    let file = place.key_file();
    let version = store.schema_version().map_err(OpenError::Migrate)?;
    // A new key is made for a new database only: another one would seal part of the data for good.
    if !file.exists() && version != 0 {
        return Err(OpenError::KeyMissing(file, without_password(&place.store_url())));
    }
    // Never under the feet of a server that knows only the schema of before.
    let newest = MIGRATIONS.last().map_or(0, |migration| migration.number);
    let _while_migrating = match hold {
        None if version != newest => Some(Hold::take(place)?),
        _ => None,
    };
    let sealer = Arc::new(Sealer::from_file(&file)?);
    keep_copy(place, &store, clock.now())?;
    store.migrate().map_err(OpenError::Migrate)?;
    belongs_to(&store, &sealer, file)?;
    keys::begin(&store, &sealer, clock.now()).map_err(|error| match error {
        KeyError::Seal(error) => OpenError::Key(error),
        KeyError::Store(error) => OpenError::Migrate(error),
        other => OpenError::DataKey(other),
    })?;
    let blobs = open_blobs(place, sealer.clone())?;
    Ok(Platform { store, blobs, sealer, clock, ids: Arc::new(Ids::new(place.node)) })
}

/// A database that is about to be brought up to date is copied first: the way back, should the new program not do. A
/// PostgreSQL server is backed up by its own means, or by `yimen backup` before the new program starts.
fn keep_copy(place: &Place, store: &Store, now: Instant) -> Result<(), OpenError> {
    let from = store.schema_version().map_err(OpenError::Migrate)?;
    let to = MIGRATIONS.last().map_or(0, |migration| migration.number);
    if store.engine() != Engine::Sqlite || from == 0 || from >= to {
        return Ok(());
    }
    let folder = place.data.join("backups");
    let stamp: String = now.rfc3339().chars().take(19).filter(char::is_ascii_digit).collect();
    let file = folder.join(format!("schema-{from:04}-{stamp}.db"));
    std::fs::create_dir_all(&folder).map_err(|e| OpenError::Copy(file.clone(), e.to_string()))?;
    store.copy_into(&file).map_err(|e| OpenError::Copy(file.clone(), e.to_string()))?;
    // On standard error: what a command prints is its answer.
    eprintln!(
        "数据库结构将从第 {from} 版更新到第 {to} 版，更新前的数据库已备份到 {}。\n要退回原来的程序：停止服务，用这个文件替换 {}（并删除同名的 -wal、-shm 文件）。",
        file.display(),
        place.store_url().trim_start_matches("sqlite:")
    );
    Ok(())
}

/// Refuses a key that is not the one the database was sealed with.
fn belongs_to(store: &Store, sealer: &Sealer, file: PathBuf) -> Result<(), OpenError> {
    let has = sealer.fingerprint();
    let own = has.clone();
    let wants =
        store.write_blocking("platform.open", move |tx| setting::fix(tx, setting::KEY_FINGERPRINT, &own));
    let wants = wants.map_err(OpenError::Migrate)?;
    if has == wants { Ok(()) } else { Err(OpenError::KeyOther { file, has, wants }) }
}

/// The database alone, whatever its schema.
pub fn open_store(place: &Place) -> Result<Store, OpenError> {
    open_store_with(place, Options { readers: 1, connections: 1, ..Options::default() })
}

fn open_store_with(place: &Place, options: Options) -> Result<Store, OpenError> {
    let url = place.store_url();
    Store::open(&url, options).map_err(|error| match error {
        // Nothing was asked yet: the address itself is wrong.
        StoreError::Other(_) => OpenError::StoreUrl(without_password(&url), error),
        _ => OpenError::Store(without_password(&url), error),
    })
}

/// The blob store alone.
pub fn open_blobs(place: &Place, sealer: Arc<Sealer>) -> Result<Blobs, OpenError> {
    let url = place.blobs_url();
    Ok(Blobs::open(&url).map_err(|e| OpenError::Blobs(url, e.to_string()))?.sealed(sealer))
}

/// A database address as it may be shown.
pub fn without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, rest)), Some((_, host))) => {
            let user = rest.split([':', '@']).next().unwrap_or_default();
            format!("{scheme}://{user}@{host}")
        }
        _ => url.to_string(),
    }
}

/// The casework domain over an opened platform: catalogue as published, calendar, hours of the city.
pub fn casework(platform: &Platform) -> Result<Casework, OpenError> {
    let catalogue = platform.store.read_blocking(Catalogue::load)?;
    let policy = PolicyHandle::default();
    let handle = policy.clone();
    let taken = platform.store.read_blocking(move |q| yimen_identity::policy::take_up(q, &handle));
    taken.map_err(OpenError::Policy)?;
    let hours = &catalogue.city().hours;
    let default = ["09:00-12:00".to_string(), "13:30-17:00".to_string()];
    let hours = if hours.is_empty() { &default[..] } else { &hours[..] };
    let hours = Hours::parse(hours).map_err(|e| OpenError::Hours(e.to_string()))?;
    Ok(Casework {
        parties: Parties::new(platform.sealer.clone()),
        policy,
        catalogue: CatalogueHandle::new(catalogue),
        calendar: Arc::new(Calendar::builtin()),
        hours: Arc::new(hours),
        sweeps: Arc::default(),
        platform: platform.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn no_password_is_ever_shown() {
        assert_eq!(without_password("postgres://yimen:s3cret@db:5432/x"), "postgres://yimen@db:5432/x");
        assert_eq!(without_password("sqlite:data/yimen.db"), "sqlite:data/yimen.db");
    }
}
