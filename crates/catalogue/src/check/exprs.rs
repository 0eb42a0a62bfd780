//! Conditions: those that do not compile, that look ahead, that compare with options that do not exist.

use std::collections::BTreeSet;

use super::Checker;
use super::situations::situations;
use crate::diagnostic::Code;
use crate::expr::{Expr, ExprErrorKind, Node};
use crate::facts::{Fact, TODAY};
use crate::load::diagnostic;
use crate::plan::Plan;
use crate::program::{ProgramError, every_field};
use crate::suggest::did_you_mean;
use crate::version::base_names;
use crate::yaml::{At, Data};

impl Checker<'_> {
    pub(super) fn expressions(&mut self, errors: Vec<ProgramError>) {
        for ProgramError { place, error } in errors {
            let code = match error.kind {
                ExprErrorKind::Syntax => Code::ExprSyntax,
                ExprErrorKind::UnknownName => Code::ExprUnknownName,
                ExprErrorKind::UnknownFunction => Code::ExprUnknownFunction,
                ExprErrorKind::Operand => Code::ExprOperand,
                ExprErrorKind::Result => Code::ExprResult,
                ExprErrorKind::Unsupported => Code::ExprUnsupported,
                ExprErrorKind::TooLarge => Code::ExprTooLarge,
            };
            let at = self.place_inside(&place, error.at);
            self.found.push(diagnostic(&self.file.path, at, code, error.message, error.fix));
        }
        self.looking_ahead();
        for (place, expr) in self.every_expression() {
            self.unknown_options(&place, &expr);
            self.never(&place, &expr);
        }
    }

    /// The column inside a one-line expression, where the parser told it.
    fn place_inside(&self, pointer: &str, inside: Option<(usize, usize)>) -> At {
        let (at, node) = self.file.node.find(pointer);
        match (inside, node.map(|n| &n.data)) {
            (Some((1, column)), Some(Data::Text(text))) if !text.contains('\n') => {
                // A quoted scalar begins one column before its text; without the source this is a guess of one.
                At { line: at.line, column: at.column + column - 1 }
            }
            _ => at,
        }
    }

    /// Conditions and computed values with their places, as far as they compiled.
    pub(super) fn every_expression(&self) -> Vec<(String, Expr)> {
        let program = &self.program;
        let list = |name: &str, key: &str, exprs: &[Option<Expr>]| -> Vec<(String, Expr)> {
            let all = exprs.iter().enumerate();
            all.filter_map(|(i, e)| Some((format!("/{name}/{i}/{key}"), e.clone()?))).collect()
        };
        let mut found = Vec::new();
        found.extend(list("guide", "when", &program.questions));
        found.extend(list("derive", "value", &program.derive));
        found.extend(list("stops", "when", &program.stops));
        found.extend(list("form", "when", &program.pages));
        for (p, fields) in program.fields.iter().enumerate() {
            found.extend(list(&format!("form/{p}/fields"), "when", fields));
        }
        found.extend(list("materials", "when", &program.materials));
        found.extend(list("steps", "when", &program.steps));
        for (s, records) in program.records.iter().enumerate() {
            found.extend(list(&format!("steps/{s}/records"), "when", records));
        }
        for (s, doubts) in program.doubts.iter().enumerate() {
            found.extend(list(&format!("steps/{s}/doubts"), "when", doubts));
        }
        found.extend(list("fees", "when", &program.fees));
        found.extend(list("fees", "amount", &program.amounts));
        found.extend(program.valid_until.clone().map(|e| ("/result/valid_until".to_owned(), e)));
        found
    }

    /// A condition may rest only on what is known where it is judged.
    fn looking_ahead(&mut self) {
        let service = self.service;
        let mut known: BTreeSet<String> = BTreeSet::from([TODAY.to_owned()]);
        for (i, question) in service.guide.iter().enumerate() {
            self.too_early(&format!("/guide/{i}/when"), self.program.questions[i].clone(), &known);
            known.insert(question.id.clone());
        }
        for (p, page) in service.form.iter().enumerate() {
            self.too_early(&format!("/form/{p}/when"), self.program.pages[p].clone(), &known);
            for (f, field) in page.fields.iter().enumerate() {
                let when = self.program.fields[p][f].clone();
                self.too_early(&format!("/form/{p}/fields/{f}/when"), when, &known);
                known.insert(field.id.clone());
            }
        }
        for i in 0..service.stops.len() {
            self.too_early(&format!("/stops/{i}/when"), self.program.stops[i].clone(), &known);
        }
        for i in 0..service.materials.len() {
            self.too_early(&format!("/materials/{i}/when"), self.program.materials[i].clone(), &known);
        }
        let plan = Plan::new(&service.steps, &vec![true; service.steps.len()]);
        for (s, step) in service.steps.iter().enumerate() {
            let mut known = known.clone();
            for (earlier, other) in service.steps.iter().enumerate() {
                if plan.precedes(earlier, s) {
                    known.extend(other.records.iter().map(|r| r.id.clone()));
                }
            }
            self.too_early(&format!("/steps/{s}/when"), self.program.steps[s].clone(), &known);
            for (i, fee) in service.fees.iter().enumerate() {
                if step.fees.contains(&fee.id) {
                    self.too_early(&format!("/fees/{i}/when"), self.program.fees[i].clone(), &known);
                    self.too_early(&format!("/fees/{i}/amount"), self.program.amounts[i].clone(), &known);
                }
            }
            for (r, record) in step.records.iter().enumerate() {
                let when = self.program.records[s][r].clone();
                self.too_early(&format!("/steps/{s}/records/{r}/when"), when, &known);
                known.insert(record.id.clone());
            }
            for (d, _) in step.doubts.iter().enumerate() {
                let when = self.program.doubts[s][d].clone();
                self.too_early(&format!("/steps/{s}/doubts/{d}/when"), when, &known);
            }
        }
    }

    fn too_early(&mut self, place: &str, expr: Option<Expr>, known: &BTreeSet<String>) {
        let Some(expr) = expr else { return };
        let mut names = BTreeSet::new();
        base_names(self.service, &self.program, &expr, &mut names);
        for name in names.difference(known) {
            let recorder = self.service.steps.iter().find(|s| s.records.iter().any(|r| &r.id == name));
            let fix = match recorder {
                Some(step) if place.starts_with("/steps") || place.starts_with("/fees") => {
                    format!("“{name}”由步骤 {} 记录，让它排在前面（after: [{}]）", step.id, step.id)
                }
                Some(step) => {
                    format!("“{name}”由步骤 {} 记录，受理前还不知道；改用引导问题或表单字段", step.id)
                }
                None => "把它问在前面，或把条件移到后面".to_owned(),
            };
            let message = format!("这里还不知道“{name}”（{}）", self.label_of(name).unwrap_or("事实"));
            self.say(place, Code::ExprTooEarly, message, fix);
        }
    }

    fn unknown_options(&mut self, place: &str, expr: &Expr) {
        let mut pairs = Vec::new();
        expr.node().compared_texts(&mut pairs);
        for (name, value) in pairs {
            let question = self.service.guide.iter().find(|q| q.id == name).map(|q| &q.options);
            let field = every_field(self.service).find(|f| f.id == name).map(|f| &f.options);
            let Some(options) = question.or(field).filter(|options| !options.is_empty()) else { continue };
            if value.is_empty() || options.iter().any(|o| o.value == value) {
                continue;
            }
            let all: Vec<&str> = options.iter().map(|o| o.value.as_str()).collect();
            let near = did_you_mean(&value, all.iter().copied()).unwrap_or_default();
            let message = format!("“{name}”没有选项“{value}”");
            let fix = format!("{near}可用的选项：{}", all.join("、"));
            self.say(place, Code::ExprUnknownOption, message, fix);
        }
    }

    /// A condition that no situation fulfils. Steps have a finding of their own.
    fn never(&mut self, place: &str, expr: &Expr) {
        if !place.ends_with("/when") || (place.starts_with("/steps") && !place.contains("records")) {
            return;
        }
        let all = situations(self.service, &self.program, &[expr], false);
        if all.is_complete && !all.list.iter().any(|facts| expr.holds(facts)) {
            let message = format!("条件 `{}` 在任何情形下都不成立", expr.source());
            self.say(place, Code::ExprNever, message, "改正条件，或删去这一项");
        }
    }
}

impl Node {
    /// Names compared with text literals, by `==`, `!=` or `in`.
    fn compared_texts(&self, into: &mut Vec<(String, String)>) {
        let literals = |node: &Node| -> Vec<String> {
            match node {
                Node::Literal(Fact::Text(text)) => vec![text.clone()],
                Node::List(items) => items
                    .iter()
                    .filter_map(|n| match n {
                        Node::Literal(Fact::Text(text)) => Some(text.clone()),
                        _ => None,
                    })
                    .collect(),
                _ => Vec::new(),
            }
        };
        if let Node::Compare(_, a, b) | Node::In(a, b) = self {
            for (name, other) in [(a, b), (b, a)] {
                if let Node::Name(name, _) = &**name {
                    into.extend(literals(other).into_iter().map(|value| (name.clone(), value)));
                }
            }
        }
        for child in self.children() {
            child.compared_texts(into);
        }
    }
}
