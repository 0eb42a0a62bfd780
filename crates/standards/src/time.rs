//! Working time: instants, days, limits, the calendar of working days, office hours, and the clock that adds them up.

mod calendar;
mod due;
mod explain;
mod hours;
mod instant;
mod limit;

pub use calendar::{Calendar, CalendarError, DayKind, Holiday, YearTable};
pub use due::{Due, Remaining, Stop, due, remaining};
pub use explain::{Amount, Explanation, Segment, explain};
pub use hours::{Hours, HoursError};
pub use instant::{Day, DayError, Instant, InstantError};
pub use limit::{Limit, LimitError};
