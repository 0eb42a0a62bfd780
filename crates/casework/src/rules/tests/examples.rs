//! What a case does in plain words: one rule, one example.

use super::*;

fn plain() -> Shape {
    Shape {
        reviews: vec![(0, 0), (0, 1)],
        payment: Some((3, 8000)),
        registration: false,
        issue: true,
        deliveries: 1,
        electronic: false,
        extension: true,
        resets: false,
    }
}

fn accepted() -> World {
    let mut world = World::new(&plain());
    assert!(world.run(LEAD, &Command::Submit));
    assert!(world.run(LEAD, &Command::Accept));
    world
}

fn id_of(world: &World, step: &str) -> i64 {
    world.case.tasks.iter().find(|t| t.step == step).unwrap().id
}

fn decide_by(world: &mut World, account: i64, step: &str, finding: Finding) -> bool {
    let command = Command::Decide { task: id_of(world, step), finding, opinion: DENIED.into() };
    world.run(By { account, name: "某", heads: false }, &command)
}

#[test]
fn departments_work_at_the_same_time_and_payment_waits_for_them() {
    let mut world = accepted();
    let state = |w: &World, step: &str| w.case.task(id_of(w, step)).unwrap().state;
    assert_eq!(state(&world, "r0"), TaskState::Open);
    assert_eq!(state(&world, "r1"), TaskState::Open);
    assert_eq!(state(&world, "pay"), TaskState::Waiting);
    assert!(decide_by(&mut world, 5, "r1", Finding::Pass));
    assert_eq!(state(&world, "pay"), TaskState::Waiting);
    assert!(decide_by(&mut world, 6, "r0", Finding::Pass));
    assert_eq!(state(&world, "pay"), TaskState::Open);
    assert_eq!(state(&world, "decide"), TaskState::Waiting);
}

#[test]
fn two_people_never_both_decide_one_task() {
    let mut world = accepted();
    assert!(decide_by(&mut world, 5, "r0", Finding::Pass));
    let again =
        Command::Decide { task: id_of(&world, "r0"), finding: Finding::Fail, opinion: "意见".into() };
    let refused = world.decide(By { account: 6, name: "某", heads: false }, &again).unwrap_err();
    assert!(matches!(refused, Refusal::DoneBy(_)), "{refused}");
}

#[test]
fn a_claimed_task_belongs_to_the_one_who_claimed_it() {
    let mut world = accepted();
    let task = id_of(&world, "r0");
    assert!(world.run(By { account: 5, name: "王", heads: false }, &Command::Claim { task }));
    let other = By { account: 6, name: "李", heads: false };
    assert_eq!(world.decide(other, &Command::Claim { task }), Err(Refusal::TakenBy("王".into())));
    let decide = Command::Decide { task, finding: Finding::Pass, opinion: String::new() };
    assert_eq!(world.decide(other, &decide), Err(Refusal::TakenBy("王".into())));
}

#[test]
fn a_failed_review_asks_nobody_to_pay_and_allows_only_denial() {
    let mut world = accepted();
    assert!(decide_by(&mut world, 5, "r0", Finding::Fail));
    assert!(decide_by(&mut world, 6, "r1", Finding::Pass));
    assert!(world.case.bills.is_empty());
    let grant =
        Command::Decide { task: id_of(&world, "decide"), finding: Finding::Pass, opinion: "同意".into() };
    assert_eq!(world.decide(LEAD, &grant), Err(Refusal::ReviewFailed));
    assert!(decide_by(&mut world, 1, "decide", Finding::Fail));
    assert_eq!(world.case.outcome, Some(Outcome::Denied));
}

#[test]
fn nobody_answers_within_five_working_days_and_it_is_deemed_accepted_from_the_day_it_was_received() {
    let mut world = World::new(&plain());
    world.run(LEAD, &Command::Submit);
    let received = world.case.received_at;
    world.now.set(world.case.precheck_due.unwrap());
    assert!(world.run(LEAD, &Command::Tick));
    assert_eq!(world.case.state, CaseState::Submitted, "the last minute still counts");
    world.now.set(world.now.get().plus_millis(1));
    let late = Command::Correct {
        items: vec![CorrectionItem { target: "material:a".into(), name: "a".into(), reason: "缺".into() }],
    };
    assert_eq!(world.decide(LEAD, &late), Err(Refusal::DeemedAccepted));
    assert!(world.run(LEAD, &Command::Tick));
    assert_eq!(world.case.state, CaseState::InReview);
    assert_eq!(world.case.accepted_at, received);
    assert!(world.case.deemed);
}

#[test]
fn a_correction_that_never_comes_lets_the_case_lapse() {
    let mut world = World::new(&plain());
    world.run(LEAD, &Command::Submit);
    let item = CorrectionItem { target: "material:a".into(), name: "a".into(), reason: "缺".into() };
    assert!(world.run(LEAD, &Command::Correct { items: vec![item.clone()] }));
    world.now.set(world.case.correction_due.unwrap().plus_millis(1));
    assert!(world.run(LEAD, &Command::Tick));
    assert_eq!(world.case.state, CaseState::Lapsed);
}

#[test]
fn a_second_notice_may_only_repeat_the_first() {
    let mut world = World::new(&plain());
    let item =
        |id: &str| CorrectionItem { target: format!("material:{id}"), name: id.into(), reason: "缺".into() };
    world.run(LEAD, &Command::Submit);
    world.run(LEAD, &Command::Correct { items: vec![item("a"), item("b")] });
    world.run(LEAD, &Command::Supplement);
    let more = Command::Correct { items: vec![item("a"), item("c")] };
    assert_eq!(world.decide(LEAD, &more), Err(Refusal::CorrectionOnce("c".into())));
    assert!(world.run(LEAD, &Command::Correct { items: vec![item("b")] }));
}

#[test]
fn a_special_procedure_stops_the_clock_and_gives_the_time_back() {
    let mut world = accepted();
    let due = world.case.promised_due.unwrap();
    let task = id_of(&world, "r0");
    let start = Command::StartSpecial { task, special: "hearing".into(), reason: "重大利益".into() };
    assert!(world.run(LEAD, &start));
    assert_eq!(world.case.promised_due, None, "stopped: no due time");
    world.now.set(world.now.get().plus_millis(7 * 86_400_000));
    let stop = world.case.open_stop().unwrap().id;
    assert!(world.run(LEAD, &Command::EndSpecial { stop, outcome: "已听证".into() }));
    assert!(world.case.promised_due.unwrap() > due);
    assert_eq!(world.case.stopped_since, None);
}

#[test]
fn an_extension_needs_a_second_person_at_the_head_and_comes_once() {
    let mut world = accepted();
    let due = world.case.promised_due.unwrap();
    assert!(world.run(LEAD, &Command::AskExtension { reason: "复杂".into() }));
    let approve = Command::AnswerExtension { approve: true };
    assert_eq!(world.decide(LEAD, &approve), Err(Refusal::OwnExtension));
    let other = By { account: 2, name: "二", heads: false };
    assert_eq!(world.decide(other, &approve), Err(Refusal::HeadsOnly("批准延期")));
    assert!(world.run(By { heads: true, ..other }, &approve));
    assert!(world.case.promised_due.unwrap() > due);
    let again = Command::AskExtension { reason: "还要".into() };
    assert_eq!(world.decide(LEAD, &again), Err(Refusal::ExtensionOnce(ExtensionState::Approved)));
}

#[test]
fn what_was_paid_comes_back_when_the_case_is_denied() {
    let mut world = accepted();
    assert!(decide_by(&mut world, 5, "r0", Finding::Pass));
    assert!(decide_by(&mut world, 6, "r1", Finding::Pass));
    let bill = world.case.bills[0].id;
    assert!(world.run(LEAD, &Command::Pay { bill, receipt: "r".into() }));
    assert!(world.run(LEAD, &Command::Pay { bill, receipt: "again".into() }), "told twice is one payment");
    assert_eq!(world.case.bills[0].receipt, "r");
    assert!(decide_by(&mut world, 1, "decide", Finding::Fail));
    assert_eq!(world.case.bills[0].state, BillState::Refunding);
}

#[test]
fn a_window_that_is_late_accepts_what_the_law_has_accepted_already() {
    let mut world = World::new(&plain());
    world.run(LEAD, &Command::Submit);
    let (received, due) = (world.case.received_at, world.case.precheck_due.unwrap());
    world.now.set(due.plus_millis(86_400_000));
    assert!(world.run(LEAD, &Command::Accept), "the timer has not come by yet");
    assert!(world.case.deemed);
    assert_eq!(world.case.accepted_at, received);
}

#[test]
fn a_supplement_after_its_time_is_refused_whether_the_timer_came_by_or_not() {
    let mut world = World::new(&plain());
    world.run(LEAD, &Command::Submit);
    let item = CorrectionItem { target: "material:a".into(), name: "a".into(), reason: "缺".into() };
    world.run(LEAD, &Command::Correct { items: vec![item] });
    let due = world.case.correction_due.unwrap();
    world.now.set(due.plus_millis(1));
    assert_eq!(world.decide(LEAD, &Command::Supplement), Err(Refusal::CorrectionOver(due)));
    world.now.set(due);
    assert!(world.run(LEAD, &Command::Supplement), "the last minute still counts");
}

#[test]
fn a_limit_that_has_run_out_is_not_extended() {
    let mut world = accepted();
    let due = world.case.statutory_due.unwrap();
    assert!(world.run(LEAD, &Command::AskExtension { reason: "复杂".into() }));
    world.now.set(due.plus_millis(1));
    let approve = Command::AnswerExtension { approve: true };
    let other = By { account: 2, name: "二", heads: true };
    assert_eq!(world.decide(other, &approve), Err(Refusal::TooLateToExtend));
    assert!(world.run(other, &Command::AnswerExtension { approve: false }), "it can still be refused");

    let world = accepted();
    world.now.set(due.plus_millis(1));
    let late = Command::AskExtension { reason: "还是复杂".into() };
    assert_eq!(world.decide(LEAD, &late), Err(Refusal::TooLateToExtend));
}

#[test]
fn a_refused_extension_is_not_asked_for_again() {
    let mut world = accepted();
    let due = world.case.promised_due;
    assert!(world.run(LEAD, &Command::AskExtension { reason: "复杂".into() }));
    let other = By { account: 2, name: "二", heads: true };
    assert!(world.run(other, &Command::AnswerExtension { approve: false }));
    let again = Command::AskExtension { reason: "新的理由".into() };
    let refused = world.decide(LEAD, &again).unwrap_err();
    assert_eq!(refused, Refusal::ExtensionOnce(ExtensionState::Refused));
    assert!(refused.to_string().contains("请在期限内作出决定"), "{refused}");
    let approve = Command::AnswerExtension { approve: true };
    assert_eq!(world.decide(other, &approve), Err(Refusal::NoExtensionAsked), "nor answered twice");
    assert_eq!(world.case.promised_due, due);
}

#[test]
fn what_ends_against_the_applicant_states_its_reason() {
    let short = |what| Err(Refusal::TooShort { what, has: 2 });
    let mut world = World::new(&plain());
    world.run(LEAD, &Command::Submit);
    let not_accept = Command::NotAccept { reason: "不予，，，，，，，，，，".into() };
    assert_eq!(world.decide(LEAD, &not_accept), short("不予受理的理由和依据"));
    let void = Command::Void { reason: " 重复 ".into() };
    assert_eq!(world.decide(LEAD, &void), short("作废的理由和依据"));
    let mut world = accepted();
    assert!(decide_by(&mut world, 5, "r0", Finding::Pass));
    assert!(decide_by(&mut world, 6, "r1", Finding::Pass));
    let bill = world.case.bills[0].id;
    assert!(world.run(LEAD, &Command::Pay { bill, receipt: "r".into() }));
    let task = id_of(&world, "decide");
    let deny = Command::Decide { task, finding: Finding::Fail, opinion: "不行".into() };
    assert_eq!(world.decide(LEAD, &deny), short("不予的理由和依据"));
}

#[test]
fn a_special_procedure_ends_with_its_own_limit_however_late_anybody_looks() {
    let mut world = accepted();
    let task = id_of(&world, "r0");
    world.run(LEAD, &Command::StartSpecial { task, special: "hearing".into(), reason: "重大利益".into() });
    let planned = world.case.open_stop().unwrap().planned_to.unwrap();
    // The server was away for a week.
    world.now.set(planned.plus_millis(7 * 86_400_000));
    assert!(world.run(LEAD, &Command::Tick));
    assert_eq!(world.case.stops[0].to, Some(planned));
    let late = world.case.promised_due.unwrap();

    let mut punctual = accepted();
    let task = id_of(&punctual, "r0");
    punctual.run(LEAD, &Command::StartSpecial { task, special: "hearing".into(), reason: "重大利益".into() });
    punctual.now.set(planned.plus_millis(1));
    punctual.run(LEAD, &Command::Tick);
    assert_eq!(punctual.case.promised_due, Some(late), "the same clock, whoever looked when");
}

#[test]
fn an_end_before_the_decision_keeps_its_reason() {
    let mut world = accepted();
    assert!(world.run(LEAD, &Command::Withdraw { reason: " 不想办了 ".into() }));
    assert_eq!(world.case.ended_because, "不想办了");
    let mut world = accepted();
    assert!(world.run(LEAD, &Command::Void { reason: "与先前提交的申请重复".into() }));
    assert_eq!(world.case.ended_because, "与先前提交的申请重复");
}
