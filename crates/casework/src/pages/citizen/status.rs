//! Where a case stands, in one plain sentence, and the one thing its applicant can do about it.

use yimen_catalogue::Catalogue;
use yimen_catalogue::model::StepKind;
use yimen_standards::money::Fen;
use yimen_standards::time::Instant;

use crate::Casework;
use crate::model::{Bill, BillState, Case, CaseState, Delivery, Outcome, Owner};
use crate::pages::{due_line, moment, owner_words};

pub(super) fn sentence(casework: &Casework, catalogue: &Catalogue, case: &Case, now: Instant) -> String {
    let office = catalogue.office_name(&case.office);
    let before = |at: Option<Instant>| at.map(|at| format!("在 {} 前", moment(at, now))).unwrap_or_default();
    match case.state {
        CaseState::Draft => "还没有提交。".into(),
        CaseState::Submitted if case.correction.is_some() => {
            format!("您补正的材料已经收到，{office}正在重新核对，{}答复是否受理。", before(case.precheck_due))
        }
        CaseState::Submitted => {
            format!("申请已经交到{office}，窗口正在预审，{}答复是否受理。", before(case.precheck_due))
        }
        CaseState::Correcting => {
            let count = case.correction.as_ref().map_or(0, |c| c.items.len());
            let due = case.correction_due.map(|at| due_line(casework, now, at)).unwrap_or_default();
            format!("有 {count} 项需要您补正，{due}。补齐后继续往下办。")
        }
        CaseState::InReview => in_review(catalogue, case),
        CaseState::Decided => decided(case, office),
        CaseState::Closed => match case.outcome {
            Some(Outcome::Denied) => {
                "没有获得批准，已经办结。不服决定的，可以按决定书写明的途径申请复议或者提起诉讼。".into()
            }
            _ => "已经办结。结果在下面。".into(),
        },
        CaseState::NotAccepted => "窗口决定不予受理，理由写在不予受理通知书里。".into(),
        CaseState::Withdrawn => "您已经撤回这次申请。".into(),
        CaseState::Lapsed => "到期没有补正，这次申请已经终止。需要的话可以重新申请。".into(),
        CaseState::Voided => {
            format!("这份办件已经作废，原因：{}有疑问请联系受理大厅。", said(&case.ended_because))
        }
    }
}

/// Somebody's words as a sentence.
fn said(words: &str) -> String {
    crate::pages::sentence(words.trim().to_string())
}

fn in_review(catalogue: &Catalogue, case: &Case) -> String {
    let due = case.bills.iter().find(|b| b.state == BillState::Due).map(|b| Fen(b.total).grouped());
    match (case.open_stop(), due) {
        (Some(stop), None) => {
            return format!("正在进行“{}”，这段时间不计入办理时限，不需要您做什么。", stop.name);
        }
        (Some(stop), Some(due)) => {
            return format!(
                "正在进行“{}”，这段时间不计入办理时限。需要您缴费 {due}元，现在就可以缴。",
                stop.name
            );
        }
        (None, Some(due)) => return format!("需要您缴费 {due}元，缴清后继续往下办。"),
        (None, None) => {}
    }
    let mut working: Vec<String> = Vec::new();
    for task in case.tasks.iter().filter(|t| t.state.is_live() && t.owner != Owner::Applicant) {
        let name = owner_words(catalogue, &task.owner);
        if !working.contains(&name) {
            working.push(name);
        }
    }
    match working.len() {
        0 => "已经受理，正在办理。".into(),
        1 => format!("已经受理，{}正在办理。", working[0]),
        n => format!("已经受理，{n} 个部门正在同时办理：{}。", working.join("、")),
    }
}

fn decided(case: &Case, office: &str) -> String {
    let in_the_making = case.tasks.iter().any(|t| t.kind == StepKind::Issue && !t.state.is_over());
    match case.outcome {
        Some(Outcome::Denied) => "没有获得批准，理由写在决定书里，正在送达。".into(),
        _ if in_the_making => {
            format!("已经批准，正在制作结果，以{}的方式交给您。", case.delivery.zh())
        }
        _ => match case.delivery {
            Delivery::Window => format!("已经批准，结果已经制作完成，请带身份证件到{office}领取。"),
            Delivery::Post => "已经批准，结果已经制作完成，正在以邮寄送达的方式寄给您，请留意查收。".into(),
            Delivery::Electronic => {
                "已经批准，结果已经制作完成，正在以电子送达的方式交给您，内容在下面。".into()
            }
        },
    }
}

/// What waits for the applicant.
pub(super) enum Todo {
    Correct {
        href: String,
    },
    /// A form that leads to the gateway.
    Pay {
        action: String,
        total: String,
    },
}

pub(super) fn todo(case: &Case) -> Option<Todo> {
    if case.state == CaseState::Correcting {
        return Some(Todo::Correct { href: format!("/cases/{}/correct", case.number) });
    }
    let bill = case.bills.iter().find(|b| b.state == BillState::Due)?;
    Some(Todo::Pay { action: pay_path(case, bill), total: format!("{}元", Fen(bill.total).grouped()) })
}

/// Where a bill is paid.
pub(super) fn pay_path(case: &Case, bill: &Bill) -> String {
    format!("/cases/{}/bills/{}/pay", case.number, bill.id)
}

pub(super) fn can_withdraw(case: &Case) -> bool {
    matches!(
        case.state,
        CaseState::Draft | CaseState::Submitted | CaseState::Correcting | CaseState::InReview
    )
}
