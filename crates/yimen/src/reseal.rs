//! Sealing everything anew with the data key in use: rows of every domain, then scans. Each batch is whole by itself, so it
//! can be stopped at any time; what was done is passed over the next time.

use std::time::{Duration, Instant};

use futures::StreamExt;
use tokio::runtime::Runtime;
use yimen_blobs::{BlobError, Blobs};
use yimen_platform::reseal::{Batch, Pass, SealedTable};
use yimen_platform::{Platform, Sealer};

/// Rows of one transaction: few enough that nobody waits for long.
const ROWS: i64 = 200;
/// Blobs at once.
const AT_ONCE: usize = 4;
const TELL_EVERY: Duration = Duration::from_secs(5);

/// Every table with something sealed in it.
pub fn tables() -> impl Iterator<Item = &'static SealedTable> {
    let domains: [&'static [SealedTable]; 4] = [
        yimen_parties::SEALED,
        yimen_casework::store::reseal::SEALED,
        yimen_identity::SEALED,
        yimen_oidc::SEALED,
    ];
    domains.into_iter().flatten()
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Rows(#[from] yimen_store::StoreError),
    #[error("材料库：{0}")]
    Blobs(#[from] BlobError),
}

/// What a walk came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Walked {
    /// Sealed values in rows, and scans.
    pub seen: u64,
    /// Of these, sealed by another key than the one in use; by now no longer, unless it was only looked.
    pub old: u64,
    /// What nobody can open: table and row, or the paper.
    pub broken: Vec<String>,
}

pub type Tell<'a> = &'a mut dyn FnMut(String);

/// Goes through everything that is sealed. With `look_only` nothing is written.
pub fn walk(
    platform: &Platform,
    runtime: &Runtime,
    look_only: bool,
    tell: Tell<'_>,
) -> Result<Walked, Error> {
    let mut walked = Walked::default();
    for table in tables() {
        rows(platform, table, look_only, &mut walked, tell)?;
    }
    runtime.block_on(blobs(&platform.blobs, look_only, &mut walked, tell))?;
    Ok(walked)
}

fn rows(
    platform: &Platform,
    table: &'static SealedTable,
    look_only: bool,
    walked: &mut Walked,
    tell: Tell<'_>,
) -> Result<(), Error> {
    let (mut seen, mut old) = (0, 0);
    let (mut after, mut told) = (Some(0), Instant::now());
    while let Some(from) = after {
        let batch = batch(&platform.store, &platform.sealer, table, look_only, from)?;
        seen += batch.seen;
        old += batch.old;
        walked.broken.extend(batch.broken.iter().map(|row| format!("{} {row}", table.name)));
        after = batch.next;
        if told.elapsed() >= TELL_EVERY {
            told = Instant::now();
            tell(format!("{}：已看过 {seen} 项，其中 {old} 项用的是以前的密钥 …", table.name));
        }
    }
    walked.seen += seen;
    walked.old += old;
    tell(format!("{}：{seen} 项，其中 {old} 项用的是以前的密钥。", table.name));
    Ok(())
}

fn batch(
    store: &yimen_store::Store,
    sealer: &std::sync::Arc<Sealer>,
    table: &'static SealedTable,
    look_only: bool,
    after: i64,
) -> Result<Batch, yimen_store::StoreError> {
    let sealer = sealer.clone();
    store.write_blocking("key.reseal", move |tx| {
        (table.batch)(tx, &Pass { sealer: &sealer, look_only, rows: ROWS }, after)
    })
}

async fn blobs(blobs: &Blobs, look_only: bool, walked: &mut Walked, tell: Tell<'_>) -> Result<(), Error> {
    let (mut seen, mut old, mut told) = (0_u64, 0_u64, Instant::now());
    let one = |digest: String| async move {
        let is_old = match look_only {
            true => blobs.is_sealed_of_old(&digest).await,
            false => blobs.reseal(&digest).await,
        };
        match is_old {
            // Taken away since it was listed.
            Err(BlobError::NotFound) => Ok((false, None)),
            Err(BlobError::Corrupt(_) | BlobError::Seal(_)) => Ok((false, Some(digest))),
            other => other.map(|is_old| (is_old, None)),
        }
    };
    let listed = blobs.list().map(|entry| async move { one(entry?.digest).await });
    let mut done = listed.buffer_unordered(AT_ONCE);
    while let Some(one) = done.next().await {
        let (is_old, broken): (bool, Option<String>) = one?;
        seen += 1;
        old += u64::from(is_old);
        walked.broken.extend(broken.map(|digest| format!("材料 {digest}")));
        if told.elapsed() >= TELL_EVERY {
            told = Instant::now();
            tell(format!("材料：已看过 {seen} 件，其中 {old} 件用的是以前的密钥 …"));
        }
    }
    tell(format!("材料：{seen} 件，其中 {old} 件用的是以前的密钥。"));
    walked.seen += seen;
    walked.old += old;
    Ok(())
}
