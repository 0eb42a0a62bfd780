//! Checking every registered statement against an engine: does it prepare, what does it take and
//! return, and does it read a big table from end to end.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use tokio_postgres::types::Type;

use crate::error::{Result, StoreError};
use crate::pg;
use crate::sql::{Sql, statements};
use crate::sqlite::{failure, open_reader};
use crate::{Backend, Engine, Store};

/// What an engine says about a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    pub statement: &'static str,
    pub parameters: usize,
    /// Name and, where the engine knows it, type.
    pub columns: Vec<(String, Option<String>)>,
    /// Tables it reads from end to end.
    pub scans: Vec<String>,
    /// The plan, one step a line.
    pub plan: String,
}

/// Something wrong with a statement, and on which engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub statement: &'static str,
    pub engine: Engine,
    pub what: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({:?}): {}", self.statement, self.engine, self.what)
    }
}

/// A statement that must read all of a big table says why: `/* scan: … */`.
const ALLOWED: &str = "/* scan:";

impl Sql {
    /// Whether the statement is meant for this engine: `/* only: sqlite */` limits it to one.
    fn is_for(&self, engine: Engine) -> bool {
        match engine {
            Engine::Sqlite => !self.text.contains("/* only: postgres */"),
            Engine::Postgres => !self.text.contains("/* only: sqlite */"),
        }
    }
}

/// Describes every registered statement; those that do not even prepare become problems. Blocks.
pub fn describe(store: &Store) -> Result<(Vec<Described>, Vec<Problem>)> {
    let engine = store.engine();
    let wanted: Vec<&'static Sql> = statements().into_iter().filter(|sql| sql.is_for(engine)).collect();
    let outcomes = match &store.inner.backend {
        Backend::Sqlite(inner) => sqlite(&inner.path, &store.inner.options, &wanted)?,
        Backend::Postgres(inner) => postgres(&inner.config, &wanted)?,
    };
    let (mut described, mut problems) = (Vec::new(), Vec::new());
    for (sql, outcome) in wanted.into_iter().zip(outcomes) {
        match outcome {
            Ok(found) => described.push(found),
            Err(error) => {
                let what = format!("does not prepare: {error}");
                problems.push(Problem { statement: sql.name, engine, what });
            }
        }
    }
    Ok((described, problems))
}

/// Everything wrong with the registered statements on the engine of `store`. Blocks.
pub fn check(store: &Store, big_tables: &[&str]) -> Result<Vec<Problem>> {
    let (described, mut problems) = describe(store)?;
    let texts: BTreeMap<&str, &str> = statements().into_iter().map(|sql| (sql.name, sql.text)).collect();
    for found in described {
        let allowed = texts.get(found.statement).is_some_and(|text| text.contains(ALLOWED));
        let big = found.scans.iter().filter(|table| big_tables.contains(&table.as_str()));
        for table in big.filter(|_| !allowed) {
            let what =
                format!("reads all of {table}; add an index, or say why with {ALLOWED} … */\n{}", found.plan);
            problems.push(Problem { statement: found.statement, engine: store.engine(), what });
        }
        for (name, ty) in &found.columns {
            if let Some(ty) = ty.as_deref().filter(|ty| !PORTABLE.contains(ty)) {
                let what = format!("column {name} is {ty}; cast it to bigint, text or double precision");
                problems.push(Problem { statement: found.statement, engine: store.engine(), what });
            }
        }
    }
    Ok(problems)
}

/// Where the two engines disagree about how many parameters and columns a statement has. Blocks.
pub fn compare(sqlite: &Store, postgres: &Store) -> Result<Vec<Problem>> {
    let (left, _) = describe(sqlite)?;
    let right: BTreeMap<&str, Described> =
        describe(postgres)?.0.into_iter().map(|found| (found.statement, found)).collect();
    let mut problems = Vec::new();
    for one in left {
        let Some(other) = right.get(one.statement) else { continue };
        let pairs = [
            ("parameters", one.parameters, other.parameters),
            ("columns", one.columns.len(), other.columns.len()),
        ];
        for (what, here, there) in pairs.into_iter().filter(|(_, here, there)| here != there) {
            let what = format!("{there} {what}, on SQLite {here}");
            problems.push(Problem { statement: one.statement, engine: Engine::Postgres, what });
        }
    }
    Ok(problems)
}

/// What `cell` can read.
const PORTABLE: &[&str] =
    &["int8", "int4", "int2", "bool", "float8", "text", "varchar", "bpchar", "name", "unknown", "bytea"];

type Outcomes = Vec<Result<Described>>;

fn sqlite(path: &std::path::Path, options: &crate::Options, wanted: &[&'static Sql]) -> Result<Outcomes> {
    let db = open_reader(path, options)?;
    let partial = sqlite_partial(&db).map_err(failure)?;
    let one = |sql: &'static Sql| -> Result<Described> {
        let statement = db.prepare(sql.sqlite()).map_err(failure)?;
        let columns = statement.column_names().map(|name| (name.to_owned(), None)).collect();
        let mut explain = db.prepare(&format!("explain query plan {}", sql.sqlite())).map_err(failure)?;
        let steps =
            explain.raw_query().mapped(|row| row.get::<_, String>(3)).collect::<rusqlite::Result<Vec<_>>>();
        let steps = steps.map_err(failure)?;
        let names = aliases(sql.text);
        // A walk in order that a limit stops, with nothing left out on the way, is no full scan.
        let lower = sql.text.to_lowercase();
        let stopped = lower.contains(" limit ") && !lower.contains(" where ");
        let stopped = stopped && !steps.iter().any(|step| step.starts_with("USE TEMP B-TREE"));
        let scans = steps
            .iter()
            .filter(|_| !stopped)
            .filter(|step| !step.rsplit_once(" INDEX ").is_some_and(|(_, index)| partial.contains(index)))
            .filter_map(|step| step.strip_prefix("SCAN ")?.split(' ').next())
            .map(|name| names.get(name).cloned().unwrap_or_else(|| name.to_owned()))
            .collect();
        Ok(Described {
            statement: sql.name,
            parameters: statement.parameter_count(),
            columns,
            scans,
            plan: steps.join("\n"),
        })
    };
    Ok(wanted.iter().map(|sql| one(sql)).collect())
}

/// Indexes over some rows of their table only: walking one is no full scan.
fn sqlite_partial(db: &rusqlite::Connection) -> rusqlite::Result<BTreeSet<String>> {
    let text = "select i.name from pragma_table_list t join pragma_index_list(t.name) i
        where t.schema = 'main' and i.partial = 1";
    db.prepare(text)?.query_map([], |row| row.get(0))?.collect()
}

/// What each alias of a statement stands for: SQLite's plans name the alias only.
fn aliases(text: &str) -> BTreeMap<String, String> {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ';'))
        .filter(|word| !word.is_empty())
        .collect();
    let mut found = BTreeMap::new();
    let lower = |at: usize| words.get(at).map(|word| word.to_lowercase()).unwrap_or_default();
    for at in 0..words.len() {
        let after_comma = at > 0 && words[at - 1].ends_with(',');
        let starts =
            matches!(lower(at.wrapping_sub(1)).as_str(), "from" | "join" | "update" | "into") || after_comma;
        if !starts {
            continue;
        }
        let alias = if lower(at + 1) == "as" { lower(at + 2) } else { lower(at + 1) };
        let alias = alias.trim_end_matches(',');
        found.insert(alias.to_owned(), words[at].trim_end_matches(',').to_lowercase());
    }
    found
}

fn postgres(config: &tokio_postgres::Config, wanted: &[&'static Sql]) -> Result<Outcomes> {
    pg::once(config, |client| async move {
        // Plans for any parameter, and no full scan where an index would do: an empty test
        // database would be scanned for its smallness.
        let setup = "set plan_cache_mode = force_generic_plan; set enable_seqscan = off;
            set default_transaction_read_only = on";
        client.batch_execute(setup).await.map_err(|error| pg::failure(&error).error)?;
        let text = "select c.relname::text from pg_index i join pg_class c on c.oid = i.indexrelid
            where i.indpred is not null and c.relnamespace = current_schema()::regnamespace";
        let rows = client.query(text, &[]).await.map_err(|error| pg::failure(&error).error)?;
        let partial = rows.iter().map(|row| row.get(0)).collect();
        let mut outcomes = Vec::new();
        for sql in wanted {
            outcomes.push(postgres_one(&client, sql, &partial).await);
        }
        Ok(outcomes)
    })
}

async fn postgres_one(
    client: &tokio_postgres::Client,
    sql: &'static Sql,
    partial: &BTreeSet<String>,
) -> Result<Described> {
    let failed = |error: tokio_postgres::Error| pg::failure(&error).error;
    let statement = pg::prepare(client, sql.text).await.map_err(failed)?;
    let types: Vec<&str> = statement.params().iter().map(Type::name).collect();
    let declared = if types.is_empty() { String::new() } else { format!("({})", types.join(", ")) };
    let nulls = vec!["null"; types.len()].join(", ");
    let given = if types.is_empty() { String::new() } else { format!("({nulls})") };
    let text = sql.text.trim().trim_end_matches(';');
    client.batch_execute(&format!("prepare yimen_check{declared} as {text}")).await.map_err(failed)?;
    let explained = client.query_one(&format!("explain (format json) execute yimen_check{given}"), &[]).await;
    client.batch_execute("deallocate yimen_check").await.map_err(failed)?;
    let plan: JsonText = explained.map_err(failed)?.try_get(0).map_err(failed)?;
    let plan: Json =
        serde_json::from_str(&plan.0).map_err(|error| StoreError::Other(format!("no plan: {error}")))?;
    let mut walk = Walk { partial, scans: Vec::new(), lines: Vec::new() };
    walk.node(&plan[0]["Plan"], false, 0);
    let columns = statement.columns().iter();
    Ok(Described {
        statement: sql.name,
        parameters: types.len(),
        columns: columns.map(|c| (c.name().to_owned(), Some(c.type_().name().to_owned()))).collect(),
        scans: walk.scans,
        plan: walk.lines.join("\n"),
    })
}

/// The text of a JSON column, without another feature of the driver.
struct JsonText(String);

impl<'a> tokio_postgres::types::FromSql<'a> for JsonText {
    fn from_sql(
        _: &Type,
        raw: &'a [u8],
    ) -> std::result::Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(JsonText(std::str::from_utf8(raw)?.to_owned()))
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::JSON
    }
}

/// Collects the tables read from end to end.
struct Walk<'p> {
    /// Indexes over some rows of their table only: walking one is no full scan.
    partial: &'p BTreeSet<String>,
    scans: Vec<String>,
    lines: Vec<String>,
}

impl Walk<'_> {
    /// Walking an index in order below a limit is no full scan, unless a filter leaves rows out on
    /// the way.
    fn node(&mut self, node: &Json, limited: bool, depth: usize) {
        let text = |key: &str| node[key].as_str().unwrap_or_default();
        let (kind, table, index) = (text("Node Type"), text("Relation Name"), text("Index Name"));
        let condition = ["Index Cond", "Filter", "Recheck Cond"].map(text).join(" ");
        self.lines.push(format!("{:depth$}{kind} {table} {index} {condition}", "", depth = depth * 2));
        let whole = match kind {
            "Seq Scan" => true,
            "Index Scan" | "Index Only Scan" => {
                let stopped = limited && text("Filter").is_empty();
                text("Index Cond").is_empty() && !stopped && !self.partial.contains(index)
            }
            _ => false,
        };
        if whole {
            self.scans.push(table.to_owned());
        }
        // A sort or an aggregate takes all of its input, whatever the limit above it.
        let limited =
            kind == "Limit" || (limited && !matches!(kind, "Sort" | "Aggregate" | "Hash" | "HashAggregate"));
        for child in node["Plans"].as_array().into_iter().flatten() {
            self.node(child, limited, depth + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_lead_back_to_their_tables() {
        let found = aliases(
            "select * from casework_case c join casework_task as t on t.case_id = c.id, parties_party p where c.id = $1",
        );
        let of = |alias: &str| found.get(alias).map(String::as_str);
        assert_eq!(of("c"), Some("casework_case"));
        assert_eq!(of("t"), Some("casework_task"));
        assert_eq!(of("p"), Some("parties_party"));
    }
}
