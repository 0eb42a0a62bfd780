//! Fees and special procedures: each with a basis, each used, each fee collected exactly once wherever it is due.

use std::collections::BTreeSet;

use super::situations::{describe, situations};
use super::steps::collectors;
use super::{Checker, is_no_basis};
use crate::diagnostic::Code;
use crate::expr::Expr;
use crate::facts::Fact;
use crate::load::reference_fix;
use crate::model::StepKind;
use crate::version::{applying_steps, base_names, holds};

impl Checker<'_> {
    pub(super) fn fees(&mut self) {
        let service = self.service;
        for (i, step) in service.steps.iter().enumerate() {
            if step.kind == StepKind::Payment && step.fees.is_empty() {
                let message = format!("缴费步骤“{}”没有写收哪些费", step.name);
                self.say(&format!("/steps/{i}"), Code::PaymentWithoutFee, message, "补上 fees: [收费 id]");
            }
            for (j, fee) in step.fees.iter().enumerate() {
                if !service.fees.iter().any(|f| &f.id == fee) {
                    let fix = reference_fix(fee, service.fees.iter().map(|f| f.id.as_str()), "收费（fees）");
                    self.say(
                        &format!("/steps/{i}/fees/{j}"),
                        Code::UnknownFee,
                        format!("未知的收费“{fee}”"),
                        fix,
                    );
                }
            }
            for (j, special) in step.specials.iter().enumerate() {
                if !service.specials.iter().any(|s| &s.id == special) {
                    let known = service.specials.iter().map(|s| s.id.as_str());
                    let fix = reference_fix(special, known, "特别程序（specials）");
                    let message = format!("未知的特别程序“{special}”");
                    self.say(&format!("/steps/{i}/specials/{j}"), Code::UnknownSpecial, message, fix);
                }
            }
        }
        for (i, special) in service.specials.iter().enumerate() {
            if !service.steps.iter().any(|s| s.specials.contains(&special.id)) {
                let message = format!("特别程序“{}”没有步骤使用", special.name);
                let fix = "在审查或决定步骤的 specials 里写上它，或删去";
                self.say(&format!("/specials/{i}"), Code::UnusedSpecial, message, fix);
            }
        }
        for (i, fee) in service.fees.iter().enumerate() {
            self.department(&format!("/fees/{i}/payee"), &fee.payee);
            if is_no_basis(&fee.basis) {
                let fix = "写明收费文件的名称和文号；没有依据的收费不得收取";
                self.say(
                    &format!("/fees/{i}/basis"),
                    Code::FeeWithoutBasis,
                    format!("收费“{}”没有依据", fee.name),
                    fix,
                );
            }
            if !service.steps.iter().any(|s| s.kind == StepKind::Payment && s.fees.contains(&fee.id)) {
                let fix = format!("在一个缴费步骤（kind: payment）的 fees 里写上 {}", fee.id);
                let message = format!("收费“{}”没有步骤收取", fee.name);
                self.say(&format!("/fees/{i}"), Code::FeeNotCollected, message, fix);
            } else {
                self.fee_in_every_situation(i);
            }
        }
    }

    fn fee_in_every_situation(&mut self, i: usize) {
        let (service, program) = (self.service, &self.program);
        let fee = &service.fees[i];
        let whens = service.steps.iter().zip(&program.steps).filter(|(s, _)| s.fees.contains(&fee.id));
        let seeds: Vec<&Expr> = whens
            .filter_map(|(_, when)| when.as_ref())
            .chain(program.fees[i].as_ref())
            .chain(program.amounts[i].as_ref())
            .collect();
        let mut names = BTreeSet::new();
        for seed in &seeds {
            base_names(service, program, seed, &mut names);
        }
        let mut told: Vec<(Code, String)> = Vec::new();
        for facts in situations(service, program, &seeds, true).list {
            if !holds(&program.fees[i], &facts) {
                continue;
            }
            let applies = applying_steps(service, program, &facts);
            let code = match collectors(&service.steps, &applies, &fee.id).len() {
                0 => Some(Code::FeeNotCollectedWhen),
                1 => None,
                _ => Some(Code::FeeCollectedTwice),
            };
            let amount = program.amounts[i].as_ref().and_then(|amount| amount.eval(&facts).ok());
            let is_negative = matches!(amount, Some(Fact::Int(n)) if n < 0);
            for code in code.into_iter().chain(is_negative.then_some(Code::FeeNegative)) {
                if !told.iter().any(|(c, _)| *c == code) {
                    told.push((code, describe(&facts, &names)));
                }
            }
        }
        let name = fee.name.clone();
        for (code, situation) in told {
            let (place, message, fix) = match code {
                Code::FeeCollectedTwice => (
                    "",
                    format!("收费“{name}”被收取两次"),
                    "只在一个缴费步骤的 fees 里写它，或让两步的 when 互斥",
                ),
                Code::FeeNegative => {
                    ("/amount", format!("收费“{name}”算得负数"), "用 max(0, …) 或给它加上 when")
                }
                _ => ("", format!("收费“{name}”应收，但收它的步骤不办理"), "让缴费步骤的 when 包含这种情形"),
            };
            self.say(&format!("/fees/{i}{place}"), code, format!("{message}（情形：{situation}）"), fix);
        }
    }
}
