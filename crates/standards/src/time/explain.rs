//! Why a limit ends when it does: every interval from its start to its end, counted or not, with the reason.
//!
//! It walks the days one by one, where `due` jumps by index: two ways to the same answer, compared by a property test.

use serde::Serialize;

use super::calendar::{Calendar, DayKind};
use super::due::{Due, Stop, due, first_day, in_days, last_day, restarted};
use super::hours::Hours;
use super::instant::{DAY, Instant, MINUTE};
use super::limit::Limit;

/// How much of a limit an interval used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Amount {
    Days(u32),
    Millis(i64),
}

/// One interval, half open. Neighbours differ in `counted` or in `why`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Segment {
    pub from: Instant,
    pub to: Instant,
    pub counted: bool,
    /// In the unit of the limit; nothing unless counted.
    pub amount: Amount,
    /// For people: 工作日, 周末, 国庆节, or the reason of the stop.
    pub why: String,
}

/// The segments join end to end from the start of the limit to its due instant, or to now while the clock is stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    pub limit: Limit,
    pub segments: Vec<Segment>,
    /// Counted up to now, today included; full minutes.
    pub used: Limit,
    pub left: Limit,
    pub due: Due,
}

/// [`due`] with its reasons, seen from `now`.
pub fn explain(
    cal: &Calendar,
    hours: &Hours,
    start: Instant,
    limit: Limit,
    stops: &[Stop],
    now: Instant,
) -> Explanation {
    let limit = limit.capped();
    let due = due(cal, hours, start, limit, stops);
    let begun = restarted(cal, hours, start, limit, stops);
    let mut walk = Walk {
        cal,
        hours,
        start,
        begun,
        limit,
        stops,
        now,
        end: start,
        counts_from: begun,
        out: Vec::new(),
        used: 0,
    };
    walk.end = due.at.unwrap_or_else(|| walk.stopped_end()).min(start.plus_millis(LONGEST));
    if in_days(limit) {
        walk.days()
    } else {
        walk.minutes()
    }
    let used = walk.used_count();
    let left = limit.with_count(limit.count() - used);
    Explanation { limit, segments: walk.out, used: limit.with_count(used), left, due }
}

/// Explanations of garbage (a stop of thousands of years) are cut short here.
const LONGEST: i64 = 200 * 366 * DAY;
const VOID: &str = "期限重新计算前";

struct Walk<'a> {
    cal: &'a Calendar,
    hours: &'a Hours,
    start: Instant,
    begun: Instant,
    limit: Limit,
    stops: &'a [Stop],
    now: Instant,
    end: Instant,
    /// Nothing before this counts: where the limit began anew for the last time.
    counts_from: Instant,
    out: Vec<Segment>,
    /// Days or milliseconds counted up to now.
    used: i64,
}

impl Walk<'_> {
    /// While stopped, the explanation runs to now (or to the stop, if that is still to come).
    fn stopped_end(&mut self) -> Instant {
        let open = self.stops.iter().filter(|s| s.to.is_none());
        if open.clone().any(|s| s.resets) {
            self.counts_from = Instant(i64::MAX);
        }
        let from = open.map(|s| s.from).min().unwrap_or(self.start);
        self.now.max(from).max(self.begun)
    }

    fn used_count(&self) -> u32 {
        let used = if in_days(self.limit) { self.used } else { self.used / MINUTE };
        used.clamp(0, i64::from(self.limit.count())) as u32
    }

    fn push(&mut self, from: i64, to: i64, amount: Option<Amount>, why: &str) {
        if from >= to {
            return;
        }
        let nothing = if in_days(self.limit) { Amount::Days(0) } else { Amount::Millis(0) };
        let counted = amount.is_some();
        let amount = amount.unwrap_or(nothing);
        match self.out.last_mut() {
            Some(last) if last.counted == counted && last.why == why => {
                last.to = Instant(to);
                last.amount = last.amount.plus(amount);
            }
            _ => {
                let segment =
                    Segment { from: Instant(from), to: Instant(to), counted, amount, why: why.to_owned() };
                self.out.push(segment);
            }
        }
    }

    fn days(&mut self) {
        let (none, first) = (self.limit.count() == 0, self.start.day_number());
        // The day of the start counts only towards a limit of no days, and only while the office is open.
        let takes_today = |at: Instant| none && at.millis_of_day() < self.hours.close_ms();
        let candidate = self.begun.day_number() + i64::from(!takes_today(self.begun));
        let never = self.counts_from > self.begun;
        let mut counted = 0;
        for day in first..=Instant(self.end.0.saturating_sub(1)).day_number() {
            let from = Instant::on(day, 0).max(self.start);
            let to = Instant::on(day + 1, 0).min(self.end);
            let since = if day >= candidate { self.begun } else { self.start };
            let stopped = self.stopped_on(day, since);
            let kind = self.cal.kind_of(day);
            let full = counted == self.limit.count();
            let calendar = matches!(self.limit, Limit::CalendarDays(_));
            let why = match &stopped {
                _ if day == first && day < candidate => "开始当日",
                Some(reason) => reason.as_str(),
                None if day >= candidate && full && kind.is_working() && calendar && !none => "顺延到本日",
                None if day >= candidate && full && kind.is_working() => "到期日",
                None if day >= candidate && full && calendar && !none => "最后一日为休息日，顺延",
                None if !kind.is_working() && (none || !calendar) => kind.zh(),
                None if day < candidate && day == self.begun.day_number() => "重新起算当日",
                None if day < candidate || never => VOID,
                None => {
                    counted += 1;
                    self.used += i64::from(day <= self.now.day_number());
                    let why = if calendar { "自然日" } else { kind.zh() };
                    self.push(from.0, to.0, Some(Amount::Days(1)), why);
                    continue;
                }
            };
            self.push(from.0, to.0, None, why);
        }
    }

    /// Reasons of the stops that take this day, for a limit that runs since `since`.
    fn stopped_on(&self, day: i64, since: Instant) -> Option<String> {
        let takes = |s: &&Stop| {
            let from = s.from.max(since);
            let last = match s.to {
                Some(to) if to <= from => return false,
                Some(to) => last_day(to),
                None => i64::MAX,
            };
            (first_day(from, self.hours)..=last).contains(&day)
        };
        reasons(self.stops.iter().filter(takes))
    }

    fn minutes(&mut self) {
        let cuts = self.cuts();
        let mut shut: Option<(i64, i64, Vec<Closed>)> = None;
        for pair in cuts.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            let covers = |s: &&Stop| s.from.0 <= from && s.to.is_none_or(|end| to <= end.0);
            let stopped = reasons(self.stops.iter().filter(covers));
            let closed = if stopped.is_none() { self.closed(from) } else { None };
            if let Some(closed) = closed {
                let run = shut.get_or_insert((from, to, Vec::new()));
                run.1 = to;
                run.2.push(closed);
                continue;
            }
            self.flush(&mut shut);
            match stopped {
                Some(reason) => self.push(from, to, None, &reason),
                None if from < self.counts_from.0 => self.push(from, to, None, VOID),
                None => {
                    self.used += self.now.0.clamp(from, to) - from;
                    let kind = self.cal.kind_of(Instant(from).day_number());
                    self.push(from, to, Some(Amount::Millis(to - from)), kind.zh());
                }
            }
        }
        self.flush(&mut shut);
    }

    /// Every moment at which something may change, in order.
    fn cuts(&self) -> Vec<i64> {
        let (start, end) = (self.start.0, self.end.0);
        let mut cuts = vec![start, end, self.begun.0];
        for day in self.start.day_number()..=self.end.day_number() {
            cuts.push(Instant::on(day, 0).0);
            if self.cal.works(day) {
                cuts.extend(
                    self.hours
                        .spans()
                        .iter()
                        .flat_map(|s| [Instant::on(day, s.0).0, Instant::on(day, s.1).0]),
                );
            }
        }
        cuts.extend(self.stops.iter().flat_map(|s| [Some(s.from.0), s.to.map(|t| t.0)]).flatten());
        cuts.retain(|c| (start..=end).contains(c));
        cuts.sort_unstable();
        cuts.dedup();
        cuts
    }

    fn closed(&self, at: i64) -> Option<Closed> {
        let (day, ms) = (Instant(at).day_number(), Instant(at).millis_of_day());
        match self.cal.kind_of(day) {
            DayKind::Working | DayKind::MakeUp => {
                let spans = self.hours.spans();
                if spans.iter().any(|s| s.0 <= ms && ms < s.1) {
                    return None;
                }
                let between = spans.iter().any(|s| s.1 <= ms) && spans.iter().any(|s| ms < s.0);
                Some(if between { Closed::Break } else { Closed::Night })
            }
            rest => Some(Closed::Rest(rest.zh().to_owned())),
        }
    }

    /// A whole closed run is one segment, named after its most telling part.
    fn flush(&mut self, shut: &mut Option<(i64, i64, Vec<Closed>)>) {
        let Some((from, to, parts)) = shut.take() else {
            return;
        };
        let mut rests: Vec<&str> = parts
            .iter()
            .filter_map(|p| if let Closed::Rest(n) = p { Some(n.as_str()) } else { None })
            .collect();
        rests.dedup();
        let why = match rests.as_slice() {
            [] if parts.iter().all(|p| *p == Closed::Break) => "午间休息".to_owned(),
            [] => "非办公时间".to_owned(),
            names => names.join("、"),
        };
        self.push(from, to, None, &why);
    }
}

#[derive(PartialEq)]
enum Closed {
    Break,
    Night,
    Rest(String),
}

fn reasons<'a>(stops: impl Iterator<Item = &'a Stop>) -> Option<String> {
    let mut names: Vec<&str> =
        stops.map(|s| if s.reason.is_empty() { "停止计时" } else { s.reason.as_str() }).collect();
    names.sort_unstable();
    names.dedup();
    (!names.is_empty()).then(|| names.join("、"))
}

impl Amount {
    fn plus(self, other: Amount) -> Amount {
        match (self, other) {
            (Self::Days(a), Self::Days(b)) => Self::Days(a + b),
            (Self::Millis(a), Self::Millis(b)) => Self::Millis(a + b),
            (kept, _) => kept,
        }
    }

    /// 3日, 45分钟, 2分30秒.
    pub fn zh(self) -> String {
        match self {
            Self::Days(n) => format!("{n}日"),
            Self::Millis(ms) if ms % MINUTE == 0 => format!("{}分钟", ms / MINUTE),
            Self::Millis(ms) => format!("{}分{}秒", ms / MINUTE, ms % MINUTE / 1000),
        }
    }
}

impl Segment {
    /// One line: `2026-10-01 至 10-07 国庆节 不计`, `2026-09-30 16:30 至 17:00 工作日 计30分钟`.
    pub fn zh(&self) -> String {
        let sum = if self.counted { format!("计{}", self.amount.zh()) } else { "不计".to_owned() };
        format!("{} {} {sum}", self.period(), self.why)
    }

    /// The interval in words: whole days for limits in days, clock times otherwise.
    pub fn period(&self) -> String {
        let days = matches!(self.amount, Amount::Days(_));
        let last = if days { self.to.plus_millis(-1).max(self.from) } else { self.to };
        let (from, to) = (self.from.day(), last.day());
        let date = match () {
            () if from == to => String::new(),
            () if from.year() == to.year() => to.to_string()[5..].to_owned(),
            () => to.to_string(),
        };
        match (days, date.is_empty()) {
            (true, true) => from.to_string(),
            (true, false) => format!("{from} 至 {date}"),
            (false, true) => format!("{} 至 {}", self.from.text(), &clock(self.to)),
            (false, false) => format!("{} 至 {date} {}", self.from.text(), &clock(self.to)),
        }
    }
}

fn clock(at: Instant) -> String {
    let minute = at.minute_of_day();
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

impl Explanation {
    /// One line a segment.
    pub fn lines(&self) -> Vec<String> {
        self.segments.iter().map(Segment::zh).collect()
    }

    /// What was counted in all: the limit itself, or while stopped the part of it before the stop.
    pub fn counted(&self) -> Amount {
        let zero = if in_days(self.limit) { Amount::Days(0) } else { Amount::Millis(0) };
        self.segments.iter().filter(|s| s.counted).fold(zero, |sum, s| sum.plus(s.amount))
    }
}
