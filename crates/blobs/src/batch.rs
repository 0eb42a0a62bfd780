//! Small blobs of a local folder become durable together.
//!
//! A file by itself costs two waits for the disk, for its bytes and for its name. Instead whatever is put at the same time
//! is appended to one log, the log is synced once, and only then the files appear, unsynced: a file that can be seen is in
//! the log, and the log stays until the disk has the files. What a power cut took of them the next start writes again.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;

use crate::error::{BlobError, Result};

/// Larger ones are better off by themselves: writing them twice would take longer than waiting twice.
pub(crate) const SMALL: usize = 256 * 1024;

/// A log of this size is settled: its files are synced and it is removed.
const LOG_MAX: u64 = 32 * 1024 * 1024;

/// As is one that nothing was added to for so long.
const IDLE: Duration = Duration::from_secs(5);

/// And one that is so old, however much is added: what lies in it may meanwhile have been sealed anew.
const OLD: Duration = Duration::from_secs(60);

/// Most blobs of one sync.
const TOGETHER: usize = 64;

/// From so many files on all are synced at once: one by one each would wait for the disk and hold up everybody who does.
const MANY: usize = 16;

/// Logs that may wait to be settled before puts wait, too.
const BEHIND: usize = 4;

const LOCK: &str = "incoming.lock";

pub(crate) struct Batch {
    jobs: Option<SyncSender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

enum Job {
    Keep(Blob),
    /// Answered when no log is left.
    Settle(oneshot::Sender<Result<()>>),
}

struct Blob {
    /// Below the folder.
    path: String,
    bytes: Bytes,
    told: oneshot::Sender<Result<()>>,
}

enum Settled {
    Log(Log),
    Told(oneshot::Sender<Result<()>>),
}

impl Batch {
    /// Takes over the folder and writes again what a power cut may have taken. `None` if another process has it: then
    /// every file is synced by itself.
    pub(crate) fn open(folder: &Path) -> Result<Option<Batch>> {
        let lock = match OpenOptions::new().create(true).append(true).open(folder.join(LOCK)) {
            // Who may only read puts nothing.
            Err(error)
                if matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) =>
            {
                return Ok(None);
            }
            lock => lock.map_err(failure)?,
        };
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(failure(error)),
        }
        recover(folder).map_err(failure)?;
        let (jobs, taken) = sync_channel(1024);
        let (full, logs) = sync_channel(BEHIND);
        let (place, own) = (folder.to_owned(), folder.to_owned());
        // Open from before the first file is written: it is told of every page the disk did not take since.
        let root = File::open(folder).map_err(failure)?;
        let settler = spawn("blob-settler", move || {
            settle(&place, &root, &logs);
            // Held until nothing of ours is under way.
            drop(lock);
        })?;
        let keeper =
            spawn("blob-keeper", move || Keeper { folder: own, log: None, next: 0, full }.serve(&taken))?;
        Ok(Some(Batch { jobs: Some(jobs), threads: vec![keeper, settler] }))
    }

    /// Puts a blob below the folder; when it returns a power cut does not take it.
    pub(crate) async fn keep(&self, path: &str, bytes: Bytes) -> Result<()> {
        let (told, answer) = oneshot::channel();
        self.send(Job::Keep(Blob { path: path.to_owned(), bytes, told })).await?;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Waits until every file is on the disk by itself and no log holds a copy.
    pub(crate) async fn settle(&self) -> Result<()> {
        let (told, answer) = oneshot::channel();
        self.send(Job::Settle(told)).await?;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    async fn send(&self, job: Job) -> Result<()> {
        let jobs = self.jobs.clone().ok_or_else(closed)?;
        let Err(error) = jobs.try_send(job) else { return Ok(()) };
        let job = match error {
            TrySendError::Full(job) | TrySendError::Disconnected(job) => job,
        };
        // The queue is full: waiting for room must not hold up this thread.
        let sent = tokio::task::spawn_blocking(move || jobs.send(job).map_err(|_| closed()));
        sent.await.unwrap_or_else(|_| Err(closed()))
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.to_owned()).spawn(body).map_err(failure)
}

struct Keeper {
    folder: PathBuf,
    log: Option<Log>,
    /// The number of the next log.
    next: u64,
    full: SyncSender<Settled>,
}

/// A log and what it holds.
struct Log {
    path: PathBuf,
    file: File,
    size: u64,
    files: Vec<String>,
    begun: Instant,
}

impl Keeper {
    fn serve(mut self, jobs: &Receiver<Job>) {
        while let Some(first) = self.next(jobs) {
            let (mut blobs, mut next) = (Vec::new(), Some(first));
            while let Some(job) = next.take() {
                match job {
                    Job::Keep(blob) => blobs.push(blob),
                    Job::Settle(told) => {
                        self.keep(std::mem::take(&mut blobs));
                        self.turn_over();
                        let _ = self.full.send(Settled::Told(told));
                    }
                }
                if blobs.len() < TOGETHER {
                    next = jobs.try_recv().ok();
                }
            }
            self.keep(blobs);
        }
        self.turn_over();
    }

    /// The next job; while none comes the log is settled.
    fn next(&mut self, jobs: &Receiver<Job>) -> Option<Job> {
        if self.log.is_some() {
            match jobs.recv_timeout(IDLE) {
                Err(RecvTimeoutError::Timeout) => self.turn_over(),
                job => return job.ok(),
            }
        }
        jobs.recv().ok()
    }

    /// Logs the blobs, waits for the disk once, lets their files appear and tells.
    fn keep(&mut self, blobs: Vec<Blob>) {
        if blobs.is_empty() {
            return;
        }
        // What is there already is durable: it was logged before it appeared.
        let (there, fresh): (Vec<_>, Vec<_>) =
            blobs.into_iter().partition(|blob| self.folder.join(&blob.path).exists());
        let logged = if fresh.is_empty() { Ok(()) } else { self.log(&fresh) };
        for blob in there {
            let _ = blob.told.send(Ok(()));
        }
        for blob in fresh {
            let shown =
                logged.clone().and_then(|()| show(&self.folder, &blob.path, &blob.bytes).map_err(failure));
            let _ = blob.told.send(shown);
        }
        if self.log.as_ref().is_some_and(|log| log.size >= LOG_MAX || log.begun.elapsed() >= OLD) {
            self.turn_over();
        }
    }

    fn log(&mut self, blobs: &[Blob]) -> Result<()> {
        let log = match &mut self.log {
            Some(log) => log,
            none => none.insert(Log::create(&self.folder, &mut self.next).map_err(failure)?),
        };
        let outcome = log.append(blobs);
        if outcome.is_err() {
            // Whether its end is good nobody knows: what is good is settled, and the next blob begins another.
            self.turn_over();
        }
        outcome.map_err(failure)
    }

    /// Gives the log away to be settled.
    fn turn_over(&mut self) {
        if let Some(log) = self.log.take() {
            let _ = self.full.send(Settled::Log(log));
        }
    }
}

impl Log {
    fn create(folder: &Path, next: &mut u64) -> io::Result<Log> {
        let path = folder.join(format!("incoming.{:012}.log", *next));
        *next += 1;
        let file = OpenOptions::new().create_new(true).append(true).open(&path)?;
        // Its name must be there before anybody relies on it.
        File::open(folder)?.sync_all()?;
        Ok(Log { path, file, size: 0, files: Vec::new(), begun: Instant::now() })
    }

    fn append(&mut self, blobs: &[Blob]) -> io::Result<()> {
        let mut records = Vec::new();
        blobs.iter().for_each(|blob| write_record(&mut records, &blob.path, &blob.bytes));
        if let Err(error) = self.file.write_all(&records).and_then(|()| self.file.sync_data()) {
            // Nothing of it was answered: better gone than half there.
            self.file.set_len(self.size)?;
            return Err(error);
        }
        self.size += records.len() as u64;
        self.files.extend(blobs.iter().map(|blob| blob.path.clone()));
        Ok(())
    }
}

/// Length of the path, length of the bytes, their checksum, path, bytes.
fn write_record(out: &mut Vec<u8>, path: &str, bytes: &[u8]) {
    out.extend_from_slice(&(path.len() as u64).to_le_bytes());
    out.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    out.extend_from_slice(&sum(path.as_bytes(), bytes));
    out.extend_from_slice(path.as_bytes());
    out.extend_from_slice(bytes);
}

/// The next record and what follows it; nothing where the log ends or is torn.
fn read_record(log: &[u8]) -> Option<(&str, &[u8], &[u8])> {
    let (path_length, log) = log.split_first_chunk::<8>()?;
    let (length, log) = log.split_first_chunk::<8>()?;
    let (checksum, log) = log.split_first_chunk::<32>()?;
    let at = |bytes: &[u8; 8]| usize::try_from(u64::from_le_bytes(*bytes)).ok();
    let (path, log) = log.split_at_checked(at(path_length)?)?;
    let (bytes, rest) = log.split_at_checked(at(length)?)?;
    (sum(path, bytes) == *checksum).then_some(())?;
    Some((std::str::from_utf8(path).ok()?, bytes, rest))
}

fn sum(path: &[u8], bytes: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(path).chain_update([0]).chain_update(bytes).finalize().into()
}

/// Whole or not at all; the disk need not have it yet.
fn show(folder: &Path, path: &str, bytes: &[u8]) -> io::Result<()> {
    let path = folder.join(path);
    // As the object store names what it stages: its lists pass over such files.
    let staged = PathBuf::from(format!("{}#0", path.display()));
    let write = || match File::create(&staged) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            File::create(&staged)
        }
        file => file,
    };
    let shown =
        write().and_then(|mut file| file.write_all(bytes)).and_then(|()| std::fs::rename(&staged, &path));
    if shown.is_err() {
        let _ = std::fs::remove_file(&staged);
    }
    shown
}

fn settle(folder: &Path, root: &File, logs: &Receiver<Settled>) {
    let mut trouble = None;
    while let Ok(next) = logs.recv() {
        match next {
            Settled::Told(told) => {
                let _ = told.send(trouble.clone().map_or(Ok(()), Err));
            }
            Settled::Log(log) => {
                match sync_files(folder, root, &log.files).and_then(|()| std::fs::remove_file(&log.path)) {
                    Ok(()) => {}
                    // It stays, and the next start writes its files again.
                    Err(error) => trouble = Some(failure(error)),
                }
            }
        }
    }
}

/// Waits until the disk has the files and their names.
fn sync_files(folder: &Path, root: &File, files: &[String]) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    if files.len() >= MANY {
        return Ok(rustix::fs::syncfs(root)?);
    }
    let mut folders = BTreeSet::from([folder.to_owned()]);
    for path in files {
        let path = folder.join(path);
        match File::open(&path) {
            Ok(file) => file.sync_all()?,
            // Deleted meanwhile.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        folders.extend(path.parent().map(Path::to_owned));
    }
    folders.iter().filter(|folder| folder.exists()).try_for_each(|folder| File::open(folder)?.sync_all())
}

/// A log that nobody has written to for ten minutes, long after it should have been settled.
pub(crate) fn unsettled(folder: &Path) -> Result<Option<PathBuf>> {
    for entry in std::fs::read_dir(folder).map_err(failure)? {
        let path = entry.map_err(failure)?.path();
        // One that is settled meanwhile is fine.
        let Ok(Ok(written)) = path.metadata().map(|about| about.modified()) else { continue };
        if is_log(&path) && written.elapsed().is_ok_and(|since| since >= 10 * OLD) {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

fn is_log(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.starts_with("incoming.") && name.ends_with(".log")
}

/// Writes again what the logs of a process that ended badly hold, and removes them.
fn recover(folder: &Path) -> io::Result<()> {
    let mut logs = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if is_log(&path) {
            logs.push(path);
        }
    }
    logs.sort();
    let root = File::open(folder)?;
    for log in logs {
        let content = std::fs::read(&log)?;
        let (mut rest, mut files) = (&content[..], Vec::new());
        while let Some((path, bytes, after)) = read_record(rest) {
            if !std::fs::read(folder.join(path)).is_ok_and(|there| there == bytes) {
                show(folder, path, bytes)?;
            }
            files.push(path.to_owned());
            rest = after;
        }
        sync_files(folder, &root, &files)?;
        std::fs::remove_file(log)?;
    }
    Ok(())
}

fn closed() -> BlobError {
    BlobError::Unavailable("the blob store is closed".to_owned())
}

fn failure(error: io::Error) -> BlobError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => BlobError::Full,
        _ => BlobError::Unavailable(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_log_gives_what_is_whole() {
        let mut log = Vec::new();
        write_record(&mut log, "ab/first", b"one");
        let whole = log.len();
        write_record(&mut log, "cd/second", b"two");
        for cut in 0..=log.len() {
            let mut rest = &log[..cut];
            let mut found = Vec::new();
            while let Some((path, bytes, after)) = read_record(rest) {
                found.push((path, bytes));
                rest = after;
            }
            let all = [("ab/first", &b"one"[..]), ("cd/second", &b"two"[..])];
            let there = usize::from(cut >= whole) + usize::from(cut == log.len());
            assert_eq!(found, all[..there]);
        }
        // A flipped bit is not believed.
        log[whole - 1] ^= 1;
        assert_eq!(read_record(&log), None);
    }
}
