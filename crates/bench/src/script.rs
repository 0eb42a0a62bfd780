//! What one life answers, known before the clock starts: thinking is the applicant's and the officers' time.

use std::collections::BTreeMap;
use std::sync::Arc;

use yimen_catalogue::{Facts, Version};

use crate::world::{Failure, SERVICE, World, rng};

pub struct Script {
    /// Of the world's residents.
    pub resident: usize,
    pub seed: u64,
    pub version: Arc<Version>,
    pub facts: Facts,
    /// What the officers of each step record.
    records: BTreeMap<String, Facts>,
}

impl Script {
    pub fn new(world: &World, resident: usize, seed: u64) -> Result<Script, Failure> {
        let mut rng = rng(seed);
        let (me, _, _) = &world.residents[resident];
        let others = [1, 2, 3].map(|n| &world.residents[(resident + n) % world.residents.len()].0);
        let version = world.casework.catalogue.get().current(SERVICE).cloned().ok_or("no home transfer")?;
        let today = world.platform.clock.now().day();
        let facts = yimen_demo::fill(&mut rng, &version, me, others, today)
            .ok_or("the applicant does not qualify")?;
        let (mut known, mut records) = (facts.clone(), BTreeMap::new());
        for planned in &version.plan(&facts).steps {
            let step = &planned.step.id;
            let recorded = yimen_demo::records(&mut rng, &version, step, &known, me, today);
            known.extend(recorded.clone());
            records.insert(step.clone(), recorded);
        }
        Ok(Script { resident, seed, facts, records, version })
    }

    /// What the officers record, by step.
    pub fn all_records(&self) -> impl Iterator<Item = (&String, &Facts)> {
        self.records.iter()
    }

    pub fn records(&self, step: &str) -> Result<&Facts, Failure> {
        self.records.get(step).ok_or_else(|| format!("{step} is outside the plan").into())
    }
}
