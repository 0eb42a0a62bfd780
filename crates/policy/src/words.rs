//! The words a policy is made of. Each has a code for the file and a name for people.

/// Who holds a grant. The three administrators have no word here: they never touch business data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Who {
    Citizen,
    Clerk,
    Reviewer,
    Supervisor,
    Inspector,
    /// Timers, payments, followers.
    Program,
}

/// Where a grant reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Cases of the party they act as.
    Own,
    /// Cases that their office took in; of drafts those alone that they fill in there.
    Office,
    /// Cases of which a task was sent to their department.
    Task,
    /// Accepted cases that their department decides.
    Department,
    /// Every case that is no draft; for the program itself, every case.
    City,
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

impl Who {
    pub const ALL: [Who; 6] =
        [Who::Citizen, Who::Clerk, Who::Reviewer, Who::Supervisor, Who::Inspector, Who::Program];

    pub const fn code(self) -> &'static str {
        match self {
            Who::Citizen => "citizen",
            Who::Clerk => "clerk",
            Who::Reviewer => "reviewer",
            Who::Supervisor => "supervisor",
            Who::Inspector => "inspector",
            Who::Program => "program",
        }
    }

    pub fn parse(code: &str) -> Option<Who> {
        Who::ALL.into_iter().find(|who| who.code() == code)
    }

    pub const fn zh(self) -> &'static str {
        match self {
            Who::Citizen => "申请人",
            Who::Clerk => "窗口人员",
            Who::Reviewer => "审查人员",
            Who::Supervisor => "部门负责人",
            Who::Inspector => "督查人员",
            Who::Program => "系统自动处理",
        }
    }

    /// Scopes that mean something for them: an applicant has no office, and the program no department.
    pub const fn can_stand_in(self, scope: Scope) -> bool {
        match self {
            Who::Citizen => matches!(scope, Scope::Own),
            Who::Program => matches!(scope, Scope::City),
            Who::Clerk | Who::Reviewer | Who::Supervisor | Who::Inspector => !matches!(scope, Scope::Own),
        }
    }
}

impl Scope {
    pub const ALL: [Scope; 5] = [Scope::Own, Scope::Office, Scope::Task, Scope::Department, Scope::City];

    pub const fn code(self) -> &'static str {
        match self {
            Scope::Own => "own",
            Scope::Office => "office",
            Scope::Task => "task",
            Scope::Department => "department",
            Scope::City => "city",
        }
    }

    pub const fn zh(self) -> &'static str {
        match self {
            Scope::Own => "自己的办件",
            Scope::Office => "本大厅收的办件",
            Scope::Task => "有任务交到本部门的办件",
            Scope::Department => "本部门决定的办件",
            Scope::City => "全市的办件",
        }
    }
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

    pub const fn code(self) -> &'static str {
        match self {
            Act::See => "see",
            Act::FillIn => "fill-in",
            Act::Submit => "submit",
            Act::Withdraw => "withdraw",
            Act::Pay => "pay",
            Act::PreCheck => "pre-check",
            Act::Work => "work",
            Act::AnswerReturn => "answer-return",
            Act::TakeBack => "take-back",
            Act::Head => "approve",
            Act::Tick => "tick",
        }
    }

    pub const fn zh(self) -> &'static str {
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
