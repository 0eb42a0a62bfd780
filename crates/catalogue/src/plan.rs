//! The steps of one case and their order: the pack's graph without the steps that do not apply.
//!
//! Where a step does not apply, those after it wait for what it would have waited for. Edges that others imply are left
//! out, so a plan can be drawn as it is.

use std::collections::BTreeSet;

use crate::limits::{DAY_MINUTES, minutes};
use crate::model::{Step, StepKind};

/// What happens in one case, as a graph without cycles.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan<'a> {
    /// In the order of the pack.
    pub steps: Vec<Planned<'a>>,
    /// The longest chain by the limits of its steps, as indexes into `steps`.
    pub critical: Vec<usize>,
    /// Its length in working minutes, a day counted as seven hours.
    pub critical_minutes: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Planned<'a> {
    pub step: &'a Step,
    /// Indexes of the steps it waits for.
    pub after: Vec<usize>,
    /// Indexes of the steps that wait for it.
    pub before: Vec<usize>,
    /// 0 for a step that waits for nothing, else one more than the highest rank before it.
    pub rank: usize,
    pub critical: bool,
}

impl<'a> Plan<'a> {
    /// `applies` tells for each step whether it takes part. An edge that would close a cycle is dropped: the checker
    /// refuses such a pack, and a plan must end whatever it is given.
    pub fn new(all: &'a [Step], applies: &[bool]) -> Self {
        let kept: Vec<usize> = (0..all.len()).filter(|i| applies.get(*i).copied().unwrap_or(false)).collect();
        let direct: Vec<BTreeSet<usize>> = kept.iter().map(|&i| waits_for(all, applies, i, &kept)).collect();
        let order = topological(&direct);
        let mut place = vec![0; kept.len()];
        for (position, &i) in order.iter().enumerate() {
            place[i] = position;
        }
        let mut ancestors: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); kept.len()];
        let mut steps: Vec<Planned<'a>> = kept
            .iter()
            .map(|&i| Planned {
                step: &all[i],
                after: Vec::new(),
                before: Vec::new(),
                rank: 0,
                critical: false,
            })
            .collect();
        for &i in &order {
            let earlier: BTreeSet<usize> =
                direct[i].iter().copied().filter(|&j| place[j] < place[i]).collect();
            let implied: BTreeSet<usize> =
                earlier.iter().flat_map(|&j| ancestors[j].iter().copied()).collect();
            steps[i].after = earlier.difference(&implied).copied().collect();
            steps[i].rank = steps[i].after.iter().map(|&j| steps[j].rank + 1).max().unwrap_or(0);
            for j in steps[i].after.clone() {
                steps[j].before.push(i);
            }
            ancestors[i] = earlier.union(&implied).copied().collect();
        }
        let (critical, critical_minutes) = longest(&steps, &order);
        for &i in &critical {
            steps[i].critical = true;
        }
        Self { steps, critical, critical_minutes }
    }

    pub fn get(&self, id: &str) -> Option<&Planned<'a>> {
        self.steps.iter().find(|p| p.step.id == id)
    }

    pub fn index(&self, id: &str) -> Option<usize> {
        self.steps.iter().position(|p| p.step.id == id)
    }

    /// The step that decides the case.
    pub fn decision(&self) -> Option<&Planned<'a>> {
        self.steps.iter().find(|p| matches!(p.step.kind, StepKind::Decision | StepKind::Registration))
    }

    /// Steps not done whose predecessors all are.
    pub fn ready(&self, done: impl Fn(&str) -> bool) -> Vec<&Planned<'a>> {
        let open =
            |p: &&Planned<'a>| !done(&p.step.id) && p.after.iter().all(|&j| done(&self.steps[j].step.id));
        self.steps.iter().filter(open).collect()
    }

    /// Whether `earlier` must be done before `later` can start.
    pub fn precedes(&self, earlier: usize, later: usize) -> bool {
        let mut open = vec![later];
        let mut seen = BTreeSet::new();
        while let Some(i) = open.pop() {
            for &j in &self.steps[i].after {
                if j == earlier {
                    return true;
                }
                if seen.insert(j) {
                    open.push(j);
                }
            }
        }
        false
    }
}

/// The applying steps that step `i` waits for, looking through those that do not apply; as positions in `kept`.
fn waits_for(all: &[Step], applies: &[bool], i: usize, kept: &[usize]) -> BTreeSet<usize> {
    let (mut found, mut seen, mut open) = (BTreeSet::new(), BTreeSet::from([i]), vec![i]);
    while let Some(at) = open.pop() {
        for j in all[at].after.iter().filter_map(|id| all.iter().position(|s| &s.id == id)) {
            if !seen.insert(j) {
                continue;
            }
            match kept.binary_search(&j) {
                Ok(position) if applies[j] => {
                    found.insert(position);
                }
                _ => open.push(j),
            }
        }
    }
    found
}

/// Depth first, so a cycle loses its last edge instead of its steps.
fn topological(direct: &[BTreeSet<usize>]) -> Vec<usize> {
    fn visit(i: usize, direct: &[BTreeSet<usize>], state: &mut [bool], order: &mut Vec<usize>) {
        if std::mem::replace(&mut state[i], true) {
            return;
        }
        for &j in &direct[i] {
            visit(j, direct, state, order);
        }
        order.push(i);
    }
    let (mut state, mut order) = (vec![false; direct.len()], Vec::new());
    for i in 0..direct.len() {
        visit(i, direct, &mut state, &mut order);
    }
    order
}

/// The heaviest chain. A step without a limit weighs nothing but still links.
fn longest(steps: &[Planned<'_>], order: &[usize]) -> (Vec<usize>, u64) {
    let mut until = vec![0_u64; steps.len()];
    let mut from: Vec<Option<usize>> = vec![None; steps.len()];
    for &i in order {
        let heaviest = steps[i].after.iter().copied().max_by_key(|&j| (until[j], std::cmp::Reverse(j)));
        let own = steps[i].step.within.map_or(0, |limit| minutes(limit, DAY_MINUTES));
        until[i] = own + heaviest.map_or(0, |j| until[j]);
        from[i] = heaviest;
    }
    let last =
        (0..steps.len()).max_by_key(|&i| (until[i], std::cmp::Reverse(steps[i].rank), std::cmp::Reverse(i)));
    let Some(last) = last.filter(|&i| until[i] > 0) else {
        return (Vec::new(), 0);
    };
    let mut chain = vec![last];
    while let Some(j) = chain.last().and_then(|&i| from[i]) {
        chain.push(j);
    }
    chain.reverse();
    (chain, until[last])
}
