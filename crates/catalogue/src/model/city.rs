//! The files of a pack beside its services: what the pack is, and the organisations that services name.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Audience;

/// `pack.yaml`: what the pack is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackMeta {
    /// Equals the folder's name.
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
    pub region: String,
    pub name: String,
    pub regions: Vec<Region>,
    pub departments: Vec<Department>,
    pub offices: Vec<Office>,
    /// 主题 shown on the home page, in order.
    pub themes: Vec<Theme>,
    /// Working hours by which limits in hours and minutes run: weekday spans such as `09:00-12:00`.
    pub hours: Vec<String>,
    /// Words for one another: searching the left finds the right.
    #[serde(default)]
    pub synonyms: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Region {
    pub code: String,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Department {
    pub id: String,
    pub name: String,
    /// Short name for timelines and tables: 税务.
    pub short: String,
    pub credit_code: String,
    pub phone: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Office {
    pub id: String,
    pub name: String,
    pub region: String,
    pub address: String,
    pub phone: String,
    pub open: String,
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
