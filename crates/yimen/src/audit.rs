//! What the audit administrator's pages ask of other domains: words, numbers of cases, proofs and a signature.

use yimen_casework::pages::act_words;
use yimen_casework::store::case;
use yimen_identity::{AuditSource, IdentityError};
use yimen_ledger::{Ledger, code, export};
use yimen_platform::journal::Entry;
use yimen_standards::time::Instant;
use yimen_store::{Read, StoreError};

pub struct Audited {
    pub ledger: Ledger,
}

impl AuditSource for Audited {
    fn words(&self, verb: &str) -> String {
        act_words(verb)
    }

    fn case(&self, q: &mut Read<'_>, number: &str) -> Result<Option<i64>, StoreError> {
        case::id_by_number(q, number)
    }

    fn case_numbers(&self, q: &mut Read<'_>, cases: &[i64]) -> Result<Vec<(i64, String)>, StoreError> {
        case::numbers(q, cases)
    }

    fn proof(&self, q: &mut Read<'_>, entry: &Entry) -> Result<Option<String>, IdentityError> {
        let proof =
            self.ledger.receipt(q, entry).map_err(|error| IdentityError::Internal(error.to_string()))?;
        Ok(proof.map(|proof| format!("/ledger?r={}", code::encode(&proof.to_string()))))
    }

    fn sign(&self, sha256: &str, rows: u64, at: Instant) -> String {
        export::sign(&self.ledger.keys, sha256, rows, at)
    }
}
