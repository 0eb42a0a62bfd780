//! The city file: codes, regions, offices, hours, themes.

use yimen_standards::id::{CreditCode, DivisionCode};
use yimen_standards::time::Hours;

use super::{ids, is_id};
use crate::diagnostic::{Code, Diagnostic};
use crate::load::{File, Pack, reference_fix};
use crate::model::City;

/// Names a theme may use as its icon: symbols of the sprite.
pub const ICONS: &[&str] = &[
    "baby",
    "building",
    "business",
    "calendar",
    "car",
    "chart",
    "disability",
    "education",
    "elderly",
    "family",
    "file",
    "food",
    "fund",
    "health",
    "house",
    "hygiene",
    "id",
    "licence",
    "marriage",
    "medical",
    "pay",
    "police",
    "shield",
    "tax",
    "tree",
    "user",
    "users",
    "water",
    "work",
];

pub(super) fn check(file: &File<City>, pack: &Pack, found: &mut Vec<Diagnostic>) {
    let city = &file.value;
    let mut say = |pointer: &str, code: Code, message: String, fix: &str| {
        found.push(file.diagnostic(pointer, code, message, fix));
    };
    for (i, department) in city.departments.iter().enumerate() {
        let pointer = format!("/departments/{i}/credit_code");
        match CreditCode::parse(&department.credit_code) {
            Ok(code) if code.as_str() == department.credit_code => {}
            Ok(code) => {
                let message = format!("部门“{}”的信用代码里有多余的字符", department.short);
                say(&pointer, Code::CreditCode, message, &format!("写成 {}", code.as_str()));
            }
            Err(error) => {
                let message = format!("部门“{}”的信用代码不对：{}", department.short, error.message());
                say(
                    &pointer,
                    Code::CreditCode,
                    message,
                    "18 位，第 9 至 17 位是组织机构代码，最后一位是校验码",
                );
            }
        }
    }
    regions(file, &mut say);
    if let Err(error) = Hours::parse(&city.hours) {
        say(
            "/hours",
            Code::BadHours,
            format!("办公时间不对：{error}"),
            "写成 [\"09:00-12:00\", \"13:30-17:00\"]",
        );
    }
    for (i, office) in city.offices.iter().enumerate() {
        if office.counters.is_empty() {
            let message = format!("办事大厅“{}”没有窗口", office.name);
            say(&format!("/offices/{i}/counters"), Code::OfficeWithoutCounter, message, "写上至少一个窗口");
        }
    }
    // A service that could not be read may be the one of this theme.
    let is_whole = !pack.services.is_empty() && pack.diagnostics.is_empty();
    for (i, theme) in city.themes.iter().enumerate() {
        if !ICONS.contains(&theme.icon.as_str()) {
            let fix = reference_fix(&theme.icon, ICONS.iter().copied(), "图标");
            say(&format!("/themes/{i}/icon"), Code::UnknownIcon, format!("未知的图标“{}”", theme.icon), &fix);
        }
        if is_whole && !pack.services.iter().any(|s| s.value.themes.contains(&theme.name)) {
            let message = format!("主题“{}”下没有事项", theme.name);
            say(&format!("/themes/{i}"), Code::ThemeEmpty, message, "给事项加上这个主题，或删去主题");
        }
    }
    city_ids(file, found);
}

fn regions(file: &File<City>, say: &mut impl FnMut(&str, Code, String, &str)) {
    let city = &file.value;
    let sound = |code: &str| code.len() == 6 && DivisionCode::parse(code).is_ok();
    if !sound(&city.region) {
        say(
            "/region",
            Code::RegionCode,
            format!("城市区划代码“{}”不对", city.region),
            "6 位数字，加引号，例如 \"330100\"",
        );
        return;
    }
    let prefix = &city.region[..4];
    for (i, region) in city.regions.iter().enumerate() {
        let pointer = format!("/regions/{i}/code");
        if !sound(&region.code) {
            let message = format!("“{}”的区划代码“{}”不对", region.name, region.code);
            say(&pointer, Code::RegionCode, message, "6 位数字，加引号，例如 \"330102\"");
        } else if !region.code.starts_with(prefix) {
            let message = format!("“{}”的区划代码 {} 不属于本市", region.name, region.code);
            say(&pointer, Code::RegionPrefix, message, &format!("本市的区划代码以 {prefix} 开头"));
        }
    }
    for (i, office) in city.offices.iter().enumerate() {
        let known = office.region == city.region || city.regions.iter().any(|r| r.code == office.region);
        if !known {
            let message = format!("办事大厅“{}”的区划“{}”不在 regions 里", office.name, office.region);
            say(
                &format!("/offices/{i}/region"),
                Code::RegionPrefix,
                message,
                "写城市或其下一个区县的 6 位代码",
            );
        }
    }
}

fn city_ids(file: &File<City>, found: &mut Vec<Diagnostic>) {
    let city = &file.value;
    let at = |pointer: String| file.node.at_pointer(&pointer);
    let departments = city.departments.iter().enumerate();
    let departments = departments.map(|(i, d)| (d.id.as_str(), at(format!("/departments/{i}/id"))));
    // These two words mean something else in a step.
    let sound = |id: &str| is_id(id) && id != "applicant" && id != "window";
    ids(&file.path, "部门", departments, sound, found);
    let offices =
        city.offices.iter().enumerate().map(|(i, o)| (o.id.as_str(), at(format!("/offices/{i}/id"))));
    ids(&file.path, "办事大厅", offices, is_id, found);
    for (i, office) in city.offices.iter().enumerate() {
        let counters = office.counters.iter().enumerate();
        let counters = counters.map(|(j, c)| (c.id.as_str(), at(format!("/offices/{i}/counters/{j}/id"))));
        ids(&file.path, "窗口", counters, |id| !id.is_empty(), found);
    }
    let regions =
        city.regions.iter().enumerate().map(|(i, r)| (r.code.as_str(), at(format!("/regions/{i}/code"))));
    ids(&file.path, "区划", regions, |_| true, found);
    let themes =
        city.themes.iter().enumerate().map(|(i, t)| (t.name.as_str(), at(format!("/themes/{i}/name"))));
    ids(&file.path, "主题", themes, |_| true, found);
}
