//! The step graph: who acts, what waits for what, and that exactly one decision stands where it must in every situation.

use std::collections::BTreeSet;

use super::Checker;
use super::situations::{describe, situations};
use crate::diagnostic::Code;
use crate::expr::Expr;
use crate::limits::minutes;
use crate::load::reference_fix;
use crate::model::{Mode, Step, StepKind};
use crate::plan::Plan;
use crate::version::{applying_steps, base_names};

pub(super) fn decides(step: &Step) -> bool {
    matches!(step.kind, StepKind::Decision | StepKind::Registration)
}

impl Checker<'_> {
    pub(super) fn steps(&mut self) {
        let before = self.found.len();
        self.who_acts();
        self.waiting();
        let is_graph_broken = self.found[before..]
            .iter()
            .any(|d| matches!(d.code, Code::UnknownStep | Code::StepCycle | Code::StepNeverStarts));
        let decisions = self.service.steps.iter().filter(|s| decides(s)).count();
        if decisions == 0 && !self.service.steps.is_empty() {
            let fix = "加一个 kind: decision（登记类用 registration）的步骤";
            self.say("/steps", Code::NoDecision, "没有作出决定的步骤", fix);
        }
        if decisions > 1 && self.service.steps.iter().filter(|s| decides(s)).all(|s| s.when.is_none()) {
            let second = self.service.steps.iter().rposition(decides).unwrap_or(0);
            let message = "有多个无条件的决定步骤";
            self.say(
                &format!("/steps/{second}/kind"),
                Code::ManyDecisions,
                message,
                "只留一个，或用互斥的 when 分开",
            );
            return;
        }
        if decisions > 0 && !is_graph_broken {
            self.in_every_situation();
        }
    }

    fn who_acts(&mut self) {
        for (i, step) in self.service.steps.iter().enumerate() {
            let place = |key: &str| format!("/steps/{i}/{key}");
            match step.by.as_str() {
                "applicant" if step.kind != StepKind::Payment => {
                    let message = format!("步骤“{}”不能由申请人办理", step.name);
                    self.say(
                        &place("by"),
                        Code::StepBy,
                        message,
                        "只有缴费由申请人办理；改为部门 id 或 window",
                    );
                }
                "applicant" => {}
                _ if step.kind == StepKind::Payment => {
                    let message = format!("缴费步骤“{}”应由申请人办理", step.name);
                    self.say(
                        &place("by"),
                        Code::StepBy,
                        message,
                        "写 by: applicant；收款部门写在收费的 payee",
                    );
                }
                // What is decided in one session is decided where it is taken in.
                "window" if decides(step) && self.service.mode != Mode::Instant => {
                    self.decision_by(i, "窗口")
                }
                "window" => {}
                department => {
                    self.department(&place("by"), department);
                    if decides(step) && department != self.service.lead {
                        self.decision_by(i, department);
                    }
                }
            }
            let unused = [
                ("fees", !step.fees.is_empty() && step.kind != StepKind::Payment),
                ("records", !step.records.is_empty() && step.kind == StepKind::Payment),
                ("checks", !step.checks.is_empty() && step.kind == StepKind::Payment),
                ("specials", !(step.specials.is_empty() || decides(step) || step.kind == StepKind::Review)),
            ];
            for (key, is_unused) in unused {
                if is_unused {
                    let message = format!("步骤“{}”的种类不使用 `{key}`", step.name);
                    let fix =
                        "fees 只用于缴费步骤，records、checks 不用于缴费步骤，specials 只用于审查和决定";
                    self.say(&place(key), Code::StepKeyNotUsed, message, fix);
                }
            }
        }
    }

    fn decision_by(&mut self, i: usize, who: &str) {
        // A lead that is nobody has a finding of its own, and is no advice.
        if self.city.is_some() && !self.departments().iter().any(|d| d.id == self.service.lead) {
            return;
        }
        let message = format!("决定由“{who}”作出，主管部门是“{}”", self.service.lead);
        let fix = format!("写 by: {}；别的部门先用 review 步骤提出意见", self.service.lead);
        self.say(&format!("/steps/{i}/by"), Code::DecisionBy, message, fix);
    }

    /// Unknown and circular predecessors, and what waits for them in vain.
    fn waiting(&mut self) {
        let steps = &self.service.steps;
        let position = |id: &str| steps.iter().position(|s| s.id == id);
        let mut dead: BTreeSet<usize> = BTreeSet::new();
        for (i, step) in steps.iter().enumerate() {
            for (j, name) in step.after.iter().enumerate() {
                if position(name).is_none() {
                    let fix = reference_fix(name, steps.iter().map(|s| s.id.as_str()), "步骤");
                    let message = format!("步骤“{}”等待未知的步骤“{name}”，永远不能开始", step.id);
                    self.say(&format!("/steps/{i}/after/{j}"), Code::UnknownStep, message, fix);
                    dead.insert(i);
                }
            }
        }
        let after: Vec<Vec<usize>> =
            steps.iter().map(|s| s.after.iter().filter_map(|id| position(id)).collect()).collect();
        for cycle in cycles(&after) {
            let names: Vec<&str> = cycle.iter().chain(cycle.first()).map(|&i| steps[i].id.as_str()).collect();
            let message = format!("步骤互相等待：{}", names.join(" ← "));
            let fix = "删去其中一个 after，让至少一个步骤可以先开始";
            let pointer = format!("/steps/{}/after", cycle[0]);
            self.say(&pointer, Code::StepCycle, message, fix);
            dead.extend(cycle);
        }
        // Whatever waits for a dead step is dead too.
        let mut told = dead.clone();
        while let Some(i) =
            (0..steps.len()).find(|i| !told.contains(i) && after[*i].iter().any(|j| told.contains(j)))
        {
            told.insert(i);
            let message = format!("步骤“{}”等待的步骤永远不能完成，所以它永远不能开始", steps[i].id);
            self.say(&format!("/steps/{i}/after"), Code::StepNeverStarts, message, "先改正它等待的步骤");
        }
    }

    /// Tries the graph on every situation and tells the first that breaks each rule.
    fn in_every_situation(&mut self) {
        let seeds: Vec<Expr> = self.seeds();
        let all = situations(self.service, &self.program, &seeds.iter().collect::<Vec<_>>(), true);
        let mut names = BTreeSet::new();
        for seed in &seeds {
            base_names(self.service, &self.program, seed, &mut names);
        }
        let mut tried = vec![false; self.service.steps.len()];
        let mut told: BTreeSet<(usize, Code)> = BTreeSet::new();
        let mut longest = (0, String::new());
        for facts in &all.list {
            let applies = applying_steps(self.service, &self.program, facts);
            applies.iter().zip(&mut tried).for_each(|(a, t)| *t |= a);
            let steps = &self.service.steps;
            let plan = Plan::new(steps, &applies);
            let situation = describe(facts, &names);
            for (step, code, message) in broken_rules(&plan) {
                let i = steps.iter().position(|s| step.is_some_and(|p| s.id == p.id)).unwrap_or(steps.len());
                if told.insert((i, code)) {
                    self.broken_rule(i, code, &message, &situation);
                }
            }
            let length = self.minutes_to_decision(&plan);
            if length > longest.0 {
                longest = (length, situation);
            }
        }
        self.never_started(&tried);
        if all.list.is_empty() {
            return;
        }
        self.too_long(longest.0, &longest.1);
    }

    /// Steps that none of the situations had, each tried by itself: on all its own condition rests on, which may be all
    /// known values where those of the whole graph are too many.
    fn never_started(&mut self, tried: &[bool]) {
        for (i, _) in tried.iter().enumerate().filter(|(_, was_tried)| !**was_tried) {
            let Some(when) = self.program.steps[i].clone() else { continue };
            let own = situations(self.service, &self.program, &[&when], true);
            if own.is_complete && !own.list.iter().any(|facts| when.holds(facts)) {
                let message =
                    format!("步骤“{}”的条件在任何情形下都不成立，永远不会开始", self.service.steps[i].id);
                self.say(
                    &format!("/steps/{i}/when"),
                    Code::StepNeverStarts,
                    message,
                    "改正 when，或删去这一步",
                );
            }
        }
    }

    /// What decides which steps there are.
    fn seeds(&self) -> Vec<Expr> {
        let steps = self.program.steps.iter().flatten();
        steps.chain(self.program.fees.iter().flatten()).cloned().collect()
    }

    fn broken_rule(&mut self, i: usize, code: Code, message: &str, situation: &str) {
        let pointer = if i < self.service.steps.len() { format!("/steps/{i}") } else { "/steps".to_owned() };
        let fix = match code {
            Code::DecisionMissingWhen => "去掉决定步骤的 when，或为这种情形加一个决定步骤",
            Code::DecisionTwiceWhen => "让各决定步骤的 when 互斥",
            Code::AfterDecision => "让决定步骤（经由 after）等待它",
            _ => "让它（经由 after）等待决定步骤",
        };
        self.say(&pointer, code, format!("{message}（情形：{situation}）"), fix);
    }

    /// The longest way to the decision by the limits of the steps; the applicant's own time does not count.
    fn minutes_to_decision(&self, plan: &Plan<'_>) -> u64 {
        let day = self.day_minutes();
        let mut until = vec![0; plan.steps.len()];
        let mut order: Vec<usize> = (0..plan.steps.len()).collect();
        order.sort_by_key(|&i| plan.steps[i].rank);
        for i in order {
            let step = plan.steps[i].step;
            let own = step.within.filter(|_| step.by != "applicant").map_or(0, |limit| minutes(limit, day));
            until[i] = own + plan.steps[i].after.iter().map(|&j| until[j]).max().unwrap_or(0);
        }
        plan.steps.iter().zip(until).filter(|(p, _)| decides(p.step)).map(|(_, n)| n).max().unwrap_or(0)
    }

    fn too_long(&mut self, length: u64, situation: &str) {
        let day = self.day_minutes();
        let promised = self.service.limits.promised;
        if length > minutes(promised, day) {
            let spoken = if length >= day {
                format!("{}.{} 个工作日", length / day, length % day * 10 / day)
            } else {
                format!("{length} 分钟")
            };
            let message = format!(
                "到决定为止各步骤时限之和约 {spoken}，超过承诺时限{}（情形：{situation}）",
                promised.zh()
            );
            let fix = "缩短步骤时限、让步骤并行，或放宽承诺时限";
            self.say("/limits/promised", Code::StepsOverPromised, message, fix);
        }
    }
}

type Broken<'a> = (Option<&'a Step>, Code, String);

fn broken_rules<'a>(plan: &Plan<'a>) -> Vec<Broken<'a>> {
    let decisions: Vec<usize> = (0..plan.steps.len()).filter(|&i| decides(plan.steps[i].step)).collect();
    let [decision] = decisions.as_slice() else {
        return match decisions.get(1) {
            None => vec![(None, Code::DecisionMissingWhen, "没有决定步骤".to_owned())],
            Some(&second) => {
                let names: Vec<&str> = decisions.iter().map(|&i| plan.steps[i].step.id.as_str()).collect();
                let message = format!("有多个决定步骤：{}", names.join("、"));
                vec![(Some(plan.steps[second].step), Code::DecisionTwiceWhen, message)]
            }
        };
    };
    let mut broken = Vec::new();
    for (i, planned) in plan.steps.iter().enumerate() {
        let step = planned.step;
        match step.kind {
            StepKind::Review | StepKind::Payment if !plan.precedes(i, *decision) => {
                let what = if step.kind == StepKind::Review { "审查" } else { "缴费" };
                let message = format!("{what}步骤“{}”不在决定之前，决定不等它", step.id);
                broken.push((Some(step), Code::AfterDecision, message));
            }
            StepKind::Issue | StepKind::Delivery if !plan.precedes(*decision, i) => {
                let message = format!("步骤“{}”不在决定之后，还没有决定就可能开始", step.id);
                broken.push((Some(step), Code::BeforeDecision, message));
            }
            _ => {}
        }
    }
    broken
}

/// Each circle once, beginning with its lowest step.
fn cycles(after: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut found: Vec<Vec<usize>> = Vec::new();
    let mut in_some: BTreeSet<usize> = BTreeSet::new();
    for start in 0..after.len() {
        if in_some.contains(&start) {
            continue;
        }
        if let Some(path) = way_back(start, after) {
            in_some.extend(path.iter().copied());
            found.push(path);
        }
    }
    found
}

/// The shortest way from a step along its predecessors back to itself.
fn way_back(start: usize, after: &[Vec<usize>]) -> Option<Vec<usize>> {
    let mut paths: std::collections::VecDeque<Vec<usize>> = [vec![start]].into();
    let mut seen = BTreeSet::new();
    while let Some(path) = paths.pop_front() {
        for &next in &after[*path.last()?] {
            if next == start {
                return Some(path);
            }
            if seen.insert(next) {
                let mut longer = path.clone();
                longer.push(next);
                paths.push_back(longer);
            }
        }
    }
    None
}

/// Whether a fee is due, and by which applying steps it is collected.
pub(super) fn collectors<'a>(steps: &'a [Step], applies: &[bool], fee: &str) -> Vec<&'a Step> {
    let applying = steps.iter().zip(applies).filter(|(_, a)| **a).map(|(s, _)| s);
    applying.filter(|s| s.kind == StepKind::Payment && s.fees.iter().any(|f| f == fee)).collect()
}
