//! Rules for SQL: it stands in the stores only, and a domain speaks only of its own tables.

use super::scan::Text;
use super::{File, Finding, Tree};

/// Where SQL may stand besides a domain's `store.rs` or `store/`: the store itself, the platform, whose files each
/// are the store of one small table (the journal, the cursors, the counters), and what tests and measures.
fn may_hold_sql(file: &File) -> bool {
    matches!(file.krate(), Some("store" | "platform"))
        || file.is_for_tests()
        || file.path.split('/').any(|part| part == "store" || part == "store.rs")
}

/// Whose SQL may name any table: they own none, or look at all of them.
fn may_name_all_tables(krate: &str) -> bool {
    matches!(krate, "store" | "testkit" | "bench" | "xtask" | "yimen")
}

/// Tests that change the database behind the program's back play somebody who asks no domain.
fn plays_the_intruder(file: &File) -> bool {
    file.is_for_tests() && file.path.ends_with("/tampering.rs")
}

pub fn only_in_stores(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, scan) in tree.rust().filter(|(file, _)| !may_hold_sql(file)) {
        let in_test = |text: &Text| scan.in_test_line(text.line);
        for text in scan.texts.iter().filter(|text| is_sql(&text.value) && !in_test(text)) {
            findings.push(
                file.finding(text.line, "move this SQL into the domain's store.rs and call it by name"),
            );
        }
    }
    findings
}

pub fn only_own_tables(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, scan) in tree.rust().filter(|(file, _)| !plays_the_intruder(file)) {
        let Some(krate) = file.krate().filter(|krate| !may_name_all_tables(krate)) else {
            continue;
        };
        let prefix = format!("{}_", krate.replace('-', "_"));
        for text in scan.texts.iter().filter(|text| is_sql(&text.value)) {
            for table in tables(&text.value).into_iter().filter(|table| !table.starts_with(&prefix)) {
                let says = format!(
                    "`{table}` is not a table of {krate} (they begin with `{prefix}`): \
                     call the public function of the domain that owns it"
                );
                findings.push(file.finding(text.line, says));
            }
        }
    }
    findings
}

/// Words and signs of a statement, in lower case.
fn tokens(sql: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut in_word = false;
    for one in sql.chars() {
        let word = one.is_alphanumeric() || matches!(one, '_' | '$' | '.' | '{' | '}');
        match tokens.last_mut() {
            Some(last) if word && in_word => last.extend(one.to_lowercase()),
            _ if one.is_whitespace() => {}
            _ => tokens.push(one.to_lowercase().collect()),
        }
        in_word = word;
    }
    tokens
}

/// Statements begin with a verb that is followed by what only SQL has.
fn is_sql(text: &str) -> bool {
    let tokens = tokens(text);
    let word = |at: usize| tokens.get(at).map_or("", String::as_str);
    match word(0) {
        "select" => {
            tokens.iter().any(|token| token == "from") || text.len() > 6 && word(1).starts_with(['$', '1'])
        }
        "insert" => matches!(word(1), "into" | "or"),
        "replace" => word(1) == "into",
        "update" => word(2) == "set",
        "delete" => word(1) == "from",
        "with" => word(2) == "as" && word(3) == "(" || word(1) == "recursive",
        "create" | "alter" | "drop" => matches!(word(1), "table" | "index" | "unique" | "view"),
        _ => false,
    }
}

/// The tables that a statement names, without the names it gives itself (`with x as (…)`).
fn tables(sql: &str) -> Vec<String> {
    let tokens = tokens(sql);
    let word = |at: usize| tokens.get(at).map_or("", String::as_str);
    let own: Vec<&str> =
        (0..tokens.len()).filter(|at| word(at + 1) == "as" && word(at + 2) == "(").map(word).collect();
    let mut found = Vec::new();
    let mut depth_of_functions = Vec::new();
    for at in 0..tokens.len() {
        match word(at) {
            // `extract(year from x)`, `trim(both from x)`: inside a function's brackets, `from` names no table.
            "(" => depth_of_functions.push(at > 0 && is_function(word(at - 1)) && word(at + 1) != "select"),
            ")" => drop(depth_of_functions.pop()),
            "from" if depth_of_functions.last() != Some(&true) && word(at.wrapping_sub(1)) != "distinct" => {
                found.extend(listed(&tokens, at + 1));
            }
            "join" | "into" => found.push(word(at + 1)),
            "update" if word(at + 2) == "set" => found.push(word(at + 1)),
            _ => {}
        }
    }
    let named = |name: &&str| name.starts_with(|one: char| one.is_alphabetic()) && !own.contains(name);
    found.into_iter().filter(named).filter(|name| !name.contains('{')).map(str::to_owned).collect()
}

fn is_function(word: &str) -> bool {
    matches!(word, "extract" | "trim" | "substring" | "overlay" | "position")
}

/// `from a, b as c, d`: the first word of each part, up to the next keyword.
fn listed(tokens: &[String], start: usize) -> Vec<&str> {
    let mut found = Vec::new();
    let mut first = true;
    for token in &tokens[start.min(tokens.len())..] {
        match token.as_str() {
            "," => first = true,
            "where" | "join" | "left" | "inner" | "cross" | "group" | "order" | "limit" | "on" | "union"
            | "(" | ")" | "set" | "returning" | "values" | "for" | "select" => break,
            name => {
                if first {
                    found.push(name);
                }
                first = false;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(rule: fn(&Tree) -> Vec<Finding>, path: &str, sql: &str) -> Vec<String> {
        let text = format!("//! x\nconst A: &str = \"{sql}\";\n");
        rule(&Tree::of(&[(path, &text)])).into_iter().map(|finding| finding.says).collect()
    }

    #[test]
    fn sql_stands_in_stores_only() {
        let verb = "crates/casework/src/decide.rs";
        for sql in [
            "select id from casework_case",
            "SELECT 1",
            "insert into casework_case (id) values ($1)",
            "update casework_case set state = $1",
            "delete from casework_case",
            "with late as (select id from casework_case) select id from late",
            "create table x (id)",
        ] {
            assert_eq!(says(only_in_stores, verb, sql).len(), 1, "{sql}");
            for place in [
                "crates/casework/src/store.rs",
                "crates/casework/src/store/task.rs",
                "crates/store/src/pg.rs",
            ] {
                assert_eq!(says(only_in_stores, place, sql).len(), 0, "{place}: {sql}");
            }
        }
    }

    #[test]
    fn plain_words_are_no_sql() {
        let verb = "crates/casework/src/decide.rs";
        for text in
            ["select one", "select", "update the case", "with the", "insert", "delete", "creating table"]
        {
            assert_eq!(says(only_in_stores, verb, text).len(), 0, "{text}");
        }
    }

    #[test]
    fn tests_inside_a_file_may_hold_sql() {
        let text =
            "//! x\n#[cfg(test)]\nmod tests {\n    const A: &str = \"select id from casework_case\";\n}\n";
        assert_eq!(only_in_stores(&Tree::of(&[("crates/casework/src/decide.rs", text)])), []);
    }

    #[test]
    fn a_domain_names_its_own_tables_only() {
        let store = "crates/casework/src/store.rs";
        for sql in [
            "select c.id from casework_case c join casework_task t on t.case_id = c.id where c.id = $1",
            "select id from casework_case where a is distinct from b",
            "with recursive x as (select id from casework_case union all select id from x) select id from x",
            "insert into casework_case (id) values ($1) on conflict (id) do update set state = excluded.state",
            "select id from casework_case where trim(both from name) = $1 for update",
            "select id from (select id from casework_case) as c",
            "delete from casework_case where id in (select id from casework_draft)",
        ] {
            assert_eq!(says(only_own_tables, store, sql), Vec::<String>::new(), "{sql}");
        }
        for sql in [
            "select id from parties_person",
            "select c.id from casework_case c join parties_person p on p.id = c.party",
            "select c.id from casework_case c, platform_journal j",
            "insert into platform_journal (id) values ($1)",
            "update parties_person set name = $1",
            "delete from casework_case where id in (select id from parties_person)",
            "with x as (select id from parties_person) select id from x",
        ] {
            assert_eq!(says(only_own_tables, store, sql).len(), 1, "{sql}");
        }
    }

    #[test]
    fn the_platform_owns_its_tables_and_the_store_any() {
        let sql = "select id from platform_journal";
        assert_eq!(says(only_own_tables, "crates/platform/src/store.rs", sql).len(), 0);
        assert_eq!(says(only_own_tables, "crates/store/src/pg.rs", sql).len(), 0);
        assert_eq!(says(only_own_tables, "crates/web/src/store.rs", sql).len(), 1);
    }
}
