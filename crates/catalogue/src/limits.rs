//! Comparing limits of different units by one assumption, for checks and drawings only.
//!
//! A working day counts as its office hours, five working days as seven calendar days. A real due time is never
//! computed here; that is the working calendar's business.

use yimen_standards::time::Limit;

/// Office hours of a day where the city does not say: 7 hours.
pub const DAY_MINUTES: u64 = 420;

/// A limit in working minutes, given the office hours of a day.
pub fn minutes(limit: Limit, day_minutes: u64) -> u64 {
    match limit {
        Limit::WorkingDays(n) => u64::from(n) * day_minutes,
        Limit::CalendarDays(n) => u64::from(n) * day_minutes * 5 / 7,
        Limit::WorkingMinutes(n) => u64::from(n),
    }
}
