//! One server to a SQLite database: whoever means to stay holds a lock beside it.
//!
//! Two programs may read one database, and a short command may write beside a server; two servers would take each other's
//! turns at every timer and every commit. The lock is the system's own (`flock`): it is gone when its process is, however
//! that ended, so a file left behind locks nobody out. On PostgreSQL many servers are as it should be.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use crate::open::{OpenError, Place};

/// The right to serve, bring up to date or fill the database of a place; given back when dropped.
#[derive(Debug)]
pub struct Hold {
    _file: Option<File>,
}

impl Hold {
    /// Takes the lock, and makes the folder it lies in if there is none.
    pub fn take(place: &Place) -> Result<Hold, OpenError> {
        let Some(database) = place.sqlite_file() else { return Ok(Hold { _file: None }) };
        if let Some(folder) = database.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| OpenError::Folder(folder.to_owned(), error))?;
        }
        let path = beside(&database);
        let file = OpenOptions::new().create(true).read(true).write(true).truncate(false).open(&path);
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut file = file.map_err(|error| OpenError::Folder(folder.to_owned(), error))?;
        free(file.try_lock(), &mut file, &path, place)?;
        // Only for the message of who comes second: one that cannot be written costs nothing.
        let _ = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
        Ok(Hold { _file: Some(file) })
    }

    /// Refuses what somebody holds; makes and holds nothing.
    pub fn refuse_if_held(place: &Place) -> Result<(), OpenError> {
        let Some(path) = place.sqlite_file().map(|database| beside(&database)) else { return Ok(()) };
        match File::open(&path) {
            Ok(mut file) => free(file.try_lock_shared(), &mut file, &path, place),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(OpenError::Lock(path, error)),
        }
    }
}

/// A name of its own: SQLite locks parts of the database file itself, and loses them when anybody closes it.
fn beside(database: &Path) -> PathBuf {
    // One database under two names is one.
    let mut name = std::fs::canonicalize(database).unwrap_or_else(|_| database.to_owned()).into_os_string();
    name.push(".lock");
    PathBuf::from(name)
}

fn free(
    locked: Result<(), TryLockError>,
    file: &mut File,
    path: &Path,
    place: &Place,
) -> Result<(), OpenError> {
    match locked {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            let mut process = String::new();
            // Without it the message is only shorter.
            let _ = file.take(20).read_to_string(&mut process);
            let process = match process.parse::<u32>() {
                Ok(number) => format!("（进程 {number}）"),
                Err(_) => String::new(),
            };
            Err(OpenError::InUse { place: place.named(), process })
        }
        Err(TryLockError::Error(error)) => Err(OpenError::Lock(path.to_owned(), error)),
    }
}
