//! The tables in `tests/golden`: each line a start, a limit, its stops and the due time; indented lines explain it.

use yimen_standards::time::{Calendar, Hours, Instant, Limit, Stop, due, explain};

/// A line of a table, taken apart.
struct Line {
    start: Instant,
    limit: Limit,
    stops: Vec<Stop>,
}

const SEEN_FROM: &str = "2026-11-23 10:30";

fn instant(text: &str) -> Instant {
    Instant::parse_local(text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn read(line: &str) -> Line {
    let question = line.split(" -> ").next().unwrap();
    let mut parts = question.split(" stop ");
    let head = parts.next().unwrap();
    let limit = head[16..].trim().parse().unwrap();
    Line { start: instant(&head[..16]), limit, stops: parts.map(stop).collect() }
}

fn stop(text: &str) -> Stop {
    let (from, rest) = text.split_once("..").unwrap();
    let (to, rest) = match rest.get(..16).map(Instant::parse_local) {
        Some(Ok(to)) => (Some(to), &rest[16..]),
        _ => (None, rest),
    };
    let rest = rest.trim();
    let reason = rest.strip_prefix("resets").unwrap_or(rest).trim().to_owned();
    Stop { from: instant(from), to, reason, resets: rest.starts_with("resets") }
}

fn answer(line: &Line) -> String {
    let due = due(&Calendar::builtin(), &Hours::default(), line.start, line.limit, &line.stops);
    let answer = match (due.at, due.remaining) {
        (Some(at), None) => at.text(),
        (None, Some(left)) => format!("stopped {} left", left.count()),
        other => panic!("{other:?}"),
    };
    if due.provisional { answer + " provisional" } else { answer }
}

/// The table as the program would write it: same questions, its own answers.
fn rewritten(table: &str) -> (String, usize) {
    let (mut out, mut cases) = (String::new(), 0);
    let mut lines = table.lines().peekable();
    while let Some(text) = lines.next() {
        if text.is_empty() || text.starts_with('#') {
            out.push_str(&format!("{text}\n"));
            continue;
        }
        let line = read(text);
        cases += 1;
        out.push_str(&format!("{} -> {}\n", text.split(" -> ").next().unwrap(), answer(&line)));
        if lines.next_if(|l| l.starts_with("    ")).is_some() {
            while lines.next_if(|l| l.starts_with("    ")).is_some() {}
            let (cal, hours) = (Calendar::builtin(), Hours::default());
            let why = explain(&cal, &hours, line.start, line.limit, &line.stops, instant(SEEN_FROM));
            why.lines().iter().for_each(|l| out.push_str(&format!("    {l}\n")));
        }
    }
    (out, cases)
}

fn compare(name: &str, at_least: usize) {
    let path = format!("{}/tests/golden/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    let table = std::fs::read_to_string(&path).unwrap();
    let (ours, cases) = rewritten(&table);
    let wrong: Vec<String> = table
        .lines()
        .zip(ours.lines())
        .filter(|(a, b)| a != b)
        .map(|(a, b)| format!("  table: {a}\n  ours:  {b}"))
        .collect();
    assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n"));
    assert_eq!(table, ours, "{name}: lines missing or too many");
    assert!(cases >= at_least, "{name} has only {cases} cases");
}

#[test]
fn national_day_2026() {
    compare("national-day-2026", 30);
}

#[test]
fn spring_festival() {
    compare("spring-festival", 19);
}

#[test]
fn year_ends() {
    compare("year-ends", 15);
}

#[test]
fn office_hours() {
    compare("office-hours", 15);
}

#[test]
fn stops() {
    compare("stops", 25);
}

#[test]
fn explanations() {
    compare("explanations", 9);
}
