//! What of a journal entry goes into the log: when and what kind of act, in the open; everything else bound by a salted
//! hash, so that a leaf tells nobody anything about a person.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use yimen_platform::journal::Entry;
use yimen_standards::time::Instant;

pub const SALT: usize = 16;

/// What the holder of a receipt gets to see of an entry; enough to make its leaf again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disclosure {
    /// Hexadecimal.
    pub salt: String,
    /// Milliseconds since 1970.
    pub at: i64,
    pub verb: String,
    pub case: i64,
    /// The facts of the act, as the journal has them.
    pub body: String,
    /// Hash over what is not shown: who acted, for which department, in which request. Hexadecimal.
    pub hidden: String,
}

/// What a receipt does not show.
#[derive(Serialize)]
struct Hidden<'a> {
    task: i64,
    actor_kind: &'a str,
    actor_id: i64,
    actor_name: &'a str,
    department: &'a str,
    office: &'a str,
    request: &'a str,
}

impl Disclosure {
    pub fn of(entry: &Entry, salt: &[u8]) -> Self {
        let hidden = Hidden {
            task: entry.task_id,
            actor_kind: &entry.actor_kind,
            actor_id: entry.actor_id,
            actor_name: &entry.actor_name,
            department: &entry.department,
            office: &entry.office,
            request: &entry.request,
        };
        // A struct of texts and numbers always serialises.
        let hidden = serde_json::to_vec(&hidden).expect("plain values");
        Self {
            salt: hex::encode(salt),
            at: entry.at.0,
            verb: entry.verb.clone(),
            case: entry.case_id,
            body: entry.body.clone(),
            hidden: hex::encode(salted(salt, &[&hidden])),
        }
    }

    /// The bytes of the leaf. None when salt or hash are not what they must be.
    pub fn leaf(&self) -> Option<Vec<u8>> {
        let salt = hex::decode(&self.salt).ok().filter(|salt| salt.len() == SALT)?;
        let hidden = hex::decode(&self.hidden).ok().filter(|hash| hash.len() == 32)?;
        // Names of acts are words of ours; a line break would make one leaf look like another.
        if self.verb.contains('\n') {
            return None;
        }
        let case = self.case.to_string();
        let bound = salted(&salt, &[case.as_bytes(), self.body.as_bytes(), &hidden]);
        let (at, verb, bound) = (self.at, &self.verb, hex::encode(bound));
        Some(format!("yimen-journal/v1\nat {at}\nverb {verb}\nbinds {bound}\n").into_bytes())
    }

    pub fn at(&self) -> Instant {
        Instant(self.at)
    }
}

/// Each part behind its length, so that no two lists of parts look alike.
fn salted(salt: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new_with_prefix(salt);
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}
