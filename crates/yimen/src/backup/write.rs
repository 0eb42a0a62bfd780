//! Writing the archive: under another name until it is whole.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::manifest::Sum;
use super::{BackupError, Result, io};

const BLOCK: u64 = 512;

/// An archive being written to `FILE.part`; it gets its name when it is finished.
pub struct Out {
    path: PathBuf,
    part: PathBuf,
    file: BufWriter<File>,
    mtime: u64,
    whole: bool,
}

impl Out {
    /// Readable by its owner only: names and cases are in it.
    pub fn create(path: &Path, mtime: u64) -> Result<Out> {
        if path.exists() {
            return Err(BackupError::Exists(path.to_owned()));
        }
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        // One left behind by a backup that was killed is written over, one in use is not.
        let file = OpenOptions::new().create(true).write(true).truncate(false).mode(0o600).open(&part);
        let file = file.map_err(io(&part))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => return Err(BackupError::Busy(path.to_owned())),
            Err(std::fs::TryLockError::Error(error)) => return Err(io(&part)(error)),
        }
        file.set_len(0).map_err(io(&part))?;
        let file = BufWriter::with_capacity(1 << 20, file);
        Ok(Out { path: path.to_owned(), part, file, mtime, whole: false })
    }

    pub fn put(&mut self, name: &str, bytes: &[u8]) -> Result<Sum> {
        let mut member = self.member(name)?;
        let written = member.write_all(bytes);
        let sum = member.close();
        written.map_err(io(&self.path))?;
        sum
    }

    /// A member whose size is known only at its end: its head is written last.
    pub fn member(&mut self, name: &str) -> Result<Member<'_>> {
        let head = self.file.stream_position().map_err(io(&self.path))?;
        self.file.write_all(&[0; BLOCK as usize]).map_err(io(&self.path))?;
        Ok(Member { name: name.to_owned(), head, bytes: 0, hash: Sha256::new(), out: self })
    }

    /// Makes the archive durable and gives it its name.
    pub fn finish(mut self) -> Result<()> {
        let path = self.path.clone();
        self.file.write_all(&[0; 2 * BLOCK as usize]).map_err(io(&path))?;
        self.file.flush().map_err(io(&path))?;
        self.file.get_ref().sync_all().map_err(io(&path))?;
        if path.exists() {
            return Err(BackupError::Exists(path));
        }
        std::fs::rename(&self.part, &path).map_err(io(&path))?;
        self.whole = true;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(io(&path))
    }
}

impl Drop for Out {
    fn drop(&mut self) {
        if !self.whole {
            // Half a backup is worse than none; one that cannot be removed does not bear the name.
            let _ = std::fs::remove_file(&self.part);
        }
    }
}

/// A member being written.
pub struct Member<'o> {
    name: String,
    head: u64,
    bytes: u64,
    hash: Sha256,
    out: &'o mut Out,
}

impl Write for Member<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.out.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Member<'_> {
    pub fn close(self) -> Result<Sum> {
        let Member { name, head, bytes, hash, out } = self;
        let mut header = tar::Header::new_gnu();
        let mut write = || {
            header.set_path(&name)?;
            header.set_size(bytes);
            header.set_mode(0o600);
            header.set_mtime(out.mtime);
            header.set_cksum();
            out.file.write_all(&vec![0; (bytes.next_multiple_of(BLOCK) - bytes) as usize])?;
            let end = out.file.stream_position()?;
            out.file.seek(SeekFrom::Start(head))?;
            out.file.write_all(header.as_bytes())?;
            out.file.seek(SeekFrom::Start(end)).map(drop)
        };
        write().map_err(io(&out.path))?;
        Ok(Sum { bytes, sha256: hex::encode(hash.finalize()) })
    }
}
