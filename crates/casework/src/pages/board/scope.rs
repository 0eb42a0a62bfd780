//! Who may look at what on the board: an inspector at the city, a head at their own department.

use yimen_catalogue::Catalogue;
use yimen_platform::Staff;
use yimen_web::WebError;

use crate::policy::{self, Act, Policy, granted};
use crate::store::board::CaseFilter;

/// What a supervisor sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Scope {
    City,
    /// Cases this department decides, and tasks that lie there.
    Department(String),
}

impl Scope {
    pub fn of(policy: &Policy, staff: &Staff) -> Result<Scope, WebError> {
        if granted(policy, staff, policy::Scope::City, Act::See) {
            return Ok(Scope::City);
        }
        match granted(policy, staff, policy::Scope::Department, Act::See) {
            true => Ok(Scope::Department(staff.department.clone())),
            false => Err(WebError::forbidden("这里供部门负责人和督查人员使用。您的账户没有监督职责。")),
        }
    }

    /// The department it is limited to; empty for the city.
    pub fn lead(&self) -> &str {
        match self {
            Scope::City => "",
            Scope::Department(id) => id,
        }
    }

    /// A head opens cases from acceptance on; before that they are the window's.
    pub fn accepted_only(&self) -> bool {
        matches!(self, Scope::Department(_))
    }

    /// Narrows what was asked to what may be seen.
    pub fn narrow(&self, filter: CaseFilter) -> CaseFilter {
        match self {
            Scope::City => filter,
            Scope::Department(id) => CaseFilter { lead: id.clone(), accepted: true, ..filter },
        }
    }

    pub fn name(&self, catalogue: &Catalogue) -> String {
        match self {
            Scope::City => catalogue.city().name.clone(),
            Scope::Department(id) => catalogue.department_name(id).to_string(),
        }
    }
}
