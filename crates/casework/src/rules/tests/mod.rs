//! The case as a state machine: from any history, no command leads to an illegal state, a lost task, a task that never
//! opens, or a clock that runs backwards, and every case can be brought to its end.

mod between;
mod examples;

use std::cell::Cell;

use proptest::prelude::*;
use yimen_catalogue::model::{Extension as ExtensionSpec, Limits, Service, Special, Step, StepKind};
use yimen_standards::time::{Calendar, Day, Hours, Instant, Limit, explain};

use super::*;
use crate::model::*;

/// A service made by chance: its shape is a graph with one decision.
#[derive(Debug, Clone)]
struct Shape {
    /// For each review: which earlier reviews it waits for, as bits, and who works on it.
    reviews: Vec<(u8, u8)>,
    payment: Option<(u8, i64)>,
    registration: bool,
    issue: bool,
    /// Handing over: none, after the last step, or twice side by side.
    deliveries: u8,
    electronic: bool,
    extension: bool,
    /// The hearing makes the limit begin anew.
    resets: bool,
}

fn shape() -> impl Strategy<Value = Shape> {
    let reviews = prop::collection::vec(any::<(u8, u8)>(), 0..5);
    let payment = prop::option::of((any::<u8>(), prop_oneof![Just(0_i64), 1..100_000_i64]));
    let rest = any::<(bool, bool, bool, bool, bool)>();
    (reviews, payment, 0..3_u8, rest).prop_map(|(reviews, payment, deliveries, rest)| {
        let (registration, issue, electronic, extension, resets) = rest;
        Shape { reviews, payment, registration, issue, deliveries, electronic, extension, resets }
    })
}

fn step(id: &str, kind: StepKind, by: &str, after: Vec<String>) -> Step {
    Step {
        id: id.into(),
        name: id.into(),
        by: by.into(),
        kind,
        after,
        when: None,
        within: Some(Limit::WorkingDays(2)),
        records: vec![],
        doubts: vec![],
        fees: vec![],
        specials: if kind == StepKind::Review { vec!["hearing".into()] } else { vec![] },
        checks: vec![],
    }
}

fn steps(shape: &Shape) -> Vec<Step> {
    let names: Vec<String> = (0..shape.reviews.len()).map(|i| format!("r{i}")).collect();
    let picked = |bits: u8, upto: usize| {
        let chosen = names[..upto].iter().enumerate().filter(|(i, _)| bits & (1 << i) != 0);
        chosen.map(|(_, n)| n.clone()).collect::<Vec<_>>()
    };
    let mut steps: Vec<Step> = Vec::new();
    for (i, (bits, by)) in shape.reviews.iter().enumerate() {
        let by = ["housing", "tax", "lead", "window"][usize::from(by % 4)];
        steps.push(step(&names[i], StepKind::Review, by, picked(*bits, i)));
    }
    if let Some((bits, _)) = shape.payment {
        steps.push(step("pay", StepKind::Payment, "applicant", picked(bits, names.len())));
    }
    let kind = if shape.registration { StepKind::Registration } else { StepKind::Decision };
    steps.push(step("decide", kind, "lead", names.clone()));
    if shape.issue {
        steps.push(step("issue", StepKind::Issue, "lead", vec!["decide".into()]));
    }
    let last = if shape.issue { "issue" } else { "decide" };
    let after = [last, "decide"];
    for (n, after) in after.iter().take(usize::from(shape.deliveries)).enumerate() {
        steps.push(step(&format!("deliver{n}"), StepKind::Delivery, "window", vec![(*after).into()]));
    }
    steps
}

fn service(shape: &Shape) -> Service {
    let json = serde_json::json!({
        "id": "made-up", "name": "测试事项", "summary": "测试", "kind": "行政许可", "mode": "承诺件", "lead": "lead",
        "codes": {"base": "330115001000", "implementing": "11330100MB0000000N3330115001000"},
        "for": ["natural"], "themes": ["测试"], "visits": 0, "scope": "全市通办", "basis": [], "conditions": [],
        "limits": {"statutory": "20wd", "promised": "5wd"}, "form": [], "materials": [], "steps": [],
        "result": {"name": "测试结果", "kind": "批文", "number": "{serial:4}", "delivery": ["window"]}
    });
    let mut service: Service = serde_json::from_value(json).unwrap();
    service.limits = Limits {
        extension: shape
            .extension
            .then(|| ExtensionSpec {
                by: Limit::WorkingDays(10), basis: "行政许可法第四十二条".into()
            }),
        ..service.limits
    };
    service.specials = vec![Special {
        id: "hearing".into(),
        name: "听证".into(),
        limit: Limit::WorkingDays(20),
        basis: "行政许可法第四十五条".into(),
        resets: shape.resets,
    }];
    service.steps = steps(shape);
    service
}

struct World {
    service: Service,
    fee: i64,
    calendar: Calendar,
    hours: Hours,
    next_id: Cell<i64>,
    now: Cell<Instant>,
    case: Case,
    /// Every document issued so far.
    documents: Vec<DocumentKind>,
    /// How often the applicant handed something in, and was asked for a correction.
    handed_in: usize,
    corrected: usize,
    /// How often an extension was asked for.
    extensions: usize,
    /// The latest promise given, and how much of it was used up by when.
    last_due: Option<Instant>,
    last_used: i64,
}

/// A reason long enough to be told.
const DENIED: &str = "前面的审查没有通过，依据第三十八条";

const LEAD: By<'static> = By { account: 1, name: "负责人", heads: true };

impl World {
    fn new(shape: &Shape) -> Self {
        let now = Day::new(2026, 9, 14).unwrap().at(10, 0);
        let case = Case {
            id: 1,
            service: "made-up".into(),
            delivery: if shape.electronic { Delivery::Electronic } else { Delivery::Window },
            applicant: 9,
            office: "hall".into(),
            lead: "lead".into(),
            region: "330100".into(),
            ..Case::untouched(now)
        };
        Self {
            service: service(shape),
            fee: shape.payment.map_or(0, |(_, fen)| fen),
            calendar: Calendar::builtin(),
            hours: Hours::parse(&["09:00-12:00", "13:30-17:00"]).unwrap(),
            next_id: Cell::new(100),
            now: Cell::new(now),
            case,
            documents: Vec::new(),
            handed_in: 0,
            corrected: 0,
            extensions: 0,
            last_due: None,
            last_used: 0,
        }
    }

    fn decide(&self, by: By<'_>, command: &Command) -> Result<Vec<Change>, Refusal> {
        let plan = || {
            let planned = |s: &Step| Planned {
                step: s.id.clone(),
                name: s.name.clone(),
                kind: s.kind,
                by: s.by.clone(),
                after: s.after.clone(),
                within: s.within,
            };
            Ok(self.service.steps.iter().map(planned).collect())
        };
        let fees = |_: &str| {
            let item = BillItem {
                fee: "f".into(),
                name: "费".into(),
                fen: self.fee,
                basis: "b".into(),
                payee: "lead".into(),
            };
            Ok(vec![item])
        };
        let new_id = || {
            self.next_id.set(self.next_id.get() + 1);
            self.next_id.get()
        };
        let env = Env {
            now: self.now.get(),
            service: &self.service,
            calendar: &self.calendar,
            hours: &self.hours,
            plan: &plan,
            fees: &fees,
            new_id: &new_id,
        };
        super::decide(&self.case, by, command, &env)
    }

    /// Runs a command; a refusal changes nothing. Checks every invariant afterwards.
    fn run(&mut self, by: By<'_>, command: &Command) -> bool {
        let before = self.case.clone();
        match self.decide(by, command) {
            Err(_) => false,
            Ok(changes) => {
                for change in &changes {
                    self.case.apply(change);
                    self.note(change);
                }
                self.check(&before, command);
                true
            }
        }
    }

    fn note(&mut self, change: &Change) {
        match change {
            Change::Documented { kind, .. } => self.documents.push(*kind),
            Change::Received { .. } => self.handed_in += 1,
            Change::CorrectionIssued(_) => self.corrected += 1,
            Change::ExtensionAsked(_) => self.extensions += 1,
            _ => {}
        }
        assert!(self.extensions <= 1, "an extension is asked for once, whatever the answer");
        if let Change::Documented { kind: DocumentKind::Denial | DocumentKind::NotAccepted, reason, .. } =
            change
        {
            assert!(letters(reason) >= LEAST_REASON, "refused with no more than {reason:?}");
        }
    }

    fn check(&mut self, before: &Case, command: &Command) {
        let case = &self.case;
        if case.state == CaseState::Voided {
            assert!(letters(&case.ended_because) >= LEAST_REASON, "voided because {:?}", case.ended_because);
        }
        if before.state.is_final() {
            assert_eq!(case.state, before.state, "{command:?} led out of {:?}", before.state);
            assert_eq!(case.tasks, before.tasks);
        }
        let live = case.tasks.iter().any(|t| t.state.is_live());
        match case.state {
            CaseState::InReview | CaseState::Decided => assert!(live, "nobody can move the case: {case:#?}"),
            state if state.is_final() => {
                assert!(case.tasks.iter().all(|t| t.state.is_over()), "task lost in a final case");
                assert!(case.bills.iter().all(|b| b.state != BillState::Due), "bill left over");
                assert!(case.stops.iter().all(|s| s.to.is_some()), "clock still stopped");
                assert!(case.closed_at.is_some());
                assert_eq!(case.timer_at(), None);
            }
            _ => assert!(case.tasks.is_empty()),
        }
        self.check_tasks(before);
        self.check_money();
        self.check_documents();
        self.check_times();
        self.check_clock();
        self.check_between(before);
    }

    /// Every document is there when what it proves is, once each, and none besides.
    fn check_documents(&self) {
        let case = &self.case;
        let issued = |kind: DocumentKind| self.documents.iter().filter(|k| **k == kind).count();
        let one = usize::from;
        let accepted = case.accepted_at.is_some();
        let extended = case.extension.as_ref().is_some_and(|e| e.state == ExtensionState::Approved);
        let delivered =
            case.tasks.iter().filter(|t| t.kind == StepKind::Delivery && t.state == TaskState::Done).count();
        for (kind, wanted) in [
            (DocumentKind::Receipt, self.handed_in),
            (DocumentKind::Correction, self.corrected),
            (DocumentKind::NotAccepted, one(case.state == CaseState::NotAccepted)),
            (DocumentKind::Acceptance, one(accepted)),
            (DocumentKind::TransferSlip, one(accepted)),
            (DocumentKind::Special, case.stops.len()),
            (DocumentKind::Extension, one(extended)),
            (DocumentKind::PaymentNotice, case.bills.len()),
            (DocumentKind::Grant, one(case.outcome == Some(Outcome::Granted))),
            (DocumentKind::Denial, one(case.outcome == Some(Outcome::Denied))),
            (DocumentKind::DeliveryReceipt, delivered),
        ] {
            assert_eq!(issued(kind), wanted, "{kind:?} in {case:#?}");
        }
    }

    fn check_tasks(&self, before: &Case) {
        let case = &self.case;
        let over =
            |step: &String| case.tasks.iter().find(|t| t.step == *step).is_none_or(|t| t.state.is_over());
        for task in &case.tasks {
            let phase = if is_before_decision(task.kind) { CaseState::InReview } else { CaseState::Decided };
            let ready = task.after.iter().all(over) && case.state == phase && !is_decision(task.kind);
            assert!(!(ready && task.state == TaskState::Waiting), "{} never opens", task.step);
            if let Some(old) = before.task(task.id)
                && old.state == TaskState::Done
            {
                assert_eq!(task, old, "a conclusion changed");
            }
        }
        assert!(before.tasks.iter().all(|t| case.task(t.id).is_some()), "a task was lost");
        let concluded =
            case.tasks.iter().filter(|t| is_decision(t.kind) && t.state == TaskState::Done).count();
        assert_eq!(concluded, usize::from(case.outcome.is_some()));
        if case.outcome == Some(Outcome::Granted) {
            assert!(!case.has_failed_review(), "granted against a review");
        }
    }

    fn check_money(&self) {
        let case = &self.case;
        let kept = case.bills.iter().any(|b| b.state == BillState::Paid);
        let ended_without = case.state.is_final() && case.outcome != Some(Outcome::Granted);
        assert!(
            !(kept && (ended_without || case.outcome == Some(Outcome::Denied))),
            "money kept for nothing"
        );
        let unpaid = |b: &Bill| b.state == BillState::Due;
        if case.outcome == Some(Outcome::Granted) {
            assert!(!case.bills.iter().any(unpaid), "granted before it was paid");
        }
    }

    fn check_times(&self) {
        let case = &self.case;
        for (earlier, later) in [
            (case.submitted_at, case.received_at),
            (case.received_at, case.accepted_at),
            (case.accepted_at, case.decided_at),
            (case.decided_at, case.closed_at),
            (case.accepted_at, case.promised_due),
            (case.promised_due, case.statutory_due),
        ] {
            if let (Some(earlier), Some(later)) = (earlier, later) {
                assert!(earlier <= later, "the clock ran backwards: {earlier:?} {later:?}");
            }
        }
        for task in &case.tasks {
            if let (Some(opened), Some(done)) = (task.opened_at, task.done_at) {
                assert!(opened <= done);
            }
        }
        for stop in &case.stops {
            assert!(stop.to.is_none_or(|to| stop.from <= to && Some(to) <= stop.planned_to), "{stop:?}");
        }
        assert_eq!(case.stopped_since.is_some(), case.stops.iter().any(|s| s.to.is_none()));
    }

    /// A promise is never taken back to an earlier day, not even across a stop, and time that was used stays used, unless
    /// the law lets the limit begin anew.
    fn check_clock(&mut self) {
        let case = &self.case;
        if let (Some(was), Some(is)) = (self.last_due, case.promised_due) {
            assert!(is >= was, "the promise moved from {was:?} to {is:?}: {case:#?}");
        }
        self.last_due = case.promised_due.or(self.last_due);
        let Some(accepted) = case.accepted_at.filter(|_| !case.state.is_final()) else { return };
        let (limit, now) = (Limit::WorkingMinutes(100_000), self.now.get());
        let stops = case.clock_stops();
        let used = explain(&self.calendar, &self.hours, accepted, limit, &stops, now).used;
        let Limit::WorkingMinutes(used) = used else { panic!("minutes are counted in minutes: {used:?}") };
        let used = i64::from(used);
        let anew = self.service.specials[0].resets && !case.stops.is_empty();
        assert!(used >= self.last_used || anew, "{used} minutes used, {} before: {case:#?}", self.last_used);
        self.last_used = used;
    }

    /// Everybody does the plain next thing until the case has ended.
    fn finish(&mut self) {
        for _ in 0..200 {
            if self.case.state.is_final() {
                return;
            }
            self.now.set(self.now.get().plus_millis(60_000));
            let command = self.plain_next();
            assert!(self.run(LEAD, &command), "{command:?} refused: {:#?}", self.decide(LEAD, &command));
        }
        panic!("the case does not end: {:#?}", self.case);
    }

    fn plain_next(&self) -> Command {
        let case = &self.case;
        match case.state {
            CaseState::Draft => return Command::Submit,
            CaseState::Submitted => return Command::Accept,
            CaseState::Correcting if case.correction_due.is_some_and(|due| self.now.get() > due) => {
                return Command::Tick;
            }
            CaseState::Correcting => return Command::Supplement,
            _ => {}
        }
        if let Some(stop) = case.open_stop() {
            return Command::EndSpecial { stop: stop.id, outcome: "已听证".into() };
        }
        let task = case.tasks.iter().find(|t| t.state.is_live()).expect("a live task");
        match (task.kind, task.state) {
            (StepKind::Payment, _) => {
                let bill = case.bills.iter().find(|b| b.task_id == task.id).expect("its bill");
                Command::Pay { bill: bill.id, receipt: "r".into() }
            }
            (_, TaskState::Returned) => Command::AnswerReturn { task: task.id, note: "已补充".into() },
            (_, TaskState::Claimed) if task.assignee != Some(LEAD.account) => {
                Command::Release { task: task.id, why: Some(TakeBack::Absent) }
            }
            (kind, _) if is_decision(kind) && case.has_failed_review() => {
                Command::Decide { task: task.id, finding: Finding::Fail, opinion: DENIED.into() }
            }
            _ => Command::Decide { task: task.id, finding: Finding::Pass, opinion: "符合条件".into() },
        }
    }
}

/// A command made by chance, aimed at one of the case's tasks; `n` chooses.
fn command(case: &Case, what: u8, n: usize) -> Command {
    let task = case.tasks.get(n % case.tasks.len().max(1)).map_or(0, |t| t.id);
    let bill = case.bills.get(n % case.bills.len().max(1)).map_or(0, |b| b.id);
    let stop = case.stops.get(n % case.stops.len().max(1)).map_or(0, |s| s.id);
    let item =
        |target: &str| CorrectionItem { target: target.into(), name: target.into(), reason: "模糊".into() };
    match what % 22 {
        0 => Command::Submit,
        1 => Command::Accept,
        2 => Command::NotAccept {
            reason: ["申请事项不属于本机关职权范围", " ", "不受理"][n % 3].into()
        },
        3 => Command::Correct { items: vec![item("material:a")] },
        4 => Command::Correct { items: vec![item("material:a"), item("material:b")] },
        5 => Command::Supplement,
        6 => Command::Claim { task },
        7 => Command::Release { task, why: n.is_multiple_of(2).then_some(TakeBack::Load) },
        8 => Command::HandOver { task, to: 3, to_name: "丙".into() },
        9..=11 => Command::Decide { task, finding: Finding::Pass, opinion: "同意".into() },
        12 => Command::Decide {
            task, finding: Finding::Fail, opinion: ["不符合条件", DENIED][n % 2].into()
        },
        13 => Command::ReturnToWindow { task, note: "请补充".into() },
        14 => Command::AnswerReturn { task, note: "已补充".into() },
        15 => Command::StartSpecial { task, special: "hearing".into(), reason: "重大利益关系".into() },
        16 => Command::EndSpecial { stop, outcome: "听证完毕".into() },
        17 => Command::AskExtension { reason: "案情复杂".into() },
        18 => Command::AnswerExtension { approve: n.is_multiple_of(2) },
        19 => Command::Pay { bill, receipt: "r".into() },
        20 if n.is_multiple_of(5) => Command::Withdraw { reason: "不办了".into() },
        20 if n % 5 == 1 => Command::Void { reason: ["重复申请", DENIED][n % 2].into() },
        20 => Command::Refunded { bill },
        _ => Command::Tick,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_history_leads_to_an_illegal_state_and_every_case_can_end(
        shape in shape(),
        acts in prop::collection::vec((any::<u8>(), any::<usize>(), 0..5_i64, 0_i64..3_000), 0..60),
    ) {
        let mut world = World::new(&shape);
        world.run(LEAD, &Command::Submit);
        for (what, n, who, minutes) in acts {
            world.now.set(world.now.get().plus_millis(minutes * 60_000));
            let by = By { account: who, name: "某", heads: who == 1 };
            let command = command(&world.case, what, n);
            world.run(by, &command);
        }
        world.finish();
    }
}
