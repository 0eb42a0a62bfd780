//! The clock of a case: when a limit ends, with the stops that hold it or make it begin anew.

use super::calendar::Calendar;
use super::hours::Hours;
use super::instant::{DAY, Instant, MINUTE};
use super::limit::Limit;
use serde::{Deserialize, Serialize};

/// A time in which the clock stood still; open while `to` is absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    pub from: Instant,
    pub to: Option<Instant>,
    /// For people: 特别程序：专家评审.
    pub reason: String,
    /// The limit begins anew when this stop ends; otherwise it resumes.
    pub resets: bool,
}

/// When a limit ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Absent while the clock is stopped by an open stop.
    pub at: Option<Instant>,
    /// A year it reaches into has no published calendar: recompute when it has.
    pub provisional: bool,
    /// What will be left when the open stop ends; present exactly while the clock is stopped.
    pub remaining: Option<Limit>,
}

/// Working time between now and a due instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remaining {
    pub overdue: bool,
    /// Working days after today up to the due day (0: due today); when overdue, working days since the due day.
    pub working_days: i64,
    /// Office minutes until due, rounded up; when overdue, office minutes since, rounded down.
    pub working_minutes: i64,
}

impl Remaining {
    /// 剩余 3 个工作日, 今天到期，剩余 45 分钟, 已超期 2 个工作日.
    pub fn zh(&self) -> String {
        let minutes = Limit::WorkingMinutes(self.working_minutes.clamp(0, i64::from(u32::MAX)) as u32).zh();
        match (self.overdue, self.working_days, self.working_minutes) {
            (false, 0, _) => format!("今天到期，剩余{minutes}"),
            (false, days, _) => format!("剩余{days}个工作日"),
            (true, 0, 0) => "已到期".to_owned(),
            (true, 0, _) => format!("已超期{minutes}"),
            (true, days, _) => format!("已超期{days}个工作日"),
        }
    }
}

/// When the limit that started at `start` ends.
///
/// Days: the day after `start` is the first; the limit ends at the close of office hours of its last day; a day counts
/// unless a stop was running on it before the office closed; a last calendar day that is a rest day (or stopped) gives
/// way to the next working day. Minutes: only office hours count, less the stopped time.
pub fn due(cal: &Calendar, hours: &Hours, start: Instant, limit: Limit, stops: &[Stop]) -> Due {
    let start = restarted(cal, hours, start, limit, stops);
    let spans = Spans::of(stops, start, limit, hours);
    settle(cal, hours, start, limit, &spans)
}

/// Working time from `now` to `due`, or since `due` when it has passed.
pub fn remaining(cal: &Calendar, hours: &Hours, now: Instant, due: Instant) -> Remaining {
    let overdue = now > due;
    // A due time of midnight closes the day before.
    let days = cal.working_days_between(now.day(), due.plus_millis(-1).day());
    let working_days = if overdue { -days } else { days }.max(0);
    let ms = elapsed(cal, hours, due) - elapsed(cal, hours, now);
    let working_minutes = if overdue { -ms / MINUTE } else { (ms + MINUTE - 1) / MINUTE };
    Remaining { overdue, working_days, working_minutes }
}

/// Where the limit last began: `start`, or the end of the last stop that made it begin anew while it was running.
/// An open resetting stop leaves it where it is; `due` reports it as stopped with the whole limit left.
pub(super) fn restarted(
    cal: &Calendar,
    hours: &Hours,
    start: Instant,
    limit: Limit,
    stops: &[Stop],
) -> Instant {
    let mut begun = start;
    if !stops.iter().any(|s| s.resets) {
        return begun;
    }
    loop {
        let spans = Spans::of(stops, begun, limit, hours);
        let due = settle(cal, hours, begun, limit, &spans).at;
        let running = |s: &&Stop| s.resets && due.is_none_or(|due| s.from < due);
        let ends =
            stops.iter().filter(running).filter_map(|s| s.to.filter(|to| *to > begun && s.from <= *to));
        match ends.max() {
            Some(end) => begun = end,
            None => return begun,
        }
    }
}

/// Stopped time after the start, merged and in order: milliseconds for limits in minutes, day numbers for limits in
/// days; half open.
pub(super) struct Spans {
    list: Vec<(i64, i64)>,
    /// Where an open stop begins, and whether it will make the limit begin anew.
    open: Option<(i64, bool)>,
}

impl Spans {
    pub(super) fn of(stops: &[Stop], start: Instant, limit: Limit, hours: &Hours) -> Spans {
        let mut list = Vec::with_capacity(stops.len());
        let mut open: Option<(i64, bool)> = None;
        for stop in stops {
            let from = stop.from.max(start);
            let first = if in_days(limit) { first_day(from, hours) } else { from.0 };
            match stop.to {
                Some(to) if to <= from => {}
                Some(to) => list.push((first, if in_days(limit) { last_day(to) + 1 } else { to.0 })),
                None => {
                    open = Some(open.map_or((first, stop.resets), |o| (o.0.min(first), o.1 || stop.resets)))
                }
            }
        }
        list.retain(|s| s.0 < s.1);
        list.sort_unstable();
        list.dedup_by(|next, kept| {
            let touches = next.0 <= kept.1;
            if touches {
                kept.1 = kept.1.max(next.1);
            }
            touches
        });
        Spans { list, open }
    }

    /// Every stopped span in order, the open one as endless.
    pub(super) fn iter(&self) -> impl Iterator<Item = (i64, i64)> {
        let open = self.open.map(|o| (o.0, i64::MAX));
        let before = self.list.iter().copied().take_while(move |s| open.is_none_or(|o| s.0 < o.0));
        before.chain(open)
    }
}

pub(super) fn in_days(limit: Limit) -> bool {
    !matches!(limit, Limit::WorkingMinutes(_))
}

/// The first day a stop beginning at `from` takes: that day, or the next if its office had closed.
pub(super) fn first_day(from: Instant, hours: &Hours) -> i64 {
    from.day_number() + i64::from(from.millis_of_day() >= hours.close_ms())
}

/// The last day a stop ending at `to` takes; one that ends at midnight does not take the new day.
pub(super) fn last_day(to: Instant) -> i64 {
    Instant(to.0.saturating_sub(1)).day_number()
}

fn settle(cal: &Calendar, hours: &Hours, start: Instant, limit: Limit, spans: &Spans) -> Due {
    let limit = limit.capped();
    let end = match limit {
        Limit::WorkingMinutes(n) => minutes(cal, hours, start, n, spans),
        _ => days(cal, hours, start, limit, spans),
    };
    let first = start.day_number() + i64::from(in_days(limit));
    let last = match end {
        Ok(at) => at.day_number(),
        Err((at, _)) => at.day_number(),
    };
    let provisional = cal.provisional_between(first.min(last), last);
    match end {
        Ok(at) => Due { at: Some(at), provisional, remaining: None },
        Err((_, left)) => {
            let resets = spans.open.is_some_and(|o| o.1);
            Due {
                at: None,
                provisional,
                remaining: Some(limit.with_count(if resets { limit.count() } else { left })),
            }
        }
    }
}

/// The due instant, or where an open stop caught the clock and how much is left.
type End = Result<Instant, (Instant, u32)>;

fn days(cal: &Calendar, hours: &Hours, start: Instant, limit: Limit, spans: &Spans) -> End {
    let calendar = matches!(limit, Limit::CalendarDays(_));
    let index = |number: i64| if calendar { number } else { cal.serial(number) };
    let day_at = |index: i64| if calendar { index } else { cal.nth(index) };
    let count = i64::from(limit.count());
    let today = count == 0 && start.millis_of_day() < hours.close_ms();
    let mut cursor = start.day_number() + i64::from(!today);
    // A limit of no days is still due at the close of a working day, as if it had one.
    let mut left = count.max(1);
    let whole = left;
    let mut stopped = spans.iter().peekable();
    while let Some(&(from, to)) = stopped.peek() {
        let counted = index(from.max(cursor)) - index(cursor);
        if counted >= left {
            break;
        }
        left -= counted;
        if to == i64::MAX {
            let used = whole - left;
            return Err((Instant::on(from.max(cursor), 0), (count - used).max(0) as u32));
        }
        cursor = cursor.max(to);
        stopped.next();
    }
    let last = day_at(index(cursor) + left - 1);
    roll(cal, last, stopped)
        .map(|day| Instant::on(day, hours.close_ms()))
        .map_err(|from| (Instant::on(from, 0), 0))
}

/// The first working day at or after `day` on which no stop was running.
fn roll(cal: &Calendar, mut day: i64, stopped: impl Iterator<Item = (i64, i64)>) -> Result<i64, i64> {
    day = cal.nth(cal.serial(day));
    for (from, to) in stopped {
        if day < from {
            break;
        }
        if to == i64::MAX {
            return Err(from);
        }
        day = cal.nth(cal.serial(day.max(to)));
    }
    Ok(day)
}

fn minutes(cal: &Calendar, hours: &Hours, start: Instant, count: u32, spans: &Spans) -> End {
    let mut left = i64::from(count) * MINUTE;
    let mut cursor = start.0;
    let mut stopped = spans.iter().peekable();
    while let Some(&(from, to)) = stopped.peek() {
        let passed = elapsed(cal, hours, Instant(from)) - elapsed(cal, hours, Instant(cursor));
        let reached =
            if left == 0 { next_open(cal, hours, Instant(cursor)).0 < from } else { passed >= left };
        if reached {
            break;
        }
        left -= passed.max(0);
        if to == i64::MAX {
            return Err((Instant(from), ((left + MINUTE - 1) / MINUTE) as u32));
        }
        cursor = cursor.max(to);
        stopped.next();
    }
    if left == 0 {
        return Ok(next_open(cal, hours, Instant(cursor)));
    }
    Ok(reach(cal, hours, elapsed(cal, hours, Instant(cursor)) + left))
}

const FARTHEST: i64 = 400_000_000_000_000;

/// Office milliseconds before `at`, from an arbitrary origin.
pub(super) fn elapsed(cal: &Calendar, hours: &Hours, at: Instant) -> i64 {
    // Beyond twelve thousand years from the epoch instants are garbage; kept in range so that sums cannot overflow.
    let at = Instant(at.0.clamp(-FARTHEST, FARTHEST));
    let day = at.day_number();
    let today = if cal.works(day) { hours.before(at.millis_of_day()) } else { 0 };
    cal.serial(day) * hours.total_ms() + today
}

/// The first instant by which `elapsed` is `amount`.
fn reach(cal: &Calendar, hours: &Hours, amount: i64) -> Instant {
    let day = (amount - 1).div_euclid(hours.total_ms());
    Instant::on(cal.nth(day), hours.after(amount - day * hours.total_ms()))
}

/// The first office moment at or after `at`.
fn next_open(cal: &Calendar, hours: &Hours, at: Instant) -> Instant {
    let day = at.day_number();
    let today = if cal.works(day) { hours.next_open(at.millis_of_day()) } else { None };
    match today {
        Some(ms) => Instant::on(day, ms),
        None => Instant::on(cal.nth(cal.serial(day + 1)), hours.next_open(0).unwrap_or(DAY)),
    }
}
