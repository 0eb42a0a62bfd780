//! Is there room on the disks that the server writes to? Asked of the system, so a look costs no write.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::open::Place;

/// Under this a server is not ready: what is under way can still be written, and somebody has time to make room.
pub const LEAST_FREE: u64 = 64 << 20;

/// What a disk says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Bytes that the server may still write.
    pub free: u64,
    /// Whether another file can be made; `None` where the file system does not count them.
    pub files: Option<u64>,
    pub read_only: bool,
}

type Ask = dyn Fn(&Path) -> std::io::Result<Room> + Send + Sync;

/// The disks of a server: of the database where it is a file, of the blobs where they are a folder. What lies elsewhere
/// is watched there.
#[derive(Clone)]
pub struct Disks {
    /// What lies there, in the words of an operator.
    places: Vec<(&'static str, PathBuf)>,
    ask: Arc<Ask>,
}

impl Disks {
    pub fn of(place: &Place) -> Disks {
        // A database without a folder in its name lies in the folder the server was started in.
        let folder = |file: PathBuf| match file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        let database = place.sqlite_file().map(|file| ("数据库", folder(file)));
        let blobs = place.blobs_folder().map(|folder| ("材料库", folder));
        Disks { places: database.into_iter().chain(blobs).collect(), ask: Arc::new(room) }
    }

    /// Of a server whose disks nobody watches: a benchmark's.
    pub fn none() -> Disks {
        Disks { places: Vec::new(), ask: Arc::new(room) }
    }

    /// What is wrong, as sentences that say what to do; empty when all is well.
    pub fn faults(&self) -> Vec<String> {
        self.places.iter().filter_map(|(what, place)| fault(what, place, (self.ask)(place))).collect()
    }
}

fn fault(what: &str, place: &Path, room: std::io::Result<Room>) -> Option<String> {
    let place = place.display();
    match room {
        Err(error) => Some(format!("不能查看{what}所在的目录 {place}：{error}。请检查磁盘是否挂载。")),
        Ok(room) if room.read_only => {
            Some(format!("{what}所在的磁盘只读（{place}）。请检查磁盘，重新以可写方式挂载。"))
        }
        Ok(room) if room.free < LEAST_FREE => Some(format!(
            "{what}所在的磁盘快满了（{place}，还剩 {} MB，至少要 {} MB）。请腾出空间。",
            room.free >> 20,
            LEAST_FREE >> 20
        )),
        Ok(Room { files: Some(0), .. }) => {
            Some(format!("{what}所在的磁盘不能再建文件（{place}，索引节点用完）。请删除多余的文件。"))
        }
        Ok(_) => None,
    }
}

fn room(place: &Path) -> std::io::Result<Room> {
    let disk = rustix::fs::statvfs(place)?;
    Ok(Room {
        free: disk.f_bavail.saturating_mul(disk.f_frsize),
        files: (disk.f_files > 0).then_some(disk.f_favail),
        read_only: disk.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLENTY: Room = Room { free: LEAST_FREE, files: Some(1), read_only: false };

    fn told(room: Room) -> String {
        let places = vec![("数据库", PathBuf::from("/data"))];
        let disks = Disks { places, ask: Arc::new(move |_| Ok(room)) };
        disks.faults().join("\n")
    }

    #[test]
    fn each_way_a_disk_cannot_be_written_is_told_with_what_to_do() {
        assert_eq!(told(PLENTY), "");
        assert_eq!(told(Room { files: None, ..PLENTY }), "", "not every file system counts its files");
        let full = told(Room { free: LEAST_FREE - 1, ..PLENTY });
        assert!(full.contains("快满了（/data，还剩 63 MB，至少要 64 MB）。请腾出空间"), "{full}");
        assert!(told(Room { files: Some(0), ..PLENTY }).contains("索引节点用完"));
        assert!(told(Room { read_only: true, ..PLENTY }).contains("只读（/data）。请检查磁盘"));
    }

    #[test]
    fn a_real_disk_answers_and_a_folder_that_is_gone_is_told() {
        let here = room(&std::env::temp_dir()).unwrap();
        assert!(here.free > 0 && !here.read_only, "{here:?}");
        let gone = Path::new("/no/such/folder");
        let told = fault("材料库", gone, room(gone)).unwrap();
        assert!(told.contains("不能查看材料库所在的目录 /no/such/folder"), "{told}");
    }

    #[test]
    fn what_lies_on_another_machine_is_not_asked_here() {
        let mut place = Place { data: "data".into(), store: String::new(), blobs: String::new(), node: 0 };
        let named = |place: &Place| {
            Disks::of(place).places.iter().map(|(_, p)| p.display().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(named(&place), ["data", "data/blobs"]);
        place.store = "sqlite:yimen.db".into();
        place.blobs = "file://blobs".into();
        assert_eq!(named(&place), [".", "blobs"]);
        place.store = "postgres://u@h/db".into();
        place.blobs = "s3://bucket".into();
        assert!(named(&place).is_empty());
    }
}
