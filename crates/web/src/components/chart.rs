//! Numbers that stand for themselves, and a bar chart with its table.

use askama::Template;

use super::messages::Tone;
use super::renders_itself;

/// One number with its name; a link to the cases behind it.
#[derive(Debug, Clone, Template)]
#[template(path = "components/stat_tile.html")]
pub struct StatTile {
    label: String,
    value: String,
    unit: String,
    note: String,
    tone: Tone,
    href: Option<String>,
}

impl StatTile {
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> StatTile {
        StatTile {
            label: label.into(),
            value: value.into(),
            unit: String::new(),
            note: String::new(),
            tone: Tone::Neutral,
            href: None,
        }
    }
    #[must_use]
    pub fn unit(mut self, unit: impl Into<String>) -> StatTile {
        self.unit = unit.into();
        self
    }
    /// The definition, or the comparison: 较上周 −12.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> StatTile {
        self.note = note.into();
        self
    }
    #[must_use]
    pub fn tone(mut self, tone: Tone) -> StatTile {
        self.tone = tone;
        self
    }
    #[must_use]
    pub fn href(mut self, href: impl Into<String>) -> StatTile {
        self.href = Some(href.into());
        self
    }
}

#[derive(Debug, Clone)]
struct Bar {
    label: String,
    value: i64,
    tone: Tone,
    href: Option<String>,
}

/// Horizontal bars: a table whose last column is drawn, so that the numbers and the picture are one thing.
#[derive(Debug, Clone, Template)]
#[template(path = "components/bar_chart.html")]
pub struct BarChart {
    caption: String,
    label: String,
    unit: String,
    note: String,
    bars: Vec<Bar>,
}

impl BarChart {
    /// `label` heads the names, `unit` the numbers.
    pub fn new(caption: impl Into<String>, label: impl Into<String>, unit: impl Into<String>) -> BarChart {
        BarChart {
            caption: caption.into(),
            label: label.into(),
            unit: unit.into(),
            note: String::new(),
            bars: Vec::new(),
        }
    }
    #[must_use]
    pub fn bar(mut self, label: impl Into<String>, value: i64, tone: Tone) -> BarChart {
        self.bars.push(Bar { label: label.into(), value, tone, href: None });
        self
    }
    /// A bar that leads to the cases behind it.
    #[must_use]
    pub fn linked(
        mut self,
        label: impl Into<String>,
        value: i64,
        tone: Tone,
        href: impl Into<String>,
    ) -> BarChart {
        self.bars.push(Bar { label: label.into(), value, tone, href: Some(href.into()) });
        self
    }
    /// Coverage and freshness: 截至11月23日 09:00，覆盖全部 12 个部门.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> BarChart {
        self.note = note.into();
        self
    }

    /// Length of a bar out of 1000; a value above nothing is always to be seen.
    fn length(&self, value: &i64) -> i64 {
        let most = self.bars.iter().map(|bar| bar.value).max().unwrap_or(0).max(1);
        if *value <= 0 { 0 } else { (value.saturating_mul(1000) / most).clamp(8, 1000) }
    }
}

renders_itself!(StatTile, BarChart);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_fills_the_line_and_small_ones_are_seen() {
        let chart =
            BarChart::new("在办", "部门", "件").bar("甲", 4000, Tone::Active).bar("乙", 1, Tone::Active);
        assert_eq!(
            (chart.length(&4000), chart.length(&2000), chart.length(&1), chart.length(&0)),
            (1000, 500, 8, 0)
        );
        assert_eq!(BarChart::new("", "", "").bar("甲", 0, Tone::Active).length(&0), 0);
    }
}
