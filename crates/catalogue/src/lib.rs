//! The catalogue: services as data. Packs are loaded, checked, compiled and published here; guide, forms, materials,
//! fees, steps and search are answered from the published versions.
//!
//! Invariants: a published version never changes; a case reads the version it began with; nothing here writes a case.

pub mod check;
pub mod diagnostic;
pub mod digest;
pub mod expr;
pub mod facts;
pub mod form;
pub mod graph;
mod handle;
pub mod limits;
pub mod load;
pub mod model;
pub mod number;
pub mod pages;
pub mod plan;
pub mod program;
mod publish;
pub mod schema;
pub mod search;
mod shape;
pub mod store;
pub mod suggest;
pub mod version;
pub mod yaml;

pub use diagnostic::{Code, Diagnostic, Severity};
pub use facts::{Fact, FactType, Facts, TODAY};
pub use form::FieldError;
pub use handle::{Catalogue, CatalogueError, CatalogueHandle};
pub use load::Pack;
pub use model::{City, Service};
pub use plan::{Plan, Planned};
pub use publish::{Published, publish};
pub use search::{Filter, Found, Hit};
pub use version::{ComputeError, FeeDue, Given, Settled, Version};
