//! Who works where, for pages of other domains that hold no handle of this one.

use yimen_platform::{Actor, Role, Staff};
use yimen_store::{Read, StoreError};

use crate::account::Colleague;
use crate::store;

const MOST: i64 = 1000;

impl Colleague {
    /// The colleague as one who acts, to ask what they may do.
    pub fn actor(&self) -> Actor {
        Actor::Staff(std::sync::Arc::new(Staff {
            account: self.account,
            name: self.name.clone(),
            roles: self.roles,
            department: self.department.clone(),
            office: self.office.clone(),
            counter: self.counter.clone(),
        }))
    }
}

/// Those of a department who have a role, by name; closed accounts are left out.
pub fn of_department(q: &mut Read<'_>, department: &str, role: Role) -> Result<Vec<Colleague>, StoreError> {
    let rows = store::of_department(q, department, MOST)?;
    Ok(rows.into_iter().map(Colleague::from).filter(|one| one.roles.has(role)).collect())
}

/// Those of an office who have a role, by name; closed accounts are left out.
pub fn of_office(q: &mut Read<'_>, office: &str, role: Role) -> Result<Vec<Colleague>, StoreError> {
    let rows = store::of_office(q, office, MOST)?;
    Ok(rows.into_iter().map(Colleague::from).filter(|one| one.roles.has(role)).collect())
}
