//! Materials of a case: files added and removed, originals seen, verdicts of the window.

use yimen_platform::Ctx;
use yimen_store::{Read, Tx};

use crate::Casework;
use crate::command::Fetched;
use crate::draft::fillable;
use crate::error::{CaseworkError, Result};
use crate::model::{CaseState, Channel};
use crate::policy::{Act, Relation};
use crate::rules::Refusal;
use crate::store::materials::{self, File, MaterialRow};

/// How many files one case may hold.
pub const MAX_FILES: i64 = 200;

/// A file whose bytes already lie in the blob store.
#[derive(Debug, Clone)]
pub struct NewFile {
    pub slot: String,
    pub name: String,
    pub mime: String,
    pub size: i64,
    pub digest: String,
}

/// What the window or a reviewer found of one material.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub slot: String,
    /// True: in order. False: rejected, with the reason.
    pub accepted: bool,
    pub reason: String,
}

impl Casework {
    /// Files a material. Allowed in a draft, in a supplement, and for the window before acceptance or while a
    /// department waits for its answer.
    pub fn add_file(&self, tx: &mut Tx<'_>, ctx: &Ctx, id: i64, new: &NewFile) -> Result<i64> {
        let fetched = self.fetch(tx, ctx, id, Act::FillIn)?;
        let answering = fetched.case.state == CaseState::InReview
            && fetched.is(Relation::WINDOW)
            && fetched.case.tasks.iter().any(|t| t.state == crate::model::TaskState::Returned);
        if !answering {
            fillable(&fetched)?;
        }
        self.known_slot(&fetched, &new.slot)?;
        self.may_change(tx, &fetched, &new.slot)?;
        if materials::count_files(tx, id)? >= MAX_FILES {
            return Err(CaseworkError::Unavailable(format!(
                "一个办件最多上传{MAX_FILES}个文件，请先删除不需要的文件"
            )));
        }
        let file = File {
            id: ctx.new_id(),
            slot: new.slot.clone(),
            name: new.name.clone(),
            mime: new.mime.clone(),
            size: new.size,
            digest: new.digest.clone(),
            added_by: ctx.actor.name().into(),
            added_at: ctx.now,
            removed_at: None,
        };
        materials::add_file(tx, id, &file)?;
        // A scan made at the counter does not take back that the original was seen.
        let state = if self.original_seen(tx, &fetched, &new.slot)? { "original" } else { "provided" };
        self.set_material(tx, ctx, id, &new.slot, state, "")?;
        let body = serde_json::json!({ "slot": new.slot, "digest": new.digest, "size": new.size });
        self.note(tx, ctx, id, "material.added", body)?;
        Ok(file.id)
    }

    pub fn remove_file(&self, tx: &mut Tx<'_>, ctx: &Ctx, id: i64, file: i64) -> Result<()> {
        let fetched = self.fetch(tx, ctx, id, Act::FillIn)?;
        fillable(&fetched)?;
        let row = materials::file(tx, id, file)?.ok_or(CaseworkError::NotFound)?;
        self.may_change(tx, &fetched, &row.slot)?;
        let (case, own) = (&fetched.case, row.added_by == ctx.actor.name());
        if case.state == CaseState::Submitted && case.channel == Channel::Online && !own {
            return Err(Refusal::WrongState {
                state: case.state, wanted: "删除申请人网上提交的文件"
            }
            .into());
        }
        materials::remove_file(tx, id, file, ctx.now)?;
        let seen = self.original_seen(tx, &fetched, &row.slot)?;
        if !seen && !materials::files(tx, id)?.iter().any(|f| f.slot == row.slot) {
            self.set_material(tx, ctx, id, &row.slot, "missing", "")?;
        }
        self.note(
            tx,
            ctx,
            id,
            "material.removed",
            serde_json::json!({ "slot": row.slot, "digest": row.digest }),
        )
    }

    /// The clerk has seen the original (or takes the tick back).
    pub fn see_original(&self, tx: &mut Tx<'_>, ctx: &Ctx, id: i64, slot: &str, seen: bool) -> Result<()> {
        let fetched = self.fetch(tx, ctx, id, Act::PreCheck)?;
        fillable(&fetched)?;
        self.known_slot(&fetched, slot)?;
        let has_file = materials::files(tx, id)?.iter().any(|f| f.slot == slot);
        let state = match (seen, has_file) {
            (true, _) => "original",
            (false, true) => "provided",
            (false, false) => "missing",
        };
        self.set_material(tx, ctx, id, slot, state, "")?;
        self.note(tx, ctx, id, "material.original_seen", serde_json::json!({ "slot": slot, "seen": seen }))
    }

    /// Whether the one who files it is the window that ticked the original.
    fn original_seen(&self, tx: &mut Tx<'_>, fetched: &Fetched, slot: &str) -> Result<bool> {
        if !fetched.is(Relation::WINDOW) {
            return Ok(false);
        }
        let rows = materials::of_case(tx, fetched.case.id)?;
        Ok(rows.iter().any(|r| r.slot == slot && r.state == "original"))
    }

    /// Writes verdicts down; used by the pre-check inside its own transaction.
    pub(crate) fn judge(&self, tx: &mut Tx<'_>, ctx: &Ctx, id: i64, verdicts: &[Verdict]) -> Result<()> {
        for verdict in verdicts {
            let state = if verdict.accepted { "accepted" } else { "rejected" };
            self.set_material(tx, ctx, id, &verdict.slot, state, &verdict.reason)?;
        }
        Ok(())
    }

    fn set_material(
        &self,
        tx: &mut Tx<'_>,
        ctx: &Ctx,
        id: i64,
        slot: &str,
        state: &str,
        reason: &str,
    ) -> Result<()> {
        let row = MaterialRow {
            slot: slot.into(),
            state: state.into(),
            reason: reason.into(),
            by_name: ctx.actor.name().into(),
            at: ctx.now,
        };
        Ok(materials::set(tx, id, &row)?)
    }

    /// While a correction is being answered, what was handed in before and not asked for again stays as it is.
    fn may_change(&self, q: &mut Read<'_>, fetched: &Fetched, slot: &str) -> Result<()> {
        let Some(notice) =
            fetched.case.correction.as_ref().filter(|_| fetched.case.state == CaseState::Correcting)
        else {
            return Ok(());
        };
        if fetched.asks_for(&format!("material:{slot}")) {
            return Ok(());
        }
        let rows = materials::of_case(q, fetched.case.id)?;
        let settled = rows.iter().any(|r| r.slot == slot && r.state != "missing" && r.at <= notice.issued_at);
        match settled {
            false => Ok(()),
            true => {
                let name = fetched.version.material(slot).map_or(slot, |m| m.name.as_str());
                Err(Refusal::NotAskedFor(name.into()).into())
            }
        }
    }

    fn known_slot(&self, fetched: &Fetched, slot: &str) -> Result<()> {
        if fetched.version.material(slot).is_some() {
            return Ok(());
        }
        let state = fetched.case.state;
        Err(Refusal::WrongState { state, wanted: "上传清单以外的材料" }.into())
    }
}
