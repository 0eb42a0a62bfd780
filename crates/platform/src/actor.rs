//! Who acts. Background work has an actor too, so nothing runs as nobody.

use std::sync::Arc;

/// The one who acts in a `Ctx`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Not signed in: may read what is public.
    Anyone,
    /// An applicant, acting as one party (a natural or a legal person).
    Citizen {
        account: i64,
        party: i64,
        name: Arc<str>,
    },
    Staff(Arc<Staff>),
    /// Timers, followers, set-up: named by the work.
    System(&'static str),
}

/// A member of staff with the place they work in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staff {
    pub account: i64,
    pub name: String,
    pub roles: Roles,
    /// Department id; empty where none.
    pub department: String,
    /// Office id; empty where none.
    pub office: String,
    pub counter: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Role {
    /// 窗口人员: takes in and pre-checks at one office.
    Clerk = 1,
    /// 审查人员: works on the tasks of one department.
    Reviewer = 2,
    /// 负责人: sees and approves for one department.
    Supervisor = 4,
    /// 督查人员: sees the whole city.
    Inspector = 8,
}

impl Role {
    pub const ALL: [Role; 4] = [Role::Clerk, Role::Reviewer, Role::Supervisor, Role::Inspector];

    pub fn code(self) -> &'static str {
        match self {
            Role::Clerk => "clerk",
            Role::Reviewer => "reviewer",
            Role::Supervisor => "supervisor",
            Role::Inspector => "inspector",
        }
    }

    pub fn zh(self) -> &'static str {
        match self {
            Role::Clerk => "窗口人员",
            Role::Reviewer => "审查人员",
            Role::Supervisor => "部门负责人",
            Role::Inspector => "督查人员",
        }
    }
}

/// A set of roles; kept as bits so that an account row holds it in one column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Roles(pub u32);

impl Roles {
    pub fn of(roles: &[Role]) -> Self {
        Self(roles.iter().fold(0, |bits, r| bits | *r as u32))
    }

    pub fn has(self, role: Role) -> bool {
        self.0 & role as u32 != 0
    }

    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |r| self.has(*r))
    }
}

impl Actor {
    pub fn kind(&self) -> &'static str {
        match self {
            Actor::Anyone => "anyone",
            Actor::Citizen { .. } => "citizen",
            Actor::Staff(_) => "staff",
            Actor::System(_) => "system",
        }
    }

    /// The account that acts; 0 for background work and for nobody.
    pub fn account(&self) -> i64 {
        match self {
            Actor::Citizen { account, .. } => *account,
            Actor::Staff(s) => s.account,
            Actor::Anyone | Actor::System(_) => 0,
        }
    }

    pub fn name(&self) -> &str {
        match self {
            Actor::Anyone => "",
            Actor::Citizen { name, .. } => name,
            Actor::Staff(s) => &s.name,
            Actor::System(name) => name,
        }
    }

    pub fn staff(&self) -> Option<&Staff> {
        match self {
            Actor::Staff(s) => Some(s),
            _ => None,
        }
    }

    pub fn has(&self, role: Role) -> bool {
        self.staff().is_some_and(|s| s.roles.has(role))
    }
}
