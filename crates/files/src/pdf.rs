//! Documents that act by themselves: scripts and actions that start a program, also where they are packed or spelled in numbers.

use std::io::Read;

use flate2::read::ZlibDecoder;

/// What is found in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    Script,
    /// Starts a program.
    Launch,
    /// Objects are packed in a way that no program for documents uses: what they do cannot be seen.
    Hidden,
}

/// Of one object stream, unpacked.
const MOST_BYTES: u64 = 16 << 20;
/// Of all of them.
const MOST_TOGETHER: u64 = 128 << 20;
/// Names are read as far as this: the longest that is looked for has as many bytes.
const LONGEST: usize = 11;
/// How far from its name the bytes of an object stream begin: the rest of its dictionary.
const NEAR: usize = 4096;

/// Looks at every name of the document wherever it stands, for a reader of documents finds objects by their places and not
/// one after the other; and into its object streams, where newer documents keep what older ones show openly.
///
/// A name is only taken for what it is if it is whole, so pictures and fonts with the same bytes by chance are rare: once in
/// 2^80 bytes.
pub fn acts(bytes: &[u8]) -> Option<Act> {
    let mut left = MOST_TOGETHER;
    let mut found = None;
    names(bytes, |name, end| {
        found = match name {
            b"JavaScript" => Some(Act::Script),
            b"Launch" => Some(Act::Launch),
            b"ObjStm" => in_stream(bytes, end, &mut left),
            _ => None,
        };
        found.is_none()
    });
    found
}

/// Calls `look` with each name, its `#41` read as `A`, and the place behind it, until it says that it is enough.
fn names(bytes: &[u8], mut look: impl FnMut(&[u8], usize) -> bool) {
    let mut at = 0;
    let mut name = Vec::with_capacity(LONGEST);
    while let Some(step) = bytes.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == b'/')) {
        at += step + 1;
        name.clear();
        let mut end = at;
        while let Some(byte) = bytes.get(end).filter(|byte| is_regular(**byte)) {
            let hex = |place: usize| bytes.get(place).and_then(|byte| char::from(*byte).to_digit(16));
            match (*byte, hex(end + 1), hex(end + 2)) {
                (b'#', Some(high), Some(low)) => {
                    name.push((high * 16 + low) as u8);
                    end += 3;
                }
                (byte, ..) => {
                    name.push(byte);
                    end += 1;
                }
            }
            if name.len() == LONGEST {
                break;
            }
        }
        if !look(&name, end) {
            return;
        }
        at = end;
    }
}

/// Not white space and none of the delimiters (ISO 32000-1, 7.2.2).
fn is_regular(byte: u8) -> bool {
    !matches!(
        byte,
        0 | 9 | 10 | 12 | 13 | b' ' | b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%'
    )
}

/// What the object stream does whose dictionary has its kind before `at`.
fn in_stream(bytes: &[u8], at: usize, left: &mut u64) -> Option<Act> {
    let rest = &bytes[at..bytes.len().min(at + NEAR)];
    // The name alone, in a text or far from any stream, is nothing.
    let keyword = find(rest, b"stream")?;
    // Names may be spelled in numbers here, too.
    let before = bytes[..at].len().saturating_sub(NEAR);
    let start = rfind(&bytes[before..at], b"obj").map_or(before, |from| before + from);
    let dictionary = &bytes[start..at + keyword];
    let (mut filters, mut other) = (0, false);
    names(dictionary, |name, _| {
        match name {
            b"FlateDecode" | b"Fl" => filters += 1,
            name => other |= OTHERS.contains(&name),
        }
        true
    });
    let data =
        bytes[at + keyword + b"stream".len()..].strip_prefix(b"\r").unwrap_or(&bytes[at + keyword + 6..]);
    let data = data.strip_prefix(b"\n").unwrap_or(data);
    match (filters, other) {
        // What is not packed was read with the rest.
        (0, false) => None,
        (1, false) => unpacked(data, left),
        _ => Some(Act::Hidden),
    }
}

/// Other ways to pack, and what makes of packed bytes something else; as far as names are read.
const OTHERS: &[&[u8]] = &[
    b"ASCIIHexDec",
    b"ASCII85Deco",
    b"LZWDecode",
    b"RunLengthDe",
    b"CCITTFaxDec",
    b"JBIG2Decode",
    b"DCTDecode",
    b"JPXDecode",
    b"Crypt",
    b"AHx",
    b"A85",
    b"LZW",
    b"RL",
    b"CCF",
    b"DCT",
    b"DecodeParms",
    b"DP",
    // In a file of its own.
    b"F",
];

fn unpacked(data: &[u8], left: &mut u64) -> Option<Act> {
    let mut inside = Vec::new();
    // Broken off, it is read as far as it goes: so do programs that show documents.
    let _ = ZlibDecoder::new(data).take(MOST_BYTES.min(*left) + 1).read_to_end(&mut inside);
    if inside.len() as u64 > MOST_BYTES.min(*left) {
        return Some(Act::Hidden);
    }
    *left -= inside.len() as u64;
    let mut found = None;
    names(&inside, |name, _| {
        found = match name {
            b"JavaScript" => Some(Act::Script),
            b"Launch" => Some(Act::Launch),
            _ => None,
        };
        found.is_none()
    });
    found
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|window| window == needle)
}

fn rfind(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).rposition(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{pdf, pdf_packed};

    #[test]
    fn documents_that_only_show_something_do_nothing() {
        assert_eq!(acts(&pdf(b"")), None);
        assert_eq!(
            acts(&pdf(
                b"3 0 obj <</OpenAction [1 0 R /Fit] /A <</S/URI /URI(https://www.gov.cn)>> >> endobj"
            )),
            None
        );
        assert_eq!(acts(&pdf(b"(JavaScript and Launch are words) /JavaScripts /Launched /LaunchPad")), None);
        assert_eq!(acts(&pdf_packed(b"3 0 <</Type/Page /Contents 5 0 R>>", "/Filter/FlateDecode")), None);
        assert_eq!(acts(&pdf_packed(b"3 0 <</Type/Page>>", "/Filter [/FlateDecode]")), None);
        assert_eq!(acts(b""), None);
    }

    #[test]
    fn scripts_and_programs_are_found_in_the_open_in_numbers_and_packed() {
        for (inside, act) in [
            (&b"<</S/JavaScript /JS (app.alert(1))>>"[..], Act::Script),
            (b"<</Names <</JavaScript 7 0 R>> >>", Act::Script),
            (b"<</S /J#61v#61Script /JS 8 0 R>>", Act::Script),
            (b"<</S/Launch /F (cmd.exe)>>", Act::Launch),
            (b"<</S/#4caunch/Win <</F(calc)>> >>", Act::Launch),
            // In the middle of another object's bytes, where the table of places leads.
            (b"4 0 obj <</Length 40>> stream\n <</S/JavaScript>> \nendstream endobj", Act::Script),
            (b"(a string that never ends <</S/Launch>>", Act::Launch),
        ] {
            assert_eq!(acts(&pdf(inside)), Some(act), "{}", String::from_utf8_lossy(inside));
            assert_eq!(acts(&pdf_packed(inside, "/Filter/FlateDecode")), Some(act));
            assert_eq!(acts(&pdf_packed(inside, "/Filter/Fl#61teDecode")), Some(act));
        }
        for way in [
            "/Filter [/ASCIIHexDecode/FlateDecode]",
            "/Filter [/FlateDecode /FlateDecode]",
            "/Filter/FlateDecode /DecodeParms <</Predictor 12>>",
            "/Filter/FlateDecode /D#65codeParms 9 0 R",
            "/Filter/LZWDecode",
        ] {
            assert_eq!(acts(&pdf_packed(b"<</Type/Page>>", way)), Some(Act::Hidden), "{way}");
        }
        // A bomb.
        assert_eq!(acts(&pdf_packed(&vec![b' '; (16 << 20) + 1], "/Filter/FlateDecode")), Some(Act::Hidden));
    }

    #[test]
    fn broken_documents_are_read_as_far_as_they_go() {
        let whole = pdf_packed(b"<</Type/Page>>", "/Filter/FlateDecode");
        for cut in 0..whole.len() {
            let _ = (acts(&whole[..cut]), acts(&whole[cut..]));
            let mut changed = whole.clone();
            changed[cut] ^= 0xFF;
            let _ = acts(&changed);
        }
    }
}
