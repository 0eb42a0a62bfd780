//! What is on its way, kept in memory: counting fifty thousand rows for every look at the board costs more than ten
//! times what one look may. Caught up with the journal in the very snapshot that is answered from, so it is as immediate
//! as counting; it takes some hundred bytes for each case on its way and is read anew when a server starts.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use yimen_platform::Tail;
use yimen_standards::time::Instant;
use yimen_store::{Read, StoreError};

use crate::model::{CaseState, TaskState};
use crate::store::lists::NO_DUE;
use crate::store::live::{self, CaseMark, LOT, TaskMark};

/// More entries than this since the last look, and everything is read anew.
const MOST: usize = 20_000;

/// So many cases of one department, service and office stand alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Count {
    pub lead: String,
    pub service: String,
    pub office: String,
    pub state: CaseState,
    pub standing: Standing,
    pub count: i64,
}

/// What lies at one owner of tasks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct OwnerLoad {
    pub owner: String,
    pub live: i64,
    pub unclaimed: i64,
    pub late: i64,
    pub soon: i64,
    /// Clock stopped, or no limit of their own.
    pub still: i64,
}

/// How a case on its way stands: six words; every case is in exactly one, so that the numbers add up. The lists of the
/// board sort by the same rule, in SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    Late,
    Soon,
    Normal,
    Stopped,
    Correcting,
    Decided,
}

/// Which part of the city, from when on it is late, and until when soon.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look<'a> {
    pub now: Instant,
    /// The end of the next working day.
    pub soon: Instant,
    /// Only cases this department leads; empty for all.
    pub lead: &'a str,
    /// Only tasks of this owner; empty for all.
    pub owner: &'a str,
}

#[derive(Default)]
pub(crate) struct Live(Mutex<Memory>);

#[derive(Default)]
struct Memory {
    /// None before the first look.
    tail: Option<Tail>,
    /// Department that leads, service, office.
    places: Names<(String, String, String)>,
    owners: Names<String>,
    cases: HashMap<i64, Way>,
    tasks: HashMap<i64, Held>,
}

struct Way {
    place: u32,
    state: CaseState,
    stopped: bool,
    running: i64,
}

struct Held {
    owner: u32,
    open: bool,
    due: i64,
}

impl Live {
    /// Counts as things stand in this snapshot. Must be the first thing asked of it: only then are snapshots taken one
    /// after the other.
    pub fn look(&self, q: &mut Read<'_>, look: Look<'_>) -> Result<(Vec<Count>, Vec<OwnerLoad>), StoreError> {
        // Whatever a look that died left behind is read again: the tail moves last.
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        memory.catch_up(q)?;
        Ok((memory.standings(look), memory.loads(look)))
    }
}

impl Memory {
    fn catch_up(&mut self, q: &mut Read<'_>) -> Result<(), StoreError> {
        let news = match self.tail {
            Some(tail) => tail.since(q, MOST)?,
            None => None,
        };
        let Some((touched, tail)) = news else {
            return self.begin(q);
        };
        let touched: Vec<i64> = touched.into_iter().collect();
        for lot in touched.chunks(LOT) {
            for case in live::cases(q, lot)? {
                self.take_case(case)?;
            }
            for task in live::tasks(q, lot)? {
                self.take_task(task)?;
            }
        }
        self.tail = Some(tail);
        Ok(())
    }

    /// Reads everything that is on its way.
    fn begin(&mut self, q: &mut Read<'_>) -> Result<(), StoreError> {
        *self = Memory::default();
        let tail = Tail::end(q)?;
        live::cases_on_their_way(q, |case| self.take_case(case))?;
        live::live_tasks(q, |task| self.take_task(task))?;
        self.tail = Some(tail);
        Ok(())
    }

    fn take_case(&mut self, case: CaseMark) -> Result<(), StoreError> {
        let Some(running) = case.running else {
            self.cases.remove(&case.id);
            return Ok(());
        };
        let state = CaseState::parse(&case.state);
        let state = state.ok_or_else(|| crate::store::case::unknown("state", &case.state))?;
        let place = self.places.of((case.lead, case.service, case.office));
        let stopped = case.stopped_since.is_some();
        self.cases.insert(case.id, Way { place, state, stopped, running });
        Ok(())
    }

    fn take_task(&mut self, task: TaskMark) -> Result<(), StoreError> {
        let state = TaskState::parse(&task.state);
        let state = state.ok_or_else(|| crate::store::case::unknown("task state", &task.state))?;
        if !state.is_live() {
            self.tasks.remove(&task.id);
            return Ok(());
        }
        let owner = self.owners.of(task.owner);
        self.tasks.insert(task.id, Held { owner, open: state == TaskState::Open, due: task.due });
        Ok(())
    }

    fn standings(&self, look: Look<'_>) -> Vec<Count> {
        let (states, standings) = (CaseState::ALL.len(), Standing::ALL.len());
        let mut counts = vec![0_i64; self.places.all.len() * states * standings];
        for case in self.cases.values() {
            let standing = Standing::of(case.state, case.stopped, case.running, look);
            counts[(case.place as usize * states + case.state as usize) * standings + standing as usize] += 1;
        }
        let mut found = Vec::new();
        for (i, count) in counts.into_iter().enumerate().filter(|(_, count)| *count > 0) {
            let (lead, service, office) = &self.places.all[i / standings / states];
            if look.lead.is_empty() || lead == look.lead {
                found.push(Count {
                    lead: lead.clone(),
                    service: service.clone(),
                    office: office.clone(),
                    state: CaseState::ALL[i / standings % states],
                    standing: Standing::ALL[i % standings],
                    count,
                });
            }
        }
        found
    }

    fn loads(&self, look: Look<'_>) -> Vec<OwnerLoad> {
        let name = |owner: &String| OwnerLoad { owner: owner.clone(), ..OwnerLoad::default() };
        let mut loads: Vec<OwnerLoad> = self.owners.all.iter().map(name).collect();
        for task in self.tasks.values() {
            let load = &mut loads[task.owner as usize];
            load.live += 1;
            load.unclaimed += i64::from(task.open);
            load.late += i64::from(task.due < look.now.0);
            load.soon += i64::from(task.due >= look.now.0 && task.due < look.soon.0);
            load.still += i64::from(task.due == NO_DUE);
        }
        loads.retain(|load| load.live > 0 && (look.owner.is_empty() || load.owner == look.owner));
        loads
    }
}

impl Standing {
    pub const ALL: [Standing; 6] = [
        Standing::Late,
        Standing::Soon,
        Standing::Normal,
        Standing::Stopped,
        Standing::Correcting,
        Standing::Decided,
    ];

    /// What was late before its clock was stopped stays late: a stopped clock has no due time.
    fn of(state: CaseState, stopped: bool, running: i64, look: Look<'_>) -> Standing {
        match state {
            CaseState::Decided => Standing::Decided,
            CaseState::Correcting => Standing::Correcting,
            _ if running < look.now.0 => Standing::Late,
            _ if stopped => Standing::Stopped,
            _ if running < look.soon.0 => Standing::Soon,
            _ => Standing::Normal,
        }
    }
}

/// Names that many rows share, each kept once.
struct Names<T> {
    all: Vec<T>,
    place: HashMap<T, u32>,
}

impl<T> Default for Names<T> {
    fn default() -> Self {
        Self { all: Vec::new(), place: HashMap::new() }
    }
}

impl<T: Hash + Eq + Clone> Names<T> {
    fn of(&mut self, name: T) -> u32 {
        if let Some(place) = self.place.get(&name) {
            return *place;
        }
        // Departments, services and offices of a city: far fewer than four thousand million.
        let place = self.all.len() as u32;
        self.all.push(name.clone());
        self.place.insert(name, place);
        place
    }
}
