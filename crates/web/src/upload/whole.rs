//! Whether a file goes on to its end: a download that broke off, or a scan that was never finished, opens for nobody.

use super::FileKind;

/// In how many bytes at the end the mark of the end is looked for; programs append a little of their own.
const TAIL: usize = 4096;

/// Only for what begins as this kind. Archives are not asked: their list of contents stands at their end.
pub fn is_whole(kind: FileKind, bytes: &[u8]) -> bool {
    match kind {
        FileKind::Pdf => pdf(bytes),
        FileKind::Png => png(bytes).is_some(),
        FileKind::Jpeg => jpeg(bytes).is_some(),
        FileKind::Ofd | FileKind::Docx | FileKind::Xlsx => true,
    }
}

/// `%%EOF` near the end. Some scanners fill the last block up with zeros or blanks.
fn pdf(bytes: &[u8]) -> bool {
    let filled = |b: &u8| *b == 0 || b.is_ascii_whitespace();
    let end = bytes.iter().rposition(|b| !filled(b)).map_or(0, |at| at + 1);
    let tail = &bytes[end.saturating_sub(TAIL)..end];
    tail.windows(5).any(|five| five == b"%%EOF")
}

/// Chunk after chunk, to the one that says that it is the last.
fn png(bytes: &[u8]) -> Option<()> {
    let mut rest = bytes.get(8..)?;
    loop {
        let (length, kind) = (rest.get(..4)?, rest.get(4..8)?);
        let length = u32::from_be_bytes(length.try_into().ok()?);
        // Length, kind and check sum are four bytes each.
        let whole = usize::try_from(length).ok()?.checked_add(12)?;
        let next = rest.get(whole..)?;
        if kind == b"IEND" {
            return Some(());
        }
        rest = next;
    }
}

/// Segment after segment to the mark of the end; a preview inside a segment has an end of its own, which does not count.
fn jpeg(bytes: &[u8]) -> Option<()> {
    let mut at = 2;
    loop {
        // Between segments, and in the picture itself, everything up to the next mark is passed over.
        at += bytes.get(at..)?.iter().position(|b| *b == 0xFF)?;
        match *bytes.get(at + 1)? {
            0xD9 => return Some(()),
            // A filled-up byte; a byte of the picture that looks like a mark; marks that stand alone.
            0xFF => at += 1,
            0x00 | 0x01 | 0xD0..=0xD8 => at += 2,
            _ => {
                let length = bytes.get(at + 2..at + 4)?;
                at += 2 + usize::from(u16::from_be_bytes(length.try_into().ok()?)).max(2);
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A picture of one point, as a program writes it.
    pub const PNG: &[u8] = b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3A\x7E\x9B\x55\0\0\0\x0AIDAT\x78\xDA\x63\x60\0\0\0\x02\0\x01\xE5\x27\xDE\xFC\0\0\0\0IEND\xAE\x42\x60\x82";
    /// With a preview that ends by itself, and a byte of the picture that looks like a mark.
    pub const JPEG: &[u8] = b"\xFF\xD8\xFF\xE1\0\x0AExif\xFF\xD8\xFF\xD9\xFF\xDB\0\x04ab\xFF\xDA\0\x03\x01\x12\xFF\0\x34\xFF\xD0\x56\xFF\xD9";
    pub const PDF: &[u8] =
        b"%PDF-1.7\n1 0 obj <</Type/Catalog>> endobj trailer <</Root 1 0 R>>\nstartxref\n9\n%%EOF\n";

    #[test]
    fn what_goes_on_to_its_end_is_whole_and_nothing_shorter_is() {
        for (kind, bytes) in [(FileKind::Png, PNG), (FileKind::Jpeg, JPEG), (FileKind::Pdf, PDF)] {
            assert!(is_whole(kind, bytes), "{kind:?}");
            let needed = if kind == FileKind::Pdf { bytes.len() - 1 } else { bytes.len() };
            for length in 0..needed {
                assert!(!is_whole(kind, &bytes[..length]), "{kind:?} of {length} bytes");
            }
        }
    }

    #[test]
    fn what_programs_append_does_no_harm() {
        let with = |bytes: &[u8], more: &[u8]| [bytes, more].concat();
        assert!(is_whole(FileKind::Pdf, &with(PDF, &[0; 9000])));
        assert!(is_whole(FileKind::Pdf, &with(PDF, b"% signed by a scanner")));
        assert!(is_whole(FileKind::Png, &with(PNG, b"more")));
        // A photo that moves carries its film behind it.
        assert!(is_whole(FileKind::Jpeg, &with(JPEG, &[7; 9000])));
    }

    #[test]
    fn a_document_whose_first_part_alone_came_is_not_whole() {
        // One made for the web has an end near its beginning, too.
        let early = [b"%PDF-1.7\nstartxref\n0\n%%EOF\n", &[b'x'; 9000][..]].concat();
        assert!(!is_whole(FileKind::Pdf, &early));
    }
}
