//! What an operator sets: how long one may do nothing, how many sessions at once, how old a password may get.

use crate::model::AccountKind;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Minutes a member of staff may do nothing.
    pub staff_idle: u32,
    /// Minutes a citizen may do nothing.
    pub citizen_idle: u32,
    /// Sessions an account of staff has at once: one more ends the one not used for longest. 0: as many as one likes.
    pub sessions: u32,
    /// Days after which staff are asked for a new password. 0: never.
    pub password_days: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { staff_idle: 30, citizen_idle: 120, sessions: 3, password_days: 90 }
    }
}

impl Limits {
    pub(crate) fn idle_ms(&self, kind: AccountKind) -> i64 {
        i64::from(match kind {
            AccountKind::Staff => self.staff_idle,
            AccountKind::Citizen => self.citizen_idle,
        }) * MINUTE
    }

    /// Citizens use what devices they have.
    pub(crate) fn sessions(&self, kind: AccountKind) -> Option<i64> {
        (kind == AccountKind::Staff && self.sessions > 0).then(|| i64::from(self.sessions))
    }

    /// When a password set then has had its time.
    pub(crate) fn password_age_ms(&self, kind: AccountKind) -> Option<i64> {
        (kind == AccountKind::Staff && self.password_days > 0).then(|| i64::from(self.password_days) * DAY)
    }
}
