//! The clock of a case or a task: when it is due and how much working time is left, in colour and in words.

use askama::Template;

use super::messages::Tone;
use super::renders_itself;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockState {
    /// 正常
    Normal,
    /// 临近
    Near,
    /// 逾期
    Overdue,
    /// 已暂停: a special procedure runs.
    Paused,
    /// 已办结
    Finished,
    /// 已终止: over without a decision.
    Ended,
}

impl ClockState {
    pub fn word(self) -> &'static str {
        match self {
            ClockState::Normal => "正常",
            ClockState::Near => "临近",
            ClockState::Overdue => "逾期",
            ClockState::Paused => "已暂停",
            ClockState::Finished => "已办结",
            ClockState::Ended => "已终止",
        }
    }
    pub fn tone(self) -> Tone {
        match self {
            ClockState::Normal => Tone::Info,
            ClockState::Near => Tone::Warn,
            ClockState::Overdue => Tone::Problem,
            ClockState::Paused | ClockState::Ended => Tone::Neutral,
            ClockState::Finished => Tone::Done,
        }
    }
    fn class(self) -> &'static str {
        match self {
            ClockState::Normal => "normal",
            ClockState::Near => "near",
            ClockState::Overdue => "overdue",
            ClockState::Paused => "paused",
            ClockState::Finished => "finished",
            ClockState::Ended => "ended",
        }
    }
    fn icon(self) -> &'static str {
        match self {
            ClockState::Normal | ClockState::Near => "clock",
            ClockState::Overdue => "alert",
            ClockState::Paused => "pause",
            ClockState::Finished => "check",
            ClockState::Ended => "minus",
        }
    }
}

#[derive(Debug, Clone, Template)]
#[template(path = "components/clock.html")]
pub struct Clock {
    state: ClockState,
    left: String,
    due: String,
    detail: String,
    explain: Option<String>,
    compact: bool,
    minutes_left: Option<i64>,
}

impl Clock {
    /// `left`: 剩余3个工作日, 逾期2个工作日, 特别程序：现场勘验. `due`: 2026年11月25日 17:00.
    pub fn new(state: ClockState, left: impl Into<String>, due: impl Into<String>) -> Clock {
        // The state's word is shown beside it; 逾期 逾期2个工作日 would say it twice.
        let left = left.into();
        let left = left
            .strip_prefix(state.word())
            .map_or(left.as_str(), |rest| rest.trim_start_matches(['，', ' ']))
            .to_string();
        Clock {
            state,
            left,
            due: due.into(),
            detail: String::new(),
            explain: None,
            compact: false,
            minutes_left: None,
        }
    }
    /// Until when, where it was not said at once.
    #[must_use]
    pub fn due(mut self, due: impl Into<String>) -> Clock {
        self.due = due.into();
        self
    }
    pub fn state(&self) -> ClockState {
        self.state
    }
    /// 法定30个工作日，承诺60分钟，已用12分钟
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Clock {
        self.detail = detail.into();
        self
    }
    /// Where every counted and uncounted interval is listed.
    #[must_use]
    pub fn explain(mut self, href: impl Into<String>) -> Clock {
        self.explain = Some(href.into());
        self
    }
    /// Runs while the page is open; only for limits of minutes, inside office hours.
    #[must_use]
    pub fn minutes_left(mut self, minutes: i64) -> Clock {
        self.minutes_left = Some(minutes);
        self
    }
    /// One line, for table cells.
    #[must_use]
    pub fn compact(mut self) -> Clock {
        self.compact = true;
        self
    }
}

renders_itself!(Clock);
