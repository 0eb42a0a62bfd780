//! What supervisors see: lists of the cases on their way, by the rule by which `live.rs` counts them, so that numbers and
//! lists agree.

use yimen_standards::time::Instant;
use yimen_store::{Read, StoreError, params, row, sql};

use super::lists::NO_DUE;

/// Where a case belongs; $1 is now, $2 the end of the next working day. Each case is in exactly one. What was late before
/// its clock was stopped stays late: a stopped clock has no due time.
macro_rules! group {
    () => {
        "case when state = 'decided' then 'decided' when state = 'correcting' then 'correcting'
         when running < $1 then 'late' when stopped_since is not null then 'stopped'
         when running < $2 then 'soon' else 'normal' end"
    };
}

sql! {
    CASES = concat!(
        "select id, number, service, version_id, state, outcome, applicant_name, lead, office, created_at, submitted_at,
         accepted_at, promised_due, precheck_due, correction_due, stopped_since, running
         from casework_case where running is not null
         and (running, id) > ($3, $4) and running >= $3 and running < $5
         and ($6 = '' or ", group!(), " = $6) and ($7 = '' or lead = $7) and ($8 = '' or service = $8)
         and ($9 = '' or office = $9) and ($10 = '' or state in ('in_review', 'decided'))
         order by running, id limit $11"
    );

    EXTENSIONS = "select e.id, e.case_id, c.number, c.service, c.version_id, c.applicant_name, e.lead, e.reason, e.by_limit,
        e.requested_by, e.requested_at, c.promised_due, c.statutory_due
        from casework_extension e join casework_case c on c.id = e.case_id
        where e.state = 'requested' and e.lead = $1 and (e.requested_at, e.id) > ($2, $3) and c.state = 'in_review'
        order by e.requested_at, e.id limit $4";

    EXTENSIONS_OF_ALL = "select /* scan: open requests are few, and have an index of their own */
        e.id, e.case_id, c.number, c.service, c.version_id, c.applicant_name, e.lead, e.reason, e.by_limit,
        e.requested_by, e.requested_at, c.promised_due, c.statutory_due
        from casework_extension e join casework_case c on c.id = e.case_id
        where e.state = 'requested' and (e.requested_at, e.id) > ($1, $2) and c.state = 'in_review'
        order by e.requested_at, e.id limit $3";
}

row! {
    /// A case on a list of the board.
    #[derive(Debug, Clone)]
    pub struct BoardCase {
        pub id: i64,
        pub number: String,
        pub service: String,
        pub version_id: i64,
        pub state: String,
        pub outcome: String,
        pub applicant_name: String,
        pub lead: String,
        pub office: String,
        pub created_at: Instant,
        pub submitted_at: Option<Instant>,
        pub accepted_at: Option<Instant>,
        pub promised_due: Option<Instant>,
        pub precheck_due: Option<Instant>,
        pub correction_due: Option<Instant>,
        pub stopped_since: Option<Instant>,
        /// The key it is sorted by.
        pub running: i64,
    }

    /// An extension somebody asked for.
    #[derive(Debug, Clone)]
    pub struct ExtensionItem {
        pub id: i64,
        pub case_id: i64,
        pub number: String,
        pub service: String,
        pub version_id: i64,
        pub applicant_name: String,
        pub lead: String,
        pub reason: String,
        pub by_limit: String,
        pub requested_by: i64,
        pub requested_at: Instant,
        pub promised_due: Option<Instant>,
        pub statutory_due: Option<Instant>,
    }
}

/// Which cases; empty texts do not limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseFilter {
    pub standing: String,
    pub lead: String,
    pub service: String,
    pub office: String,
    /// Only those a head may open.
    pub accepted: bool,
}

/// One page of cases by what they run towards, after the key of the last one seen.
pub fn cases(
    q: &mut Read<'_>,
    (now, soon): (Instant, Instant),
    filter: &CaseFilter,
    after: Option<(i64, i64)>,
    limit: i64,
) -> Result<Vec<BoardCase>, StoreError> {
    // The standing follows from the due time, so that most of the index need not be looked at.
    let (from, to) = match filter.standing.as_str() {
        "late" => (0, now.0),
        "soon" => (now.0, soon.0),
        "normal" => (soon.0, i64::MAX),
        "decided" | "stopped" => (NO_DUE, i64::MAX),
        _ => (0, i64::MAX),
    };
    let (due, id) = after.unwrap_or((from - 1, i64::MAX));
    let accepted = if filter.accepted { "yes" } else { "" };
    let CaseFilter { standing, lead, service, office, .. } = filter;
    q.all(&CASES, params![now, soon, due, id, to, standing, lead, service, office, accepted, limit])
}

/// Extensions that wait for an answer, the longest waiting first; an empty `lead` asks for the whole city.
pub fn extensions(
    q: &mut Read<'_>,
    lead: &str,
    (at, id): (i64, i64),
    limit: i64,
) -> Result<Vec<ExtensionItem>, StoreError> {
    match lead {
        "" => q.all(&EXTENSIONS_OF_ALL, params![at, id, limit]),
        lead => q.all(&EXTENSIONS, params![lead, at, id, limit]),
    }
}
