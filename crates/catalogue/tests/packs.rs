//! The packs of this repository: publishable, and sound for whatever people answer.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use proptest::prelude::*;
use yimen_catalogue::check::{ICONS, check, is_publishable};
use yimen_catalogue::model::{FieldKind, StepKind};
use yimen_catalogue::search::Index;
use yimen_catalogue::{Fact, Facts, Filter, Pack, Version};

fn packs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs")
}

static HANGZHOU: LazyLock<Pack> = LazyLock::new(|| Pack::load(&packs().join("hangzhou")));

static VERSIONS: LazyLock<Vec<Version>> = LazyLock::new(|| {
    let services = HANGZHOU.services.iter();
    services
        .map(|f| Version::new(0, 1, f.value.clone()).unwrap_or_else(|e| panic!("{}: {e:?}", f.path)))
        .collect()
});

#[test]
fn every_pack_can_be_published() {
    for folder in std::fs::read_dir(packs()).unwrap().map(|e| e.unwrap().path()) {
        if folder.join("pack.yaml").is_file() {
            let found = check(&Pack::load(&folder));
            assert!(is_publishable(&found), "{}", found.iter().map(|d| format!("{d}\n")).collect::<String>());
        }
    }
}

#[test]
fn a_changed_copy_is_refused_with_file_and_line() {
    let copy = std::env::temp_dir().join(format!("yimen-pack-{}", std::process::id()));
    let folder = copy.join("hangzhou");
    std::fs::create_dir_all(folder.join("services")).unwrap();
    for name in ["pack.yaml", "city.yaml", "services/existing-home-transfer.yaml"] {
        let text = std::fs::read_to_string(packs().join("hangzhou").join(name)).unwrap();
        let text = text.replace("lead: natural-resources", "lead: natural-resource");
        std::fs::write(folder.join(name), text).unwrap();
    }
    let found = check(&Pack::load(&folder));
    std::fs::remove_dir_all(&copy).unwrap();
    assert!(!is_publishable(&found));
    let unknown = found.iter().find(|d| d.code.to_string() == "YM-020").unwrap();
    assert!(unknown.file.ends_with("existing-home-transfer.yaml") && unknown.line > 5, "{unknown}");
    assert!(unknown.fix.contains("natural-resources"), "{unknown}");
}

#[test]
fn every_icon_a_theme_may_use_is_in_the_sprite() {
    let sprite = include_str!("../../web/assets/icons.svg");
    for icon in ICONS {
        assert!(sprite.contains(&format!("id=\"{icon}\"")), "{icon} is not in the sprite");
    }
}

#[test]
fn everyday_words_find_the_services_of_the_city() {
    let city = &HANGZHOU.city.as_ref().unwrap().value;
    let index = Index::build(HANGZHOU.services.iter().map(|f| &f.value), city);
    for (query, service) in [
        ("我要开餐馆", "food-business-licence"),
        ("二手房过户", "existing-home-transfer"),
        ("换身份证", "id-card-replacement"),
        ("gongjijin", "provident-fund-withdrawal"),
        ("gjj", "provident-fund-withdrawal"),
        ("异地看病", "out-of-town-medical"),
        ("房贷还清了", "mortgage-cancellation"),
        ("个体户", "individual-business-registration"),
        ("残疾证", "disability-certificate"),
        ("卫生许可证", "public-place-hygiene"),
        ("落户", "household-move"),
        ("社保卡丢了", "social-security-card"),
    ] {
        let found = index.search(query, &Filter::default(), 3);
        assert_eq!(found.hits[0].service, service, "{query}: {:?}", found.hits);
        assert!(!found.is_guess, "{query}");
    }
}

/// Answers of the right types, sound or not: options, other words, numbers of any size.
fn answers(version: &'static Version) -> impl Strategy<Value = Facts> {
    let mut each: BTreeMap<String, BoxedStrategy<Option<Fact>>> = BTreeMap::new();
    let word = || prop::sample::select(vec!["", "x", "1990-02-30", "1990-05-01"]).prop_map(Fact::from);
    let texts = |options: &[yimen_catalogue::model::Choice]| -> BoxedStrategy<Fact> {
        let values: Vec<Fact> = options.iter().map(|o| Fact::Text(o.value.clone())).collect();
        if values.is_empty() { word().boxed() } else { prop::sample::select(values).boxed() }
    };
    for question in &version.service.guide {
        let answer = match question.options.as_slice() {
            [] => any::<bool>().prop_map(Fact::Bool).boxed(),
            options => texts(options),
        };
        each.insert(question.id.clone(), prop::option::weighted(0.9, answer).boxed());
    }
    let fields = version.service.form.iter().flat_map(|p| &p.fields);
    for field in fields.chain(version.service.steps.iter().flat_map(|s| &s.records)) {
        let answer = match field.kind {
            FieldKind::Boolean => any::<bool>().prop_map(Fact::Bool).boxed(),
            FieldKind::Number | FieldKind::Money => {
                prop_oneof![0..1_000_000_000_i64, any::<i64>()].prop_map(Fact::Int).boxed()
            }
            FieldKind::Area => (0.0..500.0_f64).prop_map(Fact::Double).boxed(),
            FieldKind::Choices => {
                let values: Vec<String> = field.options.iter().map(|o| o.value.clone()).collect();
                let count = values.len();
                prop::sample::subsequence(values, 0..=count).prop_map(Fact::List).boxed()
            }
            _ => texts(&field.options),
        };
        each.insert(field.id.clone(), prop::option::weighted(0.8, answer).boxed());
    }
    let names: Vec<String> = each.keys().cloned().collect();
    each.into_values().collect::<Vec<_>>().prop_map(move |values| {
        let known = names.iter().cloned().zip(values).filter_map(|(name, value)| Some((name, value?)));
        known.chain([("today".to_owned(), Fact::from("2026-11-22"))]).collect()
    })
}

fn cases() -> impl Strategy<Value = (&'static Version, Facts)> {
    (0..VERSIONS.len()).prop_flat_map(|i| (Just(&VERSIONS[i]), answers(&VERSIONS[i])))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Whatever was answered: one decision, everything before it or after it as it should be, no panic, a settled end.
    #[test]
    fn every_answer_gives_a_sound_case((version, facts) in cases()) {
        let settled = version.derive(facts.clone());
        prop_assert_eq!(&version.derive(yimen_catalogue::Facts::clone(&settled)), &settled, "settling twice differs");
        let plan = version.plan(&facts);
        if version.stops(&facts).is_empty() {
            let decides = |kind| matches!(kind, StepKind::Decision | StepKind::Registration);
            let decisions: Vec<usize> =
                (0..plan.steps.len()).filter(|&i| decides(plan.steps[i].step.kind)).collect();
            prop_assert_eq!(decisions.len(), 1);
            for (i, planned) in plan.steps.iter().enumerate() {
                match planned.step.kind {
                    StepKind::Review | StepKind::Payment => prop_assert!(plan.precedes(i, decisions[0])),
                    StepKind::Issue | StepKind::Delivery => prop_assert!(plan.precedes(decisions[0], i)),
                    _ => {}
                }
            }
        }
        for planned in &plan.steps {
            if planned.step.kind == StepKind::Payment
                && let Ok(due) = version.fees(&planned.step.id, &facts)
            {
                prop_assert!(!due.is_empty(), "{} collects nothing", planned.step.id);
            }
        }
        let _ = version.all_fees(&facts);
        let _ = version.valid_until(&facts);
        let _ = version.shown(&facts);
        let _ = version.unanswered(&facts);
        prop_assert!(version.result_number(&facts, "2026-11-22", 1).contains('1'));
    }
}
