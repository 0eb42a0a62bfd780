//! The step graph laid out for drawing: one lane for each who acts, one rank for each wave of work.

use crate::facts::Facts;
use crate::model::{Step, StepKind};
use crate::plan::Plan;
use crate::version::Version;

/// Nodes in the order of the pack; `from` and `to` are indexes of nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct Graph<'a> {
    /// Department ids, `applicant`, `window`, in the order in which they first act.
    pub lanes: Vec<&'a str>,
    pub nodes: Vec<Node<'a>>,
    pub edges: Vec<Edge>,
    /// Number of ranks.
    pub ranks: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Node<'a> {
    pub id: &'a str,
    pub name: &'a str,
    pub kind: StepKind,
    pub lane: usize,
    pub rank: usize,
    /// Place among the nodes of the same lane and rank.
    pub row: usize,
    /// The step has a condition.
    pub conditional: bool,
    pub critical: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    pub from: usize,
    pub to: usize,
    pub critical: bool,
}

impl Version {
    /// Every step the service may have.
    pub fn describe_graph(&self) -> Graph<'_> {
        describe(&Plan::new(&self.service.steps, &vec![true; self.service.steps.len()]))
    }

    /// The steps of one case.
    pub fn describe_plan(&self, facts: &Facts) -> Graph<'_> {
        describe(&self.plan(facts))
    }
}

fn describe<'a>(plan: &Plan<'a>) -> Graph<'a> {
    let mut order: Vec<usize> = (0..plan.steps.len()).collect();
    order.sort_by_key(|&i| (plan.steps[i].rank, i));
    let mut lanes: Vec<&'a str> = Vec::new();
    for &i in &order {
        let by = plan.steps[i].step.by.as_str();
        if !lanes.contains(&by) {
            lanes.push(by);
        }
    }
    let mut nodes: Vec<Node<'a>> = Vec::new();
    for planned in &plan.steps {
        let step: &'a Step = planned.step;
        let lane = lanes.iter().position(|l| *l == step.by).unwrap_or(0);
        let row = nodes.iter().filter(|n| n.lane == lane && n.rank == planned.rank).count();
        nodes.push(Node {
            id: &step.id,
            name: &step.name,
            kind: step.kind,
            lane,
            rank: planned.rank,
            row,
            conditional: step.when.is_some(),
            critical: planned.critical,
        });
    }
    let critical = |from: usize, to: usize| plan.critical.windows(2).any(|w| w == [from, to]);
    let edges = plan.steps.iter().enumerate().flat_map(|(to, planned)| {
        planned.after.iter().map(move |&from| Edge { from, to, critical: critical(from, to) })
    });
    Graph { lanes, edges: edges.collect(), ranks: nodes.iter().map(|n| n.rank + 1).max().unwrap_or(0), nodes }
}
