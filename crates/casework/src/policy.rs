//! Who may do what to a case: one table of relation × act. Fetching a case is authorising: `Casework::fetch` asks here,
//! and a case the caller has no relation to does not exist for them.

use yimen_platform::{Actor, Role};

use crate::model::{Case, CaseState, Owner, Task, TaskState};
use crate::store::case::Loaded;

/// How an actor stands to a case. One actor may stand in several relations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Relation {
    /// It is theirs.
    Applicant,
    /// A clerk of the office that took it in.
    Window,
    /// A reviewer of a department that it was sent to.
    Department,
    /// The head of a department that it was sent to.
    Head,
    /// The head of the department that decides it.
    Lead,
    /// Sees the whole city, changes nothing.
    Inspector,
    /// Timers, payments, followers.
    System,
}

/// What is done to a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Act {
    See,
    /// Answers, uploads, the way of delivery: of a draft or a supplement in the making.
    FillIn,
    Submit,
    Withdraw,
    Pay,
    /// Accept, return for correction, not accept.
    PreCheck,
    /// Claim, decide, return, special procedures, ask for extension: on a task of one's own department or office.
    Work,
    /// Answer what a department asked the window.
    AnswerReturn,
    /// Take a task from someone, or hand it over for them: on a task of one's own department, or of a case it decides.
    TakeBack,
    /// Approve an extension, void.
    Head,
    Tick,
}

impl Act {
    pub const ALL: [Act; 11] = [
        Act::See,
        Act::FillIn,
        Act::Submit,
        Act::Withdraw,
        Act::Pay,
        Act::PreCheck,
        Act::Work,
        Act::AnswerReturn,
        Act::TakeBack,
        Act::Head,
        Act::Tick,
    ];

    pub fn zh(self) -> &'static str {
        match self {
            Act::See => "查看",
            Act::FillIn => "填写",
            Act::Submit => "提交",
            Act::Withdraw => "撤回",
            Act::Pay => "缴费",
            Act::PreCheck => "预审",
            Act::Work => "审查",
            Act::AnswerReturn => "答复部门",
            Act::TakeBack => "收回任务",
            Act::Head => "审批",
            Act::Tick => "计时",
        }
    }
}

impl Relation {
    pub const ALL: [Relation; 7] = [
        Relation::Applicant,
        Relation::Window,
        Relation::Department,
        Relation::Head,
        Relation::Lead,
        Relation::Inspector,
        Relation::System,
    ];

    pub const fn code(self) -> &'static str {
        match self {
            Relation::Applicant => "applicant",
            Relation::Window => "window",
            Relation::Department => "department",
            Relation::Head => "head",
            Relation::Lead => "lead",
            Relation::Inspector => "inspector",
            Relation::System => "system",
        }
    }

    pub fn parse(code: &str) -> Option<Relation> {
        Relation::ALL.into_iter().find(|relation| relation.code() == code)
    }

    /// The table. Everything not named is refused.
    pub const fn allows(self, act: Act) -> bool {
        match self {
            Relation::Applicant => {
                matches!(act, Act::See | Act::FillIn | Act::Submit | Act::Withdraw | Act::Pay)
            }
            Relation::Window => matches!(
                act,
                Act::See
                    | Act::FillIn
                    | Act::Submit
                    | Act::Withdraw
                    | Act::PreCheck
                    | Act::Work
                    | Act::AnswerReturn
            ),
            Relation::Department => matches!(act, Act::See | Act::Work),
            Relation::Head => matches!(act, Act::See | Act::TakeBack),
            Relation::Lead => matches!(act, Act::See | Act::TakeBack | Act::Head),
            Relation::Inspector => matches!(act, Act::See),
            Relation::System => matches!(act, Act::See | Act::Pay | Act::Tick),
        }
    }
}

/// How `actor` stands to the case; empty for a stranger.
pub fn relations(actor: &Actor, loaded: &Loaded) -> Vec<Relation> {
    let case = &loaded.case;
    match actor {
        Actor::Anyone => Vec::new(),
        Actor::System(_) => vec![Relation::System],
        Actor::Citizen { party, .. } => match case.applicant == *party {
            true => vec![Relation::Applicant],
            false => Vec::new(),
        },
        Actor::Staff(staff) => {
            let draft = case.state == CaseState::Draft;
            let at_window =
                staff.roles.has(Role::Clerk) && !staff.office.is_empty() && staff.office == case.office;
            let sent = || case.tasks.iter().any(|t| was_sent_to(t, &staff.department));
            let mut found = Vec::new();
            // A draft is nobody's business but the applicant's and the clerk's who fills it in for them.
            if at_window && (!draft || loaded.created_by == staff.account) {
                found.push(Relation::Window);
            }
            if !draft && staff.roles.has(Role::Reviewer) && sent() {
                found.push(Relation::Department);
            }
            if !draft && staff.roles.has(Role::Supervisor) && sent() {
                found.push(Relation::Head);
            }
            let accepted = case.accepted_at.is_some();
            if accepted && staff.roles.has(Role::Supervisor) && staff.department == case.lead {
                found.push(Relation::Lead);
            }
            if !draft && staff.roles.has(Role::Inspector) {
                found.push(Relation::Inspector);
            }
            found
        }
    }
}

/// The task has opened at the department: before that the case has not been sent to it.
fn was_sent_to(task: &Task, department: &str) -> bool {
    let theirs = matches!(&task.owner, Owner::Department(id) if id == department && !department.is_empty());
    theirs && task.state != TaskState::Waiting && task.state != TaskState::Skipped
}

/// Whether `actor` may work on this very task: it is their department's or their office's.
pub fn may_work_on(actor: &Actor, task: &Task) -> bool {
    match (actor, &task.owner) {
        (Actor::Staff(s), Owner::Department(id)) => {
            s.roles.has(Role::Reviewer) && !id.is_empty() && s.department == *id && was_sent_to(task, id)
        }
        (Actor::Staff(s), Owner::Office(id)) => s.roles.has(Role::Clerk) && !id.is_empty() && s.office == *id,
        _ => false,
    }
}

/// Whether `actor` heads the department that decides the case.
pub fn heads(actor: &Actor, case: &Case) -> bool {
    match actor {
        Actor::Staff(s) => {
            s.roles.has(Role::Supervisor) && !s.department.is_empty() && s.department == case.lead
        }
        _ => false,
    }
}

/// Whether `actor` may take this task from whom it lies with: as head of the department it was sent to, or of the one that
/// decides the case.
pub fn may_take_back(actor: &Actor, case: &Case, task: &Task) -> bool {
    let own = match actor {
        Actor::Staff(s) => s.roles.has(Role::Supervisor) && was_sent_to(task, &s.department),
        _ => false,
    };
    own || heads(actor, case)
}
