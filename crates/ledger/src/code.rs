//! A receipt as short text for a QR code or an address: deflated, and in the letters an address may hold.

use std::io::{Read, Write};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

/// A receipt is a few thousand bytes; what swells beyond this is none.
const MAX_BYTES: u64 = 64 * 1024;

pub fn encode(receipt: &str) -> String {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    // Writing to memory does not fail.
    let deflated = encoder.write_all(receipt.as_bytes()).and_then(|()| encoder.finish());
    URL_SAFE_NO_PAD.encode(deflated.unwrap_or_default())
}

pub fn decode(code: &str) -> Option<String> {
    let deflated = URL_SAFE_NO_PAD.decode(code.trim()).ok()?;
    let mut text = String::new();
    let read = DeflateDecoder::new(&deflated[..]).take(MAX_BYTES).read_to_string(&mut text).ok()?;
    ((read as u64) < MAX_BYTES).then_some(text)
}
