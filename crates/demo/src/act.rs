//! What happens: one event, one or a few commands, and what it leads to.

use std::collections::HashSet;
use std::sync::Arc;

use rand::RngExt;
use yimen_casework::model::{
    BillState, Case, CaseState, CorrectionItem, Finding, Owner, Task, TaskState, is_decision,
};
use yimen_casework::{DecideTask, StartDraft};
use yimen_catalogue::model::{Source, StepKind};
use yimen_catalogue::{Fact, Facts, Version, limits};
use yimen_platform::{Actor, Role, Staff};
use yimen_standards::time::Instant;
use yimen_store::Tx;

use crate::answers;
use crate::life::{CityError, Sim};

/// The first and the last day of a public notice, as packs name them.
const NOTICE_FROM: &str = "notice_first_day";
const NOTICE_UNTIL: &str = "notice_last_day";

/// One application on its way.
pub(crate) struct Life {
    pub id: i64,
    who: usize,
    version: Arc<Version>,
    facts: Facts,
    aim: Option<Aim>,
    /// Tasks and bills somebody already has in mind.
    in_hand: HashSet<i64>,
}

/// Where a case of the first resident is to stand when the city is shown, so that a visitor finds one of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Aim {
    Pay,
    Correct,
    Review,
    Done,
}

impl Aim {
    pub const ALL: [Aim; 4] = [Aim::Pay, Aim::Correct, Aim::Review, Aim::Done];

    /// Working days before the city is shown.
    pub fn days(self) -> i64 {
        match self {
            Aim::Review => 1,
            Aim::Pay | Aim::Correct => 2,
            Aim::Done => 12,
        }
    }

    /// What is applied for: of long enough a limit that nothing is late.
    fn service(self) -> &'static str {
        match self {
            Aim::Pay => "id-card-replacement",
            Aim::Correct => "residence-permit",
            Aim::Review => "inheritance-transfer",
            Aim::Done => "existing-home-transfer",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Event {
    Begin { who: usize, aim: Option<Aim> },
    Submit { life: usize },
    PreCheck { life: usize },
    Supplement { life: usize },
    Tick { life: usize },
    Work { life: usize, task: i64 },
    Answer { life: usize, task: i64 },
    EndSpecial { life: usize, task: i64, stop: i64 },
    AnswerExtension { life: usize },
    Pay { life: usize, bill: i64 },
    Refund { life: usize, bill: i64 },
}

pub(crate) fn act(tx: &mut Tx<'_>, sim: &mut Sim, at: Instant, event: Event) -> Result<(), CityError> {
    sim.commands += 1;
    match event {
        Event::Begin { who, aim } => begin(tx, sim, at, who, aim),
        Event::Submit { life } => {
            let ctx = sim.ctx(at, resident(sim, life));
            let case = sim.city.casework.submit(tx, &ctx, sim.lives[life].id)?;
            follow(sim, at, life, &case);
            Ok(())
        }
        Event::PreCheck { life } => pre_check(tx, sim, at, life),
        Event::Supplement { life } => supplement(tx, sim, at, life),
        Event::Tick { life } => {
            let ctx = sim.ctx(at, Actor::System("时限"));
            let case = sim.city.casework.tick(tx, &ctx, sim.lives[life].id)?;
            follow(sim, at, life, &case);
            Ok(())
        }
        Event::Work { life, task } => work(tx, sim, at, life, task),
        Event::Answer { life, task } => {
            let id = sim.lives[life].id;
            let case = case_of(tx, sim, at, id)?;
            let Some(clerk) = clerk(sim, &case.office) else { return Ok(()) };
            let ctx = sim.ctx(at, clerk);
            sim.lives[life].in_hand.remove(&task);
            let case = sim.city.casework.answer_return(tx, &ctx, task, "已电话核实并补充说明，材料无误。")?;
            follow(sim, at, life, &case);
            Ok(())
        }
        Event::EndSpecial { life, task, stop } => end_special(tx, sim, at, life, task, stop),
        Event::AnswerExtension { life } => answer_extension(tx, sim, at, life),
        Event::Pay { life, bill } => {
            let ctx = sim.ctx(at, Actor::System("支付网关"));
            let case = sim.city.casework.pay(tx, &ctx, bill, &format!("DEMO{bill}"))?;
            follow(sim, at, life, &case);
            Ok(())
        }
        Event::Refund { life, bill } => {
            let ctx = sim.ctx(at, Actor::System("支付网关"));
            let case = sim.city.casework.refunded(tx, &ctx, bill)?;
            follow(sim, at, life, &case);
            Ok(())
        }
    }
}

fn resident(sim: &Sim, life: usize) -> Actor {
    let (person, party, account) = &sim.city.residents[sim.lives[life].who];
    Actor::Citizen { account: *account, party: *party, name: person.name.as_str().into() }
}

fn some_staff(sim: &mut Sim, fits: impl Fn(&Staff) -> bool) -> Option<Arc<Staff>> {
    let fitting: Vec<Arc<Staff>> = sim.city.staff.iter().filter(|s| fits(s)).cloned().collect();
    match fitting.len() {
        0 => None,
        n => Some(fitting[sim.rng.random_range(0..n)].clone()),
    }
}

fn clerk(sim: &mut Sim, office: &str) -> Option<Actor> {
    some_staff(sim, |s| s.roles.has(Role::Clerk) && s.office == office).map(Actor::Staff)
}

fn case_of(tx: &mut Tx<'_>, sim: &Sim, at: Instant, id: i64) -> Result<Case, CityError> {
    let ctx = sim.ctx(at, Actor::System("演示城市"));
    Ok(sim.city.casework.fetch(tx, &ctx, id, yimen_casework::policy::Act::See)?.case)
}

/// A draft with answers and papers, on the phone or at a counter.
// tidy: long, because who applies, for what, where and with which papers hang together by one chance
fn begin(tx: &mut Tx<'_>, sim: &mut Sim, at: Instant, who: usize, aim: Option<Aim>) -> Result<(), CityError> {
    let catalogue = sim.city.casework.catalogue.get();
    let services: Vec<Arc<Version>> = catalogue.services().cloned().collect();
    let of = |id: &str| services.iter().find(|v| v.service.id == id).cloned();
    // Home transfers are what the city is known for: every fourth case is one.
    let home = of("existing-home-transfer");
    let version = match (aim, home) {
        (Some(aim), _) => match of(aim.service()) {
            Some(version) => version,
            // Another pack.
            None => return Ok(()),
        },
        (None, Some(home)) if sim.rng.random_bool(0.25) => home,
        _ => services[sim.rng.random_range(0..services.len())].clone(),
    };
    let (me, party, account) = sim.city.residents[who].clone();
    let (people, first) = (&sim.city.residents, sim.rng.random_range(0..sim.city.residents.len()));
    // Neighbours of each other and none of them the applicant, where there are people enough.
    let other = |n: usize| &people[(who + 1 + (first + n) % (people.len() - 1).max(1)) % people.len()].0;
    let others = [other(0), other(1), other(2)];
    let Some(facts) = answers::fill(&mut sim.rng, &version, &me, others, at.day()) else {
        return Ok(());
    };
    let offices = &catalogue.city().offices;
    let office = offices[sim.rng.random_range(0..offices.len())].id.clone();
    // Whoever stands before closed doors applies online.
    let is_open = sim.working(at, 1) <= at.plus_millis(60_000);
    let walk_in = match aim.is_none() && is_open && sim.rng.random_bool(0.6) {
        true => clerk(sim, &office),
        false => None,
    };
    let (channel, actor) = match walk_in {
        Some(clerk) => (yimen_casework::model::Channel::Window, clerk),
        None => {
            let actor = Actor::Citizen { account, party, name: me.name.as_str().into() };
            (yimen_casework::model::Channel::Online, actor)
        }
    };
    let ctx = sim.ctx(at, actor);
    let casework = sim.city.casework.clone();
    let nonce = format!("demo-{}", sim.lives.len());
    let new = StartDraft {
        service: &version.service.id,
        applicant: party,
        applicant_name: &me.name,
        channel,
        nonce: &nonce,
        office: &office,
    };
    let (id, _) = casework.start_draft(tx, &ctx, &new)?;
    casework.answer(tx, &ctx, id, &facts, &[])?;
    sim.commands += 2;
    let life = sim.lives.len();
    let needed: Vec<(String, bool)> = version
        .materials(&facts)
        .iter()
        .filter(|m| !m.from.contains(&Source::Form))
        .map(|m| (m.id.clone(), m.from.contains(&Source::Original)))
        .collect();
    for (slot, original) in needed {
        sim.commands += 1;
        if original && matches!(ctx.actor, Actor::Staff(_)) {
            casework.see_original(tx, &ctx, id, &slot, true)?;
        } else {
            let paper = sim.papers[sim.rng.random_range(0..sim.papers.len())].clone();
            casework.add_file(tx, &ctx, id, &yimen_casework::NewFile { slot, ..paper })?;
        }
    }
    sim.lives.push(Life { id, who, version, facts, aim, in_hand: HashSet::new() });
    if matches!(ctx.actor, Actor::Staff(_)) {
        sim.commands += 1;
        let case = casework.submit(tx, &ctx, id)?;
        follow(sim, at, life, &case);
    } else if aim.is_some() || sim.rng.random_bool(0.95) {
        let soon = at.plus_millis(sim.rng.random_range(60_000..1_800_000));
        sim.at(soon, Event::Submit { life });
    }
    Ok(())
}

fn pre_check(tx: &mut Tx<'_>, sim: &mut Sim, at: Instant, life: usize) -> Result<(), CityError> {
    let case = case_of(tx, sim, at, sim.lives[life].id)?;
    let Some(clerk) = clerk(sim, &case.office) else { return Ok(()) };
    if case.state != CaseState::Submitted || case.precheck_due.is_some_and(|due| at > due) {
        return Ok(());
    }
    let ctx = sim.ctx(at, clerk);
    let casework = sim.city.casework.clone();
    let wanted: Vec<CorrectionItem> = sim.lives[life]
        .version
        .materials(&sim.lives[life].facts)
        .iter()
        .filter(|m| !m.from.contains(&Source::Form))
        .map(|m| CorrectionItem {
            target: format!("material:{}", m.id),
            name: m.name.clone(),
            reason: m.faults.first().cloned().unwrap_or_else(|| "扫描件不清晰，看不清关键内容".into()),
        })
        .collect();
    let chance: f64 = sim.rng.random();
    let first_time = case.correction.is_none();
    let chance = match sim.lives[life].aim {
        Some(Aim::Correct) => 0.0,
        Some(_) => 1.0,
        None => chance,
    };
    let case = if first_time && chance < 0.13 && !wanted.is_empty() {
        let item = wanted[sim.rng.random_range(0..wanted.len())].clone();
        casework.correct(tx, &ctx, case.id, &[item])?
    } else if first_time && chance < 0.15 {
        casework.not_accept(tx, &ctx, case.id, "申请事项不属于本行政机关职权范围，请向户籍所在地办理。")?
    } else {
        casework.accept(tx, &ctx, case.id, &[])?
    };
    follow(sim, at, life, &case);
    Ok(())
}

fn supplement(tx: &mut Tx<'_>, sim: &mut Sim, at: Instant, life: usize) -> Result<(), CityError> {
    let casework = sim.city.casework.clone();
    let id = sim.lives[life].id;
    let case = case_of(tx, sim, at, id)?;
    let at_counter = case.channel == yimen_casework::model::Channel::Window;
    let actor = match at_counter {
        true => clerk(sim, &case.office),
        false => Some(resident(sim, life)),
    };
    let Some(actor) = actor else { return Ok(()) };
    let ctx = sim.ctx(at, actor);
    for item in case.correction.iter().flat_map(|c| &c.items) {
        if let Some(slot) = item.target.strip_prefix("material:") {
            let paper = sim.papers[sim.rng.random_range(0..sim.papers.len())].clone();
            casework.add_file(tx, &ctx, id, &yimen_casework::NewFile { slot: slot.into(), ..paper })?;
            sim.commands += 1;
        }
    }
    let case = casework.supplement(tx, &ctx, id)?;
    follow(sim, at, life, &case);
    Ok(())
}

fn work(tx: &mut Tx<'_>, sim: &mut Sim, at: Instant, life: usize, id: i64) -> Result<(), CityError> {
    sim.lives[life].in_hand.remove(&id);
    let case = case_of(tx, sim, at, sim.lives[life].id)?;
    let Some(task) = case.task(id).filter(|t| t.state.is_live()).cloned() else { return Ok(()) };
    let Some(officer) = officer(sim, &task) else { return Ok(()) };
    let ctx = sim.ctx(at, officer);
    let casework = sim.city.casework.clone();
    let version = sim.lives[life].version.clone();
    let specials = version.step(&task.step).map(|s| s.specials.clone()).unwrap_or_default();
    let fresh = task.state == TaskState::Open && task.note.is_empty();
    let was_stopped = case.stops.iter().any(|s| s.task_id == id);
    // A public notice is posted whatever else happens.
    let posts = is_notice(sim, life, &task.step);
    let aim = sim.lives[life].aim;
    let chance: f64 = if aim.is_some() { 1.0 } else { sim.rng.random() };
    if aim == Some(Aim::Review) {
        casework.claim(tx, &ctx, id)?;
        return Ok(());
    }
    let case = if fresh && !posts && chance < 0.10 {
        casework.claim(tx, &ctx, id)?
    } else if fresh && (posts || chance < 0.13) && !specials.is_empty() && !was_stopped {
        let reason = if posts { "按规定公示。" } else { "情况复杂，需要进一步核实。" };
        casework.start_special(tx, &ctx, id, &specials[0], reason)?
    } else if fresh && chance < 0.15 && !is_decision(task.kind) && task.kind == StepKind::Review {
        casework.return_to_window(tx, &ctx, id, "请与申请人核对所填内容与证件是否一致。")?
    } else if case.stopped_since.is_some() {
        // Somebody's special procedure is running; the task is looked at again later.
        let later = sim.working(at, 480);
        sim.lives[life].in_hand.insert(id);
        sim.at(later, Event::Work { life, task: id });
        return Ok(());
    } else {
        conclude(tx, sim, &ctx, life, &case, &task)?
    };
    if aim.is_none()
        && case.extension.is_none()
        && version.service.limits.extension.is_some()
        && sim.rng.random_bool(0.015)
    {
        ask_extension(tx, sim, &ctx, life, &case)?;
    }
    follow(sim, at, life, &case);
    Ok(())
}

fn officer(sim: &mut Sim, task: &Task) -> Option<Actor> {
    if let (TaskState::Claimed, Some(assignee)) = (task.state, task.assignee) {
        return some_staff(sim, |s| s.account == assignee).map(Actor::Staff);
    }
    match &task.owner {
        Owner::Department(id) => some_staff(sim, |s| s.roles.has(Role::Reviewer) && s.department == *id),
        Owner::Office(id) => some_staff(sim, |s| s.roles.has(Role::Clerk) && s.office == *id),
        Owner::Applicant => None,
    }
    .map(Actor::Staff)
}

fn conclude(
    tx: &mut Tx<'_>,
    sim: &mut Sim,
    ctx: &yimen_platform::Ctx,
    life: usize,
    case: &Case,
    task: &Task,
) -> Result<Case, CityError> {
    let against = match task.kind {
        _ if sim.lives[life].aim.is_some() => false,
        kind if is_decision(kind) => case.has_failed_review() || sim.rng.random_bool(0.01),
        StepKind::Review => sim.rng.random_bool(0.025),
        _ => false,
    };
    let (finding, opinion) = match against {
        true => (Finding::Fail, "申请条件不符合规定，具体见所附说明。"),
        false => (Finding::Pass, "材料齐全，符合规定条件。"),
    };
    let version = sim.lives[life].version.clone();
    let person = sim.city.residents[sim.lives[life].who].0.clone();
    let facts = sim.lives[life].facts.clone();
    let mut records = match against {
        true => Facts::new(),
        false => answers::records(&mut sim.rng, &version, &task.step, &facts, &person, ctx.now.day()),
    };
    // A notice hung out for as long as the clock stood still for it.
    if let Some((from, to)) =
        case.stops.iter().filter(|s| s.task_id == task.id).find_map(|s| Some((s.from, s.to?)))
    {
        for (id, at) in [(NOTICE_FROM, from), (NOTICE_UNTIL, to)] {
            records.entry(id.into()).and_modify(|day| *day = Fact::Text(at.day().to_string()));
        }
    }
    sim.lives[life].facts.extend(records.clone());
    let decision = DecideTask { task: task.id, finding, opinion: opinion.into(), records };
    Ok(sim.city.casework.decide_task(tx, ctx, &decision)?)
}

fn end_special(
    tx: &mut Tx<'_>,
    sim: &mut Sim,
    at: Instant,
    life: usize,
    task: i64,
    stop: i64,
) -> Result<(), CityError> {
    let case = case_of(tx, sim, at, sim.lives[life].id)?;
    let open = case.stops.iter().any(|s| s.id == stop && s.to.is_none());
    let Some(task) = case.task(task).filter(|_| open).cloned() else { return Ok(()) };
    let Some(officer) = officer(sim, &task) else { return Ok(()) };
    let ctx = sim.ctx(at, officer);
    let case = sim.city.casework.end_special(tx, &ctx, task.id, stop, "核实完毕，情况属实。")?;
    follow(sim, at, life, &case);
    Ok(())
}

fn ask_extension(
    tx: &mut Tx<'_>,
    sim: &mut Sim,
    ctx: &yimen_platform::Ctx,
    life: usize,
    case: &Case,
) -> Result<(), CityError> {
    if case.state != CaseState::InReview || !case.can_be_extended_at(ctx.now) {
        return Ok(());
    }
    sim.city.casework.ask_extension(tx, ctx, case.id, "需要向外地机关核实，短期内不能回复。")?;
    let minutes = sim.rng.random_range(60..1_500);
    let later = sim.working(ctx.now, minutes);
    sim.at(later, Event::AnswerExtension { life });
    Ok(())
}

fn answer_extension(tx: &mut Tx<'_>, sim: &mut Sim, at: Instant, life: usize) -> Result<(), CityError> {
    let case = case_of(tx, sim, at, sim.lives[life].id)?;
    let head = some_staff(sim, |s| s.roles.has(Role::Supervisor) && s.department == case.lead);
    let (Some(head), CaseState::InReview) = (head, case.state) else { return Ok(()) };
    if case.extension.as_ref().is_none_or(|e| e.requested_by == head.account) {
        return Ok(());
    }
    let ctx = sim.ctx(at, Actor::Staff(head));
    let approve = sim.rng.random_bool(0.8) && case.can_be_extended_at(at);
    let case = sim.city.casework.answer_extension(tx, &ctx, case.id, approve)?;
    follow(sim, at, life, &case);
    Ok(())
}

/// What the case's new state makes people do next.
fn follow(sim: &mut Sim, at: Instant, life: usize, case: &Case) {
    let aim = sim.lives[life].aim;
    for bill in case.bills.iter().filter(|b| b.state == BillState::Refunding) {
        if sim.lives[life].in_hand.insert(bill.id) {
            let minutes = sim.rng.random_range(1..600);
            sim.at(at.plus_millis(minutes * 60_000), Event::Refund { life, bill: bill.id });
        }
    }
    match case.state {
        CaseState::Submitted => {
            let neglected = aim.is_none() && case.correction.is_none() && sim.rng.random_bool(0.015);
            let quick = aim.is_some() || case.channel == yimen_casework::model::Channel::Window;
            let minutes = if quick { sim.rng.random_range(2..15) } else { sim.rng.random_range(10..700) };
            match (neglected, case.precheck_due) {
                (true, Some(due)) => sim.at(due.plus_millis(1), Event::Tick { life }),
                _ => {
                    let when = sim.working(at, minutes);
                    sim.at(when, Event::PreCheck { life });
                }
            }
        }
        // The visitor mends it, or looks at it.
        CaseState::Correcting if aim.is_some() => {}
        CaseState::Correcting => match (sim.rng.random_bool(0.9), case.correction_due) {
            (false, Some(due)) => sim.at(due.plus_millis(1), Event::Tick { life }),
            _ => {
                let hours = sim.rng.random_range(2..150);
                sim.at(at.plus_millis(hours * 3_600_000), Event::Supplement { life });
            }
        },
        CaseState::InReview | CaseState::Decided => follow_tasks(sim, at, life, case),
        _ => {}
    }
}

fn is_notice(sim: &Sim, life: usize, step: &str) -> bool {
    sim.lives[life].version.step(step).is_some_and(|s| s.records.iter().any(|r| r.id == NOTICE_FROM))
}

fn follow_tasks(sim: &mut Sim, at: Instant, life: usize, case: &Case) {
    for stop in case.stops.iter().filter(|s| s.to.is_none()) {
        if sim.lives[life].in_hand.insert(stop.id) {
            // A notice hangs for its whole time.
            let task = case.task(stop.task_id);
            if let (Some(end), true) = (stop.planned_to, task.is_some_and(|t| is_notice(sim, life, &t.step)))
            {
                sim.at(end.plus_millis(1), Event::Tick { life });
                continue;
            }
            let minutes = sim.rng.random_range(480..3_600);
            let when = sim.working(at, minutes);
            sim.at(when, Event::EndSpecial { life, task: stop.task_id, stop: stop.id });
        }
    }
    for task in case.tasks.iter().filter(|t| t.state.is_live()) {
        if !sim.lives[life].in_hand.insert(task.id) {
            continue;
        }
        if task.state == TaskState::Returned {
            let minutes = sim.rng.random_range(20..400);
            let when = sim.working(at, minutes);
            sim.at(when, Event::Answer { life, task: task.id });
        } else if task.kind == StepKind::Payment {
            if sim.lives[life].aim == Some(Aim::Pay) {
                continue;
            }
            if let Some(bill) = case.bills.iter().find(|b| b.task_id == task.id) {
                let minutes = sim.rng.random_range(5..2_000);
                sim.at(at.plus_millis(minutes * 60_000), Event::Pay { life, bill: bill.id });
            }
        } else {
            let minutes = match sim.lives[life].aim {
                Some(_) => sim.rng.random_range(3..8),
                None => working_minutes(sim, task),
            };
            let when = sim.working(at, minutes);
            sim.at(when, Event::Work { life, task: task.id });
        }
    }
}

/// Most are done well within their limit; a few are not.
fn working_minutes(sim: &mut Sim, task: &Task) -> i64 {
    let day = u64::from(sim.city.casework.hours.minutes_per_day());
    let limit = task.within.map_or(240, |l| limits::minutes(l, day)) as f64;
    let share = match sim.rng.random_bool(0.05) {
        true => sim.rng.random_range(1.1..2.5),
        false => sim.rng.random_range(0.05..0.9),
    };
    (limit * share) as i64
}
