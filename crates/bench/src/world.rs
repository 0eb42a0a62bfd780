//! A platform on an empty database with the demo pack, and the people a home transfer needs.

use std::path::Path;
use std::sync::Arc;

use rand::SeedableRng;
use rand::rngs::StdRng;
use yimen::open::{Place, casework, open_blobs, open_with};
use yimen_casework::model::Owner;
use yimen_casework::{Casework, NewFile};
use yimen_catalogue::model::Service;
use yimen_catalogue::{Pack, publish};
use yimen_demo::{City, Person, Plan, file_papers};
use yimen_platform::{Actor, Platform, Sealer, Staff, SystemClock};
use yimen_store::{Options, Tape};

use crate::guards::Bare;

pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The service whose lives are measured, and the office that takes them in.
pub const SERVICE: &str = "existing-home-transfer";
pub const OFFICE: &str = "civic-centre";

pub struct World {
    pub platform: Platform,
    pub casework: Casework,
    pub residents: Vec<(Person, i64, i64)>,
    pub staff: Vec<Arc<Staff>>,
    /// What everybody hands in through the commands: stored once.
    pub papers: Vec<NewFile>,
    /// The same as bytes, to upload.
    pub scans: Vec<Vec<u8>>,
}

impl World {
    /// Publishes the demo pack, with variants of its services until there are `services`, and registers `people`
    /// residents; staff get made-up account ids.
    pub async fn new(
        place: &Place,
        people: usize,
        services: usize,
        tape: Option<Tape>,
    ) -> Result<World, Failure> {
        let options = Options { tape, ..Options::default() };
        Self::on(open_with(place, Arc::new(SystemClock), options)?, people, services).await
    }

    /// The same with nothing encrypted.
    pub async fn bare(place: &Place, people: usize) -> Result<World, Failure> {
        let mut platform = open_with(place, Arc::new(SystemClock), Options::default())?;
        platform.sealer = Arc::new(Sealer::with_master(Arc::new(Bare)));
        platform.blobs = open_blobs(place, platform.sealer.clone())?;
        Self::on(platform, people, 0).await
    }

    async fn on(platform: Platform, people: usize, services: usize) -> Result<World, Failure> {
        let pack = Pack::load(Path::new("packs/hangzhou"));
        let ctx = platform.ctx(Actor::System("bench"), "bench");
        let city = pack.city.as_ref().map(|c| c.value.clone());
        let own: Vec<_> = pack.services.iter().map(|s| s.value.clone()).collect();
        if own.is_empty() {
            return Err("packs/hangzhou holds no services: run from the root of the repository".into());
        }
        let services = with_variants(own, services);
        platform
            .store
            .write("bench.publish", move |tx| publish(tx, &ctx, "hangzhou", city.as_ref(), &services))
            .await?;
        let casework = casework(&platform)?;
        let papers = file_papers(&platform.blobs).await?;
        let now = platform.clock.now();
        let cast = yimen::cast::staff(&casework.catalogue.get(), 1, now.day());
        let accounts: Vec<i64> = (1_000..).take(cast.len()).collect();
        let staff = yimen::cast::employed(cast, &accounts);
        let plan = Plan { cases: people * 2, days: 1, seed: 1, until: now };
        let settled = casework.clone();
        let (hired, filed) = (staff.clone(), papers.clone());
        let city = tokio::task::spawn_blocking(move || City::settle(settled, hired, filed, &plan)).await??;
        let scans = yimen_demo::papers().into_iter().map(|paper| paper.bytes).collect();
        Ok(World { platform, casework, residents: city.residents, staff, papers, scans })
    }

    /// Closes the database, lets `between` work on it alone, and opens it again.
    pub async fn reopened<F>(self, place: &Place, between: impl FnOnce() -> F) -> Result<World, Failure>
    where
        F: Future<Output = Result<(), Failure>>,
    {
        let World { platform, casework: before, residents, staff, papers, scans } = self;
        drop((platform, before));
        between().await?;
        let platform = open_with(place, Arc::new(SystemClock), Options::default())?;
        let casework = casework(&platform)?;
        Ok(World { platform, casework, residents, staff, papers, scans })
    }

    /// Somebody who may work on a task of this owner.
    pub fn worker(&self, owner: &Owner) -> Result<Actor, Failure> {
        match owner {
            Owner::Department(id) => Ok(self.reviewer(id)),
            Owner::Office(id) => Ok(self.clerk(id)),
            Owner::Applicant => Err("an applicant's task that is no payment".into()),
        }
    }

    pub fn reviewer(&self, department: &str) -> Actor {
        let works =
            |s: &&Arc<Staff>| s.department == department && s.roles.has(yimen_platform::Role::Reviewer);
        Actor::Staff(self.staff.iter().find(works).expect("the demo cast has reviewers everywhere").clone())
    }

    pub fn clerk(&self, office: &str) -> Actor {
        let works = |s: &&Arc<Staff>| s.office == office;
        Actor::Staff(self.staff.iter().find(works).expect("the demo cast has clerks everywhere").clone())
    }
}

pub fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

/// The services of the pack, then each again under other names, as the districts of a large city have them.
fn with_variants(own: Vec<Service>, count: usize) -> Vec<Service> {
    let variant = |n: usize| {
        let mut service = own[n % own.len()].clone();
        let round = n / own.len();
        if round > 0 {
            service.id = format!("{}-{round}", service.id);
            service.name = format!("{}（{round}区）", service.name);
        }
        service
    };
    (0..count.max(own.len())).map(variant).collect()
}
