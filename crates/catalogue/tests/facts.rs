//! Facts as they lie sealed with a case: each kind comes back as it was.

use yimen_catalogue::Fact;

#[test]
fn facts_come_back_as_they_were_written_and_nothing_else_is_one() {
    let facts = [
        Fact::Bool(true),
        Fact::Int(i64::MIN),
        Fact::Int(7),
        Fact::Double(0.5),
        Fact::Text("二手房\"𠮷\"".into()),
        Fact::List(vec!["a".into(), "b".into()]),
        Fact::List(Vec::new()),
    ];
    for fact in facts {
        let text = serde_json::to_string(&fact).unwrap();
        assert_eq!(serde_json::from_str::<Fact>(&text).unwrap(), fact, "{text}");
        let value = serde_json::to_value(&fact).unwrap();
        assert_eq!(serde_json::from_value::<Fact>(value).unwrap(), fact, "{text}");
    }
    assert_eq!(
        serde_json::from_str::<Fact>("18446744073709551615").unwrap(),
        Fact::Double(18446744073709551615.0)
    );
    for other in ["null", "{}", "[1]", "[[]]"] {
        assert!(serde_json::from_str::<Fact>(other).is_err(), "{other}");
    }
}
