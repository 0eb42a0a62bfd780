//! One connection to PostgreSQL, driven on the thread that owns it.

use std::borrow::Cow;
use std::future::Future;
use std::ops::ControlFlow;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use futures::TryStreamExt;
use tokio::runtime::Runtime;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Config, RowStream, Statement};

use super::value::Owned;
use super::{Cause, connect, failure};
use crate::error::{Result, StoreError};
use crate::row::{Cells, Row};
use crate::sql::Sql;
use crate::value::Value;

/// Rows are handed over in lots, so that the runtime is entered seldom.
const LOT: usize = 128;

/// The turn of those who lost to another transaction; a number that nothing else of ours locks.
const LOSERS: i64 = 7_305_808_867;

/// How many statements are sent before their answers are taken in.
const PILE: usize = 1000;

/// A connection unused for so long is asked whether it still stands before it is given a unit.
const RESTED: Duration = Duration::from_millis(200);

pub(crate) struct PgConn {
    runtime: Runtime,
    config: Arc<Config>,
    link: Option<Link>,
    pending: Vec<Pending>,
    /// Why the unit of work that just ran may be run again.
    again: Option<Cause>,
    committing: bool,
    /// The turns this connection has, as locks of the server, in order.
    held: Vec<i64>,
    /// The turns the unit wants before it begins.
    wanted: Vec<i64>,
    /// The running unit is the first on its connection.
    fresh: bool,
    used: Instant,
}

struct Link {
    client: Arc<Client>,
    /// Prepared statements by the slot of their `Sql`.
    statements: Vec<Option<Statement>>,
    /// The same, each made to fail unless it touches exactly one row.
    sole: Vec<Option<Statement>>,
}

/// A statement that was sent and not yet waited for.
struct Pending {
    statement: &'static str,
    /// It must touch exactly one row.
    one: bool,
    answer: Pin<Box<dyn Future<Output = Sent> + Send>>,
}

type Sent = std::result::Result<u64, tokio_postgres::Error>;

impl PgConn {
    pub(crate) fn new(config: Arc<Config>) -> Result<PgConn> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| StoreError::Unavailable(format!("no runtime: {error}")))?;
        Ok(PgConn {
            runtime,
            config,
            link: None,
            pending: Vec::new(),
            again: None,
            committing: false,
            held: Vec::new(),
            wanted: Vec::new(),
            fresh: false,
            used: Instant::now(),
        })
    }

    /// Starts a transaction, connecting first if needed. `BEGIN` travels with the first statement, behind the turns that the
    /// unit wants.
    pub(crate) fn begin(&mut self, text: &'static str) -> Result<()> {
        self.pending.clear();
        self.again = None;
        self.committing = false;
        if self.used.elapsed() > RESTED {
            self.hear();
        }
        self.used = Instant::now();
        self.fresh = self.link.as_ref().is_none_or(|link| link.client.is_closed());
        if self.fresh {
            self.link = None;
            // The server gave the turns away with the old connection.
            self.held.clear();
            let client = self.runtime.block_on(connect(&self.config))?;
            self.link = Some(Link { client: Arc::new(client), statements: Vec::new(), sole: Vec::new() });
        }
        self.take_turns();
        self.control(text);
        Ok(())
    }

    /// Ahead of `BEGIN`, so that the snapshot is taken when the turns have come; in order, so that no two wait for each other.
    fn take_turns(&mut self) {
        if self.wanted == self.held {
            return;
        }
        let mut text = String::new();
        if !self.held.is_empty() {
            text.push_str("select pg_advisory_unlock_all();");
        }
        for turn in &self.wanted {
            text.push_str(&format!("select pg_advisory_lock({turn});"));
        }
        self.control(text);
        self.held = self.wanted.clone();
    }

    /// Makes sure that nobody else, on any node, has the turn: the unit stops here and runs again when it has come. What
    /// everybody writes (a running number) would otherwise make each of them lose again and again.
    pub(crate) fn turn(&mut self, turn: i64) -> Result<()> {
        if self.held.contains(&turn) {
            return Ok(());
        }
        self.want(turn);
        self.again = Some(Cause::Turn);
        Err(StoreError::Busy)
    }

    fn want(&mut self, turn: i64) {
        if let Err(place) = self.wanted.binary_search(&turn) {
            self.wanted.insert(place, turn);
        }
    }

    /// Whoever loses twice has found a row that everybody wants: they go on one after the other.
    pub(crate) fn queue_up(&mut self) {
        self.want(LOSERS);
    }

    /// Takes in what the socket has to say: that the server went away is only heard while the runtime runs.
    fn hear(&self) {
        self.runtime.block_on(async {
            for _ in 0..4 {
                tokio::task::yield_now().await;
            }
        });
    }

    /// The running unit has a connection made for it: losing this one is not the old one's death found out late.
    pub(crate) fn is_fresh(&self) -> bool {
        self.fresh
    }

    /// Lets the next in their turn go on. Call it when the unit is over.
    pub(crate) fn step_aside(&mut self) {
        self.wanted.clear();
        if !std::mem::take(&mut self.held).is_empty() && self.link.is_some() {
            self.control("select pg_advisory_unlock_all()");
            if self.settle().is_err() {
                // The turns end with the connection.
                self.link = None;
            }
        }
    }

    /// Ends the transaction well. An error means it was undone, unless it says otherwise.
    pub(crate) fn commit(&mut self) -> Result<()> {
        // Nothing of the unit has to be waited for first: what fails before the commit makes it a rollback.
        self.committing = true;
        self.control("commit");
        self.settle()
    }

    pub(crate) fn rollback(&mut self) {
        self.pending.clear();
        self.control("rollback");
        let again = self.again;
        if self.settle().is_err() {
            // A connection that cannot even roll back is of no use.
            self.link = None;
        }
        self.again = again;
    }

    pub(crate) fn wants_again(&self) -> bool {
        self.again.is_some()
    }

    /// Why the unit should run again, if it should.
    pub(crate) fn take_again(&mut self) -> Option<Cause> {
        let cause = self.again.take();
        match cause {
            Some(Cause::Lost) => self.link = None,
            Some(Cause::StalePlan) => {
                if let Some(link) = &mut self.link {
                    link.statements.clear();
                    link.sole.clear();
                }
            }
            _ => {}
        }
        cause
    }

    fn control(&mut self, text: impl Into<Cow<'static, str>>) {
        let Some(link) = &self.link else { return };
        let (client, text) = (Arc::clone(&link.client), text.into());
        let answer = Box::pin(async move { client.batch_execute(&text).await.map(|()| 1) });
        self.send(Pending { statement: "transaction control", one: false, answer });
    }

    /// Polls once: the message joins the connection's queue. The answer is waited for later.
    fn send(&mut self, mut pending: Pending) {
        match pending.answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Pending => {}
            Poll::Ready(answer) => pending.answer = Box::pin(std::future::ready(answer)),
        }
        self.pending.push(pending);
    }

    pub(crate) fn put(&mut self, sql: &'static Sql, params: &[Value<'_>], one: bool) -> Result<()> {
        let (client, statement) = self.prepared(sql, params.len(), one)?;
        let owned: Vec<Owned> = params.iter().map(Owned::from_value).collect();
        let answer = Box::pin(async move { client.execute_raw(&statement, owned).await });
        self.send(Pending { statement: sql.name, one, answer });
        // A bulk load must not pile up in memory.
        if self.pending.len() >= PILE { self.settle() } else { Ok(()) }
    }

    pub(crate) fn exec(&mut self, sql: &'static Sql, params: &[Value<'_>]) -> Result<u64> {
        let (client, statement) = self.prepared(sql, params.len(), false)?;
        let mut pending = std::mem::take(&mut self.pending);
        let outcome = self.runtime.block_on(async {
            let mut ask = pin!(client.execute_raw(&statement, params.iter().copied()));
            let early = once(ask.as_mut());
            settle(&mut pending).await?;
            let answer = match early {
                Poll::Ready(answer) => answer,
                Poll::Pending => ask.await,
            };
            answer.map_err(|error| Stopped::new(sql.name, &error))
        });
        self.told(outcome)
    }

    pub(crate) fn query(
        &mut self,
        sql: &'static Sql,
        params: &[Value<'_>],
        visit: &mut dyn FnMut(&Row<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        let (client, statement) = self.prepared(sql, params.len(), false)?;
        let mut pending = std::mem::take(&mut self.pending);
        let mut rows = Vec::with_capacity(LOT);
        let mut outcome = self.runtime.block_on(async {
            let mut ask = pin!(client.query_raw(&statement, params.iter().copied()));
            let early = once(ask.as_mut());
            settle(&mut pending).await?;
            let stream = match early {
                Poll::Ready(answer) => answer,
                Poll::Pending => ask.await,
            };
            let mut stream = Box::pin(stream.map_err(|error| Stopped::new(sql.name, &error))?);
            let more = lot(sql.name, &mut stream, &mut rows).await?;
            Ok(more.then_some(stream))
        });
        loop {
            let rest = self.told(outcome)?;
            for row in rows.drain(..) {
                let row = Row { cells: Cells::Postgres(&row), statement: sql.name };
                if visit(&row).is_break() {
                    return Ok(());
                }
            }
            let Some(mut stream) = rest else { return Ok(()) };
            outcome = self.runtime.block_on(async {
                let more = lot(sql.name, &mut stream, &mut rows).await?;
                Ok(more.then_some(stream))
            });
        }
    }

    /// The statement, prepared if it is not yet; with `sole`, so that the server refuses it unless it touches one row.
    fn prepared(&mut self, sql: &'static Sql, given: usize, sole: bool) -> Result<(Arc<Client>, Statement)> {
        let Some(link) = &mut self.link else {
            return Err(StoreError::Unavailable("没有连接".to_owned()));
        };
        let client = Arc::clone(&link.client);
        let slot = sql.slot();
        let kept = link.kept(sole);
        if slot >= kept.len() {
            kept.resize_with(slot + 1, || None);
        }
        let statement = match &kept[slot] {
            Some(statement) => statement.clone(),
            None => {
                let mut pending = std::mem::take(&mut self.pending);
                let text = if sole { Cow::Owned(sole_text(sql.text)) } else { Cow::Borrowed(sql.text) };
                let outcome = self.runtime.block_on(async {
                    let prepared = prepare(&client, &text).await;
                    settle(&mut pending).await?;
                    prepared.map_err(|error| Stopped::new(sql.name, &error))
                });
                let statement = self.told(outcome)?;
                if let Some(link) = &mut self.link {
                    link.kept(sole)[slot] = Some(statement.clone());
                }
                statement
            }
        };
        if statement.params().len() != given {
            return Err(StoreError::Other(format!(
                "{} takes {} parameters, {given} were given",
                sql.name,
                statement.params().len()
            )));
        }
        Ok((client, statement))
    }

    /// Waits for everything that was sent.
    pub(crate) fn settle(&mut self) -> Result<()> {
        let mut pending = std::mem::take(&mut self.pending);
        let outcome = self.runtime.block_on(settle(&mut pending));
        self.told(outcome)
    }

    /// Remembers what a failure means for the unit of work.
    fn told<T>(&mut self, outcome: std::result::Result<T, Stopped>) -> Result<T> {
        outcome.map_err(|stopped| {
            match stopped.cause {
                Cause::Lost if self.committing => {
                    self.link = None;
                    return StoreError::Unavailable(
                        "提交时数据库服务中断，可能已经写入，也可能没有".to_owned(),
                    );
                }
                Cause::Serialization | Cause::StalePlan | Cause::Lost => self.again = Some(stopped.cause),
                Cause::Aborted | Cause::Turn | Cause::Other => {}
            }
            stopped.error
        })
    }
}

impl Link {
    fn kept(&mut self, sole: bool) -> &mut Vec<Option<Statement>> {
        if sole { &mut self.sole } else { &mut self.statements }
    }
}

/// The statement as one that divides by zero unless exactly one row is touched: the server decides before the commit
/// that travels with it, and nobody waits for a count.
fn sole_text(text: &str) -> String {
    format!(
        "with touched as ({text}\nreturning 1) select 1 / case count(*) when 1 then 1 else 0 end from touched"
    )
}

/// A failed statement and what follows from it.
struct Stopped {
    error: StoreError,
    cause: Cause,
}

impl Stopped {
    fn new(statement: &str, error: &tokio_postgres::Error) -> Stopped {
        let found = failure(error);
        let error = match found.error {
            StoreError::Other(text) => StoreError::Other(format!("{statement}: {text}")),
            other => other,
        };
        Stopped { error, cause: found.cause }
    }
}

/// Prepares with the wide types everywhere: PostgreSQL takes `$1` in `$1 = 0` for 32 bits.
pub(crate) async fn prepare(
    client: &Client,
    text: &str,
) -> std::result::Result<Statement, tokio_postgres::Error> {
    let statement = client.prepare(text).await?;
    let wide: Vec<Type> = statement
        .params()
        .iter()
        .map(|ty| match *ty {
            Type::INT2 | Type::INT4 => Type::INT8,
            Type::FLOAT4 | Type::NUMERIC => Type::FLOAT8,
            ref other => other.clone(),
        })
        .collect();
    if wide == statement.params() {
        return Ok(statement);
    }
    client.prepare_typed(text, &wide).await
}

fn once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Waits for the answers in the order sent; the first failure is the one that counts.
async fn settle(pending: &mut Vec<Pending>) -> std::result::Result<(), Stopped> {
    for sent in pending.drain(..) {
        match sent.answer.await {
            Ok(_) => {}
            Err(error) if sent.one && error.code() == Some(&SqlState::DIVISION_BY_ZERO) => {
                return Err(Stopped { error: StoreError::Conflict, cause: Cause::Other });
            }
            Err(error) => return Err(Stopped::new(sent.statement, &error)),
        }
    }
    Ok(())
}

/// Fetches up to a lot of rows; whether there may be more.
async fn lot(
    statement: &str,
    stream: &mut Pin<Box<RowStream>>,
    rows: &mut Vec<tokio_postgres::Row>,
) -> std::result::Result<bool, Stopped> {
    while rows.len() < LOT {
        match stream.try_next().await {
            Ok(Some(row)) => rows.push(row),
            Ok(None) => return Ok(false),
            Err(error) => return Err(Stopped::new(statement, &error)),
        }
    }
    Ok(true)
}
