//! The log's own keys: one file, a secret key a line. All have the log's origin as their name.

use std::path::Path;

use crate::error::LedgerError;
use crate::tlog::key::{Algorithm, Signer, Verifier};

pub struct Keys {
    signers: Vec<Signer>,
}

impl Keys {
    /// Keys of a new log.
    pub fn generate(origin: &str, fill: impl Fn() -> [u8; 32]) -> Result<Self, crate::tlog::key::KeyError> {
        let mut signers = vec![Signer::new(origin, Algorithm::Ed25519, &fill())?];
        // A number too large for the curve comes once in four thousand million draws.
        let sm2 = loop {
            match Signer::new(origin, Algorithm::Sm2, &fill()) {
                Err(crate::tlog::key::KeyError::Malformed) => continue,
                other => break other?,
            }
        };
        signers.push(sm2);
        Ok(Self { signers })
    }

    /// Reads the file, or makes it when there is none.
    pub fn from_file(path: &Path, origin: &str, fill: impl Fn() -> [u8; 32]) -> Result<Self, LedgerError> {
        let file = path.display().to_string();
        if !path.exists() {
            let new = Self::generate(origin, fill);
            let new = new.map_err(|source| LedgerError::Key { path: file.clone(), line: 0, source })?;
            let io = |e: yimen_platform::SealError| match e {
                yimen_platform::SealError::Io { path, source } => LedgerError::KeyFile { path, source },
                other => LedgerError::Keys(other.to_string()),
            };
            yimen_platform::Sealer::write_key(path, &new.to_secret_text()).map_err(io)?;
        }
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|source| LedgerError::KeyFile { path: file.clone(), source })?;
        Self::parse(&text, &file)
    }

    /// `path` is for messages.
    pub fn parse(text: &str, path: &str) -> Result<Self, LedgerError> {
        let mut signers: Vec<Signer> = Vec::new();
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let signer = Signer::parse(line);
            let told = |source| LedgerError::Key { path: path.into(), line: index + 1, source };
            signers.push(signer.map_err(told)?);
        }
        let keys = Self { signers };
        let ed25519 = keys.signers.iter().filter(|s| s.verifier().algorithm() == Algorithm::Ed25519).count();
        let one_name = keys.signers.iter().all(|s| s.verifier().name() == keys.origin());
        if ed25519 == 1 && one_name { Ok(keys) } else { Err(LedgerError::Keys(path.into())) }
    }

    fn to_secret_text(&self) -> String {
        self.signers.iter().map(|s| s.to_secret_text() + "\n").collect()
    }

    /// Which log it is: the name of its keys.
    pub fn origin(&self) -> &str {
        self.signers.first().map_or("", |s| s.verifier().name())
    }

    pub fn signers(&self) -> &[Signer] {
        &self.signers
    }

    pub fn verifiers(&self) -> Vec<Verifier> {
        self.signers.iter().map(|s| s.verifier().clone()).collect()
    }
}
