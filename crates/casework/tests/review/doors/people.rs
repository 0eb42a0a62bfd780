//! Who tries the doors: an account each, signed in as a browser would be.

use yimen_casework::Casework;
use yimen_identity::{DemoPlan, Identity, Login, NewAccount, Position};
use yimen_platform::{Actor, Role, Roles};

/// The second of each pair has nothing to do with the cases: another person, another district, another department.
pub const PEOPLE: [&str; 13] = [
    "nobody",
    "owner",
    "other-citizen",
    "clerk",
    "other-clerk",
    "reviewer",
    "other-reviewer",
    "head",
    "other-head",
    "inspector",
    // The three administrators pass no door of casework or payments at all.
    "system",
    "security",
    "audit",
];

pub const PASSWORD: &str = "yimen-2026";

fn staff(role: Role, department: &str, office: &str) -> Position {
    Position::Staff {
        roles: Roles::of(&[role]),
        department: department.into(),
        office: office.into(),
        counter: String::new(),
    }
}

fn position(name: &str, parties: [i64; 2]) -> Position {
    match name {
        "owner" => Position::Citizen { party: parties[0] },
        "other-citizen" => Position::Citizen { party: parties[1] },
        "clerk" => staff(Role::Clerk, "", "civic-centre"),
        "other-clerk" => staff(Role::Clerk, "", "xiaoshan"),
        "reviewer" => staff(Role::Reviewer, "housing", ""),
        "other-reviewer" => staff(Role::Reviewer, "market", ""),
        "head" => staff(Role::Supervisor, "natural-resources", ""),
        "other-head" => staff(Role::Supervisor, "market", ""),
        "inspector" => staff(Role::Inspector, "", ""),
        "system" => staff(Role::System, "", ""),
        "security" => staff(Role::Security, "", ""),
        "audit" => staff(Role::Audit, "", ""),
        other => panic!("{other} is nobody"),
    }
}

/// An account for everybody who has one; answers their keys in the order of `PEOPLE`.
pub async fn employ(casework: &Casework, identity: &Identity, parties: [i64; 2]) -> Vec<i64> {
    let all = PEOPLE.iter().filter(|name| **name != "nobody");
    hire(casework, identity, all.map(|name| (*name, position(name, parties))).collect()).await
}

/// Accounts of these names, which are their logins, too.
pub async fn hire(casework: &Casework, identity: &Identity, all: Vec<(&str, Position)>) -> Vec<i64> {
    let plan = all.into_iter().fold(DemoPlan::new(), |plan, (name, position)| {
        let logins = vec![Login::staff(name).unwrap()];
        plan.quiet(NewAccount { name: name.to_string(), position, logins }, PASSWORD)
    });
    let accounts = plan.prepare(identity).unwrap();
    let (identity, ctx) = (identity.clone(), casework.platform.ctx(Actor::System("test"), ""));
    let create =
        casework.platform.store.write("test.accounts", move |tx| accounts.create(&identity, tx, &ctx));
    create.await.unwrap()
}
