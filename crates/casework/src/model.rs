//! Cases and tasks as plain data: states, and the aggregate the rules decide over.

use serde::{Deserialize, Serialize};
use yimen_catalogue::model::StepKind;
use yimen_standards::time::{Instant, Limit};

/// Gives an enum its code in the database and journal, and its word on pages.
macro_rules! coded {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal, $zh:literal;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $code)] $variant,)* }

        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];
            pub const fn code(self) -> &'static str {
                match self { $($name::$variant => $code,)* }
            }
            pub const fn zh(self) -> &'static str {
                match self { $($name::$variant => $zh,)* }
            }
            pub fn parse(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|v| v.code() == code)
            }
        }
    };
}

coded! {
    /// Where a case stands.
    CaseState {
        Draft = "draft", "草稿";
        /// Handed in; the window has five working days to check it.
        Submitted = "submitted", "待预审";
        /// One-time correction notice given; waiting for the applicant.
        Correcting = "correcting", "待补正";
        /// Accepted; departments work side by side.
        InReview = "in_review", "审查中";
        /// Granted or denied; result being made and handed over.
        Decided = "decided", "已决定";
        Closed = "closed", "已办结";
        NotAccepted = "not_accepted", "不予受理";
        Withdrawn = "withdrawn", "已撤回";
        /// The correction never came.
        Lapsed = "lapsed", "逾期未补正";
        Voided = "voided", "已作废";
    }
}

impl CaseState {
    /// No command leads out of it.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Closed | Self::NotAccepted | Self::Withdrawn | Self::Lapsed | Self::Voided)
    }
}

coded! {
    Outcome {
        Granted = "granted", "准予";
        Denied = "denied", "不予";
    }
}

coded! {
    /// Where a task stands.
    TaskState {
        /// Its predecessors are not done.
        Waiting = "waiting", "未开始";
        Open = "open", "待领取";
        Claimed = "claimed", "办理中";
        /// Sent back to the window with a question.
        Returned = "returned", "退回窗口";
        Done = "done", "已办";
        /// Not needed any more: it never opened.
        Skipped = "skipped", "无需办理";
        /// It was open when the case ended without it.
        Cancelled = "cancelled", "已取消";
    }
}

impl TaskState {
    /// Someone can act on it now.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Open | Self::Claimed | Self::Returned)
    }
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Skipped | Self::Cancelled)
    }
}

coded! {
    /// 审查结论.
    Finding {
        Pass = "pass", "通过";
        Fail = "fail", "不通过";
    }
}

coded! {
    /// Where the application came in.
    Channel {
        Online = "online", "网上";
        Window = "window", "窗口";
    }
}

coded! {
    /// How the result reaches the applicant.
    Delivery {
        Window = "window", "窗口领取";
        Post = "post", "邮寄送达";
        Electronic = "electronic", "电子送达";
    }
}

coded! {
    /// The statutory documents of a window.
    DocumentKind {
        Receipt = "receipt", "接收回执";
        TransferSlip = "transfer_slip", "物料流转凭证";
        Acceptance = "acceptance", "受理回执";
        Correction = "correction", "申请材料补正告知书";
        NotAccepted = "not_accepted", "不予受理通知书";
        Special = "special", "特殊程序审查期限告知书";
        Extension = "extension", "延长办理期限通知书";
        Grant = "grant", "批准决定书";
        Denial = "denial", "不予批准决定书";
        DeliveryReceipt = "delivery_receipt", "送达回执";
        PaymentNotice = "payment_notice", "缴费通知书";
    }
}

coded! {
    /// Why the head of a department takes a task from whom it lies with. Goes into the journal: words of ours, no names.
    TakeBack {
        Absent = "absent", "同事请假、出差或离岗";
        Load = "load", "调整工作量";
        Recusal = "recusal", "需要回避";
    }
}

coded! {
    /// Why somebody had numbers in full before them.
    UnmaskReason {
        /// The applicant: what one has typed oneself one reads without being asked why.
        Own = "own", "本人查看";
        Identity = "identity", "核对申请人或者对方的身份";
        Papers = "papers", "和材料上的号码核对";
        Contact = "contact", "联系申请人";
        Records = "records", "在其他系统里查询、核验";
        /// In their own words.
        Other = "other", "其他原因";
    }
}

impl UnmaskReason {
    /// What staff choose from.
    pub const OFFERED: [UnmaskReason; 5] =
        [Self::Papers, Self::Identity, Self::Records, Self::Contact, Self::Other];
}

coded! {
    /// Where an extension stands.
    ExtensionState {
        Requested = "requested", "待批准";
        Approved = "approved", "已批准";
        Refused = "refused", "未批准";
    }
}

coded! {
    BillState {
        Due = "due", "待缴费";
        Paid = "paid", "已缴费";
        /// The case ended before it was paid.
        Void = "void", "已作废";
        /// Paid, and the case ended without a grant: to be given back.
        Refunding = "refunding", "退费中";
        Refunded = "refunded", "已退费";
    }
}

/// Who works on a task. Stored as one text so that an inbox is one index range.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Owner {
    Department(String),
    /// The office that took the case in.
    Office(String),
    Applicant,
}

impl Owner {
    pub fn code(&self) -> String {
        match self {
            Owner::Department(id) => format!("dept:{id}"),
            Owner::Office(id) => format!("office:{id}"),
            Owner::Applicant => "applicant".into(),
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        match code.split_once(':') {
            Some(("dept", id)) => Some(Owner::Department(id.into())),
            Some(("office", id)) => Some(Owner::Office(id.into())),
            None if code == "applicant" => Some(Owner::Applicant),
            _ => None,
        }
    }
}

/// A case with everything the rules look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    pub id: i64,
    pub number: String,
    pub service: String,
    /// Catalogue version it began with and stays on.
    pub version_id: i64,
    /// Counts changes; a form made from an older one is stale.
    pub revision: i64,
    pub state: CaseState,
    pub outcome: Option<Outcome>,
    pub channel: Channel,
    pub delivery: Delivery,
    pub applicant: i64,
    pub applicant_name: String,
    pub office: String,
    pub lead: String,
    pub region: String,
    pub created_at: Instant,
    pub submitted_at: Option<Instant>,
    /// Last time the applicant handed something in: submission or supplement.
    pub received_at: Option<Instant>,
    pub accepted_at: Option<Instant>,
    pub deemed: bool,
    pub decided_at: Option<Instant>,
    pub closed_at: Option<Instant>,
    /// Why it was withdrawn or voided, in the words of who did it; else empty.
    pub ended_because: String,
    /// The window must answer by then, or the case is deemed accepted.
    pub precheck_due: Option<Instant>,
    pub correction_due: Option<Instant>,
    pub statutory_due: Option<Instant>,
    pub promised_due: Option<Instant>,
    /// Set while a special procedure stops the clock.
    pub stopped_since: Option<Instant>,
    pub correction: Option<Correction>,
    pub tasks: Vec<Task>,
    pub stops: Vec<ClockStop>,
    pub extension: Option<Extension>,
    pub bills: Vec<Bill>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    pub id: i64,
    pub step: String,
    pub name: String,
    pub kind: StepKind,
    pub owner: Owner,
    /// Steps that must be over before it opens.
    pub after: Vec<String>,
    pub within: Option<Limit>,
    pub state: TaskState,
    pub assignee: Option<i64>,
    pub assignee_name: String,
    pub opened_at: Option<Instant>,
    pub due_at: Option<Instant>,
    pub done_at: Option<Instant>,
    pub finding: Option<Finding>,
    pub opinion: String,
    /// Question to the window, then its answer.
    pub note: String,
    pub revision: i64,
}

/// The one-time correction notice and what it asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Correction {
    pub issued_at: Instant,
    pub due_at: Instant,
    pub items: Vec<CorrectionItem>,
    pub supplied_at: Option<Instant>,
}

/// One thing to mend: a material slot, or a form field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorrectionItem {
    /// `material:ID` or `field:ID`.
    pub target: String,
    pub name: String,
    pub reason: String,
}

/// One special procedure: the clock stands still from `from` until `to`.
#[derive(Debug, Clone, PartialEq)]
pub struct ClockStop {
    pub id: i64,
    pub task_id: i64,
    pub special: String,
    pub name: String,
    pub reason: String,
    pub from: Instant,
    pub planned_to: Option<Instant>,
    pub to: Option<Instant>,
    pub resets: bool,
    pub outcome: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Extension {
    pub id: i64,
    pub state: ExtensionState,
    pub reason: String,
    pub by: Limit,
    pub requested_by: i64,
    pub requested_at: Instant,
    pub answered_by: i64,
    pub answered_at: Option<Instant>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Bill {
    pub id: i64,
    pub task_id: i64,
    pub items: Vec<BillItem>,
    pub total: i64,
    pub state: BillState,
    pub raised_at: Instant,
    pub paid_at: Option<Instant>,
    pub receipt: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillItem {
    pub fee: String,
    pub name: String,
    pub fen: i64,
    pub basis: String,
    pub payee: String,
}

impl Case {
    pub fn task(&self, id: i64) -> Option<&Task> {
        self.tasks.iter().find(|t| t.id == id)
    }

    /// A review found against it: it can only be denied, and nobody is asked to pay.
    pub fn has_failed_review(&self) -> bool {
        self.tasks.iter().any(|t| t.kind == StepKind::Review && t.finding == Some(Finding::Fail))
    }

    pub fn open_stop(&self) -> Option<&ClockStop> {
        self.stops.iter().find(|s| s.to.is_none())
    }

    /// The window did not answer in its five working days: the law has accepted the application.
    pub fn is_overdue_for_precheck(&self, now: Instant) -> bool {
        self.precheck_due.is_some_and(|due| now > due)
    }

    /// The limit that an extension would lengthen has not run out yet; while the clock is stopped it cannot.
    pub fn can_be_extended_at(&self, now: Instant) -> bool {
        self.statutory_due.or(self.promised_due).is_none_or(|due| now <= due)
    }

    /// What it runs towards now: the window's answer, the applicant's correction, the decision.
    pub fn running_due(&self) -> Option<Instant> {
        match self.state {
            CaseState::Submitted => self.precheck_due,
            CaseState::Correcting => self.correction_due,
            CaseState::InReview => self.promised_due,
            _ => None,
        }
    }

    /// When the one-time notice was answered; nothing while it is not, or where none was given.
    pub fn supplied_at(&self) -> Option<Instant> {
        self.correction.as_ref().and_then(|correction| correction.supplied_at)
    }

    /// While the answer to a notice waits for the window: when that notice was given.
    pub fn supplement_to_check(&self) -> Option<Instant> {
        let answered = self.correction.as_ref().filter(|correction| correction.supplied_at.is_some());
        answered.filter(|_| self.state == CaseState::Submitted).map(|correction| correction.issued_at)
    }

    /// When a timer must look at it next: deemed acceptance, lapse, or the end of a special procedure.
    pub fn timer_at(&self) -> Option<Instant> {
        match self.state {
            CaseState::Submitted => self.precheck_due,
            CaseState::Correcting => self.correction_due,
            CaseState::InReview => {
                self.stops.iter().filter(|s| s.to.is_none()).filter_map(|s| s.planned_to).min()
            }
            _ => None,
        }
    }
}

/// Before the decision, or after it.
pub fn is_before_decision(kind: StepKind) -> bool {
    matches!(kind, StepKind::Review | StepKind::Payment)
}

pub fn is_decision(kind: StepKind) -> bool {
    matches!(kind, StepKind::Decision | StepKind::Registration)
}

impl Task {
    /// One that waits for those before it, and that nobody has touched.
    pub fn waiting(id: i64, owner: Owner, step: String, name: String, kind: StepKind) -> Task {
        Task {
            id,
            step,
            name,
            kind,
            owner,
            after: Vec::new(),
            within: None,
            state: TaskState::Waiting,
            assignee: None,
            assignee_name: String::new(),
            opened_at: None,
            due_at: None,
            done_at: None,
            finding: None,
            opinion: String::new(),
            note: String::new(),
            revision: 0,
        }
    }
}

#[cfg(test)]
impl Case {
    /// A draft that nothing has happened to.
    pub(crate) fn untouched(created_at: Instant) -> Case {
        Case {
            id: 0,
            number: "n".into(),
            service: "home-transfer".into(),
            version_id: 1,
            revision: 0,
            state: CaseState::Draft,
            outcome: None,
            channel: Channel::Online,
            delivery: Delivery::Window,
            applicant: 0,
            applicant_name: "张三".into(),
            office: String::new(),
            lead: String::new(),
            region: String::new(),
            created_at,
            submitted_at: None,
            received_at: None,
            accepted_at: None,
            deemed: false,
            decided_at: None,
            closed_at: None,
            ended_because: String::new(),
            precheck_due: None,
            correction_due: None,
            statutory_due: None,
            promised_due: None,
            stopped_since: None,
            correction: None,
            tasks: Vec::new(),
            stops: Vec::new(),
            extension: None,
            bills: Vec::new(),
        }
    }
}
