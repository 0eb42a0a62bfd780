//! Values to and from PostgreSQL's wire types.

use bytes::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use crate::error::{Result, StoreError};
use crate::value::Value;

type Wire = std::result::Result<IsNull, Box<dyn std::error::Error + Sync + Send>>;

impl ToSql for Value<'_> {
    /// The server says which type it wants; the value follows where nothing is lost.
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Wire {
        let wrong = || format!("a parameter of type {ty} was given {}", self.kind());
        match (self, ty) {
            (Value::Null, _) => Ok(IsNull::Yes),
            (Value::Int(number), &Type::INT8) => number.to_sql(ty, out),
            (Value::Int(number @ (0 | 1)), &Type::BOOL) => (*number == 1).to_sql(ty, out),
            // Like SQLite, whose REAL columns take whole numbers.
            (Value::Int(number), &Type::FLOAT8) => (*number as f64).to_sql(ty, out),
            (Value::Real(number), &Type::FLOAT8) => number.to_sql(ty, out),
            (
                Value::Text(text),
                &Type::TEXT | &Type::VARCHAR | &Type::BPCHAR | &Type::NAME | &Type::UNKNOWN,
            ) => text.to_sql(ty, out),
            (Value::Date(bytes), &Type::TEXT | &Type::VARCHAR | &Type::UNKNOWN) => {
                out.extend_from_slice(bytes);
                Ok(IsNull::No)
            }
            (Value::Blob(bytes), &Type::BYTEA) => bytes.to_sql(ty, out),
            _ => Err(wrong().into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A value with an owner, for statements that are sent before they are waited for.
#[derive(Debug)]
pub(crate) enum Owned {
    Plain(Value<'static>),
    Text(String),
    Blob(Vec<u8>),
}

impl Owned {
    pub(crate) fn from_value(value: &Value<'_>) -> Owned {
        match value {
            Value::Null => Owned::Plain(Value::Null),
            Value::Int(number) => Owned::Plain(Value::Int(*number)),
            Value::Real(number) => Owned::Plain(Value::Real(*number)),
            Value::Date(bytes) => Owned::Plain(Value::Date(*bytes)),
            Value::Text(text) => Owned::Text((*text).to_owned()),
            Value::Blob(bytes) => Owned::Blob(bytes.to_vec()),
        }
    }

    fn value(&self) -> Value<'_> {
        match self {
            Owned::Plain(value) => *value,
            Owned::Text(text) => Value::Text(text),
            Owned::Blob(bytes) => Value::Blob(bytes),
        }
    }
}

impl ToSql for Owned {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Wire {
        self.value().to_sql(ty, out)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// One cell, narrowed to the kinds both engines share.
pub(crate) fn cell(row: &tokio_postgres::Row, index: usize) -> Result<Value<'_>> {
    let Some(column) = row.columns().get(index) else {
        return Err(StoreError::Other(format!("no column {}", index + 1)));
    };
    let read = |error: tokio_postgres::Error| StoreError::Other(error.to_string());
    let value = match *column.type_() {
        Type::INT8 => row.try_get::<_, Option<i64>>(index).map_err(read)?.map(Value::Int),
        Type::INT4 => row.try_get::<_, Option<i32>>(index).map_err(read)?.map(|n| Value::Int(n.into())),
        Type::INT2 => row.try_get::<_, Option<i16>>(index).map_err(read)?.map(|n| Value::Int(n.into())),
        Type::BOOL => row.try_get::<_, Option<bool>>(index).map_err(read)?.map(|b| Value::Int(b.into())),
        Type::FLOAT8 => row.try_get::<_, Option<f64>>(index).map_err(read)?.map(Value::Real),
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN => {
            row.try_get::<_, Option<&str>>(index).map_err(read)?.map(Value::Text)
        }
        Type::BYTEA => row.try_get::<_, Option<&[u8]>>(index).map_err(read)?.map(Value::Blob),
        ref other => {
            return Err(StoreError::Other(format!(
                "column {} ({}) is {other} on PostgreSQL; cast it to bigint, text or double precision",
                index + 1,
                column.name()
            )));
        }
    };
    Ok(value.unwrap_or(Value::Null))
}
