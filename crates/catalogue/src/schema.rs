//! JSON Schemas of the pack files, made from the model: editors complete and check by them, and so does the loader.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use crate::model::{City, PackMeta, Service};

/// The pattern of a limit: 30wd, 30cd, 4h, 60m.
const LIMIT_PATTERN: &str = "^[0-9]+(wd|cd|h|m)$";
/// Ids of services, steps, materials, fees, departments, offices.
pub(crate) const ID_PATTERN: &str = "^[a-z][a-z0-9_-]{0,63}$";
/// Names of facts: a hyphen would be a minus in a condition.
pub(crate) const FACT_PATTERN: &str = "^[a-z][a-z0-9_]{0,63}$";
const SOURCE_PATTERN: &str = "^(upload|original|form|licence:.+|resource:.+)$";

/// The three kinds of file in a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    Pack,
    City,
    Service,
}

impl FileKind {
    pub const ALL: [Self; 3] = [Self::Pack, Self::City, Self::Service];

    pub fn schema_name(self) -> &'static str {
        match self {
            Self::Pack => "pack.schema.json",
            Self::City => "city.schema.json",
            Self::Service => "service.schema.json",
        }
    }

    /// The schema as a value: what `packs/schema/` holds.
    pub fn schema(self) -> &'static Value {
        static PACK: LazyLock<Value> = LazyLock::new(|| schema_of::<PackMeta>("一门事项包说明 pack.yaml"));
        static CITY: LazyLock<Value> = LazyLock::new(|| schema_of::<City>("一门机构与区划 city.yaml"));
        static SERVICE: LazyLock<Value> =
            LazyLock::new(|| schema_of::<Service>("一门政务服务事项 services/*.yaml"));
        match self {
            Self::Pack => &PACK,
            Self::City => &CITY,
            Self::Service => &SERVICE,
        }
    }

    /// The text of the committed schema file.
    pub fn schema_text(self) -> String {
        format!("{:#}\n", self.schema())
    }
}

fn schema_of<T: JsonSchema>(title: &str) -> Value {
    let schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>();
    let mut value = without_null(schema.to_value());
    if let Some(object) = value.as_object_mut() {
        object.insert("title".to_owned(), json!(title));
    }
    sorted(value)
}

/// A key that is written has a value: an optional one is left out instead.
fn without_null(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(without_null).collect()),
        Value::Object(members) => {
            let mut members: Map<String, Value> =
                members.into_iter().map(|(k, v)| (k, without_null(v))).collect();
            if let Some(Value::Array(types)) = members.get_mut("type") {
                types.retain(|t| t != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    members.insert("type".to_owned(), only);
                }
            }
            if let Some(Value::Array(choices)) = members.get("anyOf") {
                let kept: Vec<&Value> = choices.iter().filter(|c| c["type"] != "null").collect();
                if let [Value::Object(only)] = kept.as_slice() {
                    let only = only.clone();
                    members.remove("anyOf");
                    members.extend(only);
                }
            }
            if members.get("default") == Some(&Value::Null) {
                members.remove("default");
            }
            Value::Object(members)
        }
        other => other,
    }
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        Value::Object(members) => {
            let mut members: Vec<_> = members.into_iter().map(|(k, v)| (k, sorted(v))).collect();
            members.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(members.into_iter().collect())
        }
        other => other,
    }
}

/// Schema of a [`yimen_standards::time::Limit`].
pub(crate) fn limit(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "format": "yimen-limit",
        "pattern": LIMIT_PATTERN,
        "description": "30wd 工作日, 30cd 自然日, 4h / 60m 办公时间",
    })
}

/// Schema of a list of [`crate::model::Source`].
pub(crate) fn one_of_sources(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "minItems": 1,
        "maxItems": 20,
        "items": {
            "type": "string",
            "format": "yimen-source",
            "pattern": SOURCE_PATTERN,
            "description": "upload, original, form, licence:TYPE, resource:CODE",
        },
    })
}
