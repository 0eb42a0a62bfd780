//! The files of a pack beside its services: what the pack is, and the organisations that services name.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Audience;
use crate::schema::ID_PATTERN;

/// `pack.yaml`: what the pack is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackMeta {
    /// Equals the folder's name.
    #[schemars(regex(pattern = ID_PATTERN))]
    pub id: String,
    pub name: String,
    /// Grows with every publication: 2026.11.1.
    pub version: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// `city.yaml` of a pack: the organisations that services name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct City {
    /// Six-digit division code of the city.
    #[schemars(regex(pattern = r"^[0-9]{6}$"))]
    pub region: String,
    pub name: String,
    #[schemars(length(max = 300))]
    pub regions: Vec<Region>,
    #[schemars(length(max = 500))]
    pub departments: Vec<Department>,
    #[schemars(length(max = 1000))]
    pub offices: Vec<Office>,
    /// 主题 shown on the home page, in order.
    #[schemars(length(max = 100))]
    pub themes: Vec<Theme>,
    /// Working hours by which limits in hours and minutes run: weekday spans such as `09:00-12:00`.
    #[schemars(length(min = 1, max = 6))]
    pub hours: Vec<String>,
    /// Words for one another: searching the left finds the right.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 2000))]
    pub synonyms: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Region {
    #[schemars(regex(pattern = r"^[0-9]{6}$"))]
    pub code: String,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Department {
    #[schemars(regex(pattern = ID_PATTERN))]
    pub id: String,
    pub name: String,
    /// Short name for timelines and tables: 税务.
    pub short: String,
    #[schemars(regex(pattern = r"^[0-9A-Z]{18}$"))]
    pub credit_code: String,
    pub phone: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Office {
    #[schemars(regex(pattern = ID_PATTERN))]
    pub id: String,
    pub name: String,
    #[schemars(regex(pattern = r"^[0-9]{6}$"))]
    pub region: String,
    pub address: String,
    pub phone: String,
    pub open: String,
    #[schemars(length(min = 1, max = 300))]
    pub counters: Vec<Counter>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Counter {
    pub id: String,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Theme {
    pub name: String,
    /// Name of an icon in the sprite.
    pub icon: String,
    pub audience: Audience,
}
