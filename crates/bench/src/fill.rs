//! A city's worth of cases, copied inside the engine from a few that lived: every copy has its own number, applicant,
//! service and times. Only the fill runs without durability; what is measured afterwards does not.

use std::time::Duration;

use rusqlite::types::ValueRef;
use yimen::open::Place;
use yimen_standards::case_number::CaseNumber;
use yimen_standards::id::DivisionCode;
use yimen_standards::time::Instant;

use crate::engine::connect;
use crate::world::{Failure, SERVICE};

/// How many cases.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub closed: i64,
    pub open: i64,
}

/// Cases copied by one statement.
const CHUNK: i64 = 20_000;
/// First ids of the copies; a row below a case has the case's id times `ROOM` plus its place.
const CLOSED: i64 = 1_000_000_000_000;
const OPEN: i64 = 2_000_000_000_000;
const ROOM: i64 = 64;
/// How long the followers of the journal may take for all of it.
const PATIENCE: Duration = Duration::from_secs(600);

/// What every copied case has, and what only open ones are given: pages read those.
const ALWAYS: [&str; 1] = ["casework_task"];
const OF_OPEN: [&str; 7] = [
    "casework_material",
    "casework_file",
    "casework_revision",
    "casework_document",
    "casework_bill",
    "casework_result",
    "platform_journal",
];

/// Connections to PostgreSQL that fill side by side.
const LANES: usize = 2;

enum Db {
    Sqlite(rusqlite::Connection),
    Postgres(Vec<tokio_postgres::Client>),
}

/// Fills the database of `place`, which nobody else has open.
pub async fn fill(place: &Place, size: Size) -> Result<(), Failure> {
    let db = Db::open(place).await?;
    match &db {
        Db::Sqlite(_) => db.alone().await?,
        // Foreign keys hold by how the rows are made; asked row by row they would take longer than everything else.
        Db::Postgres(_) => {
            let each = "set synchronous_commit = off; set session_replication_role = replica;
                set maintenance_work_mem = '512MB'";
            db.run_side_by_side(vec![each.to_owned(); LANES]).await?;
        }
    }
    let indexes = db.without_indexes().await?;
    let own = db.own();
    db.run(&format!(
        "create {own} table bench_service as select row_number() over (order by code) - 1 as k, code, version_id
           from catalogue_current where kind = 'service' and (code = '{SERVICE}' or code like '{SERVICE}-%');
         create {own} table bench_person as select row_number() over (order by id) - 1 as k, id as party, name
           from parties_party;
         create {own} table bench_number (i bigint primary key, number text)"
    ))
    .await?;
    db.copies("closed_at is not null", CLOSED, size.closed, &ALWAYS).await?;
    let all = [&ALWAYS[..], &OF_OPEN[..]].concat();
    db.copies("closed_at is null and submitted_at is not null", OPEN, size.open, &all).await?;
    db.run_side_by_side(indexes).await?;
    if matches!(db, Db::Postgres(_)) {
        let made = ["service", "person", "number", "case"].into_iter().chain(all.iter().copied());
        let names: Vec<String> = made.map(|name| format!("bench_{name}")).collect();
        db.run(&format!("drop table {}", names.join(", "))).await?;
        // What autovacuum would have done by itself.
        let tables = [&["casework_case"][..], &all[..]].concat();
        db.run_side_by_side(tables.iter().map(|table| format!("vacuum analyze {table}")).collect()).await?;
        db.run("checkpoint").await?;
    }
    Ok(())
}

/// Waits until what follows the journal has caught up with what the fill put there: how many entries, and how long. A city
/// is never so far behind, and what is read meanwhile would be measured beside it.
pub async fn followed(place: &Place) -> Result<(i64, Duration), Failure> {
    let db = Db::open(place).await?;
    let started = std::time::Instant::now();
    let behind =
        "select (select count(*) from platform_follower where name = 'ledger') * 1000 - (select count(*)
        from platform_follower f where not exists (select 1 from (select txid, seq from platform_journal
        order by txid desc, seq desc limit 1) last where last.txid = f.txid and last.seq = f.seq))";
    while db.number(behind).await? != 1000 {
        if started.elapsed() > PATIENCE {
            return Err("the followers of the journal do not catch up".into());
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    Ok((db.number("select count(*) from platform_journal").await?, started.elapsed()))
}

impl Db {
    async fn open(place: &Place) -> Result<Db, Failure> {
        let url = place.store_url();
        if let Some(path) = url.strip_prefix("sqlite:") {
            return Ok(Db::Sqlite(rusqlite::Connection::open(path)?));
        }
        let mut clients = Vec::new();
        for _ in 0..LANES {
            clients.push(connect(&url).await?);
        }
        Ok(Db::Postgres(clients))
    }

    /// What the fill's own tables are: of one connection, or seen by all of them.
    fn own(&self) -> &'static str {
        match self {
            Db::Sqlite(_) => "temp",
            Db::Postgres(_) => "unlogged",
        }
    }

    /// Takes the file for itself, as soon as the last thread of the store has let go of it.
    async fn alone(&self) -> Result<(), Failure> {
        let pragmas = "pragma journal_mode = delete; pragma journal_mode = off; pragma synchronous = off;
            pragma locking_mode = exclusive; pragma temp_store = memory; pragma cache_size = -524288";
        for _ in 0..100 {
            if self.run(pragmas).await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        self.run(pragmas).await
    }

    /// Takes away the indexes of what is filled on PostgreSQL, where they are faster made anew, and says how.
    async fn without_indexes(&self) -> Result<Vec<String>, Failure> {
        let Db::Postgres(clients) = self else { return Ok(Vec::new()) };
        let filled: Vec<&str> = ["casework_case"].into_iter().chain(ALWAYS).chain(OF_OPEN).collect();
        let indexes = "select indexname::text, indexdef from pg_indexes where schemaname = 'public'
            and tablename = any($1) and indexname not in (select conname from pg_constraint)";
        let found = clients[0].query(indexes, &[&filled]).await?;
        for row in &found {
            self.run(&format!("drop index \"{}\"", row.get::<_, String>(0))).await?;
        }
        Ok(found.iter().map(|row| row.get(1)).collect())
    }

    async fn copies(&self, which: &str, first: i64, count: i64, below: &[&str]) -> Result<(), Failure> {
        let own = self.own();
        self.run("drop table if exists bench_case").await?;
        self.run(&format!(
            "create {own} table bench_case as select row_number() over (order by id) - 1 as k, casework_case.*
               from casework_case where {which} and not (id between {CLOSED} and {OPEN} * 2)"
        ))
        .await?;
        let models = self.number("select count(*) from bench_case").await?;
        let services = self.number("select count(*) from bench_service").await?;
        let people = self.number("select count(*) from bench_person").await?;
        if models == 0 {
            return Err("no lived case to copy".into());
        }
        let case = self.case_columns(first).await?;
        let mut rows = Vec::new();
        for table in below {
            self.run(&format!("drop table if exists bench_{table}")).await?;
            self.run(&format!(
                "create {own} table bench_{table} as select c.k as k, row_number() over (partition by t.case_id) - 1 as r,
                   t.* from {table} t join bench_case c on c.id = t.case_id;
                 create index bench_{table}_k on bench_{table} (k)"
            ))
            .await?;
            rows.push((*table, self.row_columns(table, first).await?));
        }
        let mut from = 0;
        while from < count {
            let end = (from + CHUNK * LANES as i64).min(count);
            self.numbers(first, from..end).await?;
            let mut statements = Vec::new();
            while from < end {
                let to = (from + CHUNK).min(end);
                statements.push(copying(&case, &rows, (from, to), (models, services, people)));
                from = to;
            }
            self.run_side_by_side(statements).await?;
        }
        Ok(())
    }

    /// Case numbers with their check characters, for the statements that come next.
    async fn numbers(&self, first: i64, cases: std::ops::Range<i64>) -> Result<(), Failure> {
        let division = DivisionCode::parse("330102").map_err(|e| e.to_string())?;
        self.run("delete from bench_number").await?;
        let cases: Vec<i64> = cases.collect();
        for part in cases.chunks(1_000) {
            let number = |i: &i64| {
                // One to one and far apart: a number moves on by a few where its check character could be misread.
                let secret = (((first + i) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) & 0xf_ffff_ffff) << 4;
                let number = CaseNumber::new(&division, Instant(1_700_000_000_000).day(), secret);
                format!("({i}, '{}')", number.as_str())
            };
            let values: Vec<String> = part.iter().map(number).collect();
            self.run(&format!("insert into bench_number values {}", values.join(", "))).await?;
        }
        Ok(())
    }

    async fn case_columns(&self, first: i64) -> Result<(String, String), Failure> {
        let changed = |column: &str| match column {
            "id" => Some(format!("{first} + n.i")),
            "number" => Some("b.number".into()),
            "nonce" => Some(format!("'b' || ({first} + n.i)")),
            "service" => Some("s.code".into()),
            "version_id" => Some("s.version_id".into()),
            "applicant" => Some("p.party".into()),
            "applicant_name" => Some("p.name".into()),
            other => shifted(other, first),
        };
        Ok(lists(&self.columns("casework_case").await?, changed))
    }

    async fn row_columns(&self, table: &str, first: i64) -> Result<(String, String), Failure> {
        let changed = |column: &str| match column {
            "id" => Some(format!("({first} + n.i) * {ROOM} + t.r")),
            "case_id" => Some(format!("{first} + n.i")),
            "number" if table == "casework_result" => Some(format!("'B' || ({first} + n.i)")),
            other => shifted(other, first),
        };
        let mut columns = self.columns(table).await?;
        columns.retain(|c| c != "seq" && c != "txid");
        Ok(lists(&columns, changed))
    }

    async fn columns(&self, table: &str) -> Result<Vec<String>, Failure> {
        match self {
            Db::Sqlite(db) => {
                let mut asked = db.prepare("select name from pragma_table_info(?1)")?;
                let names = asked.query_map([table], |row| row.get(0))?;
                Ok(names.collect::<rusqlite::Result<_>>()?)
            }
            Db::Postgres(clients) => {
                let sql = "select column_name::text from information_schema.columns
                    where table_name = $1 and table_schema = 'public' order by ordinal_position";
                Ok(clients[0].query(sql, &[&table]).await?.iter().map(|row| row.get(0)).collect())
            }
        }
    }

    async fn number(&self, sql: &str) -> Result<i64, Failure> {
        Ok(match self {
            Db::Sqlite(db) => db.query_row(sql, [], |row| match row.get_ref(0)? {
                ValueRef::Integer(n) => Ok(n),
                _ => Ok(0),
            })?,
            Db::Postgres(clients) => clients[0].query_one(sql, &[]).await?.get(0),
        })
    }

    async fn run(&self, sql: &str) -> Result<(), Failure> {
        match self {
            Db::Sqlite(db) => db.execute_batch(sql).map_err(|e| format!("{e}: {sql}"))?,
            Db::Postgres(clients) => on(&clients[0], sql).await?,
        }
        Ok(())
    }

    /// Runs statements that do not depend on each other, as many at once as there are connections.
    async fn run_side_by_side(&self, statements: Vec<String>) -> Result<(), Failure> {
        match self {
            Db::Sqlite(_) => {
                for statement in &statements {
                    self.run(statement).await?;
                }
            }
            Db::Postgres(clients) => {
                let lane = async |nth: usize| -> Result<(), Failure> {
                    for statement in statements.iter().skip(nth).step_by(clients.len()) {
                        on(&clients[nth], statement).await?;
                    }
                    Ok(())
                };
                futures::future::try_join_all((0..clients.len()).map(lane)).await?;
            }
        }
        Ok(())
    }
}

async fn on(client: &tokio_postgres::Client, sql: &str) -> Result<(), Failure> {
    Ok(client.batch_execute(sql).await.map_err(|e| format!("{e:?}: {sql}"))?)
}

/// Column list and values of what is copied.
type Columns = (String, String);

/// The statement that copies one chunk of cases with the rows below them.
fn copying(
    case: &Columns,
    rows: &[(&str, Columns)],
    (from, to): (i64, i64),
    (models, services, people): (i64, i64, i64),
) -> String {
    // After the column list: there one text does for both engines.
    let series = format!(
        "with recursive n(i) as (select cast({from} as bigint) union all select i + 1 from n where i + 1 < {to})"
    );
    let mut sql = format!(
        "begin; insert into casework_case ({}) {series} select {} from n join bench_case t on t.k = n.i % {models}
         join bench_service s on s.k = n.i % {services}
         join bench_person p on p.k = (n.i * 7) % {people} join bench_number b on b.i = n.i order by n.i;",
        case.0, case.1
    );
    for (table, columns) in rows {
        sql.push_str(&format!(
            "insert into {table} ({}) {series} select {} from n join bench_{table} t on t.k = n.i % {models}
             order by n.i;",
            columns.0, columns.1
        ));
    }
    sql.push_str("commit");
    sql
}

/// Moments move into the past: by up to two years for cases that are over, by up to four days for others, which keeps
/// every timer ahead.
fn shifted(column: &str, first: i64) -> Option<String> {
    let is_moment =
        column.ends_with("_at") || column.ends_with("_due") || column == "at" || column == "stopped_since";
    let by = match first {
        CLOSED => "(1 + n.i % 730) * 86400000",
        _ => "((n.i * 7919) % 5760) * 60000",
    };
    match column {
        // The far future, where nothing runs, stays where it is.
        "running" => {
            Some(format!("case when t.running < 9007199254740991 then t.running - {by} else t.running end"))
        }
        _ => is_moment.then(|| format!("t.{column} - {by}")),
    }
}

fn lists(columns: &[String], changed: impl Fn(&str) -> Option<String>) -> (String, String) {
    let values = columns.iter().map(|c| changed(c).unwrap_or_else(|| format!("t.{c}")));
    (columns.join(", "), values.collect::<Vec<_>>().join(", "))
}
