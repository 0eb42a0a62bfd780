//! The people who work in the demo city: clerks at every office, reviewers and a head in every department, an inspector,
//! the three administrators, and the citizens a visitor can be.

use std::sync::Arc;

use rand::SeedableRng;
use rand::rngs::StdRng;
use yimen_catalogue::Catalogue;
use yimen_demo::{KNOWN, Person, people};
use yimen_identity::{DemoPlan, Login, NewAccount, Position, Secret};
use yimen_platform::{Role, Roles, Staff};
use yimen_standards::time::Day;

/// The one password of every demo account.
pub const PASSWORD: &str = "yimen-2026";

/// One member of the cast.
pub struct Member {
    pub login: String,
    pub name: String,
    pub role: String,
    /// Told to visitors.
    pub shown: bool,
    pub staff: Staff,
    /// Of the second factor, which only administrators have in a demo: told, so that a visitor's app can make the codes.
    pub secret: Option<Secret>,
}

/// The staff a city needs, in an order that never changes.
pub fn staff(catalogue: &Catalogue, seed: u64, today: Day) -> Vec<Member> {
    let mut rng = StdRng::seed_from_u64(seed ^ 0x57af);
    let mut names = people(&mut rng, 400, today).into_iter().map(|p| p.name);
    let mut name = move || names.next().unwrap_or_else(|| "工作人员".into());
    let mut cast = Vec::new();
    for (i, office) in catalogue.city().offices.iter().enumerate() {
        for (n, counter) in office.counters.iter().take(3).enumerate() {
            let login = format!("{}-{}", office.id, n + 1);
            let role = format!("窗口人员 {} {}", office.name, counter.name);
            let place = ("", office.id.as_str(), counter.id.as_str());
            cast.push(member(login, name(), role, i == 0 && n == 0, &[Role::Clerk], place));
        }
    }
    for department in &catalogue.city().departments {
        let known = ["natural-resources", "housing", "tax", "market"].contains(&department.id.as_str());
        for n in 1..=3 {
            let login = format!("{}-{n}", department.id);
            let role = format!("审查人员 {}", department.name);
            let place = (department.id.as_str(), "", "");
            cast.push(member(login, name(), role, known && n == 1, &[Role::Reviewer], place));
        }
        let role = format!("部门负责人 {}", department.name);
        let place = (department.id.as_str(), "", "");
        let login = format!("{}-head", department.id);
        cast.push(member(
            login,
            name(),
            role,
            known && department.id == "natural-resources",
            &[Role::Supervisor],
            place,
        ));
    }
    cast.push(member(
        "inspector".into(),
        name(),
        "督查人员 全市".into(),
        true,
        &[Role::Inspector],
        ("", "", ""),
    ));
    // Two of the security administrators: what takes two people can be tried.
    for (login, role) in [
        ("system", Role::System),
        ("security-1", Role::Security),
        ("security-2", Role::Security),
        ("audit", Role::Audit),
    ] {
        let made = member(login.into(), name(), role.zh().into(), true, &[role], ("", "", ""));
        cast.push(Member { secret: Some(Secret::for_demo(seed, login)), ..made });
    }
    cast
}

fn member(
    login: String,
    name: String,
    role: String,
    shown: bool,
    roles: &[Role],
    (department, office, counter): (&str, &str, &str),
) -> Member {
    let staff = Staff {
        account: 0,
        name: name.clone(),
        roles: Roles::of(roles),
        department: department.into(),
        office: office.into(),
        counter: counter.into(),
    };
    Member { login, name, role, shown, staff, secret: None }
}

/// The accounts of cast and citizens: staff first, then the citizens in order.
pub fn plan(cast: &[Member], citizens: &[(Person, i64)]) -> Result<DemoPlan, String> {
    let mut plan = DemoPlan::new();
    for (i, (person, party)) in citizens.iter().take(KNOWN).enumerate() {
        let logins = vec![Login::phone(&person.phone)?];
        let account =
            NewAccount { name: person.name.clone(), position: Position::Citizen { party: *party }, logins };
        plan = match i < 3 {
            true => plan.shown(account, &person.phone, PASSWORD, format!("群众 {}", person.name)),
            false => plan.quiet(account, PASSWORD),
        };
    }
    for member in cast {
        let staff = &member.staff;
        let position = Position::Staff {
            roles: staff.roles,
            department: staff.department.clone(),
            office: staff.office.clone(),
            counter: staff.counter.clone(),
        };
        let logins = vec![Login::staff(&member.login)?];
        let account = NewAccount { name: member.name.clone(), position, logins };
        let role = format!("{} {}", member.role, member.name);
        plan = match (member.secret.clone(), member.shown) {
            (Some(secret), _) => plan.guarded(account, (&member.login, PASSWORD, &role), secret),
            (None, true) => plan.shown(account, &member.login, PASSWORD, role),
            (None, false) => plan.quiet(account, PASSWORD),
        };
    }
    Ok(plan)
}

/// The cast with the account ids they were given.
pub fn employed(cast: Vec<Member>, accounts: &[i64]) -> Vec<Arc<Staff>> {
    let employ = |(member, account): (Member, &i64)| Arc::new(Staff { account: *account, ..member.staff });
    cast.into_iter().zip(accounts).map(employ).collect()
}
