//! Item codes: base (12), implementing (31), handling (33), each with what it contains.

use yimen_standards::id::{ServiceCode, ServiceScheme};

use super::Checker;
use crate::diagnostic::{Code, Diagnostic};
use crate::load::File;
use crate::model::{ItemKind, Service};

/// Digits of the item kind in a base code, as the national table has them.
fn kind_digits(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Licence => "01",
        ItemKind::Levy => "04",
        ItemKind::Benefit => "05",
        ItemKind::Confirmation => "07",
        ItemKind::Award => "08",
        ItemKind::Adjudication => "09",
        ItemKind::OtherPower => "10",
        ItemKind::PublicService => "20",
    }
}

impl Checker<'_> {
    pub(super) fn codes(&mut self) {
        let codes = &self.service.codes;
        let base = self.code("/codes/base", &codes.base, ServiceScheme::Base, 12);
        let implementing =
            self.code("/codes/implementing", &codes.implementing, ServiceScheme::Implementing, 31);
        let handling = codes
            .handling
            .as_ref()
            .and_then(|code| self.code("/codes/handling", code, ServiceScheme::Handling, 33));
        if let Some(base) = &base {
            let want = kind_digits(self.service.kind);
            if base.item_kind() != want {
                let message = format!("基本编码第 3、4 位是 {}，事项类型要求 {want}", base.item_kind());
                self.say("/codes/base", Code::CodeMismatch, message, "改正编码，或改正 kind");
            }
        }
        if let (Some(base), Some(implementing)) = (&base, &implementing)
            && base.base() != implementing.base()
        {
            let message = format!("实施编码的后 12 位 {} 不是基本编码", implementing.base());
            let fix = format!("实施编码＝信用代码 18 位＋行使层级 1 位＋基本编码 {}", base.base());
            self.say("/codes/implementing", Code::CodeMismatch, message, fix);
        }
        if let (Some(implementing), Some(handling)) = (&implementing, &handling)
            && handling.implementing_part() != Some(implementing.as_str())
        {
            let fix = format!("业务办理项编码＝{}＋两位序号", implementing.as_str());
            self.say("/codes/handling", Code::CodeMismatch, "业务办理项编码的前 31 位不是实施编码", fix);
        }
        if let Some(implementing) = &implementing {
            self.authority(implementing);
        }
    }

    fn code(
        &mut self,
        pointer: &str,
        text: &str,
        scheme: ServiceScheme,
        length: usize,
    ) -> Option<ServiceCode> {
        let name = match scheme {
            ServiceScheme::Base => "基本编码",
            ServiceScheme::Implementing => "实施编码",
            ServiceScheme::Handling => "业务办理项编码",
        };
        let fix = match scheme {
            ServiceScheme::Base => "12 位数字：层级或地区 2、事项类型 2、主管部门 2、主项 3、子项 3，加引号",
            ServiceScheme::Implementing => "统一社会信用代码 18 位＋行使层级 1 位（1 至 7）＋基本编码 12 位",
            ServiceScheme::Handling => "实施编码 31 位＋两位序号",
        };
        match ServiceCode::parse(text) {
            Ok(code) if code.scheme() == scheme && code.as_str() == text => Some(code),
            Ok(code) if code.scheme() == scheme => {
                self.say(
                    pointer,
                    Code::BadCode,
                    format!("{name}里有多余的字符"),
                    format!("写成 {}", code.as_str()),
                );
                None
            }
            Ok(_) => {
                let message = format!("{name}应为 {length} 位，这里有 {} 位", text.chars().count());
                self.say(pointer, Code::BadCode, message, fix);
                None
            }
            Err(error) => {
                self.say(pointer, Code::BadCode, format!("{name}“{text}”不对：{}", error.message()), fix);
                None
            }
        }
    }

    /// The implementing body is the department that decides.
    fn authority(&mut self, implementing: &ServiceCode) {
        let Some(lead) = self.departments().iter().find(|d| d.id == self.service.lead) else { return };
        let Some(body) = implementing.body() else { return };
        if body.as_str() != lead.credit_code {
            let message = format!("实施编码里的信用代码 {} 不是主管部门“{}”的", body.as_str(), lead.short);
            let fix = format!("改为 {}，或改正 lead", lead.credit_code);
            self.say("/codes/implementing", Code::CodeAuthority, message, fix);
        }
    }
}

/// Two items cannot have one code: cases and reports are told apart by it.
pub(super) fn duplicates(services: &[File<Service>], found: &mut Vec<Diagnostic>) {
    for (i, file) in services.iter().enumerate() {
        let key = |s: &Service| s.codes.handling.clone().unwrap_or_else(|| s.codes.implementing.clone());
        if let Some(other) = services[..i].iter().find(|other| key(&other.value) == key(&file.value)) {
            let pointer =
                if file.value.codes.handling.is_some() { "/codes/handling" } else { "/codes/implementing" };
            let message = format!("事项编码与“{}”（{}）相同", other.value.name, other.path);
            let fix = "同一实施编码下的多个业务办理项用 handling 的两位序号区分";
            found.push(file.diagnostic(pointer, Code::CodeDuplicate, message, fix));
        }
        if let Some(other) = services[..i].iter().find(|other| other.value.id == file.value.id) {
            let message = format!("事项 id“{}”重复（{}）", file.value.id, other.path);
            found.push(file.diagnostic("/id", Code::DuplicateId, message, "改用另一个 id"));
        }
    }
}
