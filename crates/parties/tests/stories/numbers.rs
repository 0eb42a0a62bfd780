//! The one form of a number, for every way of typing it.

use crate::world::resident;
use proptest::prelude::*;
use yimen_parties::{LegalNumber, NumberKind, PartyKind, canonical, initials, mask_name};

/// Puts noise between the characters of a number as people and programs do.
fn noisy(number: &str, noise: &[usize]) -> String {
    let marks = ["", " ", "-", "\u{3000}", "\u{200B}", "－", "\u{2011}", "\t"];
    let wide = |c: char| char::from_u32(c as u32 + 0xFEE0).unwrap_or(c);
    let mut out = String::new();
    for (c, n) in number.chars().zip(noise.iter().cycle()) {
        out.push_str(marks[n % marks.len()]);
        out.push(if n % 3 == 0 { wide(c) } else { c.to_ascii_lowercase() });
    }
    out
}

fn birth() -> impl Strategy<Value = String> {
    (1900..2000, 1..=12, 1..=28).prop_map(|(y, m, d)| format!("{y:04}{m:02}{d:02}"))
}

proptest! {
    #[test]
    fn however_a_number_is_typed_it_has_one_form(
        birth in birth(), serial in 0..1000_u32, noise in prop::collection::vec(0..64_usize, 1..20),
    ) {
        let number = resident(&birth, serial);
        let typed = noisy(&number, &noise);
        prop_assert_eq!(canonical(&typed), number.clone());
        let parsed = LegalNumber::parse(NumberKind::ResidentId, &typed).unwrap();
        prop_assert_eq!(parsed.as_str(), number.as_str());
        prop_assert_eq!(canonical(&canonical(&typed)), number);
    }

    #[test]
    fn the_fifteen_digit_form_is_the_eighteen_digit_one(birth in birth(), serial in 0..1000_u32) {
        let number = resident(&birth, serial);
        let historic = format!("{}{}", &number[..6], &number[8..17]);
        prop_assert_eq!(canonical(&historic), number);
        prop_assert!(LegalNumber::parse(NumberKind::ResidentId, &historic).is_err(), "taken in as a new number");
    }

    #[test]
    fn any_text_at_all_is_survived(text in ".{0,60}", kind in 0..7_usize) {
        let once = canonical(&text);
        prop_assert_eq!(canonical(&once), once.clone());
        if let Ok(number) = LegalNumber::parse(NumberKind::ALL[kind], &text) {
            prop_assert_eq!(canonical(number.as_str()), number.as_str(), "found by the form it is kept in");
            let shown = number.masked();
            prop_assert!(kind == 1 || shown != number.as_str(), "not masked: {}", shown);
        }
        let read = initials(&text);
        prop_assert!(read.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()), "{}", read);
    }

    #[test]
    fn a_masked_name_keeps_at_most_two_characters(name in "[\u{4E00}-\u{9FFF}𠮷·]{1,50}") {
        let shown = mask_name(PartyKind::Natural, &name);
        prop_assert!(shown.contains('*'));
        prop_assert!(shown.chars().filter(|c| *c != '*').count() <= 2);
        prop_assert!(shown.chars().count() <= 5);
    }
}

#[test]
fn names_are_masked_as_people_expect() {
    for (name, shown) in [
        ("", ""),
        ("张", "*"),
        ("张三", "张*"),
        ("张小三", "张*三"),
        ("欧阳小三", "欧**三"),
        ("玛依拉·阿布都热合曼", "玛***曼"),
        ("𠮷田三", "𠮷*三"),
    ] {
        assert_eq!(mask_name(PartyKind::Natural, name), shown);
    }
}

#[test]
fn a_bare_number_is_taken_for_what_it_looks_like() {
    let kind = |text: &str| LegalNumber::guess(text).map(|number| number.kind());
    assert_eq!(kind("11010519491231002X"), Ok(NumberKind::ResidentId));
    assert_eq!(kind("330102199001010012"), Ok(NumberKind::ResidentId));
    assert_eq!(kind("91330100MA2ABCDEXG"), Ok(NumberKind::CreditCode));
    assert_eq!(kind("11100000000013338w"), Ok(NumberKind::CreditCode));
    let told = kind("110105194912310021").unwrap_err();
    assert!(told.contains("校验码"), "{told}");
}

#[test]
fn passes_and_passports_are_masked_but_for_their_ends() {
    let masked = |kind, text| LegalNumber::parse(kind, text).unwrap().masked();
    assert_eq!(masked(NumberKind::HongKongMacaoPass, "h12345678"), "H1*****78");
    assert_eq!(masked(NumberKind::TaiwanPass, "12345678"), "12****78");
    assert_eq!(masked(NumberKind::Passport, "E1234"), "E***4");
}
