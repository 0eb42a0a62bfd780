//! Publishing a pack: what changed becomes a new version, what is gone is retired, in one transaction.

use std::collections::BTreeSet;

use serde::Serialize;
use yimen_platform::{Ctx, journal};
use yimen_store::{StoreError, Tx};

use crate::digest::{canonical, digest_of};
use crate::model::{City, Service};
use crate::store::{self, NewRelease, NewVersion};

pub(crate) const SERVICE: &str = "service";
pub(crate) const CITY: &str = "city";

/// What a publication did, by item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Published {
    pub release: i64,
    pub added: Vec<String>,
    pub changed: Vec<String>,
    pub unchanged: usize,
    pub retired: Vec<String>,
}

impl Published {
    pub fn is_nothing(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.retired.is_empty()
    }
}

/// Publishes the items of a pack that has passed `check`. Equal items stay on their version; publishing twice is nothing.
pub fn publish(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    pack: &str,
    city: Option<&City>,
    services: &[Service],
) -> Result<Published, StoreError> {
    let before = store::current_of_pack(tx, pack)?;
    let mut items: Vec<(&str, &str, String, String)> = Vec::new();
    if let Some(city) = city {
        items.push((CITY, &city.region, digest_of(city), canonical(city)));
    }
    for service in services {
        items.push((SERVICE, &service.id, digest_of(service), canonical(service)));
    }
    let mut published = Published { release: ctx.new_id(), ..Published::default() };
    let mut fresh = Vec::new();
    for (kind, code, digest, body) in &items {
        match before.iter().find(|v| v.kind == *kind && v.code == *code) {
            Some(old) if old.digest == *digest => {
                published.unchanged += 1;
                continue;
            }
            Some(_) => published.changed.push((*code).to_owned()),
            None => published.added.push((*code).to_owned()),
        }
        fresh.push((*kind, *code, digest, body));
    }
    let kept: BTreeSet<(&str, &str)> = items.iter().map(|(kind, code, ..)| (*kind, *code)).collect();
    let gone: Vec<_> =
        before.iter().filter(|v| !kept.contains(&(v.kind.as_str(), v.code.as_str()))).collect();
    published.retired = gone.iter().map(|v| v.code.clone()).collect();
    if published.is_nothing() {
        return Ok(published);
    }
    store::insert_release(
        tx,
        &NewRelease {
            id: published.release,
            pack,
            at: ctx.now.0,
            by: ctx.actor.name(),
            added: published.added.len() as i64,
            changed: published.changed.len() as i64,
            retired: published.retired.len() as i64,
        },
    )?;
    for (kind, code, digest, body) in fresh {
        let new = NewVersion {
            id: ctx.new_id(),
            release: published.release,
            kind,
            code,
            number: store::last_number(tx, kind, code)? + 1,
            digest,
            body,
            at: ctx.now.0,
        };
        store::insert_version(tx, &new)?;
        store::set_current(tx, kind, code, pack, new.id)?;
    }
    for version in gone {
        store::retire(tx, &version.kind, &version.code)?;
    }
    let note = journal::Note { verb: "catalogue.published", case: 0, task: 0, body: &published };
    journal::append(tx, ctx, note)?;
    Ok(published)
}
