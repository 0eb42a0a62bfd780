//! SM3 and money.

use proptest::prelude::*;
use yimen_standards::money::{Fen, MoneyError};
use yimen_standards::sm3::{Sm3, sm3};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn sm3_vectors() {
    assert_eq!(hex(&sm3(b"abc")), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
    // The second example of GB/T 32905: "abcd" sixteen times.
    let long = b"abcd".repeat(16);
    assert_eq!(hex(&sm3(&long)), "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732");
    assert_eq!(hex(&sm3(b"")), "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b");
}

#[test]
fn money_people_type() {
    let ok = |text: &str| Fen::parse(text).unwrap().0;
    let typed =
        ["80", "80.00", "80.5", "0.05", "1,234.50", "￥80", "¥ 80", "80元", "８０．００", "12,345,678"];
    assert_eq!(typed.map(ok), [8000, 8000, 8050, 5, 123_450, 8000, 8000, 8000, 8000, 1_234_567_800]);
    let bad = |text: &str| Fen::parse(text).unwrap_err();
    assert_eq!(bad(" "), MoneyError::Empty);
    assert_eq!(bad("元"), MoneyError::Empty);
    assert_eq!(bad("-1"), MoneyError::Negative);
    assert_eq!(bad("1.234"), MoneyError::Decimals);
    assert_eq!(bad("99999999999999999"), MoneyError::TooLarge);
    assert_eq!(bad("999999999999999999999"), MoneyError::TooLarge);
    for text in ["八十", "1.", ".5", "1.2.3", "1,23", "1e3", "0x10", ",123", "12,34", "1 .a", "+5", "80%"] {
        assert_eq!(bad(text), MoneyError::Form, "{text}");
    }
}

#[test]
fn money_shown() {
    assert_eq!(Fen(8000).to_string(), "80.00元");
    assert_eq!(Fen(-5).plain(), "-0.05");
    assert_eq!(Fen(123_456_789).grouped(), "1,234,567.89");
    assert_eq!(Fen(12_345).grouped(), "123.45");
    assert_eq!(Fen(-100_000).grouped(), "-1,000.00");
    assert_eq!(Fen::total([Fen(1), Fen(2)]), Some(Fen(3)));
    assert_eq!(Fen::total([Fen(i64::MAX), Fen(1)]), None);
}

/// The examples of 支付结算办法 附一 are the ones from 1409.50 to 325.04.
#[test]
fn money_in_capitals() {
    let cases = [
        (0, "零元整"),
        (5, "伍分"),
        (50, "伍角整"),
        (8_000, "捌拾元整"),
        (1_000, "壹拾元整"),
        (140_950, "壹仟肆佰零玖元伍角整"),
        (600_714, "陆仟零柒元壹角肆分"),
        (168_032, "壹仟陆佰捌拾元零叁角贰分"),
        (10_700_053, "壹拾万柒仟元零伍角叁分"),
        (1_640_902, "壹万陆仟肆佰零玖元零贰分"),
        (32_504, "叁佰贰拾伍元零肆分"),
        (10_000_000_000, "壹亿元整"),
        (10_000_000_100, "壹亿零壹元整"),
        (1_000_100_000_000, "壹佰亿零壹佰万元整"),
        (100_010_001_000, "壹拾亿零壹拾万零壹拾元整"),
        (200_000_000, "贰佰万元整"),
        (i64::MAX, "玖亿贰仟贰佰叁拾叁万柒仟贰佰零叁亿陆仟捌佰伍拾肆万柒仟柒佰伍拾捌元零柒分"),
        (-8_000, "负捌拾元整"),
    ];
    for (fen, words) in cases {
        assert_eq!(Fen(fen).capitals(), words);
    }
}

/// Reads capitals back: digits, units of a group, then 万 and 亿 over what stands before them.
fn read_capitals(text: &str) -> i64 {
    let (mut whole, mut high, mut group, mut digit, mut fen) = (0, 0, 0, 0, 0);
    for c in text.chars() {
        match c {
            '拾' | '佰' | '仟' => {
                group += std::mem::take(&mut digit)
                    * [10, 100, 1000]["拾佰仟".chars().position(|u| u == c).unwrap()]
            }
            '万' => high += (std::mem::take(&mut group) + std::mem::take(&mut digit)) * 10_000,
            '亿' => {
                whole += (std::mem::take(&mut high) + std::mem::take(&mut group) + std::mem::take(&mut digit))
                    * 100_000_000
            }
            '元' => {
                whole += std::mem::take(&mut high) + std::mem::take(&mut group) + std::mem::take(&mut digit)
            }
            '角' => fen += std::mem::take(&mut digit) * 10,
            '分' => fen += std::mem::take(&mut digit),
            '整' => {}
            c => digit = "零壹贰叁肆伍陆柒捌玖".chars().position(|d| d == c).unwrap() as i64,
        }
    }
    whole * 100 + fen
}

proptest! {
    #[test]
    fn money_round_trips(fen in 0i64..) {
        prop_assert_eq!(Fen::parse(&Fen(fen).plain()).unwrap().0, fen);
        prop_assert_eq!(Fen::parse(&Fen(fen).grouped()).unwrap().0, fen);
        prop_assert_eq!(Fen::parse(&Fen(fen).to_string()).unwrap().0, fen);
    }

    #[test]
    fn capitals_can_be_read_back(fen in prop_oneof![0i64..1_000_000, 0i64..1_000_000_000_000, 0i64..900_000_000_000_000_000]) {
        let words = Fen(fen).capitals();
        prop_assert_eq!(read_capitals(&words), fen, "{}", &words);
        prop_assert!(!words.contains("零零") && !words.contains("零元") || fen == 0);
    }

    #[test]
    fn any_text_is_money_or_an_error(text in "\\PC{0,20}|[0-9.,元-]{0,20}") {
        let _ = Fen::parse(&text);
    }

    #[test]
    fn sm3_in_pieces_is_sm3(bytes in prop::collection::vec(any::<u8>(), 0..300), cut in 0usize..300) {
        let (a, b) = bytes.split_at(cut.min(bytes.len()));
        let mut digest = Sm3::new();
        digest.update(a);
        digest.update(b);
        prop_assert_eq!(digest.finish(), sm3(&bytes));
    }
}
