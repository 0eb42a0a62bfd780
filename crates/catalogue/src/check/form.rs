//! Guide and form: fact ids, options, bounds.

use super::{Checker, is_id};
use crate::diagnostic::Code;
use crate::expr::helpers::HELPERS;
use crate::facts::TODAY;
use crate::model::{Choice, Field, FieldKind};

/// Words of CEL that cannot be names.
const RESERVED: &[&str] = &[
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

impl Checker<'_> {
    pub(super) fn guide_and_form(&mut self) {
        let service = self.service;
        let mut facts: Vec<(String, &str)> = Vec::new();
        for (i, question) in service.guide.iter().enumerate() {
            facts.push((format!("/guide/{i}/id"), &question.id));
            if question.options.len() == 1 {
                let message = format!("问题“{}”只有一个选项", question.ask);
                self.say(
                    &format!("/guide/{i}/options"),
                    Code::OptionsMissing,
                    message,
                    "写至少两个选项；是否题不写 options",
                );
            }
            self.options(&format!("/guide/{i}/options"), &question.options);
        }
        for (i, derived) in service.derive.iter().enumerate() {
            facts.push((format!("/derive/{i}/id"), &derived.id));
        }
        for (p, page) in service.form.iter().enumerate() {
            if page.fields.is_empty() {
                let message = format!("表单页“{}”没有字段", page.title);
                self.say(&format!("/form/{p}/fields"), Code::FormEmpty, message, "写上字段，或删去这一页");
            }
            for (f, field) in page.fields.iter().enumerate() {
                let place = format!("/form/{p}/fields/{f}");
                facts.push((format!("{place}/id"), &field.id));
                self.field(&place, field);
            }
        }
        for (s, step) in service.steps.iter().enumerate() {
            for (r, field) in step.records.iter().enumerate() {
                let place = format!("/steps/{s}/records/{r}");
                facts.push((format!("{place}/id"), &field.id));
                self.field(&place, field);
            }
            for (d, doubt) in step.doubts.iter().enumerate() {
                if !step.records.iter().any(|record| record.id == doubt.record) {
                    let message = format!("步骤 {} 不登记“{}”", step.id, doubt.record);
                    let records: Vec<&str> = step.records.iter().map(|record| record.id.as_str()).collect();
                    let fix = match records.is_empty() {
                        true => "先写 records，或删去 doubts".to_owned(),
                        false => format!("写本步骤 records 里的一项：{}", records.join("、")),
                    };
                    self.say(&format!("/steps/{s}/doubts/{d}/record"), Code::UnknownRecord, message, &fix);
                }
            }
        }
        self.fact_ids(&facts);
        for (i, stop) in service.stops.iter().enumerate() {
            let Some(page) = &stop.correct else { continue };
            if !service.form.iter().any(|known| known.id == *page) {
                let message = format!("没有表单页“{page}”");
                let pages: Vec<&str> = service.form.iter().map(|page| page.id.as_str()).collect();
                let fix = format!("写改正矛盾的那一页：{}", pages.join("、"));
                self.say(&format!("/stops/{i}/correct"), Code::UnknownPage, message, &fix);
            }
        }
    }

    fn fact_ids(&mut self, facts: &[(String, &str)]) {
        for (i, (pointer, id)) in facts.iter().enumerate() {
            let is_taken = RESERVED.contains(id) || *id == TODAY || HELPERS.iter().any(|h| h.0 == *id);
            if !is_id(id) || id.contains('-') || is_taken {
                let fix = if is_taken {
                    "这是条件语言的保留字，换一个名字"
                } else {
                    "用小写字母开头，只含小写字母、数字和下划线（连字符在条件里是减号）"
                };
                self.say(pointer, Code::BadId, format!("事实 id“{id}”写法不对"), fix);
            }
            if let Some((first, _)) = facts[..i].iter().find(|(_, other)| other == id) {
                let line = self.file.node.at_pointer(first).line;
                let message = format!("事实 id“{id}”重复，第 {line} 行已用过");
                self.say(
                    pointer,
                    Code::FactDuplicate,
                    message,
                    "引导、derive、表单和步骤记录的 id 不能相同，改名",
                );
            }
        }
    }

    fn field(&mut self, place: &str, field: &Field) {
        let is_choice = matches!(field.kind, FieldKind::Choice | FieldKind::Choices);
        let pointer = format!("{place}/options");
        if is_choice && field.options.is_empty() {
            let message = format!("字段“{}”没有选项", field.label);
            self.say(place, Code::OptionsMissing, message, "写上 options，每项有 value 和 label");
        }
        if !is_choice && !field.options.is_empty() {
            let message = format!("字段“{}”不是选择题，却有选项", field.label);
            self.say(&pointer, Code::OptionsNotUsed, message, "删去 options，或把 type 改为 choice、choices");
        }
        self.options(&pointer, &field.options);
        let bounded = matches!(
            field.kind,
            FieldKind::Text
                | FieldKind::LongText
                | FieldKind::Address
                | FieldKind::Number
                | FieldKind::Money
                | FieldKind::Area
                | FieldKind::Choices
        );
        let bound = if field.min.is_some() { "min" } else { "max" };
        if !bounded && (field.min.is_some() || field.max.is_some()) {
            let message = format!("字段“{}”的类型没有上下限", field.label);
            self.say(&format!("{place}/{bound}"), Code::BoundsNotUsed, message, "删去 min 和 max");
        }
        if let (Some(min), Some(max)) = (field.min, field.max)
            && min > max
        {
            let message = format!("字段“{}”的 min {min} 大于 max {max}", field.label);
            self.say(&format!("{place}/min"), Code::MinOverMax, message, "对调，或改正其中一个");
        } else if bounded && let Some((low, high)) = impossible(field) {
            let message = format!("字段“{}”没有任何回答能通过：不小于 {low}，又不大于 {high}", field.label);
            let fix = "改正 min 或 max；没有写的一边按默认，见 docs/packs.md";
            self.say(&format!("{place}/{bound}"), Code::Unanswerable, message, fix);
        }
    }

    fn options(&mut self, pointer: &str, options: &[Choice]) {
        for (i, option) in options.iter().enumerate() {
            let earlier = &options[..i];
            if earlier.iter().any(|o| o.value == option.value) {
                let message = format!("选项的 value“{}”重复", option.value);
                self.say(
                    &format!("{pointer}/{i}/value"),
                    Code::OptionDuplicate,
                    message,
                    "每个选项用不同的 value",
                );
            }
            if earlier.iter().any(|o| o.label == option.label) {
                let message = format!("选项的 label“{}”重复", option.label);
                self.say(
                    &format!("{pointer}/{i}/label"),
                    Code::OptionDuplicate,
                    message,
                    "每个选项用不同的 label",
                );
            }
        }
    }
}

/// The bounds of a field, with the default where one is not written, if no answer lies between them.
fn impossible(field: &Field) -> Option<(i64, i64)> {
    let (low, high) = match field.kind {
        FieldKind::Text | FieldKind::Address => (1, 200),
        FieldKind::LongText => (1, 2_000),
        FieldKind::Choices => (1, field.options.len() as i64),
        _ => (0, i64::MAX),
    };
    let counts = low == 1;
    let low = field.min.map_or(low, |min| if counts { min.max(low) } else { min });
    let high = match (field.kind, field.max) {
        (FieldKind::Choices, Some(max)) => max.min(high),
        (_, max) => max.unwrap_or(high),
    };
    (low > high).then_some((low, high))
}
