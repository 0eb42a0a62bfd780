//! Restoring a backup into an empty place.

use std::collections::BTreeMap;
use std::path::Path;

use futures::StreamExt;
use tokio::runtime::Runtime;
use yimen_blobs::Blobs;
use yimen_platform::Sealer;
use yimen_store::{Record, Store};

use super::archive::Archive;
use super::manifest::{self, Manifest};
use super::{BackupError, Result, Tell, io};
use crate::hold::Hold;
use crate::open::{Place, open_blobs, open_store, without_password};
use crate::rows::RowDigest;

/// Blobs stored at once.
const AT_ONCE: usize = 4;
const BLOBS_A_LINE: u64 = 1_000;

/// What a restore did.
#[derive(Debug, PartialEq, Eq)]
pub struct Restored {
    pub rows: u64,
    pub blobs: u64,
    /// Blobs that were there already.
    pub present: u64,
    pub key_written: bool,
    pub ledger_key: LedgerKey,
    /// Migrations newer than the backup.
    pub migrated: usize,
}

/// What became of the key that the public log signs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LedgerKey {
    Written,
    /// The same one lies there already.
    Kept,
    /// Neither in the backup nor there.
    Missing,
}

/// Verifies the archive, then fills the place with it. Blocks; call it outside the runtime.
///
/// Blobs come first and the database last, in one transaction: a restore that breaks off leaves an
/// empty database and can simply be run again.
pub fn restore(archive: &Archive, place: &Place, runtime: &Runtime, tell: Tell<'_>) -> Result<Restored> {
    Hold::refuse_if_held(place)?;
    let (sealer, new_key) = key(archive, place)?;
    must_be_empty(place)?;
    archive.verify(Some(&sealer), tell)?;
    let new_ledger_key = ledger_key(archive, place, &sealer)?;
    let _hold = Hold::take(place)?;
    let store = open_store(place)?;
    if store.schema_version()? != 0 {
        return Err(BackupError::NotEmpty(without_password(&place.store_url())));
    }
    if let Some(text) = &new_key {
        Sealer::write_key(&place.key_file(), text)?;
    }
    if let Some(text) = &new_ledger_key {
        Sealer::write_key(&place.ledger_key_file(), text)?;
    }
    let ledger_key = match (&new_ledger_key, place.ledger_key_file().exists()) {
        (Some(_), _) => LedgerKey::Written,
        (None, true) => LedgerKey::Kept,
        (None, false) => LedgerKey::Missing,
    };
    let blobs = open_blobs(place, std::sync::Arc::new(sealer))?;
    let (written, present) = put_blobs(archive, &blobs, runtime, tell)?;
    tell(format!("材料：写入 {written} 件，已有 {present} 件。"));
    let counts = store.load_from(archive.database()?)?;
    let rows = counts.iter().map(|count| count.rows).sum();
    compare(&store, &archive.manifest)?;
    tell(format!("数据库：写入 {} 张表，{rows} 行，逐行核对无误。", counts.len()));
    let migrated = store.migrate()?.len();
    Ok(Restored { rows, blobs: written, present, key_written: new_key.is_some(), ledger_key, migrated })
}

/// The key of the data folder, or the one in the archive where there is none yet.
fn key(archive: &Archive, place: &Place) -> Result<(Sealer, Option<String>)> {
    let file = place.key_file();
    let wants = &archive.manifest.key_fingerprint;
    let (sealer, new) = match (file.exists(), archive.key()?) {
        (true, _) => (Sealer::from_existing(&file)?, None),
        (false, Some(text)) => (Sealer::from_text(&text, &file)?, Some(text)),
        (false, None) => return Err(BackupError::KeyMissing(file)),
    };
    match sealer.fingerprint() == *wants {
        true => Ok((sealer, new)),
        false => Err(BackupError::KeyOther { file, has: sealer.fingerprint(), wants: wants.clone() }),
    }
}

/// The public log's key, where it must be written. Another log's key that lies there is refused: under it every receipt of
/// before would fail.
fn ledger_key(archive: &Archive, place: &Place, sealer: &Sealer) -> Result<Option<String>> {
    let file = place.ledger_key_file();
    let Some(text) = archive.ledger_key(sealer)? else { return Ok(None) };
    if !file.exists() {
        return Ok(Some(text));
    }
    match std::fs::read_to_string(&file).map_err(io(&file))?.trim() == text.trim() {
        true => Ok(None),
        false => Err(BackupError::LedgerKeyOther(file)),
    }
}

/// Looks before anything is made: opening a file that is not there would make one.
fn must_be_empty(place: &Place) -> Result<()> {
    if !place.is_absent() && open_store(place)?.schema_version()? != 0 {
        return Err(BackupError::NotEmpty(without_password(&place.store_url())));
    }
    Ok(())
}

/// Writes every blob of the archive; answers how many were written and how many were there.
fn put_blobs(archive: &Archive, blobs: &Blobs, runtime: &Runtime, tell: Tell<'_>) -> Result<(u64, u64)> {
    let (send, mut receive) = tokio::sync::mpsc::channel::<(String, Vec<u8>)>(AT_ONCE);
    std::thread::scope(|scope| {
        let reading = scope.spawn(move || {
            archive.each(|name, content, size| {
                let Some(digest) = manifest::blob_digest(name) else { return Ok(()) };
                let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
                content.read_to_end(&mut bytes).map_err(io(Path::new(name)))?;
                // Refused only when writing has failed, and then that error is the one told.
                send.blocking_send((digest.to_owned(), bytes))
                    .map_err(|_| BackupError::Damaged(name.to_owned()))
            })
        });
        let put = |(digest, bytes): (String, Vec<u8>)| async move {
            blobs.put_at_rest(&digest, bytes.into()).await
        };
        let written = runtime.block_on(async move {
            let mut put = std::pin::pin!(
                futures::stream::poll_fn(move |context| receive.poll_recv(context))
                    .map(put)
                    .buffer_unordered(AT_ONCE)
            );
            let (mut written, mut present) = (0, 0);
            while let Some(new) = put.next().await {
                match new? {
                    true => written += 1,
                    false => present += 1,
                }
                if u64::is_multiple_of(written + present, BLOBS_A_LINE) {
                    tell(format!(
                        "材料：已恢复 {} / {} 件 …",
                        written + present,
                        archive.manifest.blobs.count
                    ));
                }
            }
            Ok::<_, BackupError>((written, present))
        });
        let read = reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let written = written?;
        read.map(|()| written)
    })
}

/// Reads back what was written.
fn compare(store: &Store, manifest: &Manifest) -> Result<()> {
    let mut digest = RowDigest::new();
    let mut tables: BTreeMap<String, u64> = BTreeMap::new();
    let mut name_now = String::new();
    store.dump(|record| {
        digest.see(&record);
        match record {
            Record::Table { name, .. } => name_now = name.to_owned(),
            Record::End { rows } => drop(tables.insert(std::mem::take(&mut name_now), rows)),
            Record::Start { .. } | Record::Row(_) => {}
        }
        Ok(())
    })?;
    for (table, rows) in &manifest.tables {
        let found = tables.get(table).copied().unwrap_or_default();
        if found != *rows {
            return Err(BackupError::Differs(format!("{table} 应有 {rows} 行，实有 {found} 行")));
        }
    }
    match digest.finish() == manifest.rows_sha256 {
        true => Ok(()),
        false => Err(BackupError::Differs("行的内容".to_owned())),
    }
}
