//! Numbered migrations: one text for both engines, applied once, in order.

use rusqlite::Connection;
use sha2::{Digest, Sha256};
use tokio_postgres::{Client, Config};

use crate::Engine;
use crate::error::{Result, StoreError};
use crate::pg;
use crate::sqlite::failure;

/// One file of `/migrations`, as it was when the program was built.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    pub number: u32,
    pub name: &'static str,
    /// Text with the tokens `{{strict}}`, `{{int}}`, `{{real}}`, `{{bytes}}`.
    pub text: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// A migration that was just applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applied {
    pub number: u32,
    pub name: &'static str,
}

impl Migration {
    /// SHA-256 of the portable text, so both engines record the same.
    pub(crate) fn digest(&self) -> String {
        Sha256::digest(self.text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The text for one engine.
    pub fn for_engine(&self, engine: Engine) -> Result<String> {
        let (strict, int, real, bytes) = match engine {
            Engine::Sqlite => ("STRICT", "INTEGER", "REAL", "BLOB"),
            Engine::Postgres => ("", "BIGINT", "DOUBLE PRECISION", "BYTEA"),
        };
        let text = self.only(engine)?;
        let text = text
            .replace("{{strict}}", strict)
            .replace("{{int}}", int)
            .replace("{{real}}", real)
            .replace("{{bytes}}", bytes);
        match text.find("{{") {
            None => Ok(text),
            Some(at) => {
                let token: String = text[at..].chars().take(20).collect();
                Err(self.wrong(&format!("unknown token {token}")))
            }
        }
    }

    /// Drops the `-- only: …` blocks of the other engine.
    fn only(&self, engine: Engine) -> Result<String> {
        let mut out = String::with_capacity(self.text.len());
        let mut block: Option<bool> = None;
        for line in self.text.lines() {
            let mark = line.trim();
            if let Some(which) = mark.strip_prefix("-- only:") {
                if block.is_some() {
                    return Err(self.wrong("a block inside a block"));
                }
                block = Some(match which.trim() {
                    "sqlite" => engine == Engine::Sqlite,
                    "postgres" => engine == Engine::Postgres,
                    other => {
                        return Err(self.wrong(&format!("-- only: {other} is neither sqlite nor postgres")));
                    }
                });
            } else if mark == "-- end" {
                if block.take().is_none() {
                    return Err(self.wrong("-- end without -- only:"));
                }
            } else if block != Some(false) {
                out.push_str(line);
                out.push('\n');
            }
        }
        if block.is_some() {
            return Err(self.wrong("-- only: without -- end"));
        }
        Ok(out)
    }

    fn wrong(&self, what: &str) -> StoreError {
        StoreError::Schema(format!("第 {:04}_{} 步：{what}", self.number, self.name))
    }
}

/// What was applied before: number, name, digest.
pub(crate) type Recorded = (u32, String, String);

/// The migrations still to apply; an error if the database is not a prefix of this list.
pub(crate) fn pending<'m>(migrations: &'m [Migration], recorded: &[Recorded]) -> Result<&'m [Migration]> {
    for (index, (number, name, digest)) in recorded.iter().enumerate() {
        let Some(known) = migrations.get(index) else {
            return Err(StoreError::Schema(format!(
                "数据库已是 {number:04}_{name}，比这个程序认识的（{:04}）新；请用新的程序，或者恢复升级前的备份",
                migrations.last().map_or(0, |m| m.number)
            )));
        };
        if known.number != *number || known.name != name.as_str() {
            return Err(known.wrong(&format!("数据库里这一步是 {number:04}_{name}，不是同一套程序的数据库")));
        }
        if known.digest() != *digest {
            return Err(
                known.wrong("内容和当初在这个数据库上执行的不一样；请用原来的程序，改动要写成新的一步")
            );
        }
    }
    Ok(&migrations[recorded.len()..])
}

pub(crate) const BOOKKEEPING: &str = "create table if not exists store_migration (
    number bigint primary key not null,
    name text not null,
    digest text not null
)";
pub(crate) const RECORDED: &str = "select number, name, digest from store_migration order by number";

pub(crate) fn sqlite(db: &Connection, migrations: &[Migration]) -> Result<Vec<Applied>> {
    db.execute_batch(BOOKKEEPING).map_err(failure)?;
    let mut done = Vec::new();
    loop {
        // The lock first, then the look: another process may be migrating, too.
        db.execute_batch("begin immediate").map_err(failure)?;
        let next =
            sqlite_recorded(db).and_then(|recorded| Ok(pending(migrations, &recorded)?.first().copied()));
        let outcome = match next {
            Ok(None) => Ok(None),
            Ok(Some(migration)) => sqlite_apply(db, &migration).map(Some),
            Err(error) => Err(error),
        };
        match outcome {
            Ok(Some(applied)) => {
                db.execute_batch("commit").map_err(failure)?;
                done.push(applied);
            }
            Ok(None) => {
                db.execute_batch("rollback").map_err(failure)?;
                return Ok(done);
            }
            Err(error) => {
                if !db.is_autocommit() {
                    db.execute_batch("rollback").map_err(failure)?;
                }
                return Err(error);
            }
        }
    }
}

pub(crate) fn sqlite_apply(db: &Connection, migration: &Migration) -> Result<Applied> {
    let text = migration.for_engine(Engine::Sqlite)?;
    db.execute_batch(&text).map_err(|error| match failure(error) {
        StoreError::Other(text) => migration.wrong(&text),
        other => other,
    })?;
    db.execute(
        "insert into store_migration (number, name, digest) values (?1, ?2, ?3)",
        (migration.number, migration.name, migration.digest()),
    )
    .map_err(failure)?;
    Ok(Applied { number: migration.number, name: migration.name })
}

pub(crate) fn sqlite_recorded(db: &Connection) -> Result<Vec<Recorded>> {
    let mut statement = db.prepare(RECORDED).map_err(failure)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).map_err(failure)?;
    rows.collect::<rusqlite::Result<_>>().map_err(failure)
}

pub(crate) fn sqlite_version(db: &Connection) -> Result<u32> {
    let known: bool = db
        .query_row("select exists (select 1 from sqlite_master where name = 'store_migration')", [], |row| {
            row.get(0)
        })
        .map_err(failure)?;
    if !known {
        return Ok(0);
    }
    db.query_row("select coalesce(max(number), 0) from store_migration", [], |row| row.get(0))
        .map_err(failure)
}

/// Any number will do as long as every version of the program uses the same.
const LOCK: &str = "select pg_advisory_lock(7308895121)";

pub(crate) fn postgres(config: &Config, migrations: &[Migration]) -> Result<Vec<Applied>> {
    pg::once(config, |client| async move {
        let failed = |error: tokio_postgres::Error| pg::failure(&error).error;
        // The session's lock, not the transaction's: the look must come after the wait.
        client.batch_execute(LOCK).await.map_err(failed)?;
        client.batch_execute(BOOKKEEPING).await.map_err(failed)?;
        let mut done = Vec::new();
        for migration in pending(migrations, &postgres_recorded(&client).await?)? {
            client.batch_execute("begin").await.map_err(failed)?;
            // Dropping the connection on an error undoes the open transaction.
            done.push(postgres_apply(&client, migration).await?);
            client.batch_execute("commit").await.map_err(failed)?;
        }
        Ok(done)
    })
}

pub(crate) async fn postgres_apply(client: &Client, migration: &Migration) -> Result<Applied> {
    let failed = |error: tokio_postgres::Error| match pg::failure(&error).error {
        StoreError::Other(text) => migration.wrong(&text),
        other => other,
    };
    client.batch_execute(&migration.for_engine(Engine::Postgres)?).await.map_err(failed)?;
    let number = i64::from(migration.number);
    client
        .execute(
            "insert into store_migration (number, name, digest) values ($1, $2, $3)",
            &[&number, &migration.name, &migration.digest()],
        )
        .await
        .map_err(failed)?;
    Ok(Applied { number: migration.number, name: migration.name })
}

pub(crate) async fn postgres_recorded(client: &Client) -> Result<Vec<Recorded>> {
    let rows = client.query(RECORDED, &[]).await.map_err(|error| pg::failure(&error).error)?;
    rows.iter().map(|row| Ok((number(row.get(0))?, row.get(1), row.get(2)))).collect()
}

fn number(recorded: i64) -> Result<u32> {
    u32::try_from(recorded).map_err(|_| StoreError::Schema(format!("migration {recorded} is no number")))
}

pub(crate) fn postgres_version(config: &Config) -> Result<u32> {
    pg::once(config, |client| async move {
        let known = client
            .query("select to_regclass('store_migration') is not null", &[])
            .await
            .map_err(|error| pg::failure(&error).error)?;
        if !known.first().is_some_and(|row| row.get(0)) {
            return Ok(0);
        }
        let recorded = postgres_recorded(&client).await?;
        Ok(recorded.last().map_or(0, |(number, _, _)| *number))
    })
}
