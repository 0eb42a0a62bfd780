//! Check characters. Each function takes the text before the check character and gives `None` for a character outside
//! the scheme's alphabet.

/// ISO 7064 MOD 11-2 (GB/T 17710): digits, check `0`–`9` or `X`. Resident IDs.
pub fn mod_11_2(body: &str) -> Option<u8> {
    let mut p = 0;
    for c in body.bytes() {
        p = (p + digit(c)?) * 2 % 11;
    }
    Some(b"0123456789X"[((12 - p) % 11) as usize])
}

/// ISO 7064 MOD 37,36 (GB/T 17710), a hybrid system: `0`–`9`, `A`–`Z`. Licence identifiers and case numbers.
pub fn mod_37_36(body: &str) -> Option<u8> {
    let mut p = 36;
    for c in body.bytes() {
        p = (p + alphanumeric(c)?) % 36;
        p = if p == 0 { 36 } else { p } * 2 % 37;
    }
    Some(ALPHANUMERIC[((37 - p) % 36) as usize])
}

/// MOD 31 of GB 32100-2015 over 17 characters without I, O, S, V, Z. Unified social credit codes.
pub fn credit(body: &str) -> Option<u8> {
    let (mut sum, mut weight) = (0, 1);
    for c in body.bytes() {
        sum += weight * CREDIT.iter().position(|a| *a == c)?;
        weight = weight * 3 % 31;
    }
    Some(CREDIT[(31 - sum % 31) % 31])
}

/// MOD 11 of GB 11714 over 8 characters. Organisation codes.
pub fn organisation(body: &str) -> Option<u8> {
    const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    if body.len() != WEIGHTS.len() {
        return None;
    }
    let mut sum = 0;
    for (c, weight) in body.bytes().zip(WEIGHTS) {
        sum += alphanumeric(c)? * weight;
    }
    Some(b"0123456789X"[((11 - sum % 11) % 11) as usize])
}

pub(crate) const CREDIT: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
const ALPHANUMERIC: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

fn digit(c: u8) -> Option<u32> {
    c.is_ascii_digit().then(|| u32::from(c - b'0'))
}

fn alphanumeric(c: u8) -> Option<u32> {
    match c {
        b'0'..=b'9' => Some(u32::from(c - b'0')),
        b'A'..=b'Z' => Some(u32::from(c - b'A') + 10),
        _ => None,
    }
}
