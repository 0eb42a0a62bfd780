//! Cases as rows: the aggregate read in as few statements as the case needs, and written back by its revision.

use yimen_standards::time::Instant;
use yimen_store::{Read, StoreError, Tx, Value, params, row, sql};

use super::lists::NO_DUE;
use super::{records, task};
use crate::model::{Case, CaseState, Channel, Delivery, Outcome};

macro_rules! columns {
    () => {
        "id, number, service, version_id, revision, state, outcome, channel, delivery, applicant, applicant_name,
         office, lead, region, facts, created_by, created_at, submitted_at, received_at, accepted_at, deemed,
         decided_at, closed_at, ended_because, precheck_due, correction_due, statutory_due, promised_due, stopped_since,
         correction, stops, extensions, bills, documents"
    };
}

sql! {
    BY_ID = concat!("select ", columns!(), " from casework_case where id = $1");

    BY_NUMBER = concat!("select ", columns!(), " from casework_case where number = $1");

    NEWEST = "select id from casework_case order by id desc limit $1";

    /// Of as many cases as a page of a list names.
    NUMBERS = "select id, number from casework_case
        where id in ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)";

    ID_BY_NUMBER = "select id from casework_case where number = $1";

    BY_NONCE = "select id, number from casework_case where applicant = $1 and nonce = $2";

    INSERT = "insert into casework_case (id, number, service, version_id, revision, state, outcome, channel, delivery,
        applicant, applicant_name, nonce, office, lead, region, facts, created_by, created_at, deemed, correction,
        ended_because, stops, extensions, bills, documents, updated_at, updated_by)
        values ($1, $2, $3, $4, 0, 'draft', '', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 0, '', '', 0, 0, 0, 0,
        $15, $16)";

    UPDATE = "update casework_case set revision = revision + 1, state = $3, outcome = $4, submitted_at = $5,
        received_at = $6, accepted_at = $7, deemed = $8, decided_at = $9, closed_at = $10, precheck_due = $11,
        correction_due = $12, statutory_due = $13, promised_due = $14, stopped_since = $15, timer_at = $16,
        correction = $17, stops = $18, extensions = $19, bills = $20, documents = $21, updated_at = $22,
        updated_by = $23, running = $24, ended_because = $25, supplied_at = $26 where id = $1 and revision = $2";

    UPDATE_FACTS = "update casework_case set facts = $3, revision = revision + 1, updated_at = $4, updated_by = $5
        where id = $1 and revision = $2";

    SET_FACTS = "update casework_case set facts = $2 where id = $1";

    UPDATE_WAY = "update casework_case set delivery = $3, office = $4, revision = revision + 1, updated_at = $5,
        updated_by = $6 where id = $1 and revision = $2";

    ADD_REVISION = "insert into casework_revision (case_id, number, at, facts)
        values ($1, (select coalesce(max(number), 0) + 1 from casework_revision where case_id = $1), $2, $3)";

    REVISIONS = "select number, at, facts from casework_revision where case_id = $1 order by number";

    TIMERS = "select timer_at, id from casework_case where timer_at is not null and timer_at < $1
        and (timer_at, id) > ($2, $3) order by timer_at, id limit $4";
}

row! {
    struct CaseRow {
        id: i64,
        number: String,
        service: String,
        version_id: i64,
        revision: i64,
        state: String,
        outcome: String,
        channel: String,
        delivery: String,
        applicant: i64,
        applicant_name: String,
        office: String,
        lead: String,
        region: String,
        facts: Vec<u8>,
        created_by: i64,
        created_at: Instant,
        submitted_at: Option<Instant>,
        received_at: Option<Instant>,
        accepted_at: Option<Instant>,
        deemed: bool,
        decided_at: Option<Instant>,
        closed_at: Option<Instant>,
        ended_because: String,
        precheck_due: Option<Instant>,
        correction_due: Option<Instant>,
        statutory_due: Option<Instant>,
        promised_due: Option<Instant>,
        stopped_since: Option<Instant>,
        correction: String,
        stops: i64,
        extensions: i64,
        bills: i64,
        documents: i64,
    }
}

row! {
    /// What the applicant handed in one time.
    pub struct Revision {
        pub number: i64,
        pub at: Instant,
        pub facts: Vec<u8>,
    }
}

/// A case as loaded: the aggregate, its sealed answers, and what only the store cares about.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub case: Case,
    pub facts: Vec<u8>,
    pub created_by: i64,
    /// How many documents were issued so far.
    pub documents: i64,
}

/// A code in the database that the program does not know: the schema is newer, or somebody wrote by hand.
pub(crate) fn unknown(what: &str, code: &str) -> StoreError {
    StoreError::Other(format!("unknown {what} '{code}' in the database"))
}

pub fn load(q: &mut Read<'_>, id: i64) -> Result<Option<Loaded>, StoreError> {
    let row = q.opt(&BY_ID, params![id])?;
    row.map(|row| loaded(q, row)).transpose()
}

pub fn load_by_number(q: &mut Read<'_>, number: &str) -> Result<Option<Loaded>, StoreError> {
    let row = q.opt(&BY_NUMBER, params![number])?;
    row.map(|row| loaded(q, row)).transpose()
}

fn loaded(q: &mut Read<'_>, row: CaseRow) -> Result<Loaded, StoreError> {
    let id = row.id;
    let mut case = aggregate(&row)?;
    if row.accepted_at.is_some() {
        case.tasks = task::of_case(q, id)?;
    }
    if row.stops > 0 {
        case.stops = records::stops(q, id)?;
    }
    if row.extensions > 0 {
        case.extension = records::extension(q, id)?;
    }
    if row.bills > 0 {
        case.bills = records::bills(q, id)?;
    }
    Ok(Loaded { case, facts: row.facts, created_by: row.created_by, documents: row.documents })
}

fn aggregate(row: &CaseRow) -> Result<Case, StoreError> {
    let outcome = match row.outcome.as_str() {
        "" => None,
        code => Some(Outcome::parse(code).ok_or_else(|| unknown("outcome", code))?),
    };
    let correction = match row.correction.as_str() {
        "" => None,
        json => Some(serde_json::from_str(json).map_err(|e| StoreError::Other(e.to_string()))?),
    };
    Ok(Case {
        id: row.id,
        number: row.number.clone(),
        service: row.service.clone(),
        version_id: row.version_id,
        revision: row.revision,
        state: CaseState::parse(&row.state).ok_or_else(|| unknown("state", &row.state))?,
        outcome,
        channel: Channel::parse(&row.channel).ok_or_else(|| unknown("channel", &row.channel))?,
        delivery: Delivery::parse(&row.delivery).ok_or_else(|| unknown("delivery", &row.delivery))?,
        applicant: row.applicant,
        applicant_name: row.applicant_name.clone(),
        office: row.office.clone(),
        lead: row.lead.clone(),
        region: row.region.clone(),
        created_at: row.created_at,
        submitted_at: row.submitted_at,
        received_at: row.received_at,
        accepted_at: row.accepted_at,
        deemed: row.deemed,
        decided_at: row.decided_at,
        closed_at: row.closed_at,
        ended_because: row.ended_because.clone(),
        precheck_due: row.precheck_due,
        correction_due: row.correction_due,
        statutory_due: row.statutory_due,
        promised_due: row.promised_due,
        stopped_since: row.stopped_since,
        correction,
        tasks: Vec::new(),
        stops: Vec::new(),
        extension: None,
        bills: Vec::new(),
    })
}

pub fn newest(q: &mut Read<'_>, most: i64) -> Result<Vec<i64>, StoreError> {
    q.all(&NEWEST, params![most])
}

/// The numbers of cases, twenty to a read.
pub fn numbers(q: &mut Read<'_>, cases: &[i64]) -> Result<Vec<(i64, String)>, StoreError> {
    let mut all = Vec::new();
    for some in cases.chunks(20) {
        let id = |at: usize| Value::Int(some.get(at).copied().unwrap_or(0));
        let ids: [Value<'_>; 20] = std::array::from_fn(id);
        all.extend(q.all::<(i64, String)>(&NUMBERS, &ids)?);
    }
    Ok(all)
}

pub fn id_by_number(q: &mut Read<'_>, number: &str) -> Result<Option<i64>, StoreError> {
    q.opt::<i64>(&ID_BY_NUMBER, params![number])
}

/// The draft that the same form already made.
pub fn by_nonce(q: &mut Read<'_>, applicant: i64, nonce: &str) -> Result<Option<(i64, String)>, StoreError> {
    q.opt(&BY_NONCE, params![applicant, nonce])
}

/// A draft to be written.
pub struct NewCase<'a> {
    pub id: i64,
    pub number: &'a str,
    pub service: &'a str,
    pub version_id: i64,
    pub channel: Channel,
    pub delivery: Delivery,
    pub applicant: i64,
    pub applicant_name: &'a str,
    pub nonce: &'a str,
    pub office: &'a str,
    pub lead: &'a str,
    pub region: &'a str,
    pub facts: &'a [u8],
    pub created_by: i64,
    pub at: Instant,
}

pub fn insert(tx: &mut Tx<'_>, new: &NewCase<'_>) -> Result<(), StoreError> {
    let name = tx.name();
    tx.put(
        &INSERT,
        params![
            new.id,
            new.number,
            new.service,
            new.version_id,
            new.channel.code(),
            new.delivery.code(),
            new.applicant,
            new.applicant_name,
            new.nonce,
            new.office,
            new.lead,
            new.region,
            new.facts,
            new.created_by,
            new.at,
            name
        ],
    )
}

/// Writes what a command made of a case. A case that someone else changed meanwhile is a conflict.
pub fn update(
    tx: &mut Tx<'_>,
    before: &Case,
    after: &Case,
    documents: i64,
    at: Instant,
) -> Result<(), StoreError> {
    records::write(tx, before, after)?;
    task::write(tx, before, after)?;
    let correction = match &after.correction {
        Some(correction) => {
            serde_json::to_string(correction).map_err(|e| StoreError::Other(e.to_string()))?
        }
        None => String::new(),
    };
    let name = tx.name();
    tx.put_one(
        &UPDATE,
        params![
            before.id,
            before.revision,
            after.state.code(),
            after.outcome.map_or("", Outcome::code),
            after.submitted_at,
            after.received_at,
            after.accepted_at,
            after.deemed,
            after.decided_at,
            after.closed_at,
            after.precheck_due,
            after.correction_due,
            after.statutory_due,
            after.promised_due,
            after.stopped_since,
            after.timer_at(),
            &correction,
            after.stops.len() as i64,
            i64::from(after.extension.is_some()),
            after.bills.len() as i64,
            documents,
            at,
            name,
            running(after),
            &after.ended_because,
            after.supplied_at()
        ],
    )
}

/// What a case on its way runs towards, as the board sorts it.
fn running(case: &Case) -> Option<i64> {
    let on_its_way = case.state != CaseState::Draft && !case.state.is_final();
    on_its_way.then(|| case.running_due().map_or(NO_DUE, |due| due.0))
}

/// Saves answers of a draft or a supplement in the making.
pub fn update_facts(tx: &mut Tx<'_>, case: &Case, facts: &[u8], at: Instant) -> Result<(), StoreError> {
    let name = tx.name();
    tx.put_one(&UPDATE_FACTS, params![case.id, case.revision, facts, at, name])
}

/// Sets the facts inside a command that writes the case anyway.
pub fn set_facts(tx: &mut Tx<'_>, case: i64, facts: &[u8]) -> Result<(), StoreError> {
    tx.put_one(&SET_FACTS, params![case, facts])
}

/// How the result is handed over, and at which office.
pub fn update_way(
    tx: &mut Tx<'_>,
    case: &Case,
    delivery: Delivery,
    office: &str,
    at: Instant,
) -> Result<(), StoreError> {
    let name = tx.name();
    let (id, revision) = (case.id, case.revision);
    tx.put_one(&UPDATE_WAY, params![id, revision, delivery.code(), office, at, name])
}

pub fn add_revision(tx: &mut Tx<'_>, case: i64, at: Instant, facts: &[u8]) -> Result<(), StoreError> {
    tx.put(&ADD_REVISION, params![case, at, facts])
}

pub fn revisions(q: &mut Read<'_>, case: i64) -> Result<Vec<Revision>, StoreError> {
    q.all(&REVISIONS, params![case])
}

/// Cases on which time alone has something to do, the longest waiting first: (since when, id), after the last one seen.
pub fn timers(
    q: &mut Read<'_>,
    now: Instant,
    after: (i64, i64),
    limit: i64,
) -> Result<Vec<(i64, i64)>, StoreError> {
    q.all(&TIMERS, params![now, after.0, after.1, limit])
}
