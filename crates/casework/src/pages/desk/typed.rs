//! What a clerk typed, as part of an address: sealed, because an ID number or a phone in an address would stand in the
//! browser's history and in every log on the way.

use std::fmt::Write;

use crate::Casework;

/// Bound into what is sealed; an address made for one thing opens nothing else.
const LABEL: &str = "desk.typed";

/// Longer texts are nobody's number or name.
const LONGEST: usize = 200;

pub(super) fn seal(casework: &Casework, text: &str) -> String {
    let text: String = text.chars().take(LONGEST).collect();
    let sealed = casework.platform.sealer.seal_text(LABEL, &text);
    sealed.iter().fold(String::new(), |mut hex, byte| {
        // Writing into a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// What was sealed; nothing where the address was changed or made up.
pub(super) fn open(casework: &Casework, token: &str) -> Option<String> {
    if !token.is_ascii() || !token.len().is_multiple_of(2) {
        return None;
    }
    let byte = |at: usize| u8::from_str_radix(&token[at..at + 2], 16).ok();
    let sealed: Option<Vec<u8>> = (0..token.len()).step_by(2).map(byte).collect();
    casework.platform.sealer.open_text(LABEL, &sealed?).ok()
}
