//! Making the result of a granted case: its number without gaps, its validity, and what it shows.

use yimen_catalogue::model::ResultKind;
use yimen_catalogue::{Facts, Version};
use yimen_platform::{Ctx, serial};
use yimen_store::Tx;

use crate::command::with_today;
use crate::error::{CaseworkError, Result};
use crate::model::Case;
use crate::store::documents::{self, ResultRow};
use crate::{Casework, SHOWS};

pub(crate) fn make(
    casework: &Casework,
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    case: &Case,
    version: &Version,
    facts: &Facts,
) -> Result<()> {
    let facts = with_today(facts.clone(), ctx);
    let day = ctx.now.day();
    let series = format!("result:{}:{}", case.service, day.year());
    let number = serial::next(tx, &series)?;
    let spec = &version.service.result;
    let valid_until = version.valid_until(&facts).map_err(|e| CaseworkError::Internal(e.to_string()))?;
    let shows = serde_json::to_vec(&version.shown(&facts))?;
    let row = ResultRow {
        name: spec.name.clone(),
        kind: kind_zh(spec.kind).into(),
        number: version.result_number(&facts, &day.to_string(), number),
        department: case.lead.clone(),
        issued_at: ctx.now,
        valid_until: valid_until.unwrap_or_default(),
        shows: casework.platform.sealer.seal(SHOWS, &shows),
    };
    Ok(documents::insert_result(tx, case.id, &row)?)
}

fn kind_zh(kind: ResultKind) -> &'static str {
    match kind {
        ResultKind::Licence => "证照",
        ResultKind::Approval => "批文",
        ResultKind::Other => "其他",
    }
}
