//! A compiled version: what is asked, needed, done and paid, for the facts of one case.

use proptest::prelude::*;
use yimen_catalogue::load::parse;
use yimen_catalogue::plan::Plan;
use yimen_catalogue::schema::FileKind;
use yimen_catalogue::{Fact, Facts, Service, Version};

const SERVICE: &str = r#"
id: home
name: 房屋转移登记
summary: 测试用。
codes: {base: "000715001000", implementing: 11330100MB0Y00183B3000715001000}
kind: 行政确认
mode: 承诺件
lead: land
for: [natural]
themes: [不动产]
visits: 1
scope: 全市
basis: [{law: 不动产登记暂行条例, article: 第二十条}]
conditions: [权属清楚]
limits: {statutory: 30wd, statutory_basis: 条例, promised: 2wd}
guide:
  - {id: use, ask: 用途？, options: [{value: home, label: 住宅}, {value: shop, label: 商铺}, {value: rural, label: 农房}]}
  - {id: only, ask: 是家庭唯一住房吗？, when: use == 'home'}
  - {id: mortgaged, ask: 有抵押吗？}
derive:
  - {id: rate_low, value: "use == 'home' && only"}
stops:
  - {when: use == 'rural', say: 不能办理。}
  - {when: "!mortgaged && price == 0", say: 价款为零请办赠与。}
form:
  - id: deal
    title: 成交
    fields:
      - {id: price, label: 成交价, type: money}
      - {id: loan, label: 有无贷款, type: boolean}
      - {id: bank, label: 贷款银行, type: text, when: loan}
  - id: bank_page
    title: 抵押
    when: mortgaged
    fields:
      - {id: holder, label: 抵押权人, type: name}
materials:
  - {id: contract, name: 合同, kind: 其他, from: [upload], need: required, standard: 签名}
  - {id: consent, name: 抵押权人同意书, kind: 其他, from: [upload], need: required, standard: 盖章, when: mortgaged}
steps:
  - {id: check, name: 核验, by: housing, kind: review, within: 1h}
  - {id: assess, name: 核税, by: tax, kind: review, within: 4h, records: [{id: taxable, label: 计税价, type: money}]}
  - {id: consult, name: 询问银行, by: land, kind: review, after: [check], when: mortgaged, within: 1wd}
  - {id: pay, name: 缴费, by: applicant, kind: payment, after: [assess], fees: [tax, registration]}
  - {id: register, name: 登簿, by: land, kind: registration, after: [consult, pay], within: 1h}
  - {id: issue, name: 制证, by: land, kind: issue, after: [register]}
fees:
  - {id: tax, name: 契税, amount: "rate_low ? percent(taxable, '1') : percent(taxable, '3')", standard: 1%或3%, basis: 契税法, payee: tax}
  - id: registration
    name: 登记费
    amount: "use == 'home' ? yuan('80') : yuan('550')"
    standard: 80元、550元
    basis: 发改价格规〔2016〕2559号
    payee: land
result:
  name: 不动产权证书
  kind: 证照
  number: "浙({year})第{serial:7}号-{use}"
  valid_until: "mortgaged ? add_years(today, 5) : ''"
  delivery: [window]
  shows: [{label: 用途, fact: use}, {label: 成交价, fact: price}]
"#;

fn version() -> Version {
    compiled(SERVICE)
}

fn compiled(source: &str) -> Version {
    let (file, found) = parse::<Service>("home.yaml", source, FileKind::Service);
    assert!(found.is_empty(), "{found:?}");
    Version::new(1, 1, file.unwrap().value).unwrap()
}

fn facts<const N: usize>(all: [(&str, Fact); N]) -> Facts {
    all.into_iter().map(|(name, fact)| (name.to_owned(), fact)).collect()
}

fn ids<'a, T: 'a>(items: &[&'a T], id: fn(&'a T) -> &'a str) -> Vec<&'a str> {
    items.iter().map(|item| id(item)).collect()
}

#[test]
fn questions_follow_the_answers() {
    let version = version();
    let asked = |facts: &Facts| ids(&version.questions(facts), |q| q.id.as_str()).join(" ");
    assert_eq!(asked(&Facts::new()), "use mortgaged");
    let home = facts([("use", "home".into())]);
    assert_eq!(asked(&home), "use only mortgaged");
    assert_eq!(version.next_question(&Facts::new()).unwrap().id, "use");
    assert_eq!(version.next_question(&home).unwrap().id, "only");
    let done = facts([("use", "shop".into()), ("mortgaged", false.into())]);
    assert!(version.next_question(&done).is_none());
}

/// An answer to a question that no longer applies is no fact: it must not choose materials, fees or steps.
#[test]
fn changing_an_answer_drops_what_hung_on_it() {
    let version = version();
    let changed = facts([("use", "shop".into()), ("only", true.into()), ("rate_low", true.into())]);
    let settled = version.derive(changed.clone());
    assert_eq!(settled.get("only"), None);
    assert_eq!(settled.get("rate_low"), Some(&Fact::Bool(false)));
    let no_loan = facts([("loan", false.into()), ("bank", "某银行".into()), ("holder", "某银行".into())]);
    assert_eq!(
        version.derive(no_loan.clone()).keys().map(String::as_str).collect::<Vec<_>>(),
        ["loan", "rate_low"]
    );
}

#[test]
fn pages_and_fields_follow_the_answers() {
    let version = version();
    let plain = facts([("mortgaged", false.into())]);
    let bound = facts([("mortgaged", true.into()), ("loan", true.into())]);
    assert_eq!(ids(&version.pages(&plain), |p| p.id.as_str()), ["deal"]);
    assert_eq!(ids(&version.pages(&bound), |p| p.id.as_str()), ["deal", "bank_page"]);
    assert_eq!(ids(&version.fields("deal", &plain), |f| f.id.as_str()), ["price", "loan"]);
    assert_eq!(ids(&version.fields("deal", &bound), |f| f.id.as_str()), ["price", "loan", "bank"]);
    assert!(version.fields("bank_page", &plain).is_empty());
    assert!(version.fields("no-such-page", &plain).is_empty());
    let missing: Vec<&str> = version.unanswered(&bound).iter().map(|(_, f)| f.id.as_str()).collect();
    assert_eq!(missing, ["price", "bank", "holder"]);
}

#[test]
fn a_stop_waits_until_its_facts_are_known() {
    let version = version();
    let stops = |facts: &Facts| version.stops(facts).len();
    assert_eq!(stops(&Facts::new()), 0);
    assert_eq!(stops(&facts([("use", "rural".into())])), 1);
    // Not mortgaged, but the price is still to be asked.
    assert_eq!(stops(&facts([("mortgaged", false.into())])), 0);
    assert_eq!(stops(&facts([("mortgaged", false.into()), ("price", 0.into()), ("loan", false.into())])), 1);
}

#[test]
fn materials_and_fees_follow_the_answers() {
    let version = version();
    let plain = facts([("use", "home".into()), ("only", true.into()), ("taxable", 150_000_001.into())]);
    let bound = facts([("use", "shop".into()), ("mortgaged", true.into())]);
    assert_eq!(ids(&version.materials(&plain), |m| m.id.as_str()), ["contract"]);
    assert_eq!(ids(&version.materials(&bound), |m| m.id.as_str()), ["contract", "consent"]);
    let due = version.fees("pay", &plain).unwrap();
    let due: Vec<_> = due.iter().map(|f| (f.id.as_str(), f.fen, f.payee.as_str())).collect();
    assert_eq!(due, [("tax", 1_500_000, "tax"), ("registration", 8_000, "land")]);
    assert_eq!(version.fees("pay", &bound).unwrap()[1].fen, 55_000);
    assert!(version.fees("check", &plain).unwrap().is_empty());
    // 3 per cent of the second of two homes.
    let second = facts([("use", "home".into()), ("only", false.into()), ("taxable", 150_000_001.into())]);
    assert_eq!(version.fees("pay", &second).unwrap()[0].fen, 4_500_000);
}

#[test]
fn a_step_that_does_not_apply_hands_its_predecessors_on() {
    let version = version();
    let plain = version.plan(&facts([("mortgaged", false.into())]));
    assert!(plain.get("consult").is_none());
    let register = plain.get("register").unwrap();
    let after: Vec<&str> = register.after.iter().map(|&i| plain.steps[i].step.id.as_str()).collect();
    assert_eq!(after, ["check", "pay"]);
    assert_eq!(plain.decision().unwrap().step.id, "register");
    let first: Vec<&str> = plain.ready(|_| false).iter().map(|p| p.step.id.as_str()).collect();
    assert_eq!(first, ["check", "assess"]);
    let bound = version.plan(&facts([("mortgaged", true.into())]));
    let chain: Vec<&str> = bound.critical.iter().map(|&i| bound.steps[i].step.id.as_str()).collect();
    assert_eq!(chain, ["check", "consult", "register"]);
    assert_eq!(bound.critical_minutes, 60 + 420 + 60);
}

#[test]
fn the_result_has_a_number_an_end_and_texts() {
    let version = version();
    let known =
        facts([("use", "home".into()), ("price", 150_000_000.into()), ("today", "2026-11-22".into())]);
    assert_eq!(version.result_number(&known, "2026-11-22", 42), "浙(2026)第0000042号-home");
    assert_eq!(version.valid_until(&known), Ok(None));
    let bound = facts([("mortgaged", true.into()), ("today", "2024-02-29".into())]);
    assert_eq!(version.valid_until(&bound), Ok(Some("2029-02-28".into())));
    let shown = version.shown(&known);
    assert_eq!(shown, [("用途", "住宅".to_owned()), ("成交价", "1,500,000.00元".to_owned())]);
}

#[test]
fn the_graph_has_a_lane_for_each_who_acts() {
    let version = version();
    let graph = version.describe_graph();
    assert_eq!(graph.lanes, ["housing", "tax", "land", "applicant"]);
    assert_eq!((graph.nodes.len(), graph.ranks), (6, 4));
    for edge in &graph.edges {
        assert!(graph.nodes[edge.from].rank < graph.nodes[edge.to].rank);
    }
}

#[test]
fn the_digest_knows_what_matters() {
    let version = version();
    let mut same = version.service.clone();
    same.faq.clear();
    same.offices.clear();
    assert_eq!(yimen_catalogue::digest::digest_of(&same), version.digest);
    let mut other = version.service.clone();
    other.fees[1].amount = "8001".into();
    assert_ne!(yimen_catalogue::digest::digest_of(&other), version.digest);
    let stored = yimen_catalogue::digest::canonical(&version.service);
    let back: Service = serde_json::from_str(&stored).unwrap();
    assert_eq!(back, version.service);
}

/// Steps of a random graph: each waits for some of those before it, so there is no cycle.
fn graphs() -> impl Strategy<Value = (Vec<Vec<usize>>, Vec<bool>)> {
    (1..12_usize).prop_flat_map(|n| {
        let edges = (0..n).map(|i| prop::collection::vec(0..i.max(1), 0..=i.min(4))).collect::<Vec<_>>();
        (edges, prop::collection::vec(any::<bool>(), n))
    })
}

fn steps(after: &[Vec<usize>]) -> Vec<yimen_catalogue::model::Step> {
    let make = |i: usize, after: &Vec<usize>| {
        let after: Vec<String> = after.iter().filter(|j| **j < i).map(|j| format!("s{j}")).collect();
        serde_json::from_value(serde_json::json!({
            "id": format!("s{i}"), "name": "步", "by": "land", "kind": "review", "after": after,
        }))
        .unwrap()
    };
    after.iter().enumerate().map(|(i, a)| make(i, a)).collect()
}

/// Whether `from` must come before `to` in the graph as the pack has it.
fn reaches(after: &[Vec<usize>], from: usize, to: usize) -> bool {
    after[to].iter().filter(|j| **j < to).any(|&j| j == from || reaches(after, from, j))
}

/// Any answers, fitting or not, each given or not.
fn answers() -> impl Strategy<Value = Facts> {
    let bools = prop::collection::vec(prop::option::of(any::<bool>()), 3);
    let uses = prop::option::of(prop::sample::select(vec!["home", "shop", "rural"]));
    let rest = (prop::option::of(0..3_i64), prop::option::of("[a-z]{0,2}"));
    (bools, uses, rest).prop_map(|(bools, uses, (price, bank))| {
        let named = ["only", "mortgaged", "loan"].into_iter().zip(bools);
        let given = named.filter_map(|(name, b)| Some((name, Fact::Bool(b?))));
        let given = given.chain(uses.map(|u| ("use", Fact::Text(u.to_owned()))));
        let given = given.chain(price.map(|n| ("price", Fact::Int(n))));
        given
            .chain(bank.map(|b| ("bank", Fact::Text(b))))
            .map(|(name, fact)| (name.to_owned(), fact))
            .collect()
    })
}

/// Everything that conditions decide.
fn decided(version: &Version, facts: &Facts) -> Vec<String> {
    let pages = ["deal", "bank_page"].into_iter().flat_map(|page| version.fields(page, facts));
    let fields = pages.map(|f| f.id.clone());
    let questions = version.questions(facts).into_iter().map(|q| q.id.clone());
    let materials = version.materials(facts).into_iter().map(|m| m.id.clone());
    let steps = version.plan(facts).steps.into_iter().map(|p| p.step.id.clone());
    fields.chain(questions).chain(materials).chain(steps).collect()
}

proptest! {
    #[test]
    fn what_is_asked_by_a_short_way_is_what_the_long_way_says(a in answers(), b in answers()) {
        // A derived fact that hangs on an answer which may be dropped after it was derived.
        let version = compiled(&SERVICE.replacen("derive:\n", "derive:\n  - {id: banked, value: \"bank != ''\"}\n", 1));
        let settled = version.derive(a.clone());
        prop_assert_eq!(&version.derive(Facts::clone(&settled)), &settled, "settled once, settled for good");
        let needed: Vec<&str> = version.materials(&settled).iter().map(|m| m.id.as_str()).collect();
        for id in ["contract", "consent", "nothing"] {
            let short = version.needed(id, || Ok::<_, ()>(a.clone())).unwrap();
            prop_assert_eq!(short.is_some(), needed.contains(&id), "{}", id);
        }
        for page in ["deal", "bank_page"] {
            let (raw, long) = (version.fields(page, &a), version.fields(page, &settled));
            prop_assert_eq!(ids(&raw, |f| &f.id), ids(&long, |f| &f.id));
        }
        if version.decides_alike(&a, &b) {
            prop_assert_eq!(decided(&version, &a), decided(&version, &b));
        }
    }

    #[test]
    fn a_plan_keeps_exactly_the_order_of_the_pack((after, applies) in graphs()) {
        let all = steps(&after);
        let plan = Plan::new(&all, &applies);
        let kept: Vec<usize> = (0..all.len()).filter(|i| applies[*i]).collect();
        prop_assert_eq!(plan.steps.len(), kept.len());
        for (a, &from) in kept.iter().enumerate() {
            for (b, &to) in kept.iter().enumerate() {
                prop_assert_eq!(plan.precedes(a, b), a != b && reaches(&after, from, to), "s{} before s{}", from, to);
            }
        }
        // No edge that the others imply.
        for planned in &plan.steps {
            for &i in &planned.after {
                prop_assert!(!planned.after.iter().any(|&j| j != i && plan.precedes(i, j)));
            }
        }
    }

    #[test]
    fn every_step_of_a_plan_gets_its_turn((after, applies) in graphs()) {
        let all = steps(&after);
        let plan = Plan::new(&all, &applies);
        let mut done: Vec<String> = Vec::new();
        while done.len() < plan.steps.len() {
            let ready: Vec<String> =
                plan.ready(|id| done.iter().any(|d| d == id)).iter().map(|p| p.step.id.clone()).collect();
            prop_assert!(!ready.is_empty(), "stuck after {:?}", done);
            done.extend(ready);
        }
    }

    /// Even a circle, which the checker refuses, gives a plan that ends.
    #[test]
    fn a_circle_does_not_hang(edges in prop::collection::vec(prop::collection::vec(0..6_usize, 0..4), 6)) {
        let all: Vec<_> = steps(&edges)
            .into_iter()
            .zip(&edges)
            .map(|(mut step, after)| {
                step.after = after.iter().map(|j| format!("s{j}")).collect();
                step
            })
            .collect();
        let plan = Plan::new(&all, &[true; 6]);
        prop_assert_eq!(plan.steps.len(), 6);
        for i in 0..6 {
            prop_assert!(!plan.precedes(i, i));
        }
    }
}
