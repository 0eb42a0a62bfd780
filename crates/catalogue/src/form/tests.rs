//! What people type, what is understood, and what they are told when it is not.

use proptest::prelude::*;

use super::*;
use crate::facts::Fact;
use crate::model::{Choice, Field, FieldKind};

fn field(kind: FieldKind, label: &str) -> Field {
    let options = [("home", "住宅"), ("shop", "商铺"), ("office", "办公")];
    let has_options = matches!(kind, FieldKind::Choice | FieldKind::Choices);
    Field {
        id: "f".into(),
        label: label.into(),
        kind,
        hint: None,
        optional: false,
        when: None,
        options: options
            .iter()
            .filter(|_| has_options)
            .map(|(value, label)| Choice { value: (*value).into(), label: (*label).into() })
            .collect(),
        min: None,
        max: None,
        prefill: None,
        element: None,
    }
}

fn take(field: &Field, values: &[&str]) -> Result<Option<Fact>, String> {
    let values: Vec<String> = values.iter().map(|v| (*v).to_owned()).collect();
    let (facts, errors) = parse(&[field], &|_| values.clone());
    match errors.first() {
        Some(error) => Err(error.message.clone()),
        None => Ok(facts.get("f").cloned()),
    }
}

fn fact(kind: FieldKind, typed: &str) -> Option<Fact> {
    take(&field(kind, "这一项"), &[typed]).unwrap_or_else(|e| panic!("{typed}: {e}"))
}

fn refusal(kind: FieldKind, label: &str, typed: &[&str]) -> String {
    take(&field(kind, label), typed).expect_err("should be refused")
}

#[test]
fn numbers_are_forgiving() {
    for typed in ["3", "３", " 3 ", "3\u{200b}", "+3"] {
        assert_eq!(fact(FieldKind::Number, typed), Some(Fact::Int(3)), "{typed}");
    }
    assert_eq!(fact(FieldKind::Number, "1，200"), Some(Fact::Int(1200)));
    assert_eq!(refusal(FieldKind::Number, "床位数", &["三"]), "床位数应为整数，例如 3");
    assert_eq!(refusal(FieldKind::Number, "床位数", &["-1"]), "床位数不能小于 0");
    assert!(refusal(FieldKind::Number, "床位数", &["99999999999999999999"]).starts_with("床位数"));
}

#[test]
fn money_is_forgiving_and_exact() {
    for (typed, fen) in [
        ("1500000", 150_000_000),
        ("1500000.00", 150_000_000),
        ("1,500,000.5", 150_000_050),
        ("１５０００００。００", 150_000_000),
        ("￥1500000元", 150_000_000),
        ("150万", 150_000_000),
        ("150.5万元", 150_500_000),
        ("0.01", 1),
        ("0", 0),
    ] {
        assert_eq!(fact(FieldKind::Money, typed), Some(Fact::Int(fen)), "{typed}");
    }
    assert_eq!(refusal(FieldKind::Money, "成交价", &["一百万"]), "成交价应为数字，例如 1500000.00");
    assert!(refusal(FieldKind::Money, "成交价", &["1.005"]).contains("精确到分"));
    assert!(refusal(FieldKind::Money, "成交价", &["999999999999999"]).contains("不能大于"));
    let bounded = Field { min: Some(1), max: Some(100), ..field(FieldKind::Money, "押金") };
    assert_eq!(take(&bounded, &["0.5"]), Err("押金不能小于 1 元".into()));
    assert_eq!(take(&bounded, &["100.01"]), Err("押金不能大于 100 元".into()));
    assert_eq!(take(&bounded, &["100.00"]), Ok(Some(Fact::Int(10_000))));
}

#[test]
fn dates_are_forgiving() {
    for typed in [
        "2026-11-22",
        "2026/11/22",
        "2026.11.22",
        "2026。11。22",
        "2026年11月22日",
        "20261122",
        "２０２６－１１－２２",
    ] {
        assert_eq!(fact(FieldKind::Date, typed), Some(Fact::from("2026-11-22")), "{typed}");
    }
    assert_eq!(fact(FieldKind::Date, "2026年1月2号"), Some(Fact::from("2026-01-02")));
    let parts = take(&field(FieldKind::Date, "出生日期"), &["2026", "1", "2"]);
    assert_eq!(parts, Ok(Some(Fact::from("2026-01-02"))));
    for typed in ["2026-02-29", "26-1-2", "昨天", "2026-13-01", "2026", "0000-00-00", "99999999"] {
        let said = refusal(FieldKind::Date, "出生日期", &[typed]);
        assert_eq!(said, "出生日期应为真实存在的日期，例如 2026-11-22", "{typed}");
    }
}

#[test]
fn names_of_every_script_pass() {
    for typed in ["王", "买买提·阿不都", "买买提•阿不都", "𠮷田", "䶮", "John Smith", &"长".repeat(50)]
    {
        assert!(matches!(fact(FieldKind::Name, typed), Some(Fact::Text(_))), "{typed}");
    }
    assert_eq!(fact(FieldKind::Name, "买买提．阿不都"), Some(Fact::from("买买提·阿不都")));
    let said = refusal(FieldKind::Name, "卖方姓名", &[&"长".repeat(51)]);
    assert!(said.starts_with("卖方姓名或名称最多50个字"), "{said}");
    assert!(take(&field(FieldKind::Name, "卖方姓名"), &["12345"]).is_err());
}

#[test]
fn identity_numbers_are_checked() {
    assert_eq!(fact(FieldKind::ResidentId, "11010519491231002x"), Some(Fact::from("11010519491231002X")));
    assert_eq!(fact(FieldKind::ResidentId, "330102 19900101 0012"), Some(Fact::from("330102199001010012")));
    let said = refusal(FieldKind::ResidentId, "卖方身份证号", &["330102199001010013"]);
    assert!(said.starts_with("卖方身份证号码的最后一位") && !said.contains("330102"), "{said}");
    assert_eq!(fact(FieldKind::CreditCode, "91330100ma2abcdexg"), Some(Fact::from("91330100MA2ABCDEXG")));
    assert!(take(&field(FieldKind::EstateUnit, "不动产单元号"), &["330102001001GB00001F00010001"]).is_ok());
}

#[test]
fn a_label_is_said_once_in_what_is_wrong() {
    assert_eq!(
        refusal(FieldKind::EstateUnit, "不动产单元号", &["330102"]),
        "不动产单元号应为28位，请对照不动产权证书检查是否多填或漏填"
    );
    let said = refusal(FieldKind::ResidentId, "另一位共有人的身份证号", &["330102"]);
    assert!(said.starts_with("另一位共有人的身份证号码应为18位"), "{said}");
    let said = refusal(FieldKind::CreditCode, "统一社会信用代码", &["9133"]);
    assert!(said.starts_with("统一社会信用代码应为18位"), "{said}");
    assert!(refusal(FieldKind::Phone, "手机号", &["138"]).starts_with("手机号码应为11位"));
    // Where a sentence begins otherwise, the label stands before it.
    assert!(refusal(FieldKind::Phone, "联系方式", &["138"]).starts_with("联系方式：手机号码应为11位"));
    assert!(refusal(FieldKind::ResidentId, "本人", &["330102"]).starts_with("本人：身份证号码应为18位"));
    // Over every kind and fault, with the labels that packs have: no label twice.
    for (kind, label) in [
        (FieldKind::ResidentId, "卖方身份证号"),
        (FieldKind::CreditCode, "单位的统一社会信用代码"),
        (FieldKind::EstateUnit, "不动产单元号"),
        (FieldKind::Phone, "联系电话"),
        (FieldKind::Name, "姓名"),
    ] {
        for typed in ["1", "x1", "13800", "99", "000000186001010058", "😀", "110105491231002"] {
            let Err(said) = take(&field(kind, label), &[typed]) else { continue };
            assert_eq!(said.matches(label).count(), 1, "{said}");
        }
    }
}

#[test]
fn choices_are_taken_by_value_or_label() {
    assert_eq!(fact(FieldKind::Choice, "home"), Some(Fact::from("home")));
    assert_eq!(fact(FieldKind::Choice, "商铺"), Some(Fact::from("shop")));
    let many = take(&field(FieldKind::Choices, "用途"), &["office", "home", "home"]);
    assert_eq!(many, Ok(Some(Fact::List(vec!["home".into(), "office".into()]))));
    assert!(refusal(FieldKind::Choice, "用途", &["castle"]).contains("从所列选项中"));
    assert!(refusal(FieldKind::Choices, "用途", &["home", "castle"]).contains("从所列选项中"));
    assert_eq!(refusal(FieldKind::Choices, "用途", &[]), "请至少选择一项用途");
    assert_eq!(refusal(FieldKind::Choice, "用途", &[""]), "请选择用途");
}

#[test]
fn contradictions_are_told() {
    let told = "有贷款收到了两个不同的答案，请只保留一个";
    assert_eq!(refusal(FieldKind::Boolean, "有贷款", &["yes", "no"]), told);
    assert!(refusal(FieldKind::Choice, "用途", &["home", "shop"]).contains("两个不同的答案"));
    assert!(refusal(FieldKind::Text, "地址", &["甲", "乙"]).contains("两个不同的答案"));
    // The same answer twice is one answer.
    assert_eq!(take(&field(FieldKind::Boolean, "有贷款"), &["yes", "是"]), Ok(Some(Fact::Bool(true))));
}

#[test]
fn a_missing_answer_is_asked_for_by_name() {
    for blank in ["", "   ", "\u{3000}", "\u{200b}"] {
        assert_eq!(refusal(FieldKind::Text, "卖方姓名", &[blank]), "请填写卖方姓名", "{blank:?}");
    }
    let optional = Field { optional: true, ..field(FieldKind::Money, "押金") };
    assert_eq!(take(&optional, &[""]), Ok(None));
    assert_eq!(take(&optional, &[]), Ok(None));
    assert!(take(&optional, &["x"]).is_err());
}

#[test]
fn texts_have_a_longest() {
    let said = refusal(FieldKind::Address, "坐落", &[&"路".repeat(201)]);
    assert_eq!(said, "坐落不能超过 200 个字，现在有 201 个字");
    assert_eq!(fact(FieldKind::Text, "（东区）１号\u{202e}"), Some(Fact::from("（东区）1号")));
    assert_eq!(fact(FieldKind::LongText, "一\r\n二"), Some(Fact::from("一\n二")));
    assert_eq!(fact(FieldKind::Text, "一\n二"), Some(Fact::from("一 二")));
}

#[test]
fn extra_fields_are_flagged() {
    let known = field(FieldKind::Text, "甲");
    assert_eq!(extras(&[&known], ["f", "role", "is_admin"]), ["role", "is_admin"]);
}

#[test]
fn what_is_shown_is_masked_and_readable() {
    let shown = |kind, fact: Fact| display(&field(kind, "x"), &fact);
    assert_eq!(shown(FieldKind::ResidentId, Fact::from("330102199001010012")), "330102********0012");
    assert_eq!(shown(FieldKind::Phone, Fact::from("13800001234")), "138****1234");
    let written =
        Fact::from("长子𠮷田青330102199001010012，次子未满月；证号33010219900101001211，电话0571-000000");
    let read = "长子𠮷田青330102********0012，次子未满月；证号330102********001211，电话0571-000000";
    assert_eq!(shown(FieldKind::LongText, written.clone()), read);
    // What was masked is there to be asked for, and nothing else is.
    let whole = |kind, fact: &Fact| unmasked(&field(kind, "x"), fact).map(str::to_owned);
    assert_eq!(whole(FieldKind::Phone, &Fact::from("13800001234")).as_deref(), Some("13800001234"));
    assert!(whole(FieldKind::LongText, &written).is_some_and(|text| text.contains("青330102199001010012")));
    assert_eq!(whole(FieldKind::Text, &Fact::from("青年路1号")), None);
    assert_eq!(whole(FieldKind::Date, &Fact::from("2026-01-02")), None);
    assert_eq!(shown(FieldKind::Money, Fact::Int(150_000_050)), "1,500,000.50元");
    assert_eq!(shown(FieldKind::Area, Fact::Double(89.5)), "89.50平方米");
    assert_eq!(shown(FieldKind::Date, Fact::from("2026-01-02")), "2026年1月2日");
    assert_eq!(shown(FieldKind::Choices, Fact::List(vec!["home".into(), "shop".into()])), "住宅、商铺");
    assert_eq!(shown(FieldKind::Boolean, Fact::Bool(false)), "否");
}

#[test]
fn an_area_of_nothing_is_asked_again_unless_the_form_allows_it() {
    let ask = |field: &Field, typed: &str| parse(&[field], &|_| vec![typed.to_owned()]).1.len();
    let house = field(FieldKind::Area, "建筑面积");
    assert_eq!(
        (ask(&house, "0"), ask(&house, "0.00"), ask(&house, "0.01"), ask(&house, "89.5㎡")),
        (1, 1, 0, 0)
    );
    assert_eq!(ask(&Field { min: Some(0), ..house }, "0"), 0);
}

const KINDS: [FieldKind; 15] = [
    FieldKind::Text,
    FieldKind::LongText,
    FieldKind::Number,
    FieldKind::Money,
    FieldKind::Date,
    FieldKind::Boolean,
    FieldKind::Choice,
    FieldKind::Choices,
    FieldKind::Name,
    FieldKind::ResidentId,
    FieldKind::CreditCode,
    FieldKind::Phone,
    FieldKind::Address,
    FieldKind::EstateUnit,
    FieldKind::Area,
];

fn typed() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,40}",
        "[0-9０-９,.。，万元年月日/ -]{0,20}",
        "[0-9]{17}[0-9Xx]",
        "1[3-9][0-9]{9}",
        "[0-9]{1,9}(\\.[0-9]{1,3})?",
        "[12][0-9]{3}-[0-9]{1,2}-[0-9]{1,2}",
        prop::sample::select(vec!["yes", "no", "home", "商铺", "𠮷", "䶮·甲", "\u{0}", "\u{feff}", ""])
            .prop_map(str::to_owned),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn nothing_typed_makes_it_panic(
        kind in prop::sample::select(KINDS.to_vec()),
        values in prop::collection::vec(typed(), 0..4),
    ) {
        let field = field(kind, "这一项");
        let (facts, errors) = parse(&[&field], &|_| values.clone());
        prop_assert_eq!(facts.len() + errors.len(), 1);
        if let Some(fact) = facts.get("f") {
            prop_assert_eq!(fact.kind(), kind.fact_type());
        }
    }

    /// What an input shows again is understood as what it was.
    #[test]
    fn raw_comes_back_the_same(kind in prop::sample::select(KINDS.to_vec()), values in prop::collection::vec(typed(), 1..3)) {
        let field = field(kind, "这一项");
        let (facts, _) = parse(&[&field], &|_| values.clone());
        if let Some(fact) = facts.get("f") {
            let shown = raw(&field, fact);
            let (again, errors) = parse(&[&field], &|_| shown.clone());
            prop_assert_eq!(again.get("f"), Some(fact), "{:?} {:?}", shown, errors);
        }
    }

    /// What is displayed unmasked could be typed in again.
    #[test]
    fn display_can_be_typed_in(
        kind in prop::sample::select(vec![FieldKind::Money, FieldKind::Date, FieldKind::Area, FieldKind::Choice, FieldKind::Number, FieldKind::Boolean]),
        values in prop::collection::vec(typed(), 1..2),
    ) {
        let field = field(kind, "这一项");
        let (facts, _) = parse(&[&field], &|_| values.clone());
        if let Some(fact) = facts.get("f") {
            let shown = vec![display(&field, fact)];
            let (again, _) = parse(&[&field], &|_| shown.clone());
            prop_assert_eq!(again.get("f"), Some(fact), "{:?}", shown);
        }
    }
}
