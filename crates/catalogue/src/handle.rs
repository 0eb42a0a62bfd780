//! The catalogue in memory: what is in force, and the versions old cases still live on.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use yimen_store::{Read, StoreError};

use crate::model::City;
use crate::publish::{CITY, SERVICE};
use crate::search::{Filter, Found, Index};
use crate::store::{self, VersionRow};
use crate::version::Version;

/// Everything in force at one time. Immutable: a publication makes a new one.
#[derive(Debug, Default)]
pub struct Catalogue {
    /// The newest release it knows; 0 before the first.
    pub release: i64,
    city: City,
    services: BTreeMap<String, Arc<Version>>,
    /// By department, the services it has a step of, by name.
    parts: HashMap<String, Vec<Arc<Version>>>,
    index: Index,
}

#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    #[error("published version {code} {number} cannot be used: {why}")]
    Broken { code: String, number: i64, why: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Catalogue {
    /// Reads what is in force.
    pub fn load(q: &mut Read<'_>) -> Result<Self, CatalogueError> {
        let mut catalogue = Self { release: store::latest_release(q)?, ..Self::default() };
        for row in store::current(q)? {
            match row.kind.as_str() {
                CITY => catalogue.city = serde_json::from_str(&row.body).map_err(|e| broken(&row, &e))?,
                SERVICE => {
                    let version = Arc::new(compile(&row)?);
                    catalogue.services.insert(row.code, version);
                }
                _ => {}
            }
        }
        catalogue.parts = parts(catalogue.services.values());
        let services = catalogue.services.values().map(|v| &v.service);
        catalogue.index = Index::build(services, &catalogue.city);
        Ok(catalogue)
    }

    /// Services for what somebody typed; see [`Index::search`].
    pub fn search(&self, query: &str, filter: &Filter<'_>, limit: usize) -> Found {
        self.index.search(query, filter, limit)
    }

    /// The version of a service that new cases begin with.
    pub fn current(&self, service: &str) -> Option<&Arc<Version>> {
        self.services.get(service)
    }

    /// All services in force, by id.
    pub fn services(&self) -> impl Iterator<Item = &Arc<Version>> {
        self.services.values()
    }

    /// The services that a department has a step of, by name.
    pub fn services_of(&self, department: &str) -> &[Arc<Version>] {
        self.parts.get(department).map_or(&[], Vec::as_slice)
    }

    pub fn city(&self) -> &City {
        &self.city
    }

    /// A department's short name for timelines and tables; its id where the city does not know it any more.
    pub fn department_short<'a>(&'a self, id: &'a str) -> &'a str {
        self.city.departments.iter().find(|d| d.id == id).map_or(id, |d| &d.short)
    }

    pub fn department_name<'a>(&'a self, id: &'a str) -> &'a str {
        self.city.departments.iter().find(|d| d.id == id).map_or(id, |d| &d.name)
    }

    pub fn office_name<'a>(&'a self, id: &'a str) -> &'a str {
        self.city.offices.iter().find(|o| o.id == id).map_or(id, |o| &o.name)
    }
}

fn parts<'a>(services: impl Iterator<Item = &'a Arc<Version>>) -> HashMap<String, Vec<Arc<Version>>> {
    let mut parts: HashMap<String, Vec<Arc<Version>>> = HashMap::new();
    for version in services {
        let by: BTreeSet<&str> = version.service.steps.iter().map(|step| step.by.as_str()).collect();
        for department in by {
            parts.entry(department.to_owned()).or_default().push(version.clone());
        }
    }
    for versions in parts.values_mut() {
        versions.sort_by(|a, b| a.service.name.cmp(&b.service.name));
    }
    parts
}

fn compile(row: &VersionRow) -> Result<Version, CatalogueError> {
    let service = serde_json::from_str(&row.body).map_err(|e| broken(row, &e))?;
    Version::new(row.id, row.number, service)
        .map_err(|errors| broken(row, &errors.first().map_or(String::new(), |e| format!("{e:?}"))))
}

fn broken(row: &VersionRow, why: &dyn std::fmt::Display) -> CatalogueError {
    CatalogueError::Broken { code: row.code.clone(), number: row.number, why: why.to_string() }
}

/// The catalogue every part of the program shares. Cheap to clone; `get` never waits for a publication.
#[derive(Clone, Default)]
pub struct CatalogueHandle {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    current: RwLock<Arc<Catalogue>>,
    /// Versions by row id, current and past; a version never changes, so nothing here goes stale.
    versions: RwLock<HashMap<i64, Arc<Version>>>,
}

impl CatalogueHandle {
    pub fn new(catalogue: Catalogue) -> Self {
        let handle = Self::default();
        handle.swap(catalogue);
        handle
    }

    /// What is in force now.
    pub fn get(&self) -> Arc<Catalogue> {
        // A poisoned lock still holds a whole catalogue: it is only ever replaced.
        self.shared.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes a newer catalogue into use.
    pub fn swap(&self, catalogue: Catalogue) {
        let mut versions = self.shared.versions.write().unwrap_or_else(PoisonError::into_inner);
        versions.extend(catalogue.services.values().map(|v| (v.id, v.clone())));
        drop(versions);
        *self.shared.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(catalogue);
    }

    /// Reads the catalogue again if another node has published since.
    pub fn refresh(&self, q: &mut Read<'_>) -> Result<bool, CatalogueError> {
        if store::latest_release(q)? == self.get().release {
            return Ok(false);
        }
        self.swap(Catalogue::load(q)?);
        Ok(true)
    }

    /// A version in memory.
    pub fn cached(&self, id: i64) -> Option<Arc<Version>> {
        self.shared.versions.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// The version a case began with, read from the store the first time an old one is asked for.
    pub fn version(&self, q: &mut Read<'_>, id: i64) -> Result<Option<Arc<Version>>, CatalogueError> {
        if let Some(version) = self.cached(id) {
            return Ok(Some(version));
        }
        let Some(row) = store::by_id(q, id)? else {
            return Ok(None);
        };
        let version = Arc::new(compile(&row)?);
        let mut versions = self.shared.versions.write().unwrap_or_else(PoisonError::into_inner);
        versions.insert(id, version.clone());
        Ok(Some(version))
    }
}
