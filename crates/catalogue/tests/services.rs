//! The services of the demo city against what the law says of them: limits, bases, materials, fees, who takes part.

use std::path::Path;
use std::sync::LazyLock;

use yimen_catalogue::model::{ItemKind, Material, Mode, Need, Service, StepKind};
use yimen_catalogue::{Fact, Facts, Pack, Version};
use yimen_standards::time::Limit::{self, CalendarDays, WorkingDays};

static PACK: LazyLock<Pack> =
    LazyLock::new(|| Pack::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/hangzhou")));

fn service(id: &str) -> &'static Service {
    &PACK.services.iter().find(|s| s.value.id == id).unwrap_or_else(|| panic!("no service {id}")).value
}

/// Service, kind, who decides, limit of the law, a law it rests on, and words of materials it must ask for.
type Row = (&'static str, ItemKind, &'static str, Option<Limit>, &'static str, &'static [&'static str]);

#[rustfmt::skip]
const TABLE: &[Row] = &[
    ("existing-home-transfer", ItemKind::Confirmation, "natural-resources", Some(WorkingDays(30)), "不动产登记暂行条例",
        &["登记申请书", "卖方身份证明", "买方身份证明", "不动产权证书", "买卖合同", "预告登记证明", "带押过户协议", "划拨土地", "授权委托书"]),
    ("mortgage-registration", ItemKind::Confirmation, "natural-resources", Some(WorkingDays(30)), "不动产登记暂行条例实施细则",
        &["登记申请书", "不动产权证书", "主债权合同", "抵押合同", "最高额"]),
    ("mortgage-cancellation", ItemKind::Confirmation, "natural-resources", Some(WorkingDays(30)), "民法典",
        &["登记申请书", "不动产登记证明", "抵押权消灭", "生效法律文书"]),
    ("inheritance-transfer", ItemKind::Confirmation, "natural-resources", Some(WorkingDays(30)), "民法典",
        &["不动产权证书", "死亡证明", "亲属关系", "遗嘱", "放弃继承", "公证书", "生效法律文书"]),
    ("individual-business-registration", ItemKind::Licence, "market", Some(WorkingDays(3)), "市场主体登记管理条例",
        &["申请书", "经营者身份证明", "房屋产权证明", "租赁合同"]),
    ("company-registration", ItemKind::Licence, "market", Some(WorkingDays(3)), "公司法",
        &["申请书", "章程", "身份证明", "决议", "住所"]),
    ("food-business-licence", ItemKind::Licence, "market", Some(WorkingDays(10)), "食品安全法",
        &["申请书", "主体资格", "布局图", "食品安全管理制度", "健康证明"]),
    ("public-place-hygiene", ItemKind::Licence, "health", Some(WorkingDays(20)), "公共场所卫生管理条例",
        &["申请表", "营业执照", "平面图", "检测", "卫生管理制度"]),
    ("road-transport-permit", ItemKind::Licence, "transport", Some(WorkingDays(20)), "道路运输条例",
        &["申请表", "行驶证", "技术等级", "从业资格证", "安全生产管理制度"]),
    ("household-move", ItemKind::Confirmation, "police", Some(WorkingDays(20)), "户口登记条例",
        &["户口簿", "房屋权属证明", "结婚证", "同意落户", "工作"]),
    ("id-card-replacement", ItemKind::Confirmation, "police", Some(CalendarDays(60)), "居民身份证法",
        &["申领登记表", "身份证明", "旧身份证", "照片"]),
    ("residence-permit", ItemKind::Confirmation, "police", Some(CalendarDays(15)), "居住证暂行条例",
        &["身份证", "居住地址证明", "就业证明", "就读证明"]),
    ("no-crime-record", ItemKind::PublicService, "police", Some(WorkingDays(3)), "公安机关办理犯罪记录查询工作规定", &["身份证", "委托书"]),
    ("out-of-town-medical", ItemKind::PublicService, "medical-insurance", None, "社会保险法", &["医保电子凭证", "居住", "承诺书", "转诊"]),
    ("provident-fund-withdrawal", ItemKind::PublicService, "provident-fund", Some(CalendarDays(3)), "住房公积金管理条例",
        &["身份证", "购房合同", "借款合同", "租赁合同", "退休证明"]),
    ("disability-certificate", ItemKind::PublicService, "disabled-federation", None, "残疾人保障法", &["身份证", "照片", "病历", "监护人"]),
    ("elderly-card", ItemKind::PublicService, "civil-affairs", None, "老年人权益保障法", &["身份证", "照片"]),
    ("elderly-allowance", ItemKind::Benefit, "civil-affairs", Some(WorkingDays(20)), "老年人权益保障法", &["身份证", "银行卡"]),
    ("social-security-card", ItemKind::PublicService, "human-resources", None, "社会保险法", &["身份证", "照片"]),
];

#[test]
fn each_service_is_what_the_law_says() {
    assert_eq!(TABLE.len(), PACK.services.len());
    for (id, kind, lead, statutory, law, materials) in TABLE {
        let service = service(id);
        assert_eq!((service.kind, service.lead.as_str()), (*kind, *lead), "{id}");
        assert_eq!(service.limits.statutory, *statutory, "{id}");
        assert!(service.basis.iter().any(|b| b.law.contains(law)), "{id}: {law}");
        for words in *materials {
            assert!(service.materials.iter().any(|m| m.name.contains(words)), "{id}: {words}");
        }
    }
    assert!(PACK.services.iter().any(|s| s.value.mode == Mode::Instant), "a service done on the spot");
}

#[test]
fn each_part_says_on_what_it_rests() {
    for service in PACK.services.iter().map(|s| &s.value) {
        let id = &service.id;
        assert!(service.basis.iter().all(|b| !b.law.is_empty() && !b.article.is_empty()), "{id}");
        assert!(service.limits.statutory.is_none() || service.limits.statutory_basis.is_some(), "{id}");
        assert!(service.materials.iter().all(|m| !m.from.is_empty() && !m.standard.is_empty()), "{id}");
        assert!(service.materials.iter().all(|m| !m.faults.is_empty()), "{id}");
        let deferrable = |m: &Material| m.need == Need::Deferrable;
        assert!(service.materials.iter().all(|m| deferrable(m) == m.within.is_some()), "{id}");
        assert!(service.fees.iter().all(|f| !f.basis.is_empty() && !f.standard.is_empty()), "{id}");
        assert!(
            service.steps.iter().filter(|s| s.kind == StepKind::Review).all(|s| !s.checks.is_empty()),
            "{id}"
        );
    }
}

/// What a case of these answers must bring.
fn asked(id: &str, answers: &[(&str, Fact)]) -> Vec<String> {
    let version = Version::new(0, 1, service(id).clone()).unwrap();
    let facts: Facts = answers.iter().map(|(name, fact)| ((*name).to_owned(), fact.clone())).collect();
    version.materials(&version.derive(facts.clone())).iter().map(|m| m.id.clone()).collect()
}

#[test]
fn a_home_that_was_pre_registered_or_stands_on_allocated_land_needs_the_papers_of_that() {
    let home = ("property_use", Fact::from("home"));
    let plain = asked("existing-home-transfer", std::slice::from_ref(&home));
    assert!(!plain.iter().any(|m| m == "pre-registration" || m == "allocated-land"), "{plain:?}");
    let both = [home, ("pre_registered", true.into()), ("land_allocated", true.into())];
    let both = asked("existing-home-transfer", &both);
    assert!(["pre-registration", "allocated-land"].iter().all(|m| both.iter().any(|b| b == m)), "{both:?}");
}

#[test]
fn nobody_proves_what_an_office_knows_or_another_paper_says() {
    let death = |ground: &str, here: bool| {
        let answers = [("ground", Fact::from(ground)), ("death_here", here.into())];
        asked("inheritance-transfer", &answers).iter().any(|m| m == "death-proof")
    };
    assert!(death("legal", false));
    assert!(!death("legal", true) && !death("notarised", false) && !death("judgment", false));
    let home = |here: bool| {
        asked("provident-fund-withdrawal", &[("reason", "buy".into()), ("house_here", here.into())])
    };
    assert!(home(false).iter().any(|m| m == "elsewhere-proof"));
    assert!(!home(true).iter().any(|m| m == "elsewhere-proof"));
    let seat = |kind: &str| -> Vec<String> {
        let all = asked("company-registration", &[("place_kind", kind.into())]);
        all.into_iter().filter(|m| m.starts_with("premises")).collect()
    };
    assert_eq!(seat("own"), ["premises-own"]);
    assert_eq!(seat("rent"), ["premises-rent"]);
    assert_eq!(seat("shared"), ["premises-shared"]);
}

/// A home bought elsewhere stands in no register here: nobody here can be asked about it.
#[test]
fn a_department_is_asked_only_what_it_can_know() {
    let version = Version::new(0, 1, service("provident-fund-withdrawal").clone()).unwrap();
    let verifies = |here: bool| {
        let facts = Facts::from([
            ("reason".to_owned(), Fact::from("buy")),
            ("house_here".to_owned(), Fact::Bool(here)),
        ]);
        version.plan(&version.derive(facts.clone())).get("verify-house").is_some()
    };
    assert!(verifies(true) && !verifies(false));
}

#[test]
fn fees_are_those_of_the_price_lists() {
    let due = |id: &str, answers: &[(&str, Fact)]| -> Vec<(String, i64)> {
        let version = Version::new(0, 1, service(id).clone()).unwrap();
        let facts: Facts = answers.iter().map(|(name, fact)| ((*name).to_owned(), fact.clone())).collect();
        let fees = version.all_fees(&version.derive(facts.clone())).unwrap();
        fees.into_iter().map(|f| (f.id, f.fen)).collect()
    };
    let fee = |id: &str, answers: &[(&str, Fact)], name: &str| {
        due(id, answers).into_iter().find(|(id, _)| id == name).map(|(_, fen)| fen)
    };
    let home =
        |uses: &str| fee("existing-home-transfer", &[("property_use", uses.into())], "registration-fee");
    assert_eq!([home("home"), home("garage"), home("business")], [Some(8_000), Some(8_000), Some(55_000)]);
    let extra = [("property_use", Fact::from("home")), ("extra_certificates", Fact::Int(2))];
    assert_eq!(fee("existing-home-transfer", &extra, "extra-certificates"), Some(2_000));
    // 140 m² and less, bigger, and a third home; a price of 2,000,000 yuan.
    let deed = |area: f64, homes: &str| {
        let answers = [
            ("property_use", Fact::from("home")),
            ("held", "five-only".into()),
            ("buyer_home", homes.into()),
            ("house_area", Fact::Double(area)),
            ("price", Fact::Int(200_000_000)),
        ];
        fee("existing-home-transfer", &answers, "deed-tax").map(|fen| fen / 100)
    };
    assert_eq!(
        [deed(140.0, "first"), deed(140.0, "second"), deed(140.0, "more")],
        [Some(20_000), Some(20_000), Some(60_000)]
    );
    assert_eq!([deed(140.01, "first"), deed(140.01, "second")], [Some(30_000), Some(40_000)]);
    let card = |reason: &str| fee("id-card-replacement", &[("reason", reason.into())], "card-cost");
    assert_eq!([card("expired"), card("damaged"), card("lost")], [Some(2_000), Some(4_000), Some(4_000)]);
    let free = [
        ("collateral", Fact::from("business")),
        ("company_mortgagor", true.into()),
        ("small_business", true.into()),
    ];
    assert_eq!(fee("mortgage-registration", &free, "registration-fee"), None);
}
