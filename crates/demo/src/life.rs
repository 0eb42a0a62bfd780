//! Letting time pass: a queue of what happens next, taken in the order of its moments, each done by the real command.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Arc, Mutex, PoisonError};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use yimen_blobs::Blobs;
use yimen_casework::{Casework, CaseworkError, NewFile};
use yimen_parties::{NewParty, PartyError};
use yimen_platform::{Actor, Ctx, Ids, Staff, serial};
use yimen_standards::time::{Instant, Limit, due};
use yimen_store::{StoreError, Tx};

use crate::act::{Aim, Event, Life};
use crate::paper::papers;
use crate::people::{Person, people};

/// How many happenings share one transaction; setting up a city needs no durability in between.
const BATCH: usize = 400;
/// Applicants that the demo gives accounts to; they apply more often than others.
pub const KNOWN: usize = 12;

/// How large a city, over which days, by which chance.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub cases: usize,
    pub days: i64,
    pub seed: u64,
    /// The moment the city is shown: nothing happens after it.
    pub until: Instant,
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lived {
    pub people: usize,
    pub cases: usize,
    pub commands: usize,
}

/// Told now and then: commands done, moment reached.
pub type Progress = fn(usize, Instant);

#[derive(Debug, thiserror::Error)]
pub enum CityError {
    #[error(transparent)]
    Casework(#[from] CaseworkError),
    #[error(transparent)]
    Parties(#[from] PartyError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("demo material cannot be stored: {0}")]
    Blob(String),
    #[error("the city was interrupted by a failed transaction; begin again with an empty data folder")]
    Interrupted,
}

/// Who lives and works there.
pub struct City {
    pub casework: Casework,
    pub staff: Vec<Arc<Staff>>,
    /// The first `KNOWN` may have accounts: (person, party id, account id or 0).
    pub residents: Vec<(Person, i64, i64)>,
    /// What `file_papers` stored.
    pub papers: Vec<NewFile>,
}

impl City {
    /// Invents the people and registers them. `accounts` are for the first ones, in order.
    pub fn settle(
        casework: Casework,
        staff: Vec<Arc<Staff>>,
        papers: Vec<NewFile>,
        plan: &Plan,
    ) -> Result<City, CityError> {
        let mut rng = StdRng::seed_from_u64(plan.seed);
        let start = plan.until.plus_millis(-plan.days * 86_400_000);
        let invented = people(&mut rng, (plan.cases / 2).clamp(KNOWN * 2, 4_000), start.day());
        let ids = Arc::new(Ids::seeded(1, plan.seed));
        let mut residents = Vec::new();
        for chunk in invented.chunks(BATCH) {
            let (casework, ids, chunk) = (casework.clone(), ids.clone(), chunk.to_vec());
            let store = casework.platform.store.clone();
            let registered = store.write_blocking("demo.settle", move |tx| {
                let ctx = Ctx::new(Actor::System("演示城市"), start, ids.clone(), "demo");
                let register = |person: &Person| {
                    let new = NewParty::person(&person.name, &person.number);
                    let new = new.phone(&person.phone).address(&person.address);
                    let party = casework.parties.register(tx, &ctx, &new)?;
                    Ok::<_, CityError>((person.clone(), party.id, 0))
                };
                chunk.iter().map(register).collect::<Result<Vec<_>, _>>()
            })?;
            residents.extend(registered);
        }
        Ok(City { casework, staff, residents, papers })
    }
}

/// The city in the course of being lived.
pub(crate) struct Sim {
    pub city: City,
    pub rng: StdRng,
    pub ids: Arc<Ids>,
    pub papers: Vec<NewFile>,
    pub lives: Vec<Life>,
    pub commands: usize,
    queue: BinaryHeap<Reverse<(Instant, usize, Event)>>,
    queued: usize,
}

impl Sim {
    pub fn at(&mut self, at: Instant, event: Event) {
        self.queued += 1;
        self.queue.push(Reverse((at, self.queued, event)));
    }

    pub fn ctx(&self, at: Instant, actor: Actor) -> Ctx {
        Ctx::new(actor, at, self.ids.clone(), "demo")
    }

    /// A moment so many days of office hours earlier.
    fn before(&self, until: Instant, days: i64) -> Instant {
        const STEP: i64 = 30 * 60_000;
        let minutes = days * i64::from(self.city.casework.hours.minutes_per_day());
        let mut moment = until;
        // Thirty days of rest in a row are in no calendar.
        for _ in 0..(days + 30) * 48 {
            if self.working(moment, minutes) <= until {
                break;
            }
            moment = moment.plus_millis(-STEP);
        }
        moment
    }

    /// When so many minutes of office hours have gone by.
    pub fn working(&self, from: Instant, minutes: i64) -> Instant {
        let casework = &self.city.casework;
        let limit = Limit::WorkingMinutes(minutes.clamp(1, 1_000_000) as u32);
        due(&casework.calendar, &casework.hours, from, limit, &[]).at.unwrap_or(from)
    }
}

/// Lives the plan through. `known` says which of the residents have accounts (account id by index).
pub fn live(mut city: City, plan: &Plan, known: &[i64], progress: Progress) -> Result<Lived, CityError> {
    for (resident, account) in city.residents.iter_mut().zip(known) {
        resident.2 = *account;
    }
    let mut lived = Lived { people: city.residents.len(), ..Lived::default() };
    let store = city.casework.platform.store.clone();
    let sim = Arc::new(Mutex::new(begin(city, plan)));
    let until = plan.until;
    loop {
        let shared = sim.clone();
        let batch = store.write_blocking("demo.live", move |tx| {
            // Before anything is lived: what happened cannot happen again.
            serial::take_turn(tx)?;
            let mut sim = shared.lock().map_err(|_| CityError::Interrupted)?;
            run_batch(tx, &mut sim, until)
        })?;
        match batch {
            Some(moment) => {
                let done = sim.lock().unwrap_or_else(PoisonError::into_inner).commands;
                progress(done, moment);
            }
            None => break,
        }
    }
    let sim = sim.lock().unwrap_or_else(PoisonError::into_inner);
    lived.cases = sim.lives.len();
    lived.commands = sim.commands;
    Ok(lived)
}

/// Stores the scans that everybody hands in.
pub async fn file_papers(blobs: &Blobs) -> Result<Vec<NewFile>, CityError> {
    let mut filed = Vec::new();
    for paper in papers() {
        let size = paper.bytes.len() as i64;
        let blob = blobs.put(paper.bytes).await.map_err(|e| CityError::Blob(e.to_string()))?;
        let (name, mime, digest) = (paper.name.into(), paper.mime.into(), blob.digest.to_string());
        filed.push(NewFile { slot: String::new(), name, mime, size, digest });
    }
    Ok(filed)
}

fn begin(city: City, plan: &Plan) -> Sim {
    let mut sim = Sim {
        rng: StdRng::seed_from_u64(plan.seed ^ 0x9e37_79b9),
        ids: Arc::new(Ids::seeded(0, plan.seed)),
        papers: city.papers.clone(),
        city,
        lives: Vec::new(),
        commands: 0,
        queue: BinaryHeap::new(),
        queued: 0,
    };
    let span = (plan.days * 86_400_000) as f64;
    for _ in 0..plan.cases {
        // More of them lately: the city grows, and a good part of it is still running when it is shown.
        let back = sim.rng.random::<f64>().powf(1.8) * span;
        let moment = plan.until.plus_millis(-(back as i64));
        let who = match sim.rng.random_bool(0.02) {
            true => sim.rng.random_range(0..KNOWN),
            false => sim.rng.random_range(0..sim.city.residents.len()),
        };
        let awake = moment.day().at(7, 0).plus_millis(sim.rng.random_range(0..14 * 3_600_000));
        if awake < plan.until {
            sim.at(awake, Event::Begin { who, aim: None });
        }
    }
    if plan.cases > 0 {
        for aim in Aim::ALL {
            let began = sim.before(plan.until, aim.days());
            sim.at(began, Event::Begin { who: 0, aim: Some(aim) });
        }
    }
    sim
}

/// Does the next happenings; answers the moment reached, `None` when nothing is left before the end.
fn run_batch(tx: &mut Tx<'_>, sim: &mut Sim, until: Instant) -> Result<Option<Instant>, CityError> {
    let mut reached = None;
    for _ in 0..BATCH {
        let Some(Reverse((at, _, event))) = sim.queue.pop() else {
            break;
        };
        if at >= until {
            break;
        }
        crate::act::act(tx, sim, at, event)?;
        reached = Some(at);
    }
    Ok(reached)
}
