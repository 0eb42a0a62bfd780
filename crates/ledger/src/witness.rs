//! Witnesses (C2SP tlog-witness). An office of another department keeps what it last saw of a log and cosigns only what
//! has grown from there: no single office can show two histories, or take one back.

use yimen_platform::Ctx;
use yimen_store::{StoreError, Tx};

use crate::error::LedgerError;
use crate::receipt::{broken, newest};
use crate::tlog::checkpoint::Checkpoint;
use crate::tlog::decimal;
use crate::tlog::hash::Hash;
use crate::tlog::key::{Algorithm, Signer, Verifier, cosigned_at};
use crate::tlog::note::{Note, SignatureLine};
use crate::tlog::tile::Tiles;
use crate::tlog::tree::{consistency, verify_consistency};
use crate::{Ledger, store};
use yimen_standards::time::Instant;

/// More steps no tree needs.
const MAX_STEPS: usize = 63;

/// What a witness is asked.
struct Request {
    old: u64,
    path: Vec<Hash>,
    note: Note,
    checkpoint: Checkpoint,
}

/// Why a witness does not cosign; the status that the protocol gives each.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("the request cannot be read")]
    Malformed,
    #[error("this log is not one that is witnessed here")]
    UnknownLog,
    #[error("no key of the log has signed the checkpoint")]
    Unsigned,
    #[error("the tree was last seen with {0} leaves")]
    OtherSize(u64),
    #[error("the tree of this size was seen with another root")]
    OtherRoot,
    #[error("the tree did not grow from the one last seen")]
    Inconsistent,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A witness: its key, and the logs it watches.
pub struct Witness {
    pub signer: Signer,
    pub logs: Vec<Verifier>,
}

impl Request {
    fn parse(body: &str) -> Option<Self> {
        let (head, note) = body.split_once("\n\n")?;
        let mut lines = head.split('\n');
        let old = decimal(lines.next()?.strip_prefix("old ")?)?;
        let path: Vec<Hash> = lines.map(Hash::from_base64).collect::<Option<_>>()?;
        let note = Note::parse(note).ok()?;
        let checkpoint = Checkpoint::parse(&note.text)?;
        (path.len() <= MAX_STEPS && old <= checkpoint.size).then_some(Self { old, path, note, checkpoint })
    }
}

impl Witness {
    /// Looks at a checkpoint and cosigns it, remembering it in the same transaction.
    pub fn add_checkpoint(&self, tx: &mut Tx<'_>, ctx: &Ctx, body: &str) -> Result<SignatureLine, Refused> {
        let Request { old, path, note, checkpoint } = Request::parse(body).ok_or(Refused::Malformed)?;
        let Checkpoint { origin, size, root } = &checkpoint;
        let keys: Vec<Verifier> = self.logs.iter().filter(|key| key.name() == origin).cloned().collect();
        if keys.is_empty() {
            return Err(Refused::UnknownLog);
        }
        note.verify(&keys).map_err(|_| Refused::Unsigned)?;
        let seen = store::witnessed(tx, origin)?;
        let (seen_size, seen_root) = seen.unwrap_or((0, Hash::empty()));
        if seen_size != old {
            return Err(Refused::OtherSize(seen_size));
        }
        if old == *size && seen_root != *root {
            return Err(Refused::OtherRoot);
        }
        if !verify_consistency(old, &seen_root, *size, root, &path) {
            return Err(Refused::Inconsistent);
        }
        store::witness(tx, origin, old, (*size, *root), ctx.now)?;
        Ok(self.signer.sign(&note.text, ctx.now.0.unsigned_abs() / 1000))
    }
}

/// A witness as the log knows it: where it is asked, and the key it answers with.
#[derive(Debug, Clone)]
pub struct KnownWitness {
    /// `add-checkpoint` is put behind it.
    pub url: String,
    pub key: Verifier,
}

impl KnownWitness {
    /// Reads `URL=NAME+ID+KEY`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let told = || "写作 地址=公钥，例如 https://witness.example=witness.example+1a2b3c4d+BK…".to_string();
        let (url, key) = text.split_once('=').ok_or_else(told)?;
        let key = Verifier::parse(key).map_err(|e| format!("{e}。{}", told()))?;
        if key.algorithm() != Algorithm::Cosignature
            || !(url.starts_with("http://") || url.starts_with("https://"))
        {
            return Err(told());
        }
        Ok(Self { url: url.trim_end_matches('/').into(), key })
    }
}

/// What a witness answered.
pub enum Answer {
    Cosigned(String),
    /// It last saw a tree of this size.
    LastSaw(u64),
    Refused(String),
}

impl Ledger {
    /// The body to ask a witness with that last saw `old` leaves, and the size asked for. None when nothing is signed, or
    /// the witness saw more than there is.
    pub async fn question(&self, old: u64) -> Result<Option<(String, u64)>, LedgerError> {
        self.platform
            .store
            .read(move |q| -> Result<_, LedgerError> {
                let Some((note, size)) = newest(q)? else { return Ok(None) };
                if old > size {
                    return Ok(None);
                }
                let path = {
                    let mut tiles = Tiles::new(size, |tile| store::hashes(q, &tile));
                    consistency(&mut tiles, old, size).map_err(broken)?
                };
                let steps: String = path.iter().map(|hash| hash.base64() + "\n").collect();
                Ok(Some((format!("old {old}\n{steps}\n{note}"), size)))
            })
            .await
    }

    /// Up to which size a witness has cosigned.
    pub async fn cosigned(&self, witness: &KnownWitness) -> Result<u64, LedgerError> {
        let name = witness.key.name().to_string();
        Ok(self.platform.store.read(move |q| store::last_cosigned(q, &name)).await?)
    }

    /// Keeps the line of a witness for the checkpoint of `size`, once its signature holds.
    pub async fn keep_cosignature(
        &self,
        witness: &KnownWitness,
        size: u64,
        lines: &str,
    ) -> Result<(), LedgerError> {
        let refuse = |problem: &str| LedgerError::Witness {
            witness: witness.key.name().into(),
            problem: problem.into(),
        };
        let signed = self.platform.store.read(store::latest).await?;
        let signed =
            signed.filter(|s| s.size.unsigned_abs() == size).ok_or_else(|| refuse("答复的检查点已经过时"))?;
        let mut note = Note::parse(&signed.note)?;
        note.signatures = lines.lines().map(SignatureLine::parse).collect::<Result<_, _>>()?;
        note.verify(std::slice::from_ref(&witness.key))?;
        let (name, id) = (witness.key.name(), witness.key.key_id());
        let line = note.signatures.iter().find(|line| line.name == name && line.key_id == id);
        let line = line.ok_or_else(|| refuse("答复里没有它的签名"))?;
        let at = cosigned_at(&line.signature).map_or(signed.at, |unix| Instant(unix as i64 * 1000));
        let (name, line) = (name.to_string(), line.to_string());
        let kept = self
            .platform
            .store
            .write("ledger.cosigned", move |tx| store::put_cosignature(tx, size, &name, &line, at));
        Ok(kept.await?)
    }

    /// Asks a witness about the newest checkpoint. `ask` posts a body to its address.
    pub async fn ask_witness<F, R>(&self, witness: &KnownWitness, ask: F) -> Result<bool, LedgerError>
    where
        F: Fn(String, String) -> R,
        R: Future<Output = Result<Answer, String>>,
    {
        let told = |problem: String| LedgerError::Witness { witness: witness.key.name().into(), problem };
        let mut old = self.cosigned(witness).await?;
        let newest = self.platform.store.read(store::latest).await?;
        if newest.is_none_or(|signed| signed.size.unsigned_abs() == old) {
            return Ok(false);
        }
        // Twice at most: a witness that last saw another size says so.
        for _ in 0..2 {
            let Some((body, size)) = self.question(old).await? else {
                return Err(told(format!("它见过 {old} 条的账本，比现在的还长：账本被截短过")));
            };
            let problem = match ask(format!("{}/add-checkpoint", witness.url), body).await {
                Ok(Answer::Cosigned(lines)) => {
                    self.keep_cosignature(witness, size, &lines).await?;
                    return Ok(true);
                }
                Ok(Answer::LastSaw(seen)) if seen != old => {
                    old = seen;
                    continue;
                }
                Ok(Answer::LastSaw(_)) => "答复前后不一致".to_string(),
                Ok(Answer::Refused(problem)) | Err(problem) => problem,
            };
            return Err(told(problem));
        }
        Err(told("它正在见证更新的账本，稍后再试".into()))
    }
}
