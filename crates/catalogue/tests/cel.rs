//! Conditions mean what CEL means: the evaluator is compared with the interpreter of the `cel` crate, and the parser it
//! uses with that crate's other one.

use cel::{Context, Program, Value};
use proptest::prelude::*;
use yimen_catalogue::expr::{Expr, Scope};
use yimen_catalogue::{Fact, FactType, Facts};

fn scope() -> Scope {
    [
        ("b", FactType::Bool),
        ("n", FactType::Int),
        ("x", FactType::Double),
        ("s", FactType::Text),
        ("l", FactType::List),
    ]
    .map(|(name, kind)| (name.to_owned(), kind))
    .into()
}

fn context(facts: &Facts) -> Context<'static, 'static> {
    let mut context = Context::default();
    for (name, fact) in facts {
        let value: Value = match fact {
            Fact::Bool(b) => (*b).into(),
            Fact::Int(n) => (*n).into(),
            Fact::Double(x) => (*x).into(),
            Fact::Text(s) => s.as_str().into(),
            Fact::List(l) => l.clone().into(),
        };
        context.add_variable_from_value(name.clone(), value);
    }
    context
}

fn as_fact(value: &Value) -> Option<Fact> {
    match value {
        Value::Bool(b) => Some(Fact::Bool(*b)),
        Value::Int(n) => Some(Fact::Int(*n)),
        Value::Float(x) => Some(Fact::Double(*x)),
        Value::String(s) => Some(Fact::Text(s.to_string())),
        _ => None,
    }
}

fn boolean() -> impl Strategy<Value = String> {
    let order = prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">="]);
    let leaf = prop_oneof![
        Just("b".to_owned()),
        Just("true".to_owned()),
        (integer(), order.clone(), integer()).prop_map(|(a, o, b)| format!("({a}) {o} ({b})")),
        (order.clone(), -3..3_i64).prop_map(|(o, n)| format!("x {o} {n}")),
        (order, prop::sample::select(vec!["'a'", "'ab'", "'家'", "''"]))
            .prop_map(|(o, t)| format!("s {o} {t}")),
        prop::sample::select(vec![
            "s in ['a', '家']",
            "'a' in l",
            "s.contains('a')",
            "s.startsWith('a')",
            "size(l) > 1"
        ])
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) && ({b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) || ({b})")),
            inner.clone().prop_map(|a| format!("!({a})")),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("({a}) ? ({b}) : ({c})")),
        ]
    })
}

fn integer() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("n".to_owned()),
        (-5..5_i64).prop_map(|n| n.to_string()),
        Just("size(s)".to_owned())
    ];
    leaf.prop_recursive(3, 12, 2, |inner| {
        let op = prop::sample::select(vec!["+", "-", "*", "/", "%"]);
        (inner.clone(), op, inner).prop_map(|(a, op, b)| format!("({a}) {op} ({b})"))
    })
}

fn facts() -> impl Strategy<Value = Facts> {
    let texts = prop::sample::select(vec!["", "a", "ab", "家"]);
    let list = prop::collection::vec(texts.clone().prop_map(str::to_owned), 0..3);
    (any::<bool>(), prop_oneof![-4..4_i64, any::<i64>()], -4.0..4.0_f64, texts, list).prop_map(
        |(b, n, x, s, l)| {
            Facts::from([
                ("b".to_owned(), Fact::Bool(b)),
                ("n".to_owned(), Fact::Int(n)),
                ("x".to_owned(), Fact::Double(x)),
                ("s".to_owned(), Fact::from(s)),
                ("l".to_owned(), Fact::List(l)),
            ])
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_evaluator_agrees_with_the_interpreter(source in prop_oneof![boolean(), integer()], facts in facts()) {
        // A literal zero divisor is refused when the pack is checked.
        let Ok(expr) = Expr::infer(&source, &scope()) else { return Ok(()) };
        let program = Program::compile(&source).expect("what we accept is CEL");
        match (expr.eval(&facts), program.execute(&context(&facts))) {
            (Ok(ours), Ok(theirs)) => prop_assert_eq!(Some(ours), as_fact(&theirs), "{}", source),
            (Err(_), Err(_)) => {}
            (ours, theirs) => prop_assert!(false, "{}: {:?} but {:?}", source, ours, theirs),
        }
    }

    #[test]
    fn both_parsers_read_the_same(source in prop_oneof![boolean(), integer()]) {
        let quick = cel::parser::PrattParser::new().parse(&source);
        let reference = cel::parser::Parser::new().parse(&source);
        prop_assert_eq!(quick.is_ok(), reference.is_ok(), "{}", source);
        if let (Ok(quick), Ok(reference)) = (quick, reference) {
            prop_assert_eq!(quick.expr, reference.expr, "{}", source);
        }
    }
}
