//! From the text of a policy to its table, or to every line that is wrong with what to do about it.

use crate::{Act, Policy, Relation, Scope, Who};

/// What is wrong at a line of a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("第 {line} 行：{what}")]
pub struct Mistake {
    /// From 1.
    pub line: usize,
    pub what: String,
}

/// Longest text that is read: many times what the words can say.
const MOST: usize = 64 * 1024;

impl Policy {
    /// Reads a policy. All mistakes are told at once, in the order of the lines.
    pub fn parse(text: &str) -> Result<Policy, Vec<Mistake>> {
        if text.len() > MOST {
            return Err(vec![Mistake {
                line: 1, what: format!("文件超过 {MOST} 字节，不是权限规则。")
            }]);
        }
        let mut policy = Policy::nothing();
        let mut mistakes = Vec::new();
        for (at, line) in text.lines().enumerate() {
            if line.contains(is_hidden) {
                let what = "有看不见的控制字符，请删去这一行，重新输入。".to_owned();
                mistakes.push(Mistake { line: at + 1, what });
                continue;
            }
            let line = line.split('#').next().unwrap_or_default();
            let mut words = line.split_whitespace();
            let Some(who) = words.next() else { continue };
            if let Err(what) = grant(&mut policy, who, words) {
                mistakes.push(Mistake { line: at + 1, what });
            }
        }
        if mistakes.is_empty() { Ok(policy) } else { Err(mistakes) }
    }
}

/// What cannot be seen, or shows a line in another order than it is read: whoever approves must see what is approved.
fn is_hidden(c: char) -> bool {
    let reorders = matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}');
    reorders || c.is_control() && c != '\t'
}

fn grant<'w>(policy: &mut Policy, who: &str, mut words: impl Iterator<Item = &'w str>) -> Result<(), String> {
    if ["system", "security", "audit"].contains(&who) {
        return Err(format!("管理员“{who}”不能接触办件，三类管理员的权限也不能在这里合并，请删去这一行。"));
    }
    let who = named(who, "身份", Who::ALL, Who::code)?;
    let scope = words.next().ok_or("没有写范围，请在身份后面写明范围和事项。")?;
    let scope = named(scope, "范围", Scope::ALL, Scope::code)?;
    if !who.can_stand_in(scope) {
        return Err(format!("{}没有“{}”这种范围，请改写范围。", who.zh(), scope.zh()));
    }
    let relation = Relation { who, scope };
    if Act::ALL.into_iter().any(|act| policy.allows(relation, act)) {
        return Err(format!("{}在“{}”上已经写过，请合并成一行。", who.zh(), scope.zh()));
    }
    let mut acts = Vec::new();
    for word in words {
        let act = named(word, "事项", Act::ALL, Act::code)?;
        if acts.contains(&act) {
            return Err(format!("“{word}”写了两次，请删去一个。"));
        }
        acts.push(act);
    }
    // What cannot be seen does not exist for them: an act on it could never be asked for.
    if !acts.contains(&Act::See) {
        return Err("没有写 see：看不到的办件无从办理，请加上 see，或者删去这一行。".into());
    }
    if acts.contains(&Act::Tick) && who != Who::Program {
        return Err(format!("tick 只属于系统自动处理，请从{}的事项中删去。", who.zh()));
    }
    policy.grant(relation, &acts);
    Ok(())
}

fn named<T: Copy, const N: usize>(
    word: &str,
    kind: &str,
    all: [T; N],
    code: impl Fn(T) -> &'static str,
) -> Result<T, String> {
    all.into_iter().find(|one| code(*one) == word).ok_or_else(|| {
        // A word from outside is told as far as a reader needs it.
        let word: String = word.chars().take(40).collect();
        format!("没有“{word}”这种{kind}，可以写：{}。", all.map(&code).join("、"))
    })
}
