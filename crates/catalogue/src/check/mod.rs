//! `pack check`: every mistake of a pack that can be found before anybody meets it.

mod city;
mod codes;
mod exprs;
mod fees;
mod form;
mod item;
mod limits;
mod materials;
mod situations;
mod steps;
mod texts;

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::load::{File, Pack, diagnostic};
use crate::model::{City, Department, Service};
use crate::program::Program;
use crate::yaml::At;

pub use city::ICONS;

/// Everything that is wrong with a pack, in the order of its files, without repetition.
pub fn check(pack: &Pack) -> Vec<Diagnostic> {
    let mut found = pack.diagnostics.clone();
    if let Some(meta) = &pack.meta {
        texts::check(&meta.path, &meta.node, &mut found);
        if meta.value.id != pack.name {
            let message = format!("事项包的 id“{}”与文件夹名“{}”不一致", meta.value.id, pack.name);
            found.push(meta.diagnostic("/id", Code::FileName, message, "两处写成一样"));
        }
    }
    if let Some(city) = &pack.city {
        texts::check(&city.path, &city.node, &mut found);
        city::check(city, pack, &mut found);
    }
    for service in &pack.services {
        texts::check(&service.path, &service.node, &mut found);
        found.extend(check_service(service, pack.city.as_ref().map(|f| &f.value)));
    }
    codes::duplicates(&pack.services, &mut found);
    found.sort();
    found.dedup();
    found
}

/// Whether a pack with these findings may be published.
pub fn is_publishable(found: &[Diagnostic]) -> bool {
    found.iter().all(|d| d.severity != Severity::Error)
}

/// One service against the city it belongs to; without a city, references are not checked.
pub fn check_service(file: &File<Service>, city: Option<&City>) -> Vec<Diagnostic> {
    let (program, errors) = Program::compile(&file.value);
    let mut checker = Checker { file, service: &file.value, city, program, found: Vec::new() };
    checker.expressions(errors);
    checker.item();
    checker.codes();
    checker.limits();
    checker.guide_and_form();
    checker.materials();
    checker.fees();
    checker.steps();
    checker.found
}

/// What every check of one service works on.
struct Checker<'a> {
    file: &'a File<Service>,
    service: &'a Service,
    city: Option<&'a City>,
    program: Program,
    found: Vec<Diagnostic>,
}

impl<'a> Checker<'a> {
    fn say(&mut self, pointer: &str, code: Code, message: impl Into<String>, fix: impl Into<String>) {
        self.found.push(self.file.diagnostic(pointer, code, message, fix));
    }

    fn departments(&self) -> &'a [Department] {
        self.city.map_or(&[], |city| &city.departments)
    }

    /// Says so if a department is named that the city does not have.
    fn department(&mut self, pointer: &str, id: &str) {
        let departments = self.departments();
        if self.city.is_some() && !departments.iter().any(|d| d.id == id) {
            let fix = crate::load::reference_fix(
                id,
                departments.iter().map(|d| d.id.as_str()),
                "部门（city.yaml）",
            );
            self.say(pointer, Code::UnknownDepartment, format!("未知的部门“{id}”"), fix);
        }
    }
}

/// Reports ids that occur twice in one list, or that are not spelled as ids are.
fn ids<'i>(
    path: &str,
    of: &str,
    items: impl Iterator<Item = (&'i str, At)>,
    sound: fn(&str) -> bool,
    found: &mut Vec<Diagnostic>,
) {
    let mut seen: Vec<(&str, At)> = Vec::new();
    for (id, at) in items {
        if !sound(id) {
            let message = format!("{of}的 id“{id}”写法不对");
            let fix = "用小写字母开头，只含小写字母、数字和连字符，最多 64 个字符";
            found.push(diagnostic(path, at, Code::BadId, message, fix));
        }
        match seen.iter().find(|(other, _)| *other == id) {
            Some((_, first)) => {
                let message = format!("{of}的 id“{id}”重复，第 {} 行已用过", first.line);
                found.push(diagnostic(path, at, Code::DuplicateId, message, "改用另一个 id"));
            }
            None => seen.push((id, at)),
        }
    }
}

/// Ids of services, steps, materials, fees: lower case, digits, hyphens; underscores are let pass.
fn is_id(id: &str) -> bool {
    id.len() <= 64
        && id.starts_with(|c: char| c.is_ascii_lowercase())
        && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'))
}

/// Words that name no basis at all.
fn is_no_basis(text: &str) -> bool {
    let plain = text.trim().trim_end_matches(['。', '.']);
    [
        "",
        "无",
        "暂无",
        "没有",
        "略",
        "-",
        "—",
        "——",
        "/",
        "待定",
        "有关规定",
        "相关规定",
        "按规定",
        "国家有关规定",
    ]
    .contains(&plain)
}
