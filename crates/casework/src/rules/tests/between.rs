//! What must hold between a case and the case before it: who was waited for, what time allowed, what was promised. Each is
//! counted here anew, from what the case says of itself.

use yimen_standards::time::{Stop, due};

use super::*;

const PRECHECK: Limit = Limit::WorkingDays(5);
const PROMISED: Limit = Limit::WorkingDays(5);
const STATUTORY: Limit = Limit::WorkingDays(20);
const LONGER: Limit = Limit::WorkingDays(10);
const OF_A_TASK: Limit = Limit::WorkingDays(2);

impl World {
    pub(super) fn check_between(&self, before: &Case) {
        self.check_order(before);
        self.check_answers(before);
        self.check_correction(before);
        self.check_dues();
        self.check_bills();
    }

    fn count(&self, from: Instant, limit: Limit, stops: &[Stop]) -> Option<Instant> {
        due(&self.calendar, &self.hours, from, limit, stops).at
    }

    /// Nothing opens before what it waits for is over, and nobody concludes what lies with somebody else.
    fn check_order(&self, before: &Case) {
        let tasks = &self.case.tasks;
        for task in tasks.iter().filter(|t| t.opened_at.is_some()) {
            let waits_for = |t: &&Task| {
                task.after.contains(&t.step) || is_decision(task.kind) && is_before_decision(t.kind)
            };
            let open = tasks.iter().filter(waits_for).find(|t| !t.state.is_over());
            assert!(open.is_none(), "{} opened before {open:?} was over", task.step);
        }
        for task in tasks.iter().filter(|t| t.state == TaskState::Done) {
            let held = before.task(task.id).filter(|t| t.state == TaskState::Claimed);
            assert!(held.is_none_or(|t| t.assignee == task.assignee), "taken from who held it: {task:?}");
        }
    }

    /// The window has five working days from each hand-in, and only those; then the application is accepted as of the
    /// day it came.
    fn check_answers(&self, before: &Case) {
        let (case, now) = (&self.case, self.now.get());
        if case.state == CaseState::Submitted {
            let received = case.received_at.expect("handed in");
            assert_eq!(case.precheck_due, self.count(received, PRECHECK, &[]));
        }
        let late = before.precheck_due.is_some_and(|due| now > due);
        if before.accepted_at.is_none() && case.accepted_at.is_some() {
            assert_eq!(case.deemed, late, "{case:#?}");
            assert_eq!(case.accepted_at, if late { case.received_at } else { Some(now) });
        }
        let answered = matches!(case.state, CaseState::Correcting | CaseState::NotAccepted);
        assert!(!(answered && before.state == CaseState::Submitted && late), "answered too late");
    }

    /// A second notice asks for nothing new; what comes in time is taken, what does not lapses, neither before.
    fn check_correction(&self, before: &Case) {
        let (case, now) = (&self.case, self.now.get());
        if let (Some(first), Some(second)) = (&before.correction, &case.correction) {
            let known = |item: &CorrectionItem| first.items.iter().any(|f| f.target == item.target);
            assert!(second.items.iter().all(known), "asked for more: {second:?}");
        }
        if before.state == CaseState::Correcting {
            let over = before.correction_due.is_some_and(|due| now > due);
            assert!(case.state != CaseState::Submitted || !over, "supplied too late");
            assert!(case.state != CaseState::Lapsed || over, "lapsed too early");
        }
    }

    /// What is promised is what the calendar says of the days the clock ran, at every moment of a review.
    fn check_dues(&self) {
        let case = &self.case;
        let Some(accepted) = case.accepted_at.filter(|_| case.state == CaseState::InReview) else { return };
        let stop = |s: &ClockStop| Stop { from: s.from, to: s.to, reason: String::new(), resets: s.resets };
        let stops: Vec<Stop> = case.stops.iter().map(stop).collect();
        let extended = case.extension.as_ref().is_some_and(|e| e.state == ExtensionState::Approved);
        for (limit, told) in [(PROMISED, case.promised_due), (STATUTORY, case.statutory_due)] {
            let base = self.count(accepted, limit, &stops);
            let whole = if extended { base.and_then(|at| self.count(at, LONGER, &stops)) } else { base };
            assert_eq!(told, whole, "{limit:?} of {case:#?}");
        }
        for task in case.tasks.iter().filter(|t| t.state.is_live()) {
            let opened = task.opened_at.expect("live, so it was opened");
            assert_eq!(task.due_at, self.count(opened, OF_A_TASK, &stops), "{task:?}");
        }
    }

    /// Who is asked to pay has a step to pay in, and what was paid ended it.
    fn check_bills(&self) {
        for bill in &self.case.bills {
            let task = self.case.task(bill.task_id).expect("the step of a bill");
            match bill.state {
                BillState::Due => assert!(task.state.is_live(), "asked to pay for nothing: {task:?}"),
                BillState::Paid => assert_eq!(task.state, TaskState::Done),
                BillState::Void | BillState::Refunding | BillState::Refunded => {}
            }
        }
    }
}
