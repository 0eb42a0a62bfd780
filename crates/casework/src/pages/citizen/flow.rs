//! The way through an application: which pages there are for these answers, which are done, what comes next.

use yimen_catalogue::model::Need;
use yimen_catalogue::{Settled, Version};

use crate::view::{Material, MaterialState};

/// One page of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Question(String),
    Page(String),
    Materials,
    Way,
    Check,
}

impl Step {
    /// Its address below the application's.
    pub fn path(&self, number: &str) -> String {
        let base = format!("/cases/{number}/apply");
        match self {
            Step::Question(id) => format!("{base}/questions/{id}"),
            Step::Page(id) => format!("{base}/pages/{id}"),
            Step::Materials => format!("{base}/materials"),
            Step::Way => format!("{base}/way"),
            Step::Check => format!("{base}/check"),
        }
    }
}

/// Every page that applies, in order, each with whether it is done. The check is never done: it ends in the submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flow {
    pub steps: Vec<(Step, bool)>,
    /// By the answers this is not the right service.
    pub stopped: bool,
}

impl Flow {
    pub fn of(version: &Version, facts: &Settled, materials: &[Material]) -> Flow {
        let mut steps: Vec<(Step, bool)> = Vec::new();
        for question in version.questions(facts) {
            steps.push((Step::Question(question.id.clone()), facts.contains_key(&question.id)));
        }
        // Until the situation is known nobody knows what a page asks: none is done that nobody has seen.
        let known = steps.iter().all(|(_, done)| *done);
        let open = version.unanswered(facts);
        for page in version.pages(facts) {
            let done = known && !open.iter().any(|(p, _)| p.id == page.id);
            steps.push((Step::Page(page.id.clone()), done));
        }
        if materials.iter().any(|m| m.state != MaterialState::FromForm) {
            steps.push((Step::Materials, materials.iter().all(is_provided)));
        }
        // A way is always chosen: the draft begins with the service's own.
        steps.push((Step::Way, true));
        steps.push((Step::Check, false));
        Flow { steps, stopped: !version.stops(facts).is_empty() }
    }

    /// The first page that is not done; the check at the latest.
    pub fn first_open(&self) -> Step {
        let open = self.steps.iter().find(|(_, done)| !done);
        open.map_or(Step::Check, |(step, _)| step.clone())
    }

    /// What follows a page; a page that applies no longer is followed by the first that is open.
    pub fn after(&self, step: &Step) -> Step {
        let at = self.steps.iter().position(|(s, _)| s == step);
        at.and_then(|at| self.steps.get(at + 1)).map_or_else(|| self.first_open(), |(step, _)| step.clone())
    }

    pub fn before(&self, step: &Step) -> Option<&Step> {
        let at = self.steps.iter().position(|(s, _)| s == step)?;
        at.checked_sub(1).and_then(|at| self.steps.get(at)).map(|(step, _)| step)
    }

    pub fn has(&self, step: &Step) -> bool {
        self.steps.iter().any(|(s, _)| s == step)
    }

    /// Everything before the check is done.
    pub fn is_complete(&self) -> bool {
        !self.stopped && self.first_open() == Step::Check
    }

    /// Place among the pages of its kind: (2, 4) is the second of four form pages.
    pub fn place(&self, step: &Step) -> (usize, usize) {
        let kind = std::mem::discriminant(step);
        let same: Vec<&Step> =
            self.steps.iter().map(|(s, _)| s).filter(|s| std::mem::discriminant(*s) == kind).collect();
        (same.iter().position(|s| *s == step).map_or(0, |at| at + 1), same.len())
    }
}

fn is_provided(material: &Material) -> bool {
    let there = !matches!(material.state, MaterialState::Missing | MaterialState::Rejected);
    there || material.need != Need::Required
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(done: &[bool]) -> Flow {
        let pages = ["a", "b", "c"].map(|id| Step::Page(id.into()));
        let mut steps: Vec<(Step, bool)> = pages.into_iter().zip(done.iter().copied()).collect();
        steps.push((Step::Check, false));
        Flow { steps, stopped: false }
    }

    #[test]
    fn pages_follow_each_other_and_the_check_is_the_last() {
        let flow = flow(&[true, false, true]);
        assert_eq!(flow.first_open(), Step::Page("b".into()));
        assert_eq!(flow.after(&Step::Page("c".into())), Step::Check);
        assert_eq!(flow.before(&Step::Page("b".into())), Some(&Step::Page("a".into())));
        assert_eq!(flow.before(&Step::Page("a".into())), None);
        assert!(!flow.is_complete());
    }

    #[test]
    fn a_page_that_applies_no_longer_is_followed_by_the_first_open_one() {
        let gone = Step::Page("gone".into());
        assert_eq!(flow(&[true, true, false]).after(&gone), Step::Page("c".into()));
        assert_eq!(flow(&[true, true, true]).after(&gone), Step::Check);
        assert!(flow(&[true, true, true]).is_complete());
    }

    #[test]
    fn a_page_knows_its_place_among_its_kind() {
        assert_eq!(flow(&[true, true, true]).place(&Step::Page("b".into())), (2, 3));
    }
}
