//! Who may do what to a case. Fetching a case is authorising: `Casework::fetch` asks here, and a case the caller has no
//! relation to does not exist for them. Here is how somebody stands to a row; what that allows is the policy's
//! (`crates/policy`, docs/security/policy.md).

use yimen_identity::policy::{is_placed, whos};
use yimen_platform::{Actor, Staff};
pub use yimen_policy::{Act, Policy, PolicyHandle, Relation, Relations, Scope, Who};

use crate::model::{Case, CaseState, Owner, Task, TaskState};
use crate::store::case::Loaded;

/// How `actor` stands to the case, as far as the policy lets them see it so; empty for a stranger.
pub fn relations(policy: &Policy, actor: &Actor, loaded: &Loaded) -> Relations {
    let stands = match actor {
        Actor::Anyone => Relations::NONE,
        Actor::System(_) => Relations::from_iter([Relation::PROGRAM]),
        Actor::Citizen { party, .. } => {
            Relations::from_iter((loaded.case.applicant == *party).then_some(Relation::APPLICANT))
        }
        Actor::Staff(staff) => {
            let scopes = Scope::ALL.map(|scope| (scope, within(scope, staff, loaded)));
            let stands = scopes.into_iter().filter(|(_, within)| *within).map(|(scope, _)| scope);
            stands.flat_map(|scope| whos(staff.roles).map(move |who| Relation { who, scope })).collect()
        }
    };
    policy.seeing(stands)
}

/// Whether the case lies within what the scope means for a member of staff. The lists ask the same of rows.
fn within(scope: Scope, staff: &Staff, loaded: &Loaded) -> bool {
    let case = &loaded.case;
    let draft = case.state == CaseState::Draft;
    match scope {
        Scope::Own => false,
        // A draft is nobody's business but the applicant's and the clerk's who fills it in for them.
        Scope::Office => {
            let here = !staff.office.is_empty() && staff.office == case.office;
            here && (!draft || loaded.created_by == staff.account)
        }
        Scope::Task => !draft && case.tasks.iter().any(|task| was_sent_to(task, &staff.department)),
        Scope::Department => case.accepted_at.is_some() && decides(staff, case),
        Scope::City => !draft,
    }
}

fn decides(staff: &Staff, case: &Case) -> bool {
    !staff.department.is_empty() && staff.department == case.lead
}

/// The task has opened at the department: before that the case has not been sent to it.
fn was_sent_to(task: &Task, department: &str) -> bool {
    let theirs = matches!(&task.owner, Owner::Department(id) if id == department && !department.is_empty());
    theirs && task.state != TaskState::Waiting && task.state != TaskState::Skipped
}

/// Whether somebody of staff was granted the act within the scope at all: what their pages show, and which lists.
pub fn granted(policy: &Policy, staff: &Staff, scope: Scope, act: Act) -> bool {
    let placed = is_placed(scope, &staff.department, &staff.office);
    placed && whos(staff.roles).any(|who| policy.allows(Relation { who, scope }, act))
}

/// Whether `actor` may work on this very task: it is their department's or their office's.
pub fn may_work_on(policy: &Policy, actor: &Actor, task: &Task) -> bool {
    match (actor, &task.owner) {
        (Actor::Staff(s), Owner::Department(_)) => {
            was_sent_to(task, &s.department) && granted(policy, s, Scope::Task, Act::Work)
        }
        (Actor::Staff(s), Owner::Office(id)) => {
            s.office == *id && granted(policy, s, Scope::Office, Act::Work)
        }
        _ => false,
    }
}

/// Whether `actor` heads the department that decides the case.
pub fn heads(policy: &Policy, actor: &Actor, case: &Case) -> bool {
    let mut staff = actor.staff().into_iter();
    staff.any(|s| decides(s, case) && granted(policy, s, Scope::Department, Act::Head))
}

/// Whether `actor` may take this task from whom it lies with: as head of the department it was sent to, or of the one that
/// decides the case.
pub fn may_take_back(policy: &Policy, actor: &Actor, case: &Case, task: &Task) -> bool {
    let Some(staff) = actor.staff() else { return false };
    let own = was_sent_to(task, &staff.department) && granted(policy, staff, Scope::Task, Act::TakeBack);
    own || decides(staff, case) && granted(policy, staff, Scope::Department, Act::TakeBack)
}

#[cfg(test)]
mod tests;
