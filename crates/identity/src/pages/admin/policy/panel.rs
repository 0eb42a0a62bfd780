//! What a change does, as whoever proposes it and whoever decides it see it.

use std::collections::BTreeSet;

use yimen_policy::{Act, Change, Mistake};
use yimen_web::{Column, Notice, Row, Table};

use crate::policy::{Affected, Effect, Same};

/// A line of the text, with its number.
pub struct Line {
    pub number: usize,
    pub text: String,
    /// It was not in the text before.
    pub is_new: bool,
    /// What is wrong with it; empty for most.
    pub wrong: String,
}

/// Everything that a change does.
pub struct Panel {
    pub notices: Vec<Notice>,
    pub changes: Table,
    /// Those who lose, and those who gain.
    pub people: [People; 2],
    pub lines: Vec<Line>,
}

/// Those who gain, or those who lose.
pub struct People {
    pub title: String,
    pub table: Option<Table>,
}

/// The lines of a text: which are not in `before`, and which are wrong.
pub fn lines(text: &str, before: Option<&str>, wrong: &[Mistake]) -> Vec<Line> {
    let before: Option<BTreeSet<&str>> = before.map(|text| text.lines().map(str::trim_end).collect());
    let line = |(at, text): (usize, &str)| {
        let wrong = wrong.iter().find(|one| one.line == at + 1);
        Line {
            number: at + 1,
            is_new: before.as_ref().is_some_and(|before| !before.contains(text.trim_end())),
            text: text.trim_end().to_owned(),
            wrong: wrong.map_or_else(String::new, |one| one.what.clone()),
        }
    };
    text.lines().enumerate().map(line).collect()
}

/// A row for each role within a scope; with the accounts that stand so, where they were counted.
pub fn changes<'a>(changes: impl Iterator<Item = (&'a Change, Option<i64>)>) -> Table {
    let changes: Vec<_> = changes.collect();
    let counted = changes.iter().any(|(_, accounts)| accounts.is_some());
    let mut columns =
        vec![Column::text("身份").whole(), Column::text("范围"), Column::text("增加"), Column::text("取消")];
    if counted {
        columns.push(Column::number("账户"));
    }
    let list = |acts: &[Act]| match acts {
        [] => "—".to_owned(),
        acts => acts.iter().map(|act| act.zh()).collect::<Vec<_>>().join("、"),
    };
    let rows = changes.into_iter().map(|(change, accounts)| {
        let relation = change.relation;
        let mut cells = vec![
            relation.who.zh().into(),
            relation.scope.zh().into(),
            list(&change.gains).into(),
            list(&change.loses).into(),
        ];
        cells.extend(accounts.map(|accounts| accounts.to_string().into()));
        Row::new(cells)
    });
    Table::new("授权的变化", columns).hide_caption().empty("授权没有变化，只改了说明文字。").rows(rows)
}

impl People {
    fn of(word: &str, all: &Affected) -> People {
        let title = format!("{word}的账户：{} 个", all.count);
        let columns =
            vec![Column::text(word.to_owned()), Column::number("账户"), Column::text("姓名（登录名）")];
        let row = |one: &Same| {
            let names = one.names.join("、");
            let names = match (one.names.len() as i64, one.count) {
                (0, _) => "不列姓名".to_owned(),
                (named, all) if named < all => format!("{names} 等"),
                _ => names,
            };
            Row::new(vec![one.what.clone().into(), one.count.to_string().into(), names.into()])
        };
        let table = (!all.same.is_empty())
            .then(|| Table::new(title.clone(), columns).hide_caption().rows(all.same.iter().map(row)));
        People { title, table }
    }
}

impl Panel {
    pub fn of(effect: &Effect, text: &str, before: &str) -> Panel {
        let mut notices = Vec::new();
        if !effect.lacks.is_empty() {
            let notice = Notice::warning("照这样改，有的事没有人能做");
            notices.push(effect.lacks.iter().fold(notice, |notice, lack| notice.text(*lack)));
        }
        Panel {
            notices,
            changes: changes(effect.changes.iter().map(|(change, accounts)| (change, Some(*accounts)))),
            people: [People::of("失去权限", &effect.lose), People::of("得到权限", &effect.gain)],
            lines: lines(text, Some(before), &[]),
        }
    }
}
