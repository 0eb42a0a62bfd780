//! How urgent something is: five words, each with the moment it begins at, the same for counts, rows and the board.

use yimen_standards::time::Instant;

use crate::Casework;
use crate::store::inbox::{Bounds, Counts, InboxTask};
use crate::store::lists::NO_DUE;

/// Overdue by more than so many working days is badly overdue.
pub const SEVERE_AFTER: i64 = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    Severe,
    Late,
    Soon,
    Normal,
    Stopped,
}

impl Urgency {
    pub const ALL: [Urgency; 5] =
        [Urgency::Severe, Urgency::Late, Urgency::Soon, Urgency::Normal, Urgency::Stopped];

    pub fn zh(self) -> &'static str {
        match self {
            Urgency::Severe => "已严重逾期",
            Urgency::Late => "已逾期",
            Urgency::Soon => "一个工作日内到期",
            Urgency::Normal => "正常",
            Urgency::Stopped => "已暂停",
        }
    }

    /// What the word means, for the line under the heading.
    pub fn meaning(self) -> &'static str {
        match self {
            Urgency::Severe => "逾期超过 3 个工作日",
            Urgency::Late => "过了本环节时限，或者整件过了承诺时限",
            Urgency::Soon => "今天或下一个工作日到期",
            Urgency::Normal => "到期还早，或没有时限",
            Urgency::Stopped => "特别程序进行中，时限停止计算",
        }
    }

    /// In addresses.
    pub fn key(self) -> &'static str {
        match self {
            Urgency::Severe => "severe",
            Urgency::Late => "late",
            Urgency::Soon => "soon",
            Urgency::Normal => "normal",
            Urgency::Stopped => "stopped",
        }
    }

    pub fn from_key(key: &str) -> Option<Urgency> {
        Urgency::ALL.into_iter().find(|one| one.key() == key)
    }

    pub fn is_late(self) -> bool {
        matches!(self, Urgency::Severe | Urgency::Late)
    }

    /// The worse of the task's own and its case's.
    pub fn of(task: &InboxTask, bounds: Bounds) -> Urgency {
        match task.running {
            NO_DUE if task.stopped_since.is_some() => Urgency::Stopped,
            running if running < bounds.severe.0 => Urgency::Severe,
            running if running < bounds.now.0 => Urgency::Late,
            running if running < bounds.soon.0 => Urgency::Soon,
            _ => Urgency::Normal,
        }
    }

    pub fn count(self, counts: &Counts) -> i64 {
        match self {
            Urgency::Severe => counts.severe,
            Urgency::Late => counts.late,
            Urgency::Soon => counts.soon,
            Urgency::Normal => counts.normal + counts.endless,
            Urgency::Stopped => counts.stopped,
        }
    }
}

/// `999+` from a thousand on: counting goes no further.
pub fn capped(count: i64) -> String {
    if count > 999 { "999+".into() } else { count.to_string() }
}

/// The moments at which urgency changes, seen from `now`.
pub fn bounds(casework: &Casework, now: Instant) -> Bounds {
    let calendar = &casework.calendar;
    let today = now.day();
    let mut day = today;
    while calendar.working_days_between(day, today) <= SEVERE_AFTER {
        day = day.plus_days(-1);
    }
    // A due time of midnight closes the day before, hence the one millisecond.
    let after = |day: yimen_standards::time::Day| day.plus_days(1).start().plus_millis(1);
    Bounds { severe: after(day), now, soon: after(calendar.working_day_after(today, 1)) }
}
