//! What becomes of a case: pure decisions. `decide` looks at a case and a command and answers with changes or a refusal;
//! `Case::apply` carries the changes out. No database, no clock, no catalogue look-up: all of it comes in through `Env`.

mod advance;
mod apply;
mod intake;
mod review;
#[cfg(test)]
mod tests;

use yimen_catalogue::model::{Service, StepKind};
use yimen_standards::time::{Calendar, Hours, Instant, Limit, Stop, due};

use crate::model::{
    Bill, Case, CaseState, ClockStop, Correction, CorrectionItem, DocumentKind, Extension, ExtensionState,
    Finding, Outcome, TakeBack, Task, TaskState,
};

/// The law gives the window five working days to ask for corrections (行政许可法第三十二条).
pub const PRECHECK_LIMIT: Limit = Limit::WorkingDays(5);

/// A refusal states its reasons and what they rest on (行政许可法第三十八条第二款). Fewer letters than these cannot.
pub const LEAST_REASON: usize = 10;

/// Letters and digits of a reason; what only fills it up does not count.
pub fn letters(reason: &str) -> usize {
    reason.chars().filter(|c| c.is_alphanumeric()).count()
}

/// Everything a decision may look at besides the case.
pub struct Env<'a> {
    pub now: Instant,
    pub service: &'a Service,
    pub calendar: &'a Calendar,
    pub hours: &'a Hours,
    /// Steps that apply to this case's facts, each with its predecessors among them.
    pub plan: &'a dyn Fn() -> Result<Vec<Planned>, Refusal>,
    /// What a payment step collects, by the facts as they are.
    pub fees: &'a dyn Fn(&str) -> Result<Vec<crate::model::BillItem>, Refusal>,
    pub new_id: &'a dyn Fn() -> i64,
}

/// A step that applies to a case.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    pub step: String,
    pub name: String,
    pub kind: StepKind,
    /// As in the pack: a department, `applicant` or `window`.
    pub by: String,
    pub after: Vec<String>,
    pub within: Option<Limit>,
}

/// Who gives a command, as far as the rules care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct By<'a> {
    pub account: i64,
    pub name: &'a str,
    /// Heads the department that decides: may approve, release and void. Of a task that is taken back or handed over: heads
    /// that department, or the one it lies with.
    pub heads: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    Submit,
    Accept,
    NotAccept {
        reason: String,
    },
    Correct {
        items: Vec<CorrectionItem>,
    },
    Supplement,
    Claim {
        task: i64,
    },
    Release {
        task: i64,
        /// Asked of whoever takes it from somebody else.
        why: Option<TakeBack>,
    },
    HandOver {
        task: i64,
        to: i64,
        to_name: String,
    },
    Decide {
        task: i64,
        finding: Finding,
        opinion: String,
    },
    ReturnToWindow {
        task: i64,
        note: String,
    },
    AnswerReturn {
        task: i64,
        note: String,
    },
    StartSpecial {
        task: i64,
        special: String,
        reason: String,
    },
    EndSpecial {
        stop: i64,
        outcome: String,
    },
    AskExtension {
        reason: String,
    },
    AnswerExtension {
        approve: bool,
    },
    Pay {
        bill: i64,
        receipt: String,
    },
    Refunded {
        bill: i64,
    },
    Withdraw {
        reason: String,
    },
    Void {
        reason: String,
    },
    /// The clock: deemed acceptance, lapse, end of a special procedure.
    Tick,
}

/// One thing that changed. Applied in memory by `Case::apply`, written by the store.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    State(CaseState),
    Submitted {
        at: Instant,
    },
    Received {
        at: Instant,
        precheck_due: Instant,
    },
    Accepted {
        at: Instant,
        deemed: bool,
    },
    CorrectionIssued(Correction),
    Supplied {
        at: Instant,
    },
    TaskAdded(Task),
    TaskOpened {
        task: i64,
        at: Instant,
        due: Option<Instant>,
    },
    TaskClaimed {
        task: i64,
        by: i64,
        name: String,
    },
    TaskReleased {
        task: i64,
    },
    TaskReturned {
        task: i64,
        note: String,
    },
    TaskDone {
        task: i64,
        by: i64,
        name: String,
        finding: Finding,
        opinion: String,
        at: Instant,
    },
    TaskSkipped {
        task: i64,
        at: Instant,
    },
    TaskCancelled {
        task: i64,
        at: Instant,
    },
    TaskDue {
        task: i64,
        due: Option<Instant>,
    },
    ClockStopped(ClockStop),
    ClockResumed {
        stop: i64,
        at: Instant,
        outcome: String,
    },
    Dues {
        statutory: Option<Instant>,
        promised: Option<Instant>,
    },
    ExtensionAsked(Extension),
    ExtensionAnswered {
        approved: bool,
        by: i64,
        at: Instant,
    },
    BillRaised(Bill),
    BillPaid {
        bill: i64,
        at: Instant,
        receipt: String,
    },
    BillVoid {
        bill: i64,
    },
    BillRefunding {
        bill: i64,
    },
    BillRefunded {
        bill: i64,
    },
    Decided {
        outcome: Outcome,
        at: Instant,
    },
    /// The store draws the number and writes the result.
    ResultMade {
        task: i64,
    },
    Documented {
        kind: DocumentKind,
        task: i64,
        reason: String,
    },
    Closed {
        at: Instant,
    },
    /// Withdrawn or voided, with the reason given.
    EndedBecause {
        reason: String,
    },
}

/// Why a command does nothing. The message is for people and says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("办件目前是“{}”，不能{wanted}。请刷新页面查看最新进度。", state.zh())]
    WrongState { state: CaseState, wanted: &'static str },
    #[error("这个事项没有这一步，刚才提交的内容没有保存。请从申请步骤里重新进入。")]
    NoSuchPage,
    #[error("没有找到这项任务，请从待办列表重新进入。")]
    NoSuchTask,
    #[error("这项任务目前是“{}”，不能{wanted}。请刷新页面。", state.zh())]
    TaskState { state: TaskState, wanted: &'static str },
    #[error("这项任务已由{0}领取。如需办理，请联系对方转办或退回待领。")]
    TakenBy(String),
    #[error("这项任务已由{0}办理完毕，您的意见没有保存。请刷新页面查看结论。")]
    DoneBy(String),
    #[error(
        "补正通知只能发一次，且应当一次列全。第二次只能要求补齐上次已列出而仍未改好的内容，“{0}”不在其中。"
    )]
    CorrectionOnce(String),
    #[error("补正通知至少要列出一项需要补正的内容。")]
    NothingToCorrect,
    #[error("已超过五个工作日的预审时限，依法视为受理，不能再发补正通知或不予受理。")]
    DeemedAccepted,
    #[error("补正期限到{}为止，已经过了，这次申请终止办理。仍要办理的，请重新申请。", .0.zh())]
    CorrectionOver(Instant),
    #[error("补正通知没有要求改“{0}”，窗口已经核对过，不能再改。请只改通知里列出的内容。")]
    NotAskedFor(String),
    #[error("办理期限已经届满，不能再延长。请尽快作出决定。")]
    TooLateToExtend,
    #[error("前面的审查中有“不通过”的结论，不能作出准予决定。可以作出不予决定。")]
    ReviewFailed,
    #[error("特别程序进行中，时限已暂停。请先结束特别程序，再作结论。")]
    ClockStopped,
    #[error("这个环节不能启动该特别程序。")]
    NoSuchSpecial,
    #[error("没有正在进行的这项特别程序。")]
    NoSuchStop,
    #[error("该事项不允许延长办理期限。")]
    NoExtension,
    #[error("一份办件只能申请一次延期，{}。", match .0 {
        ExtensionState::Requested => "已有的申请正等负责人答复",
        ExtensionState::Approved => "办理期限已经延长过",
        ExtensionState::Refused => "负责人没有批准，不能再次申请。请在期限内作出决定",
    })]
    ExtensionOnce(ExtensionState),
    #[error("没有待批准的延期申请。")]
    NoExtensionAsked,
    #[error("延期申请须由另一位负责人批准，不能自己批准自己的申请。")]
    OwnExtension,
    #[error("只有部门负责人可以{0}。")]
    HeadsOnly(&'static str),
    #[error("没有这张缴费单，或者缴费单已经作废。")]
    NoSuchBill,
    #[error("请填写{0}。")]
    Missing(&'static str),
    #[error("{what}至少写{LEAST_REASON}个字，现在有{has}个字。请写明事实和依据的条款。")]
    TooShort { what: &'static str, has: usize },
    #[error("事项配置有误：{0}。请联系系统管理员。")]
    Pack(String),
}

/// What a command does to a case, or why nothing.
pub fn decide(case: &Case, by: By<'_>, command: &Command, env: &Env<'_>) -> Result<Vec<Change>, Refusal> {
    use Command as C;
    let mut draft = Draft::new(case, by, env);
    match command {
        C::Submit => intake::submit(&mut draft)?,
        C::Accept => intake::accept(&mut draft, false)?,
        C::NotAccept { reason } => intake::not_accept(&mut draft, reason)?,
        C::Correct { items } => intake::correct(&mut draft, items)?,
        C::Supplement => intake::supplement(&mut draft)?,
        C::Tick => intake::tick(&mut draft)?,
        C::Claim { task } => review::claim(&mut draft, *task)?,
        C::Release { task, why } => review::release(&mut draft, *task, *why)?,
        C::HandOver { task, to, to_name } => review::hand_over(&mut draft, *task, *to, to_name)?,
        C::Decide { task, finding, opinion } => review::decide(&mut draft, *task, *finding, opinion)?,
        C::ReturnToWindow { task, note } => review::return_to_window(&mut draft, *task, note)?,
        C::AnswerReturn { task, note } => review::answer_return(&mut draft, *task, note)?,
        C::StartSpecial { task, special, reason } => {
            review::start_special(&mut draft, *task, special, reason)?
        }
        C::EndSpecial { stop, outcome } => review::end_special(&mut draft, *stop, outcome)?,
        C::AskExtension { reason } => review::ask_extension(&mut draft, reason)?,
        C::AnswerExtension { approve } => review::answer_extension(&mut draft, *approve)?,
        C::Pay { bill, receipt } => advance::pay(&mut draft, *bill, receipt)?,
        C::Refunded { bill } => advance::refunded(&mut draft, *bill)?,
        C::Withdraw { reason } => advance::withdraw(&mut draft, reason)?,
        C::Void { reason } => advance::void(&mut draft, reason)?,
    }
    Ok(draft.changes)
}

/// A decision in the making: the case as it becomes, and the changes so far.
struct Draft<'a> {
    case: Case,
    by: By<'a>,
    env: &'a Env<'a>,
    changes: Vec<Change>,
}

impl<'a> Draft<'a> {
    fn new(case: &Case, by: By<'a>, env: &'a Env<'a>) -> Self {
        Self { case: case.clone(), by, env, changes: Vec::new() }
    }

    fn push(&mut self, change: Change) {
        self.case.apply(&change);
        self.changes.push(change);
    }

    fn document(&mut self, kind: DocumentKind, task: i64, reason: &str) {
        let reason = reason.to_string();
        self.push(Change::Documented { kind, task, reason });
    }

    fn expect(&self, states: &[CaseState], wanted: &'static str) -> Result<(), Refusal> {
        if states.contains(&self.case.state) {
            return Ok(());
        }
        let state = self.case.state;
        Err(Refusal::WrongState { state, wanted })
    }

    fn task(&self, id: i64) -> Result<&Task, Refusal> {
        self.case.task(id).ok_or(Refusal::NoSuchTask)
    }

    fn due(&self, start: Instant, limit: Limit) -> Option<Instant> {
        due(self.env.calendar, self.env.hours, start, limit, &self.case.clock_stops()).at
    }

    /// A due time that no special procedure can move (pre-check, correction).
    fn fixed_due(&self, start: Instant, limit: Limit) -> Result<Instant, Refusal> {
        let due = due(self.env.calendar, self.env.hours, start, limit, &[]).at;
        due.ok_or_else(|| Refusal::Pack("时限无法计算".into()))
    }

    /// When a stop that ends now has ended: at the latest when its own limit was over, however late anybody notices.
    fn stop_end(&self, id: i64) -> Instant {
        let now = self.env.now;
        let stop = self.case.stops.iter().find(|s| s.id == id);
        stop.and_then(|s| s.planned_to).map_or(now, |planned| planned.min(now))
    }

    /// Sets the case's and the open tasks' due times anew, after the clock stopped, went on or was extended.
    fn recompute_dues(&mut self) {
        let (statutory, promised) = self.case_dues();
        self.push(Change::Dues { statutory, promised });
        let open: Vec<(i64, Instant, Limit)> = self
            .case
            .tasks
            .iter()
            .filter(|t| t.state.is_live())
            .filter_map(|t| Some((t.id, t.opened_at?, t.within?)))
            .collect();
        for (task, opened, within) in open {
            let due = self.due(opened, within);
            self.push(Change::TaskDue { task, due });
        }
    }

    fn case_dues(&self) -> (Option<Instant>, Option<Instant>) {
        let Some(accepted) = self.case.accepted_at else {
            return (None, None);
        };
        let extended = self.case.extension.as_ref();
        let extended = extended.filter(|e| e.state == ExtensionState::Approved);
        let with_extension = |limit: Limit| {
            let base = self.due(accepted, limit)?;
            match extended {
                Some(e) => self.due(base, e.by),
                None => Some(base),
            }
        };
        let limits = &self.env.service.limits;
        (limits.statutory.and_then(with_extension), with_extension(limits.promised))
    }
}

impl Case {
    /// The stops of the clock as the calendar wants them.
    pub fn clock_stops(&self) -> Vec<Stop> {
        self.stops
            .iter()
            .map(|s| Stop { from: s.from, to: s.to, reason: s.name.clone(), resets: s.resets })
            .collect()
    }
}

fn require<'t>(text: &'t str, what: &'static str) -> Result<&'t str, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Refusal::Missing(what));
    }
    Ok(text)
}

/// What is told to a person as the reason of an end that is not in their favour.
fn stated<'t>(text: &'t str, what: &'static str) -> Result<&'t str, Refusal> {
    let text = require(text, what)?;
    match letters(text) {
        has if has < LEAST_REASON => Err(Refusal::TooShort { what, has }),
        _ => Ok(text),
    }
}
