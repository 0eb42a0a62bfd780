//! Places the steps of a graph on a plane: a layered drawing, left to right.

use super::progress::StepState;
use super::steps::StepNode;

const WIDTH: i32 = 160;
const HEIGHT: i32 = 58;
const GAP_X: i32 = 40;
/// Height of a row with a step in it, and of one where only a line passes.
const ROW: i32 = HEIGHT + 18;
const PASSING_ROW: i32 = 26;

/// One box.
pub(super) struct Place {
    pub x: i32,
    pub y: i32,
    pub name: String,
    pub by: String,
    /// State in words, or the planned time.
    pub note: String,
    pub class: &'static str,
}

/// One line, from the edge of a box (or of a passing place) to the next.
pub(super) struct Edge {
    pub path: String,
    /// Corners of the arrow's tip; empty where the line only passes.
    pub tip: String,
    pub done: bool,
}

pub(super) struct Picture {
    pub width: i32,
    pub height: i32,
    pub ranks: usize,
    pub places: Vec<Place>,
    pub edges: Vec<Edge>,
}

/// A step, or a place that a line passes on its way over several ranks.
struct Vertex {
    step: Option<usize>,
    /// Where the line through it comes from.
    source: usize,
    before: Vec<usize>,
    rank: usize,
    y: i32,
}

impl Picture {
    pub fn of(nodes: &[StepNode], ranks: &[Vec<usize>]) -> Picture {
        let mut vertices = vertices(nodes, ranks);
        let height = arrange(&mut vertices, ranks.len());
        let x = |vertex: &Vertex| i32::try_from(vertex.rank).unwrap_or(0) * (WIDTH + GAP_X) + 2;
        let places =
            vertices.iter().filter_map(|v| v.step.map(|step| place(&nodes[step], x(v), v.y))).collect();
        let mut edges = Vec::new();
        for vertex in &vertices {
            for from in vertex.before.iter().map(|index| &vertices[*index]) {
                let done = nodes.get(from.source).is_some_and(|n| n.state == Some(StepState::Done));
                edges.push(edge(x(from) + WIDTH, from.y, x(vertex), vertex.y, vertex.step.is_some(), done));
            }
        }
        let columns = i32::try_from(ranks.len()).unwrap_or(0);
        Picture {
            width: (columns * (WIDTH + GAP_X) - GAP_X + 4).max(0),
            height,
            ranks: ranks.len(),
            places,
            edges,
        }
    }
}

/// Steps and passing places, in order of rank.
fn vertices(nodes: &[StepNode], ranks: &[Vec<usize>]) -> Vec<Vertex> {
    let mut vertices: Vec<Vertex> = Vec::new();
    let mut of_step: Vec<Option<usize>> = vec![None; nodes.len()];
    for (rank, steps) in ranks.iter().enumerate() {
        for &step in steps {
            let mut before = Vec::new();
            let known = nodes[step].after.iter().filter_map(|id| nodes.iter().position(|n| n.id == *id));
            for from in known.filter_map(|step| of_step[step]).collect::<Vec<_>>() {
                let (mut last, source) = (from, vertices[from].source);
                for between in vertices[from].rank + 1..rank {
                    vertices.push(Vertex { step: None, source, before: vec![last], rank: between, y: 0 });
                    last = vertices.len() - 1;
                }
                before.push(last);
            }
            vertices.push(Vertex { step: Some(step), source: step, before, rank, y: 0 });
            of_step[step] = Some(vertices.len() - 1);
        }
    }
    vertices
}

/// Gives each vertex its height: ranks are ordered by the mean of what leads to them, then centred. Returns the total.
fn arrange(vertices: &mut [Vertex], ranks: usize) -> i32 {
    let room = |v: &Vertex| if v.step.is_some() { ROW } else { PASSING_ROW };
    let mut columns: Vec<Vec<usize>> = vec![Vec::new(); ranks];
    for (index, vertex) in vertices.iter().enumerate() {
        columns[vertex.rank].push(index);
    }
    let tallest =
        columns.iter().map(|c| c.iter().map(|v| room(&vertices[*v])).sum::<i32>()).max().unwrap_or(0);
    for column in columns {
        let mut order: Vec<(i32, usize)> = column
            .iter()
            .map(|&v| {
                let before = &vertices[v].before;
                let sum: i32 = before.iter().map(|b| vertices[*b].y).sum();
                (i32::try_from(before.len()).ok().filter(|n| *n > 0).map_or(i32::MAX, |n| sum / n), v)
            })
            .collect();
        order.sort_by_key(|(mean, _)| *mean);
        let own: i32 = column.iter().map(|v| room(&vertices[*v])).sum();
        let mut top = (tallest - own) / 2;
        for (_, v) in order {
            vertices[v].y = top + room(&vertices[v]) / 2;
            top += room(&vertices[v]);
        }
    }
    tallest
}

fn place(node: &StepNode, x: i32, y: i32) -> Place {
    let note = node.state.map_or(node.note.as_str(), |state| state.word());
    Place {
        x,
        y: y - HEIGHT / 2,
        name: fit(&node.name, 18),
        by: fit(&node.by, 20usize.saturating_sub(units(note))),
        note: fit(note, 12),
        class: node.class(),
    }
}

fn edge(x1: i32, y1: i32, x2: i32, y2: i32, arrives: bool, done: bool) -> Edge {
    let end = if arrives { x2 - 7 } else { x2 };
    let bend = (end - x1) / 2;
    // A passing place is as wide as a box: the line goes straight through it.
    let through = if arrives { String::new() } else { format!(" h{WIDTH}") };
    Edge {
        path: format!("M{x1} {y1} C{} {y1} {} {y2} {end} {y2}{through}", x1 + bend, end - bend),
        tip: if arrives {
            format!("{x2},{y2} {},{} {},{}", x2 - 8, y2 - 5, x2 - 8, y2 + 5)
        } else {
            String::new()
        },
        done,
    }
}

/// Width of a text in half characters: Latin letters take one, hanzi two.
fn units(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

fn fit(text: &str, most: usize) -> String {
    if units(text) <= most {
        return text.to_string();
    }
    let mut kept = String::new();
    for c in text.chars() {
        if units(&kept) + 4 > most {
            break;
        }
        kept.push(c);
    }
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(id: &str, after: &[&str]) -> StepNode {
        StepNode::new(id, id, "部门").after(after.iter().copied())
    }

    #[test]
    fn boxes_of_a_rank_do_not_overlap_and_a_long_line_goes_around_them() {
        let nodes = [node("a", &[]), node("b", &["a"]), node("c", &["b"]), node("d", &["a", "c"])];
        let picture = Picture::of(&nodes, &[vec![0], vec![1], vec![2], vec![3]]);
        assert_eq!(picture.places.len(), 4);
        // a→b, b→c, c→d, and a→d in three pieces.
        assert_eq!((picture.edges.len(), picture.edges.iter().filter(|e| !e.tip.is_empty()).count()), (6, 4));
        for (i, one) in picture.places.iter().enumerate() {
            for other in &picture.places[i + 1..] {
                assert!(one.x != other.x || (one.y - other.y).abs() >= HEIGHT);
            }
            assert!(one.y >= 0 && one.y + HEIGHT <= picture.height && one.x + WIDTH <= picture.width);
        }
    }

    #[test]
    fn long_names_are_cut_at_their_width() {
        assert_eq!(fit("存量房买卖合同核验与备案", 18), "存量房买卖合同核…");
        assert_eq!(fit("核税 A", 18), "核税 A");
        assert_eq!(Picture::of(&[], &[]).width, 0);
    }
}
