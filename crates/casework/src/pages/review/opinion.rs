//! Opinions: texts to begin from, filled with what the case says, and what does not count as an opinion.

use yimen_catalogue::Version;
use yimen_catalogue::model::{Step, StepKind};

use crate::model::{Case, Finding, Task, is_decision};
use crate::rules::{LEAST_REASON, letters};

/// Longest opinion; a decision document has no more room.
pub const MOST: usize = 1000;

/// What the house allows; the binary may put one into the request extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReviewRules {
    /// A pass may go without an opinion, or with nothing but 同意.
    pub bare_consent: bool,
}

/// A text to begin from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    pub label: &'static str,
    pub text: String,
    /// For which conclusion it is meant.
    pub finding: Finding,
}

/// Stands where the officer has to fill something in.
pub(crate) const BLANK: &str = "____";

/// The texts that fit this step, with the names, checks and laws of the case in them.
pub(crate) fn templates(version: &Version, case: &Case, task: &Task) -> Vec<Template> {
    let service = &version.service;
    let basis = service.basis.first().map(|b| format!("《{}》{}", b.law, first_article(&b.article)));
    let basis = basis.unwrap_or_else(|| BLANK.into());
    let step = version.step(&task.step);
    match task.kind {
        kind if is_decision(kind) => decision(case, &service.name, &basis),
        StepKind::Review => review(step, task, case, &basis),
        _ => Vec::new(),
    }
}

fn review(step: Option<&Step>, task: &Task, case: &Case, basis: &str) -> Vec<Template> {
    let checks = step.map(|s| s.checks.as_slice()).unwrap_or_default();
    let (name, applicant) = (&task.name, &case.applicant_name);
    let mut all = Vec::new();
    if !checks.is_empty() {
        let text = format!("已逐项核对：{}。{name}通过。", checks.join("；"));
        all.push(Template { label: "逐项核对，通过", text, finding: Finding::Pass });
    }
    let text = format!("经审查，{applicant}提交的材料齐全，内容与申请一致，{name}通过。");
    all.push(Template { label: "材料齐全一致，通过", text, finding: Finding::Pass });
    let text = format!("经审查，{BLANK}与{BLANK}不一致，依据{basis}，{name}不通过。");
    all.push(Template { label: "内容不一致，不通过", text, finding: Finding::Fail });
    let text = format!("经审查，不符合受理条件中的“{BLANK}”，依据{basis}，{name}不通过。");
    all.push(Template { label: "不符合条件，不通过", text, finding: Finding::Fail });
    all
}

fn decision(case: &Case, service: &str, basis: &str) -> Vec<Template> {
    let failed: Vec<String> = case
        .tasks
        .iter()
        .filter(|t| t.kind == StepKind::Review && t.finding == Some(Finding::Fail))
        .map(|t| format!("{}认定：{}", t.name, t.opinion.trim_end_matches('。')))
        .collect();
    let why = if failed.is_empty() { BLANK.to_string() } else { failed.join("；") };
    let deny = format!("经审查，{why}。不符合法定条件，依据{basis}，不予办理{service}。");
    let deny = Template { label: "不予的理由", text: deny, finding: Finding::Fail };
    if case.has_failed_review() {
        return vec![deny];
    }
    let grant = format!("各部门审查均已通过，申请符合法定条件，依据{basis}，准予办理{service}。");
    vec![Template { label: "准予的理由", text: grant, finding: Finding::Pass }, deny]
}

/// `第十四条、第十六条` names several; the first is the one to cite, the officer adds others.
fn first_article(article: &str) -> &str {
    article.split('、').next().unwrap_or(article)
}

/// What is wrong with an opinion, as a sentence; `None` when it will do.
pub(crate) fn fault(opinion: &str, kind: StepKind, finding: Finding, rules: ReviewRules) -> Option<String> {
    let length = opinion.chars().count();
    if length > MOST {
        return Some(format!("意见不能超过 {MOST} 个字，现在有 {length} 个字。"));
    }
    if opinion.contains(BLANK) {
        return Some(format!("意见里还有没有填的空（{BLANK}），请填写后再提交。"));
    }
    let says_nothing = is_bare(opinion);
    let free = matches!(kind, StepKind::Issue | StepKind::Delivery | StepKind::Payment);
    match finding {
        Finding::Fail if says_nothing => Some("请写明不通过的理由和依据，申请人有权知道原因。".into()),
        Finding::Fail if is_decision(kind) && letters(opinion) < LEAST_REASON => Some(format!(
            "不予的理由和依据至少写{LEAST_REASON}个字，现在有{}个字。请写明事实和依据的条款，申请人有权知道原因。",
            letters(opinion)
        )),
        Finding::Pass if says_nothing && !free && !rules.bare_consent => {
            Some("请写明审查意见：核对了什么、依据什么。只写“同意”不算意见，可以从常用意见里选一条。".into())
        }
        _ => None,
    }
}

/// Nothing, or nothing but a word of consent or refusal.
fn is_bare(opinion: &str) -> bool {
    const SAYS_NOTHING: &[&str] = &[
        "",
        "同意",
        "不同意",
        "通过",
        "不通过",
        "准予",
        "不予",
        "予以通过",
        "不予通过",
        "审核通过",
        "审查通过",
        "审核不通过",
        "审查不通过",
        "无",
        "无意见",
        "没有意见",
        "符合",
        "符合条件",
        "不符合",
        "不符合条件",
        "合格",
        "不合格",
        "已阅",
        "已审",
        "可以",
        "行",
        "ok",
        "是",
        "否",
        "同意办理",
        "同意通过",
        "准予办理",
        "不予办理",
    ];
    let bare: String = opinion.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    SAYS_NOTHING.contains(&bare.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRICT: ReviewRules = ReviewRules { bare_consent: false };
    const LAX: ReviewRules = ReviewRules { bare_consent: true };

    #[test]
    fn consent_alone_is_no_opinion_unless_the_house_allows_it() {
        for bare in ["", "  ", "同意", "同意。", "  通过！ ", "OK", "……"] {
            assert!(fault(bare, StepKind::Review, Finding::Pass, STRICT).is_some(), "{bare}");
            assert_eq!(fault(bare, StepKind::Review, Finding::Pass, LAX), None, "{bare}");
        }
        assert_eq!(fault("合同备案号可查，双方一致。", StepKind::Review, Finding::Pass, STRICT), None);
        // Making and handing over a result need no opinion.
        assert_eq!(fault("", StepKind::Issue, Finding::Pass, STRICT), None);
    }

    #[test]
    fn a_refusal_always_needs_its_reason() {
        for bare in ["", "不同意", "不通过。", "不符合条件"] {
            assert!(fault(bare, StepKind::Review, Finding::Fail, LAX).is_some(), "{bare}");
            assert!(fault(bare, StepKind::Decision, Finding::Fail, LAX).is_some(), "{bare}");
        }
        assert_eq!(fault("房屋已被查封。", StepKind::Review, Finding::Fail, STRICT), None);
        let short = fault("房屋已被查封。", StepKind::Decision, Finding::Fail, STRICT).unwrap();
        assert!(short.contains("至少写10个字，现在有6个字"), "{short}");
        let reasoned = "房屋已被查封，依据实施细则第十七条。";
        assert_eq!(fault(reasoned, StepKind::Decision, Finding::Fail, STRICT), None);
        assert!(fault("查封。。。。。。。。。。。。", StepKind::Decision, Finding::Fail, STRICT).is_some());
    }

    #[test]
    fn blanks_left_open_and_long_texts_are_sent_back() {
        let text = fault("经审查，____与____不一致", StepKind::Review, Finding::Fail, STRICT).unwrap();
        assert!(text.contains("没有填的空"), "{text}");
        let text = fault(&"长".repeat(MOST + 1), StepKind::Review, Finding::Pass, STRICT).unwrap();
        assert!(text.contains("1001"), "{text}");
    }
}
