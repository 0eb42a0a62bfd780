//! From one policy to another: what a city may put in force itself, who gains what, and what nobody could do any more.

use crate::{Act, Mistake, Policy, Relation, Scope, Who};

/// What a role gains and loses within one scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub relation: Relation,
    pub gains: Vec<Act>,
    pub loses: Vec<Act>,
}

/// Something that somebody must be able to do, or cases stand still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    pub act: Act,
    /// Any of them will do.
    pub scopes: &'static [Scope],
    /// What comes of it when nobody can.
    pub lack: &'static str,
}

/// Where the act of a need is asked for; an act granted elsewhere does not help.
pub const NEEDS: [Need; 13] = [
    need(Act::FillIn, &[Scope::Own], "申请人不能自己填写申请，只能到窗口办理。"),
    need(Act::Submit, &[Scope::Own], "申请人不能自己提交申请和补正，只能到窗口办理。"),
    need(Act::Withdraw, &[Scope::Own], "申请人不能自己撤回申请。"),
    need(Act::Pay, &[Scope::Own], "申请人不能在网上缴费。"),
    need(Act::FillIn, &[Scope::Office], "没有人能在窗口代为填写：不会上网的人不能申请。"),
    need(Act::Submit, &[Scope::Office], "没有人能在窗口提交填好的申请。"),
    need(Act::PreCheck, &[Scope::Office], "没有人能预审：交来的申请没有人看，满5个工作日依法视为受理。"),
    need(Act::Work, &[Scope::Office], "没有人能办窗口的任务：发放结果等环节会停下。"),
    need(Act::AnswerReturn, &[Scope::Office], "没有人能答复部门退回窗口的问题。"),
    need(Act::Work, &[Scope::Task], "没有人能审查：办件会停在各部门，直到超期。"),
    need(Act::TakeBack, &[Scope::Task, Scope::Department], "没有人能收回请假、离岗的人手上的任务。"),
    need(Act::Head, &[Scope::Department], "没有人能批准延期、作废办件。"),
    need(Act::See, &[Scope::City], "没有人能督查全市的办件。"),
];

const fn need(act: Act, scopes: &'static [Scope], lack: &'static str) -> Need {
    Need { act, scopes, lack }
}

impl Need {
    /// Whether the policy lets anybody at all do it.
    pub fn is_met(&self, policy: &Policy) -> bool {
        let within = |scope: &Scope| {
            let relations = Who::ALL.into_iter().map(|who| Relation { who, scope: *scope });
            // The program looks after itself; it is nobody's hand.
            relations.filter(|one| one.who != Who::Program).any(|one| policy.allows(one, self.act))
        };
        self.scopes.iter().any(within)
    }
}

impl Policy {
    /// Reads a policy that a city may put in force: one that reads, leaves the program its part, without which timers and
    /// payments would stand still, and lets applicants see what is theirs.
    pub fn for_city(text: &str) -> Result<Policy, Vec<Mistake>> {
        let policy = Policy::parse(text)?;
        let standard = Policy::standard();
        let mut mistakes = Vec::new();
        let differs =
            |act: &Act| policy.allows(Relation::PROGRAM, *act) != standard.allows(Relation::PROGRAM, *act);
        if Act::ALL.iter().any(differs) {
            let acts = codes(&standard, Relation::PROGRAM);
            let what =
                format!("系统自动处理的权限不能改，否则时限和缴费都会停下。请写成：program city {acts}");
            mistakes.push(Mistake { line: line_of(text, Who::Program), what });
        }
        if !policy.allows(Relation::APPLICANT, Act::See) {
            let what = "申请人必须能查看自己的办件。请写上：citizen own see，再加上其他事项。".to_owned();
            mistakes.push(Mistake { line: line_of(text, Who::Citizen), what });
        }
        mistakes.sort_by_key(|one| one.line);
        if mistakes.is_empty() { Ok(policy) } else { Err(mistakes) }
    }

    /// Reads a policy that is in force already. Another release may have given the program another part: it always has the
    /// one of this release.
    pub fn in_force(text: &str) -> Result<Policy, Vec<Mistake>> {
        let mut policy = Policy::parse(text)?;
        policy.take_from(&Policy::standard(), Relation::PROGRAM);
        Ok(policy)
    }

    /// What is different in `next`, in the order of the words.
    pub fn changes(&self, next: &Policy) -> Vec<Change> {
        let only = |one: &Policy, other: &Policy, relation: Relation| -> Vec<Act> {
            let acts = Act::ALL.into_iter();
            acts.filter(|act| one.allows(relation, *act) && !other.allows(relation, *act)).collect()
        };
        let change = |relation: Relation| Change {
            relation,
            gains: only(next, self, relation),
            loses: only(self, next, relation),
        };
        let changes = Relation::all().map(change);
        changes.filter(|one| !one.gains.is_empty() || !one.loses.is_empty()).collect()
    }
}

fn codes(policy: &Policy, relation: Relation) -> String {
    let acts = Act::ALL.into_iter().filter(|act| policy.allows(relation, *act));
    acts.map(Act::code).collect::<Vec<_>>().join(" ")
}

/// The line on which a role stands first; the last one where it stands on none.
fn line_of(text: &str, who: Who) -> usize {
    let found = text.lines().position(|line| line.split_whitespace().next() == Some(who.code()));
    found.map_or(text.lines().count().max(1), |at| at + 1)
}
