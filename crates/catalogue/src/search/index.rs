//! The index and its scoring.

use std::collections::{BTreeMap, HashMap};

use super::tokens::{self, fold, of_query, of_text};
use super::{Filter, Found, Hit};
use crate::model::{City, Service};

/// BM25's saturation of repeated words.
const K1: f32 = 1.2;
/// Share of the query (by the rarity of its words) that a service must answer to count as found.
const ENOUGH: f32 = 0.34;
/// Synonyms bring a service in at this share of what the words themselves would.
const SYNONYM: f32 = 0.8;
/// Longest query read; the rest is cut.
const LONGEST: usize = 60;

/// Phrases around what people want; they would only find services that happen to say «办理».
const NOISE: &[&str] = &[
    "我想要",
    "我想",
    "我要",
    "我需要",
    "我",
    "想要",
    "需要什么材料",
    "要什么材料",
    "需要哪些材料",
    "要哪些材料",
    "怎么办理",
    "怎么办",
    "怎样办理",
    "怎样办",
    "如何办理",
    "如何",
    "怎么",
    "怎样",
    "在哪里",
    "在哪儿",
    "哪里",
    "哪儿",
    "请问",
    "办理",
    "申请办理",
    "去办",
    "帮我",
    "一下",
    "手续",
    "流程",
    "什么时候",
    "可以",
    "能不能",
    "多少钱",
    "吗",
    "呢",
    "了",
];

/// One service in the index.
#[derive(Debug, Clone)]
pub struct Entry {
    pub service: String,
    name: String,
    aliases: Vec<String>,
    audience: Vec<crate::model::Audience>,
    themes: Vec<String>,
    departments: Vec<String>,
    codes: Vec<String>,
}

/// Built once for a catalogue; searching never changes it.
#[derive(Debug, Clone, Default)]
pub struct Index {
    entries: Vec<Entry>,
    /// Token → (entry, weight of the token in it).
    postings: HashMap<String, Vec<(u32, f32)>>,
    /// Everyday word → words of the catalogue.
    synonyms: BTreeMap<String, Vec<String>>,
    themes: Vec<String>,
}

impl Index {
    /// Services in the order in which they are listed when nothing is asked.
    pub fn build<'a>(services: impl IntoIterator<Item = &'a Service>, city: &City) -> Self {
        let mut index = Self {
            synonyms: city.synonyms.iter().map(|(k, v)| (fold(k), v.clone())).collect(),
            themes: city.themes.iter().map(|t| t.name.clone()).collect(),
            ..Self::default()
        };
        for service in services {
            index.add(service, city);
        }
        index
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn add(&mut self, service: &Service, city: &City) {
        let number = self.entries.len() as u32;
        let mut departments: Vec<String> = vec![service.lead.clone()];
        departments.extend(service.steps.iter().map(|s| s.by.clone()));
        departments.dedup();
        let mut counts: HashMap<String, f32> = HashMap::new();
        let mut take = |text: &str, boost: f32, sounds: bool| {
            for (token, weight) in of_text(text, sounds) {
                *counts.entry(token).or_default() += weight * boost;
            }
        };
        take(&service.name, 3.0, true);
        // Many aliases must not drown the name.
        let each = 2.4 / (service.aliases.len().max(4) as f32).sqrt() * 2.0;
        service.aliases.iter().for_each(|alias| take(alias, each, true));
        service.themes.iter().for_each(|theme| take(theme, 0.8, false));
        take(&service.result.name, 1.0, true);
        take(&service.summary, 0.7, false);
        if let Some(lead) = city.departments.iter().find(|d| d.id == service.lead) {
            take(&lead.short, 0.6, true);
            take(&lead.name, 0.3, false);
        }
        for (token, count) in counts {
            let weight = count * (K1 + 1.0) / (count + K1);
            self.postings.entry(token).or_default().push((number, weight));
        }
        let codes = &service.codes;
        self.entries.push(Entry {
            service: service.id.clone(),
            name: fold(&service.name),
            aliases: service.aliases.iter().map(|a| fold(a)).collect(),
            audience: service.audience.clone(),
            themes: service.themes.clone(),
            departments,
            codes: [Some(&codes.base), Some(&codes.implementing), codes.handling.as_ref()]
                .into_iter()
                .flatten()
                .map(|c| c.to_lowercase())
                .collect(),
        });
    }

    /// At most `limit` services for what was typed; with nothing typed, all that pass the filter.
    pub fn search(&self, query: &str, filter: &Filter<'_>, limit: usize) -> Found {
        let folded: String = fold(query).chars().take(LONGEST).collect();
        let asked = without_noise(&folded);
        if asked.is_empty() {
            return self.everything(filter, limit);
        }
        let (scores, covers) = self.score(&asked);
        let mut fitting = Vec::new();
        let mut near = Vec::new();
        for (i, entry) in self.entries.iter().enumerate() {
            if scores[i] <= 0.0 || !entry.passes(filter) {
                continue;
            }
            let list = if covers[i] >= ENOUGH { &mut fitting } else { &mut near };
            list.push((scores[i], i));
        }
        let is_guess = fitting.is_empty();
        let mut chosen = if is_guess { near } else { cut(fitting) };
        chosen.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let total = if is_guess { 0 } else { chosen.len() };
        let mut hits: Vec<Hit> =
            chosen.into_iter().take(limit).map(|(score, i)| self.hit(i, score)).collect();
        if hits.is_empty() {
            hits = self.everything(filter, limit.min(5)).hits;
        }
        Found { hits, is_guess, themes: self.themes_near(&asked), total }
    }

    fn hit(&self, i: usize, score: f32) -> Hit {
        Hit { service: self.entries[i].service.clone(), score }
    }

    fn everything(&self, filter: &Filter<'_>, limit: usize) -> Found {
        let passing = self.entries.iter().enumerate().filter(|(_, e)| e.passes(filter));
        let all: Vec<usize> = passing.map(|(i, _)| i).collect();
        Found {
            total: all.len(),
            hits: all.into_iter().take(limit).map(|i| self.hit(i, 0.0)).collect(),
            is_guess: false,
            themes: self.themes.clone(),
        }
    }

    /// For each entry: its score, and the share of the query it answers.
    fn score(&self, asked: &str) -> (Vec<f32>, Vec<f32>) {
        let count = self.entries.len();
        let (mut scores, mut covers) = (vec![0.0_f32; count], vec![0.0_f32; count]);
        self.score_words(asked, 1.0, &mut scores, &mut covers);
        for (word, others) in &self.synonyms {
            if !asked.contains(word.as_str()) {
                continue;
            }
            // The longer the word that was recognised, the surer the meaning.
            let sure = SYNONYM * (word.chars().count() as f32 / asked.chars().count() as f32).sqrt();
            for other in others {
                let (mut extra, mut cover) = (vec![0.0_f32; count], vec![0.0_f32; count]);
                self.score_words(&fold(other), sure, &mut extra, &mut cover);
                for i in 0..count {
                    // Only a service that is really about the synonym.
                    if cover[i] >= 0.8 {
                        scores[i] += extra[i];
                        covers[i] = covers[i].max(cover[i] * sure.max(ENOUGH));
                    }
                }
            }
        }
        for (i, entry) in self.entries.iter().enumerate() {
            let bonus = entry.bonus(asked);
            if bonus > 0.0 {
                scores[i] += bonus;
                covers[i] = 1.0;
            }
        }
        (scores, covers)
    }

    fn score_words(&self, asked: &str, scale: f32, scores: &mut [f32], covers: &mut [f32]) {
        let count = self.entries.len() as f32;
        let rarity = |n: usize| (1.0 + (count - n as f32 + 0.5) / (n as f32 + 0.5)).ln();
        let mut whole = 0.0;
        for (token, weight) in of_query(asked) {
            let postings = self.postings.get(&token).map_or(&[][..], Vec::as_slice);
            let value = rarity(postings.len()) * weight;
            // What sounds the same adds to a score but is no part of what was asked.
            let is_asked =
                token.starts_with([tokens::HAN, tokens::PAIR]) || !asked.chars().any(tokens::is_han);
            if is_asked && !(postings.is_empty() && weight < 1.0) {
                whole += value;
            }
            for (i, in_entry) in postings {
                scores[*i as usize] += value * in_entry * scale;
                covers[*i as usize] += value;
            }
        }
        if whole > 0.0 {
            covers.iter_mut().for_each(|c| *c = (*c / whole).min(1.0));
        }
    }

    fn themes_near(&self, asked: &str) -> Vec<String> {
        let shares =
            |theme: &&String| asked.chars().filter(|c| tokens::is_han(*c) && theme.contains(*c)).count() >= 2;
        let near: Vec<String> = self.themes.iter().filter(shares).cloned().collect();
        if near.is_empty() { self.themes.iter().take(6).cloned().collect() } else { near }
    }
}

impl Entry {
    fn passes(&self, filter: &Filter<'_>) -> bool {
        filter.audience.is_none_or(|a| self.audience.contains(&a))
            && filter.theme.is_none_or(|t| self.themes.iter().any(|own| own == t))
            && filter.department.is_none_or(|d| self.departments.iter().any(|own| own == d))
    }

    /// What was typed is the name, an alias, a part of either, or the beginning of a code.
    fn bonus(&self, asked: &str) -> f32 {
        let plain: String = asked.chars().filter(|c| *c != ' ').collect();
        let is_code = plain.len() >= 6 && plain.bytes().all(|b| b.is_ascii_alphanumeric());
        if is_code && self.codes.iter().any(|code| code.starts_with(&plain)) {
            return 100.0;
        }
        if plain.chars().count() < 2 {
            return 0.0;
        }
        if self.name == asked || self.aliases.iter().any(|a| a == asked) {
            return 20.0;
        }
        let within = |text: &String| text.contains(&plain);
        match (within(&self.name), self.aliases.iter().any(within)) {
            (true, _) => 8.0,
            (_, true) => 6.0,
            _ => 0.0,
        }
    }
}

/// Leaves out what scores far below the best: a search for one thing should not list the whole catalogue.
fn cut(mut fitting: Vec<(f32, usize)>) -> Vec<(f32, usize)> {
    let best = fitting.iter().map(|(score, _)| *score).fold(0.0, f32::max);
    fitting.retain(|(score, _)| *score >= best * 0.12);
    fitting
}

/// The query without the phrases around it, unless it consists of nothing else.
fn without_noise(folded: &str) -> String {
    let mut text = folded.to_owned();
    for noise in NOISE {
        let shorter = text.replace(noise, " ");
        if shorter.chars().any(char::is_alphanumeric) {
            text = shorter;
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
