//! Who of those with an account would gain and who would lose by another policy, and what nobody could do any more.

use std::collections::BTreeSet;

use yimen_policy::{Act, Change, NEEDS, Need, Policy, Scope, Who};
use yimen_store::Read;

use super::whos;
use crate::store::policy::{self as rows, AlikeRow};
use crate::{Identity, Result};

/// Names shown of those who gain or lose; all are counted.
const SHOWN: usize = 50;

/// Who would gain and who would lose by a change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effect {
    /// Each with the open accounts that stand so.
    pub changes: Vec<(Change, i64)>,
    pub gain: Affected,
    pub lose: Affected,
    /// What nobody could do any more, with what comes of it.
    pub lacks: Vec<&'static str>,
}

/// Accounts that can do something they could not, or the other way round: what one role loses another may still give.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Affected {
    pub count: i64,
    pub same: Vec<Same>,
}

/// Those for whom it is about the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Same {
    /// 全市的办件：查看
    pub what: String,
    pub count: i64,
    /// The first of staff by name, with their logins; applicants are counted only.
    pub names: Vec<String>,
}

type Reach = BTreeSet<(Scope, Act)>;

/// Accounts that stand alike, with what they can do before and after.
struct Group {
    row: AlikeRow,
    whos: Vec<Who>,
    before: Reach,
    after: Reach,
}

impl Group {
    fn of(row: AlikeRow, before: &Policy, after: &Policy) -> Group {
        let whos: Vec<Who> = whos(row.roles()).collect();
        let reach = |policy: &Policy| policy.reach(&whos, |scope| is_within(&row, scope));
        Group { before: reach(before), after: reach(after), whos, row }
    }

    fn can(&self, need: &Need, reach: &Reach) -> bool {
        self.row.accounts > 0 && need.scopes.iter().any(|scope| reach.contains(&(*scope, need.act)))
    }
}

fn is_within(row: &AlikeRow, scope: Scope) -> bool {
    let word = |has: bool| if has { "somewhere" } else { "" };
    super::is_placed(scope, word(row.has_department), word(row.has_office))
}

impl Affected {
    /// So many more, whom it is about this.
    fn add(&mut self, what: String, count: i64) -> &mut Same {
        self.count += count;
        let at = self.same.iter().position(|one| one.what == what).unwrap_or(self.same.len());
        if at == self.same.len() {
            self.same.push(Same { what, count: 0, names: Vec::new() });
        }
        let same = &mut self.same[at];
        same.count += count;
        same
    }

    fn staff(&mut self, q: &mut Read<'_>, row: &AlikeRow, what: &[&(Scope, Act)]) -> Result<()> {
        if what.is_empty() {
            return Ok(());
        }
        let named: usize = self.same.iter().map(|one| one.names.len()).sum();
        let words: Vec<String> = Scope::ALL.iter().filter_map(|scope| in_words(*scope, what)).collect();
        let same = self.add(words.join("；"), row.accounts);
        let left = SHOWN.saturating_sub(named);
        if left > 0 {
            let names = rows::names(q, row, left as i64)?.into_iter();
            same.names.extend(names.map(|one| format!("{}（{}）", one.name, one.login)));
        }
        Ok(())
    }

    fn citizens(&mut self, acts: &[Act], all: i64) {
        let what: Vec<(Scope, Act)> = acts.iter().map(|act| (Scope::Own, *act)).collect();
        if let Some(words) = in_words(Scope::Own, &what.iter().collect::<Vec<_>>()) {
            self.add(words, all);
        }
    }
}

/// 全市的办件：查看
fn in_words(scope: Scope, what: &[&(Scope, Act)]) -> Option<String> {
    let acts: Vec<&str> = what.iter().filter(|one| one.0 == scope).map(|one| one.1.zh()).collect();
    (!acts.is_empty()).then(|| format!("{}：{}", scope.zh(), acts.join("、")))
}

impl Identity {
    /// What `next` in the place of `now` would do to those who have an open account. The number of statements depends on
    /// how many sets of roles there are, not on how many accounts.
    pub fn effect_of(&self, q: &mut Read<'_>, now: &Policy, next: &Policy) -> Result<Effect> {
        let mut effect = Effect::default();
        let changes = now.changes(next);
        let groups = rows::staff_alike(q)?.into_iter().map(|row| Group::of(row, now, next));
        let groups: Vec<Group> = groups.collect();
        let citizens = match changes.iter().find(|change| change.relation.who == Who::Citizen) {
            None => 0,
            Some(change) => {
                let all = rows::citizens(q)?;
                effect.gain.citizens(&change.gains, all);
                effect.lose.citizens(&change.loses, all);
                all
            }
        };
        for group in &groups {
            let gains: Vec<_> = group.after.difference(&group.before).collect();
            let loses: Vec<_> = group.before.difference(&group.after).collect();
            effect.gain.staff(q, &group.row, &gains)?;
            effect.lose.staff(q, &group.row, &loses)?;
        }
        let lacking = |need: &&Need| {
            let anybody = |reach: fn(&Group) -> &Reach| groups.iter().any(|one| one.can(need, reach(one)));
            let lost = anybody(|one| &one.before) && !anybody(|one| &one.after);
            // Of applicants there is always one more.
            let shut = need.is_met(now) && !need.is_met(next);
            shut || lost && need.scopes != [Scope::Own]
        };
        effect.lacks = NEEDS.iter().filter(lacking).map(|need| need.lack).collect();
        let accounts = |change: &Change| match change.relation.who {
            Who::Citizen => citizens,
            who => {
                let stand =
                    |one: &&Group| one.whos.contains(&who) && is_within(&one.row, change.relation.scope);
                groups.iter().filter(stand).map(|one| one.row.accounts).sum()
            }
        };
        effect.changes = changes.iter().map(|change| (change.clone(), accounts(change))).collect();
        Ok(effect)
    }
}
