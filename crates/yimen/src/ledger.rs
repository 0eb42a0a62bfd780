//! The transparency log wired into the city: its keys, the words of its acts, and the mark it puts on documents.

use std::sync::Arc;

use axum::Router;
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use rand::Rng;
use yimen_casework::pages::{DocumentMark, Mark, act_words};
use yimen_ledger::tlog::proof::Proof;
use yimen_ledger::witness::KnownWitness;
use yimen_ledger::{Keys, Ledger, LedgerError, code, pages};
use yimen_platform::Platform;

use crate::open::Place;

/// The log of the city in `place`; its keys are made at the first start.
pub fn open(place: &Place, platform: &Platform, witnesses: Vec<KnownWitness>) -> Result<Ledger, LedgerError> {
    let keys = keys(place, platform, false)?;
    Ok(Ledger { platform: platform.clone(), keys: Arc::new(keys), witnesses: Arc::new(witnesses) })
}

/// The log's keys. Two logs never share a name: it holds the fingerprint of the city's key. A log that has been signed gets
/// `new` keys only where somebody asks for it: under others, nothing signed before holds.
pub fn keys(place: &Place, platform: &Platform, new: bool) -> Result<Keys, LedgerError> {
    let file = place.ledger_key_file();
    if !new && !file.exists() && platform.store.read_blocking(yimen_ledger::is_signed)? {
        return Err(LedgerError::KeyMissing(file.display().to_string()));
    }
    let origin = format!("yimen/{}/tlog", platform.sealer.fingerprint());
    Keys::from_file(&file, &origin, || {
        let mut seed = [0; 32];
        rand::rng().fill_bytes(&mut seed);
        seed
    })
}

pub fn routes(ledger: &Ledger) -> Router {
    pages::routes(ledger.clone(), Arc::new(act_words))
}

/// Puts the proof of the act on the document that came of it, as a QR code that leads to the page where it is checked.
pub fn mark(ledger: &Ledger, base: &str) -> DocumentMark {
    let (ledger, base) = (ledger.clone(), base.trim_end_matches('/').to_string());
    DocumentMark(Arc::new(move |q, entry| match ledger.receipt(q, entry) {
        Ok(proof) => proof.and_then(|proof| drawn(&proof, &base)),
        Err(error) => {
            // The document is good without it; the mark comes back with the log.
            tracing::error!(%error, "no proof for a document");
            None
        }
    }))
}

fn drawn(proof: &Proof, base: &str) -> Option<Mark> {
    let receipt = proof.to_string();
    let address = format!("{base}/ledger?r={}", code::encode(&receipt));
    let drawn = QrCode::with_error_correction_level(address.as_bytes(), EcLevel::L);
    // Only a proof larger than a QR code can hold is left out; the file still has it.
    let svg = drawn.ok().map(|qr| {
        let svg = qr.render::<svg::Color<'_>>().quiet_zone(true).build();
        svg.trim_start_matches("<?xml version=\"1.0\" standalone=\"yes\"?>").to_string()
    });
    Some(Mark {
        svg: svg.unwrap_or_default(), note: "扫码核验：本文书已存入公开账本".into(), receipt
    })
}
