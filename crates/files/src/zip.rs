//! Archives (OFD, DOCX, XLSX): what is in them, and whether unpacking them could do harm.

use std::io::Read;

use flate2::read::DeflateDecoder;

/// One entry, as the directory at the end of the archive tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    pub encrypted: bool,
    method: u16,
    packed: u64,
    unpacked: u64,
    at: usize,
}

/// More than this many entries is no document.
pub const MOST_ENTRIES: usize = 5_000;
/// What all of them may be together, unpacked.
pub const MOST_BYTES: u64 = 256 << 20;
/// How many times larger than its packed bytes an entry may be; text packs 1:30, a bomb 1:1000.
const MOST_RATIO: u64 = 200;
/// Whatever its ratio, an entry of this size does no harm.
const SMALL: u64 = 1 << 20;

/// Why an archive is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Harm {
    /// It does not fit its own directory.
    Damaged,
    /// Too many entries, or too much when unpacked.
    TooMuch,
    /// An entry that would be written elsewhere.
    Path,
}

/// The entries. Nothing where the directory is missing or does not fit the file.
pub fn list(bytes: &[u8]) -> Option<Vec<Entry>> {
    // The end record is at least 22 bytes and may be followed by a comment of up to 64 KiB.
    let from = bytes.len().saturating_sub(22 + 65_535);
    let end =
        (from..=bytes.len().checked_sub(22)?).rev().find(|at| bytes[*at..].starts_with(b"PK\x05\x06"))?;
    let count = usize::from(u16_at(bytes, end + 10)?);
    let mut at = usize::try_from(u32_at(bytes, end + 16)?).ok()?;
    let mut entries = Vec::new();
    // One more than is allowed tells that it is too many.
    for _ in 0..count.min(MOST_ENTRIES + 1) {
        let entry = bytes.get(at..)?;
        if !entry.starts_with(b"PK\x01\x02") {
            return None;
        }
        let [name, extra, comment] = [28, 30, 32].map(|offset| u16_at(entry, offset).map(usize::from));
        let (name, extra, comment) = (name?, extra?, comment?);
        entries.push(Entry {
            name: String::from_utf8_lossy(entry.get(46..46 + name)?).into_owned(),
            encrypted: u16_at(entry, 8)? & 1 == 1,
            method: u16_at(entry, 10)?,
            packed: u32_at(entry, 20)?.into(),
            unpacked: u32_at(entry, 24)?.into(),
            at: usize::try_from(u32_at(entry, 42)?).ok()?,
        });
        at += 46 + name + extra + comment;
    }
    Some(entries)
}

/// Unpacks every entry to nowhere, counting: sizes that an archive tells of itself are not believed.
pub fn check(bytes: &[u8]) -> Result<(), Harm> {
    let entries = list(bytes).ok_or(Harm::Damaged)?;
    if entries.len() > MOST_ENTRIES {
        return Err(Harm::TooMuch);
    }
    if entries.iter().any(|entry| leads_elsewhere(&entry.name)) {
        return Err(Harm::Path);
    }
    let mut ranges = Vec::with_capacity(entries.len());
    let mut left = MOST_BYTES;
    for entry in &entries {
        let packed = entry.bytes(bytes).ok_or(Harm::Damaged)?;
        ranges.push((packed.as_ptr() as usize, packed.len()));
        let most = entry.most().min(left);
        let size = entry.unpack(packed, most)?;
        left -= size;
    }
    // Entries that share their bytes unpack to far more than the file can hold.
    ranges.retain(|(_, length)| *length > 0);
    ranges.sort_unstable();
    let overlap = ranges.windows(2).any(|two| two[0].0 + two[0].1 > two[1].0);
    if overlap { Err(Harm::TooMuch) } else { Ok(()) }
}

/// Whether a program that unpacks without looking would write outside of its folder.
fn leads_elsewhere(name: &str) -> bool {
    let absolute = name.starts_with(['/', '\\']) || name.as_bytes().get(1) == Some(&b':');
    absolute || name.contains('\0') || name.split(['/', '\\']).any(|part| part == "..")
}

impl Entry {
    /// Its packed bytes, behind a header of their own.
    fn bytes<'a>(&self, archive: &'a [u8]) -> Option<&'a [u8]> {
        let local = archive.get(self.at..)?;
        if !local.starts_with(b"PK\x03\x04") {
            return None;
        }
        let (name, extra) = (usize::from(u16_at(local, 26)?), usize::from(u16_at(local, 28)?));
        let start = 30 + name + extra;
        local.get(start..start.checked_add(usize::try_from(self.packed).ok()?)?)
    }

    /// How large it may become.
    fn most(&self) -> u64 {
        self.packed.saturating_mul(MOST_RATIO).max(SMALL)
    }

    /// Its size when unpacked.
    fn unpack(&self, packed: &[u8], most: u64) -> Result<u64, Harm> {
        if self.unpacked > most {
            return Err(Harm::TooMuch);
        }
        match self.method {
            0 => Ok(packed.len() as u64)
                .and_then(|size| if size > most { Err(Harm::TooMuch) } else { Ok(size) }),
            8 => inflated(DeflateDecoder::new(packed), most),
            // Nothing that an office program writes.
            _ => Err(Harm::Damaged),
        }
    }
}

fn inflated(mut reader: impl Read, most: u64) -> Result<u64, Harm> {
    let (mut piece, mut size) = ([0; 16 * 1024], 0);
    loop {
        match reader.read(&mut piece) {
            Ok(0) => return Ok(size),
            Ok(more) => size += more as u64,
            Err(_) => return Err(Harm::Damaged),
        }
        if size > most {
            return Err(Harm::TooMuch);
        }
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{Packed, zip};

    fn names(bytes: &[u8]) -> Vec<String> {
        list(bytes).unwrap().into_iter().map(|entry| entry.name).collect()
    }

    #[test]
    fn lists_names_and_sees_encryption() {
        let plain =
            zip(&[("OFD.xml", Packed::Deflated(b"<ofd/>")), ("Doc_0/Document.xml", Packed::Stored(b"x"))]);
        assert_eq!(names(&plain), ["OFD.xml", "Doc_0/Document.xml"]);
        assert_eq!(check(&plain), Ok(()));
        let locked = zip(&[("a", Packed::Locked)]);
        assert!(list(&locked).unwrap()[0].encrypted);
    }

    #[test]
    fn what_unpacks_to_far_more_than_it_is_or_elsewhere_is_harm() {
        let zeros = vec![0; 2 << 20];
        assert_eq!(check(&zip(&[("bomb", Packed::Deflated(&zeros))])), Err(Harm::TooMuch));
        // It tells of itself that it is small.
        assert_eq!(check(&zip(&[("bomb", Packed::Lying(&zeros))])), Err(Harm::TooMuch));
        let text: Vec<u8> = (0..400_000_u32).flat_map(|n| n.to_le_bytes()).collect();
        assert_eq!(check(&zip(&[("table", Packed::Deflated(&text))])), Ok(()), "packs well, and is no bomb");
        for name in ["../../etc/passwd", "/etc/passwd", "a/../../b", "..\\b", "C:\\b", "\\\\host\\b", ".."] {
            assert_eq!(
                check(&zip(&[("OFD.xml", Packed::Stored(b"x")), (name, Packed::Stored(b"x"))])),
                Err(Harm::Path),
                "{name}"
            );
        }
        for name in ["..a", "a..", "a/b/c", "文件/一.xml"] {
            assert_eq!(check(&zip(&[(name, Packed::Stored(b"x"))])), Ok(()), "{name}");
        }
        let many: Vec<String> = (0..=MOST_ENTRIES).map(|n| n.to_string()).collect();
        let many: Vec<(&str, Packed<'_>)> =
            many.iter().map(|name| (name.as_str(), Packed::Stored(b""))).collect();
        assert_eq!(check(&zip(&many)), Err(Harm::TooMuch));
        assert_eq!(check(&zip(&many[1..])), Ok(()));
    }

    #[test]
    fn entries_that_share_their_bytes_are_found() {
        let text = b"the same bytes, over and over again";
        let mut bytes = zip(&[("a", Packed::Stored(text)), ("b", Packed::Stored(text))]);
        assert_eq!(check(&bytes), Ok(()));
        // The second entry of the directory points to the first one's bytes.
        let second = bytes.windows(4).rposition(|four| four == b"PK\x01\x02").unwrap();
        bytes[second + 42..second + 46].copy_from_slice(&0_u32.to_le_bytes());
        assert_eq!(check(&bytes), Err(Harm::TooMuch));
    }

    #[test]
    fn broken_archives_are_told_and_nothing_else_happens() {
        let whole = zip(&[("word/document.xml", Packed::Deflated(&[7; 500])), ("x", Packed::Stored(b"yz"))]);
        for cut in 0..whole.len() {
            let _ = (check(&whole[..cut]), check(&whole[cut..]));
            for bit in [1, 0x80, 0xFF] {
                let mut changed = whole.clone();
                changed[cut] ^= bit;
                let _ = check(&changed);
            }
        }
        assert_eq!(list(b""), None);
        assert_eq!(list(&[b"PK\x05\x06", &[0xFF; 18][..]].concat()), None);
        assert_eq!(check(b"PK"), Err(Harm::Damaged));
    }
}
