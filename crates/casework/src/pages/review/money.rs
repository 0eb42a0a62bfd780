//! What there is to pay, and what was paid: bills where there are any, else an estimate from the answers.

use yimen_catalogue::{Catalogue, Facts, Version};
use yimen_standards::money::Fen;
use yimen_web::{Cell, Column, Row, Table};

use crate::model::{BillState, Case};

/// The money of a case.
pub(crate) struct Bills {
    pub tables: Vec<Table>,
    /// How the numbers are to be taken.
    pub note: String,
}

pub(super) fn bills(catalogue: &Catalogue, version: &Version, case: &Case, facts: &Facts) -> Bills {
    if !case.bills.is_empty() {
        let tables = case.bills.iter().map(|bill| {
            let caption = match (bill.state, bill.paid_at) {
                (BillState::Paid, Some(at)) => {
                    format!("{}，{}，票据号 {}", bill.state.zh(), at.zh(), bill.receipt)
                }
                (state, _) => format!("{}，{} 开出", state.zh(), bill.raised_at.zh()),
            };
            let items =
                bill.items.iter().map(|i| (i.name.as_str(), i.fen, i.basis.as_str(), i.payee.as_str()));
            table(catalogue, caption, items.collect(), bill.total)
        });
        return Bills { tables: tables.collect(), note: String::new() };
    }
    match version.all_fees(facts) {
        Ok(fees) if !fees.is_empty() => {
            let total = fees.iter().map(|f| f.fen).sum();
            let items = fees.iter().map(|f| (f.name.as_str(), f.fen, f.basis.as_str(), f.payee.as_str()));
            let tables = vec![table(catalogue, "估算".into(), items.collect(), total)];
            Bills {
                tables, note: "缴费单还没有开出，按目前的申请内容和登记内容估算。".into()
            }
        }
        Ok(_) => Bills { tables: Vec::new(), note: "本办件不收费。".into() },
        Err(error) => Bills { tables: Vec::new(), note: format!("目前还算不出：{error}。") },
    }
}

fn table(catalogue: &Catalogue, caption: String, items: Vec<(&str, i64, &str, &str)>, total: i64) -> Table {
    let columns = vec![Column::text("项目"), Column::number("金额（元）"), Column::text("收款单位").whole()];
    let row = |(name, fen, basis, payee): (&str, i64, &str, &str)| {
        let payee = catalogue.department_short(payee).to_string();
        // The basis below the name: a column of its own has no room beside a clerk's papers.
        Row::new(vec![Cell::two(name, basis), Fen(fen).grouped().into(), payee.into()])
    };
    let sum = Row::new(vec![Cell::text("合计"), Fen(total).grouped().into(), "".into()]);
    Table::new(caption, columns).rows(items.into_iter().map(row)).row(sum)
}
