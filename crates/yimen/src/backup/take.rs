//! Taking a backup.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use futures::StreamExt;
use tokio::runtime::Runtime;
use yimen_blobs::{BlobError, Blobs};
use yimen_platform::{Sealer, setting};
use yimen_standards::time::Instant;
use yimen_store::{Engine, Record, Result as StoreResult, Store, StoreError, TableCount, Value};

use super::manifest::{
    self, BlobTotals, DATABASE, FORMAT, KEY, LEDGER_KEY, LEDGER_KEY_LABEL, MAC, MANIFEST, Manifest, SUMS, Sum,
};
use super::write::Out;
use super::{BackupError, Result, Tell, io};
use crate::rows::RowDigest;

/// The columns that name blobs.
pub const BLOB_COLUMNS: &[(&str, &str)] = &[("casework_file", "digest")];
/// Blobs fetched at once: a distant store answers each only after a while.
const AT_ONCE: usize = 4;
const ROWS_A_LINE: u64 = 200_000;
const BLOBS_A_LINE: u64 = 1_000;

/// What is backed up.
pub struct Source<'s> {
    pub store: &'s Store,
    /// Sealed by `sealer`.
    pub blobs: &'s Blobs,
    pub sealer: &'s Sealer,
    /// The text of the key file, to be packed with the rest.
    pub key: Option<String>,
    /// The text of the public log's key file; it goes in sealed.
    pub ledger_key: Option<String>,
    pub now: Instant,
}

/// Writes everything to the file, which is there only when all is in it. Blocks; call it outside the runtime.
pub fn take(source: &Source<'_>, runtime: &Runtime, file: &Path, tell: Tell<'_>) -> Result<Manifest> {
    let mut out = Out::create(file, (source.now.0 / 1000).unsigned_abs())?;
    let (seen, counts, sum) = database(source.store, &mut out, file, tell)?;
    if let Some(wants) = seen.fingerprint.clone().filter(|wants| *wants != source.sealer.fingerprint()) {
        return Err(BackupError::WrongKey { has: source.sealer.fingerprint(), wants });
    }
    let mut sums = sum_line(DATABASE, &sum);
    let rows: u64 = counts.iter().map(|count| count.rows).sum();
    tell(format!("数据库：{} 张表，{rows} 行。", counts.len()));
    let blobs = runtime.block_on(blobs(source.blobs, &seen.digests, &mut out, &mut sums, tell))?;
    tell(format!("材料：{} 件，{} 字节。", blobs.count, blobs.bytes));
    if let Some(key) = &source.key {
        sums.push_str(&sum_line(KEY, &out.put(KEY, key.as_bytes())?));
    }
    if let Some(key) = &source.ledger_key {
        let sealed = source.sealer.seal_text(LEDGER_KEY_LABEL, key);
        sums.push_str(&sum_line(LEDGER_KEY, &out.put(LEDGER_KEY, &sealed)?));
    }
    let sums = out.put(SUMS, sums.as_bytes())?;
    let members = BTreeMap::from([(DATABASE.to_owned(), sum), (SUMS.to_owned(), sums)]);
    let manifest = Manifest {
        yimen_backup: FORMAT,
        product_version: env!("CARGO_PKG_VERSION").to_owned(),
        schema_version: seen.schema,
        engine: engine(source.store.engine()).to_owned(),
        taken_at: source.now.rfc3339(),
        key_fingerprint: source.sealer.fingerprint(),
        with_key: source.key.is_some(),
        data_keys: source.sealer.data_keys(),
        tables: counts.into_iter().map(|count| (count.table, count.rows)).collect(),
        rows_sha256: seen.rows.finish(),
        blobs,
        members,
    };
    let text =
        serde_json::to_vec_pretty(&manifest).map_err(|error| BackupError::Damaged(error.to_string()))?;
    out.put(MANIFEST, &text)?;
    out.put(MAC, manifest::mac(source.sealer, &text).as_bytes())?;
    out.finish()?;
    Ok(manifest)
}

fn engine(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgres",
    }
}

/// What is learnt from the rows on their way.
struct Seen {
    rows: RowDigest,
    schema: u32,
    digests: BTreeSet<[u8; 32]>,
    /// The key the database was sealed with, where it knows.
    fingerprint: Option<String>,
    at: At,
    count: u64,
}

/// In which table the dump is, as far as its rows matter.
#[derive(Clone, Copy)]
enum At {
    Elsewhere,
    /// The column that names blobs.
    Blobs(usize),
    Settings,
}

impl Seen {
    fn see(&mut self, record: &Record<'_>) -> StoreResult<()> {
        self.rows.see(record);
        match record {
            Record::Start { migrations, .. } => self.schema = migrations.last().map_or(0, |last| last.0),
            Record::Table { name, columns } => {
                let wanted = BLOB_COLUMNS.iter().find(|(table, _)| table == name);
                let column =
                    wanted.and_then(|(_, wanted)| columns.iter().position(|column| column == wanted));
                self.at = match (column, *name) {
                    (Some(column), _) => At::Blobs(column),
                    (None, "platform_setting") => At::Settings,
                    (None, _) => At::Elsewhere,
                };
            }
            Record::Row(values) => {
                self.count += 1;
                match (self.at, values) {
                    (At::Blobs(column), values) => self.blob(values.get(column))?,
                    (At::Settings, [Value::Text(setting::KEY_FINGERPRINT), Value::Text(value)]) => {
                        self.fingerprint = Some((*value).to_owned());
                    }
                    _ => {}
                }
            }
            Record::End { .. } => {}
        }
        Ok(())
    }

    fn blob(&mut self, value: Option<&Value<'_>>) -> StoreResult<()> {
        let digest = value.and_then(|value| value.as_text());
        let bytes = digest.and_then(|digest| hex::decode(digest).ok()?.try_into().ok());
        let wrong = || StoreError::Corrupt("a row names a blob by what is no digest".to_owned());
        self.digests.insert(bytes.ok_or_else(wrong)?);
        Ok(())
    }
}

fn database(
    store: &Store,
    out: &mut Out,
    file: &Path,
    tell: Tell<'_>,
) -> Result<(Seen, Vec<TableCount>, Sum)> {
    let mut seen = Seen {
        rows: RowDigest::new(),
        schema: 0,
        digests: BTreeSet::new(),
        fingerprint: None,
        at: At::Elsewhere,
        count: 0,
    };
    let mut packed = zstd::Encoder::new(out.member(DATABASE)?, 3).map_err(io(file))?;
    packed.include_checksum(true).map_err(io(file))?;
    let counts = store.dump_seen(&mut packed, |record| {
        seen.see(record)?;
        if seen.count.is_multiple_of(ROWS_A_LINE) && seen.count > 0 && matches!(record, Record::Row(_)) {
            tell(format!("数据库：已写 {} 行 …", seen.count));
        }
        Ok(())
    });
    let counts = counts.map_err(|error| match error {
        StoreError::Full => BackupError::Full(file.to_owned()),
        other => BackupError::Store(other),
    })?;
    let sum = packed.finish().map_err(io(file))?.close()?;
    Ok((seen, counts, sum))
}

async fn blobs(
    blobs: &Blobs,
    digests: &BTreeSet<[u8; 32]>,
    out: &mut Out,
    sums: &mut String,
    tell: Tell<'_>,
) -> Result<BlobTotals> {
    let mut totals = BlobTotals::default();
    let fetch = |digest: &[u8; 32]| {
        let digest = hex::encode(digest);
        async move { (blobs.get_at_rest(&digest).await, digest) }
    };
    let mut found = std::pin::pin!(futures::stream::iter(digests).map(fetch).buffered(AT_ONCE));
    while let Some((outcome, digest)) = found.next().await {
        match outcome {
            Ok(bytes) => {
                let name = manifest::blob_name(&digest);
                let sum = out.put(&name, &bytes)?;
                sums.push_str(&sum_line(&name, &sum));
                totals.count += 1;
                totals.bytes += bytes.len() as u64;
            }
            // One lost material must not cost all the others their backup.
            Err(BlobError::NotFound | BlobError::Corrupt(_) | BlobError::Seal(_)) => {
                totals.missing.push(digest)
            }
            Err(error) => return Err(error.into()),
        }
        if totals.count.is_multiple_of(BLOBS_A_LINE) && totals.count > 0 {
            tell(format!("材料：已写 {} / {} 件 …", totals.count, digests.len()));
        }
    }
    Ok(totals)
}

/// A line as `sha256sum` writes it.
pub(super) fn sum_line(name: &str, sum: &Sum) -> String {
    format!("{}  {name}\n", sum.sha256)
}
