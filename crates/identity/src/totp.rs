//! Time-based one-time passwords (RFC 6238: HMAC-SHA-1, six digits, thirty seconds), as every authenticator app makes them.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use yimen_standards::time::Instant;

const STEP_MS: i64 = 30_000;
/// How many steps a clock may be off, either way.
const DRIFT: i64 = 1;
/// RFC 4226 asks for at least 128 bits and recommends 160.
const SECRET: usize = 20;
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What app and server share. Whoever has it makes the codes, so it is sealed at rest and never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// From the system's randomness, never from a demo's seeded numbers.
    pub(crate) fn draw() -> Self {
        use rand::Rng as _;
        let mut bytes = vec![0; SECRET];
        rand::rng().fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// The same for a seed and a login every time, and known to everybody: for accounts of a demo only.
    pub fn for_demo(seed: u64, login: &str) -> Self {
        // HMAC takes a key of any length.
        let mut mac = Hmac::<Sha1>::new_from_slice(&seed.to_be_bytes()).expect("any key length");
        mac.update(login.as_bytes());
        Self(mac.finalize().into_bytes().to_vec())
    }

    pub(crate) fn of_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As people type it into an app; spaces and small letters do not matter.
    pub fn parse(text: &str) -> Option<Self> {
        let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u32, 0);
        for c in text.bytes().filter(|c| !c.is_ascii_whitespace() && *c != b'=') {
            let value = ALPHABET.iter().position(|a| *a == c.to_ascii_uppercase())?;
            // A position in 32 letters fits.
            held = (held << 5) | value as u32;
            bits += 5;
            if bits >= 8 {
                bits -= 8;
                bytes.push((held >> bits) as u8);
                held &= (1 << bits) - 1;
            }
        }
        (bytes.len() >= 16).then_some(Self(bytes))
    }

    /// Base 32 without padding (RFC 4648).
    pub fn base32(&self) -> String {
        let (mut out, mut held, mut bits) = (String::new(), 0_u32, 0);
        for byte in &self.0 {
            held = (held << 8) | u32::from(*byte);
            bits += 8;
            while bits >= 5 {
                bits -= 5;
                out.push(char::from(ALPHABET[(held >> bits) as usize & 31]));
            }
            held &= (1 << bits) - 1;
        }
        if bits > 0 {
            out.push(char::from(ALPHABET[(held << (5 - bits)) as usize & 31]));
        }
        out
    }

    /// What the QR code says to the app.
    pub(crate) fn uri(&self, login: &str) -> String {
        // Both texts are escaped: 一门.
        let issuer = "%E4%B8%80%E9%97%A8";
        format!("otpauth://totp/{issuer}:{login}?secret={}&issuer={issuer}", self.base32())
    }

    /// The six digits of a moment.
    pub fn code(&self, now: Instant) -> String {
        digits(&self.0, step(now), 6)
    }

    /// The step whose code this is, if it is one of now and none that was taken before.
    pub(crate) fn accepts(&self, code: &str, now: Instant, last: i64) -> Option<i64> {
        let now = step(now);
        // All are compared, in the same time whichever it is.
        let found = (now - DRIFT..=now + DRIFT)
            .filter(|step| same(digits(&self.0, *step, 6).as_bytes(), code.as_bytes()))
            .max();
        found.filter(|step| *step > last)
    }
}

fn step(now: Instant) -> i64 {
    now.0.div_euclid(STEP_MS)
}

fn digits(secret: &[u8], step: i64, length: u32) -> String {
    // HMAC takes a key of any length.
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).expect("any key length");
    mac.update(&step.to_be_bytes());
    let hash: [u8; 20] = mac.finalize().into_bytes().into();
    let at = usize::from(hash[19] & 15);
    let word = u32::from_be_bytes([hash[at] & 0x7f, hash[at + 1], hash[at + 2], hash[at + 3]]);
    format!("{:0width$}", word % 10_u32.pow(length), width = length as usize)
}

fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |odd, (a, b)| odd | (a ^ b)) == 0
}

/// A code that works once when the app is out of reach: 80 bits, in two groups.
pub(crate) fn recovery_code() -> String {
    let text = Secret(Secret::draw().0[..10].to_vec()).base32();
    format!("{}-{}", &text[..8], &text[8..])
}

/// What somebody typed as a code: half width, without spaces and hyphens.
pub(crate) fn plain_code(text: &str) -> String {
    let kept = text.chars().map(|c| match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        c => c,
    });
    kept.filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// RFC 6238, appendix B.
    #[test]
    fn the_published_vectors_come_out() {
        let secret = b"12345678901234567890";
        for (seconds, code) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            assert_eq!(digits(secret, step(Instant(seconds * 1000)), 8), code);
        }
    }

    /// RFC 4226, appendix D: the codes of the counters 0 to 9, six digits.
    #[test]
    fn the_published_counters_come_out() {
        let codes = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871",
            "520489",
        ];
        for (counter, code) in codes.iter().enumerate() {
            assert_eq!(digits(b"12345678901234567890", counter as i64, 6), *code);
        }
    }

    /// RFC 4648, section 10, without the padding.
    #[test]
    fn base_32_is_the_published_one() {
        for (plain, text) in [("f", "MY"), ("fo", "MZXQ"), ("foob", "MZXW6YQ"), ("foobar", "MZXW6YTBOI")] {
            assert_eq!(Secret(plain.into()).base32(), text);
        }
        assert_eq!(Secret::parse("mzxw6ytboi"), None, "too short to be secret");
        assert_eq!(Secret::parse("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ1"), None, "1 is no letter of it");
    }

    #[test]
    fn a_code_of_one_step_before_and_after_is_taken_and_none_twice() {
        let (secret, now) = (Secret::draw(), Instant(1_780_000_000_000));
        let at = |steps: i64| secret.code(now.plus_millis(steps * STEP_MS));
        for steps in -1..=1 {
            assert_eq!(secret.accepts(&at(steps), now, 0), Some(step(now) + steps));
        }
        for steps in [-3, -2, 2, 3] {
            assert_eq!(secret.accepts(&at(steps), now, 0), None, "{steps}");
        }
        assert_eq!(secret.accepts(&at(0), now, step(now)), None, "taken before");
        assert_eq!(secret.accepts(&at(-1), now, step(now)), None, "older than the one taken");
        for wrong in ["", "12345", "1234567", "abcdef"] {
            assert_eq!(secret.accepts(wrong, now, 0), None);
        }
        assert!(!format!("{secret:?}").contains(&secret.base32()));
    }

    #[test]
    fn recovery_codes_are_long_and_all_different() {
        let codes: std::collections::HashSet<_> = (0..200).map(|_| recovery_code()).collect();
        assert_eq!(codes.len(), 200);
        for code in codes {
            assert_eq!((code.len(), plain_code(&code).len()), (17, 16), "{code}");
            assert_eq!(plain_code(&format!(" {} ", code.to_lowercase())), plain_code(&code));
        }
        assert_eq!(plain_code("１２３ 456"), "123456");
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(bytes in prop::collection::vec(any::<u8>(), 16..40)) {
            let secret = Secret(bytes);
            let text = secret.base32();
            prop_assert_eq!(Secret::parse(&text), Some(secret.clone()));
            let spaced: String = text.to_lowercase().chars().flat_map(|c| [c, ' ']).collect();
            prop_assert_eq!(Secret::parse(&spaced), Some(secret));
        }
    }
}
