//! The timeline: departments side by side, each with its steps, so that everyone sees who is working and who waits.

use askama::Template;

use super::messages::Tone;
use super::renders_itself;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StepState {
    /// Waits for other steps.
    Later,
    /// Open, and nobody looked.
    Waiting,
    /// Someone works on it.
    Active,
    /// Cannot go on; the reason is shown.
    Stuck,
    Done,
    /// Not needed in this case.
    Skipped,
    /// Neither done nor refused: the case ended before.
    Ended,
    /// Ended with a refusal.
    Refused,
}

impl StepState {
    pub fn word(self) -> &'static str {
        match self {
            StepState::Later => "未开始",
            StepState::Waiting => "未处理",
            StepState::Active => "办理中",
            StepState::Stuck => "卡住",
            StepState::Done => "已办",
            StepState::Skipped => "无需办理",
            StepState::Ended => "已终止",
            StepState::Refused => "不予通过",
        }
    }
    pub fn class(self) -> &'static str {
        match self {
            StepState::Later | StepState::Waiting => "waiting",
            StepState::Active => "active",
            StepState::Stuck => "stuck",
            StepState::Done => "done",
            StepState::Skipped | StepState::Ended => "skipped",
            StepState::Refused => "refused",
        }
    }
    pub fn tone(self) -> Tone {
        match self {
            StepState::Later | StepState::Waiting | StepState::Skipped | StepState::Ended => Tone::Neutral,
            StepState::Active => Tone::Active,
            StepState::Stuck => Tone::Warn,
            StepState::Done => Tone::Done,
            StepState::Refused => Tone::Problem,
        }
    }
    pub(super) fn icon(self) -> &'static str {
        match self {
            StepState::Later | StepState::Waiting => "circle",
            StepState::Active => "clock",
            StepState::Stuck => "stop",
            StepState::Done => "check",
            StepState::Skipped | StepState::Ended => "minus",
            StepState::Refused => "close",
        }
    }
}

/// One step of one department.
#[derive(Debug, Clone)]
pub struct LaneStep {
    name: String,
    state: StepState,
    word: String,
    times: String,
    reason: String,
    late: bool,
}

impl LaneStep {
    pub fn new(name: impl Into<String>, state: StepState) -> LaneStep {
        LaneStep {
            name: name.into(),
            state,
            word: state.word().to_string(),
            times: String::new(),
            reason: String::new(),
            late: false,
        }
    }
    /// 11月20日 09:12 – 10:40，用时 48 分钟
    #[must_use]
    pub fn times(mut self, times: impl Into<String>) -> LaneStep {
        self.times = times.into();
        self
    }
    /// Why it is stuck, or on whom it waits.
    #[must_use]
    pub fn reason(mut self, reason: impl Into<String>) -> LaneStep {
        self.reason = reason.into();
        self
    }
    /// Past its own limit.
    #[must_use]
    pub fn late(mut self) -> LaneStep {
        self.late = true;
        self
    }
    /// Other words for the state: 待缴费.
    #[must_use]
    pub fn word(mut self, word: impl Into<String>) -> LaneStep {
        self.word = word.into();
        self
    }
}

/// One department, or the applicant.
#[derive(Debug, Clone)]
pub struct Lane {
    department: String,
    note: String,
    steps: Vec<LaneStep>,
}

impl Lane {
    pub fn new(department: impl Into<String>) -> Lane {
        Lane { department: department.into(), note: String::new(), steps: Vec::new() }
    }
    /// The person or counter in charge.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Lane {
        self.note = note.into();
        self
    }
    #[must_use]
    pub fn step(mut self, step: LaneStep) -> Lane {
        self.steps.push(step);
        self
    }

    /// The state of the lane as a whole: the most pressing of its steps.
    fn state(&self) -> StepState {
        use StepState::{Active, Done, Ended, Later, Refused, Skipped, Stuck, Waiting};
        let has = |state: &StepState| self.steps.iter().any(|step| step.state == *state);
        [Refused, Stuck, Active, Waiting, Later, Ended, Done, Skipped]
            .into_iter()
            .find(has)
            .unwrap_or(Waiting)
    }

    /// The state in the words of the step that decides it: 待缴费, 未开始.
    fn word(&self) -> &str {
        let state = self.state();
        let partly = self.steps.iter().any(|step| step.state == StepState::Done);
        match state {
            StepState::Later if partly => return "等其他环节",
            StepState::Ended if partly => return state.word(),
            _ => {}
        }
        let own = |step: &&LaneStep| step.state == state && state != StepState::Done;
        self.steps.iter().find(own).map_or(state.word(), |step| &step.word)
    }
}

#[derive(Debug, Clone, Template)]
#[template(path = "components/timeline.html")]
pub struct Timeline {
    label: String,
    lanes: Vec<Lane>,
}

impl Timeline {
    /// `label` names the list for screen readers: 各部门办理进度.
    pub fn new(label: impl Into<String>) -> Timeline {
        Timeline { label: label.into(), lanes: Vec::new() }
    }
    #[must_use]
    pub fn lane(mut self, lane: Lane) -> Timeline {
        self.lanes.push(lane);
        self
    }
}

renders_itself!(Timeline);

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(states: &[StepState]) -> StepState {
        states.iter().fold(Lane::new("税务"), |lane, s| lane.step(LaneStep::new("步骤", *s))).state()
    }

    #[test]
    fn a_lane_speaks_in_the_words_of_its_most_pressing_step() {
        let step = |state| LaneStep::new("步骤", state);
        let paying = Lane::new("申请人").step(step(StepState::Active).word("待缴费"));
        assert_eq!(paying.word(), "待缴费");
        let later = Lane::new("税务").step(step(StepState::Done)).step(step(StepState::Later).word("未开始"));
        assert_eq!(later.word(), "等其他环节", "part of it is done");
        assert_eq!(Lane::new("税务").step(step(StepState::Later)).word(), "未开始");
        let open =
            Lane::new("公安").step(step(StepState::Later)).step(step(StepState::Waiting).word("待领取"));
        assert_eq!(open.word(), "待领取", "what can be done now goes before what cannot");
        assert_eq!(Lane::new("申请人").step(step(StepState::Skipped)).word(), "无需办理");
        assert_eq!(Lane::new("窗口").step(step(StepState::Done).word("已受理")).word(), "已办");
        let ended =
            Lane::new("税务").step(step(StepState::Done)).step(step(StepState::Ended).word("没有进行"));
        assert_eq!(ended.word(), "已终止", "what was begun and not ended is not done");
        let never = Lane::new("税务").step(step(StepState::Ended).word("没有进行"));
        assert_eq!(never.word(), "没有进行");
    }

    #[test]
    fn a_lane_shows_its_most_pressing_step() {
        use StepState::{Active, Done, Ended, Later, Refused, Skipped, Stuck, Waiting};
        assert_eq!(lane(&[Done, Ended, Skipped]), Ended);
        assert_eq!(lane(&[]), Waiting);
        assert_eq!(lane(&[Skipped, Skipped]), Skipped, "nothing was done, and nothing looks done");
        assert_eq!(lane(&[Done, Later]), Later);
        assert_eq!(lane(&[Later, Waiting]), Waiting);
        assert_eq!(lane(&[Done, Skipped]), Done);
        assert_eq!(lane(&[Done, Waiting]), Waiting);
        assert_eq!(lane(&[Done, Active, Waiting]), Active);
        assert_eq!(lane(&[Active, Stuck]), Stuck);
        assert_eq!(lane(&[Stuck, Refused, Done]), Refused);
    }
}
