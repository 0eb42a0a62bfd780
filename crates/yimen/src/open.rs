//! Opening the place where the data lives: database, blobs, key. Runs the migrations.

use std::path::PathBuf;
use std::sync::Arc;

use yimen_blobs::Blobs;
use yimen_casework::Casework;
use yimen_catalogue::{Catalogue, CatalogueError, CatalogueHandle};
use yimen_parties::Parties;
use yimen_platform::{Clock, Ids, Platform, SealError, Sealer, SystemClock};
use yimen_standards::time::{Calendar, Hours};
use yimen_store::{Options, Store, StoreError};

/// Where the data lives.
#[derive(Debug, Clone)]
pub struct Place {
    /// Folder of the key, and of database and blobs unless those are named.
    pub data: PathBuf,
    /// `sqlite:PATH` or `postgres://…`; empty: a file in `data`.
    pub store: String,
    /// `file:PATH` or `s3://…`; empty: a folder in `data`.
    pub blobs: String,
    /// Tells the nodes of one database apart.
    pub node: u8,
}

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the data folder {0} cannot be made: {1}. Choose another one with --data.")]
    Folder(PathBuf, std::io::Error),
    #[error("the database {0} cannot be opened: {1}. Check --store, and that its server runs.")]
    Store(String, StoreError),
    #[error("the schema cannot be brought up to date: {0}")]
    Migrate(StoreError),
    #[error("the blob store {0} cannot be opened: {1}. Check --blobs.")]
    Blobs(String, String),
    #[error("{0}. The key seals the data: without it nothing can be read. Put the right key file back.")]
    Key(#[from] SealError),
    #[error("the catalogue cannot be read: {0}")]
    Catalogue(#[from] CatalogueError),
    #[error(
        "the city's office hours cannot be read: {0}. Mend `hours` in city.yaml and publish the pack again."
    )]
    Hours(String),
}

impl Place {
    pub fn store_url(&self) -> String {
        match self.store.is_empty() {
            true => format!("sqlite:{}", self.data.join("yimen.db").display()),
            false => self.store.clone(),
        }
    }

    pub fn blobs_url(&self) -> String {
        match self.blobs.is_empty() {
            true => format!("file:{}", self.data.join("blobs").display()),
            false => self.blobs.clone(),
        }
    }

    pub fn key_file(&self) -> PathBuf {
        self.data.join("keys").join("master.key")
    }
}

/// Opens everything a server needs.
pub fn open(place: &Place) -> Result<Platform, OpenError> {
    open_with(place, Arc::new(SystemClock), Options::default())
}

/// `open` with another clock or other limits of the store.
pub fn open_with(place: &Place, clock: Arc<dyn Clock>, options: Options) -> Result<Platform, OpenError> {
    std::fs::create_dir_all(&place.data).map_err(|e| OpenError::Folder(place.data.clone(), e))?;
    let sealer = Arc::new(Sealer::from_file(&place.key_file())?);
    let url = place.store_url();
    let store = Store::open(&url, options).map_err(|e| OpenError::Store(without_password(&url), e))?;
    store.migrate().map_err(OpenError::Migrate)?;
    let url = place.blobs_url();
    let blobs = Blobs::open(&url).map_err(|e| OpenError::Blobs(url, e.to_string()))?.sealed(sealer.clone());
    Ok(Platform { store, blobs, sealer, clock, ids: Arc::new(Ids::new(place.node)) })
}

/// A database address as it may be shown.
pub fn without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, rest)), Some((_, host))) => {
            let user = rest.split([':', '@']).next().unwrap_or_default();
            format!("{scheme}://{user}@{host}")
        }
        _ => url.to_string(),
    }
}

/// The casework domain over an opened platform: catalogue as published, calendar, hours of the city.
pub fn casework(platform: &Platform) -> Result<Casework, OpenError> {
    let catalogue = platform.store.read_blocking(|q| Catalogue::load(q))?;
    let hours = &catalogue.city().hours;
    let default = ["09:00-12:00".to_string(), "13:30-17:00".to_string()];
    let hours = if hours.is_empty() { &default[..] } else { &hours[..] };
    let hours = Hours::parse(hours).map_err(|e| OpenError::Hours(e.to_string()))?;
    Ok(Casework {
        parties: Parties::new(platform.sealer.clone()),
        catalogue: CatalogueHandle::new(catalogue),
        calendar: Arc::new(Calendar::builtin()),
        hours: Arc::new(hours),
        platform: platform.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn no_password_is_ever_shown() {
        assert_eq!(without_password("postgres://yimen:s3cret@db:5432/x"), "postgres://yimen@db:5432/x");
        assert_eq!(without_password("sqlite:data/yimen.db"), "sqlite:data/yimen.db");
    }
}
