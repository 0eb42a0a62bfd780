//! Files made up for tests and as the first seeds of the fuzz targets.

use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, ZlibEncoder};

/// How an entry lies in an archive.
#[derive(Clone, Copy)]
pub enum Packed<'a> {
    Stored(&'a [u8]),
    Deflated(&'a [u8]),
    /// Says of itself that it has ten bytes.
    Lying(&'a [u8]),
    Locked,
}

/// A zip of these entries.
pub fn zip(entries: &[(&str, Packed<'_>)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, packed) in entries {
        let (flags, method, bytes, size) = match packed {
            Packed::Stored(bytes) => (0_u16, 0_u16, bytes.to_vec(), bytes.len()),
            Packed::Deflated(bytes) => (0, 8, deflated(bytes), bytes.len()),
            Packed::Lying(bytes) => (0, 8, deflated(bytes), 10),
            Packed::Locked => (1, 0, b"locked".to_vec(), 6),
        };
        let number = |size: usize| (size as u32).to_le_bytes();
        let mut common = vec![20, 0];
        common.extend([flags.to_le_bytes(), method.to_le_bytes()].concat());
        // Time and check sum are nobody's.
        common.extend([0; 8]);
        common.extend([number(bytes.len()), number(size)].concat());
        common.extend([(name.len() as u16).to_le_bytes(), [0, 0]].concat());
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(number(out.len()));
        directory.extend(name.as_bytes());
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(name.as_bytes());
        out.extend(&bytes);
    }
    let (count, start) = ((entries.len() as u16).to_le_bytes(), (out.len() as u32).to_le_bytes());
    let size = (directory.len() as u32).to_le_bytes();
    out.extend(directory);
    out.extend([&b"PK\x05\x06\0\0\0\0"[..], &count, &count, &size, &start, &[0, 0]].concat());
    out
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    // Writing to memory does not fail; what is short then is no worse a sample.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

/// As PDF packs streams.
pub fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

/// A document with these words between its beginning and its end.
pub fn pdf(middle: &[u8]) -> Vec<u8> {
    let end = b"\ntrailer <</Root 1 0 R>>\nstartxref\n9\n%%EOF\n";
    [b"%PDF-1.7\n1 0 obj <</Type/Catalog>> endobj\n", middle, end].concat()
}

/// A document with an object stream that holds these words, packed.
pub fn pdf_packed(inside: &[u8], dictionary: &str) -> Vec<u8> {
    let packed = zlib(inside);
    let head =
        format!("2 0 obj <</Type/ObjStm /N 1 /First 4 /Length {} {dictionary}>>\nstream\r\n", packed.len());
    pdf(&[head.as_bytes(), &packed, b"\r\nendstream endobj"].concat())
}

/// A JPEG of a red left and a blue right half, `width` by `height`; with an EXIF part that says where it was taken and how
/// it was held.
pub fn photo(width: u32, height: u32, orientation: u8) -> Vec<u8> {
    let picture = image::RgbImage::from_fn(width, height, |x, _| {
        image::Rgb(if x < width / 2 { [220, 10, 10] } else { [10, 10, 220] })
    });
    let mut bytes = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 90);
    let _ = picture.write_with_encoder(encoder);
    // TIFF header, one directory with orientation and a text that stands for the position.
    let mut tiff = b"MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    tiff.extend([orientation, 0, 0, 0, 0, 0, 0]);
    tiff.extend(b"GPS 30.2741 N 120.1551 E");
    let length = (tiff.len() + 8) as u16;
    let exif = [&b"\xFF\xE1"[..], &length.to_be_bytes(), b"Exif\0\0", &tiff].concat();
    bytes.splice(2..2, exif);
    bytes
}

/// A PNG that says it has so many points, and has none.
pub fn huge_png(width: u32, height: u32) -> Vec<u8> {
    let mut head = b"IHDR".to_vec();
    head.extend([width.to_be_bytes(), height.to_be_bytes()].concat());
    head.extend([8, 6, 0, 0, 0]);
    let mut bytes = b"\x89PNG\r\n\x1A\n\0\0\0\x0D".to_vec();
    let sum = crc(&head);
    bytes.extend(head);
    bytes.extend(sum.to_be_bytes());
    for (kind, data) in [(b"IDAT", zlib(&[])), (b"IEND", Vec::new())] {
        let part = [&kind[..], &data].concat();
        bytes.extend((data.len() as u32).to_be_bytes());
        bytes.extend(&part);
        bytes.extend(crc(&part).to_be_bytes());
    }
    bytes
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}
