//! Carrying changes out on a case in memory. The store writes the same changes to rows.

use super::Change;
use crate::model::{BillState, Case, ExtensionState, Task, TaskState};

impl Case {
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::State(state) => self.state = *state,
            Change::Submitted { at } => self.submitted_at = Some(*at),
            Change::Received { at, precheck_due } => {
                self.received_at = Some(*at);
                self.precheck_due = Some(*precheck_due);
                self.correction_due = None;
            }
            Change::Accepted { at, deemed } => {
                self.accepted_at = Some(*at);
                self.deemed = *deemed;
                self.precheck_due = None;
            }
            Change::CorrectionIssued(correction) => {
                self.correction_due = Some(correction.due_at);
                self.precheck_due = None;
                self.correction = Some(correction.clone());
            }
            Change::Supplied { at } => {
                if let Some(correction) = &mut self.correction {
                    correction.supplied_at = Some(*at);
                }
            }
            Change::Dues { statutory, promised } => {
                self.statutory_due = *statutory;
                self.promised_due = *promised;
            }
            Change::Decided { outcome, at } => {
                self.outcome = Some(*outcome);
                self.decided_at = Some(*at);
            }
            Change::Closed { at } => {
                self.closed_at = Some(*at);
                self.precheck_due = None;
                self.correction_due = None;
            }
            Change::EndedBecause { reason } => self.ended_because = reason.clone(),
            Change::ExtensionAsked(_)
            | Change::ExtensionAnswered { .. }
            | Change::ClockStopped(_)
            | Change::ClockResumed { .. } => self.apply_to_clock(change),
            Change::BillRaised(_)
            | Change::BillPaid { .. }
            | Change::BillVoid { .. }
            | Change::BillRefunding { .. }
            | Change::BillRefunded { .. } => self.apply_to_bills(change),
            Change::TaskAdded(task) => self.tasks.push(task.clone()),
            Change::TaskOpened { task, .. }
            | Change::TaskClaimed { task, .. }
            | Change::TaskReleased { task }
            | Change::TaskReturned { task, .. }
            | Change::TaskDone { task, .. }
            | Change::TaskSkipped { task, .. }
            | Change::TaskCancelled { task, .. }
            | Change::TaskDue { task, .. } => {
                if let Some(task) = self.tasks.iter_mut().find(|t| t.id == *task) {
                    task.apply(change);
                }
            }
            Change::ResultMade { .. } | Change::Documented { .. } => {}
        }
    }

    fn apply_to_clock(&mut self, change: &Change) {
        match change {
            Change::ExtensionAsked(extension) => self.extension = Some(extension.clone()),
            Change::ExtensionAnswered { approved, by, at } => {
                if let Some(extension) = &mut self.extension {
                    extension.state = match approved {
                        true => ExtensionState::Approved,
                        false => ExtensionState::Refused,
                    };
                    extension.answered_by = *by;
                    extension.answered_at = Some(*at);
                }
            }
            Change::ClockStopped(stop) => {
                self.stops.push(stop.clone());
                self.stopped_since = self.stopped_since.or(Some(stop.from));
            }
            Change::ClockResumed { stop, at, outcome } => {
                if let Some(stop) = self.stops.iter_mut().find(|s| s.id == *stop) {
                    stop.to = Some(*at);
                    stop.outcome = outcome.clone();
                }
                if self.stops.iter().all(|s| s.to.is_some()) {
                    self.stopped_since = None;
                }
            }
            _ => {}
        }
    }

    fn apply_to_bills(&mut self, change: &Change) {
        match change {
            Change::BillRaised(bill) => self.bills.push(bill.clone()),
            Change::BillPaid { bill, at, receipt } => {
                self.set_bill(*bill, BillState::Paid);
                if let Some(bill) = self.bills.iter_mut().find(|b| b.id == *bill) {
                    bill.paid_at = Some(*at);
                    bill.receipt = receipt.clone();
                }
            }
            Change::BillVoid { bill } => self.set_bill(*bill, BillState::Void),
            Change::BillRefunding { bill } => self.set_bill(*bill, BillState::Refunding),
            Change::BillRefunded { bill } => self.set_bill(*bill, BillState::Refunded),
            _ => {}
        }
    }

    fn set_bill(&mut self, id: i64, state: BillState) {
        if let Some(bill) = self.bills.iter_mut().find(|b| b.id == id) {
            bill.state = state;
        }
    }
}

impl Task {
    fn apply(&mut self, change: &Change) {
        match change {
            Change::TaskOpened { at, due, .. } => {
                self.state = TaskState::Open;
                self.opened_at = Some(*at);
                self.due_at = *due;
            }
            Change::TaskClaimed { by, name, .. } => {
                self.state = TaskState::Claimed;
                self.assignee = Some(*by);
                self.assignee_name = name.clone();
            }
            Change::TaskReleased { .. } => {
                self.state = TaskState::Open;
                self.assignee = None;
                self.assignee_name.clear();
            }
            Change::TaskReturned { note, .. } => {
                self.state = TaskState::Returned;
                self.note = note.clone();
            }
            Change::TaskDone { by, name, finding, opinion, at, .. } => {
                self.state = TaskState::Done;
                self.assignee = Some(*by);
                self.assignee_name = name.clone();
                self.finding = Some(*finding);
                self.opinion = opinion.clone();
                self.done_at = Some(*at);
            }
            Change::TaskSkipped { at, .. } => {
                self.state = TaskState::Skipped;
                self.done_at = Some(*at);
            }
            Change::TaskCancelled { at, .. } => {
                self.state = TaskState::Cancelled;
                self.done_at = Some(*at);
            }
            Change::TaskDue { due, .. } => self.due_at = *due,
            _ => {}
        }
    }
}
