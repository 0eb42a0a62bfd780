//! A unit of work on its way through a queue: the caller's closure and the way back to it.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use crate::error::{Result, StoreError};
use crate::unit::Tx;

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is running a unit of work: one that waited for another could wait for
/// ever, for itself.
pub(crate) fn inside_a_unit() -> bool {
    INSIDE.get()
}

/// What the threads see of a unit of work, whatever its types.
pub(crate) trait Unit: Send {
    fn name(&self) -> &'static str;
    fn queued(&self) -> Instant;
    /// It only reads.
    fn reads(&self) -> bool;
    /// It only reads, and its caller sees to it that nothing of the answer gets out before the disk has what it shows.
    fn unsettled(&self) -> bool;
    /// Nobody waits for the answer any more.
    fn abandoned(&self) -> bool;
    /// Runs the closure once and keeps what it returned; `false` when it must be undone.
    /// May be called again: the last run counts.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// Sends the answer. A failure replaces a success, never an error of the closure itself.
    fn finish(self: Box<Self>, outcome: Result<()>);
}

/// Where an answer goes.
pub(crate) trait Reply<A>: Send {
    fn send(self, answer: A);
    fn closed(&self) -> bool;
}

impl<A: Send> Reply<A> for tokio::sync::oneshot::Sender<A> {
    fn send(self, answer: A) {
        // The caller may have gone (its connection closed); the work is done all the same.
        let _ = tokio::sync::oneshot::Sender::send(self, answer);
    }

    fn closed(&self) -> bool {
        self.is_closed()
    }
}

impl<A: Send> Reply<A> for std::sync::mpsc::SyncSender<A> {
    fn send(self, answer: A) {
        let _ = std::sync::mpsc::SyncSender::send(&self, answer);
    }

    fn closed(&self) -> bool {
        false
    }
}

pub(crate) struct Work<F, T, E, R> {
    name: &'static str,
    reads: bool,
    unsettled: bool,
    queued: Instant,
    closure: F,
    answer: Option<Result<T, E>>,
    reply: R,
}

impl<F, T, E, R> Work<F, T, E, R> {
    pub(crate) fn new(name: &'static str, reads: bool, closure: F, reply: R) -> Work<F, T, E, R> {
        Work { name, reads, unsettled: false, queued: Instant::now(), closure, answer: None, reply }
    }

    pub(crate) fn unsettled(self, unsettled: bool) -> Work<F, T, E, R> {
        Work { unsettled, ..self }
    }
}

impl<F, T, E, R> Unit for Work<F, T, E, R>
where
    F: Fn(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Send,
    R: Reply<Result<T, E>>,
{
    fn name(&self) -> &'static str {
        self.name
    }

    fn queued(&self) -> Instant {
        self.queued
    }

    fn reads(&self) -> bool {
        self.reads
    }

    fn unsettled(&self) -> bool {
        self.unsettled
    }

    fn abandoned(&self) -> bool {
        self.reply.closed()
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        tx.begin(self.name);
        INSIDE.set(true);
        // Nothing of the closure survives a panic but the connection, which is rolled back.
        let answer = match catch_unwind(AssertUnwindSafe(|| (self.closure)(tx))) {
            Ok(answer) => answer,
            Err(payload) => {
                let text = panic_text(payload.as_ref());
                Err(E::from(StoreError::Panicked(self.name, text)))
            }
        };
        INSIDE.set(false);
        let answer = match (answer, tx.spoiled()) {
            (Ok(_), Some(error)) => Err(E::from(error)),
            // A put that failed unseen came before the closure's own change of mind.
            (Err(own), None) => tx.settle().map_or_else(|earlier| Err(E::from(earlier)), |()| Err(own)),
            (answer, _) => answer,
        };
        let keep = answer.is_ok();
        self.answer = Some(answer);
        keep
    }

    fn finish(self: Box<Self>, outcome: Result<()>) {
        let answer = match (self.answer, outcome) {
            (Some(Err(own)), _) => Err(own),
            (_, Err(failure)) => Err(E::from(failure)),
            (Some(answer), Ok(())) => answer,
            (None, Ok(())) => Err(E::from(StoreError::other("the unit of work never ran"))),
        };
        self.reply.send(answer);
    }
}

fn panic_text(payload: &(dyn std::any::Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "no message".to_owned()
    }
}
