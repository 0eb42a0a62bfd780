//! A recording of what units of work wrote, for benchmarks: the same statements can be given to the engine alone.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::sql::Sql;
use crate::value::Value;

/// A value that outlives its row.
#[derive(Debug, Clone, PartialEq)]
pub enum Owned {
    Null,
    Int(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

/// What one unit of work wrote, in order.
#[derive(Debug, Clone)]
pub struct Taped {
    pub name: &'static str,
    pub writes: Vec<(&'static Sql, Vec<Owned>)>,
}

/// Filled by every write of a store opened with it (`Options::tape`). Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Tape(Arc<Mutex<Vec<Taped>>>);

impl Tape {
    /// Everything recorded so far; the tape is empty afterwards.
    pub fn take(&self) -> Vec<Taped> {
        std::mem::take(&mut self.units())
    }

    pub(crate) fn begin(&self, name: &'static str) {
        self.units().push(Taped { name, writes: Vec::new() });
    }

    pub(crate) fn write(&self, sql: &'static Sql, params: &[Value<'_>]) {
        if let Some(unit) = self.units().last_mut() {
            unit.writes.push((sql, params.iter().map(owned).collect()));
        }
    }

    fn units(&self) -> MutexGuard<'_, Vec<Taped>> {
        // Every change is one push: the list is whole whatever thread died.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn owned(value: &Value<'_>) -> Owned {
    match value {
        Value::Null => Owned::Null,
        Value::Int(n) => Owned::Int(*n),
        Value::Real(x) => Owned::Real(*x),
        Value::Text(text) => Owned::Text((*text).to_owned()),
        Value::Date(_) => Owned::Text(value.as_text().unwrap_or_default().to_owned()),
        Value::Blob(bytes) => Owned::Blob(bytes.to_vec()),
    }
}
