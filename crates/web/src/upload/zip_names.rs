//! Reads the names in a zip's central directory: enough to tell an OFD from a spreadsheet, without unpacking anything.

/// Names of the entries, and whether any of them is encrypted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Listing {
    pub names: Vec<String>,
    pub encrypted: bool,
}

/// More than this many entries is no document.
const MOST_ENTRIES: usize = 20_000;

/// `None` when the directory is missing or does not fit the file.
pub(super) fn list(bytes: &[u8]) -> Option<Listing> {
    // The end record is at least 22 bytes and may be followed by a comment of up to 64 KiB.
    let from = bytes.len().saturating_sub(22 + 65_535);
    let end =
        (from..=bytes.len().checked_sub(22)?).rev().find(|at| bytes[*at..].starts_with(b"PK\x05\x06"))?;
    let count = usize::from(u16_at(bytes, end + 10)?);
    let mut at = usize::try_from(u32_at(bytes, end + 16)?).ok()?;
    let mut listing = Listing::default();
    for _ in 0..count.min(MOST_ENTRIES) {
        let entry = bytes.get(at..)?;
        if !entry.starts_with(b"PK\x01\x02") {
            return None;
        }
        listing.encrypted |= u16_at(entry, 8)? & 1 == 1;
        let [name, extra, comment] = [28, 30, 32].map(|offset| u16_at(entry, offset).map(usize::from));
        let (name, extra, comment) = (name?, extra?, comment?);
        listing.names.push(String::from_utf8_lossy(entry.get(46..46 + name)?).into_owned());
        at += 46 + name + extra + comment;
    }
    Some(listing)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// A zip with these (stored, empty) entries, for tests.
#[cfg(test)]
pub(super) fn zip_of(names: &[&str], flags: u16) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for name in names {
        let offset = u32::try_from(out.len()).unwrap();
        let length = u16::try_from(name.len()).unwrap().to_le_bytes();
        let common = [&[20, 0][..], &flags.to_le_bytes(), &[0; 18], &length, &[0, 0]].concat();
        out.extend([b"PK\x03\x04", &common[..], name.as_bytes()].concat());
        directory.extend(
            [b"PK\x01\x02\x14\x00", &common[..], &[0; 10], &offset.to_le_bytes(), name.as_bytes()].concat(),
        );
    }
    let (count, size) =
        (u16::try_from(names.len()).unwrap().to_le_bytes(), u32::try_from(directory.len()).unwrap());
    let start = u32::try_from(out.len()).unwrap();
    out.extend(&directory);
    out.extend(
        [b"PK\x05\x06\0\0\0\0", &count[..], &count, &size.to_le_bytes(), &start.to_le_bytes(), &[0, 0]]
            .concat(),
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_names_and_sees_encryption() {
        let plain = list(&zip_of(&["OFD.xml", "Doc_0/Document.xml"], 0)).unwrap();
        assert_eq!(
            (plain.names, plain.encrypted),
            (vec!["OFD.xml".into(), "Doc_0/Document.xml".into()], false)
        );
        assert!(list(&zip_of(&["a"], 1)).unwrap().encrypted);
    }

    #[test]
    fn never_panics_on_broken_zips() {
        let whole = zip_of(&["word/document.xml", "x"], 0);
        for cut in 0..whole.len() {
            let _ = list(&whole[..cut]);
            let _ = list(&whole[cut..]);
            let mut changed = whole.clone();
            changed[cut] ^= 0xFF;
            let _ = list(&changed);
        }
        assert_eq!(list(b""), None);
        assert_eq!(list(&[b"PK\x05\x06", &[0xFF; 18][..]].concat()), None);
    }
}
