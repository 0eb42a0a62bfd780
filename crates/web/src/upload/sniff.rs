//! Tells by its bytes what a file is, whatever its name says.

use yimen_files::zip;

use super::whole::is_whole;
use super::{FileKind, Rules, UploadError};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Known(FileKind),
    /// Something we know and do not take, in words.
    Other(&'static str),
    Locked,
    Unknown,
}

/// What a file may be kept as, given its name and its bytes. A missing ending is no fault, and neither is a photo
/// that one program saved under the other's ending; every other disagreement of name and content is refused.
pub fn inspect(name: &str, bytes: &[u8], rules: &Rules) -> Result<FileKind, UploadError> {
    if bytes.is_empty() {
        return Err(UploadError::Empty);
    }
    if bytes.len() as u64 > rules.max_bytes {
        return Err(UploadError::Size { limit: rules.max_bytes });
    }
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    let named = ending.as_deref().and_then(FileKind::of_ending);
    let refuse = || {
        let accepted: Vec<&str> = rules.kinds.iter().map(|kind| kind.name()).collect();
        UploadError::Type { accepted: accepted.join("、") }
    };
    if ending.is_some() && !named.is_some_and(|kind| rules.kinds.contains(&kind)) {
        return Err(refuse());
    }
    let kind = match (content_of(bytes), named) {
        (Content::Locked, _) => return Err(UploadError::Password),
        (Content::Known(found), None) => found,
        (Content::Known(found), Some(named)) if found == named || (found.is_image() && named.is_image()) => {
            found
        }
        (Content::Known(found), Some(named)) => {
            return Err(UploadError::Disguised { named: named.name(), found: spaced(found) });
        }
        (Content::Other(found), Some(named)) => {
            return Err(UploadError::Disguised { named: named.name(), found });
        }
        (Content::Unknown, Some(named)) => return Err(UploadError::Damaged { named: named.name() }),
        (_, None) => return Err(refuse()),
    };
    if !rules.kinds.contains(&kind) {
        return Err(refuse());
    }
    if !is_whole(kind, bytes) {
        return Err(UploadError::CutOff);
    }
    Ok(kind)
}

fn spaced(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Pdf => " PDF 文件",
        FileKind::Jpeg => " JPG 图片",
        FileKind::Png => " PNG 图片",
        FileKind::Ofd => " OFD 文件",
        FileKind::Docx => " Word 文档",
        FileKind::Xlsx => " Excel 表格",
    }
}

/// First bytes of what people send by mistake, or on purpose.
const OTHERS: &[(&[u8], &str)] = &[
    (b"MZ", " Windows 程序"),
    (b"\x7FELF", " Linux 程序"),
    (b"\xCA\xFE\xBA\xBE", "程序文件"),
    (b"#!", "脚本程序"),
    (b"GIF8", " GIF 图片"),
    (b"BM", " BMP 图片"),
    (b"II*\0", " TIFF 图片"),
    (b"MM\0*", " TIFF 图片"),
    (b"Rar!", " RAR 压缩包"),
    (b"7z\xBC\xAF\x27\x1C", " 7z 压缩包"),
    (b"\x1F\x8B", " gzip 压缩包"),
    (b"{\\rtf", " RTF 文档"),
    (b"%!PS", " PostScript 文件"),
];

fn content_of(bytes: &[u8]) -> Content {
    if bytes.starts_with(b"\xFF\xD8\xFF") {
        return Content::Known(FileKind::Jpeg);
    }
    if bytes.starts_with(b"\x89PNG\r\n\x1A\n") {
        return Content::Known(FileKind::Png);
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return in_zip(bytes);
    }
    if bytes.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        // An encrypted DOCX or XLSX is wrapped into the old container, under this name in UTF-16.
        let wrapped: Vec<u8> = "EncryptedPackage".bytes().flat_map(|b| [b, 0]).collect();
        return if find(bytes, &wrapped).is_some() {
            Content::Locked
        } else {
            Content::Other("旧版 Office 文档")
        };
    }
    if let Some((_, words)) = OTHERS.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Content::Other(words);
    }
    if bytes.get(4..8) == Some(b"ftyp") {
        let photo = matches!(bytes.get(8..11), Some(b"hei" | b"hev" | b"mif"));
        return Content::Other(if photo { " HEIC 照片" } else { "视频" });
    }
    if bytes.starts_with(b"RIFF") {
        return Content::Other(if bytes.get(8..12) == Some(b"WEBP") { " WebP 图片" } else { "音视频" });
    }
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start();
    if text.starts_with(b"%PDF-") {
        return if is_locked_pdf(bytes) { Content::Locked } else { Content::Known(FileKind::Pdf) };
    }
    let head = text[..text.len().min(64)].to_ascii_lowercase();
    if [&b"<!doctype"[..], b"<html", b"<script", b"<svg", b"<?xml", b"<?php"]
        .iter()
        .any(|tag| head.starts_with(tag))
    {
        return Content::Other("网页或脚本");
    }
    Content::Unknown
}

fn in_zip(bytes: &[u8]) -> Content {
    let Some(entries) = zip::list(bytes) else { return Content::Unknown };
    if entries.iter().any(|entry| entry.encrypted) {
        return Content::Locked;
    }
    let has = |name: &str| entries.iter().any(|entry| entry.name.eq_ignore_ascii_case(name));
    if has("OFD.xml") {
        Content::Known(FileKind::Ofd)
    } else if has("word/document.xml") {
        Content::Known(FileKind::Docx)
    } else if has("xl/workbook.xml") {
        Content::Known(FileKind::Xlsx)
    } else {
        Content::Other(" ZIP 压缩包")
    }
}

/// Whether a trailer points to an encryption dictionary: `/Encrypt 12 0 R` or `/Encrypt <<`.
fn is_locked_pdf(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(at) = find(rest, b"/Encrypt") {
        rest = &rest[at + b"/Encrypt".len()..];
        let next = rest.trim_ascii_start();
        if next.first().is_some_and(u8::is_ascii_digit) || next.starts_with(b"<<") {
            return true;
        }
    }
    false
}

/// Where `needle` begins; skips quickly to candidates for its first byte.
fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut at = 0;
    while let Some(step) = bytes.get(at..)?.iter().position(|b| *b == first) {
        at += step;
        if bytes[at..].starts_with(needle) {
            return Some(at);
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::whole::tests::{JPEG as JPG, PDF, PNG};
    use super::*;
    use yimen_files::samples::{Packed, zip};

    /// A zip with these entries, locked where there are flags.
    fn zip_of(names: &[&str], flags: u16) -> Vec<u8> {
        let packed = if flags == 0 { Packed::Stored(b"x") } else { Packed::Locked };
        zip(&names.iter().map(|name| (*name, packed)).collect::<Vec<_>>())
    }

    fn look(name: &str, bytes: &[u8]) -> Result<FileKind, UploadError> {
        inspect(name, bytes, &Rules { kinds: FileKind::ALL.to_vec(), ..Rules::default() })
    }

    #[test]
    fn honest_files_pass() {
        assert_eq!(look("合同.PDF", PDF), Ok(FileKind::Pdf));
        assert_eq!(look("合同.pdf", &[b"\xEF\xBB\xBF\r\n", PDF].concat()), Ok(FileKind::Pdf));
        assert_eq!(look("a.jpeg", JPG), Ok(FileKind::Jpeg));
        assert_eq!(look("a.png", PNG), Ok(FileKind::Png));
        assert_eq!(look("发票.ofd", &zip_of(&["OFD.xml"], 0)), Ok(FileKind::Ofd));
        assert_eq!(
            look("a.docx", &zip_of(&["[Content_Types].xml", "word/document.xml"], 0)),
            Ok(FileKind::Docx)
        );
        assert_eq!(look("a.xlsx", &zip_of(&["xl/workbook.xml"], 0)), Ok(FileKind::Xlsx));
    }

    #[test]
    fn a_photo_without_ending_or_under_the_other_ending_is_kept_as_what_it_is() {
        assert_eq!(look("image", JPG), Ok(FileKind::Jpeg));
        assert_eq!(look("微信图片.jpg", PNG), Ok(FileKind::Png));
    }

    #[test]
    fn disguises_are_named() {
        let disguised = |name: &str, bytes: &[u8]| match look(name, bytes) {
            Err(UploadError::Disguised { found, .. }) => found.trim(),
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(disguised("合同.pdf", b"MZ\x90\0"), "Windows 程序");
        assert_eq!(disguised("合同.pdf", b"<!DOCTYPE html><script>"), "网页或脚本");
        assert_eq!(disguised("合同.pdf", JPG), "JPG 图片");
        assert_eq!(disguised("照片.jpg", PDF), "PDF 文件");
        assert_eq!(disguised("照片.jpg", b"\0\0\0\x18ftypheic"), "HEIC 照片");
        assert_eq!(disguised("a.ofd", &zip_of(&["virus.exe"], 0)), "ZIP 压缩包");
        assert_eq!(disguised("a.docx", &zip_of(&["xl/workbook.xml"], 0)), "Excel 表格");
    }

    #[test]
    fn the_other_refusals() {
        let rules = Rules { max_bytes: 100, ..Rules::default() };
        assert_eq!(inspect("a.pdf", b"", &rules), Err(UploadError::Empty));
        assert_eq!(inspect("a.pdf", &[0; 101], &rules), Err(UploadError::Size { limit: 100 }));
        assert!(matches!(inspect("a.exe", b"MZ", &rules), Err(UploadError::Type { .. })));
        assert!(matches!(
            inspect("a.docx", &zip_of(&["word/document.xml"], 0), &rules),
            Err(UploadError::Type { .. } | UploadError::Size { .. })
        ));
        assert!(matches!(inspect("notes", b"hello", &rules), Err(UploadError::Type { .. })));
        assert_eq!(look("a.pdf", b"hello"), Err(UploadError::Damaged { named: "PDF" }));
        for (name, bytes) in [("a.pdf", PDF), ("a.jpg", JPG), ("a.png", PNG)] {
            assert_eq!(look(name, &bytes[..bytes.len() / 2]), Err(UploadError::CutOff), "{name}");
        }
        assert_eq!(look("a.ofd", b"PK\x03\x04broken"), Err(UploadError::Damaged { named: "OFD" }));
        assert_eq!(look("a.pdf", b"%PDF-1.7 trailer <</Encrypt 9 0 R>>"), Err(UploadError::Password));
        assert_eq!(look("a.pdf", b"%PDF-1.7 (how to use /EncryptMetadata) %%EOF"), Ok(FileKind::Pdf));
        assert_eq!(look("a.ofd", &zip_of(&["OFD.xml"], 1)), Err(UploadError::Password));
    }
}
