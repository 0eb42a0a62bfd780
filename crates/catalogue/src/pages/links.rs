//! Addresses with a query.

use std::fmt::Write as _;

/// `?q=过户&for=legal`, percent-encoded; parts without a value are left out, and nothing at all is an empty text.
pub fn query(parts: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (name, value) in parts.iter().filter(|(_, value)| !value.is_empty()) {
        out.push(if out.is_empty() { '?' } else { '&' });
        encode(&mut out, name);
        out.push('=');
        encode(&mut out, value);
    }
    out
}

fn encode(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::query;

    #[test]
    fn empty_parts_are_left_out_and_the_rest_is_encoded() {
        assert_eq!(query(&[("q", ""), ("for", "")]), "");
        assert_eq!(query(&[("q", "a&b=过"), ("theme", ""), ("to", "/my")]), "?q=a%26b%3D%E8%BF%87&to=/my");
    }
}
