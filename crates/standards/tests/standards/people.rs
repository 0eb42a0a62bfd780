//! Numbers and names of people: resident IDs, phone numbers, names.

use proptest::prelude::*;
use yimen_standards::check;
use yimen_standards::id::{Fault, IdError, ResidentId, ResidentKind, Sex};
use yimen_standards::name::{self, NameError};
use yimen_standards::phone::{Phone, PhoneError};
use yimen_standards::time::Day;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn fault(text: &str) -> Fault {
    ResidentId::parse(text).unwrap_err().fault
}

/// A number with a right check character for any first 17 digits.
fn checked(body: &str) -> String {
    format!("{body}{}", char::from(check::mod_11_2(body).unwrap()))
}

#[test]
fn resident_id_vectors() {
    let id = ResidentId::parse("11010519491231002X").unwrap();
    assert_eq!((id.kind(), id.division(), id.sex()), (ResidentKind::Citizen, "110105", Sex::Female));
    assert_eq!(id.birth_date(), day("1949-12-31"));
    let id = ResidentId::parse("330102199001010012").unwrap();
    assert_eq!((id.sex().zh(), id.age_on(day("2026-11-23"))), ("男", 36));
    assert_eq!(id.masked(), "330102********0012");
    assert_eq!(ResidentId::parse("810000199001010027").unwrap().kind(), ResidentKind::HongKong);
    assert_eq!(ResidentId::parse("830000199001010039").unwrap().kind(), ResidentKind::Taiwan);
    assert_eq!(ResidentId::parse(&checked("82000019900101002")).unwrap().kind(), ResidentKind::Macao);
    let foreigner = ResidentId::parse(&checked("93384019900101002")).unwrap();
    assert_eq!((foreigner.kind(), foreigner.nationality()), (ResidentKind::Foreigner, Some("840")));
    assert_eq!(id.nationality(), None);
}

#[test]
fn historic_numbers_only_convert() {
    assert_eq!(ResidentId::from_historic("330102900101001").unwrap().as_str(), "330102199001010012");
    assert_eq!(fault("330102900101001"), Fault::Historic);
    assert!(ResidentId::from_historic("330102901301001").is_err());
    assert!(ResidentId::from_historic("330102199001010012").is_err());
}

#[test]
fn what_people_type_is_forgiven() {
    let want = ResidentId::parse("11010519491231002X").unwrap();
    for typed in [
        "11010519491231002x",
        " 110105 19491231 002X ",
        "110105-19491231-002X",
        "１１０１０５１９４９１２３１００２Ｘ",
        "\u{feff}11010519491231002X",
    ] {
        assert_eq!(ResidentId::parse(typed).unwrap(), want, "{typed}");
    }
}

#[test]
fn impossible_numbers_are_refused() {
    assert_eq!(fault(""), Fault::Empty);
    assert_eq!(fault("   "), Fault::Empty);
    assert_eq!(fault("3301021990010100"), Fault::Length);
    assert_eq!(fault("3301021990010100123"), Fault::Length);
    assert_eq!(fault("33010219900101X012"), Fault::Character);
    assert_eq!(fault("33010219900101001Z"), Fault::Character);
    assert_eq!(fault("三三〇一〇二一九九〇〇一〇一〇〇一二"), Fault::Character);
    assert_eq!(fault("330102199001010013"), Fault::Check);
    assert_eq!(fault(&checked("00000019900230001")), Fault::NoSuchDate);
    assert_eq!(fault(&checked("00000019901301001")), Fault::NoSuchDate);
    assert_eq!(fault(&checked("00000000010101001")), Fault::AbsurdBirth);
    assert_eq!(fault(&checked("00000099990101001")), Fault::AbsurdBirth);
    let today = day("2026-11-23");
    let on = |body: &str| ResidentId::parse_on(&checked(body), today).map_err(|e| e.fault);
    assert!(on("00000020261123001").is_ok(), "born today");
    assert_eq!(on("00000020261124001"), Err(Fault::FutureBirth));
    assert_eq!(on("00000018700101001"), Err(Fault::AbsurdBirth));
    assert!(on("00000018900101001").is_ok());
}

#[test]
fn messages_help_and_keep_quiet_about_the_number() {
    let message = |text: &str| ResidentId::parse(text).unwrap_err().message();
    assert_eq!(message("330102199001010013"), "身份证号码的最后一位（校验码）不对，请对照证件核对");
    assert_eq!(message("330102900101001"), "15位的旧身份证号码已停止使用，请填写现在的18位号码");
    let id = ResidentId::parse("330102199001010012").unwrap();
    assert_eq!(format!("{id:?}"), "ResidentId(330102********0012)");
    let serde = serde_json::from_str::<ResidentId>("\"330102199001010013\"").unwrap_err().to_string();
    assert!(!serde.contains("330102"), "{serde}");
}

proptest! {
    #[test]
    fn resident_ids_round_trip(division in 0u32..1_000_000, n in 0i64..90_000, serial in 0u32..1000) {
        let born = day("1850-01-01").plus_days(n);
        let body = format!("{division:06}{}{serial:03}", born.to_string().replace('-', ""));
        let text = checked(&body);
        let id = ResidentId::parse(&text).unwrap();
        prop_assert_eq!(id.as_str(), &text);
        prop_assert_eq!(id.birth_date(), born);
        prop_assert_eq!(id.sex(), if serial % 2 == 1 { Sex::Male } else { Sex::Female });
        let json = serde_json::to_string(&id).unwrap();
        prop_assert_eq!(serde_json::from_str::<ResidentId>(&json).unwrap(), id);
        let masked = id.masked();
        prop_assert!(masked.len() == 18 && &masked[6..14] == "********");
    }

    #[test]
    fn one_wrong_digit_is_always_found(n in 0i64..60_000, serial in 0u32..1000, at in 0usize..17, other in 0u8..10) {
        let born = day("1900-01-01").plus_days(n).to_string().replace('-', "");
        let text = checked(&format!("000000{born}{serial:03}"));
        let mut wrong = text.clone().into_bytes();
        prop_assume!(wrong[at] != b'0' + other);
        wrong[at] = b'0' + other;
        prop_assert!(ResidentId::parse(std::str::from_utf8(&wrong).unwrap()).is_err());
    }

    #[test]
    fn two_neighbours_swapped_are_always_found(n in 0i64..60_000, serial in 0u32..1000, at in 0usize..16) {
        let born = day("1900-01-01").plus_days(n).to_string().replace('-', "");
        let mut text = checked(&format!("000000{born}{serial:03}")).into_bytes();
        // The first place from `at` on, round and round, where the neighbours differ: the year has some.
        let at = (at..at + 16).map(|i| i % 16).find(|&i| text[i] != text[i + 1]).unwrap();
        text.swap(at, at + 1);
        prop_assert!(ResidentId::parse(std::str::from_utf8(&text).unwrap()).is_err());
    }

    #[test]
    fn any_text_is_a_person_or_an_error(text in "\\PC{0,24}|[0-9Xx -]{10,22}") {
        if let Err(error) = ResidentId::parse(&text) {
            let IdError { .. } = error;
            prop_assert!(error.message().contains("身份证"));
            prop_assert!(text.len() < 4 || !error.message().contains(&text));
        }
        let _ = ResidentId::from_historic(&text);
        let _ = Phone::parse(&text);
        let normal = name::normalise(&text);
        prop_assert_eq!(&name::normalise(&normal), &normal, "normalising twice changes nothing");
        let _ = name::check(&normal);
    }
}

#[test]
fn phones() {
    let ok = |text: &str| Phone::parse(text).unwrap().as_str().to_owned();
    for typed in [
        "13800001234",
        "138 0000 1234",
        "138-0000-1234",
        "+86 138 0000 1234",
        "008613800001234",
        "8613800001234",
        "１３８００００１２３４",
    ] {
        assert_eq!(ok(typed), "13800001234", "{typed}");
    }
    assert_eq!(ok("0571-87654321"), "0571-87654321");
    assert_eq!(ok("(0571)8765 4321"), "0571-87654321");
    assert_eq!(ok("057187654321"), "0571-87654321");
    assert_eq!(ok("010 62345678"), "010-62345678");
    assert_eq!(ok("0571-87654321-801"), "0571-87654321-801");
    assert_eq!(ok("0571-87654321转801"), "0571-87654321-801");
    assert_eq!(ok("0912-3456789"), "0912-3456789");
    assert_eq!(Phone::parse("13800001234").unwrap().masked(), "138****1234");
    assert_eq!(Phone::parse("0571-87654321-801").unwrap().masked(), "0571-****4321");
    assert_eq!(format!("{:?}", Phone::parse("13800001234").unwrap()), "Phone(138****1234)");
    let bad = |text: &str| Phone::parse(text).unwrap_err();
    assert_eq!(bad(" "), PhoneError::Empty);
    assert_eq!(bad("--"), PhoneError::Character);
    assert_eq!(bad("1380000123"), PhoneError::MobileLength);
    assert_eq!(bad("138000012345"), PhoneError::MobileLength);
    assert_eq!(bad("12800001234"), PhoneError::MobilePrefix);
    assert_eq!(bad("87654321"), PhoneError::AreaCode);
    assert_eq!(bad("0571-1234"), PhoneError::Landline);
    assert_eq!(bad("0571-07654321"), PhoneError::Landline);
    assert_eq!(bad("05"), PhoneError::Landline);
    assert_eq!(bad("0571"), PhoneError::Landline);
    assert_eq!(bad("电话"), PhoneError::Character);
}

proptest! {
    #[test]
    fn phones_round_trip(text in "1[3-9][0-9]{9}|0(10|2[0-9]|[3-9][0-9]{2})-[2-9][0-9]{6,7}(-[0-9]{1,6})?") {
        let phone = Phone::parse(&text).unwrap();
        prop_assert_eq!(phone.as_str(), &text);
        prop_assert_eq!(&Phone::parse(phone.as_str()).unwrap(), &phone);
        let shown = phone.masked();
        prop_assert!(shown.contains("****"));
    }
}

#[test]
fn rare_and_long_names_are_names() {
    let uyghur = "阿卜杜热合曼·吐尔逊艾合买提·麦麦提依明阿吉江";
    for good in [
        "王",
        "欧阳娜娜",
        "\u{4DAE}",
        "\u{20BB7}野家",
        "王禛",
        uyghur,
        "John Smith",
        "O'Neill",
        "ئابدۇرېھىم",
        "张\u{E000}",
        "杭州某某（集团）有限公司",
        "3M中国有限公司",
    ] {
        assert_eq!(name::parse(good).as_deref(), Ok(good), "{good}");
    }
    assert_eq!(name::check(&"王".repeat(50)), Ok(()));
    assert_eq!(name::check(&"\u{20BB7}".repeat(50)), Ok(()), "characters are counted, not bytes");
    assert_eq!(name::check(&"王".repeat(51)), Err(NameError::TooLong));
}

#[test]
fn names_have_one_spelling() {
    for dot in ["•", "∙", "．", "・", "·", ".", " · ", "‧", "･"] {
        assert_eq!(name::normalise(&format!("艾力{dot}买买提")), "艾力·买买提", "{dot}");
    }
    assert_eq!(name::normalise("  张　三 "), "张三");
    assert_eq!(name::normalise("ＪＯＨＮ  SMITH\u{200B}"), "JOHN SMITH");
    // Marks that nobody sees, so nobody could delete them.
    for mark in ["\u{200E}", "\u{200F}", "\u{202E}", "\u{2066}", "\u{AD}", "\u{FE00}", "\u{FEFF}"] {
        assert_eq!(name::parse(&format!("{mark}葛{mark}三")).as_deref(), Ok("葛三"), "{mark:?}");
    }
    assert_eq!(name::normalise("John A. Smith"), "John A. Smith");
    assert_eq!(name::normalise("王 John"), "王 John");
}

#[test]
fn what_cannot_be_a_name() {
    let bad = |text: &str| name::parse(text).unwrap_err();
    assert_eq!(bad("  "), NameError::Empty);
    assert_eq!(bad("12345"), NameError::NoLetter);
    assert_eq!(bad("——"), NameError::NoLetter);
    assert_eq!(bad("张三😀"), NameError::Emoji);
    assert_eq!(bad("张❤三"), NameError::Emoji);
    assert_eq!(bad("张\u{0}三"), NameError::Control);
    assert_eq!(bad("张\u{1B}三"), NameError::Control);
    assert_eq!(bad("张\u{FFFD}"), NameError::Control);
    for markup in ["<script>alert(1)</script>", "张<三", "张三>", "{{张三}}", "张三\"", "张\\三"] {
        assert_eq!(bad(markup), NameError::Markup, "{markup}");
    }
    let told = NameError::Markup.message();
    assert!(told.contains("< > { } \\ \"") && told.contains("请删除后按证件填写"), "{told}");
    for real in [
        "杭州一门（集团）有限公司",
        "𠮷田",
        "䶮",
        "阿依古丽·买买提",
        "O'Brien-Smith, Jr.",
        "3M中国有限公司",
        "李(2)",
        "“老地方”餐馆",
        "A&B咖啡",
        "Jean-Luc Émile",
        "上海 / 杭州联合体",
    ] {
        assert_eq!(name::check(&name::normalise(real)), Ok(()), "{real}");
    }
    assert_eq!(bad("·张三"), NameError::Separator);
    assert_eq!(bad("张··三"), NameError::Separator);
}
