//! The steps of a service as a graph: what runs at the same time stands side by side.

use std::collections::BTreeMap;

use askama::Template;

use super::progress::StepState;
use super::renders_itself;
use super::step_picture::Picture;

#[derive(Debug, Clone)]
pub struct StepNode {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) by: String,
    pub(super) note: String,
    pub(super) state: Option<StepState>,
    pub(super) after: Vec<String>,
}

impl StepNode {
    pub fn new(id: impl Into<String>, name: impl Into<String>, by: impl Into<String>) -> StepNode {
        StepNode {
            id: id.into(),
            name: name.into(),
            by: by.into(),
            note: String::new(),
            state: None,
            after: Vec::new(),
        }
    }
    /// The steps that must be done before.
    #[must_use]
    pub fn after<S: Into<String>>(mut self, ids: impl IntoIterator<Item = S>) -> StepNode {
        self.after = ids.into_iter().map(Into::into).collect();
        self
    }
    /// 15分钟
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> StepNode {
        self.note = note.into();
        self
    }
    /// Its state in a running case.
    #[must_use]
    pub fn state(mut self, state: StepState) -> StepNode {
        self.state = Some(state);
        self
    }

    pub(super) fn class(&self) -> &'static str {
        self.state.map_or("plan", StepState::class)
    }
}

/// Ranks from left to right (a list on a phone); a step stands one rank after the last of those it needs.
#[derive(Debug, Clone, Template)]
#[template(path = "components/step_graph.html")]
pub struct StepGraph {
    label: String,
    nodes: Vec<StepNode>,
}

impl StepGraph {
    pub fn new(label: impl Into<String>) -> StepGraph {
        StepGraph { label: label.into(), nodes: Vec::new() }
    }
    #[must_use]
    pub fn node(mut self, node: StepNode) -> StepGraph {
        self.nodes.push(node);
        self
    }

    /// The picture for wide screens; the list beside it says the same in words.
    fn picture(&self) -> Picture {
        Picture::of(&self.nodes, &self.ranks_by_index())
    }

    fn steps(&self) -> Vec<&StepNode> {
        self.ranks().into_iter().flatten().collect()
    }

    fn ranks_by_index(&self) -> Vec<Vec<usize>> {
        let index = |node: &StepNode| self.nodes.iter().position(|n| n.id == node.id);
        self.ranks().iter().map(|rank| rank.iter().filter_map(|node| index(node)).collect()).collect()
    }

    /// Rank of every step. A predecessor that is missing or part of a cycle does not count, so this always ends.
    fn ranks(&self) -> Vec<Vec<&StepNode>> {
        let mut rank: BTreeMap<&str, usize> = self.nodes.iter().map(|node| (node.id.as_str(), 0)).collect();
        for _ in 0..self.nodes.len() {
            for node in &self.nodes {
                let before = node.after.iter().filter_map(|id| rank.get(id.as_str())).max();
                let here = before.map_or(0, |r| r + 1).min(self.nodes.len());
                rank.insert(&node.id, here);
            }
        }
        let mut ranks: BTreeMap<usize, Vec<&StepNode>> = BTreeMap::new();
        for node in &self.nodes {
            ranks.entry(rank[node.id.as_str()]).or_default().push(node);
        }
        ranks.into_values().collect()
    }

    /// The names of what a step waits for, for those who read instead of look.
    fn waits_for(&self, node: &StepNode) -> String {
        let names: Vec<&str> =
            self.nodes.iter().filter(|n| node.after.contains(&n.id)).map(|n| n.name.as_str()).collect();
        names.join("、")
    }
}

renders_itself!(StepGraph);

#[cfg(test)]
mod tests {
    use super::*;

    fn names(graph: &StepGraph) -> Vec<Vec<&str>> {
        graph.ranks().iter().map(|rank| rank.iter().map(|n| n.id.as_str()).collect()).collect()
    }

    #[test]
    fn parallel_steps_share_a_rank_and_a_join_comes_after_the_last() {
        let graph = StepGraph::new("办理流程")
            .node(StepNode::new("contract", "核验合同", "房管"))
            .node(StepNode::new("tax", "核税", "税务"))
            .node(StepNode::new("pay", "缴费", "申请人").after(["tax"]))
            .node(StepNode::new("register", "登簿", "不动产").after(["contract", "pay"]));
        assert_eq!(names(&graph), [vec!["contract", "tax"], vec!["pay"], vec!["register"]]);
        assert_eq!(graph.waits_for(&graph.nodes[3]), "核验合同、缴费");
    }

    #[test]
    fn a_cycle_or_an_unknown_step_does_not_hang() {
        let graph = StepGraph::new("错误的流程")
            .node(StepNode::new("a", "甲", "").after(["b"]))
            .node(StepNode::new("b", "乙", "").after(["a"]))
            .node(StepNode::new("c", "丙", "").after(["nowhere"]));
        assert_eq!(graph.ranks().iter().map(Vec::len).sum::<usize>(), 3);
    }
}
