//! A decision at the window that came too late: says how the case stands and gives back what was typed.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use yimen_web::{FormState, Html, Page, Shell};

use super::precheck::Answer;
use crate::model::{CaseState, CorrectionItem};
use crate::pages::review::Kept;

#[derive(Template)]
#[template(path = "casework/desk/conflict.html")]
struct LatePage {
    page: Page,
    text: String,
    kept: Kept,
}

pub(super) fn too_late(
    shell: &Shell,
    home: &str,
    state: CaseState,
    asked: Option<Answer>,
    kept: Kept,
) -> Response {
    let wanted = asked.map_or(String::new(), |answer| format!("，您选的“{}”没有办", answer.zh()));
    let text = format!("这份办件目前是“{}”{wanted}。可能同事刚刚办过，或者申请人已经撤回。", state.zh());
    let page = shell.desk("这次没有办成").section("desk").back("/desk", "窗口工作台");
    Html(StatusCode::CONFLICT, LatePage { page, text, kept: kept.on(home.to_string()) }).into_response()
}

/// What the clerk wrote for the applicant.
pub(super) fn kept(asked: Option<Answer>, items: &[CorrectionItem], form: &FormState) -> Kept {
    match asked {
        Some(Answer::Refuse) => Kept::new("不予受理的理由和依据", form.text("refuse-why")),
        Some(Answer::Correct) => {
            let lines: Vec<String> = items.iter().map(|i| format!("{}：{}", i.name, i.reason)).collect();
            Kept::new("补正的内容", &lines.join("\n"))
        }
        Some(Answer::Accept) | None => Kept::default(),
    }
}
