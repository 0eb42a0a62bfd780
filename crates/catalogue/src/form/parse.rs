//! One field: from the posted values to a fact or a sentence.

use yimen_standards::{id, name, phone::Phone};

use super::{NO, YES, clean};
use crate::facts::Fact;
use crate::model::{Choice, Field, FieldKind};

/// Largest money: 1000 亿元. Sums and rates of it stay far inside an i64.
const MAX_FEN: i64 = 10_000_000_000_000;
/// Largest whole number.
const MAX_NUMBER: i64 = 1_000_000_000_000;
/// Largest area in square metres.
const MAX_AREA: f64 = 1_000_000_000.0;

type Answer = Result<Option<Fact>, String>;

pub fn field(field: &Field, values: &[String]) -> Answer {
    let found = match field.kind {
        FieldKind::Boolean | FieldKind::Choice => {
            choice_like(field.kind, &field.label, &field.options, values)?
        }
        FieldKind::Choices => choices(field, values)?,
        FieldKind::Date => single(field, &[date_parts(values)])?.map(|t| date(field, &t)).transpose()?,
        _ => single(field, values)?.map(|t| scalar(field, &t)).transpose()?,
    };
    match found {
        None if !field.optional => Err(missing(field)),
        found => Ok(found),
    }
}

fn missing(field: &Field) -> String {
    let label = &field.label;
    match field.kind {
        FieldKind::Boolean | FieldKind::Choice => format!("请选择{label}"),
        FieldKind::Choices => format!("请至少选择一项{label}"),
        _ => format!("请填写{label}"),
    }
}

/// The one value of a field that takes one; two different ones contradict each other.
fn single(field: &Field, values: &[String]) -> Result<Option<String>, String> {
    let mut given = values.iter().map(|v| v.trim()).filter(|v| !v.is_empty());
    let Some(first) = given.next() else {
        return Ok(None);
    };
    if given.any(|other| other != first) {
        return Err(contradiction(&field.label));
    }
    Ok(Some(first.to_owned()))
}

fn contradiction(label: &str) -> String {
    format!("{label}收到了两个不同的答案，请只保留一个")
}

pub fn choice_like(kind: FieldKind, label: &str, options: &[Choice], values: &[String]) -> Answer {
    let mut found: Option<Fact> = None;
    for value in values.iter().map(|v| clean::text(v, false)).filter(|v| !v.is_empty()) {
        let fact = if kind == FieldKind::Boolean { boolean(&value) } else { option(options, &value) };
        let fact = fact.ok_or_else(|| format!("{label}不在可选范围内，请从所列选项中重新选择"))?;
        if found.as_ref().is_some_and(|earlier| *earlier != fact) {
            return Err(contradiction(label));
        }
        found = Some(fact);
    }
    Ok(found)
}

fn boolean(value: &str) -> Option<Fact> {
    match value.to_ascii_lowercase().as_str() {
        YES | "true" | "1" | "on" | "y" | "是" | "有" => Some(Fact::Bool(true)),
        NO | "false" | "0" | "n" | "否" | "无" => Some(Fact::Bool(false)),
        _ => None,
    }
}

fn option(options: &[Choice], value: &str) -> Option<Fact> {
    let by_value = options.iter().find(|o| o.value == value);
    let found = by_value.or_else(|| options.iter().find(|o| o.label == value));
    found.map(|o| Fact::Text(o.value.clone()))
}

fn choices(field: &Field, values: &[String]) -> Answer {
    let label = &field.label;
    let mut chosen = Vec::new();
    for value in values.iter().map(|v| clean::text(v, false)).filter(|v| !v.is_empty()) {
        match option(&field.options, &value) {
            Some(Fact::Text(value)) => chosen.push(value),
            _ => return Err(format!("{label}不在可选范围内，请从所列选项中重新选择")),
        }
    }
    let known = field.options.iter().map(|o| o.value.clone());
    let chosen: Vec<String> = known.filter(|v| chosen.contains(v)).collect();
    if chosen.is_empty() {
        return Ok(None);
    }
    let count = chosen.len() as i64;
    match (field.min, field.max) {
        (Some(min), _) if count < min => Err(format!("{label}至少选择 {min} 项")),
        (_, Some(max)) if count > max => Err(format!("{label}最多选择 {max} 项")),
        _ => Ok(Some(Fact::List(chosen))),
    }
}

fn scalar(field: &Field, typed: &str) -> Result<Fact, String> {
    let label = &field.label;
    match field.kind {
        FieldKind::Number => number(field, typed),
        FieldKind::Money => money(field, typed),
        FieldKind::Area => area(field, typed),
        FieldKind::Name => person(label, typed),
        FieldKind::Phone => Phone::parse(typed)
            .map(|phone| Fact::Text(phone.as_str().to_owned()))
            .map_err(|error| told(label, &error.message())),
        FieldKind::ResidentId => {
            identifier(label, id::ResidentId::parse(&clean::code(typed)).map(|v| v.as_str().to_owned()))
        }
        FieldKind::CreditCode => {
            identifier(label, id::CreditCode::parse(&clean::code(typed)).map(|v| v.as_str().to_owned()))
        }
        FieldKind::EstateUnit => {
            identifier(label, id::EstateUnit::parse(&clean::code(typed)).map(|v| v.as_str().to_owned()))
        }
        _ => free_text(field, typed),
    }
}

/// What is wrong with a field, with its label in it once: most sentences begin with the name of what was expected, and so
/// end most labels. 卖方身份证号 and 身份证号码应为18位 make 卖方身份证号码应为18位.
pub fn told(label: &str, message: &str) -> String {
    let ends = label.char_indices().map(|(at, _)| &label[at..]);
    // One character in common is chance.
    let common = ends.filter(|end| end.chars().count() > 1).find(|end| message.starts_with(end));
    match common {
        Some(end) => format!("{label}{}", &message[end.len()..]),
        None => format!("{label}：{message}"),
    }
}

fn identifier(label: &str, parsed: Result<String, id::IdError>) -> Result<Fact, String> {
    parsed.map(Fact::Text).map_err(|error| told(label, &error.message()))
}

fn person(label: &str, typed: &str) -> Result<Fact, String> {
    let normal = name::normalise(typed);
    match name::check(&normal) {
        Ok(()) => Ok(Fact::Text(normal)),
        Err(error) => Err(told(label, &error.message())),
    }
}

fn free_text(field: &Field, typed: &str) -> Result<Fact, String> {
    let lines = field.kind == FieldKind::LongText;
    let text = clean::text(typed, lines);
    let label = &field.label;
    let count = text.chars().count() as i64;
    let max = field.max.unwrap_or(if lines { 2_000 } else { 200 });
    if count == 0 {
        return Err(missing(field));
    }
    if count > max {
        return Err(format!("{label}不能超过 {max} 个字，现在有 {count} 个字"));
    }
    match field.min {
        Some(min) if count < min => Err(format!("{label}不能少于 {min} 个字，现在有 {count} 个字")),
        _ => Ok(Fact::Text(text)),
    }
}

fn number(field: &Field, typed: &str) -> Result<Fact, String> {
    let label = &field.label;
    let text = clean::code(typed).replace(',', "");
    let n: i64 = text.parse().map_err(|_| format!("{label}应为整数，例如 3"))?;
    let (min, max) = (field.min.unwrap_or(0), field.max.unwrap_or(MAX_NUMBER));
    within(label, n < min, n > max, &min.to_string(), &max.to_string()).map(|()| Fact::Int(n))
}

fn within(label: &str, under: bool, over: bool, min: &str, max: &str) -> Result<(), String> {
    if under {
        return Err(format!("{label}不能小于 {min}"));
    }
    if over { Err(format!("{label}不能大于 {max}")) } else { Ok(()) }
}

fn money(field: &Field, typed: &str) -> Result<Fact, String> {
    let label = &field.label;
    let text = clean::code(typed);
    let text = text
        .trim_start_matches(['¥', '￥'])
        .trim_end_matches("人民币")
        .trim_end_matches('元')
        .replace(',', "");
    // 万: the only unit people add by habit.
    let (text, scale) = match text.strip_suffix('万') {
        Some(text) => (text, 10_000),
        None => (text.as_str(), 1),
    };
    let (digits, places) =
        crate::expr::helpers::decimal(text).ok_or_else(|| format!("{label}应为数字，例如 1500000.00"))?;
    let scaled = i128::from(digits) * 100 * scale;
    let unit = 10_i128.pow(places);
    if scaled % unit != 0 {
        return Err(format!("{label}最多精确到分，小数点后只能有两位"));
    }
    let fen = i64::try_from(scaled / unit).unwrap_or(i64::MAX);
    let (min, max) = (field.min.unwrap_or(0), field.max.unwrap_or(MAX_FEN / 100));
    let (under, over) = (fen < min.saturating_mul(100), fen > max.saturating_mul(100).min(MAX_FEN));
    within(label, under, over, &format!("{min} 元"), &format!("{max} 元")).map(|()| Fact::Int(fen))
}

fn area(field: &Field, typed: &str) -> Result<Fact, String> {
    let label = &field.label;
    let text = clean::code(typed).to_lowercase().replace(',', "");
    let units = ["平方米", "平米", "㎡", "m²", "m2"];
    let text = units.iter().find_map(|unit| text.strip_suffix(unit)).unwrap_or(&text);
    let parsed = crate::expr::helpers::decimal(text);
    let (digits, places) = parsed.ok_or_else(|| format!("{label}应为数字，例如 89.50"))?;
    if places > 2 {
        return Err(format!("{label}最多保留两位小数，例如 89.50"));
    }
    let value = digits as f64 / 10_f64.powi(places as i32);
    // Nothing has no area, unless the form asks for it.
    let (min, max) = (field.min.map_or(0.01, |n| n as f64), field.max.map_or(MAX_AREA, |n| n as f64));
    within(label, value < min, value > max, &format!("{min} 平方米"), &format!("{max} 平方米"))
        .map(|()| Fact::Double(value))
}

/// Three separate inputs (year, month, day) are joined; one input is taken as it is.
fn date_parts(values: &[String]) -> String {
    match values {
        [y, m, d] if [y, m, d].iter().all(|v| clean::code(v).len() <= 4) => {
            let parts: Vec<String> = [y, m, d].iter().map(|v| clean::code(v)).collect();
            if parts.iter().all(String::is_empty) { String::new() } else { parts.join("-") }
        }
        _ => values.iter().find(|v| !v.trim().is_empty()).cloned().unwrap_or_default(),
    }
}

fn date(field: &Field, typed: &str) -> Result<Fact, String> {
    let label = &field.label;
    let wrong = || format!("{label}应为真实存在的日期，例如 2026-11-22");
    let text = clean::code(typed).replace(['年', '月', '/', '.'], "-").replace(['日', '号'], "");
    let parts: Vec<&str> = text.trim_matches('-').split('-').collect();
    let (year, month, day) = match parts.as_slice() {
        [all] if all.len() == 8 && all.is_ascii() => (&all[..4], &all[4..6], &all[6..]),
        [year, month, day] => (*year, *month, *day),
        _ => return Err(wrong()),
    };
    let year: i16 = if year.len() == 4 {
        year.parse().map_err(|_| wrong())?
    } else {
        return Err(wrong());
    };
    let (month, day) = (month.parse().map_err(|_| wrong())?, day.parse().map_err(|_| wrong())?);
    if !(1800..=2200).contains(&year) {
        return Err(wrong());
    }
    let date = jiff::civil::Date::new(year, month, day).map_err(|_| wrong())?;
    Ok(Fact::Text(date.to_string()))
}
