//! SM3 digests (GB/T 32905-2016), over the RustCrypto implementation.

use sm3::Digest;

pub fn sm3(bytes: &[u8]) -> [u8; 32] {
    sm3::Sm3::digest(bytes).into()
}

/// A digest fed piece by piece, for what does not fit in memory.
#[derive(Clone, Default)]
pub struct Sm3(sm3::Sm3);

impl Sm3 {
    pub fn new() -> Sm3 {
        Sm3::default()
    }

    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}
