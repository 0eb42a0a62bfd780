//! Reading an archive: what it says of itself, and whether that is true.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Take};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use yimen_platform::{Clock, Sealer, SystemClock};

use super::manifest::{
    self, DATABASE, FORMAT, KEY, LEDGER_KEY, LEDGER_KEY_LABEL, MAC, MANIFEST, Manifest, SUMS, Sum,
};
use super::take::sum_line;
use super::{BackupError, Result, Tell, io};

const BUFFER: usize = 1 << 20;
const MEMBERS_A_LINE: u64 = 1_000;
/// Larger than any manifest with a sane number of tables and losses.
const MANIFEST_MAX: u64 = 64 << 20;

/// Where a member's bytes lie in the file.
#[derive(Debug, Clone, Copy)]
struct Place {
    at: u64,
    bytes: u64,
}

/// A backup that was found to be one; `verify` looks at all of it.
#[derive(Debug)]
pub struct Archive {
    path: PathBuf,
    pub manifest: Manifest,
    text: Vec<u8>,
    mac: String,
    database: Place,
    sums: Place,
    key: Option<Place>,
    ledger_key: Option<Place>,
}

impl Archive {
    /// Finds the members and reads the manifest.
    pub fn open(path: &Path) -> Result<Archive> {
        let mut file = File::open(path).map_err(io(path))?;
        let mut start = [0; 512];
        let enough = file.read_exact(&mut start).is_ok();
        if !enough || !start.starts_with(DATABASE.as_bytes()) {
            return Err(BackupError::NotBackup(path.to_owned()));
        }
        file.rewind().map_err(io(path))?;
        let incomplete = || BackupError::Incomplete(path.to_owned());
        let (mut database, mut sums, mut key, mut text, mut mac) = (None, None, None, None, None);
        let mut ledger_key = None;
        let mut tar = tar::Archive::new(BufReader::new(file));
        for entry in tar.entries_with_seek().map_err(|_| incomplete())? {
            let entry = entry.map_err(|_| incomplete())?;
            let place = Place { at: entry.raw_file_position(), bytes: entry.size() };
            match entry.path_bytes().as_ref() {
                name if name == DATABASE.as_bytes() => database = Some(place),
                name if name == SUMS.as_bytes() => sums = Some(place),
                name if name == KEY.as_bytes() => key = Some(place),
                name if name == LEDGER_KEY.as_bytes() => ledger_key = Some(place),
                name if name == MANIFEST.as_bytes() => text = Some(place),
                name if name == MAC.as_bytes() => mac = Some(place),
                _ => {}
            }
        }
        let small = |place: Option<Place>| -> Result<Vec<u8>> {
            let place = place.filter(|place| place.bytes < MANIFEST_MAX).ok_or_else(incomplete)?;
            let mut bytes = Vec::new();
            section(path, place)?.read_to_end(&mut bytes).map_err(io(path))?;
            if bytes.len() as u64 == place.bytes { Ok(bytes) } else { Err(incomplete()) }
        };
        let (text, mac) = (small(text)?, String::from_utf8_lossy(&small(mac)?).into_owned());
        Ok(Archive {
            manifest: read_manifest(&text)?,
            path: path.to_owned(),
            text,
            mac,
            database: database.ok_or_else(incomplete)?,
            sums: sums.ok_or_else(incomplete)?,
            key,
            ledger_key,
        })
    }

    /// Reads everything and compares every digest and count; with the key also who made it.
    pub fn verify(&self, sealer: Option<&Sealer>, tell: Tell<'_>) -> Result<()> {
        if let Some(sealer) = sealer {
            // Among them the key that the code is made with; a forged one does not open.
            sealer.learn(&self.manifest.data_keys, SystemClock.now())?;
            if manifest::mac(sealer, &self.text) != self.mac {
                return Err(damaged("清单的校验码不符，它不是由持有密钥的服务器写的"));
            }
        }
        self.members(tell)?;
        let counts = yimen_store::read_dump(self.database()?).map_err(|error| damaged(error.to_string()))?;
        let counts = counts.into_iter().map(|count| (count.table, count.rows)).collect();
        if self.manifest.tables != counts {
            return Err(damaged("数据库各表的行数与清单不符"));
        }
        tell(format!("核对：{} 行，{} 件材料，全部相符。", self.manifest.rows(), self.manifest.blobs.count));
        Ok(())
    }

    /// Goes through all members beside their list, which is in the same order.
    fn members(&self, tell: Tell<'_>) -> Result<()> {
        let mut lines = BufReader::with_capacity(BUFFER, section(&self.path, self.sums)?).lines();
        let (mut count, mut bytes) = (0, 0);
        let mut listed = true;
        self.each(|name, mut content, size| {
            let sum = digest(&mut content, size, name)?;
            if !listed {
                return if matches!(name, MANIFEST | MAC) {
                    Ok(())
                } else {
                    Err(damaged(format!("多出了 {name}")))
                };
            }
            if matches!(name, DATABASE | SUMS) && self.manifest.members.get(name) != Some(&sum) {
                return Err(damaged(format!("{name} 与清单不符")));
            }
            if name == SUMS {
                listed = false;
                return match lines.next() {
                    None => Ok(()),
                    Some(_) => Err(damaged("缺少成员")),
                };
            }
            let line = lines.next().and_then(Result::ok).unwrap_or_default();
            if line != sum_line(name, &sum).trim_end() {
                return Err(damaged(format!("{name} 与 {SUMS} 不符")));
            }
            if manifest::blob_digest(name).is_some() {
                count += 1;
                bytes += size;
                if u64::is_multiple_of(count, MEMBERS_A_LINE) {
                    tell(format!("核对：{count} / {} 件材料 …", self.manifest.blobs.count));
                }
            }
            Ok(())
        })?;
        match (count, bytes) == (self.manifest.blobs.count, self.manifest.blobs.bytes) {
            true => Ok(()),
            false => Err(damaged("材料的件数或大小与清单不符")),
        }
    }

    /// Hands over every member in order: name, content, size.
    pub(super) fn each(&self, mut visit: impl FnMut(&str, &mut dyn Read, u64) -> Result<()>) -> Result<()> {
        let file = File::open(&self.path).map_err(io(&self.path))?;
        let mut tar = tar::Archive::new(BufReader::with_capacity(BUFFER, file));
        let incomplete = |_| BackupError::Incomplete(self.path.clone());
        for entry in tar.entries().map_err(incomplete)? {
            let mut entry = entry.map_err(incomplete)?;
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let size = entry.size();
            visit(&name, &mut entry, size)?;
        }
        Ok(())
    }

    /// The text of the dump.
    pub(super) fn database(&self) -> Result<impl BufRead + Send> {
        let packed = BufReader::with_capacity(BUFFER, section(&self.path, self.database)?);
        let plain = zstd::Decoder::with_buffer(packed).map_err(io(&self.path))?;
        Ok(BufReader::with_capacity(BUFFER, plain))
    }

    /// The text of the key file, if it is packed.
    pub(super) fn key(&self) -> Result<Option<String>> {
        let Some(place) = self.key else { return Ok(None) };
        let mut text = String::new();
        section(&self.path, place)?.take(1024).read_to_string(&mut text).map_err(io(&self.path))?;
        Ok(Some(text))
    }

    /// The text of the public log's key file, if it is packed.
    pub(super) fn ledger_key(&self, sealer: &Sealer) -> Result<Option<String>> {
        let Some(place) = self.ledger_key else { return Ok(None) };
        let mut sealed = Vec::new();
        section(&self.path, place)?.take(64 << 10).read_to_end(&mut sealed).map_err(io(&self.path))?;
        Ok(Some(sealer.open_text(LEDGER_KEY_LABEL, &sealed)?))
    }
}

fn damaged(what: impl Into<String>) -> BackupError {
    BackupError::Damaged(what.into())
}

fn read_manifest(text: &[u8]) -> Result<Manifest> {
    let json: serde_json::Value =
        serde_json::from_slice(text).map_err(|error| damaged(format!("{MANIFEST}：{error}")))?;
    match json["yimen_backup"].as_u64() {
        Some(format) if format == u64::from(FORMAT) => {}
        Some(format) => return Err(BackupError::Format(u32::try_from(format).unwrap_or(u32::MAX), FORMAT)),
        None => return Err(damaged(format!("{MANIFEST} 没有写明格式"))),
    }
    serde_json::from_value(json).map_err(|error| damaged(format!("{MANIFEST}：{error}")))
}

fn section(path: &Path, place: Place) -> Result<Take<File>> {
    let mut file = File::open(path).map_err(io(path))?;
    file.seek(SeekFrom::Start(place.at)).map_err(io(path))?;
    Ok(file.take(place.bytes))
}

/// The digest of a member; an error if fewer bytes are there than its head says.
fn digest(content: &mut dyn Read, size: u64, name: &str) -> Result<Sum> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut bytes = 0;
    loop {
        let read = content.read(&mut buffer).map_err(|error| damaged(format!("{name}：{error}")))?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
        bytes += read as u64;
    }
    match bytes == size {
        true => Ok(Sum { bytes, sha256: hex::encode(hash.finalize()) }),
        false => Err(damaged(format!("{name} 不完整"))),
    }
}
