//! What expressions mean, and that no text and no fact makes one fail otherwise than by its own error.

use proptest::prelude::*;

use super::*;

fn scope() -> Scope {
    Scope::from([
        ("married".to_owned(), FactType::Bool),
        ("price".to_owned(), FactType::Int),
        ("area".to_owned(), FactType::Double),
        ("kind".to_owned(), FactType::Text),
        ("tags".to_owned(), FactType::List),
        ("born".to_owned(), FactType::Text),
        ("today".to_owned(), FactType::Text),
    ])
}

fn facts() -> Facts {
    Facts::from([
        ("married".to_owned(), Fact::Bool(true)),
        ("price".to_owned(), Fact::Int(150_000_000)),
        ("area".to_owned(), Fact::Double(89.5)),
        ("kind".to_owned(), Fact::from("home")),
        ("tags".to_owned(), Fact::List(vec!["a".into(), "b".into()])),
        ("born".to_owned(), Fact::from("2008-02-29")),
        ("today".to_owned(), Fact::from("2026-11-22")),
    ])
}

fn eval(source: &str) -> Fact {
    Expr::infer(source, &scope()).unwrap_or_else(|e| panic!("{source}: {e}")).eval(&facts()).unwrap()
}

#[test]
fn values() {
    for (source, value) in [
        ("married && price > 100000000", Fact::Bool(true)),
        ("!married || kind == 'x'", Fact::Bool(false)),
        ("kind in ['home', 'shop']", Fact::Bool(true)),
        ("'b' in tags && !('c' in tags)", Fact::Bool(true)),
        ("size(tags) == 2 && tags.size() == 2 && size('𠮷a') == 2", Fact::Bool(true)),
        ("kind.startsWith('ho') && kind.endsWith('me') && kind.contains('om')", Fact::Bool(true)),
        ("area <= 140 && area > 89.4 && price >= 1.5", Fact::Bool(true)),
        ("kind == 'home' ? 8000 : 55000", Fact::Int(8000)),
        ("price * 100 / 103", Fact::Int(145_631_067)),
        ("percent(price, '1.5')", Fact::Int(2_250_000)),
        ("yuan('80.00') + yuan('0.5')", Fact::Int(8050)),
        ("max(0, min(price, 10)) - -5", Fact::Int(15)),
        ("years_between(born, today)", Fact::Int(18)),
        ("add_years('2024-02-29', 1)", Fact::from("2025-02-28")),
        ("add_days(today, 10)", Fact::from("2026-12-02")),
        ("add_months(today, -1)", Fact::from("2026-10-22")),
        ("days_between('2026-11-22', '2027-01-01')", Fact::Int(40)),
        ("kind + '-' + kind", Fact::from("home-home")),
        ("born < '2010-01-01'", Fact::Bool(true)),
    ] {
        assert_eq!(eval(source), value, "{source}");
    }
}

#[test]
fn halves_of_a_fen_are_rounded_up() {
    for (amount, rate, fen) in
        [(100, "0.5", 1), (99, "0.5", 0), (10_001, "1.5", 150), (-100, "0.5", -1), (1, "50", 1)]
    {
        let expr = Expr::infer(&format!("percent({amount}, '{rate}')"), &scope()).unwrap();
        assert_eq!(expr.eval(&Facts::new()), Ok(Fact::Int(fen)), "{rate}% of {amount}");
    }
}

#[test]
fn ages_turn_on_the_birthday() {
    let age = |born: &str, today: &str| {
        let expr = Expr::infer("years_between(born, today)", &scope()).unwrap();
        let facts =
            Facts::from([("born".to_owned(), Fact::from(born)), ("today".to_owned(), Fact::from(today))]);
        expr.eval(&facts).unwrap()
    };
    assert_eq!(age("2008-11-23", "2026-11-22"), Fact::Int(17));
    assert_eq!(age("2008-11-22", "2026-11-22"), Fact::Int(18));
    assert_eq!(age("2008-02-29", "2026-02-28"), Fact::Int(17));
    assert_eq!(age("2008-02-29", "2026-03-01"), Fact::Int(18));
    assert_eq!(age("", "2026-03-01"), Fact::Int(0));
    assert_eq!(age("不是日期", "2026-03-01"), Fact::Int(0));
}

#[test]
fn an_absent_fact_is_the_zero_of_its_type() {
    let empty = Facts::new();
    for source in
        ["!married && price == 0 && area == 0.0 && kind == '' && size(tags) == 0", "add_years(born, 1) == ''"]
    {
        assert!(Expr::infer(source, &scope()).unwrap().holds(&empty), "{source}");
    }
    // One of another type is no answer to this question either.
    let wrong = Facts::from([("price".to_owned(), Fact::from("150"))]);
    assert!(Expr::infer("price == 0", &scope()).unwrap().holds(&wrong));
}

#[test]
fn arithmetic_fails_by_name_and_conditions_then_hold() {
    let eval = |source: &str| Expr::infer(source, &scope()).unwrap().eval(&facts());
    assert_eq!(eval("price * 9223372036854775807"), Err(EvalError::Overflow));
    assert_eq!(eval("price / (price - price)"), Err(EvalError::DivisionByZero));
    let condition = Expr::infer("price / (price - price) > 1", &scope()).unwrap();
    assert!(condition.holds(&facts()));
    assert_eq!(eval("married || price / (price - price) > 1"), Ok(Fact::Bool(true)));
}

#[test]
fn mistakes_are_named() {
    use ExprErrorKind::*;
    for (source, kind, word) in [
        ("maried", UnknownName, "是不是想写“married”"),
        ("kind == home", UnknownName, "引号"),
        ("facts.married", Unsupported, "直接写事实名：`married`"),
        ("married and price > 1", Syntax, "&&"),
        ("price = 1", Syntax, "=="),
        ("(price > 1", Syntax, "括号"),
        ("price > 'a'", Operand, "同一类型"),
        ("area * 2", Operand, "2.0"),
        ("!price", Operand, ""),
        ("married ? 1 : 'a'", Operand, "分支"),
        ("years_betwen(born, today)", UnknownFunction, "years_between"),
        ("percent(price, kind)", Operand, "小数常量"),
        ("percent(price, '一')", Operand, "小数常量"),
        ("tags.exists(t, t == 'a')", Unsupported, "循环"),
        ("{'a': 1}", Unsupported, ""),
        ("tags[0] == 'a'", Unsupported, ""),
        ("price / 0", Operand, "除数"),
        ("1 in [1]", Operand, ""),
        ("null", Unsupported, "null"),
        ("", Syntax, ""),
    ] {
        let error = Expr::infer(source, &scope()).unwrap_err();
        assert_eq!(error.kind, kind, "{source}: {error:?}");
        let said = format!("{} {}", error.message, error.fix);
        assert!(said.contains(word), "{source}: {said}");
    }
    let result = Expr::compile("price", &scope(), FactType::Bool).unwrap_err();
    assert_eq!(result.kind, Result);
}

#[test]
fn size_and_depth_are_limited() {
    let deep = format!("{}married{}", "(".repeat(200), ")".repeat(200));
    let nots = format!("{}married", "!(".repeat(120)) + &")".repeat(120);
    let long = vec!["married"; 500].join(" || ");
    for source in [deep, nots, long] {
        assert!(Expr::infer(&source, &scope()).is_err(), "{source}");
    }
}

#[test]
fn the_facts_it_rests_on_are_known() {
    let expr = Expr::infer("married && (kind == 'a' || years_between(born, today) > 3)", &scope()).unwrap();
    let names: Vec<&str> = expr.names().iter().map(String::as_str).collect();
    assert_eq!(names, ["born", "kind", "married", "today"]);
}

fn any_fact() -> impl Strategy<Value = Fact> {
    prop_oneof![
        any::<bool>().prop_map(Fact::Bool),
        any::<i64>().prop_map(Fact::Int),
        any::<f64>().prop_map(Fact::Double),
        ".{0,8}".prop_map(Fact::Text),
        "[0-9]{4}-[0-9]{2}-[0-9]{2}".prop_map(Fact::Text),
        prop::collection::vec("[a-c]", 0..3).prop_map(Fact::List),
    ]
}

fn any_facts() -> impl Strategy<Value = Facts> {
    prop::collection::btree_map(
        prop::sample::select(scope().into_keys().collect::<Vec<_>>()),
        any_fact(),
        0..7,
    )
}

/// Text that is often an expression and often nearly one.
fn any_source() -> impl Strategy<Value = String> {
    let words = [
        "married",
        "price",
        "area",
        "kind",
        "tags",
        "born",
        "today",
        "&&",
        "||",
        "!",
        "==",
        "!=",
        "<",
        ">=",
        "+",
        "-",
        "*",
        "/",
        "%",
        "(",
        ")",
        "?",
        ":",
        "in",
        "[",
        "]",
        ",",
        "'a'",
        "\"家\"",
        "1",
        "2.5",
        "0",
        "true",
        "percent",
        "'1.5'",
        "years_between",
        "add_days",
        "size",
        ".",
        "contains",
        "min",
        "9223372036854775807",
        "{",
        "}",
        "'",
        "\\",
        "😀",
    ];
    prop::collection::vec(prop::sample::select(words.to_vec()), 0..14).prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn no_text_and_no_fact_makes_it_panic(source in any_source(), facts in any_facts()) {
        if let Ok(expr) = Expr::infer(&source, &scope()) {
            if let Ok(value) = expr.eval(&facts) {
                prop_assert_eq!(value.kind(), expr.kind());
            }
            let _ = expr.holds(&facts);
        }
    }

    #[test]
    fn arbitrary_text_never_panics(source in ".{0,80}") {
        let _ = Expr::infer(&source, &scope());
    }
}
