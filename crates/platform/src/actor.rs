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
    /// 系统管理员: keeps the server running; no accounts, no cases.
    System = 16,
    /// 安全管理员: accounts, roles, factors, sessions; no cases.
    Security = 32,
    /// 审计管理员: reads what happened; no cases.
    Audit = 64,
}

impl Role {
    pub const ALL: [Role; 7] = [
        Role::Clerk,
        Role::Reviewer,
        Role::Supervisor,
        Role::Inspector,
        Role::System,
        Role::Security,
        Role::Audit,
    ];

    /// One of the three administrators, which nobody may be beside anything else.
    pub fn is_administrator(self) -> bool {
        matches!(self, Role::System | Role::Security | Role::Audit)
    }

    pub fn parse(code: &str) -> Option<Self> {
        Role::ALL.into_iter().find(|role| role.code() == code)
    }

    pub fn code(self) -> &'static str {
        match self {
            Role::Clerk => "clerk",
            Role::Reviewer => "reviewer",
            Role::Supervisor => "supervisor",
            Role::Inspector => "inspector",
            Role::System => "system",
            Role::Security => "security",
            Role::Audit => "audit",
        }
    }

    pub fn zh(self) -> &'static str {
        match self {
            Role::Clerk => "窗口人员",
            Role::Reviewer => "审查人员",
            Role::Supervisor => "部门负责人",
            Role::Inspector => "督查人员",
            Role::System => "系统管理员",
            Role::Security => "安全管理员",
            Role::Audit => "审计管理员",
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

    /// Whether one account may have all of these: an administrator is nothing else. The one rule, asked wherever roles
    /// are given; the database refuses the rest, too (`identity_account.roles`).
    pub fn may_be_together(self) -> bool {
        let known = self.0 & !Self::of(&Role::ALL).0 == 0;
        known && (self.iter().count() <= 1 || !self.iter().any(Role::is_administrator))
    }

    /// The administrator among them.
    pub fn administrator(self) -> Option<Role> {
        self.iter().find(|role| role.is_administrator())
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Every set of roles there can be, and some of bits that are no role.
    #[test]
    fn an_administrator_is_nothing_else() {
        for bits in 0..1024_u32 {
            let roles = Roles(bits);
            let administrators = roles.iter().filter(|role| role.is_administrator()).count();
            let business = roles.iter().count() - administrators;
            let unknown = bits >= 128;
            let fine = !unknown && (administrators == 0 || (administrators == 1 && business == 0));
            assert_eq!(roles.may_be_together(), fine, "{bits}");
        }
        for role in Role::ALL {
            assert_eq!(Role::parse(role.code()), Some(role));
        }
    }
}
