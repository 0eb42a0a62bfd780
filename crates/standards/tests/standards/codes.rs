//! Codes of bodies, places, services, real estate, licences and cases.

use proptest::prelude::*;
use yimen_standards::case_number::CaseNumber;
use yimen_standards::check;
use yimen_standards::id::{
    CreditCode, DivisionCode, DivisionLevel, EstateUnit, ExerciseLevel, Fault, LicenceId, OrganisationCode,
    ServiceCode, ServiceScheme,
};
use yimen_standards::time::Day;

const CREDIT: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";

fn with(body: &str, check: Option<u8>) -> String {
    format!("{body}{}", char::from(check.unwrap()))
}

/// Puts another character of `alphabet` at a place; `None` when it is the same one.
fn corrupted(text: &str, at: usize, alphabet: &str, pick: usize) -> Option<String> {
    let other = alphabet.as_bytes()[pick % alphabet.len()];
    let mut bytes = text.as_bytes().to_vec();
    (bytes[at] != other).then(|| {
        bytes[at] = other;
        String::from_utf8(bytes).unwrap()
    })
}

#[test]
fn credit_code_vectors() {
    for code in [
        "11100000MB03271699",
        "11100000000013338W",
        "11330105002500287C",
        "11430000006122244L",
        "11370800MB28559184",
        "91110000600037341L",
        "91330100MA2ABCDEXG",
        "11330100MB0000000N",
    ] {
        let parsed = CreditCode::parse(code).unwrap();
        assert_eq!(parsed.as_str(), code);
        assert_eq!(parsed.organisation().as_str(), &code[8..17]);
        assert_eq!(CreditCode::parse(&code.to_lowercase()).unwrap(), parsed);
    }
    let ministry = CreditCode::parse("11100000MB03271699").unwrap();
    assert_eq!(
        (ministry.category(), ministry.category_zh(), ministry.division()),
        ("11", Some("机关"), "100000")
    );
    assert_eq!(ministry.organisation().to_string(), "MB032716-9");
}

#[test]
fn a_village_cooperative_starts_with_a_letter() {
    let body = format!("N2330105{}", with("MF123456", check::organisation("MF123456")));
    let code = CreditCode::parse(&with(&body, check::credit(&body))).unwrap();
    assert_eq!(code.category_zh(), Some("村级集体经济组织"));
}

#[test]
fn wrong_credit_codes() {
    let fault = |text: &str| CreditCode::parse(text).unwrap_err().fault;
    assert_eq!(fault(""), Fault::Empty);
    assert_eq!(fault("91330100MA2ABCDEX"), Fault::Length);
    assert_eq!(fault("91330100MA2ABCDEXH"), Fault::Check);
    assert_eq!(fault("9133010OMA2ABCDEXG"), Fault::Character);
    assert_eq!(fault("9133A100MA2ABCDEXG"), Fault::Character);
    // A right check over a wrong organisation code.
    assert_eq!(fault(&with("91330100MA2ABCDE0", check::credit("91330100MA2ABCDE0"))), Fault::Organisation);
}

#[test]
fn organisation_code_vectors() {
    for code in ["MB0327169", "002500287", "600037341", "006122244"] {
        assert_eq!(OrganisationCode::parse(code).unwrap().as_str(), code);
    }
    let code = OrganisationCode::parse("mb032716-9").unwrap();
    assert_eq!(code.to_string(), "MB032716-9");
    assert_eq!(serde_json::to_string(&code).unwrap(), "\"MB0327169\"");
    assert_eq!(OrganisationCode::parse("MB0327168").unwrap_err().fault, Fault::Check);
}

#[test]
fn divisions() {
    let code = |text: &str| DivisionCode::parse(text).unwrap();
    let levels = ["33", "3301", "330102", "330102001", "330102001002"].map(|t| code(t).level().digits());
    assert_eq!(levels, [2, 4, 6, 9, 12]);
    assert_eq!(code("330100"), code("3301"));
    assert_eq!(code("511602000000").as_str(), "511602");
    assert_eq!(code("511602").padded(), "511602000000");
    assert_eq!(code("000000").level(), DivisionLevel::Nation);
    assert_eq!(code("000000").parent(), None);
    assert_eq!(code("33").parent(), Some(code("00")));
    // 东莞 has no counties; 省直辖县级 have 90 for a prefecture.
    assert_eq!(code("441900003").parent(), Some(code("4419")));
    assert_eq!(code("469001").parent().unwrap().as_str(), "4690");
    assert!(code("3301").contains(&code("330102001")) && !code("330102").contains(&code("3301")));
    assert!(code("00").contains(&code("33")));
    for bad in ["", "3", "33010", "3301020", "33O1", "3301021234567"] {
        assert!(DivisionCode::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn service_code_vectors() {
    let map = ServiceCode::parse("11100000MB032716991000115035000").unwrap();
    assert_eq!((map.scheme(), map.level()), (ServiceScheme::Implementing, Some(ExerciseLevel::Nation)));
    assert_eq!(map.body().unwrap().as_str(), "11100000MB03271699");
    assert_eq!(map.base(), "000115035000");
    assert_eq!((map.region(), map.item_kind(), map.department(), map.main_item()), ("00", "01", "15", "035"));
    assert_eq!((map.sub_item(), map.serial()), (None, None));

    let local = ServiceCode::parse("11370800MB285591843370117002011").unwrap();
    assert_eq!((local.region(), local.main_item(), local.sub_item()), ("37", "002", Some("011")));
    for text in ["11370800MB28559184300011711200001", "11370800MB28559184337011505600001"] {
        let handling = ServiceCode::parse(text).unwrap();
        assert_eq!((handling.scheme(), handling.serial()), (ServiceScheme::Handling, Some("01")));
        assert_eq!(handling.level().unwrap().zh(), "市级");
        let base = ServiceCode::parse(handling.base()).unwrap();
        let made = ServiceCode::implementing(&handling.body().unwrap(), ExerciseLevel::City, &base);
        assert_eq!(made.handling(1).unwrap(), handling);
    }
    let base = ServiceCode::parse("000115035000").unwrap();
    assert_eq!(
        (base.scheme(), base.body(), base.level(), base.handling(1)),
        (ServiceScheme::Base, None, None, None)
    );
    assert_eq!(map.handling(100), None);
}

#[test]
fn wrong_service_codes() {
    let fault = |text: &str| ServiceCode::parse(text).unwrap_err().fault;
    assert_eq!(fault("00011503500"), Fault::Length);
    assert_eq!(fault("00011503500A"), Fault::Character);
    assert_eq!(fault("11100000MB032716981000115035000"), Fault::Credit);
    assert_eq!(fault("11100000MB032716999000115035000"), Fault::ExerciseLevel);
    assert_eq!(fault("11100000MB03271699100011503500A"), Fault::Character);
    assert_eq!(fault("事项编码事项编码事项编码"), Fault::Character);
}

#[test]
fn estate_units() {
    let unit = EstateUnit::parse("330102 001001 GB00001 F00010001").unwrap();
    assert_eq!(unit.as_str(), "330102001001GB00001F00010001");
    assert_eq!(unit.grouped(), "330102 001001 GB00001 F00010001");
    assert_eq!((unit.division(), unit.cadastral_area(), unit.cadastral_subarea()), ("330102", "001", "001"));
    assert_eq!(
        (unit.parcel(), unit.parcel_feature(), unit.parcel_serial()),
        ("330102001001GB00001", "GB", "00001")
    );
    assert_eq!((unit.fixture(), unit.unit(), unit.building()), ('F', "00010001", Some(("0001", "0001"))));
    assert_eq!((unit.ownership_zh(), unit.fixture_zh()), ("国家所有", "房屋等建筑物、构筑物"));
    let bare = EstateUnit::parse("330102001001jb00001w00000000").unwrap();
    assert_eq!((bare.building(), bare.ownership_zh()), (None, "集体所有"));
    let fault = |text: &str| EstateUnit::parse(text).unwrap_err().fault;
    assert_eq!(fault("330102001001GB00001F0001000"), Fault::Length);
    assert_eq!(fault("330102001001GB00001W00000001"), Fault::FixtureFeature);
    assert_eq!(fault("330102001001GB00001A00010001"), Fault::FixtureFeature);
    assert_eq!(fault("330102001001GA00001F00010001"), Fault::ParcelFeature);
    assert_eq!(fault("330102001001KB00001F00010001"), Fault::ParcelFeature);
    assert_eq!(fault("33010200100AGB00001F00010001"), Fault::Character);
    assert!(EstateUnit::parse("330102001001JA00001W00000000").is_ok());
}

#[test]
fn licence_id_vectors() {
    for text in [
        "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U",
        "1.2.156.3005.2.11100000000013338W009.11330105002500287C.2025052201.002.0",
        "1.2.156.3005.2.11100000MB03271699022.340100.000000016.001.9",
        "1.2.156.3005.2.11100000MB03271699001.11330100MB0000000N.33010220260000001.001.N",
        "1.2.156.3005.2.11100000MB03271699022.11330100MB0000000N.33010220260000002.001.T",
    ] {
        let id = LicenceId::parse(text).unwrap();
        assert_eq!(id.as_str(), text);
        assert_eq!(LicenceId::compose(id.kind(), id.issuer(), id.serial(), id.version()).unwrap(), id);
    }
    let id =
        LicenceId::parse("1.2.156.3005.2.11100000MB03271699001.11330100MB0000000N.33010220260000001.001.N")
            .unwrap();
    assert_eq!((id.kind(), id.issuer()), ("11100000MB03271699001", "11330100MB0000000N"));
    let next = id.next_version().unwrap();
    assert_eq!((next.serial(), next.version()), ("33010220260000001", "002"));
    let fault = |text: &str| LicenceId::parse(text).unwrap_err().fault;
    assert_eq!(fault("11100000MB03271699001"), Fault::Root);
    assert_eq!(
        fault("1.2.156.3005.2.11100000MB03271699001.11330100MB0000000N.33010220260000001.001"),
        Fault::Length
    );
    assert_eq!(
        fault("1.2.156.3005.2.11100000MB03271699001.11330100MB0000000N.33010220260000001.001.M"),
        Fault::Check
    );
    assert_eq!(fault("1.2.156.3005.2.11100000MB03271699001.11330100MB0000000N..001.N"), Fault::Part);
    assert_eq!(fault("1.2.156.3005.2.11100000MB03271698001.11330100MB0000000N.1.001.N"), Fault::Credit);
    assert_eq!(fault("1.2.156.3005.2.11100000MB03271699001.1133010.1.001.N"), Fault::Part);
    assert_eq!(fault("1.2.156.3005.2.电子证照电子证照电子证照.340100.1.001.N"), Fault::Part);
}

#[test]
fn case_numbers() {
    let division = DivisionCode::parse("330102").unwrap();
    let day: Day = "2026-11-23".parse().unwrap();
    let number = CaseNumber::new(&division, day, 0x1234_5678_9abc_def0);
    assert_eq!((number.division(), number.day()), ("330102", day));
    let shown = number.to_string();
    assert_eq!((shown.len(), &shown[..14]), (24, "330102-261123-"));
    for typed in [
        shown.to_lowercase(),
        shown.replace('-', " "),
        format!("  {shown} "),
        shown.replace('0', "O").replace('1', "l"),
        shown.replace('0', "o").replace('1', "I"),
    ] {
        assert_eq!(CaseNumber::parse(&typed).unwrap(), number, "{typed}");
    }
    let fault = |text: &str| CaseNumber::parse(text).unwrap_err().fault;
    assert_eq!(fault(""), Fault::Empty);
    assert_eq!(fault("330102"), Fault::Length);
    assert_eq!(fault("330102-261123-7KQ4M2UA-9"), Fault::Character);
    assert_eq!(fault("3301A2-261123-7KQ4M2XA-9"), Fault::Character);
    let dateless = "33010226133100000000";
    assert_eq!(fault(&with(dateless, check::mod_37_36(dateless))), Fault::NoSuchDate);
}

proptest! {
    #[test]
    fn credit_codes_round_trip_and_find_one_error(
        head in "[0-9ANY][0-9A-H][0-9]{6}", organisation in "[0-9ABCDEFGHJKLMNPQRTUWXY]{8}", at in 0usize..18, pick in 0usize..31,
    ) {
        let body = format!("{head}{}", with(&organisation, check::organisation(&organisation)));
        let text = with(&body, check::credit(&body));
        let code = CreditCode::parse(&text).unwrap();
        prop_assert_eq!(code.as_str(), &text);
        let json = serde_json::to_string(&code).unwrap();
        prop_assert_eq!(serde_json::from_str::<CreditCode>(&json).unwrap(), code);
        if let Some(wrong) = corrupted(&text, at, CREDIT, pick) {
            prop_assert!(CreditCode::parse(&wrong).is_err());
        }
    }

    #[test]
    fn organisation_codes_find_one_wrong_digit(body in "[0-9]{8}", at in 0usize..8, pick in 0usize..10) {
        let text = with(&body, check::organisation(&body));
        prop_assert_eq!(OrganisationCode::parse(&text).unwrap().to_string().replace('-', ""), text.clone());
        if let Some(wrong) = corrupted(&text, at, "0123456789", pick) {
            prop_assert!(OrganisationCode::parse(&wrong).is_err());
        }
    }

    #[test]
    fn licence_ids_find_one_error(serial in "[0-9A-Z]{1,32}", version in 1u16..1000, at in 0usize..100, pick in 0usize..36) {
        let id = LicenceId::compose("11100000MB03271699001", "11330100MB0000000N", &serial, &format!("{version:03}")).unwrap();
        prop_assert_eq!(&LicenceId::parse(id.as_str()).unwrap(), &id);
        prop_assert_eq!(id.serial(), &serial);
        prop_assert_eq!(id.version().parse::<u16>().unwrap(), version);
        let root = "1.2.156.3005.2.".len();
        let at = root + at % (id.as_str().len() - root);
        prop_assume!(id.as_str().as_bytes()[at] != b'.');
        if let Some(wrong) = corrupted(id.as_str(), at, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", pick) {
            prop_assert!(LicenceId::parse(&wrong).is_err());
        }
    }

    #[test]
    fn case_numbers_round_trip_and_find_one_error(n in 0i64..36_000, random in any::<u64>(), at in 0usize..21, pick in 0usize..32) {
        let day = "2000-01-01".parse::<Day>().unwrap().plus_days(n);
        let number = CaseNumber::new(&DivisionCode::parse("330102").unwrap(), day, random);
        prop_assert_eq!(number.day(), day);
        prop_assert_eq!(CaseNumber::parse(number.as_str()).unwrap(), number);
        prop_assert_eq!(CaseNumber::parse(&number.grouped()).unwrap(), number);
        prop_assert!(!number.as_str().contains(['I', 'L', 'O', 'U']));
        if let Some(wrong) = corrupted(number.as_str(), at, "0123456789ABCDEFGHJKMNPQRSTVWXYZ", pick) {
            prop_assert!(CaseNumber::parse(&wrong).is_err());
        }
    }

    #[test]
    fn case_numbers_differ_by_their_secret(a in 0u64..1 << 40, b in 0u64..1 << 40) {
        prop_assume!(a.abs_diff(b) > 64);
        let new = |random| CaseNumber::new(&DivisionCode::parse("33").unwrap(), "2026-11-23".parse().unwrap(), random);
        prop_assert_ne!(new(a), new(b));
    }

    #[test]
    fn divisions_have_parents_up_to_the_nation(text in "[0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12}") {
        let code = DivisionCode::parse(&text).unwrap();
        prop_assert_eq!(DivisionCode::parse(code.padded()).unwrap(), code);
        prop_assert_eq!(DivisionCode::parse(code.as_str()).unwrap(), code);
        let mut place = code;
        for _ in 0..6 {
            let Some(parent) = place.parent() else { break };
            prop_assert!(parent.contains(&code) && parent.level() < place.level());
            place = parent;
        }
        prop_assert_eq!(place.level(), DivisionLevel::Nation);
    }

    #[test]
    fn estate_units_round_trip(text in "[0-9]{12}[GJZ][BSXCDEFHGWYLN][0-9]{5}([FLQ][0-9]{8}|W00000000)") {
        let unit = EstateUnit::parse(&text).unwrap();
        prop_assert_eq!(unit.as_str(), &text);
        prop_assert_eq!(EstateUnit::parse(&unit.to_string()).unwrap(), unit);
        let parts = [unit.division(), unit.cadastral_area(), unit.cadastral_subarea(), unit.parcel_feature(), unit.parcel_serial()].concat();
        prop_assert_eq!(&parts, unit.parcel());
        prop_assert_eq!(format!("{}{}{}", unit.parcel(), unit.fixture(), unit.unit()), text);
    }

    #[test]
    fn service_codes_round_trip(base in "[0-9]{12}", level in 0usize..7, serial in 0u8..100) {
        let body = CreditCode::parse("11330100MB0000000N").unwrap();
        let levels = [ExerciseLevel::Nation, ExerciseLevel::Province, ExerciseLevel::City, ExerciseLevel::County, ExerciseLevel::Township, ExerciseLevel::Village, ExerciseLevel::Tiered];
        let base = ServiceCode::parse(&base).unwrap();
        let code = ServiceCode::implementing(&body, levels[level], &base).handling(serial).unwrap();
        prop_assert_eq!(&ServiceCode::parse(code.as_str()).unwrap(), &code);
        prop_assert_eq!((code.level(), code.body()), (Some(levels[level]), Some(body)));
        prop_assert_eq!(code.base(), base.as_str());
        prop_assert_eq!(code.serial().unwrap().parse::<u8>().unwrap(), serial);
        let parts = [code.region(), code.item_kind(), code.department(), code.main_item(), code.sub_item().unwrap_or("000")].concat();
        prop_assert_eq!(&parts, base.as_str());
    }

    #[test]
    fn any_text_is_a_code_or_an_error(text in "\\PC{0,40}|[0-9A-Za-z.-]{0,40}|[0-9A-Z]{9}|[0-9A-Z]{18}|[0-9A-Z]{28}|[0-9A-Z]{31}|1\\.2\\.156\\.3005\\.2\\.[\\PC]{0,40}") {
        // The national root of licence identifiers is no secret.
        let open = text.chars().count() < 4 || "1.2.156.3005.2.".contains(&text);
        let quiet = |message: String| open || !message.contains(&text);
        let errors = [
            CreditCode::parse(&text).err(),
            OrganisationCode::parse(&text).err(),
            DivisionCode::parse(&text).err(),
            ServiceCode::parse(&text).err(),
            EstateUnit::parse(&text).err(),
            LicenceId::parse(&text).err(),
            CaseNumber::parse(&text).err(),
        ];
        for error in errors.into_iter().flatten() {
            prop_assert!(quiet(error.message()) && error.message().contains(error.id.zh()));
        }
        check::mod_11_2(&text);
        check::mod_37_36(&text);
        check::credit(&text);
        check::organisation(&text);
    }
}
