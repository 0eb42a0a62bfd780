//! Search tokens: Chinese characters and pairs, their pinyin, initials, words and digits.

use std::collections::{BTreeSet, HashSet};
use std::sync::LazyLock;

use pinyin::{ToPinyin, ToPinyinMulti};

/// Kinds of token, told apart by their first character, so that `hu` the syllable is not `hu` the word.
pub const HAN: char = '字';
pub const PAIR: char = '词';
const SYLLABLE: char = '音';
const SYLLABLES: char = '拼';
const INITIALS: char = '首';
const WORD: char = '文';

/// Readings of one character taken into the index.
const READINGS: usize = 3;
/// Longest run of initials indexed: gjj, esfgh, wfzjlzm.
const LONGEST_INITIALS: usize = 8;

/// A token with its weight: a pair says more than a character, a sound less than a character.
pub type Token = (String, f32);

pub fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Folds full-width and upper-case characters; everything else that is neither letter nor digit separates.
pub fn fold(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        c => c,
    };
    let folded = text.chars().map(narrow).flat_map(char::to_lowercase);
    folded.map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect()
}

/// Runs of Chinese characters and runs of letters and digits, in order.
fn runs(folded: &str) -> Vec<(bool, Vec<char>)> {
    let mut runs: Vec<(bool, Vec<char>)> = Vec::new();
    let mut open = false;
    for c in folded.chars() {
        if c == ' ' {
            open = false;
            continue;
        }
        let han = is_han(c);
        match runs.last_mut() {
            Some((kind, run)) if open && *kind == han => run.push(c),
            _ => runs.push((han, vec![c])),
        }
        open = true;
    }
    runs
}

/// Tokens of an indexed text. With `sounds`, also of its pinyin.
pub fn of_text(text: &str, sounds: bool) -> Vec<Token> {
    let mut tokens = Vec::new();
    for (han, run) in runs(&fold(text)) {
        if !han {
            tokens.push((tag(WORD, run.iter()), 1.0));
            continue;
        }
        characters(&run, 1.0, &mut tokens);
        if sounds {
            for initials in initials(&run) {
                let letters: Vec<char> = initials.chars().collect();
                for width in 2..=LONGEST_INITIALS.min(letters.len()) {
                    tokens.extend(letters.windows(width).map(|w| (tag(INITIALS, w), 1.0)));
                }
            }
            sound_tokens(&run, 1.0, &mut tokens);
        }
    }
    tokens
}

/// Tokens of a query: what was typed, and at less weight what sounds the same.
pub fn of_query(query: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    // Pinyin typed with spaces between the syllables.
    let letters_only = |c: char| c == ' ' || c.is_ascii_lowercase();
    let joined: String = query.split(' ').collect();
    let query = if query.chars().all(letters_only) && !segment(&joined).is_empty() { &joined } else { query };
    for (han, run) in runs(query) {
        if han {
            characters(&run, 1.0, &mut tokens);
            sound_tokens(&run, 0.5, &mut tokens);
        } else {
            let word: String = run.iter().collect();
            tokens.push((tag(WORD, run.iter()), 1.0));
            if word.bytes().all(|b| b.is_ascii_lowercase()) {
                letters(&word, &mut tokens);
            }
        }
    }
    // A token said twice asks for nothing more.
    let mut seen = HashSet::new();
    tokens.retain(|(token, _)| seen.insert(token.clone()));
    tokens
}

/// Letters may be pinyin or initials.
fn letters(word: &str, tokens: &mut Vec<Token>) {
    let syllables = segment(word);
    if !syllables.is_empty() {
        tokens.extend(syllables.iter().map(|s| (tag(SYLLABLE, s.chars()), 0.3)));
        tokens.extend(syllables.windows(2).map(|w| (tag(SYLLABLES, w.concat().chars()), 1.0)));
    }
    let all: Vec<char> = word.chars().collect();
    let weight = if syllables.is_empty() { 1.0 } else { 0.5 };
    if (2..=LONGEST_INITIALS).contains(&all.len()) {
        tokens.push((tag(INITIALS, all.iter()), weight));
    }
    let is_held_key = all.iter().all(|letter| *letter == all[0]);
    if syllables.is_empty() && all.len() > 3 && !is_held_key {
        // One wrong letter among the initials leaves the runs beside it.
        tokens.extend(all.windows(3).map(|w| (tag(INITIALS, w), 0.5)));
    }
}

fn characters(run: &[char], scale: f32, tokens: &mut Vec<Token>) {
    let single = if run.len() == 1 { 1.0 } else { 0.2 };
    tokens.extend(run.iter().map(|c| (tag(HAN, [c]), single * scale)));
    tokens.extend(run.windows(2).map(|w| (tag(PAIR, w), scale)));
}

fn sound_tokens(run: &[char], scale: f32, tokens: &mut Vec<Token>) {
    let readings: Vec<Vec<&str>> = run.iter().map(|c| readings(*c)).collect();
    for each in &readings {
        tokens.extend(each.iter().map(|s| (tag(SYLLABLE, s.chars()), 0.2 * scale)));
    }
    for pair in readings.windows(2) {
        for first in &pair[0] {
            let both = pair[1].iter().map(|second| format!("{first}{second}"));
            tokens.extend(both.map(|s| (tag(SYLLABLES, s.chars()), scale)));
        }
    }
}

fn readings(c: char) -> Vec<&'static str> {
    let mut found: Vec<&str> = Vec::new();
    for reading in c.to_pinyin_multi().into_iter().flatten() {
        let plain = plain(reading.plain());
        if !found.contains(&plain) && found.len() < READINGS {
            found.push(plain);
        }
    }
    found
}

/// ü is typed v.
fn plain(syllable: &'static str) -> &'static str {
    match syllable {
        "lü" => "lv",
        "nü" => "nv",
        "lüe" => "lve",
        "nüe" => "nve",
        other => other,
    }
}

/// Initials of a run by the commonest reading of each character; a second spelling where the first character has two.
fn initials(run: &[char]) -> BTreeSet<String> {
    let common = |c: &char| c.to_pinyin().map_or("", |p| p.first_letter());
    let usual: String = run.iter().map(common).collect();
    let mut all = BTreeSet::from([usual.clone()]);
    if let Some(first) = run.first() {
        for reading in readings(*first) {
            let rest: String = usual.chars().skip(1).collect();
            all.insert(format!("{}{rest}", &reading[..1]));
        }
    }
    all
}

fn tag<C: Into<Letter>>(kind: char, letters: impl IntoIterator<Item = C>) -> String {
    let mut token = String::from(kind);
    token.extend(letters.into_iter().map(|c| c.into().0));
    token
}

/// A character by value or by reference.
pub struct Letter(char);

impl From<char> for Letter {
    fn from(c: char) -> Self {
        Self(c)
    }
}

impl From<&char> for Letter {
    fn from(c: &char) -> Self {
        Self(*c)
    }
}

/// Every syllable of the language, from the table of characters itself.
static ALL_SYLLABLES: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    ('\u{4e00}'..='\u{9fa5}').filter_map(|c| c.to_pinyin().map(|p| plain(p.plain()))).collect()
});

/// Splits letters into the fewest syllables; a beginning of one may stand at the end. Empty where they are no pinyin.
pub fn segment(word: &str) -> Vec<&str> {
    if word.len() > 60 {
        return Vec::new();
    }
    // best[i]: fewest syllables for the letters before i, and where the last of them begins.
    let mut best: Vec<Option<(usize, usize)>> = vec![None; word.len() + 1];
    best[0] = Some((0, 0));
    for end in 1..=word.len() {
        for start in end.saturating_sub(6)..end {
            if let Some((count, _)) = best[start]
                && ALL_SYLLABLES.contains(&word[start..end])
                && best[end].is_none_or(|(fewest, _)| count + 1 < fewest)
            {
                best[end] = Some((count + 1, start));
            }
        }
    }
    // What is left at the end is being typed.
    let Some(mut end) = (0..=word.len()).rev().find(|&i| best[i].is_some()) else { return Vec::new() };
    if end == 0 || word.len() - end > 5 {
        return Vec::new();
    }
    let mut syllables = Vec::new();
    while let Some((_, start)) = best[end].filter(|_| end > 0) {
        syllables.push(&word[start..end]);
        end = start;
    }
    syllables.reverse();
    // Two or three bare vowels (aoe) are initials rather than syllables.
    if syllables.iter().all(|s| s.len() == 1) { Vec::new() } else { syllables }
}
