//! `docs/permission-matrix.txt`: who may do what to a case, from the table that decides it, and what everybody got at
//! every door.

use std::fmt::Write;
use std::path::Path;

use yimen_casework::policy::{Act, Policy, Relation};

use super::people::PEOPLE;

/// What somebody got at a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    Passes,
    /// Sent to sign in.
    SignIn,
    /// 403.
    Refused,
    /// 404: what is not theirs does not exist for them.
    NotThere,
    /// Nothing that a door should answer.
    Other(u16),
}

impl Answered {
    pub fn of(status: u16, to: &str) -> Answered {
        match status {
            303 if to.starts_with("/sign-in") => Answered::SignIn,
            200 | 303 => Answered::Passes,
            403 => Answered::Refused,
            404 => Answered::NotThere,
            other => Answered::Other(other),
        }
    }

    pub fn passes(self) -> bool {
        self == Answered::Passes
    }

    fn mark(self) -> &'static str {
        match self {
            Answered::Passes => "yes",
            Answered::SignIn => "sign",
            Answered::Refused => "403",
            Answered::NotThere => "404",
            Answered::Other(_) => "?",
        }
    }
}

const HEAD: &str = "\
Permission matrix of Yimen
==========================

Printed by the tests from the code that decides and from the answers of the whole program; do not edit.
Renew it: YIMEN_UPDATE=1 cargo test --workspace --test review nobody_passes

1. What each role may do to a case, and within which scope
----------------------------------------------------------

From the policy (crates/policy/standard.policy). Somebody may stand in several of these columns to a case; what one of them
allows is allowed. Whoever stands in none gets 404: the case does not exist for them. How somebody stands to a case is found
out anew for each request, from the row of the case. The three administrators stand in none, ever.

    own           the case is theirs
    office        their office took it in; of a draft only the clerk who fills it in
    task          a task of it was sent to their department
    department    their department decides it, once it is accepted
    city          any case that is no draft; for the program itself (timers, payments, followers) any case

";

const ROUTES: &str = "
2. What each person gets at each door
-------------------------------------

What is open to everybody holds nothing of anybody's. Of the rest each GET was asked by everybody here, and each POST by
whoever may not pass; those of whoever may are posted in the stories of their pages.

    yes   passes           sign  is asked to sign in
    403   is refused       404   such a thing does not exist for them

    own   the applicant            other   another citizen
    clk   a clerk of its office    clk'    a clerk of an office in another district
    rev   a reviewer of a department it was sent to, rev' of another
    head  the head of the department that decides it, head' of another
    insp  an inspector             sys, sec, aud   the three administrators

";

const SHORT: [&str; PEOPLE.len()] =
    ["none", "own", "other", "clk", "clk'", "rev", "rev'", "head", "head'", "insp", "sys", "sec", "aud"];

fn line(text: &mut String, first: &str, width: usize, cells: &[&str]) {
    let cells: String = cells.iter().map(|cell| format!(" {cell:<5}")).collect();
    let line = format!("{first:<width$}{cells}");
    writeln!(text, "{}", line.trim_end()).unwrap();
}

fn printed(doors: &[(&str, &str, Vec<Answered>)]) -> String {
    let mut text = HEAD.to_owned();
    let policy = Policy::standard();
    let relations: Vec<Relation> = policy.granted().collect();
    let mut row = |first: &str, cell: &dyn Fn(&Relation) -> &'static str| {
        let cells: String = relations.iter().map(|one| format!(" {:<10}", cell(one))).collect();
        writeln!(text, "{}", format!("{first:<16}{cells}").trim_end()).unwrap();
    };
    row("", &|one| one.who.code());
    row("", &|one| one.scope.code());
    for act in Act::ALL {
        row(act.code(), &|one| if policy.allows(*one, act) { "yes" } else { "." });
    }
    text.push_str(ROUTES);
    line(&mut text, "", 56, &SHORT);
    for (method, route, answers) in doors {
        let marks: Vec<&str> = match answers.iter().all(|answer| answer.passes()) {
            true => vec!["everybody"],
            false => answers.iter().map(|answer| answer.mark()).collect(),
        };
        line(&mut text, &format!("{:<4} {route}", method.to_uppercase()), 56, &marks);
    }
    text
}

/// The file says what was found.
pub fn is_as_printed(doors: &[(&str, &str, Vec<Answered>)]) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/permission-matrix.txt");
    let now = printed(doors);
    if std::env::var_os("YIMEN_UPDATE").is_some() {
        std::fs::write(&file, &now).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        kept == now,
        "docs/permission-matrix.txt is not what the program does; if the change is meant, renew it with \
         YIMEN_UPDATE=1 and look at what changed:\n{}",
        difference(&kept, &now)
    );
}

fn difference(kept: &str, now: &str) -> String {
    let missing = |of: &str, from: &str, sign: &str| -> String {
        of.lines().filter(|line| !from.lines().any(|other| other == *line)).fold(
            String::new(),
            |mut all, line| {
                writeln!(all, "{sign} {line}").unwrap();
                all
            },
        )
    };
    [missing(kept, now, "-"), missing(now, kept, "+")].concat()
}
