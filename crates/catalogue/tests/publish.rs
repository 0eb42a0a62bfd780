//! Publishing on both engines: what is published never changes, and a case finds the version it began with.

use std::path::Path;
use std::sync::Arc;

use yimen_catalogue::{Catalogue, CatalogueHandle, Filter, Pack, Published, Service, publish};
use yimen_platform::{Actor, Ctx, Ids};
use yimen_standards::time::Instant;
use yimen_store::{Store, StoreError, params, sql};
use yimen_testkit::on_each_engine;

sql! {
    BODIES = "select id, digest, body from catalogue_version order by id";
}

struct City {
    store: Store,
    ids: Arc<Ids>,
    pack: Pack,
}

impl City {
    fn new(store: &Store) -> Self {
        let pack = Pack::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/hangzhou"));
        Self { store: store.clone(), ids: Arc::new(Ids::seeded(1, 7)), pack }
    }

    fn services(&self) -> Vec<Service> {
        self.pack.services.iter().map(|f| f.value.clone()).collect()
    }

    fn publish(&self, services: &[Service], at: i64) -> Published {
        let ctx = Ctx::new(Actor::System("catalogue"), Instant(at), self.ids.clone(), "test");
        let city = self.pack.city.as_ref().unwrap().value.clone();
        let services = services.to_vec();
        self.store
            .write_blocking("catalogue.publish", move |tx| {
                publish(tx, &ctx, "hangzhou", Some(&city), &services)
            })
            .unwrap()
    }

    fn catalogue(&self) -> Catalogue {
        self.store.read_blocking(Catalogue::load).unwrap()
    }

    fn bodies(&self) -> Vec<(i64, String, String)> {
        self.store.read_blocking(|q| q.all(&BODIES, params![])).map_err(|e: StoreError| e).unwrap()
    }
}

#[test]
fn a_published_version_never_changes() {
    on_each_engine(|db| {
        let city = City::new(db.store());
        let mut services = city.services();
        let first = city.publish(&services, 1_000);
        assert_eq!((first.added.len(), first.unchanged), (services.len() + 1, 0));
        let before = city.bodies();

        services[0].summary = "改过的说明。".into();
        let second = city.publish(&services, 2_000);
        assert_eq!(second.changed, [services[0].id.clone()]);
        assert_eq!((second.added.len(), second.unchanged), (0, services.len()));

        let after = city.bodies();
        assert_eq!(after.len(), before.len() + 1);
        assert!(before.iter().all(|row| after.contains(row)), "a published row changed");
        let catalogue = city.catalogue();
        let current = catalogue.current(&services[0].id).unwrap();
        assert_eq!((current.number, current.service.summary.as_str()), (2, "改过的说明。"));
    });
}

#[test]
fn publishing_the_same_twice_is_nothing() {
    on_each_engine(|db| {
        let city = City::new(db.store());
        city.publish(&city.services(), 1_000);
        let release = city.catalogue().release;
        let again = city.publish(&city.services(), 2_000);
        assert!(again.is_nothing(), "{again:?}");
        assert_eq!(city.catalogue().release, release);
    });
}

/// A case pinned to a version reads it after it was replaced, and after its service was retired.
#[test]
fn old_cases_stay_on_their_version() {
    on_each_engine(|db| {
        let city = City::new(db.store());
        let mut services = city.services();
        city.publish(&services, 1_000);
        let pinned = city.catalogue().current(&services[0].id).unwrap().id;

        let gone = services.remove(0);
        let retired = city.publish(&services, 2_000);
        assert_eq!(retired.retired, [gone.id.as_str()]);
        let catalogue = city.catalogue();
        assert!(catalogue.current(&gone.id).is_none());
        let handle = CatalogueHandle::new(catalogue);
        assert!(handle.cached(pinned).is_none());
        let version = city.store.read_blocking({
            let handle = handle.clone();
            move |q| handle.version(q, pinned)
        });
        assert_eq!(version.unwrap().unwrap().service, gone);
        assert!(handle.cached(pinned).is_some());

        // Published again it is a new version of the same service.
        services.insert(0, gone.clone());
        city.publish(&services, 3_000);
        let refreshed = {
            let handle = handle.clone();
            city.store.read_blocking(move |q| handle.refresh(q))
        };
        assert!(refreshed.unwrap());
        let now = handle.get().current(&gone.id).unwrap().clone();
        assert_eq!(now.number, 2);
        assert_ne!(now.id, pinned);
    });
}

/// The day-one answer: publishing puts a version in its predecessor's place in one step, or not at all.
#[test]
fn catalogue() {
    on_each_engine(|db| {
        let city = City::new(db.store());
        let mut services = city.services();
        city.publish(&services, 1_000);
        let before = city.catalogue();
        services[0].summary = "改过的说明。".into();
        services[1].summary = "这一个也改了。".into();

        // A publication that breaks off half-way changes nothing at all.
        let ctx = Ctx::new(Actor::System("catalogue"), Instant(2_000), city.ids.clone(), "test");
        let (whole, half) = (city.pack.city.as_ref().unwrap().value.clone(), services.clone());
        let broken = city.store.write_blocking("catalogue.publish", move |tx| {
            publish(tx, &ctx, "hangzhou", Some(&whole), &half)?;
            Err::<(), _>(yimen_catalogue::CatalogueError::from(StoreError::Conflict))
        });
        assert!(broken.is_err());
        let still = city.catalogue();
        assert_eq!(still.release, before.release);
        let old = before.current(&services[0].id).unwrap();
        assert_eq!(still.current(&services[0].id).unwrap().id, old.id);

        // Both at once, and each service has one version in force.
        city.publish(&services, 3_000);
        let after = city.catalogue();
        for changed in &services[..2] {
            let now = after.current(&changed.id).unwrap();
            assert_eq!((now.number, &now.service.summary), (2, &changed.summary));
        }
        let mut ids: Vec<&str> = after.services().map(|v| v.service.id.as_str()).collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!((ids.len(), all), (services.len(), services.len()));
        assert!(after.release > before.release);
    });
}

#[test]
fn what_is_loaded_can_be_searched() {
    on_each_engine(|db| {
        let city = City::new(db.store());
        city.publish(&city.services(), 1_000);
        let catalogue = city.catalogue();
        let found = catalogue.search("二手房过户", &Filter::default(), 3);
        assert_eq!(found.hits[0].service, "existing-home-transfer");
        assert!(catalogue.current(&found.hits[0].service).is_some());
    });
}

/// The invariant is kept by having no such statement.
#[test]
fn no_statement_updates_or_deletes_a_version() {
    let statements = include_str!("../src/store.rs").to_lowercase();
    for forbidden in ["update catalogue_version", "delete from catalogue_version", "update catalogue_release"]
    {
        assert!(!statements.contains(forbidden), "{forbidden}");
    }
    let inserts = statements.matches("insert into catalogue_version").count();
    assert_eq!(inserts, 1);
    assert!(!statements.contains("insert or replace"));
}
