//! Filling in any service's questions, form and records with answers that make sense, whatever the pack.

use rand::RngExt;
use rand::rngs::StdRng;
use yimen_catalogue::model::{Choice, Field, FieldKind, Prefill};
use yimen_catalogue::{Fact, Facts, Version};
use yimen_standards::id::ResidentId;
use yimen_standards::time::Day;

use crate::people::{Person, pick};

/// How often new answers are tried before a person is taken to be not entitled.
const TRIES: usize = 40;

/// Answers to the whole application, such that nothing stops it. `None` when this person never qualifies. The others are
/// whom the applicant deals with, a second person beside one of the two, and somebody of the family.
pub fn fill(
    rng: &mut StdRng,
    version: &Version,
    me: &Person,
    others: [&Person; 3],
    today: Day,
) -> Option<Facts> {
    (0..TRIES).map(|_| attempt(rng, version, me, others, today)).find(|facts| {
        version.stops(facts).is_empty()
            && version.next_question(facts).is_none()
            && version.unanswered(facts).is_empty()
    })
}

fn attempt(rng: &mut StdRng, version: &Version, me: &Person, others: [&Person; 3], today: Day) -> Facts {
    let mut facts = Facts::new();
    facts.insert(yimen_catalogue::TODAY.into(), Fact::Text(today.to_string()));
    while let Some(question) = version.next_question(&facts) {
        let answer = match question.options.is_empty() {
            true => Fact::Bool(rng.random_bool(0.5)),
            false => Fact::Text(any_of(rng, &question.options)),
        };
        facts.insert(question.id.clone(), answer);
    }
    let pages: Vec<String> = version.pages(&facts).iter().map(|p| p.id.clone()).collect();
    for page in pages {
        let mut done = 0;
        // Whoever is named is named in full.
        let mut left_out: Option<(String, bool)> = None;
        // A field may depend on one before it on the same page, so the list is asked for again after each answer.
        while let Some(field) = version.fields(&page, &facts).get(done).map(|f| (*f).clone()) {
            done += 1;
            let whose = field.id.split('_').next().unwrap_or_default();
            if field.optional {
                let same = left_out.as_ref().filter(|(of, _)| is_of_person(&field) && of == whose);
                let is_left_out = same.map_or_else(|| rng.random_bool(0.5), |(_, left_out)| *left_out);
                if is_of_person(&field) {
                    left_out = Some((whose.to_owned(), is_left_out));
                }
                if is_left_out {
                    continue;
                }
            }
            facts.insert(field.id.clone(), answer(rng, &field, me, who(&field.id, others), today));
        }
    }
    facts.remove(yimen_catalogue::TODAY);
    facts
}

fn is_of_person(field: &Field) -> bool {
    matches!(field.kind, FieldKind::Name | FieldKind::ResidentId)
}

/// Whom a field is about, by what it is called: nobody is on both sides of a deal, or twice on one.
fn who<'a>(field: &str, others: [&'a Person; 3]) -> &'a Person {
    match field.split('_').next().unwrap_or_default() {
        whose if whose.ends_with('2') => others[1],
        whose if whose.ends_with('3') || whose == "spouse" => others[2],
        _ => others[0],
    }
}

/// What officers find to be as the applicant said.
const SAME: [(&str, &str); 2] = [("filed_price", "price"), ("registered_unit", "estate_unit")];

/// What an officer records at a step.
pub fn records(
    rng: &mut StdRng,
    version: &Version,
    step: &str,
    facts: &Facts,
    me: &Person,
    today: Day,
) -> Facts {
    let mut known = facts.clone();
    let mut recorded = Facts::new();
    let mut done = 0;
    while let Some(field) = version.records(step, &known).get(done).map(|f| (*f).clone()) {
        done += 1;
        let said = SAME.iter().find(|(record, _)| *record == field.id).and_then(|(_, said)| known.get(*said));
        let fact = said.cloned().unwrap_or_else(|| answer(rng, &field, me, me, today));
        known.insert(field.id.clone(), fact.clone());
        recorded.insert(field.id, fact);
    }
    recorded
}

fn any_of(rng: &mut StdRng, options: &[Choice]) -> String {
    options[rng.random_range(0..options.len())].value.clone()
}

fn answer(rng: &mut StdRng, field: &Field, me: &Person, other: &Person, today: Day) -> Fact {
    let mine = field.prefill.is_some();
    let who = if mine || field.id.starts_with("applicant") { me } else { other };
    match (field.prefill, field.kind) {
        (Some(Prefill::Name), _) => return Fact::Text(me.name.clone()),
        (Some(Prefill::Number), FieldKind::ResidentId) => return Fact::Text(me.number.clone()),
        (Some(Prefill::Phone), _) => return Fact::Text(me.phone.clone()),
        (Some(Prefill::Address), _) => return Fact::Text(me.address.clone()),
        _ => {}
    }
    match field.kind {
        FieldKind::Text | FieldKind::LongText if field.id.starts_with("shop") => Fact::Text(who.shop.clone()),
        FieldKind::Text | FieldKind::LongText => Fact::Text(text(rng, field)),
        FieldKind::Number => Fact::Int(number(rng, field, 1, 6)),
        FieldKind::Money => Fact::Int(money(rng, field)),
        FieldKind::Date => Fact::Text(date(rng, field, me, today).to_string()),
        FieldKind::Boolean => Fact::Bool(rng.random_bool(0.6)),
        FieldKind::Choice => {
            Fact::Text(match field.options.iter().find(|o| who.address.contains(&o.label)) {
                // A district is where the address is.
                Some(here) => here.value.clone(),
                None => any_of(rng, &field.options),
            })
        }
        FieldKind::Choices => Fact::List(vec![any_of(rng, &field.options)]),
        FieldKind::Name
            if field.id.contains("business") || field.id.contains("company") || field.id.contains("shop") =>
        {
            Fact::Text(who.shop.clone())
        }
        FieldKind::Name => Fact::Text(who.name.clone()),
        FieldKind::ResidentId => Fact::Text(who.number.clone()),
        FieldKind::CreditCode => Fact::Text(who.shop_code.clone()),
        FieldKind::Phone => Fact::Text(who.phone.clone()),
        FieldKind::Address => Fact::Text(who.address.clone()),
        FieldKind::EstateUnit => Fact::Text(format!(
            "330102001001GB{:05}F{:04}{:04}",
            rng.random_range(1..400),
            rng.random_range(1..40),
            rng.random_range(1..200)
        )),
        FieldKind::Area => Fact::Double(f64::from(rng.random_range(4_500..18_000)) / 100.0),
    }
}

fn text(rng: &mut StdRng, field: &Field) -> String {
    let coded = ["number", "_no", "code", "certificate"].iter().any(|part| field.id.contains(part));
    let text = match coded {
        true => format!("浙杭{:04}{:06}", rng.random_range(2020..2027), rng.random_range(1..999_999)),
        false => pick(rng, &["按现场情况填写", "无特别说明", "见所附材料", "与证件一致"]).to_string(),
    };
    let most = field.max.map_or(usize::MAX, |m| m.max(1) as usize);
    let mut text: String = text.chars().take(most).collect();
    while (text.chars().count() as i64) < field.min.unwrap_or(1) {
        text.push('号');
    }
    text
}

fn number(rng: &mut StdRng, field: &Field, least: i64, most: i64) -> i64 {
    let least = field.min.unwrap_or(least);
    let most = field.max.unwrap_or(most.max(least)).min(least + 40);
    rng.random_range(least..=most.max(least))
}

/// Prices of homes look like prices of homes; everything else stays small.
fn money(rng: &mut StdRng, field: &Field) -> i64 {
    let large = ["price", "loan", "debt", "secured"].iter().any(|part| field.id.contains(part));
    let (least, most) = if large { (800_000, 6_000_000) } else { (0, 40_000) };
    let least = field.min.unwrap_or(0).max(least);
    let most = field.max.unwrap_or(most).max(least);
    rng.random_range(least..=most) * 100
}

/// A day that fits the case it stands in, by what the field is called: what an officer went to see was seen today, what the
/// applicant plans lies ahead, what led to the application was a few weeks ago, and the rest is older.
fn date(rng: &mut StdRng, field: &Field, me: &Person, today: Day) -> Day {
    let called = |parts: &[&str]| parts.iter().any(|part| field.id.contains(part));
    let born = ResidentId::parse(&me.number).ok().map(|number| number.birth_date());
    if called(&["born", "birth"]) {
        return born.unwrap_or(today);
    }
    if called(&["inspected", "assessed", "to_day"]) {
        return today;
    }
    // A public notice of fifteen working days at most that is over.
    if called(&["notice_first"]) {
        return today.plus_days(-30);
    }
    if called(&["notice_last"]) {
        return today;
    }
    let ahead = |days| today.plus_days(days);
    if called(&["buy_until"]) {
        return ahead(rng.random_range(30..180));
    }
    if called(&["until", "expir", "maturity", "paid_by", "return"]) {
        return ahead(rng.random_range(200..1_800));
    }
    if called(&["available", "move_on", "leave", "start", "filed_from"]) {
        return ahead(rng.random_range(1..30));
    }
    // A case lasts some weeks at most: what was before it is further back than that, whenever it is written down.
    let before = |days: i64| today.plus_days(-days);
    if called(&["filed", "lost", "ended", "debt_from"]) {
        return before(rng.random_range(30..90));
    }
    before(rng.random_range(200..3_650))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use yimen_catalogue::Pack;

    use super::*;
    use crate::people::people;

    #[test]
    fn made_up_dates_fit_the_time_of_their_case() {
        let today = Day::new(2026, 11, 20).unwrap();
        let mut rng = StdRng::seed_from_u64(9);
        let me = people(&mut rng, 1, today).remove(0);
        let pack = Pack::load(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/hangzhou"));
        let services = pack.services.iter().map(|service| &service.value);
        let asked = services.clone().flat_map(|s| s.form.iter().flat_map(|page| &page.fields));
        let recorded = services.flat_map(|s| s.steps.iter().flat_map(|step| &step.records));
        let dates: Vec<&Field> = asked.chain(recorded).filter(|f| f.kind == FieldKind::Date).collect();
        assert!(dates.len() > 20, "{}", dates.len());
        for field in dates {
            for _ in 0..50 {
                let (day, label) = (date(&mut rng, field, &me, today), field.label.as_str());
                let told = format!("{label} {day}");
                let says = |words: &[&str]| words.iter().any(|word| label.contains(word));
                match () {
                    () if says(&["核查日期", "审核日期", "评定日期"]) => {
                        assert_eq!(day, today, "{told}")
                    }
                    () if label == "出生日期" => {
                        assert!(me.number.contains(&day.to_string().replace('-', "")))
                    }
                    () if says(&["前买车", "到哪天", "期限止", "截止日（", "缴足", "打算", "希望"]) =>
                    {
                        assert!(day > today, "{told}");
                    }
                    () if says(&["备案日期", "哪天丢的", "消灭日期"]) => {
                        assert!(day < today && day > today.plus_days(-92), "{told}");
                    }
                    () => assert!(day < today.plus_days(60) && day > today.plus_days(-3_660), "{told}"),
                }
            }
        }
    }
}
