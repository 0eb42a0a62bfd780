//! Identifiers of people, organisations, places, services, real estate and licences.
//!
//! Each is a type that can only hold a well-formed value. `parse` forgives what people type (spaces, hyphens, full-width
//! or lower-case characters) and keeps one canonical form. Errors speak Chinese, say what to do, and never repeat the
//! number. A code that is well formed but in no list (an abolished county) is accepted: lists are data, forms are law.

mod credit;
mod division;
mod error;
mod estate;
mod licence;
mod resident;
mod service;

pub use credit::{CreditCode, OrganisationCode};
pub use division::{DivisionCode, DivisionLevel};
pub use error::{Fault, IdError, IdKind};
pub use estate::EstateUnit;
pub use licence::LicenceId;
pub use resident::{ResidentId, ResidentKind, Sex};
pub use service::{ExerciseLevel, ServiceCode, ServiceScheme};

/// What was typed, in half width and without spaces or invisible marks.
pub(crate) fn half_width(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        c => c,
    };
    let skip = |c: &char| c.is_whitespace() || matches!(c, '\u{200B}' | '\u{FEFF}');
    text.chars().filter(|c| !skip(c)).map(narrow).collect()
}

/// `half_width`, upper case and without hyphens: the form codes are written in.
pub(crate) fn tidy(text: &str) -> String {
    let hyphen = |c: &char| matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}');
    half_width(text).chars().filter(|c| !hyphen(c)).map(|c| c.to_ascii_uppercase()).collect()
}

/// Copies checked ASCII into fixed room; `None` when the length differs.
pub(crate) fn fixed<const N: usize>(text: &str) -> Option<[u8; N]> {
    text.as_bytes().try_into().ok()
}

/// The text of a code that was checked to be ASCII.
pub(crate) fn ascii(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

/// Text form in and out, for serde and `str::parse`, by the type's own `parse` and `as_str`.
macro_rules! text_form {
    ($name:ident, $error:ty) => {
        impl std::str::FromStr for $name {
            type Err = $error;
            fn from_str(text: &str) -> Result<Self, $error> {
                Self::parse(text)
            }
        }
        impl TryFrom<String> for $name {
            type Error = $error;
            fn try_from(text: String) -> Result<Self, $error> {
                Self::parse(&text)
            }
        }
        impl From<$name> for String {
            fn from(code: $name) -> String {
                code.as_str().to_owned()
            }
        }
    };
}
pub(crate) use text_form;
