//! The item itself: its id, lists that must not be empty, references, result and delivery.

use super::{Checker, ids, is_id, is_no_basis};
use crate::diagnostic::Code;
use crate::load::reference_fix;
use crate::number::{Piece, pieces};
use crate::program::{base_scope, every_field};

impl Checker<'_> {
    pub(super) fn item(&mut self) {
        let service = self.service;
        self.file_name();
        self.lists();
        self.department("/lead", &service.lead);
        self.city_references();
        if service.visits > 1 {
            let message = format!("申请人要到现场 {} 次", service.visits);
            self.say("/visits", Code::TooManyVisits, message, "改为最多跑一次：把材料改为共享或邮寄送达");
        }
        if service.basis.is_empty() {
            self.say("/basis", Code::NoBasis, "没有设定依据", "写明法律法规的名称和条款");
        }
        for (i, basis) in service.basis.iter().enumerate() {
            if is_no_basis(&basis.law) {
                let message = format!("设定依据“{}”没有指明法律法规", basis.law);
                self.say(&format!("/basis/{i}/law"), Code::NoBasis, message, "写明法律法规的名称");
            }
        }
        self.result();
    }

    fn file_name(&mut self) {
        let path = std::path::Path::new(&self.file.path);
        let stem = path.file_stem().map_or_else(String::new, |s| s.to_string_lossy().into_owned());
        let id = &self.service.id;
        if !is_id(id) {
            let fix = "用小写字母开头，只含小写字母、数字和连字符，最多 64 个字符";
            self.say("/id", Code::BadId, format!("事项的 id“{id}”写法不对"), fix);
        } else if *id != stem {
            let message = format!("事项的 id“{id}”与文件名“{stem}.yaml”不一致");
            self.say("/id", Code::FileName, message, format!("把文件改名为 {id}.yaml，或改 id"));
        }
    }

    fn lists(&mut self) {
        let service = self.service;
        let lists = [
            ("/for", service.audience.is_empty(), "服务对象"),
            ("/themes", service.themes.is_empty(), "主题"),
            ("/conditions", service.conditions.is_empty(), "受理条件"),
            ("/steps", service.steps.is_empty(), "步骤"),
        ];
        for (pointer, empty, what) in lists {
            if empty {
                self.say(pointer, Code::ListEmpty, format!("{what}为空"), format!("至少写一项{what}"));
            }
        }
        let sets: [(&str, &str, Vec<&str>); 5] = [
            ("steps", "步骤", service.steps.iter().map(|x| x.id.as_str()).collect()),
            ("materials", "材料", service.materials.iter().map(|x| x.id.as_str()).collect()),
            ("fees", "收费", service.fees.iter().map(|x| x.id.as_str()).collect()),
            ("specials", "特别程序", service.specials.iter().map(|x| x.id.as_str()).collect()),
            ("form", "表单页", service.form.iter().map(|x| x.id.as_str()).collect()),
        ];
        for (list, of, all) in sets {
            let file = self.file;
            let items = all.into_iter().enumerate();
            let items = items.map(|(i, id)| (id, file.node.at_pointer(&format!("/{list}/{i}/id"))));
            ids(&file.path, of, items, is_id, &mut self.found);
        }
    }

    fn city_references(&mut self) {
        let Some(city) = self.city else { return };
        for (i, theme) in self.service.themes.iter().enumerate() {
            if !city.themes.iter().any(|t| &t.name == theme) {
                let fix =
                    reference_fix(theme, city.themes.iter().map(|t| t.name.as_str()), "主题（city.yaml）");
                self.say(&format!("/themes/{i}"), Code::UnknownTheme, format!("未知的主题“{theme}”"), fix);
            }
        }
        for (i, office) in self.service.offices.iter().enumerate() {
            if !city.offices.iter().any(|o| &o.id == office) {
                let fix = reference_fix(
                    office,
                    city.offices.iter().map(|o| o.id.as_str()),
                    "办事大厅（city.yaml）",
                );
                self.say(
                    &format!("/offices/{i}"),
                    Code::UnknownOffice,
                    format!("未知的办事大厅“{office}”"),
                    fix,
                );
            }
        }
    }

    fn result(&mut self) {
        let result = &self.service.result;
        if result.delivery.is_empty() {
            self.say(
                "/result/delivery",
                Code::NoDelivery,
                "没有送达方式",
                "至少写一种：window、post 或 electronic",
            );
        }
        let known = self.fact_names();
        for (i, shown) in result.shows.iter().enumerate() {
            if !known.contains(&shown.fact) {
                let fix = reference_fix(&shown.fact, known.iter().map(String::as_str), "事实");
                let message = format!("结果上要显示未知的事实“{}”", shown.fact);
                self.say(&format!("/result/shows/{i}/fact"), Code::UnknownFactShown, message, fix);
            }
        }
        let (mut varies, mut is_broken) = (false, false);
        for piece in pieces(&result.number) {
            match piece {
                Piece::Serial(_) => varies = true,
                Piece::Fact(name) if known.iter().any(|k| k == name) => varies = true,
                Piece::Fact(name) => {
                    is_broken = true;
                    let near = crate::suggest::did_you_mean(name, known.iter().map(String::as_str));
                    let fix =
                        near.unwrap_or_else(|| "可用 {year}、{date}、{serial:7} 和任何事实的 id".to_owned());
                    self.say(
                        "/result/number",
                        Code::ResultNumber,
                        format!("结果编号里有未知的占位“{{{name}}}”"),
                        fix,
                    );
                }
                Piece::Bad(text) => {
                    is_broken = true;
                    let message = format!("结果编号的“{text}”写法不对");
                    self.say(
                        "/result/number",
                        Code::ResultNumber,
                        message,
                        "花括号要成对；流水号写 {serial:7}，位数 1 到 12",
                    );
                }
                _ => {}
            }
        }
        if !varies && !is_broken {
            let message = "每个结果的编号都一样";
            self.say("/result/number", Code::NumberNotUnique, message, "在编号里加上 {serial:7}");
        }
    }

    /// Every fact the service knows at the end.
    fn fact_names(&self) -> Vec<String> {
        let derived = self.service.derive.iter().map(|d| d.id.clone());
        base_scope(self.service).into_keys().chain(derived).collect()
    }

    /// Labels of the fields and questions, for messages about situations.
    pub(super) fn label_of(&self, id: &str) -> Option<&str> {
        let question = self.service.guide.iter().find(|q| q.id == id).map(|q| q.ask.as_str());
        question.or_else(|| every_field(self.service).find(|f| f.id == id).map(|f| f.label.as_str()))
    }
}
