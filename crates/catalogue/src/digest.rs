//! The canonical body of a pack item and its digest: what makes a version the same version.

use serde::Serialize;
use serde_json::{Map, Value};

/// The body as it is stored: JSON with sorted keys.
pub fn canonical(item: &impl Serialize) -> String {
    sorted(to_value(item)).to_string()
}

/// SM3, in hex, of the body without the members that say nothing (null, false, empty): a new optional key in the format
/// must not change the digest of every service that does not use it.
pub fn digest_of(item: &impl Serialize) -> String {
    use std::fmt::Write;
    let body = prune(sorted(to_value(item))).to_string();
    yimen_standards::sm3::sm3(body.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
        // Writing into a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn to_value(item: &impl Serialize) -> Value {
    // The model holds only maps with text keys and finite numbers, for which serialising cannot fail.
    serde_json::to_value(item).unwrap_or(Value::Null)
}

/// serde_json may be built to keep insertion order; nothing here may depend on that.
fn sorted(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        Value::Object(members) => {
            let mut members: Vec<_> = members.into_iter().map(|(k, v)| (k, sorted(v))).collect();
            members.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(Map::from_iter(members))
        }
        other => other,
    }
}

fn prune(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(prune).collect()),
        Value::Object(members) => {
            let kept = members.into_iter().map(|(key, value)| (key, prune(value)));
            Value::Object(kept.filter(|(_, value)| !says_nothing(value)).collect())
        }
        other => other,
    }
}

fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}
