//! What was measured, as a table while it is measured and as JSON at the end.

use std::time::Duration;

use serde_json::{Value, json};

use crate::fill::Size;
use crate::guards::Guards;
use crate::pages::{Pages, Read};
use crate::stats::Spread;

pub struct Report {
    as_json: bool,
    raw: Value,
    commands: Value,
    guards: Value,
    http: Value,
    pages: Value,
    ledger: Value,
    engine: &'static str,
}

impl Report {
    pub fn new(engine: &'static str, as_json: bool) -> Report {
        let report = Report {
            as_json,
            raw: Value::Null,
            commands: Value::Null,
            guards: Value::Null,
            http: Value::Null,
            pages: Value::Null,
            ledger: Value::Null,
            engine,
        };
        report.line(&format!(
            "engine: {engine}\n{:<34}{:>10}{:>9}{:>9}{:>9}",
            "", "", "p50 ms", "p95 ms", "p99 ms"
        ));
        report
    }

    fn line(&self, text: &str) {
        match self.as_json {
            true => eprintln!("{text}"),
            false => println!("{text}"),
        }
    }

    pub fn lives(&mut self, raw: f64, commands: f64, ratio: f64, cpu: f64, each: f64) {
        self.line(&format!("{:<34}{raw:>10.1} lives/s", "(a) raw engine"));
        self.line(&format!(
            "{:<34}{commands:>10.1} lives/s, {ratio:.2} of (a), {each:.1} a life, {cpu:.1} ms CPU",
            "(b) commands"
        ));
        self.raw = json!({ "lives_per_s": rounded(raw) });
        self.commands = json!({ "lives_per_s": rounded(commands), "ratio": rounded(ratio) });
    }

    pub fn guards(&mut self, guards: &Guards) {
        let Guards { sealed, bare, checks } = guards;
        let cost = guards.cost();
        self.line(&format!(
            "{:<34}{:>9.1}% of processor time: {sealed:.2} ms a life, {bare:.2} with nothing sealed, {:.1} us of checks",
            "    authority and encryption",
            cost * 1e2,
            checks * 1e3
        ));
        self.guards = json!({ "cost": (cost * 1e4).round() / 1e4 });
    }

    pub fn http(&mut self, rate: f64, times: Spread, each: f64, cpu: f64, directly: &[&str]) {
        self.line(&format!(
            "{:<34}{rate:>10.1}{} lives/s, {each:.1} requests a life, {cpu:.1} ms CPU",
            "(c) HTTP, every form",
            spread(times)
        ));
        if !directly.is_empty() {
            self.line(&format!("    by commands, for want of pages: {}", directly.join("; ")));
        }
        self.http = json!({ "lives_per_s": rounded(rate), "p99_ms": rounded(times.p99) });
    }

    pub fn browsed(&self, rate: f64, times: Spread, each: f64, cpu: f64) {
        let what = "    and every page between";
        self.line(&format!(
            "{what:<34}{rate:>10.1}{} lives/s, {each:.1} requests a life, {cpu:.1} ms CPU",
            spread(times)
        ));
    }

    pub fn filled(&self, services: usize, size: Size, took: Duration) {
        let Size { closed, open } = size;
        let seconds = took.as_secs();
        self.line(&format!(
            "(d) {services} services, {closed} closed and {open} open cases, filled in {seconds} s"
        ));
    }

    pub fn log(&mut self, entries: i64, took: Duration, proofs: Spread) {
        let seconds = took.as_secs_f64();
        let rate = entries as f64 / seconds;
        self.line(&format!(
            "    the journal's {entries} entries followed by the ledger and refunds in {seconds:.1} s, {rate:.0} a second"
        ));
        self.line(&format!("    {:<30}{:>10}{}", "proof of one of them", proofs.count, spread(proofs)));
        self.ledger = json!({ "entries_per_s": rate.round(), "proof_p99_ms": rounded(proofs.p99) });
    }

    pub fn pages(&mut self, pages: &Pages) {
        for Read { name, times, .. } in &pages.kinds {
            self.line(&format!("    {name:<30}{:>10}{}", times.count, spread(*times)));
        }
        self.line(&format!("    {:<30}{:>10.0} pages/s", "eight readers together", pages.rate));
        let of = |read: &Read| (read.key.to_owned(), json!({ "p99_ms": rounded(read.times.p99) }));
        self.pages = Value::Object(pages.kinds.iter().map(of).collect());
    }

    pub fn finish(self) {
        if self.as_json {
            let Report { raw, commands, guards, http, pages, ledger, engine, .. } = self;
            let all = json!({ "raw": raw, "commands": commands, "guards": guards, "http": http, "pages": pages, "ledger": ledger,
                "engine": engine });
            println!("{all:#}");
        }
    }
}

fn spread(times: Spread) -> String {
    format!("{:>9.2}{:>9.2}{:>9.2}", times.p50, times.p95, times.p99)
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
