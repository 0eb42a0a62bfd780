//! An account: whose it is and what it may do.

use std::sync::Arc;

use yimen_platform::{Actor, Roles, Staff};

use crate::login::Login;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountKind {
    Citizen,
    Staff,
}

impl AccountKind {
    pub fn code(self) -> &'static str {
        match self {
            AccountKind::Citizen => "citizen",
            AccountKind::Staff => "staff",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        [AccountKind::Citizen, AccountKind::Staff].into_iter().find(|kind| kind.code() == code)
    }
}

/// What an account is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    /// Acts for a party.
    Citizen { party: i64 },
    /// Works somewhere; empty texts where there is no such place.
    Staff { roles: Roles, department: String, office: String, counter: String },
}

impl Position {
    pub fn kind(&self) -> AccountKind {
        match self {
            Position::Citizen { .. } => AccountKind::Citizen,
            Position::Staff { .. } => AccountKind::Staff,
        }
    }

    pub(crate) fn actor(self, account: i64, name: &str) -> Actor {
        match self {
            Position::Citizen { party } => Actor::Citizen { account, party, name: Arc::from(name) },
            Position::Staff { roles, department, office, counter } => {
                let name = name.to_owned();
                Actor::Staff(Arc::new(Staff { account, name, roles, department, office, counter }))
            }
        }
    }
}

/// An account to be made.
#[derive(Debug, Clone)]
pub struct NewAccount {
    pub name: String,
    pub position: Position,
    /// At least one; any of them signs in.
    pub logins: Vec<Login>,
}

/// Departments and offices with their names, and the counters of each office.
#[derive(Debug, Clone, Default)]
pub struct Places {
    pub departments: Vec<Place>,
    pub offices: Vec<(Place, Vec<Place>)>,
}

#[derive(Debug, Clone)]
pub struct Place {
    pub id: String,
    pub name: String,
}

/// Where a member of staff works when nobody says it better: `窗口人员 3号窗口`.
pub(crate) fn place(staff: &Staff) -> String {
    let roles: Vec<&str> = staff.roles.iter().map(|role| role.zh()).collect();
    let counter = match staff.counter.as_str() {
        "" => String::new(),
        counter => format!(" {counter}号窗口"),
    };
    format!("{}{counter}", roles.join("、"))
}
