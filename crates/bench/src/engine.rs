//! Fresh databases for each part, on SQLite or on a PostgreSQL server.

use std::path::{Path, PathBuf};

use tokio_postgres::NoTls;
use yimen::open::Place;

use crate::world::Failure;

/// Where the databases are made.
pub struct Engine {
    folder: PathBuf,
    /// Empty for SQLite; else a database of the server, used only to make others.
    url: String,
}

impl Engine {
    pub fn new(folder: &Path, url: &str) -> Engine {
        Engine { folder: folder.to_owned(), url: url.to_owned() }
    }

    pub fn is_postgres(&self) -> bool {
        !self.url.is_empty()
    }

    pub fn name(&self) -> &'static str {
        if self.is_postgres() { "postgres" } else { "sqlite" }
    }

    /// An empty database and a folder for blobs and key.
    pub async fn place(&self, part: &str) -> Result<Place, Failure> {
        let store = match self.is_postgres() {
            true => {
                self.drop(part).await?;
                self.ask(&format!("create database yimen_bench_{part}")).await?;
                other_database(&self.url, &format!("yimen_bench_{part}"))
            }
            false => String::new(),
        };
        Ok(Place { data: self.folder.join(part), store, blobs: String::new(), node: 0 })
    }

    /// A database always on SQLite: the tape needs the one writer that sees every write in order.
    pub fn taped(&self) -> Place {
        Place { data: self.folder.join("taped"), store: String::new(), blobs: String::new(), node: 0 }
    }

    /// Gives the room back.
    pub async fn drop(&self, part: &str) -> Result<(), Failure> {
        match self.is_postgres() {
            true => self.ask(&format!("drop database if exists yimen_bench_{part} with (force)")).await,
            false => match std::fs::remove_dir_all(self.folder.join(part)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
                _ => Ok(()),
            },
        }
    }

    async fn ask(&self, sql: &str) -> Result<(), Failure> {
        let client = connect(&self.url).await?;
        Ok(client.batch_execute(sql).await?)
    }
}

pub async fn connect(url: &str) -> Result<tokio_postgres::Client, Failure> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// The same server, another database.
fn other_database(url: &str, name: &str) -> String {
    let (head, query) = match url.split_once('?') {
        Some((head, query)) => (head, format!("?{query}")),
        None => (url, String::new()),
    };
    let (scheme, rest) = head.split_once("://").unwrap_or(("postgres", head));
    let server = rest.split_once('/').map_or(rest, |(server, _)| server);
    format!("{scheme}://{server}/{name}{query}")
}
